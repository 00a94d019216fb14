package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

const inboundQuery = `SELECT i.id, i.identity, i.source, i.received_at, i.size, i.cut, i.enveloped, i.envelope_from, i.envelope_to, i.state, i.acted_at,
	i.kind, i.class, i.hard, i.action, i.status, i.code, i.diagnostic, i.evidence, i.remote, i.address, i.final_address, i.found_by, i.verified,
	i.newsletter_id, i.bulletin_id, i.subscriber_id, i.notice_id, i.subject, i.sender, i.returned_id, i.forged, i.reason, i.effect, i.decided_by,
	i.recipients, i.unnamed, COALESCE(n.slug, ''), COALESCE(b.number, 0), COALESCE(p.email, '')
	FROM inbound i LEFT JOIN newsletters n ON n.id = i.newsletter_id LEFT JOIN bulletins b ON b.id = i.bulletin_id
	LEFT JOIN subscribers p ON p.id = i.subscriber_id `

func scanInbound(r row) (*Inbound, error) {
	var m Inbound
	var received, acted int64
	var to, recipients string
	v := &m.InboundVerdict
	err := r.Scan(&m.ID, &m.Identity, &m.Source, &received, &m.Size, &m.Cut, &m.Enveloped, &m.EnvelopeFrom, &to, &m.State, &acted,
		&v.Kind, &v.Class, &v.Hard, &v.Action, &v.Status, &v.Code, &v.Diagnostic, &v.Evidence, &v.Remote, &v.Address, &v.Final, &v.FoundBy, &v.Verified,
		&v.NewsletterID, &v.BulletinID, &v.SubscriberID, &v.NoticeID, &v.Subject, &v.From, &v.ReturnedID, &v.Forged, &v.Reason, &v.Effect, &v.DecidedBy,
		&recipients, &v.Unnamed, &m.Newsletter, &m.Bulletin, &m.Email)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(to), &m.EnvelopeTo); err != nil {
		return nil, fmt.Errorf("decode the envelope of message %d: %w", m.ID, err)
	}
	if err := json.Unmarshal([]byte(recipients), &v.Recipients); err != nil {
		return nil, fmt.Errorf("decode whom message %d names: %w", m.ID, err)
	}
	m.ReceivedAt, m.ActedAt = fromMillis(received), fromMillis(acted)
	return &m, nil
}

// InboundByID finds a message by its number.
func (s *Store) InboundByID(ctx context.Context, id int64) (m *Inbound, raw []byte, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		if m, err = scanInbound(tx.QueryRow(inboundQuery+`WHERE i.id = $1`, id)); err != nil {
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

// InboundFilter says which messages are meant; the zero value means all.
type InboundFilter struct {
	Person       bool   // only those kept for somebody to decide
	Class        string // only those of this class
	NewsletterID int64  // only those about this newsletter
	Limit        int    // at most so many, the newest; 0: all
}

// ListInbound gives messages, the newest first.
func (s *Store) ListInbound(ctx context.Context, f InboundFilter) (list []*Inbound, err error) {
	limit := f.Limit
	if limit == 0 {
		limit = -1
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, scanInbound, inboundQuery+`WHERE ($1 = 0 OR i.state = 'person') AND ($2 = '' OR i.class = $2)
			AND ($3 = 0 OR i.newsletter_id = $3) ORDER BY i.id DESC LIMIT $4`, f.Person, f.Class, f.NewsletterID, limit)
		return err
	})
	return list, err
}

// InboundByIDs finds messages by their numbers, in no order; a number that is not
// there is left out.
func (s *Store) InboundByIDs(ctx context.Context, ids []int64) (list []*Inbound, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		for part := range slices.Chunk(ids, tallyStep) {
			marks, args := listOf(part)
			some, err := collect(tx, scanInbound, inboundQuery+`WHERE i.id IN (`+marks+`)`, args...)
			if err != nil {
				return err
			}
			list = append(list, some...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	return list, nil
}

// listOf gives the marks and arguments of a list in a statement.
func listOf(ids []int64) (marks string, args []any) {
	list := make([]string, len(ids))
	for i, id := range ids {
		args, list[i] = append(args, id), fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(list, ", "), args
}

// InboundTally is how many messages are of one kind and class.
type InboundTally struct {
	Kind, Class string
	State       InboundState
	Count       int
	Forged      int
}

// tallyStep is how many numbers one statement takes.
const tallyStep = 500

// TallyInbound counts the messages with these numbers by kind, class and state.
func (s *Store) TallyInbound(ctx context.Context, ids []int64) (list []InboundTally, err error) {
	sums := map[InboundTally]InboundTally{}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		for part := range slices.Chunk(ids, tallyStep) {
			marks, args := listOf(part)
			some, err := collect(tx, func(r row) (t InboundTally, err error) {
				return t, r.Scan(&t.Kind, &t.Class, &t.State, &t.Count, &t.Forged)
			}, `SELECT kind, class, state, COUNT(*), SUM(forged) FROM inbound WHERE id IN (`+marks+`) GROUP BY kind, class, state`, args...)
			if err != nil {
				return err
			}
			for _, t := range some {
				key := InboundTally{Kind: t.Kind, Class: t.Class, State: t.State}
				sum := sums[key]
				t.Count, t.Forged = t.Count+sum.Count, t.Forged+sum.Forged
				sums[key] = t
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count messages: %w", err)
	}
	for _, t := range sums {
		list = append(list, t)
	}
	return list, nil
}
