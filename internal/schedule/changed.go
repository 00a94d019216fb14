package schedule

import (
	"time"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

// Slot is one run in the calendar, as the specs have it or as a person changed it.
type Slot struct {
	Kind Kind
	Due
	// Opens is when the run may begin: At, or earlier where the first of the readers
	// has the hour before the newsletter.
	Opens time.Time
	// Date is that of the bulletin it works for; zero when no send run follows.
	Date newsletter.Date
	// Planned is the date that the specs give the same bulletin; another one than
	// Date where the week was moved.
	Planned newsletter.Date
	// Change is what a person changed about it; nil: nothing.
	Change *ledger.Change
}

// Skipped says that the run comes and does nothing.
func (s Slot) Skipped() bool { return s.Change != nil && s.Change.Kind == ledger.ChangeSkip }

// calendar is a plan with what people changed in it.
type calendar struct {
	plan    *Plan
	loc     *time.Location
	begin   time.Time // no run is due at this instant or before
	changes []ledger.Change
	version int64 // of the changes
}

func newCalendar(n *newsletter.Newsletter, changes []ledger.Change, version int64) (*calendar, error) {
	plan, err := ReadPlan(n.Schedule)
	if err != nil {
		return nil, err
	}
	loc, err := n.Location()
	if err != nil {
		return nil, err
	}
	return &calendar{plan: plan, loc: loc, begin: n.PlannedAt, changes: changes, version: version}, nil
}

// next gives the first run of a kind later than the wall-clock time after, and
// later than begin.
func (c *calendar) next(kind Kind, after string, begin time.Time) (Slot, bool) {
	best, found := c.regular(kind, after, begin)
	for i := range c.changes {
		wall := wallOf(&c.changes[i], kind)
		if wall == "" || wall <= after || found && wall >= best.Wall {
			continue
		}
		if s, ok := c.changed(kind, &c.changes[i]); ok && s.At.After(begin) {
			best, found = s, true
		}
	}
	return best, found
}

// regular gives the first run that the specs have, without those that were moved
// away.
func (c *calendar) regular(kind Kind, after string, begin time.Time) (Slot, bool) {
	spec := c.plan.Spec(kind)
	if spec == nil {
		return Slot{}, false
	}
	due, ok := spec.After(c.loc, begin)
	if ok && after != "" && due.Wall <= after {
		due, ok = spec.Next(c.loc, after)
	}
	for ; ok; due, ok = spec.Next(c.loc, due.Wall) {
		if s := c.asPlanned(kind, due); s.Change == nil || s.Change.Kind != ledger.ChangeMove {
			return s, true
		}
	}
	return Slot{}, false
}

// asPlanned gives a run of the specs, with the change of its week.
func (c *calendar) asPlanned(kind Kind, due Due) Slot {
	s := Slot{Kind: kind, Due: due, Opens: due.At}
	date, ok := c.plan.BulletinDate(kind, due)
	if !ok {
		return s
	}
	s.Date, s.Planned = date, date
	if change := c.standing(date); change != nil && change.Kind != ledger.ChangeAdd {
		s.Change = change
	}
	return s
}

// standing is the change for a date of the specs, or for an extra bulletin's.
func (c *calendar) standing(date newsletter.Date) *ledger.Change {
	for i := range c.changes {
		if c.changes[i].Date == date {
			return &c.changes[i]
		}
	}
	return nil
}

// changed gives the run of a kind that a person put at another time, or added.
func (c *calendar) changed(kind Kind, change *ledger.Change) (Slot, bool) {
	due, ok := c.at(wallOf(change, kind))
	if !ok {
		return Slot{}, false
	}
	return Slot{Kind: kind, Due: due, Opens: due.At, Date: dateOf(change), Planned: change.Date, Change: change}, true
}

// at maps a wall-clock time to its instant.
func (c *calendar) at(wall string) (Due, bool) {
	t, err := time.Parse(wallLayout, wall)
	if err != nil {
		return Due{}, false
	}
	at, note := newsletter.Instant(t, c.loc)
	return Due{Wall: wall, At: at, Note: note}, true
}

// wallOf is when a change wants a run of a kind; empty: not at all.
func wallOf(change *ledger.Change, kind Kind) string {
	switch kind {
	case Assemble:
		return change.Assemble
	case Proof:
		return change.Proof
	case Send:
		return change.Send
	}
	return ""
}

// dateOf is the date of the bulletin that moved or added runs work for: the day of
// the last of them, which is the send run where there is one.
func dateOf(change *ledger.Change) newsletter.Date {
	for _, wall := range []string{change.Send, change.Proof, change.Assemble} {
		if t, err := time.Parse(wallLayout, wall); err == nil {
			return newsletter.DateOf(t)
		}
	}
	return change.Date
}

// slotOf finds a run again by its key.
func (c *calendar) slotOf(kind Kind, wall string) Slot {
	for i := range c.changes {
		if wallOf(&c.changes[i], kind) == wall {
			if s, ok := c.changed(kind, &c.changes[i]); ok {
				return s
			}
		}
	}
	due, ok := c.at(wall)
	if !ok {
		return Slot{Kind: kind}
	}
	s := c.asPlanned(kind, due)
	if s.Change != nil && s.Change.Kind == ledger.ChangeMove {
		s.Change = nil // it was begun before its week was moved
	}
	return s
}

// coming gives the runs that become due later than from and not later than to, in
// the order in which they are done.
func (c *calendar) coming(from, to time.Time) []Slot {
	var list []Slot
	for _, kind := range Kinds() {
		s, ok := c.next(kind, "", from)
		for ok && !s.At.After(to) {
			list = append(list, s)
			s, ok = c.next(kind, s.Wall, from)
		}
	}
	sortSlots(list)
	return list
}

// superseded says that the send run after the one that s belongs to is due, so
// that a bulletin of s would be old news.
func (c *calendar) superseded(s Slot, now time.Time) bool {
	last := s.Wall
	if s.Kind != Send {
		own, ok := c.ofDate(Send, s)
		if !ok {
			return true // nothing is sent by the clock
		}
		last = own.Wall
	}
	following, ok := c.next(Send, last, time.Time{})
	return ok && !following.At.After(now)
}

// ofDate gives the run of a kind that works for the same bulletin as s.
func (c *calendar) ofDate(kind Kind, s Slot) (Slot, bool) {
	if s.Change != nil && s.Change.Kind != ledger.ChangeSkip {
		return c.changed(kind, s.Change)
	}
	spec := c.plan.Spec(kind)
	wall, err := time.Parse(wallLayout, s.Wall)
	if spec == nil || err != nil {
		return Slot{}, false
	}
	due, ok := spec.Next(c.loc, wall.Add(-time.Minute).Format(wallLayout))
	if !ok {
		return Slot{}, false
	}
	return c.asPlanned(kind, due), true
}
