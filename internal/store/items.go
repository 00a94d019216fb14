package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Item is one contribution to one section of a newsletter.
type Item struct {
	ID           int64                `json:"id"`
	NewsletterID int64                `json:"newsletter_id"`
	Section      string               `json:"section"` // a section's key, lead or epigraph
	Body         string               `json:"body"`    // Markdown; an epigraph's last line is its source
	State        newsletter.ItemState `json:"state"`
	// Wanted is the date of the bulletin it is meant for; zero: the next one.
	Wanted newsletter.Date `json:"wanted,omitzero"`
	// ValidFrom and ValidUntil are the first and the last date of a bulletin that
	// may use it; zero: no bound.
	ValidFrom  newsletter.Date `json:"valid_from,omitzero"`
	ValidUntil newsletter.Date `json:"valid_until,omitzero"`
	// EmailOnly keeps it out of everything public.
	EmailOnly bool `json:"email_only,omitempty"`
	// Origin is FromDesk for contributed items and FromManuscript for those that
	// came with a whole bulletin and live and die with it.
	Origin     string    `json:"origin"`
	Author     string    `json:"author"`
	ApprovedBy string    `json:"approved_by,omitempty"`
	BulletinID int64     `json:"bulletin_id,omitempty"` // where it was used
	MadeAt     time.Time `json:"made_at"`
	ChangedAt  time.Time `json:"changed_at"`
	// EditedBy and EditedAt tell whose words it has and since when; empty for
	// those of its author.
	EditedBy string    `json:"edited_by,omitempty"`
	EditedAt time.Time `json:"edited_at,omitzero"`
	// LeftWith is the bulletin that readers got it with before it was withdrawn, by
	// its number in the database; RedactedAt tells when its words were taken out.
	LeftWith   int64     `json:"-"`
	RedactedAt time.Time `json:"redacted_at,omitzero"`
}

// ValidOn says whether a bulletin of a date may use the item.
func (i *Item) ValidOn(date newsletter.Date) bool {
	return !date.Before(i.ValidFrom) && !i.ExpiredOn(date)
}

// ExpiredOn says whether a bulletin of a date comes too late for the item.
func (i *Item) ExpiredOn(date newsletter.Date) bool {
	return !i.ValidUntil.IsZero() && i.ValidUntil.Before(date)
}

// Origins of items.
const (
	FromDesk       = "desk"
	FromManuscript = "manuscript"
)

const itemColumns = `id, newsletter_id, section, body, state, wanted, origin, author, approved_by, COALESCE(bulletin_id, 0), made_at, changed_at,
	valid_from, valid_until, email_only, edited_by, edited_at, left_with, redacted_at`

func scanItem(r row) (*Item, error) {
	var i Item
	var wanted, from, until string
	var made, changed, edited, redacted int64
	if err := r.Scan(&i.ID, &i.NewsletterID, &i.Section, &i.Body, &i.State, &wanted, &i.Origin, &i.Author,
		&i.ApprovedBy, &i.BulletinID, &made, &changed, &from, &until, &i.EmailOnly, &i.EditedBy, &edited, &i.LeftWith, &redacted); err != nil {
		return nil, err
	}
	if err := readDates(map[*newsletter.Date]string{&i.Wanted: wanted, &i.ValidFrom: from, &i.ValidUntil: until}); err != nil {
		return nil, fmt.Errorf("item %d: %w", i.ID, err)
	}
	i.MadeAt, i.ChangedAt = fromMillis(made), fromMillis(changed)
	i.EditedAt, i.RedactedAt = fromMillis(edited), fromMillis(redacted)
	return &i, nil
}

func readDates(dates map[*newsletter.Date]string) error {
	for date, text := range dates {
		if err := date.UnmarshalText([]byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// AddItem stores a draft from the desk and sets its ID and state. The body has
// been checked by the caller with package markdown.
func (s *Store) AddItem(ctx context.Context, i *Item) error {
	i.State, i.Origin = newsletter.ItemDraft, FromDesk
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if err := s.AddItemTx(tx, i); err != nil {
			return err
		}
		return s.AuditTx(tx, Entry{Actor: i.Author, Action: "item.add", NewsletterID: i.NewsletterID, ItemID: i.ID, Detail: i.Section})
	})
}

// AddItemTx stores an item as it is and sets its ID and times.
func (s *Store) AddItemTx(tx *database.Tx, i *Item) error {
	now := s.now()
	i.MadeAt, i.ChangedAt = now, now
	err := tx.QueryRow(`INSERT INTO items (newsletter_id, section, body, state, wanted, origin, author, approved_by, bulletin_id, made_at, changed_at,
		valid_from, valid_until, email_only)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULLIF($9, 0), $10, $10, $11, $12, $13) RETURNING id`,
		i.NewsletterID, i.Section, i.Body, i.State, i.Wanted.String(), i.Origin, i.Author, i.ApprovedBy, i.BulletinID, millis(now),
		i.ValidFrom.String(), i.ValidUntil.String(), i.EmailOnly).Scan(&i.ID)
	if err != nil {
		return fmt.Errorf("store item: %w", err)
	}
	return nil
}

// Item finds an item by its number.
func (s *Store) Item(ctx context.Context, id int64) (item *Item, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		item, err = itemTx(tx, id)
		return err
	})
	return item, err
}

// ItemTx is Item within the caller's transaction.
func (s *Store) ItemTx(tx *database.Tx, id int64) (*Item, error) { return itemTx(tx, id) }

