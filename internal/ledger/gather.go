package ledger

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// maxGroup is how many changes one commit takes at most: far more than there are
// connections, and still a transaction of a few milliseconds.
const maxGroup = 512

// gatherWait bounds how long a group is held open for changes that are on their
// way. It is far below the time of a round trip to most servers.
const gatherWait = 500 * time.Microsecond

// longestYield bounds how long a group waits for those who can run while they bring
// changes. Signing for one message takes about a millisecond.
const longestYield = 20 * time.Millisecond

// mostRest is how many groups in a row are not held open after that was in vain
// again and again.
const mostRest = 31

// gathering decides which changes share a commit. A commit costs much and a change
// more in it little, so a group takes all that is queued, and is held open for a
// moment while a third of the messages under way have not come back: with each of
// their outcomes comes the next mark. Where the server is too far away for that to
// bring anything it is soon left off.
//
// Who brings a change looks whether the group is complete by it: the committer is
// woken once for a group and not for each change.
type gathering struct {
	wake  chan struct{} // room for one; sent to by whoever ends the sleep
	timer *time.Timer   // of the committer alone
	group []*entry      // likewise: what next gave last

	mu     sync.Mutex
	queue  []*entry
	marks  int  // in the queue
	flying int  // rows that are marked and whose outcome has not come
	asleep bool // the committer waits for wake
	held   bool // for a whole group, not for the first change
	rest   int  // groups that are not to be held open
	vain   int  // what rest was set to last
}

func newGathering() gathering {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return gathering{wake: make(chan struct{}, 1), timer: timer}
}

// put queues a change.
func (g *gathering) put(e *entry) {
	g.mu.Lock()
	g.queue = append(g.queue, e)
	if e.mark {
		g.marks++
	} else if g.flying > 0 {
		g.flying--
	}
	wake := g.asleep && !(g.held && g.isWanting())
	if wake {
		g.asleep = false
	}
	g.mu.Unlock()
	if wake {
		g.wake <- struct{}{}
	}
}

// next waits for changes and gives those of the next commit, which are good until
// it is called again. After ctx has ended it gives what is there, or none.
func (g *gathering) next(ctx context.Context) []*entry {
	if !g.first(ctx) {
		return nil
	}
	g.yield()
	g.hold()
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.queue), maxGroup)
	g.group = append(g.group[:0], g.queue[:n]...)
	g.queue = slices.Delete(g.queue, 0, n)
	for _, e := range g.group {
		if e.mark {
			g.marks--
		}
	}
	return g.group
}

// first waits until a change is queued, or ctx has ended; it says whether there is
// one.
func (g *gathering) first(ctx context.Context) bool {
	g.mu.Lock()
	queued := len(g.queue) > 0
	g.asleep, g.held = !queued, false
	g.mu.Unlock()
	if queued {
		return true
	}
	select {
	case <-g.wake:
		return true
	case <-ctx.Done():
		return g.rise()
	}
}

// yield lets who can run go first, for as long as they take the processor and bring
// changes: where everybody signs, the changes of all who have had their turn by then
// share a commit, which costs nobody time. Where a processor is idle it ends at once.
// It takes two attempts in vain, because the scheduler now and then changes the order.
func (g *gathering) yield() {
	begun := time.Now()
	for vain, last := 0, begun; vain < 2 && last.Sub(begun) < longestYield; {
		queued := g.queued()
		runtime.Gosched()
		now := time.Now()
		if now.Sub(last) > gatherWait/4 && g.queued() > queued {
			vain = 0
		} else {
			vain++
		}
		last = now
	}
}

func (g *gathering) queued() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue)
}

// hold holds the group open if that is worth it.
func (g *gathering) hold() {
	g.mu.Lock()
	queued := len(g.queue)
	g.asleep = g.mayWait()
	g.held = g.asleep
	g.mu.Unlock()
	if !g.held {
		return
	}
	g.timer.Reset(gatherWait)
	select {
	case <-g.wake:
		g.timer.Stop()
	case <-g.timer.C:
		g.rise()
	}
	g.yield() // the timer has gone before those whom the server answered meanwhile
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waited(len(g.queue) > queued)
}

// rise ends a sleep that nobody ended, and says whether anything is queued.
func (g *gathering) rise() bool {
	g.mu.Lock()
	late := !g.asleep // somebody is about to wake who is awake
	g.asleep = false
	queued := len(g.queue) > 0
	g.mu.Unlock()
	if late {
		<-g.wake
	}
	return queued
}

// isWanting says that more than a third are still under way. A group of two thirds
// of the connections leaves the server enough to work on until it is durable: the
// contents of those, too, have been sent to it by then.
func (g *gathering) isWanting() bool { return 2*g.flying > g.marks && len(g.queue) < maxGroup }

// mayWait says whether to hold the group open.
func (g *gathering) mayWait() bool {
	if !g.isWanting() {
		return false
	}
	if g.rest > 0 {
		g.rest--
		return false
	}
	return true
}

// waited notes whether holding a group open brought anything.
func (g *gathering) waited(paid bool) {
	if paid {
		g.vain = 0
		return
	}
	g.vain = min(2*g.vain+1, mostRest)
	g.rest = g.vain
}

// flies counts marks that were given.
func (g *gathering) flies(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying += n
}

// restart forgets what a committer before knew of the messages under way.
func (g *gathering) restart() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying, g.rest, g.vain = 0, 0, 0
}

// takeAll empties the queue.
func (g *gathering) takeAll() []*entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.queue
	g.queue, g.marks = nil, 0
	return all
}
