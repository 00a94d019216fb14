package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Notice is one mail to one person that is no bulletin.
type Notice struct {
	ID           int64
	Key          string // unique: the same notice is never made twice
	Kind         string // NoticeProof, …; every other kind is told by its Letter
	NewsletterID int64
	BulletinID   int64
	Revision     int
	SubscriberID int64 // whom it is for; 0: the staff
	Email        string
	Name         string
	MadeBy       string
	MadeAt       time.Time // set by AddNoticeTx
	// Letter is its words. A proof needs none: it is the bulletin.
	Letter   *newsletter.Letter
	Attempts int
	FirstAt  time.Time // of the first attempt; zero before it
}

// NoticeProof is a bulletin sent to staff to look at.
const NoticeProof = "proof"

// AddNoticeTx queues a notice unless one with its key exists; made says which.
func (l *Ledger) AddNoticeTx(tx *database.Tx, n *Notice) (made bool, err error) {
	letter, err := encodeLetter(n.Letter)
	if err != nil {
		return false, err
	}
	changed, err := tx.Exec(`INSERT INTO notices (key, kind, newsletter_id, bulletin_id, revision, subscriber_id, email, name, made_by, made_at, letter, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0) ON CONFLICT DO NOTHING`,
		n.Key, n.Kind, n.NewsletterID, n.BulletinID, n.Revision, n.SubscriberID, n.Email, n.Name, n.MadeBy, l.now().UnixMilli(), letter)
	if err != nil {
		return false, fmt.Errorf("store notice: %w", err)
	}
	return changed == 1, nil
}

func encodeLetter(letter *newsletter.Letter) (string, error) {
	if letter == nil {
		return "", nil
	}
	b, err := json.Marshal(letter)
	if err != nil {
		return "", fmt.Errorf("encode a notice's letter: %w", err)
	}
	return string(b), nil
}

func decodeLetter(text string) (*newsletter.Letter, error) {
	if text == "" {
		return nil, nil
	}
	letter := new(newsletter.Letter)
	if err := json.Unmarshal([]byte(text), letter); err != nil {
		return nil, fmt.Errorf("decode a notice's letter: %w", err)
	}
	return letter, nil
}

// DueNotices gives notices that may be sent now, oldest first.
func (l *Ledger) DueNotices(ctx context.Context, limit int) ([]*Notice, error) {
	var out []*Notice
	err := l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var n Notice
			var made, first int64
			var letter string
			err := r.Scan(&n.ID, &n.Key, &n.Kind, &n.NewsletterID, &n.BulletinID, &n.Revision, &n.SubscriberID, &n.Email, &n.Name,
				&n.MadeBy, &made, &letter, &n.Attempts, &first)
			if err != nil {
				return err
			}
			if n.Letter, err = decodeLetter(letter); err != nil {
				return err
			}
			n.MadeAt = time.UnixMilli(made).UTC()
			if first != 0 {
				n.FirstAt = time.UnixMilli(first).UTC()
			}
			out = append(out, &n)
			return nil
		}, `SELECT id, key, kind, newsletter_id, bulletin_id, revision, subscriber_id, email, name, made_by, made_at, letter, attempts, first_at FROM notices
			WHERE state IN (0, 1) AND not_before <= $1 ORDER BY id LIMIT $2`, l.now().UnixMilli(), limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	return out, nil
}

// NoticesOpen counts the notices for a bulletin that have not reached an end.
func (l *Ledger) NoticesOpen(ctx context.Context, bulletinID int64) (n int, err error) {
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM notices WHERE bulletin_id = $1 AND state IN (0, 1, 2)`, bulletinID).Scan(&n)
	})
	return n, err
}
