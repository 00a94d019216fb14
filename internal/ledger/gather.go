package ledger

import (
	"runtime"
	"time"
)

// maxGroup is how many changes one commit takes at most: far more than there are
// connections, and still a transaction of a few milliseconds.
const maxGroup = 512

// gatherWait bounds how long a group is held open for changes that are on their
// way. It is far below the time of a round trip to most servers.
const gatherWait = 500 * time.Microsecond

// mostRest is how many groups in a row are not held open after that was in vain
// again and again.
const mostRest = 31

// gathering decides which changes share a commit. A commit costs much and a change
// more in it little, so a group takes all that is queued, and is held open for a
// moment while most of the messages under way have not come back: with each of
// their outcomes comes the next mark. Where the server is too far away for that to
// bring anything it is soon left off.
type gathering struct {
	flying int // rows that are marked and whose outcome has not come
	marks  int // in the group that is being gathered
	rest   int // groups that are not to be held open
	vain   int // what rest was set to last
}

// gather completes the group that begins with a change. Who can run comes first:
// where signing takes all of the processor, the changes of everybody who has had
// their turn by then share a commit, which costs nobody time; where a processor is
// idle it goes on at once.
func (c *committer) gather(first *entry) []*entry {
	runtime.Gosched()
	c.marks = 0
	group := c.take(nil, first)
	for len(c.queue) > 0 && len(group) < maxGroup {
		group = c.take(group, <-c.queue)
	}
	if !c.mayWait() {
		return group
	}
	timer := time.NewTimer(gatherWait)
	defer timer.Stop()
	queued := len(group)
	for over := false; !over && c.isWanting() && len(group) < maxGroup; {
		select {
		case e := <-c.queue:
			group = c.take(group, e)
		case <-timer.C:
			over = true
		}
	}
	c.waited(len(group) > queued)
	return group
}

// take adds a change to the group. The committer alone takes from the queue.
func (g *gathering) take(group []*entry, e *entry) []*entry {
	if e.mark {
		g.marks++
	} else if g.flying > 0 {
		g.flying--
	}
	return append(group, e)
}

// isWanting says that most are still under way. A group of half the connections
// leaves the server enough of the other half to work on until it is durable.
func (g *gathering) isWanting() bool { return g.flying > g.marks }

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
