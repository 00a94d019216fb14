package schedule

import (
	"context"
	"slices"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Entry is one line of the schedule as a person reads it.
type Entry struct {
	Newsletter string    `json:"newsletter"`
	Kind       Kind      `json:"kind"`
	Wall       string    `json:"wall"` // on the newsletter's clock
	TimeZone   string    `json:"time_zone"`
	At         time.Time `json:"at"`
	// Opens is when the first reader's own clock shows Wall, where that comes before
	// the newsletter's.
	Opens   time.Time       `json:"opens,omitzero"`
	Note    string          `json:"note,omitempty"` // what the clock does at Wall
	Date    newsletter.Date `json:"date,omitzero"`  // of the bulletin
	Skipped bool            `json:"skipped,omitempty"`
	Change  *ledger.Change  `json:"change,omitempty"`
	// Bulletin is what the run meets as things stand; nil: nothing yet.
	Bulletin *Met `json:"bulletin,omitempty"`
	// Own says that it is the bulletin's own time and not a run of the schedule.
	Own bool `json:"own,omitempty"`
}

// Met is the bulletin that a run meets.
type Met struct {
	Number int                      `json:"number"`
	State  newsletter.BulletinState `json:"state"`
}

// Coming gives what comes until a time: the runs, and the bulletins with a time of
// their own.
func (k *Book) Coming(ctx context.Context, n *newsletter.Newsletter, until time.Time) (list []Entry, err error) {
	zones, err := k.zones(ctx, n)
	if err != nil {
		return nil, err
	}
	own, err := k.store.Departing(ctx, n.ID)
	if err != nil {
		return nil, err
	}
	now := k.store.Now()
	err = k.store.DB().Read(ctx, func(tx *database.Tx) error {
		c, err := k.calendarTx(tx, n)
		if err != nil {
			return err
		}
		slots := c.coming(now, until)
		runs := len(slots)
		bulletins := make([]*store.Bulletin, len(slots))
		for i, s := range slots {
			if bulletins[i], err = bulletinForTx(k.store, tx, n.ID, s); err != nil {
				return err
			}
		}
		for _, b := range own {
			if s, ok := c.own(b); ok && !s.At.After(until) {
				slots, bulletins = append(slots, s), append(bulletins, b)
			}
		}
		for i, s := range slots {
			list = append(list, k.entry(n, c, s, bulletins[i], zones, i >= runs))
		}
		slices.SortStableFunc(list, func(a, b Entry) int { return a.At.Compare(b.At) })
		return nil
	})
	return list, err
}

// Runs gives the runs that are still to come for the bulletin of a date, as it
// stands or as the specs have it.
func (k *Book) Runs(ctx context.Context, n *newsletter.Newsletter, date newsletter.Date) (list []Entry, err error) {
	zones, err := k.zones(ctx, n)
	if err != nil {
		return nil, err
	}
	now := k.store.Now()
	err = k.store.DB().Read(ctx, func(tx *database.Tx) error {
		c, err := k.calendarTx(tx, n)
		if err != nil {
			return err
		}
		e := c.edition(date)
		if e == nil {
			return nil
		}
		for _, kind := range Kinds() {
			if e.walls[kind] == "" {
				continue
			}
			s := c.slotOf(kind, e.walls[kind])
			if !s.At.After(now) {
				continue
			}
			b, err := bulletinForTx(k.store, tx, n.ID, s)
			if err != nil {
				return err
			}
			list = append(list, k.entry(n, c, s, b, zones, false))
		}
		return nil
	})
	return list, err
}

// zones are the readers' where they count.
func (k *Book) zones(ctx context.Context, n *newsletter.Newsletter) ([]string, error) {
	if n.Schedule.DeliverAt != newsletter.DeliverLocal {
		return nil, nil
	}
	return k.ledger.AudienceZones(ctx, n.ID)
}

// own is the time that a bulletin itself waits for.
func (c *calendar) own(b *store.Bulletin) (Slot, bool) {
	due, ok := c.at(b.SendWall)
	if !b.LeavesAt.IsZero() {
		due, ok = Due{Wall: WallOf(b.LeavesAt, c.loc), At: b.LeavesAt}, true
	}
	return Slot{Kind: Send, Due: due, Opens: due.At, Date: b.Date, Planned: b.Date}, ok
}

func (k *Book) entry(n *newsletter.Newsletter, c *calendar, s Slot, b *store.Bulletin, zones []string, own bool) Entry {
	e := Entry{
		Newsletter: n.Slug, Kind: s.Kind, Wall: s.Wall, TimeZone: n.TimeZone, At: s.At, Note: s.Note,
		Date: s.Date, Skipped: s.Skipped(), Change: s.Change, Own: own,
	}
	if first := c.firstHour(s.Due, zones); s.Kind == Send && first.Before(s.At) && (!own || b.LeavesAt.IsZero()) {
		e.Opens = first
	}
	if b != nil {
		e.Bulletin = &Met{Number: b.Number, State: b.State}
	}
	return e
}

// SendAt gives a bulletin a time of its own, on the newsletter's clock; the send
// run of its date then leaves it alone. It is sent only if it is approved by then.
// One that is held must be approved before. The note says what the clock does.
func (k *Book) SendAt(ctx context.Context, b *store.Bulletin, at, by string) (due Due, err error) {
	target, err := newsletter.ParseWall(at)
	if err != nil {
		return Due{}, err
	}
	err = k.store.DB().Write(ctx, func(tx *database.Tx) error {
		now, err := k.store.BulletinTx(tx, b.ID)
		if err != nil {
			return err
		}
		if now.State == newsletter.BulletinHeld {
			return newsletter.Errorf(newsletter.Refused, "bulletin %d is held: %s", now.Number, now.Note).
				With("Approve what it says now first, with: epistle bulletins approve " + now.Ref())
		}
		n, err := k.store.NewsletterTx(tx, now.NewsletterID)
		if err != nil {
			return err
		}
		c, err := newCalendar(n, nil, 0)
		if err != nil {
			return err
		}
		if due, err = k.ahead(c, target); err != nil {
			return err
		}
		return k.store.SetSendWallTx(tx, now, due.Wall, by)
	})
	return due, err
}

// Unschedule takes back a bulletin's own time. One whose time has come and that
// waits to leave is stopped: it is held.
func (k *Book) Unschedule(ctx context.Context, b *store.Bulletin, by string) (now *store.Bulletin, err error) {
	err = k.store.DB().Write(ctx, func(tx *database.Tx) error {
		if now, err = k.store.BulletinTx(tx, b.ID); err != nil {
			return err
		}
		switch {
		case !now.LeavesAt.IsZero():
			return k.store.MoveBulletinTx(tx, now, newsletter.BulletinHeld, "stopped by "+by, by)
		case now.SendWall != "":
			return k.store.SetSendWallTx(tx, now, "", by)
		}
		return newsletter.Errorf(newsletter.Refused, "bulletin %d has no time of its own", now.Number).
			With("The runs of the schedule are changed with: epistle schedule skip DATE, or: epistle schedule move DATE --to TIME")
	})
	if err != nil {
		return nil, err
	}
	return now, nil
}
