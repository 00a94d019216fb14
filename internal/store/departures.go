package store

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Departure is one leaving of a newsletter, with what the subscription was before.
type Departure struct {
	ID           int64                        `json:"-"`
	NewsletterID int64                        `json:"-"`
	SubscriberID int64                        `json:"-"`
	Newsletter   string                       `json:"newsletter"`
	At           time.Time                    `json:"at"`
	How          string                       `json:"how"`
	Reason       string                       `json:"reason,omitempty"` // in the reader's own words
	WasState     newsletter.SubscriptionState `json:"was_state"`
	UndoneAt     time.Time                    `json:"undone_at,omitzero"`
}

// DepartTx ends a subscription and writes down what it was. It sets d.ID, d.At and
// d.WasState; done is false when there is no subscription or it had ended before.
func (s *Store) DepartTx(tx *database.Tx, d *Departure) (done bool, err error) {
	d.At = s.now()
	err = tx.QueryRow(`INSERT INTO departures (newsletter_id, subscriber_id, at, how, reason, was_state, was_since, was_how)
		SELECT newsletter_id, subscriber_id, $3, $4, $5, state, since, how FROM subscriptions
		WHERE newsletter_id = $1 AND subscriber_id = $2 AND state <> 'unsubscribed' RETURNING id, was_state`,
		d.NewsletterID, d.SubscriberID, millis(d.At), d.How, d.Reason).Scan(&d.ID, &d.WasState)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write down a leaving: %w", err)
	}
	_, err = tx.Exec(`UPDATE subscriptions SET state = 'unsubscribed', since = $3, how = $4, import_id = 0 WHERE newsletter_id = $1 AND subscriber_id = $2`,
		d.NewsletterID, d.SubscriberID, millis(d.At), d.How)
	if err != nil {
		return false, fmt.Errorf("end a subscription: %w", err)
	}
	return true, s.claimTx(tx, d.SubscriberID)
}

const departureColumns = `d.id, d.newsletter_id, d.subscriber_id, n.slug, d.at, d.how, d.reason, d.was_state, d.undone_at
	FROM departures d JOIN newsletters n ON n.id = d.newsletter_id`

func scanDeparture(r row) (d Departure, err error) {
	var at, undone int64
	err = r.Scan(&d.ID, &d.NewsletterID, &d.SubscriberID, &d.Newsletter, &at, &d.How, &d.Reason, &d.WasState, &undone)
	d.At, d.UndoneAt = fromMillis(at), fromMillis(undone)
	return d, err
}

// DepartureTx finds a leaving; nil when it was erased.
func (s *Store) DepartureTx(tx *database.Tx, id int64) (*Departure, error) {
	d, err := scanDeparture(tx.QueryRow(`SELECT `+departureColumns+` WHERE d.id = $1`, id))
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read leaving %d: %w", id, err)
	}
	return &d, nil
}

// Departures gives all leavings of a person, the latest first.
func (s *Store) Departures(ctx context.Context, subscriberID int64) (list []Departure, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, scanDeparture, `SELECT `+departureColumns+` WHERE d.subscriber_id = $1 ORDER BY d.id DESC`, subscriberID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read leavings: %w", err)
	}
	return list, nil
}

// DepartedSinceTx counts how often a person left a newsletter in one way after a time.
func (s *Store) DepartedSinceTx(tx *database.Tx, d *Departure, after time.Time) (n int, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM departures WHERE subscriber_id = $1 AND newsletter_id = $2 AND how = $3 AND at > $4`,
		d.SubscriberID, d.NewsletterID, d.How, millis(after)).Scan(&n)
	return n, err
}

// ReturnTx undoes a leaving: the subscription is again what it was, with its
// consent. done is false when something happened to it since.
func (s *Store) ReturnTx(tx *database.Tx, d *Departure) (done bool, err error) {
	n, err := tx.Exec(`UPDATE subscriptions SET state = d.was_state, since = d.was_since, how = d.was_how
		FROM departures d WHERE d.id = $1 AND d.undone_at = 0
		AND subscriptions.newsletter_id = d.newsletter_id AND subscriptions.subscriber_id = d.subscriber_id
		AND subscriptions.state = 'unsubscribed' AND subscriptions.since = d.at
		AND d.id = (SELECT MAX(id) FROM departures l WHERE l.newsletter_id = d.newsletter_id AND l.subscriber_id = d.subscriber_id)`, d.ID)
	if err != nil || n == 0 {
		return false, err
	}
	d.UndoneAt = s.now()
	if _, err := tx.Exec(`UPDATE departures SET undone_at = $2 WHERE id = $1`, d.ID, millis(d.UndoneAt)); err != nil {
		return false, fmt.Errorf("undo leaving %d: %w", d.ID, err)
	}
	return true, nil
}

// MovedAtTx is when the state of a bulletin last changed.
func (s *Store) MovedAtTx(tx *database.Tx, id int64) (time.Time, error) {
	var at int64
	if err := tx.QueryRow(`SELECT changed_at FROM bulletins WHERE id = $1`, id).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("read when bulletin %d changed: %w", id, err)
	}
	return fromMillis(at), nil
}
