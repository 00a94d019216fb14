package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Uncertain is a delivery whose last reply was lost: the server may have taken
// the message or not.
type Uncertain struct {
	SubscriberID int64     `json:"subscriber"`
	Email        string    `json:"email"` // empty after an erasure
	At           time.Time `json:"at"`
	Attempts     int       `json:"attempts"`
	Reply        string    `json:"reply"`
}

// Uncertain lists the uncertain deliveries of a bulletin.
func (l *Ledger) Uncertain(ctx context.Context, bulletinID int64) ([]Uncertain, error) {
	var list []Uncertain
	err := l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var u Uncertain
			var at int64
			if err := r.Scan(&u.SubscriberID, &u.Email, &at, &u.Attempts, &u.Reply); err != nil {
				return err
			}
			u.At = time.UnixMilli(at).UTC()
			list = append(list, u)
			return nil
		}, `SELECT d.subscriber_id, COALESCE(p.email, ''), d.at, d.attempts, d.reply FROM deliveries d
			LEFT JOIN subscribers p ON p.id = d.subscriber_id
			WHERE d.bulletin_id = $1 AND d.state = 5 ORDER BY d.subscriber_id`, bulletinID)
	})
	if err != nil {
		return nil, fmt.Errorf("list uncertain deliveries: %w", err)
	}
	return list, nil
}

// AcceptUncertainTx takes the uncertain deliveries of a bulletin as sent.
func (l *Ledger) AcceptUncertainTx(tx *database.Tx, bulletinID int64) (n int64, err error) {
	n, err = tx.Exec(`UPDATE deliveries SET state = 3, at = $2, class = 'accepted as sent' WHERE bulletin_id = $1 AND state = 5`,
		bulletinID, l.now().UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("accept uncertain deliveries: %w", err)
	}
	return n, nil
}

// ResendUncertainTx makes the uncertain deliveries of a bulletin pending again and
// gives their number; those of people who left meanwhile are skipped. The message
// keeps its Message-ID, so that a receiver can recognise a second copy. A
// cancelled bulletin is refused: nobody would send them.
func (l *Ledger) ResendUncertainTx(tx *database.Tx, bulletinID int64) (n int64, err error) {
	var state newsletter.BulletinState
	if err := tx.QueryRow(`SELECT state FROM bulletins WHERE id = $1`, bulletinID).Scan(&state); err != nil {
		return 0, fmt.Errorf("send uncertain deliveries again: %w", err)
	}
	if state == newsletter.BulletinCancelled {
		return 0, newsletter.Errorf(newsletter.Refused, "the bulletin was cancelled; nothing of it is sent again").
			With("Take the uncertain deliveries as sent with --accept.")
	}
	now := l.now().UnixMilli()
	var people []int64
	err = tx.Each(func(r *sql.Rows) error {
		var id int64
		if err := r.Scan(&id); err != nil {
			return err
		}
		people = append(people, id)
		return nil
	}, `UPDATE deliveries SET state = 0, at = $2, not_before = 0, class = '' WHERE bulletin_id = $1 AND state = 5 RETURNING subscriber_id`, bulletinID, now)
	if err != nil {
		return 0, fmt.Errorf("send uncertain deliveries again: %w", err)
	}
	for _, id := range people {
		if _, err := tx.Exec(`UPDATE chunks SET done = 0, next_at = $3 WHERE bulletin_id = $1 AND lo = (SELECT MAX(lo) FROM chunks WHERE bulletin_id = $1 AND lo <= $2)`,
			bulletinID, id, now); err != nil {
			return 0, fmt.Errorf("open the chunks of uncertain deliveries: %w", err)
		}
		if err := l.dropTx(tx, bulletinID, id, id); err != nil {
			return 0, err
		}
	}
	return int64(len(people)), nil
}
