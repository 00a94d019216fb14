package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Withdrawal is the record of an item that was taken out of a bulletin, or out of
// what waits. The words are in it no more.
type Withdrawal struct {
	ID         int64     `json:"id"`
	ItemID     int64     `json:"item_id"`
	BulletinID int64     `json:"-"`
	Bulletin   string    `json:"bulletin,omitempty"` // as a person names it; set by reading
	Redacted   bool      `json:"redacted"`           // its words were taken out of every revision and of its history too
	Reason     string    `json:"reason,omitempty"`
	HashBefore string    `json:"hash_before,omitempty"`
	HashAfter  string    `json:"hash_after,omitempty"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
}

// AddWithdrawalTx records that an item was taken out, in the audit log too.
func (s *Store) AddWithdrawalTx(tx *database.Tx, newsletterID int64, w Withdrawal) error {
	_, err := tx.Exec(`INSERT INTO withdrawals (item_id, bulletin_id, redacted, reason, hash_before, hash_after, made_by, made_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		w.ItemID, w.BulletinID, w.Redacted, w.Reason, w.HashBefore, w.HashAfter, w.By, millis(s.now()))
	if err != nil {
		return fmt.Errorf("record that item %d was withdrawn: %w", w.ItemID, err)
	}
	action := "item.withdraw"
	if w.Redacted {
		action = "item.redact"
	}
	return s.AuditTx(tx, Entry{Actor: w.By, Action: action, NewsletterID: newsletterID, BulletinID: w.BulletinID, ItemID: w.ItemID, Detail: w.Reason})
}

// Withdrawals gives the times that an item was taken out, the oldest first.
func (s *Store) Withdrawals(ctx context.Context, itemID int64) (list []Withdrawal, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, func(r row) (w Withdrawal, err error) {
			var at int64
			err = r.Scan(&w.ID, &w.ItemID, &w.BulletinID, &w.Bulletin, &w.Redacted, &w.Reason, &w.HashBefore, &w.HashAfter, &w.By, &at)
			w.At = fromMillis(at)
			return w, err
		}, `SELECT w.id, w.item_id, w.bulletin_id, COALESCE(n.slug || '/' || b.number, ''), w.redacted, w.reason, w.hash_before, w.hash_after, w.made_by, w.made_at
			FROM withdrawals w LEFT JOIN bulletins b ON b.id = w.bulletin_id LEFT JOIN newsletters n ON n.id = b.newsletter_id
			WHERE w.item_id = $1 ORDER BY w.id`, itemID)
		return err
	})
	return list, err
}

// WithdrawItemTx takes an item out of use. leftWith is the bulletin that readers
// got it with; 0: none.
func (s *Store) WithdrawItemTx(tx *database.Tx, id, leftWith int64) error {
	_, err := tx.Exec(`UPDATE items SET state = 'withdrawn', bulletin_id = NULL, left_with = $2, changed_at = $3 WHERE id = $1`,
		id, leftWith, millis(s.now()))
	if err != nil {
		return fmt.Errorf("withdraw item %d: %w", id, err)
	}
	return nil
}

// RedactItemTx puts a note in the place of an item's words, now and in its
// history.
func (s *Store) RedactItemTx(tx *database.Tx, id int64, note string) error {
	if _, err := tx.Exec(`UPDATE items SET body = $2, redacted_at = $3 WHERE id = $1`, id, note, millis(s.now())); err != nil {
		return fmt.Errorf("redact item %d: %w", id, err)
	}
	if _, err := tx.Exec(`UPDATE item_versions SET body = $2 WHERE item_id = $1`, id, note); err != nil {
		return fmt.Errorf("redact the history of item %d: %w", id, err)
	}
	return nil
}

