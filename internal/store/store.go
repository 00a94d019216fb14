// Package store keeps newsletters, items, bulletins, subscribers, suppressions,
// secrets and the audit log: SQL beside the method that needs it.
//
// One public method is one transaction. Methods that end in Tx take part in the
// caller's transaction instead, so that package assembly or audience can join
// several into one. Deliveries, notices and runs are kept by package ledger.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"time"

	"epistle/internal/database"
)

// Store is the door to the tables of one database.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// New makes a Store on an open database. now is the clock; tests hand in a
// fake one.
func New(db *database.DB, now func() time.Time) *Store {
	return &Store{db: db, now: now}
}

// DB is the database itself, for callers that join several methods in one
// transaction.
func (s *Store) DB() *database.DB { return s.db }

// Now is the store's clock.
func (s *Store) Now() time.Time { return s.now() }

// millis is how times are stored: milliseconds since 1970 in UTC, 0 for "never".
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is the inverse of millis.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Entry is one line of the audit log. It holds ids, never addresses.
type Entry struct {
	ID           int64     `json:"id"`
	At           time.Time `json:"at"`
	Actor        string    `json:"actor"`
	Action       string    `json:"action"`
	NewsletterID int64     `json:"newsletter_id,omitempty"`
	BulletinID   int64     `json:"bulletin_id,omitempty"`
	ItemID       int64     `json:"item_id,omitempty"`
	SubscriberID int64     `json:"subscriber_id,omitempty"`
	Detail       string    `json:"detail,omitempty"`
	// Before and After are the values of what was changed, as JSON; an erasure
	// empties them and Detail.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// addressForm matches whatever may be an e-mail address, such as those in the
// words of a mail server.
var addressForm = regexp.MustCompile(`[^\s<>()",;:]+@[^\s<>()",;:]+`)

// AuditTx adds a line to the audit log, as part of the change it tells of.
// Addresses in its detail are left out: the log outlives an erasure.
func (s *Store) AuditTx(tx *database.Tx, e Entry) error {
	_, err := tx.Exec(`INSERT INTO audit (at, actor, action, newsletter_id, bulletin_id, item_id, subscriber_id, detail, before, after)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		millis(s.now()), e.Actor, e.Action, e.NewsletterID, e.BulletinID, e.ItemID, e.SubscriberID,
		addressForm.ReplaceAllString(e.Detail, "(address)"), e.Before, e.After)
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

const auditColumns = `id, at, actor, action, newsletter_id, bulletin_id, item_id, subscriber_id, detail, before, after`

func scanEntry(r row) (Entry, error) {
	var e Entry
	var at int64
	err := r.Scan(&e.ID, &at, &e.Actor, &e.Action, &e.NewsletterID, &e.BulletinID, &e.ItemID, &e.SubscriberID, &e.Detail, &e.Before, &e.After)
	e.At = fromMillis(at)
	return e, err
}

// Audit gives the newest lines of the audit log first, at most limit.
func (s *Store) Audit(ctx context.Context, limit int) (out []Entry, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		out, err = collect(tx, scanEntry, `SELECT `+auditColumns+` FROM audit ORDER BY id DESC LIMIT $1`, limit)
		return err
	})
	return out, err
}

// History gives what the audit log has about one person, the oldest first.
func (s *Store) History(ctx context.Context, subscriberID int64) (out []Entry, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		out, err = collect(tx, scanEntry, `SELECT `+auditColumns+` FROM audit WHERE subscriber_id = $1 AND subscriber_id <> 0 ORDER BY id`, subscriberID)
		return err
	})
	return out, err
}

// missing says whether a query of one row found none.
func missing(err error) bool { return errors.Is(err, sql.ErrNoRows) }
