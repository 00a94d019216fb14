package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"epistle/internal/database"
)

// InboundState is where a message that came in stands.
type InboundState string

const (
	InboundWaiting InboundState = "waiting" // kept, not acted on yet
	InboundDone    InboundState = "done"    // understood; what followed has happened
	InboundPerson  InboundState = "person"  // kept for somebody to decide
)

// Inbound is a message that came in, what it says, and what followed.
type Inbound struct {
	ID           int64        `json:"id"`
	Identity     string       `json:"identity"`
	Source       string       `json:"source"`
	ReceivedAt   time.Time    `json:"received_at"`
	Newsletter   string       `json:"newsletter,omitempty"`
	Bulletin     int          `json:"bulletin,omitempty"` // its number in the newsletter
	Email        string       `json:"email,omitempty"`    // of the reader, as it is now
	Size         int64        `json:"size"`
	Cut          bool         `json:"cut,omitempty"` // only its beginning was kept
	Enveloped    bool         `json:"-"`
	EnvelopeFrom string       `json:"envelope_from,omitempty"`
	EnvelopeTo   []string     `json:"envelope_to,omitempty"`
	State        InboundState `json:"state"`
	ActedAt      time.Time    `json:"acted_at,omitzero"`
	InboundVerdict
}

// InboundVerdict is what was read in a message and what followed from it.
type InboundVerdict struct {
	Kind         string `json:"kind,omitempty"`
	Class        string `json:"class,omitempty"`
	Hard         bool   `json:"hard"`
	Action       string `json:"action,omitempty"`
	Status       string `json:"status,omitempty"`
	Code         int    `json:"code,omitempty"`
	Diagnostic   string `json:"diagnostic,omitempty"`
	Evidence     string `json:"evidence,omitempty"`
	Remote       string `json:"remote,omitempty"`
	Address      string `json:"address,omitempty"`
	Final        string `json:"final_address,omitempty"`
	FoundBy      string `json:"found_by,omitempty"`
	Verified     bool   `json:"verified"`
	NewsletterID int64  `json:"-"`
	BulletinID   int64  `json:"-"`
	SubscriberID int64  `json:"subscriber,omitempty"`
	NoticeID     int64  `json:"notice,omitempty"`
	Subject      string `json:"subject,omitempty"`
	From         string `json:"from,omitempty"`
	ReturnedID   string `json:"returned_message_id,omitempty"`
	Forged       int    `json:"forged_tokens,omitempty"`
	Reason       string `json:"reason,omitempty"`
	Effect       string `json:"effect,omitempty"`
	DecidedBy    string `json:"decided_by,omitempty"`
	// Recipients has everybody the message names, with what is said of each; the
	// fields above tell of the one that decides.
	Recipients []InboundRecipient `json:"recipients,omitempty"`
	// Unnamed says why Recipients is empty although somebody should be named.
	Unnamed string `json:"not_identifiable,omitempty"`
}

// InboundRecipient is one person in a message that came in.
type InboundRecipient struct {
	Address    string `json:"address,omitempty"`
	Final      string `json:"final_address,omitempty"`
	FoundBy    string `json:"found_by"`
	Verified   bool   `json:"verified"`
	Class      string `json:"class"`
	Hard       bool   `json:"hard"`
	Action     string `json:"action,omitempty"`
	Status     string `json:"status,omitempty"`
	Code       int    `json:"code,omitempty"`
	Command    string `json:"command,omitempty"`
	Diagnostic string `json:"diagnostic,omitempty"`
	Evidence   string `json:"evidence,omitempty"`
	Remote     string `json:"remote,omitempty"`
}

