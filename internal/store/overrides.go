package store

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
)

// Override is a person's word that what one check finds in one frozen form of a
// bulletin may stay.
type Override struct {
	Name   string
	Reason string
	By     string
	At     time.Time
}

// AddOverrideTx records an override for the current hash of a bulletin, in the place
// of an earlier one.
func (s *Store) AddOverrideTx(tx *database.Tx, b *Bulletin, o Override) error {
	_, err := tx.Exec(`INSERT INTO overrides (bulletin_id, hash, name, reason, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (bulletin_id, hash, name) DO UPDATE SET reason = excluded.reason, made_by = excluded.made_by, made_at = excluded.made_at`,
		b.ID, b.Hash, o.Name, o.Reason, o.By, millis(s.now()))
	if err != nil {
		return fmt.Errorf("store the override: %w", err)
	}
	return s.AuditTx(tx, Entry{
		Actor: o.By, Action: "bulletin.override", NewsletterID: b.NewsletterID, BulletinID: b.ID,
		Detail: fmt.Sprintf("%s for %s: %s", o.Name, b.Hash[:12], o.Reason),
	})
}

// Overrides gives those for one hash of a bulletin.
func (s *Store) Overrides(ctx context.Context, bulletinID int64, hash string) (list []Override, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, func(r row) (o Override, err error) {
			var at int64
			err = r.Scan(&o.Name, &o.Reason, &o.By, &at)
			o.At = fromMillis(at)
			return o, err
		}, `SELECT name, reason, made_by, made_at FROM overrides WHERE bulletin_id = $1 AND hash = $2 ORDER BY name`, bulletinID, hash)
		return err
	})
	return list, err
}
