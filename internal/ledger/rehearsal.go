package ledger

import (
	"context"
	"fmt"

	"epistle/internal/database"
)

// DueAtOnce takes away what the open deliveries of a bulletin wait for: on the
// copy that a rehearsal plays on, nobody waits for an hour of the day.
func (l *Ledger) DueAtOnce(ctx context.Context, bulletinID int64) error {
	err := l.db.Write(ctx, func(tx *database.Tx) error {
		if _, err := tx.Exec(`UPDATE deliveries SET not_before = 0 WHERE bulletin_id = $1 AND state IN (0, 1) AND not_before > 0`, bulletinID); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE chunks SET next_at = $2 WHERE bulletin_id = $1 AND done = 0 AND next_at > $2`, bulletinID, l.now().UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("make the deliveries of bulletin %d due: %w", bulletinID, err)
	}
	return nil
}
