package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"epistle/internal/database"
)

// SkipTx takes a person out of every send of a newsletter (0: of all) that is
// under way and has not reached them yet. It belongs into the same transaction as
// the change that made them leave, so that leaving is effective at once.
func (l *Ledger) SkipTx(tx *database.Tx, subscriberID, newsletterID int64, why string) (skipped int64, err error) {
	skipped, err = tx.Exec(`UPDATE deliveries SET state = 6, not_before = 0, at = $4, class = $3
		WHERE subscriber_id = $1 AND state IN (0, 1) AND bulletin_id IN
		  (SELECT id FROM bulletins WHERE state IN ('sending', 'paused') AND ($2 = 0 OR newsletter_id = $2))`,
		subscriberID, newsletterID, why, l.now().UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("skip the deliveries of subscriber %d: %w", subscriberID, err)
	}
	return skipped, nil
}

// SkipDomainTx does the same for everyone of a domain whose number lies between
// lo and hi; a domain may have too many people for one transaction.
func (l *Ledger) SkipDomainTx(tx *database.Tx, domain string, newsletterID int64, why string, lo, hi int64) (skipped int64, err error) {
	skipped, err = tx.Exec(`UPDATE deliveries SET state = 6, not_before = 0, at = $4, class = $3
		WHERE subscriber_id BETWEEN $5 AND $6 AND state IN (0, 1) AND bulletin_id IN
		  (SELECT id FROM bulletins WHERE state IN ('sending', 'paused') AND ($2 = 0 OR newsletter_id = $2))
		  AND EXISTS (SELECT 1 FROM subscribers p WHERE p.id = subscriber_id AND p.domain = $1)`,
		domain, newsletterID, why, l.now().UnixMilli(), lo, hi)
	if err != nil {
		return 0, fmt.Errorf("skip the deliveries to %s: %w", domain, err)
	}
	return skipped, nil
}

// unchosen is the class of deliveries to readers who declined all that a bulletin
// has.
const unchosen = "nothing chosen"

// SkipUnchosen takes waiting rows out of a bulletin of which their readers want
// nothing. Only the holder of the sender's lock may call it, for rows that it has
// claimed and not begun.
func (l *Ledger) SkipUnchosen(ctx context.Context, bulletinID int64, subscribers []int64) error {
	if len(subscribers) == 0 {
		return nil
	}
	now := l.now().UnixMilli()
	err := l.db.Write(ctx, func(tx *database.Tx) error {
		for _, id := range subscribers {
			if _, err := tx.Exec(`UPDATE deliveries SET state = 6, not_before = 0, at = $4, class = $3
				WHERE bulletin_id = $1 AND subscriber_id = $2 AND state IN (0, 1)`, bulletinID, id, unchosen, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("skip who chose nothing of bulletin %d: %w", bulletinID, err)
	}
	return nil
}

// dropTx takes those out of a range of waiting rows who are not to be sent to any
// more: the send was cancelled, or they left, were erased or suppressed.
func (l *Ledger) dropTx(tx *database.Tx, bulletinID, lo, hi int64) error {
	_, err := tx.Exec(`UPDATE deliveries SET state = CASE WHEN why = 'cancelled' THEN 7 ELSE 6 END, not_before = 0, at = $4, class = why
		FROM (SELECT d.subscriber_id AS id, CASE
		        WHEN b.state = 'cancelled' THEN 'cancelled'
		        WHEN p.id IS NULL THEN 'erased'
		        WHEN s.state IS NULL THEN 'unsubscribed'
		        WHEN s.state <> 'active' THEN s.state
		        ELSE COALESCE((SELECT 'suppressed: ' || MIN(x.reason) FROM suppressions x
		              WHERE x.email_hash = p.email_hash AND x.newsletter_id IN (0, b.newsletter_id)),
		             (SELECT 'suppressed: ' || MIN(y.reason) FROM suppressed_domains y
		              WHERE y.domain = p.domain AND y.newsletter_id IN (0, b.newsletter_id))) END AS why
		      FROM deliveries d JOIN bulletins b ON b.id = d.bulletin_id
		      LEFT JOIN subscribers p ON p.id = d.subscriber_id
		      LEFT JOIN subscriptions s ON s.newsletter_id = b.newsletter_id AND s.subscriber_id = d.subscriber_id
		      WHERE d.bulletin_id = $1 AND d.subscriber_id BETWEEN $2 AND $3 AND d.state IN (0, 1)) who
		WHERE bulletin_id = $1 AND subscriber_id = who.id AND why IS NOT NULL`, bulletinID, lo, hi, l.now().UnixMilli())
	if err != nil {
		return fmt.Errorf("take out who is not to be sent to: %w", err)
	}
	return nil
}

// Cancel turns what was not sent of a bulletin into cancelled, some chunks at a
// time. The bulletin must have been moved to cancelled before; what is in flight
// gets its own end, and Recover finishes a cancel that was cut short.
func (l *Ledger) Cancel(ctx context.Context, bulletinID int64) error {
	for after := int64(-1); ; {
		var batch []Chunk
		err := l.db.Write(ctx, func(tx *database.Tx) (err error) {
			batch, err = openChunks(tx, `bulletin_id = $1 AND lo > $2 ORDER BY lo LIMIT $3`, bulletinID, after, max(1, l.slice/l.chunk))
			if err != nil {
				return err
			}
			for _, c := range batch {
				if err := l.cancelChunk(tx, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("cancel the deliveries of bulletin %d: %w", bulletinID, err)
		}
		if len(batch) == 0 {
			return nil
		}
		after = batch[len(batch)-1].Lo
	}
}

func (l *Ledger) cancelChunk(tx *database.Tx, c Chunk) error {
	if _, err := tx.Exec(`UPDATE deliveries SET state = 7, not_before = 0, at = $4, class = 'cancelled'
		WHERE bulletin_id = $1 AND subscriber_id BETWEEN $2 AND $3 AND state IN (0, 1)`, c.BulletinID, c.Lo, c.Hi, l.now().UnixMilli()); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE chunks SET done = 1 WHERE bulletin_id = $1 AND lo = $2 AND NOT EXISTS
		(SELECT 1 FROM deliveries d WHERE d.bulletin_id = $1 AND d.subscriber_id BETWEEN $2 AND $3 AND d.state = 2)`, c.BulletinID, c.Lo, c.Hi)
	return err
}

// openChunks gives the chunks that are not done and meet a condition.
func openChunks(tx *database.Tx, condition string, args ...any) (list []Chunk, err error) {
	err = tx.Each(func(r *sql.Rows) error {
		var c Chunk
		if err := r.Scan(&c.BulletinID, &c.Lo, &c.Hi); err != nil {
			return err
		}
		list = append(list, c)
		return nil
	}, `SELECT bulletin_id, lo, hi FROM chunks WHERE done = 0 AND `+condition, args...)
	return list, err
}
