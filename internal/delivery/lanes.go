package delivery

import (
	"container/heap"
	"container/list"
	"slices"
	"strings"
	"time"
)

// DomainRate is the rate of some domains together.
type DomainRate struct {
	Domains []string // lower-case A-labels; "*" is each domain that no rate names, by itself
	Rate    float64  // messages a second; 0: no limit
}

// otherDomains stands for each domain that no rate names.
const otherDomains = "*"

// lanes are where the rows of bulletins wait: one lane for each domain, or group
// of domains, that has a rate, and one for all the others. A slow domain holds up
// nobody else.
type lanes struct {
	clock  func() time.Time
	named  map[string]laneRate // by domain
	others float64             // for each domain that is not named; 0: no limit

	free   lane             // of everybody without a limit
	slow   map[string]*lane // the others, by name
	few    int              // how many there were after those without use had been removed
	parked int              // rows in them
	ready  *list.List       // lanes whose time may have come, in the order of their turns
	later  byTime           // lanes whose time will come
}

// laneRate names the lane of a domain.
type laneRate struct {
	lane string
	rate float64
}

// lane is rows that share a pace.
type lane struct {
	pace *pace
	rows []job
	at   time.Time // while it is in later: when its time comes
	in   bool      // ready or later
}

// Bounds of what waits in the lanes of limited domains: in each, and in all.
const (
	laneRows   = 500
	parkedRows = 10_000
)

func newLanes(rates []DomainRate, clock func() time.Time) *lanes {
	l := &lanes{clock: clock, named: map[string]laneRate{}, slow: map[string]*lane{}, ready: list.New()}
	for _, r := range rates {
		for _, domain := range r.Domains {
			if domain == otherDomains {
				l.others = r.Rate
			} else {
				l.named[domain] = laneRate{r.Domains[0], r.Rate}
			}
		}
	}
	return l
}

// of gives the lane of a row.
func (l *lanes) of(j job) *lane {
	if len(l.named) == 0 && l.others == 0 {
		return &l.free
	}
	email := j.delivery.Email // whose domain is in lower-case A-labels: package address
	domain := email[strings.LastIndexByte(email, '@')+1:]
	r, named := l.named[domain]
	if !named {
		r = laneRate{domain, l.others}
	}
	if r.rate <= 0 {
		return &l.free
	}
	lane := l.slow[r.lane]
	if lane == nil {
		l.sweep()
		lane = newLane(r.rate)
		l.slow[r.lane] = lane
	}
	return lane
}

func newLane(rate float64) *lane { return &lane{pace: newPace(rate)} }

// sweep forgets the lanes that hold neither rows nor a past that matters, each
// time when the number of lanes has doubled.
func (l *lanes) sweep() {
	const worthIt = 1000
	if len(l.slow) < max(worthIt, 2*l.few) {
		return
	}
	now := l.clock()
	for name, lane := range l.slow {
		if !lane.in && lane.pace.idle(now) {
			delete(l.slow, name)
		}
	}
	l.few = len(l.slow)
}

// put adds a row, unless its lane is full.
func (l *lanes) put(j job) bool {
	lane := l.of(j)
	if lane.pace == nil {
		j.batch.atOnce++
	} else {
		if len(lane.rows) >= laneRows {
			return false
		}
		l.parked++
	}
	lane.rows = append(lane.rows, j)
	if !lane.in {
		lane.in = true
		l.ready.PushBack(lane)
	}
	return true
}

// take gives a row that may begin at a time, of the lanes in turn, or the first
// time at which one may; zero when there is none.
func (l *lanes) take(due time.Time) (j job, at time.Time, ok bool) {
	for len(l.later) > 0 && !l.later[0].at.After(due) {
		l.ready.PushBack(heap.Pop(&l.later))
	}
	for front := l.ready.Front(); front != nil; front = l.ready.Front() {
		lane := front.Value.(*lane)
		switch at := lane.pace.at(due); {
		case len(lane.rows) == 0:
			l.ready.Remove(front)
			lane.in, lane.rows = false, nil
		case at.After(due):
			l.ready.Remove(front)
			lane.at = at
			heap.Push(&l.later, lane)
		default:
			l.ready.MoveToBack(front)
			lane.pace.take(due)
			return l.pull(lane), time.Time{}, true
		}
	}
	if len(l.later) > 0 {
		at = l.later[0].at
	}
	return job{}, at, false
}

func (l *lanes) pull(lane *lane) job {
	j := lane.rows[0]
	lane.rows[0] = job{}
	lane.rows = lane.rows[1:]
	l.gone(lane, j)
	return j
}

// gone counts a row out.
func (l *lanes) gone(lane *lane, j job) {
	if lane.pace == nil {
		j.batch.atOnce--
	} else {
		l.parked--
	}
}

// drop takes the rows of a batch out.
func (l *lanes) drop(b *batch) (dropped []job) {
	from := func(lane *lane) {
		lane.rows = slices.DeleteFunc(lane.rows, func(j job) bool {
			if j.batch == b {
				dropped = append(dropped, j)
				l.gone(lane, j)
			}
			return j.batch == b
		})
	}
	from(&l.free)
	for _, lane := range l.slow {
		from(lane)
	}
	return dropped
}

// byTime is a heap of lanes by the time for which they wait.
type byTime []*lane

func (h byTime) Len() int           { return len(h) }
func (h byTime) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h byTime) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byTime) Push(x any)        { *h = append(*h, x.(*lane)) }

func (h *byTime) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return l
}
