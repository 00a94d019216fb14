package schedule

import (
	"context"
	"fmt"
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Book is the schedule as people change it: a week skipped, a week moved, one
// extra, and a bulletin's own time. A Runner honours every change from then on. A
// change and the beginning of the run it is about exclude each other: whichever
// comes first stands.
type Book struct {
	store  *store.Store
	ledger *ledger.Ledger
}

// NewBook makes a Book.
func NewBook(s *store.Store, l *ledger.Ledger) *Book { return &Book{s, l} }

// Skip leaves a week out: the runs for the bulletin of a date come and do nothing.
// An extra one is taken away.
func (k *Book) Skip(ctx context.Context, n *newsletter.Newsletter, date newsletter.Date, reason, by string) error {
	return k.change(ctx, n, date, func(tx *database.Tx, c *calendar, e *edition) error {
		if e.change != nil && e.change.Kind == ledger.ChangeAdd {
			if _, err := k.ledger.UndoChangeTx(tx, n.ID, e.planned, by); err != nil {
				return err
			}
			return k.audit(tx, n, "schedule.restore", by, e.date.String())
		}
		change := &ledger.Change{NewsletterID: n.ID, Kind: ledger.ChangeSkip, Date: e.planned, Reason: reason, MadeBy: by}
		if err := k.ledger.AddChangeTx(tx, change); err != nil {
			return err
		}
		return k.audit(tx, n, "schedule.skip", by, detail(e.planned.String(), reason))
	})
}

// Move sends the bulletin of a date at another time, "2027-03-11 08:00" on the
// newsletter's clock; the runs that lead up to it move by as much. One whose new
// time would have passed comes with the next minute.
func (k *Book) Move(ctx context.Context, n *newsletter.Newsletter, date newsletter.Date, to, reason, by string) error {
	target, err := newsletter.ParseWall(to)
	if err != nil {
		return err
	}
	return k.change(ctx, n, date, func(tx *database.Tx, c *calendar, e *edition) error {
		due, err := k.ahead(c, target)
		if err != nil {
			return err
		}
		if day := newsletter.DateOf(target); day != e.date {
			if err := c.free(day, e.planned); err != nil {
				return err
			}
		}
		change := &ledger.Change{NewsletterID: n.ID, Kind: ledger.ChangeMove, Date: e.planned, Reason: reason, MadeBy: by}
		if e.change != nil && e.change.Kind == ledger.ChangeAdd {
			change.Kind, change.Date = ledger.ChangeAdd, newsletter.DateOf(target)
			if _, err := k.ledger.UndoChangeTx(tx, n.ID, e.planned, by); err != nil {
				return err
			}
		}
		if err := k.place(tx, c, e, change, target); err != nil {
			return err
		}
		if err := k.ledger.AddChangeTx(tx, change); err != nil {
			return err
		}
		return k.audit(tx, n, "schedule.move", by, detail(e.planned.String()+" to "+due.Wall, reason))
	})
}

// Add makes one extra bulletin, sent at a time on the newsletter's clock. It is
// assembled and proofed as long before as a regular one; a run whose time for that
// has passed is left out.
func (k *Book) Add(ctx context.Context, n *newsletter.Newsletter, at, reason, by string) (change *ledger.Change, err error) {
	target, err := newsletter.ParseWall(at)
	if err != nil {
		return nil, err
	}
	err = k.store.DB().Write(ctx, func(tx *database.Tx) error {
		c, err := k.calendarTx(tx, n)
		if err != nil {
			return err
		}
		due, err := k.ahead(c, target)
		if err != nil {
			return err
		}
		date := newsletter.DateOf(target)
		if err := c.free(date, newsletter.Date{}); err != nil {
			return err
		}
		change = &ledger.Change{NewsletterID: n.ID, Kind: ledger.ChangeAdd, Date: date, Send: due.Wall, Reason: reason, MadeBy: by}
		k.lead(c, change, target)
		if err := k.ledger.AddChangeTx(tx, change); err != nil {
			return err
		}
		return k.audit(tx, n, "schedule.add", by, detail(due.Wall, reason))
	})
	if err != nil {
		return nil, err
	}
	return change, nil
}

// Restore takes back what was changed for the bulletin of a date, given as it
// stands or as the specs have it. Runs that lead up to it and would have passed
// come with the next minute. It gives the date that the bulletin has again.
func (k *Book) Restore(ctx context.Context, n *newsletter.Newsletter, date newsletter.Date, by string) (again newsletter.Date, err error) {
	err = k.change(ctx, n, date, func(tx *database.Tx, c *calendar, e *edition) error {
		if e.change == nil {
			return newsletter.Errorf(newsletter.NotFound, "nothing was changed for %s", date).
				With("See what was with: epistle schedule list --newsletter " + n.Slug)
		}
		if _, err := k.ledger.UndoChangeTx(tx, n.ID, e.planned, by); err != nil {
			return err
		}
		if e.change.Kind != ledger.ChangeAdd {
			if err := k.regularAgain(tx, n, c, e, by); err != nil {
				return err
			}
		}
		again = e.planned
		return k.audit(tx, n, "schedule.restore", by, e.planned.String())
	})
	return again, err
}

// regularAgain brings the runs of a week back to the times of the specs.
func (k *Book) regularAgain(tx *database.Tx, n *newsletter.Newsletter, c *calendar, e *edition, by string) error {
	back := c.planned(e.planned)
	if back == nil {
		return nil // the specs have changed since: they have no such week any more
	}
	target, err := time.Parse(wallLayout, back.last())
	if err != nil {
		return fmt.Errorf("read a time of the schedule: %w", err)
	}
	if _, err := k.ahead(c, target); err != nil {
		return err
	}
	if e.date != e.planned {
		if err := c.free(e.planned, e.planned); err != nil {
			return err
		}
	}
	change := &ledger.Change{NewsletterID: n.ID, Kind: ledger.ChangeMove, Date: e.planned, MadeBy: by}
	if err := k.place(tx, c, back, change, target); err != nil {
		return err
	}
	for kind, wall := range back.walls {
		if again := wallOf(change, kind); again != "" && again != wall {
			return k.ledger.AddChangeTx(tx, change)
		}
	}
	return nil
}

// change does fn on the runs for the bulletin of a date, unless they are over.
func (k *Book) change(ctx context.Context, n *newsletter.Newsletter, date newsletter.Date, fn func(*database.Tx, *calendar, *edition) error) error {
	return k.store.DB().Write(ctx, func(tx *database.Tx) error {
		c, err := k.calendarTx(tx, n)
		if err != nil {
			return err
		}
		e := c.edition(date)
		if e == nil {
			return newsletter.Errorf(newsletter.NotFound, "the schedule of %s has no run for %s", n.Slug, date).
				With("See its dates with: epistle schedule list --newsletter " + n.Slug)
		}
		run, err := k.ledger.RunTx(tx, n.ID, string(Send), e.walls[Send])
		if err != nil {
			return err
		}
		begun := run != nil && !strings.HasPrefix(run.Note, skippedNote)
		due, ok := c.at(e.last())
		if begun || ok && !due.At.After(k.store.Now()) {
			return newsletter.Errorf(newsletter.Refused, "the time of the bulletin for %s has come already: %s", date, spoken(due.Wall)).
				With("See where it stands with: epistle bulletins list")
		}
		return fn(tx, c, e)
	})
}

func (k *Book) calendarTx(tx *database.Tx, n *newsletter.Newsletter) (*calendar, error) {
	changes, version, err := k.ledger.ChangesTx(tx, n.ID)
	if err != nil {
		return nil, err
	}
	return newCalendar(n, changes, version)
}

// ahead maps a wall-clock time that must still come.
func (k *Book) ahead(c *calendar, wall time.Time) (Due, error) {
	due, _ := c.at(wall.Format(wallLayout))
	if !due.At.After(k.store.Now()) {
		return Due{}, newsletter.Errorf(newsletter.Refused, "%s has passed on the newsletter's clock", spoken(due.Wall)).
			With("Choose a later time. A bulletin can be sent at once with: epistle bulletins send ID")
	}
	return due, nil
}

// free refuses a day that has other runs than those of the edition planned for but.
// A skipped week keeps its day from an extra bulletin, so that taking the skip back
// is always possible.
func (c *calendar) free(day, but newsletter.Date) error {
	taken := false
	for i := range c.changes {
		change := &c.changes[i]
		taken = taken || change.Kind != ledger.ChangeSkip && dateOf(change) == day && change.Date != but
	}
	if standing := c.standing(day); day != but && (standing == nil || standing.Kind == ledger.ChangeSkip) {
		taken = taken || c.planned(day) != nil
	}
	if !taken {
		return nil
	}
	return newsletter.Errorf(newsletter.Conflict, "the schedule has a bulletin for %s already", day).
		With("Choose another day; or make a second bulletin for it (epistle bulletins assemble --extra) and send it at a time of its own (epistle bulletins schedule ID --at TIME).")
}

// place gives the runs of an edition that is moved their times.
func (k *Book) place(tx *database.Tx, c *calendar, e *edition, change *ledger.Change, target time.Time) error {
	last, err := time.Parse(wallLayout, e.last())
	if err != nil {
		return fmt.Errorf("read a time of the schedule: %w", err)
	}
	shift := target.Sub(last)
	end := target.Format(wallLayout)
	for _, kind := range Kinds() {
		old := e.walls[kind]
		wall, err := time.Parse(wallLayout, old)
		if err != nil {
			continue // there is no such run
		}
		run, err := k.ledger.RunTx(tx, change.NewsletterID, string(kind), old)
		if err != nil {
			return err
		}
		if run != nil && !strings.HasPrefix(run.Note, skippedNote) {
			continue // it is done
		}
		placed := k.soonest(c, kind, wall.Add(shift), e.planned)
		if placed > end {
			placed = end
		}
		setWall(change, kind, placed)
	}
	return nil
}

// soonest is a wall-clock time, or the next minute where it has passed, or the
// first one after it that no other run of the kind has.
func (k *Book) soonest(c *calendar, kind Kind, wall time.Time, own newsletter.Date) string {
	now := k.store.Now()
	if due, ok := c.at(wall.Format(wallLayout)); ok && !due.At.After(now) {
		next, err := time.Parse(wallLayout, WallOf(now.Add(time.Minute), c.loc))
		if err == nil {
			wall = next
		}
	}
	for {
		text := wall.Format(wallLayout)
		s, ok := c.next(kind, wall.Add(-time.Minute).Format(wallLayout), time.Time{})
		if !ok || s.Wall != text || s.Planned == own {
			return text
		}
		wall = wall.Add(time.Minute)
	}
}

// lead puts the runs that lead up to an extra bulletin as long before it as the
// next regular one has them.
func (k *Book) lead(c *calendar, change *ledger.Change, target time.Time) {
	now := k.store.Now()
	next, ok := c.regular(Send, "", now)
	if !ok {
		return
	}
	e := c.planned(next.Planned)
	send, err := time.Parse(wallLayout, next.Wall)
	if e == nil || err != nil {
		return
	}
	for _, kind := range []Kind{Assemble, Proof} {
		wall, err := time.Parse(wallLayout, e.walls[kind])
		if err != nil {
			continue
		}
		wall = target.Add(wall.Sub(send))
		if due, ok := c.at(wall.Format(wallLayout)); ok && due.At.After(now) {
			setWall(change, kind, k.soonest(c, kind, wall, newsletter.Date{}))
		}
	}
}

func setWall(change *ledger.Change, kind Kind, wall string) {
	switch kind {
	case Assemble:
		change.Assemble = wall
	case Proof:
		change.Proof = wall
	case Send:
		change.Send = wall
	}
}

func (k *Book) audit(tx *database.Tx, n *newsletter.Newsletter, action, by, detail string) error {
	return k.store.AuditTx(tx, store.Entry{Actor: by, Action: action, NewsletterID: n.ID, Detail: detail})
}

func detail(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}

// spoken is a wall-clock time as a person writes it.
func spoken(wall string) string { return strings.Replace(wall, "T", " ", 1) }