// AddInboundTx keeps a message with its bytes and sets m.ID. fresh is false when a
// message of its identity is there already; then nothing changes, and m.ID is that
// message's.
func (s *Store) AddInboundTx(tx *database.Tx, m *Inbound, raw []byte) (fresh bool, err error) {
	to, err := json.Marshal(m.EnvelopeTo)
	if err != nil {
		return false, fmt.Errorf("encode the envelope: %w", err)
	}
	// Asked first, because a refused insertion would use up a number.
	err = tx.QueryRow(`SELECT id FROM inbound WHERE identity = $1`, m.Identity).Scan(&m.ID)
	if !missing(err) {
		return false, err
	}
	m.ReceivedAt, m.State = s.now(), InboundWaiting
	err = tx.QueryRow(`INSERT INTO inbound (identity, source, received_at, size, cut, enveloped, envelope_from, envelope_to, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		m.Identity, m.Source, millis(m.ReceivedAt), m.Size, m.Cut, m.Enveloped, m.EnvelopeFrom, string(to), string(m.State)).Scan(&m.ID)
	if err == nil {
		_, err = tx.Exec(`INSERT INTO inbound_raw (inbound_id, raw) VALUES ($1, $2)`, m.ID, raw)
	}
	if err != nil {
		return false, fmt.Errorf("keep a message: %w", err)
	}
	return true, nil
}

// Waiting is a message that was not acted on yet, with its bytes.
type Waiting struct {
	*Inbound
	Raw []byte
}

// WaitingInbound gives the oldest messages with a higher number than after that
// wait, at most limit of them and not many more bytes than size.
func (s *Store) WaitingInbound(ctx context.Context, after int64, limit int, size int64) (list []Waiting, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(inboundQuery+`WHERE i.state = 'waiting' AND i.id > $1 ORDER BY i.id LIMIT $2`, after, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() && size > 0 {
			m, err := scanInbound(rows)
			if err != nil {
				return err
			}
			w := Waiting{Inbound: m}
			if err := tx.QueryRow(`SELECT raw FROM inbound_raw WHERE inbound_id = $1`, m.ID).Scan(&w.Raw); err != nil && !missing(err) {
				return err
			}
			size -= int64(len(w.Raw))
			list = append(list, w)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read what waits: %w", err)
	}
	return list, nil
}

// ClaimInboundTx takes a message that is in a state for the transaction that acts
// on it. ok is false when somebody else was faster.
func (s *Store) ClaimInboundTx(tx *database.Tx, id int64, from InboundState) (ok bool, err error) {
	var state InboundState
	err = tx.QueryRow(`SELECT state FROM inbound WHERE id = $1`, id).Scan(&state)
	if missing(err) {
		return false, nil
	}
	return state == from, err
}

// SettleInboundTx writes what was read in a message and what followed, in the same
// transaction as that. until is when its bytes may go: never for the zero time,
// and at once when it has passed.
func (s *Store) SettleInboundTx(tx *database.Tx, id int64, v *InboundVerdict, state InboundState, until time.Time) error {
	now := s.now()
	keep := millis(until)
	if !until.IsZero() && !until.After(now) {
		keep = 0
		if err := dropRawTx(tx, id); err != nil {
			return err
		}
	}
	recipients, err := encodeRecipients(v.Recipients)
	if err != nil {
		return fmt.Errorf("write whom message %d names: %w", id, err)
	}
	_, err = tx.Exec(`UPDATE inbound SET state = $2, acted_at = $3, raw_until = $4, kind = $5, class = $6, hard = $7, action = $8, status = $9, code = $10,
		diagnostic = $11, evidence = $12, remote = $13, address = $14, final_address = $15, found_by = $16, verified = $17,
		newsletter_id = $18, bulletin_id = $19, subscriber_id = $20, notice_id = $21, subject = $22, sender = $23, returned_id = $24,
		forged = $25, reason = $26, effect = $27, decided_by = $28, recipients = $29, unnamed = $30 WHERE id = $1`,
		id, string(state), millis(now), keep, v.Kind, v.Class, v.Hard, v.Action, v.Status, v.Code,
		v.Diagnostic, v.Evidence, v.Remote, v.Address, v.Final, v.FoundBy, v.Verified,
		v.NewsletterID, v.BulletinID, v.SubscriberID, v.NoticeID, v.Subject, v.From, v.ReturnedID,
		v.Forged, v.Reason, v.Effect, v.DecidedBy, recipients, v.Unnamed)
	if err != nil {
		return fmt.Errorf("write what followed from message %d: %w", id, err)
	}
	return nil
}

// encodeRecipients writes addresses as they are, so that an erasure finds them.
func encodeRecipients(list []InboundRecipient) (string, error) {
	if len(list) == 0 {
		return "[]", nil
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(list)
	return strings.TrimSpace(text.String()), err
}

func dropRawTx(tx *database.Tx, id int64) error {
	if _, err := tx.Exec(`DELETE FROM inbound_raw WHERE inbound_id = $1`, id); err != nil {
		return fmt.Errorf("drop the bytes of message %d: %w", id, err)
	}
	return nil
}

// DropRaw removes the bytes of messages that are not needed any more, some at a
// time, and says of how many.
func (s *Store) DropRaw(ctx context.Context, limit int) (dropped int, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		ids, err := collect(tx, func(r row) (id int64, err error) { return id, r.Scan(&id) },
			`SELECT id FROM inbound WHERE raw_until > 0 AND raw_until <= $1 LIMIT $2`, millis(s.now()), limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := dropRawTx(tx, id); err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE inbound SET raw_until = 0 WHERE id = $1`, id); err != nil {
				return err
			}
		}
		dropped = len(ids)
		return nil
	})
	return dropped, err
}

// NotePauseTx notes that a send is paused for its rates; first is false when it was
// paused for this reason before.
func (s *Store) NotePauseTx(tx *database.Tx, bulletinID int64, reason string) (first bool, err error) {
	n, err := tx.Exec(`INSERT INTO inbound_pauses (bulletin_id, reason, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, bulletinID, reason, millis(s.now()))
	return n == 1, err
}
