package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"epistle/internal/database"
)

// lostWords is what stands in place of a server's reply that nobody heard.
const lostWords = "the sender stopped before the server's answer was recorded"

// Recover settles what a sender left when it died: every delivery in flight
// becomes uncertain, cancels that were cut short are finished, and notices in
// flight are sent again, because a second proof or confirmation does no harm and a
// missing one does. It gives the number of deliveries that became uncertain. Only
// the holder of the sender's lock may call it, before it sends anything.
func (l *Ledger) Recover(ctx context.Context) (uncertain int64, err error) {
	var open []Chunk
	var cancelled []int64
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		if open, err = openChunks(tx, `1 = 1 ORDER BY bulletin_id, lo`); err != nil {
			return err
		}
		cancelled, err = cutShort(tx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find what was in flight: %w", err)
	}
	const batchSize = 100 // chunks: some 50,000 rows are looked at in one transaction
	for len(open) > 0 {
		batch := open[:min(len(open), batchSize)]
		open = open[len(batch):]
		n, err := l.recoverChunks(ctx, batch)
		if err != nil {
			return uncertain, err
		}
		uncertain += n
	}
	for _, id := range cancelled {
		if err := l.Cancel(ctx, id); err != nil {
			return uncertain, err
		}
	}
	return uncertain, l.recoverNotices(ctx)
}

// cutShort gives the cancelled bulletins of which something is still open.
func cutShort(tx *database.Tx) (ids []int64, err error) {
	err = tx.Each(func(r *sql.Rows) error {
		var id int64
		if err := r.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, `SELECT id FROM bulletins WHERE state = 'cancelled' AND id IN (SELECT bulletin_id FROM chunks WHERE done = 0) ORDER BY id`)
	return ids, err
}

func (l *Ledger) recoverChunks(ctx context.Context, batch []Chunk) (uncertain int64, err error) {
	now := l.now().UnixMilli()
	err = l.db.Write(ctx, func(tx *database.Tx) error {
		uncertain = 0
		for _, c := range batch {
			n, err := tx.Exec(`UPDATE deliveries SET state = 5, attempts = attempts + 1, at = $4, not_before = 0, code = 0, enhanced = '', reply = $5, class = 'uncertain'
				WHERE bulletin_id = $1 AND subscriber_id BETWEEN $2 AND $3 AND state = 2`, c.BulletinID, c.Lo, c.Hi, now, lostWords)
			if err != nil {
				return fmt.Errorf("recover bulletin %d: %w", c.BulletinID, err)
			}
			uncertain += n
			if n == 0 {
				continue
			}
			// The chunk may have been put off for the row in flight.
			if _, err := tx.Exec(`UPDATE chunks SET next_at = $3 WHERE bulletin_id = $1 AND lo = $2`, c.BulletinID, c.Lo, now); err != nil {
				return fmt.Errorf("recover bulletin %d: %w", c.BulletinID, err)
			}
		}
		return nil
	})
	return uncertain, err
}

func (l *Ledger) recoverNotices(ctx context.Context) error {
	err := l.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE notices SET state = 1, attempts = attempts + 1, at = $1, not_before = 0, code = 0, enhanced = '', reply = $2, class = 'uncertain'
			WHERE state = 2`, l.now().UnixMilli(), lostWords)
		return err
	})
	if err != nil {
		return fmt.Errorf("recover notices: %w", err)
	}
	return nil
}
