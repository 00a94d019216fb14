package delivery

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"epistle/internal/ledger"
)

func TestARateIsKeptOverAnySecond(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0.5, 3, 10, 15, 20, 100, 1000} {
		p, start := newPace(rate), time.Unix(0, 0)
		var begun []time.Time
		for now := start; now.Before(start.Add(5 * time.Second)); now = now.Add(time.Millisecond) {
			for p.at(now).Equal(now) {
				p.take(now)
				begun = append(begun, now)
			}
			if now.Sub(start) == 2*time.Second { // a rest earns no more than the slack
				now = now.Add(time.Second)
			}
		}
		if most := mostIn(begun, time.Second); most > int(math.Ceil(rate*1.1)) {
			t.Errorf("%v a second: %d began within one", rate, most)
		}
		if least := rate * 4 * 0.95; float64(len(begun)) < least {
			t.Errorf("%v a second: only %d began within four", rate, len(begun))
		}
	}
	if p := newPace(0); p.at(time.Unix(9, 0)) != time.Unix(9, 0) || !p.idle(time.Unix(0, 0)) {
		t.Error("without a rate somebody waits")
	}
	if p := newPace(1e-300); p.interval != longestInterval {
		t.Errorf("hardly ever is every %s", p.interval)
	}
}

// mostIn gives the largest number of times within any stretch.
func mostIn(times []time.Time, stretch time.Duration) (most int) {
	for i, j := 0, 0; j < len(times); j++ {
		for times[j].Sub(times[i]) >= stretch {
			i++
		}
		most = max(most, j-i+1)
	}
	return most
}

// traffic is rows for a queue, and what became of them.
type traffic struct {
	queue *queue
	batch *batch
	mu    sync.Mutex
	begun map[string][]time.Time // by domain
	order []string
}

func newTraffic(perSecond float64, rates ...DomainRate) *traffic {
	c := &traffic{queue: newQueue(perSecond, rates, time.Now), begun: map[string][]time.Time{}}
	c.batch = newBatch(func(context.Context) bool { return true }, c.queue.nudge)
	return c
}

// come puts rows of a domain in and gives how many were left behind.
func (c *traffic) come(domain string, n int, ref ledger.Ref) (left int) {
	for i := range n {
		d := ledger.Delivery{Ref: ref, Email: fmt.Sprintf("reader%d@%s", i, domain)}
		if !c.queue.put(job{&d, &part{batch: c.batch}}) {
			left++
		}
	}
	return left
}

// work has workers take rows until none comes for a day. Each row takes a while.
func (c *traffic) work(t *testing.T, workers int) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for {
				j, ok := c.queue.take(t.Context(), 24*time.Hour)
				if !ok {
					return
				}
				_, domain, _ := strings.Cut(j.delivery.Email, "@")
				c.mu.Lock()
				c.begun[domain] = append(c.begun[domain], time.Now())
				c.order = append(c.order, domain)
				c.mu.Unlock()
				wait(t.Context(), 3*time.Millisecond)
				j.end()
			}
		})
	}
	all.Wait()
}

// took gives how long it took until the last row of a domain began.
func (c *traffic) took(domain string, start time.Time) time.Duration {
	list := c.begun[domain]
	return list[len(list)-1].Sub(start)
}

func TestEachDomainKeepsItsRateAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTraffic(200, DomainRate{[]string{"slow.example"}, 2}, DomainRate{[]string{"one.example", "two.example"}, 10},
			DomainRate{[]string{"free.example"}, 0}, DomainRate{[]string{"*"}, 5})
		start := time.Now()
		for domain, n := range map[string]int{"slow.example": 60, "one.example": 100, "two.example": 100, "three.example": 50, "four.example": 50, "free.example": 800} {
			if left := c.come(domain, n, ledger.Ref{}); left > 0 {
				t.Errorf("%d rows of %s were left behind", left, domain)
			}
		}
		c.work(t, 4)
		if !c.batch.idle() {
			t.Error("rows are still running")
		}
		c.begun["group"] = slices.Concat(c.begun["one.example"], c.begun["two.example"])
		slices.SortFunc(c.begun["group"], time.Time.Compare)
		for domain, want := range map[string]struct {
			rate float64
			by   time.Duration
		}{
			"slow.example": {2, 31 * time.Second}, "group": {10, 21 * time.Second}, "three.example": {5, 11 * time.Second},
			"four.example": {5, 11 * time.Second}, "free.example": {200, 6 * time.Second}, // 200 - 2 - 10 - 5 - 5 are left for it
		} {
			if most := mostIn(c.begun[domain], time.Second); most > int(math.Ceil(want.rate*1.1)) {
				t.Errorf("%d of %s began within a second", most, domain)
			}
			if took := c.took(domain, start); took > want.by {
				t.Errorf("%s took %s", domain, took)
			}
		}
	})
}

func TestAllConnectionsTogetherKeepTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTraffic(100)
		c.come("lantern.example", 500, ledger.Ref{})
		start := time.Now()
		c.work(t, 16)
		all := c.begun["lantern.example"]
		if most := mostIn(all, time.Second); len(all) != 500 || most > 110 {
			t.Errorf("%d of %d began within a second", most, len(all))
		}
		if took := c.took("lantern.example", start); took > 5*time.Second {
			t.Errorf("500 took %s", took)
		}
	})
}

func TestANoticeGoesFirstAndKeepsTheRateOfItsDomain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTraffic(0, DomainRate{[]string{"slow.example"}, 1})
		c.come("free.example", 100, ledger.Ref{})
		c.come("slow.example", 3, ledger.Ref{})
		c.come("other.example", 2, ledger.Ref{NoticeID: 1})
		c.come("slow.example", 2, ledger.Ref{NoticeID: 2})
		c.work(t, 1)
		if first := c.order[:3]; !slices.Equal(first, []string{"other.example", "other.example", "slow.example"}) {
			t.Errorf("first went %v", first)
		}
		if most := mostIn(c.begun["slow.example"], time.Second); most > 1 || len(c.begun["slow.example"]) != 5 {
			t.Errorf("%d of the slow domain began within a second", most)
		}
	})
}

func TestASlowDomainTakesNoMoreThanItsRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTraffic(0, DomainRate{[]string{"slow.example"}, 1}, DomainRate{[]string{"*"}, 1})
		if left := c.come("slow.example", laneRows+7, ledger.Ref{}); left != 7 {
			t.Errorf("%d rows were left behind, want 7", left)
		}
		for i := 0; c.queue.wants(c.batch); i++ {
			c.come(fmt.Sprintf("d%d.example", i), 10, ledger.Ref{})
		}
		if n := c.queue.lanes.parked; n != parkedRows {
			t.Errorf("%d rows wait", n)
		}
		c.queue.drop(c.batch)
		if n := c.queue.lanes.parked; n != 0 || !c.batch.idle() || !c.queue.wants(c.batch) {
			t.Errorf("after all was dropped %d rows wait", n)
		}
		c.come("free.example", 1, ledger.Ref{})
		c.work(t, 2)
		if len(c.order) != 1 {
			t.Errorf("of what was dropped %v was sent", c.order)
		}
	})
}

func TestLanesWithoutUseAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTraffic(0, DomainRate{[]string{"*"}, 1})
		for i := range 5000 {
			c.come(fmt.Sprintf("d%d.example", i), 1, ledger.Ref{})
			c.queue.take(t.Context(), 0)
			wait(t.Context(), time.Second)
		}
		if n := len(c.queue.lanes.slow); n > 1001 {
			t.Errorf("%d lanes are kept", n)
		}
	})
}

func TestAWorkerLooksAheadNoFurtherThanItMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTraffic(2)
		c.come("lantern.example", 4, ledger.Ref{})
		for i, want := range []time.Duration{0, 500 * time.Millisecond, time.Second} {
			if _, due, ok := c.queue.glance(maxAhead); !ok || time.Until(due) != want {
				t.Errorf("row %d: %t, in %s", i+1, ok, time.Until(due))
			}
		}
		if _, _, ok := c.queue.glance(maxAhead); ok {
			t.Error("a row was begun more than a second ahead")
		}
		c.queue.close()
		if _, ok := c.queue.take(t.Context(), time.Hour); ok {
			t.Error("a closed queue gave a row that was not due")
		}
		if c.come("lantern.example", 1, ledger.Ref{}) != 1 {
			t.Error("a closed queue took a row")
		}
	})
}
