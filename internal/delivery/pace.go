package delivery

import "time"

// pace spreads messages over time: one after each interval, and as much as slack
// before its time. Nil is no limit.
type pace struct {
	interval, slack time.Duration
	next            time.Time // when the next one would be due without slack
}

// longestInterval bounds what a very small rate means, in numbers that a Duration
// can hold.
const longestInterval = 365 * 24 * time.Hour

// newPace keeps to messages a second; 0 is no limit. What comes late is made up
// for by the slack, so that over any second at most a tenth more may begin than the
// rate says. Of few messages a second one more would be too much.
func newPace(perSecond float64) *pace {
	if perSecond <= 0 {
		return nil
	}
	p := &pace{interval: time.Duration(min(float64(time.Second)/perSecond, float64(longestInterval)))}
	if perSecond >= 10 {
		p.slack = time.Second / 20
	}
	return p
}

// at gives the first time from now on at which a message may begin.
func (p *pace) at(now time.Time) time.Time {
	if p == nil {
		return now
	}
	if t := p.next.Add(-p.slack); t.After(now) {
		return t
	}
	return now
}

// take begins a message at a time that at gave.
func (p *pace) take(t time.Time) {
	if p == nil {
		return
	}
	if p.next.Before(t) {
		p.next = t
	}
	p.next = p.next.Add(p.interval)
}

// idle says that the past does not matter any more.
func (p *pace) idle(now time.Time) bool { return p == nil || !p.next.After(now) }
