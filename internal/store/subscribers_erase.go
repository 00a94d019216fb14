package store

import (
	"fmt"
	"strings"

	"epistle/internal/database"
)

// EraseSubscriberTx removes all that the list, stored undo data and the audit log
// know of a person; the log keeps that something was done to a number. Ids are
// never given again.
func (s *Store) EraseSubscriberTx(tx *database.Tx, id int64) error {
	for _, statement := range []string{
		`DELETE FROM import_people WHERE import_id IN (SELECT id FROM imports) AND subscriber_id = $1`,
		`DELETE FROM import_fields WHERE import_id IN (SELECT id FROM imports) AND subscriber_id = $1`,
		`DELETE FROM import_revivals WHERE import_id IN (SELECT id FROM imports) AND subscriber_id = $1`,
		`UPDATE audit SET detail = '', before = '', after = '' WHERE subscriber_id = $1 AND subscriber_id <> 0`,
		`DELETE FROM subscribers WHERE id = $1`, // subscriptions, tags and fields go with it
	} {
		if _, err := tx.Exec(statement, id); err != nil {
			return fmt.Errorf("erase subscriber %d: %w", id, err)
		}
	}
	return nil
}

// FormerAddressesTx gives the addresses that a person had before the present one.
func (s *Store) FormerAddressesTx(tx *database.Tx, id int64) ([]string, error) {
	return collect(tx, func(r row) (email string, err error) { return email, r.Scan(&email) },
		`SELECT email FROM former_addresses WHERE subscriber_id = $1 ORDER BY email`, id)
}

// EraseSuppressedTx leaves nothing but the hash of an address on the suppression
// list.
func (s *Store) EraseSuppressedTx(tx *database.Tx, hash []byte, by string) error {
	_, err := tx.Exec(`INSERT INTO suppressions (email_hash, newsletter_id, reason, made_by, made_at) VALUES ($1, 0, $2, $3, $4)
		ON CONFLICT (email_hash, newsletter_id) DO UPDATE SET reason = excluded.reason, made_by = excluded.made_by`, hash, Erased, by, millis(s.now()))
	if err == nil {
		_, err = tx.Exec(`UPDATE suppressions SET email = '' WHERE email_hash = $1`, hash)
	}
	if err != nil {
		return fmt.Errorf("keep the hash of who was erased: %w", err)
	}
	return nil
}

// PlanRange is a stretch of a stored plan.
type PlanRange struct{ ImportID, Lo, Hi int64 }

// PlanRangesTx cuts all stored plans into stretches of step lines.
func (s *Store) PlanRangesTx(tx *database.Tx, step int64) ([]PlanRange, error) {
	whole, err := collect(tx, func(r row) (p PlanRange, err error) { return p, r.Scan(&p.ImportID, &p.Lo, &p.Hi) },
		`SELECT import_id, MIN(line), MAX(line) FROM import_rows GROUP BY import_id`)
	var parts []PlanRange
	for _, w := range whole {
		for lo := w.Lo; lo <= w.Hi; lo += step {
			parts = append(parts, PlanRange{w.ImportID, lo, min(lo+step-1, w.Hi)})
		}
	}
	return parts, err
}

// ErasePlanTx empties the lines of a stretch that hold an address, however it is
// written.
func (s *Store) ErasePlanTx(tx *database.Tx, p PlanRange, email string) error {
	like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(email)) + "%"
	_, err := tx.Exec(`UPDATE import_rows SET email = '', reason = '', cells = '[]' WHERE import_id = $1 AND line BETWEEN $2 AND $3
		AND (LOWER(email) LIKE $4 ESCAPE '\' OR LOWER(cells) LIKE $4 ESCAPE '\')`, p.ImportID, p.Lo, p.Hi, like)
	if err != nil {
		return fmt.Errorf("erase an address from the plan of import %d: %w", p.ImportID, err)
	}
	return nil
}

// EditSubscriberTx stores a person's address, name, language, time zone and
// fields; a field without a value goes.
func (s *Store) EditSubscriberTx(tx *database.Tx, p *Subscriber, key string, hash []byte) error {
	if _, err := tx.Exec(`INSERT INTO former_addresses (subscriber_id, email) SELECT id, email FROM subscribers
		WHERE id = $1 AND email_key <> $2 ON CONFLICT DO NOTHING`, p.ID, key); err != nil {
		return fmt.Errorf("remember the former address: %w", err)
	}
	_, err := tx.Exec(`UPDATE subscribers SET email = $2, email_key = $3, email_hash = $4, name = $5, language = $6, time_zone = $7,
		changed_at = $8, import_id = 0 WHERE id = $1`, p.ID, p.Email, key, hash, p.Name, p.Language, p.TimeZone, millis(s.now()))
	if err != nil {
		return err
	}
	for name, value := range p.Fields {
		if value == "" {
			_, err = tx.Exec(`DELETE FROM subscriber_fields WHERE subscriber_id = $1 AND name = $2`, p.ID, name)
		} else {
			_, err = tx.Exec(`INSERT INTO subscriber_fields (subscriber_id, name, value) VALUES ($1, $2, $3)
				ON CONFLICT (subscriber_id, name) DO UPDATE SET value = excluded.value, import_id = 0`, p.ID, name, value)
		}
		if err != nil {
			return fmt.Errorf("store field %s: %w", name, err)
		}
	}
	return nil
}

// ClaimTx says that a person is more than what an import made of them.
func (s *Store) ClaimTx(tx *database.Tx, subscriberID int64) error {
	return s.claimTx(tx, subscriberID)
}