func itemTx(tx *database.Tx, id int64) (*Item, error) {
	item, err := scanItem(tx.QueryRow(`SELECT `+itemColumns+` FROM items WHERE id = $1`, id))
	if missing(err) {
		return nil, newsletter.Errorf(newsletter.NotFound, "there is no item %d", id).
			With("See them with: epistle items list")
	}
	return item, err
}

// ItemFilter chooses items; zero fields choose all.
type ItemFilter struct {
	NewsletterID int64
	State        newsletter.ItemState
	Section      string
	BulletinID   int64
	// Before is the newest date an item may be wanted for; items wanted for no
	// date in particular are always chosen.
	Before newsletter.Date
}

// Items gives the chosen items, oldest first.
func (s *Store) Items(ctx context.Context, f ItemFilter) (items []*Item, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		items, err = s.ItemsTx(tx, f)
		return err
	})
	return items, err
}

// ItemsTx is Items within the caller's transaction.
func (s *Store) ItemsTx(tx *database.Tx, f ItemFilter) ([]*Item, error) {
	var items []*Item
	err := tx.Each(func(r *sql.Rows) error {
		i, err := scanItem(r)
		if err != nil {
			return err
		}
		items = append(items, i)
		return nil
	}, `SELECT `+itemColumns+` FROM items
		WHERE ($1 = 0 OR newsletter_id = $1) AND ($2 = '' OR state = $2) AND ($3 = '' OR section = $3)
		  AND ($4 = 0 OR bulletin_id = $4) AND ($5 = '' OR wanted <= $5)
		ORDER BY id`, f.NewsletterID, string(f.State), f.Section, f.BulletinID, f.Before.String())
	if err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	return items, nil
}

// ApproveItem lets the next bulletin use the item.
func (s *Store) ApproveItem(ctx context.Context, id int64, by string) error {
	return s.changeItem(ctx, id, by, "item.approve", func(tx *database.Tx, old *Item) error {
		_, err := tx.Exec(`UPDATE items SET state = 'approved', approved_by = $2, changed_at = $3 WHERE id = $1`, id, by, millis(s.now()))
		return err
	})
}

// changeItem runs a change of an item that no bulletin uses, and records it.
func (s *Store) changeItem(ctx context.Context, id int64, by, action string, change func(*database.Tx, *Item) error) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		old, err := itemTx(tx, id)
		if err != nil {
			return err
		}
		if err := s.changeable(tx, old); err != nil {
			return err
		}
		if err := change(tx, old); err != nil {
			return fmt.Errorf("change item %d: %w", id, err)
		}
		return s.AuditTx(tx, Entry{Actor: by, Action: action, NewsletterID: old.NewsletterID, ItemID: id})
	})
}

// changeable refuses a change of an item that readers have, or that came and went
// with a manuscript.
func (s *Store) changeable(tx *database.Tx, i *Item) error {
	if bulletinID := max(i.BulletinID, i.LeftWith); bulletinID != 0 {
		b, err := s.BulletinTx(tx, bulletinID)
		if err != nil {
			return err
		}
		if i.State == newsletter.ItemUsed {
			return newsletter.Errorf(newsletter.Conflict, "item %d stands in a bulletin already: %s", i.ID, b.Ref()).
				With("Change the bulletin instead (epistle bulletins edit " + b.Ref() + "), or take the item out of it with: epistle items withdraw")
		}
		return newsletter.Errorf(newsletter.Conflict, "item %d left with bulletin %s before it was withdrawn", i.ID, b.Ref()).
			With("If its words are to leave once more, contribute them anew, with: epistle items add")
	}
	if i.Origin == FromManuscript {
		return newsletter.Errorf(newsletter.Conflict, "item %d came with a manuscript that has been replaced", i.ID).
			With("Contribute its words anew, with: epistle items add")
	}
	if !i.RedactedAt.IsZero() {
		return newsletter.Errorf(newsletter.Conflict, "item %d was redacted; its words are gone", i.ID).
			With("Contribute new ones, with: epistle items add")
	}
	return nil
}

// UseItemsTx marks items as used by a bulletin of their newsletter. Each must be
// free: the update counts rows, so that one item cannot stand in two bulletins.
func (s *Store) UseItemsTx(tx *database.Tx, bulletinID int64, ids []int64) error {
	for _, id := range ids {
		n, err := tx.Exec(`UPDATE items SET state = 'used', bulletin_id = $2, changed_at = $3
			WHERE id = $1 AND (state = 'approved' OR bulletin_id = $2)
			  AND newsletter_id = (SELECT newsletter_id FROM bulletins WHERE id = $2)`, id, bulletinID, millis(s.now()))
		if err != nil {
			return fmt.Errorf("use item %d: %w", id, err)
		}
		if n != 1 {
			return newsletter.Errorf(newsletter.Conflict, "item %d is no longer free", id).With("Assemble again.")
		}
	}
	return nil
}

// ReleaseItemsTx gives the items of a bulletin back, but for those to be kept:
// contributed ones are approved again, those that came with a manuscript are
// withdrawn with it.
func (s *Store) ReleaseItemsTx(tx *database.Tx, bulletinID int64, keep ...int64) error {
	used, err := s.ItemsTx(tx, ItemFilter{BulletinID: bulletinID})
	if err != nil {
		return err
	}
	for _, i := range used {
		if slices.Contains(keep, i.ID) {
			continue
		}
		if _, err := tx.Exec(`UPDATE items SET bulletin_id = NULL, changed_at = $2,
			state = CASE WHEN origin = 'manuscript' THEN 'withdrawn' ELSE 'approved' END WHERE id = $1`, i.ID, millis(s.now())); err != nil {
			return fmt.Errorf("release item %d of bulletin %d: %w", i.ID, bulletinID, err)
		}
	}
	return nil
}
