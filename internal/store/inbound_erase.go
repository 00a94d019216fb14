package store

import (
	"context"
	"fmt"

	"epistle/internal/database"
)

// blankInbound takes out of a message what says anything of a person.
const blankInbound = `UPDATE inbound SET address = '', final_address = '', diagnostic = '', evidence = '', subject = '', sender = '', returned_id = '',
	envelope_from = '', envelope_to = '[]', recipients = '[]', raw_until = 0, state = 'done', reason = CASE WHEN state = 'done' THEN reason ELSE 'the person was erased' END `

// EraseInboundTx takes a person out of the messages that are known to be about
// them: their bytes and words go, what was counted stays.
func (s *Store) EraseInboundTx(tx *database.Tx, subscriberID int64, email string) error {
	const about = `WHERE subscriber_id = $1 AND subscriber_id <> 0 OR $2 <> '' AND (address = $2 OR final_address = $2)`
	if _, err := tx.Exec(`DELETE FROM inbound_raw WHERE inbound_id IN (SELECT id FROM inbound `+about+`)`, subscriberID, email); err != nil {
		return fmt.Errorf("erase the messages about subscriber %d: %w", subscriberID, err)
	}
	if _, err := tx.Exec(blankInbound+about, subscriberID, email); err != nil {
		return fmt.Errorf("erase the messages about subscriber %d: %w", subscriberID, err)
	}
	return nil
}

// EraseInboundRaw looks through the bytes that are kept, and through everybody whom
// messages name, for an address, whoever they are said to be about, and erases those
// messages; step of them at a time, so
// that nobody waits for it.
func (s *Store) EraseInboundRaw(ctx context.Context, email string, step int) error {
	for after := int64(0); ; {
		var ids []int64
		var next int64
		err := s.db.Read(ctx, func(tx *database.Tx) error {
			err := tx.QueryRow(`SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM inbound WHERE id > $1 ORDER BY id LIMIT $2) step`,
				after, step).Scan(&next)
			if err != nil || next == 0 {
				return err
			}
			ids, err = collect(tx, func(r row) (id int64, err error) { return id, r.Scan(&id) },
				`SELECT i.id FROM inbound i LEFT JOIN inbound_raw r ON r.inbound_id = i.id WHERE i.id > $1 AND i.id <= $2
				AND (INSTR(LOWER(i.recipients), LOWER($3)) > 0 OR INSTR(LOWER(CAST(r.raw AS TEXT)), LOWER($3)) > 0)`, after, next, email)
			return err
		})
		if err != nil {
			return fmt.Errorf("look through the messages that are kept: %w", err)
		}
		if next == 0 {
			return nil
		}
		after = next
		if len(ids) == 0 {
			continue
		}
		err = s.db.Write(ctx, func(tx *database.Tx) error {
			for _, id := range ids {
				if err := dropRawTx(tx, id); err != nil {
					return err
				}
				if _, err := tx.Exec(blankInbound+`WHERE id = $1`, id); err != nil {
					return fmt.Errorf("erase message %d: %w", id, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// InboundOf gives the messages that are kept about a person, the oldest first.
func (s *Store) InboundOf(ctx context.Context, subscriberID int64, email string) (list []*Inbound, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, scanInbound, inboundQuery+`WHERE i.subscriber_id = $1 AND i.subscriber_id <> 0 OR i.address = $2 AND i.address <> '' ORDER BY i.id`,
			subscriberID, email)
		return err
	})
	return list, err
}
