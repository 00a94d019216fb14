package store

import (
	"fmt"

	"epistle/internal/database"
)

// OwnWords are what an editor gave a bulletin by hand; empty ones were not given.
type OwnWords struct{ Title, Subject, Preheader string }

// OwnWordsTx reads what was given to a bulletin by hand.
func (s *Store) OwnWordsTx(tx *database.Tx, bulletinID int64) (own OwnWords, err error) {
	err = tx.QueryRow(`SELECT own_title, own_subject, own_preheader FROM bulletins WHERE id = $1`, bulletinID).
		Scan(&own.Title, &own.Subject, &own.Preheader)
	if err != nil {
		return own, fmt.Errorf("read what bulletin %d was given: %w", bulletinID, err)
	}
	return own, nil
}

// SetOwnWordsTx stores it, as part of the edit that the audit log tells of.
func (s *Store) SetOwnWordsTx(tx *database.Tx, bulletinID int64, own OwnWords) error {
	_, err := tx.Exec(`UPDATE bulletins SET own_title = $2, own_subject = $3, own_preheader = $4 WHERE id = $1`,
		bulletinID, own.Title, own.Subject, own.Preheader)
	if err != nil {
		return fmt.Errorf("store what bulletin %d was given: %w", bulletinID, err)
	}
	return nil
}
