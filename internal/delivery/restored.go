package delivery

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// heartbeat is how often a sender writes that it is at work.
const heartbeat = 20 * time.Second

// Guard holds every bulletin that is being sent although no sender has been at
// work on this database for longer than the newsletter's lateness limit: it may be
// a restored or copied one, whose bulletin has long been sent from elsewhere. A
// person who knows better resumes it. It gives the bulletins that it paused.
//
// What counts is the sender's heartbeat and not the last delivery: rows that wait
// for a retry or for a reader's own hour may lie still for a day.
func Guard(ctx context.Context, s *store.Store, l *ledger.Ledger) (held []*store.Bulletin, err error) {
	for _, state := range []newsletter.BulletinState{newsletter.BulletinSending, newsletter.BulletinPaused} {
		list, err := s.BulletinsIn(ctx, state)
		if err != nil {
			return held, err
		}
		for _, b := range list {
			if state == newsletter.BulletinPaused && b.ResumeAt.IsZero() {
				continue // it goes on only when a person wants it
			}
			paused, err := guard(ctx, s, l, b)
			if err != nil {
				return held, err
			}
			if paused != nil {
				held = append(held, paused)
			}
		}
	}
	return held, nil
}

// guard pauses one bulletin if it lay still for too long; it gives nothing when it
// did not.
func guard(ctx context.Context, s *store.Store, l *ledger.Ledger, found *store.Bulletin) (held *store.Bulletin, err error) {
	stale := func(tx *database.Tx) (b *store.Bulletin, note string, err error) {
		if b, err = s.BulletinTx(tx, found.ID); err != nil || b.State != found.State {
			return nil, "", err
		}
		n, err := s.NewsletterTx(tx, b.NewsletterID)
		if err != nil {
			return nil, "", err
		}
		last, err := l.LastSeenTx(tx, b.ID)
		if err != nil {
			return nil, "", err
		}
		moved, err := s.MovedAtTx(tx, b.ID)
		if err != nil {
			return nil, "", err
		}
		if moved.After(last) {
			last = moved // a person let it go, or go on
		}
		still := s.Now().Sub(last)
		if still <= n.Schedule.LateLimit() {
			return nil, "", nil
		}
		return b, fmt.Sprintf("nothing has worked on this database since %s (%s): it may be a restored or copied one, and this bulletin may have been sent from elsewhere",
			last.UTC().Format("2006-01-02 15:04 UTC"), terminal.Duration(still)), nil
	}
	// Nearly always nothing is to be done, and nobody has to wait for that.
	err = s.DB().Read(ctx, func(tx *database.Tx) error {
		held, _, err = stale(tx)
		return err
	})
	if err != nil || held == nil {
		return nil, err
	}
	err = s.DB().Write(ctx, func(tx *database.Tx) error {
		b, note, err := stale(tx)
		if held = b; err != nil || b == nil {
			return err
		}
		return s.GuardBulletinTx(tx, b, note, systemActor)
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// alive holds what lay still for too long, then writes that this sender is at work.
func (s *Sender) alive(ctx context.Context) error {
	held, err := Guard(ctx, s.store, s.ledger)
	for _, b := range held {
		s.log.Warn("a bulletin is held", "bulletin", b.Ref(), "reason", b.Note)
	}
	if err != nil {
		return err
	}
	return s.ledger.Seen(ctx)
}

// beat says again and again that this sender is at work, until ctx ends.
func (s *Sender) beat(ctx context.Context) {
	for wait(ctx, heartbeat) {
		if err := s.alive(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("it cannot be written that the sender is at work", "error", err)
		}
	}
}
