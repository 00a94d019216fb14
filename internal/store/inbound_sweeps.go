package store

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
)

// Sweep is a bulletin whose refusals have to be followed up: those after After,
// when it was done before.
type Sweep struct {
	BulletinID, NewsletterID int64
	After, Until             time.Time
}

// SweepsDue gives the bulletins that have ended since a time and were not followed
// up since.
func (s *Store) SweepsDue(ctx context.Context, since time.Time) (list []Sweep, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, func(r row) (w Sweep, err error) {
			var after, until int64
			err = r.Scan(&w.BulletinID, &w.NewsletterID, &after, &until)
			w.After, w.Until = fromMillis(after), fromMillis(until)
			return w, err
		}, `SELECT b.id, b.newsletter_id, COALESCE(w.at, 0), b.ended_at FROM bulletins b LEFT JOIN inbound_sweeps w ON w.bulletin_id = b.id
			WHERE b.state IN ('sent', 'cancelled') AND b.ended_at >= $1 AND b.ended_at > COALESCE(w.at, 0) ORDER BY b.id`, millis(since))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find what has to be followed up: %w", err)
	}
	return list, nil
}

// Swept notes that a bulletin was followed up.
func (s *Store) Swept(ctx context.Context, w Sweep) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO inbound_sweeps (bulletin_id, at) VALUES ($1, $2) ON CONFLICT (bulletin_id) DO UPDATE SET at = excluded.at`,
			w.BulletinID, millis(w.Until))
		return err
	})
}
