package delivery

import (
	"context"
	"slices"
	"sync"
	"time"
)

// queue holds the rows that were claimed and gives them to the workers, each at
// its time: no faster than the rate over all connections, and those to a domain
// with a rate of its own no faster than that. Notices go before bulletins.
//
// It holds a bounded number of rows. One that finds no place in its domain's lane
// is left behind in the ledger, where it is claimed again later.
type queue struct {
	clock func() time.Time
	wake  chan struct{} // tells the side that claims rows that something has changed

	mu      sync.Mutex
	pace    *pace // over all connections
	lanes   *lanes
	notices []job
	changed chan struct{} // closed, and made anew, when rows have come
	awaited bool          // somebody waits for changed
	closed  bool
}

// enoughRows is how many rows of a batch that may go at once lie here before
// further ones are claimed: enough that claiming costs the workers no time.
const enoughRows = 1000

func newQueue(perSecond float64, domains []DomainRate, clock func() time.Time) *queue {
	return &queue{
		clock: clock, wake: make(chan struct{}, 1), pace: newPace(perSecond),
		lanes: newLanes(domains, clock), changed: make(chan struct{}),
	}
}

// nudge wakes the side that claims rows; once is enough for several reasons.
func (q *queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// wants says whether so few of a batch's rows lie here that more should be claimed.
func (q *queue) wants(b *batch) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.closed && b.atOnce < enoughRows && q.lanes.parked < parkedRows
}

// put adds a row; false says that it was left behind.
func (q *queue) put(j job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return false
	case j.delivery.NoticeID != 0:
		q.notices = append(q.notices, j)
	case !q.lanes.put(j):
		return false
	}
	j.batch.enter(j)
	if q.awaited {
		q.announce()
	}
	return true
}

func (q *queue) announce() {
	close(q.changed)
	q.changed, q.awaited = make(chan struct{}), false
}

// take waits for the next row whose time has come. ok is false when none came
// within a time, when ctx has ended and when the queue was closed.
func (q *queue) take(ctx context.Context, atMost time.Duration) (j job, ok bool) {
	end := q.clock().Add(atMost)
	for {
		now := q.clock()
		q.mu.Lock()
		j, _, at, ok := q.next(now, 0)
		over := q.closed || ctx.Err() != nil || !now.Before(end)
		changed := q.changed
		q.awaited = q.awaited || !ok
		q.mu.Unlock()
		if ok || over {
			return j, ok
		}
		if at.IsZero() || at.After(end) {
			at = end
		}
		timer := time.NewTimer(at.Sub(now))
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// glance gives the next row if it may begin soon, and when; it does not wait.
func (q *queue) glance(ahead time.Duration) (j job, due time.Time, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j, due, _, ok = q.next(q.clock(), ahead)
	return j, due, ok
}

// next gives the row whose turn it is, and when it may begin: within ahead from
// now. Otherwise at is when one may be had; zero: not before another row comes.
func (q *queue) next(now time.Time, ahead time.Duration) (j job, due, at time.Time, ok bool) {
	due = q.pace.at(now)
	if due.Sub(now) > ahead {
		return job{}, time.Time{}, due.Add(-ahead), false
	}
	j, at, ok = q.notice(due)
	if !ok {
		var later time.Time
		if j, later, ok = q.lanes.take(due); at.IsZero() || !later.IsZero() && later.Before(at) {
			at = later
		}
	}
	if !ok {
		if !at.IsZero() {
			at = at.Add(-ahead)
		}
		return job{}, time.Time{}, at, false
	}
	q.pace.take(due)
	if j.batch.atOnce == enoughRows-1 {
		q.nudge()
	}
	return j, due, time.Time{}, true
}

// notice gives the oldest notice that may begin at a time, or the first time at
// which one may.
func (q *queue) notice(due time.Time) (j job, at time.Time, ok bool) {
	for i, j := range q.notices {
		p := q.lanes.of(j).pace
		first := p.at(due)
		if !first.After(due) {
			p.take(due)
			q.notices = slices.Delete(q.notices, i, i+1)
			return j, time.Time{}, true
		}
		if at.IsZero() || first.Before(at) {
			at = first
		}
	}
	return job{}, at, false
}

// drop takes the rows of a batch out; they stay as they are in the ledger.
func (q *queue) drop(b *batch) {
	q.mu.Lock()
	dropped := q.lanes.drop(b)
	q.notices = slices.DeleteFunc(q.notices, func(j job) bool {
		if j.batch == b {
			dropped = append(dropped, j)
		}
		return j.batch == b
	})
	q.mu.Unlock()
	for _, j := range dropped {
		j.end()
	}
}

// close has everybody who waits go.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.announce()
}
