package store

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
)

// Backlog is how much came in that nobody has decided yet.
type Backlog struct {
	Messages int   `json:"messages"`
	Bytes    int64 `json:"bytes"` // at most, of what is kept of them
}

// InboundBacklog counts what is not done yet; of no message more than most bytes are
// kept.
func (s *Store) InboundBacklog(ctx context.Context, most int) (b Backlog, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN size < $1 THEN size ELSE $1 END), 0) FROM inbound WHERE state <> 'done'`, most).Scan(&b.Messages, &b.Bytes)
	})
	if err != nil {
		return b, fmt.Errorf("count what is left to a person: %w", err)
	}
	return b, nil
}

// inboundDay is how inbound_refusals writes a day.
const inboundDay = "2006-01-02"

// AddForged counts envelope addresses that were refused today because they were
// forged.
func (s *Store) AddForged(ctx context.Context, n int64) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO inbound_refusals (day, forged) VALUES ($1, $2) ON CONFLICT (day) DO UPDATE SET forged = inbound_refusals.forged + excluded.forged`,
			s.now().UTC().Format(inboundDay), n)
		return err
	})
}

// Forged counts the forged tokens since a time: at the door, by whole days, and in
// messages.
func (s *Store) Forged(ctx context.Context, since time.Time) (refused, inMessages int, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		err := tx.QueryRow(`SELECT COALESCE(SUM(forged), 0) FROM inbound_refusals WHERE day >= $1`, since.UTC().Format(inboundDay)).Scan(&refused)
		if err != nil {
			return err
		}
		return tx.QueryRow(`SELECT COALESCE(SUM(forged), 0) FROM inbound WHERE received_at >= $1`, millis(since)).Scan(&inMessages)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("count forged tokens: %w", err)
	}
	return refused, inMessages, nil
}
