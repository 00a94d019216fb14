package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// PersonTx finds a person by number with all that is known; nil when there is none
// any more.
func (s *Store) PersonTx(tx *database.Tx, id int64) (*Subscriber, error) {
	p, err := s.SubscriberTx(tx, id)
	if err != nil || p == nil {
		return nil, err
	}
	return p, s.fillSubscriber(tx, p)
}

// ChoiceTx gives what a reader wants of a newsletter's bulletins; without a row
// that is all of it.
func (s *Store) ChoiceTx(tx *database.Tx, subscriberID, newsletterID int64) (newsletter.Choice, error) {
	var declined string
	var textOnly bool
	err := tx.QueryRow(`SELECT declined, text_only FROM choices WHERE newsletter_id = $1 AND subscriber_id = $2`,
		newsletterID, subscriberID).Scan(&declined, &textOnly)
	if missing(err) {
		return newsletter.Choice{}, nil
	}
	if err != nil {
		return newsletter.Choice{}, fmt.Errorf("read the choice of subscriber %d: %w", subscriberID, err)
	}
	return newsletter.ParseChoice(declined, textOnly), nil
}

// Choices gives what the readers of a newsletter chose, without those who want
// everything.
func (s *Store) Choices(ctx context.Context, newsletterID int64) (map[int64]newsletter.Choice, error) {
	all := map[int64]newsletter.Choice{}
	err := s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var id int64
			var declined string
			var textOnly bool
			err := r.Scan(&id, &declined, &textOnly)
			all[id] = newsletter.ParseChoice(declined, textOnly)
			return err
		}, `SELECT subscriber_id, declined, text_only FROM choices WHERE newsletter_id = $1`, newsletterID)
	})
	if err != nil {
		return nil, fmt.Errorf("read the choices of newsletter %d: %w", newsletterID, err)
	}
	return all, nil
}

// SetChoiceTx keeps what a reader wants of a newsletter's bulletins from now on,
// also of one that is being sent and has not reached them.
func (s *Store) SetChoiceTx(tx *database.Tx, subscriberID, newsletterID int64, c newsletter.Choice) (err error) {
	if c == (newsletter.Choice{}) {
		_, err = tx.Exec(`DELETE FROM choices WHERE newsletter_id = $1 AND subscriber_id = $2`, newsletterID, subscriberID)
	} else {
		textOnly := 0
		if c.TextOnly {
			textOnly = 1
		}
		_, err = tx.Exec(`INSERT INTO choices (newsletter_id, subscriber_id, declined, text_only) VALUES ($1, $2, $3, $4)
			ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET declined = excluded.declined, text_only = excluded.text_only`,
			newsletterID, subscriberID, c.Stored(), textOnly)
	}
	if err != nil {
		return fmt.Errorf("keep the choice of subscriber %d: %w", subscriberID, err)
	}
	return s.claimTx(tx, subscriberID)
}

// SetPauseTx says when a paused subscription becomes active by itself.
func (s *Store) SetPauseTx(tx *database.Tx, subscriberID, newsletterID int64, until time.Time) error {
	_, err := tx.Exec(`UPDATE subscriptions SET paused_until = $3 WHERE newsletter_id = $1 AND subscriber_id = $2 AND state = 'paused'`,
		newsletterID, subscriberID, millis(until))
	if err != nil {
		return fmt.Errorf("set when the pause of subscriber %d ends: %w", subscriberID, err)
	}
	return nil
}

// SetLanguageTx sets the language of a person's pages and letters; empty is that
// of the newsletter.
func (s *Store) SetLanguageTx(tx *database.Tx, subscriberID int64, tag string) error {
	_, err := tx.Exec(`UPDATE subscribers SET language = $2, changed_at = $3, import_id = 0 WHERE id = $1`, subscriberID, tag, millis(s.now()))
	if err != nil {
		return fmt.Errorf("set the language of subscriber %d: %w", subscriberID, err)
	}
	return nil
}

// pauseBatch is how many pauses end in one transaction.
const pauseBatch = 500

// EndPauses makes the subscriptions active again whose pause is over, in short
// transactions, and gives their number. by is who ends them when nobody does.
func (s *Store) EndPauses(ctx context.Context, by string) (ended int, err error) {
	for {
		n := 0
		if due, err := s.pausesDue(ctx); err != nil || !due {
			return ended, err
		}
		err := s.db.Write(ctx, func(tx *database.Tx) (err error) {
			n, err = s.endPausesTx(tx, by)
			return err
		})
		if err != nil {
			return ended, fmt.Errorf("end pauses: %w", err)
		}
		ended += n
	}
}

func (s *Store) pausesDue(ctx context.Context) (due bool, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM subscriptions WHERE paused_until > 0 AND paused_until <= $1 AND state = 'paused')`, millis(s.now())).Scan(&due)
	})
	if err != nil {
		return false, fmt.Errorf("look for pauses that are over: %w", err)
	}
	return due, nil
}

func (s *Store) endPausesTx(tx *database.Tx, by string) (n int, err error) {
	type over struct{ newsletterID, subscriberID int64 }
	list, err := collect(tx, func(r row) (o over, err error) { return o, r.Scan(&o.newsletterID, &o.subscriberID) },
		`SELECT newsletter_id, subscriber_id FROM subscriptions WHERE paused_until > 0 AND paused_until <= $1 AND state = 'paused' LIMIT $2`,
		millis(s.now()), pauseBatch)
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		if _, _, err := s.SetSubscriptionTx(tx, o.subscriberID, o.newsletterID, newsletter.SubscriptionActive, "the pause is over"); err != nil {
			return 0, err
		}
		if err := s.AuditTx(tx, Entry{
			Actor: by, Action: "subscription.resumed", NewsletterID: o.newsletterID, SubscriberID: o.subscriberID,
			Detail: "the pause is over", Before: `{"state":"paused"}`, After: `{"state":"active"}`,
		}); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// fillChoices adds what a person chose to their subscriptions.
func (s *Store) fillChoices(tx *database.Tx, p *Subscriber) error {
	byNewsletter := map[int64]*Subscription{}
	for i := range p.Subscriptions {
		byNewsletter[p.Subscriptions[i].NewsletterID] = &p.Subscriptions[i]
	}
	return tx.Each(func(r *sql.Rows) error {
		var id, until int64
		var declined string
		var textOnly bool
		if err := r.Scan(&id, &until, &declined, &textOnly); err != nil {
			return err
		}
		sub := byNewsletter[id]
		if sub == nil {
			return nil // an import is just making it
		}
		if c := newsletter.ParseChoice(declined, textOnly); c != (newsletter.Choice{}) {
			sub.Choice = &c
		}
		if sub.State == newsletter.SubscriptionPaused {
			sub.PausedUntil = fromMillis(until)
		}
		return nil
	}, `SELECT s.newsletter_id, s.paused_until, COALESCE(c.declined, ''), COALESCE(c.text_only, 0) FROM subscriptions s
		LEFT JOIN choices c ON c.newsletter_id = s.newsletter_id AND c.subscriber_id = s.subscriber_id WHERE s.subscriber_id = $1`, p.ID)
}
