package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Told is one delivery as a person's story has it.
type Told struct {
	BulletinID int64     `json:"-"`
	Bulletin   string    `json:"bulletin"`
	Date       string    `json:"date"`
	State      string    `json:"state"`
	At         time.Time `json:"at,omitzero"`
	Attempts   int       `json:"attempts"`
	Class      string    `json:"class,omitempty"`
	Code       int       `json:"code,omitempty"`
	Enhanced   string    `json:"enhanced,omitempty"`
	Reply      string    `json:"reply,omitempty"`
}

// Deliveries gives every bulletin that was to go to one person, the newest first;
// with a bulletin only that one.
func (l *Ledger) Deliveries(ctx context.Context, subscriberID, bulletinID int64) (list []Told, err error) {
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var t Told
			var slug string
			var number int
			var state newsletter.DeliveryState
			var at int64
			if err := r.Scan(&t.BulletinID, &slug, &number, &t.Date, &state, &at, &t.Attempts, &t.Class, &t.Code, &t.Enhanced, &t.Reply); err != nil {
				return err
			}
			t.Bulletin, t.State = fmt.Sprintf("%s/%d", slug, number), state.String()
			if at != 0 {
				t.At = time.UnixMilli(at).UTC()
			}
			list = append(list, t)
			return nil
		}, `SELECT b.id, n.slug, b.number, b.date, d.state, d.at, d.attempts, d.class, d.code, d.enhanced, d.reply
			FROM bulletins b JOIN newsletters n ON n.id = b.newsletter_id
			JOIN deliveries d ON d.bulletin_id = b.id AND d.subscriber_id = $1
			WHERE $2 = 0 OR b.id = $2 ORDER BY b.id DESC`, subscriberID, bulletinID)
	})
	return list, err
}

// EraseTx takes what identifies a person out of deliveries and notices. The rows
// stay, so that every bulletin's sum stays; what waits is not sent.
func (l *Ledger) EraseTx(tx *database.Tx, subscriberID int64, email string) error {
	if _, err := l.SkipTx(tx, subscriberID, 0, "erased"); err != nil {
		return err
	}
	now := l.now().UnixMilli()
	if _, err := tx.Exec(`UPDATE deliveries SET reply = '' WHERE subscriber_id = $1 AND bulletin_id IN (SELECT id FROM bulletins)`, subscriberID); err != nil {
		return fmt.Errorf("erase the replies about subscriber %d: %w", subscriberID, err)
	}
	_, err := tx.Exec(`UPDATE notices SET email = '', name = '', reply = '', letter = '', key = 'erased:' || id, class = CASE WHEN state IN (0, 1) THEN 'erased' ELSE class END,
		at = CASE WHEN state IN (0, 1) THEN $2 ELSE at END, state = CASE WHEN state IN (0, 1) THEN 6 ELSE state END
		WHERE LOWER(email) = LOWER($1) OR subscriber_id = $3 AND subscriber_id <> 0`, email, now, subscriberID)
	if err != nil {
		return fmt.Errorf("erase the notices to subscriber %d: %w", subscriberID, err)
	}
	return nil
}

// ForgetNoticeTx takes the address and the words out of a notice that nobody
// answered; one that waits is not sent any more.
func (l *Ledger) ForgetNoticeTx(tx *database.Tx, key string) error {
	_, err := tx.Exec(`UPDATE notices SET email = '', name = '', reply = '', letter = '', class = CASE WHEN state IN (0, 1) THEN 'too late' ELSE class END,
		at = CASE WHEN state IN (0, 1) THEN $2 ELSE at END, state = CASE WHEN state IN (0, 1) THEN 6 ELSE state END WHERE key = $1`, key, l.now().UnixMilli())
	if err != nil {
		return fmt.Errorf("forget the notice %s: %w", key, err)
	}
	return nil
}
