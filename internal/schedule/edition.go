package schedule

import (
	"slices"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

// edition is the runs for one bulletin: at most one of each kind.
type edition struct {
	planned newsletter.Date // as the specs have it; of an extra one, its own
	date    newsletter.Date // as it stands
	change  *ledger.Change
	walls   map[Kind]string // as they stand; of a skipped week, as they would be
}

// last is the wall-clock time of the edition's last run: its send run where it has
// one.
func (e *edition) last() string {
	for _, kind := range []Kind{Send, Proof, Assemble} {
		if e.walls[kind] != "" {
			return e.walls[kind]
		}
	}
	return ""
}

// edition finds the runs for a bulletin by its date, as it stands or as the specs
// have it; nil when there are none.
func (c *calendar) edition(date newsletter.Date) *edition {
	for i := range c.changes {
		change := &c.changes[i]
		if change.Kind != ledger.ChangeSkip && dateOf(change) == date {
			return changedEdition(change)
		}
	}
	if change := c.standing(date); change != nil && change.Kind != ledger.ChangeSkip {
		return changedEdition(change)
	}
	e := c.planned(date)
	if e != nil {
		e.change = c.standing(date)
	}
	return e
}

func changedEdition(change *ledger.Change) *edition {
	return &edition{
		planned: change.Date, date: dateOf(change), change: change,
		walls: map[Kind]string{Assemble: change.Assemble, Proof: change.Proof, Send: change.Send},
	}
}

// planned gives the runs that the specs have for a bulletin. Of several of a kind
// it is the last; of several send runs on one day the first.
func (c *calendar) planned(date newsletter.Date) *edition {
	e := &edition{planned: date, date: date, walls: map[Kind]string{}}
	midnight := time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, time.UTC)
	from, to := midnight.Add(-time.Minute), midnight.AddDate(0, 0, 1).Add(-time.Minute)
	if c.plan.Send != nil {
		send, ok := c.plan.Send.nextWall(from)
		if !ok || newsletter.DateOf(send) != date {
			return nil
		}
		e.walls[Send] = send.Format(wallLayout)
		from, to = c.sendBefore(send), send
	}
	for _, kind := range []Kind{Assemble, Proof} {
		if spec := c.plan.Spec(kind); spec != nil {
			if wall, ok := lastWall(spec, from, to); ok {
				e.walls[kind] = wall.Format(wallLayout)
			}
		}
	}
	if e.last() == "" {
		return nil
	}
	return e
}

// sendBefore is the send run of the specs before a send run, or a time well before
// it where that is far away.
func (c *calendar) sendBefore(send time.Time) time.Time {
	for _, days := range []int{8, 32, 370} {
		if before, ok := lastWall(c.plan.Send, send.AddDate(0, 0, -days), send.Add(-time.Minute)); ok {
			return before
		}
	}
	return send.AddDate(0, 0, -370)
}

// lastWall is the last time of a spec later than from and not later than to.
func lastWall(spec *Spec, from, to time.Time) (last time.Time, found bool) {
	wall, ok := spec.nextWall(from)
	for ok && !wall.After(to) {
		last, found = wall, true
		wall, ok = spec.nextWall(wall)
	}
	return last, found
}

// sortSlots puts runs in the order in which they are done.
func sortSlots(list []Slot) {
	slices.SortStableFunc(list, func(a, b Slot) int {
		if d := a.At.Compare(b.At); d != 0 {
			return d
		}
		return slices.Index(Kinds(), a.Kind) - slices.Index(Kinds(), b.Kind)
	})
}
