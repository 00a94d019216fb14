package store

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Version is what an item said from one change to the next.
type Version struct {
	// Number counts from 1; the highest is how the item stands now.
	Number     int             `json:"version"`
	Section    string          `json:"section"`
	Body       string          `json:"body"`
	Wanted     newsletter.Date `json:"wanted,omitzero"`
	ValidFrom  newsletter.Date `json:"valid_from,omitzero"`
	ValidUntil newsletter.Date `json:"valid_until,omitzero"`
	EmailOnly  bool            `json:"email_only,omitempty"`
	By         string          `json:"by"`
	At         time.Time       `json:"at"`
}

// EditItem replaces the words, the section, the dates and the mark of an item that
// is not used; what it said before is kept. New words, another section or another
// mark make it a draft again: approval is given to what readers get.
func (s *Store) EditItem(ctx context.Context, i *Item, by string) error {
	return s.changeItem(ctx, i.ID, by, "item.edit", func(tx *database.Tx, old *Item) error {
		return s.editItemTx(tx, old, i, by)
	})
}

func (s *Store) editItemTx(tx *database.Tx, old, i *Item, by string) error {
	if err := addVersionTx(tx, old); err != nil {
		return err
	}
	i.State, i.ApprovedBy = old.State, old.ApprovedBy
	if i.Body != old.Body || i.Section != old.Section || i.EmailOnly != old.EmailOnly {
		i.State, i.ApprovedBy = newsletter.ItemDraft, ""
	}
	i.ChangedAt, i.EditedBy, i.EditedAt = s.now(), by, s.now()
	_, err := tx.Exec(`UPDATE items SET section = $2, body = $3, wanted = $4, state = $5, approved_by = $6, changed_at = $7,
		valid_from = $8, valid_until = $9, email_only = $10, edited_by = $11, edited_at = $7 WHERE id = $1`,
		i.ID, i.Section, i.Body, i.Wanted.String(), i.State, i.ApprovedBy, millis(s.now()),
		i.ValidFrom.String(), i.ValidUntil.String(), i.EmailOnly, by)
	return err
}

// addVersionTx keeps what an item says.
func addVersionTx(tx *database.Tx, i *Item) error {
	v := versionOf(i)
	_, err := tx.Exec(`INSERT INTO item_versions (item_id, version, section, body, wanted, valid_from, valid_until, email_only, written_by, written_at)
		SELECT $1, COALESCE(MAX(version), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9 FROM item_versions WHERE item_id = $1`,
		i.ID, v.Section, v.Body, v.Wanted.String(), v.ValidFrom.String(), v.ValidUntil.String(), v.EmailOnly, v.By, millis(v.At))
	if err != nil {
		return fmt.Errorf("keep what item %d says: %w", i.ID, err)
	}
	return nil
}

// versionOf is how an item stands now, without its number.
func versionOf(i *Item) Version {
	v := Version{
		Section: i.Section, Body: i.Body, Wanted: i.Wanted, ValidFrom: i.ValidFrom, ValidUntil: i.ValidUntil,
		EmailOnly: i.EmailOnly, By: i.EditedBy, At: i.EditedAt,
	}
	if v.By == "" {
		v.By, v.At = i.Author, i.MadeAt
	}
	return v
}

// ItemVersions gives all that an item has said, the oldest first and how it stands
// now last.
func (s *Store) ItemVersions(ctx context.Context, id int64) (list []Version, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = s.ItemVersionsTx(tx, id)
		return err
	})
	return list, err
}

// ItemVersionsTx is ItemVersions within the caller's transaction.
func (s *Store) ItemVersionsTx(tx *database.Tx, id int64) ([]Version, error) {
	item, err := itemTx(tx, id)
	if err != nil {
		return nil, err
	}
	list, err := collect(tx, scanVersion, `SELECT version, section, body, wanted, valid_from, valid_until, email_only, written_by, written_at
		FROM item_versions WHERE item_id = $1 ORDER BY version`, id)
	if err != nil {
		return nil, fmt.Errorf("read the history of item %d: %w", id, err)
	}
	now := versionOf(item)
	now.Number = len(list) + 1
	return append(list, now), nil
}

func scanVersion(r row) (v Version, err error) {
	var wanted, from, until string
	var at int64
	if err := r.Scan(&v.Number, &v.Section, &v.Body, &wanted, &from, &until, &v.EmailOnly, &v.By, &at); err != nil {
		return v, err
	}
	v.At = fromMillis(at)
	return v, readDates(map[*newsletter.Date]string{&v.Wanted: wanted, &v.ValidFrom: from, &v.ValidUntil: until})
}

// MarkItemTx says whether an item that a bulletin uses is for the mail alone.
func (s *Store) MarkItemTx(tx *database.Tx, id int64, emailOnly bool) error {
	if _, err := tx.Exec(`UPDATE items SET email_only = $2 WHERE id = $1 AND email_only <> $2`, id, emailOnly); err != nil {
		return fmt.Errorf("mark item %d: %w", id, err)
	}
	return nil
}
