package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/protect"
)

// Protected is one entry of a newsletter's deny-list. The words are in it no more.
type Protected struct {
	ID           int64
	NewsletterID int64
	Label        string
	protect.Entry
	By string
	At time.Time
}

// AddProtectedTx adds entries under a label and says how many of them are new
// there. They are stored in the order of their hashes, so that the table does not
// tell the order of the list they came from. The audit log gets the label.
func (s *Store) AddProtectedTx(tx *database.Tx, newsletterID int64, label string, entries []protect.Entry, by string) (added int, err error) {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b protect.Entry) int { return bytes.Compare(a.Hashes, b.Hashes) })
	for _, e := range entries {
		n, err := tx.Exec(`INSERT INTO protected (newsletter_id, label, length, hashes, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, newsletterID, label, e.Length, e.Hashes, by, millis(s.now()))
		if err != nil {
			return 0, fmt.Errorf("store the deny-list: %w", err)
		}
		added += int(n)
	}
	if added == 0 {
		return 0, nil
	}
	return added, s.AuditTx(tx, Entry{Actor: by, Action: "protect.add", NewsletterID: newsletterID, Detail: label})
}

// ProtectedTx gives a newsletter's deny-list, by label.
func (s *Store) ProtectedTx(tx *database.Tx, newsletterID int64) ([]Protected, error) {
	list, err := collect(tx, func(r row) (p Protected, err error) {
		var at int64
		err = r.Scan(&p.ID, &p.NewsletterID, &p.Label, &p.Length, &p.Hashes, &p.By, &at)
		p.At = fromMillis(at)
		return p, err
	}, `SELECT id, newsletter_id, label, length, hashes, made_by, made_at FROM protected WHERE newsletter_id = $1 ORDER BY label, id`, newsletterID)
	if err != nil {
		return nil, fmt.Errorf("read the deny-list: %w", err)
	}
	return list, nil
}

// Protected is ProtectedTx in a transaction of its own.
func (s *Store) Protected(ctx context.Context, newsletterID int64) (list []Protected, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = s.ProtectedTx(tx, newsletterID)
		return err
	})
	return list, err
}

// LastProtectedTx is the id of the newest entry of a newsletter's deny-list; 0
// for an empty one. It grows whenever something is added.
func (s *Store) LastProtectedTx(tx *database.Tx, newsletterID int64) (id int64, err error) {
	err = tx.QueryRow(`SELECT COALESCE(MAX(id), 0) FROM protected WHERE newsletter_id = $1`, newsletterID).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("read the deny-list: %w", err)
	}
	return id, nil
}

// RemoveProtected takes all entries of a label away and says how many they were.
// A label that is not there is NotFound.
func (s *Store) RemoveProtected(ctx context.Context, newsletterID int64, label, by string) (removed int64, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		if removed, err = tx.Exec(`DELETE FROM protected WHERE newsletter_id = $1 AND label = $2`, newsletterID, label); err != nil {
			return fmt.Errorf("remove from the deny-list: %w", err)
		}
		if removed == 0 {
			return newsletter.Errorf(newsletter.NotFound, "nothing is protected under the label %q", label).
				With("See the labels with: epistle protect list")
		}
		return s.AuditTx(tx, Entry{Actor: by, Action: "protect.remove", NewsletterID: newsletterID, Detail: label})
	})
	return removed, err
}

// Gate makes the gate of a newsletter's deny-list, and tells the newest entry that
// it knows, as LastProtectedTx does.
func (s *Store) Gate(ctx context.Context, newsletterID int64) (gate *protect.Gate, last int64, err error) {
	secrets, err := s.Secrets(ctx)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.Protected(ctx, newsletterID)
	if err != nil {
		return nil, 0, err
	}
	entries := make([]protect.Labelled, len(list))
	for i, p := range list {
		entries[i] = protect.Labelled{Label: p.Label, Entry: p.Entry}
		last = max(last, p.ID)
	}
	gate, err = protect.New(secrets.Protect, entries)
	return gate, last, err
}
