package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// NoticeByKeyTx gives the number of the notice with a key, for a link in its letter
// that names it; see SetLetterTx.
func (l *Ledger) NoticeByKeyTx(tx *database.Tx, key string) (id int64, err error) {
	if err := tx.QueryRow(`SELECT id FROM notices WHERE key = $1`, key).Scan(&id); err != nil {
		return 0, fmt.Errorf("find a notice: %w", err)
	}
	return id, nil
}

// SetLetterTx gives a notice that was just added its words.
func (l *Ledger) SetLetterTx(tx *database.Tx, id int64, letter *newsletter.Letter) error {
	text, err := encodeLetter(letter)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE notices SET letter = $2 WHERE id = $1`, id, text); err != nil {
		return fmt.Errorf("store a notice's letter: %w", err)
	}
	return nil
}

// NoticeTx reads a notice without its words.
func (l *Ledger) NoticeTx(tx *database.Tx, id int64) (*Notice, error) {
	n := &Notice{ID: id}
	var made int64
	err := tx.QueryRow(`SELECT key, kind, newsletter_id, bulletin_id, revision, email, name, made_by, made_at FROM notices WHERE id = $1`, id).
		Scan(&n.Key, &n.Kind, &n.NewsletterID, &n.BulletinID, &n.Revision, &n.Email, &n.Name, &n.MadeBy, &made)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, newsletter.Errorf(newsletter.NotFound, "that notice does not exist")
	}
	if err != nil {
		return nil, fmt.Errorf("read a notice: %w", err)
	}
	n.MadeAt = time.UnixMilli(made).UTC()
	return n, nil
}

// ForgetLettersTx empties what was written above the proofs of a bulletin, and the
// letters about it that are done with: a preflight may have repeated words in them
// that are to be gone. A proof that still waits leaves without its preface.
func ForgetLettersTx(tx *database.Tx, bulletinID int64) error {
	_, err := tx.Exec(`UPDATE notices SET letter = '' WHERE bulletin_id = $1 AND letter <> '' AND (kind = $2 OR state NOT IN (0, 1, 2))`, bulletinID, NoticeProof)
	if err != nil {
		return fmt.Errorf("empty the letters about bulletin %d: %w", bulletinID, err)
	}
	return nil
}
