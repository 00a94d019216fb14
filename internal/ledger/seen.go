package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"epistle/internal/database"
)

// Seen writes that a sender is at work on this database now. A sender does so
// again and again, also while nothing is due, so that the time tells a database
// that was in use from a copy that was not.
func (l *Ledger) Seen(ctx context.Context) error {
	err := l.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO sender_seen (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = $1`, l.now().UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("write when the sender was at work: %w", err)
	}
	return nil
}

// LastSeenTx is when a sender was last at work on a bulletin of this database. A
// database from before senders wrote that down tells it by its deliveries.
func (l *Ledger) LastSeenTx(tx *database.Tx, bulletinID int64) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT at FROM sender_seen WHERE id = 1`).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		err = tx.QueryRow(`SELECT COALESCE(MAX(at), 0) FROM deliveries WHERE bulletin_id = $1 AND state IN (1, 2, 3, 4, 5)`, bulletinID).Scan(&at)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read when a sender was at work: %w", err)
	}
	return time.UnixMilli(at).UTC(), nil
}
