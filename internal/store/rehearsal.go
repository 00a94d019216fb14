package store

import (
	"context"
	"database/sql"
	"fmt"

	"epistle/internal/database"
	"epistle/internal/filter"
)

// Reader is one person of a bulletin's audience.
type Reader struct {
	ID    int64
	Email string
}

// ExpectedReaders gives who must get a bulletin of a newsletter now: everyone
// with an active subscription, or a pause that is over, whom the filter chooses and whom nothing
// suppresses. A rehearsal holds the frozen audience against it, so it shares no
// statement with the freezing: it subtracts those suppressed by address and then
// those by domain, where the freezing looks each person up.
func (s *Store) ExpectedReaders(ctx context.Context, newsletterID int64, where string) (list []Reader, err error) {
	var node *filter.Node
	if where != "" {
		if node, err = filter.Parse(where); err != nil {
			return nil, err
		}
	}
	condition, values := node.SQL(3)
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, func(r row) (e Reader, err error) { return e, r.Scan(&e.ID, &e.Email) },
			`WITH stopped AS (SELECT email_hash FROM suppressions WHERE newsletter_id IN (0, $1)),
			      closed AS (SELECT domain FROM suppressed_domains WHERE newsletter_id IN (0, $1))
			SELECT p.id, p.email FROM subscribers p JOIN memberships s ON s.subscriber_id = p.id
			WHERE s.newsletter_id = $1 AND (s.state = 'active' OR EXISTS (SELECT 1 FROM subscriptions u
			  WHERE u.newsletter_id = $1 AND u.subscriber_id = p.id AND u.state = 'paused' AND u.paused_until BETWEEN 1 AND $2)) AND p.email_hash NOT IN (SELECT email_hash FROM stopped)
			  AND p.domain NOT IN (SELECT domain FROM closed) AND `+condition+` ORDER BY p.id`, append([]any{newsletterID, millis(s.now())}, values...)...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who must get a bulletin: %w", err)
	}
	return list, nil
}

// EachSubscribed calls fn with everyone who has not left a newsletter.
func (s *Store) EachSubscribed(ctx context.Context, newsletterID int64, fn func(subscriberID int64)) error {
	err := s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var id int64
			if err := r.Scan(&id); err != nil {
				return err
			}
			fn(id)
			return nil
		}, `SELECT subscriber_id FROM subscriptions WHERE newsletter_id = $1 AND state <> 'unsubscribed'`, newsletterID)
	})
	if err != nil {
		return fmt.Errorf("read who has not left: %w", err)
	}
	return nil
}
