package ledger

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func underWay(flying int) *gathering {
	g := newGathering()
	g.flying = flying
	return &g
}

func TestAGroupTakesAllThatIsQueued(t *testing.T) {
	t.Parallel()
	g := underWay(0)
	for range maxGroup + 1 {
		g.put(&entry{mark: true})
	}
	if n := len(g.next(t.Context())); n != maxGroup {
		t.Errorf("%d changes are in the group, want %d", n, maxGroup)
	}
	if n := len(g.next(t.Context())); n != 1 {
		t.Errorf("%d changes are in the next group, want the one that was left", n)
	}
}

func TestAGroupIsHeldOpenForThoseUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := underWay(3)
		begun := time.Now()
		var coming sync.WaitGroup
		defer coming.Wait()
		coming.Go(func() { // each brings its outcome and the next mark
			for range 3 {
				<-time.After(gatherWait / 10)
				g.put(&entry{})
				g.put(&entry{mark: true})
			}
		})
		g.put(&entry{mark: true})
		if n := len(g.next(t.Context())); n < 3 || n > 5 {
			t.Errorf("%d changes are in the group", n)
		}
		if waited := time.Since(begun); waited >= gatherWait/2 {
			t.Errorf("it was held open for %s although most had come", waited)
		}
	})
}

// TestWhoCanRunComesBeforeACommit has goroutines that compute in turn, as signing does.
// No other test may run beside it.
func TestWhoCanRunComesBeforeACommit(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const connections = 8
	g := underWay(0)
	var workers sync.WaitGroup
	for range connections {
		workers.Go(func() {
			g.put(&entry{})
			runtime.Gosched()
			for begun := time.Now(); time.Since(begun) < gatherWait; {
			}
			g.put(&entry{mark: true})
		})
	}
	if n, want := len(g.next(t.Context())), 2*connections; n != want {
		t.Errorf("%d changes are in the group, want all %d", n, want)
	}
	workers.Wait()
}

func TestAGroupIsHeldOpenInVainOnlyNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := underWay(16)
		held := 0
		for range 1000 {
			begun := time.Now()
			g.put(&entry{mark: true})
			g.next(t.Context())
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
		g := underWay(1)
		begun := time.Now()
		g.put(&entry{}) // the one that was under way
		g.put(&entry{mark: true})
		g.next(t.Context())
		if waited := time.Since(begun); waited > 0 || g.flying != 0 {
			t.Errorf("it was held open for %s, %d are under way", waited, g.flying)
		}
	})
}

// TestNoChangeIsForgotten has many put changes, at odd times, while groups are
// taken: each is in exactly one group, in the order of whoever put it.
func TestNoChangeIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const askers, each = 20, 200
		g := underWay(0)
		ctx, stop := context.WithCancel(t.Context())
		var putting sync.WaitGroup
		for asker := range askers {
			putting.Go(func() {
				for i := range each {
					time.Sleep(time.Duration((asker*7919+i*104729)%900) * time.Microsecond)
					g.put(&entry{ref: Ref{BulletinID: int64(asker), SubscriberID: int64(i)}, mark: i%2 == 0})
				}
			})
		}
		go func() {
			putting.Wait()
			stop()
		}()
		var seen [askers]int64
		for group := g.next(ctx); len(group) > 0; group = g.next(ctx) {
			given := 0
			for _, e := range group {
				if want := seen[e.ref.BulletinID]; e.ref.SubscriberID != want {
					t.Fatalf("change %d of asker %d came, want %d", e.ref.SubscriberID, e.ref.BulletinID, want)
				}
				seen[e.ref.BulletinID]++
				if e.mark {
					given++
				}
			}
			g.flies(given)
			time.Sleep(300 * time.Microsecond)
		}
		for asker, n := range seen {
			if n != each {
				t.Errorf("%d of %d changes of asker %d came", n, each, asker)
			}
		}
	})
}

func TestTheCommitterIsWokenOnceForAGroup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := underWay(16)
		taken := make(chan int)
		go func() { taken <- len(g.next(t.Context())) }()
		synctest.Wait()
		for i := range 11 {
			g.put(&entry{})
			g.put(&entry{mark: true})
			synctest.Wait()
			select {
			case n := <-taken:
				if i < 10 || n != 22 {
					t.Fatalf("after %d outcomes a group of %d was taken", i+1, n)
				}
				return
			default:
			}
		}
		t.Error("two thirds of the connections were not enough")
	})
}