// CarryItemTx gives an approved or cancelled item another week, and takes it out
// of the bulletin it stood in. The approval stays: its words do.
func (s *Store) CarryItemTx(tx *database.Tx, i *Item, by string) error {
	old, err := itemTx(tx, i.ID)
	if err != nil {
		return err
	}
	if err := addVersionTx(tx, old); err != nil {
		return err
	}
	i.State, i.BulletinID, i.EditedBy, i.EditedAt, i.ChangedAt = newsletter.ItemApproved, 0, by, s.now(), s.now()
	if _, err = tx.Exec(`UPDATE items SET state = 'approved', bulletin_id = NULL, wanted = $2, changed_at = $3, edited_by = $4, edited_at = $3
		WHERE id = $1`, i.ID, i.Wanted.String(), millis(s.now()), by); err != nil {
		return fmt.Errorf("carry item %d: %w", i.ID, err)
	}
	return s.AuditTx(tx, Entry{Actor: by, Action: "item.carry", NewsletterID: i.NewsletterID, ItemID: i.ID, Detail: i.Wanted.String()})
}

// Revision is one frozen form of a bulletin.
type Revision struct {
	BulletinID int64
	Revision   int
	Hash       string
	By         string
	At         time.Time
	Document   *newsletter.Document
}

// EachRevision calls fn with every frozen form of a newsletter's bulletins (of one
// of them, when bulletinID is not 0), the oldest first.
func (s *Store) EachRevision(ctx context.Context, newsletterID, bulletinID int64, fn func(*Revision) error) error {
	return s.db.Read(ctx, func(tx *database.Tx) error { return s.EachRevisionTx(tx, newsletterID, bulletinID, fn) })
}

// EachRevisionTx is EachRevision within the caller's transaction.
func (s *Store) EachRevisionTx(tx *database.Tx, newsletterID, bulletinID int64, fn func(*Revision) error) error {
	return tx.Each(func(rows *sql.Rows) error {
		var r Revision
		var body string
		var at int64
		if err := rows.Scan(&r.BulletinID, &r.Revision, &body, &r.Hash, &r.By, &at); err != nil {
			return err
		}
		r.At = fromMillis(at)
		var err error
		if r.Document, err = newsletter.DecodeDocument([]byte(body)); err != nil {
			return err
		}
		return fn(&r)
	}, `SELECT r.bulletin_id, r.revision, r.document, r.hash, r.made_by, r.made_at FROM revisions r JOIN bulletins b ON b.id = r.bulletin_id
		WHERE b.newsletter_id = $1 AND ($2 = 0 OR b.id = $2) ORDER BY r.bulletin_id, r.revision`, newsletterID, bulletinID)
}

// RewriteRevisionTx puts another document in the place of a frozen one. The hash
// stays on record: it is that of what was approved, or left.
func (s *Store) RewriteRevisionTx(tx *database.Tx, r *Revision) error {
	body, err := r.Document.Encode()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE revisions SET document = $3, title = $4 WHERE bulletin_id = $1 AND revision = $2`,
		r.BulletinID, r.Revision, string(body), r.Document.Content.Title); err != nil {
		return fmt.Errorf("rewrite revision %d: %w", r.Revision, err)
	}
	return nil
}

// ReplaceBegunTx gives a bulletin that has begun to leave a new revision, which
// only the withdrawal of an item and the change of its headlines may. A send that is under way is paused until a
// person lets it go on.
func (s *Store) ReplaceBegunTx(tx *database.Tx, b *Bulletin, doc *newsletter.Document, note, by string) error {
	err := tx.QueryRow(`UPDATE bulletins SET revision = revision + 1, changed_at = $2 WHERE id = $1 RETURNING revision`, b.ID, millis(s.now())).Scan(&b.Revision)
	if err != nil {
		return fmt.Errorf("revise bulletin: %w", err)
	}
	if err := s.addRevisionTx(tx, b, doc, by, "bulletin.revise"); err != nil {
		return err
	}
	switch b.State {
	case newsletter.BulletinPaused:
		return s.stayPausedTx(tx, b, note)
	case newsletter.BulletinSending:
		return s.MoveBulletinTx(tx, b, newsletter.BulletinPaused, note, by)
	}
	return nil
}
