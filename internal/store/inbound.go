package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
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
	Hard         bool   `json:"hard,omitempty"`
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
}

// AddInboundTx keeps a message with its bytes and sets m.ID. fresh is false when a
// message of its identity is there already; then nothing changes, and m.ID is that
// message's.
func (s *Store) AddInboundTx(tx *database.Tx, m *Inbound, raw []byte) (fresh bool, err error) {
	to, err := json.Marshal(m.EnvelopeTo)
	if err != nil {
		return false, fmt.Errorf("encode the envelope: %w", err)
	}
	m.ReceivedAt, m.State = s.now(), InboundWaiting
	err = tx.QueryRow(`INSERT INTO inbound (identity, source, received_at, size, cut, enveloped, envelope_from, envelope_to, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id`,
		m.Identity, m.Source, millis(m.ReceivedAt), m.Size, m.Cut, m.Enveloped, m.EnvelopeFrom, string(to), string(m.State)).Scan(&m.ID)
	if missing(err) {
		return false, tx.QueryRow(`SELECT id FROM inbound WHERE identity = $1`, m.Identity).Scan(&m.ID)
	}
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
		rows, err := tx.Query(inboundQuery+`WHERE state = 'waiting' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
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

const inboundQuery = `SELECT id, identity, source, received_at, size, cut, enveloped, envelope_from, envelope_to, state, acted_at,
	kind, class, hard, action, status, code, diagnostic, evidence, remote, address, final_address, found_by, verified,
	newsletter_id, bulletin_id, subscriber_id, notice_id, subject, sender, returned_id, forged, reason, effect, decided_by FROM inbound `

func scanInbound(r row) (*Inbound, error) {
	var m Inbound
	var received, acted int64
	var to string
	v := &m.InboundVerdict
	err := r.Scan(&m.ID, &m.Identity, &m.Source, &received, &m.Size, &m.Cut, &m.Enveloped, &m.EnvelopeFrom, &to, &m.State, &acted,
		&v.Kind, &v.Class, &v.Hard, &v.Action, &v.Status, &v.Code, &v.Diagnostic, &v.Evidence, &v.Remote, &v.Address, &v.Final, &v.FoundBy, &v.Verified,
		&v.NewsletterID, &v.BulletinID, &v.SubscriberID, &v.NoticeID, &v.Subject, &v.From, &v.ReturnedID, &v.Forged, &v.Reason, &v.Effect, &v.DecidedBy)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(to), &m.EnvelopeTo); err != nil {
		return nil, fmt.Errorf("decode the envelope of message %d: %w", m.ID, err)
	}
	m.ReceivedAt, m.ActedAt = fromMillis(received), fromMillis(acted)
	return &m, nil
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
	_, err := tx.Exec(`UPDATE inbound SET state = $2, acted_at = $3, raw_until = $4, kind = $5, class = $6, hard = $7, action = $8, status = $9, code = $10,
		diagnostic = $11, evidence = $12, remote = $13, address = $14, final_address = $15, found_by = $16, verified = $17,
		newsletter_id = $18, bulletin_id = $19, subscriber_id = $20, notice_id = $21, subject = $22, sender = $23, returned_id = $24,
		forged = $25, reason = $26, effect = $27, decided_by = $28 WHERE id = $1`,
		id, string(state), millis(now), keep, v.Kind, v.Class, v.Hard, v.Action, v.Status, v.Code,
		v.Diagnostic, v.Evidence, v.Remote, v.Address, v.Final, v.FoundBy, v.Verified,
		v.NewsletterID, v.BulletinID, v.SubscriberID, v.NoticeID, v.Subject, v.From, v.ReturnedID,
		v.Forged, v.Reason, v.Effect, v.DecidedBy)
	if err != nil {
		return fmt.Errorf("write what followed from message %d: %w", id, err)
	}
	return nil
}

func dropRawTx(tx *database.Tx, id int64) error {
	if _, err := tx.Exec(`DELETE FROM inbound_raw WHERE inbound_id = $1`, id); err != nil {
		return fmt.Errorf("drop the bytes of message %d: %w", id, err)
	}
	return nil
}

// InboundByID finds a message by its number.
func (s *Store) InboundByID(ctx context.Context, id int64) (m *Inbound, raw []byte, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		if m, err = scanInbound(tx.QueryRow(inboundQuery+`WHERE id = $1`, id)); err != nil {
			return err
		}
		if err = tx.QueryRow(`SELECT raw FROM inbound_raw WHERE inbound_id = $1`, id).Scan(&raw); missing(err) {
			return nil
		}
		return err
	})
	if missing(err) {
		return nil, nil, noInbound(id)
	}
	return m, raw, err
}

func noInbound(id int64) error {
	return newsletter.Errorf(newsletter.NotFound, "there is no message with the number %d", id).
		With("See them with: epistle bounces list")
}

// StandingTx gives how a person stands to a newsletter; empty when there is no
// subscription.
func (s *Store) StandingTx(tx *database.Tx, subscriberID, newsletterID int64) (state newsletter.SubscriptionState, err error) {
	err = tx.QueryRow(`SELECT state FROM subscriptions WHERE newsletter_id = $1 AND subscriber_id = $2`, newsletterID, subscriberID).Scan(&state)
	if missing(err) {
		return "", nil
	}
	return state, err
}

// SubscribedToTx gives the newsletters to which a person has a subscription that
// has not ended.
func (s *Store) SubscribedToTx(tx *database.Tx, subscriberID int64) ([]int64, error) {
	return collect(tx, func(r row) (id int64, err error) { return id, r.Scan(&id) },
		`SELECT newsletter_id FROM subscriptions WHERE subscriber_id = $1 AND state <> 'unsubscribed' ORDER BY newsletter_id`, subscriberID)
}
