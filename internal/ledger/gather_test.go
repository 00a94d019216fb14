package ledger

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func newGathering(flying int) *committer {
	return &committer{queue: make(chan *entry, maxGroup), gathering: gathering{flying: flying}}
}

func TestAGroupTakesAllThatIsQueued(t *testing.T) {
	t.Parallel()
	c := newGathering(0)
	for range maxGroup {
		c.queue <- &entry{mark: true}
	}
	if n := len(c.gather(&entry{mark: true})); n != maxGroup {
		t.Errorf("%d changes are in the group, want %d", n, maxGroup)
	}
	if n := len(c.gather(<-c.queue)); n != 1 {
		t.Errorf("%d changes are in the next group, want the one that was left", n)
	}
}

func TestAGroupIsHeldOpenForThoseUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newGathering(3)
		begun := time.Now()
		var coming sync.WaitGroup
		defer coming.Wait()
		coming.Go(func() { // each brings its outcome and the next mark
			for range 3 {
				<-time.After(gatherWait / 10)
				c.queue <- &entry{}
				c.queue <- &entry{mark: true}
			}
		})
		if n := len(c.gather(&entry{mark: true})); n < 3 || n > 5 {
			t.Errorf("%d changes are in the group", n)
		}
		if waited := time.Since(begun); waited >= gatherWait/2 {
			t.Errorf("it was held open for %s although most had come", waited)
		}
	})
}

func TestAGroupIsHeldOpenInVainOnlyNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newGathering(16)
		held := 0
		for range 1000 {
			begun := time.Now()
			c.gather(&entry{mark: true})
			switch waited := time.Since(begun); waited {
			case gatherWait:
				held++
			case 0:
			default:
				t.Fatalf("it was held open for %s", waited)
			}
		}
		if held < 30 || held > 40 {
			t.Errorf("of 1000 groups %d were held open in vain", held)
		}
	})
}

func TestNobodyUnderWayIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newGathering(1)
		begun := time.Now()
		c.queue <- &entry{mark: true}
		c.gather(&entry{}) // the one that was under way
		if waited := time.Since(begun); waited > 0 || c.flying != 0 {
			t.Errorf("it was held open for %s, %d are under way", waited, c.flying)
		}
	})
}
