package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Subscriber is a person, whatever newsletters they get.
type Subscriber struct {
	ID       int64             `json:"id"`
	Email    string            `json:"email"`
	Name     string            `json:"name,omitempty"`
	Language string            `json:"language,omitempty"`
	TimeZone string            `json:"time_zone,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
	MadeAt   time.Time         `json:"made_at"`

	Subscriptions []Subscription `json:"subscriptions"`
}

// Subscription is a person's relation to one newsletter, with its consent record.
type Subscription struct {
	NewsletterID  int64                        `json:"-"`
	Newsletter    string                       `json:"newsletter"`
	State         newsletter.SubscriptionState `json:"state"`
	Since         time.Time                    `json:"since"`
	How           string                       `json:"how,omitempty"`
	ConsentAt     time.Time                    `json:"consent_at,omitzero"`
	ConsentSource string                       `json:"consent_source,omitempty"`
	ConsentText   string                       `json:"consent_text,omitempty"`
	ConsentBy     string                       `json:"consent_by,omitempty"` // who recorded it
	ConfirmedAt   time.Time                    `json:"confirmed_at,omitzero"`
	ConfirmedHow  string                       `json:"confirmed_how,omitempty"`
	PausedUntil   time.Time                    `json:"paused_until,omitzero"` // when the pause ends by itself
	Choice        *newsletter.Choice           `json:"choice,omitempty"`      // nil: everything
}

// PutSubscriberTx stores a person or, when the address is known, fills in what
// is given and not empty. It sets p.ID and says whether the person is new.
func (s *Store) PutSubscriberTx(tx *database.Tx, p *Subscriber, a address.Address, hash []byte) (added bool, err error) {
	now := millis(s.now())
	err = tx.QueryRow(`INSERT INTO subscribers (email, email_key, email_hash, name, language, time_zone, made_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING RETURNING id`,
		a.String(), a.Key(), hash, p.Name, p.Language, p.TimeZone, now).Scan(&p.ID)
	added = err == nil
	if missing(err) {
		err = tx.QueryRow(`UPDATE subscribers SET changed_at = $5, import_id = 0,
			  name = CASE WHEN $2 = '' THEN name ELSE $2 END,
			  language = CASE WHEN $3 = '' THEN language ELSE $3 END,
			  time_zone = CASE WHEN $4 = '' THEN time_zone ELSE $4 END
			WHERE email_key = $1 RETURNING id`, a.Key(), p.Name, p.Language, p.TimeZone, now).Scan(&p.ID)
	}
	if err != nil {
		return false, fmt.Errorf("store subscriber: %w", err)
	}
	for _, tag := range p.Tags {
		if _, err := tx.Exec(`INSERT INTO subscriber_tags (subscriber_id, tag) VALUES ($1, $2)
			ON CONFLICT (subscriber_id, tag) DO UPDATE SET import_id = 0`, p.ID, tag); err != nil {
			return false, fmt.Errorf("store tag: %w", err)
		}
	}
	for name, value := range p.Fields {
		if _, err := tx.Exec(`INSERT INTO subscriber_fields (subscriber_id, name, value) VALUES ($1, $2, $3)
			ON CONFLICT (subscriber_id, name) DO UPDATE SET value = excluded.value, import_id = 0`, p.ID, name, value); err != nil {
			return false, fmt.Errorf("store field %s: %w", name, err)
		}
	}
	return added, nil
}

// SubscribeTx makes a subscription if the person has none to the newsletter. It
// never changes an existing one: an import must not bring back who left. It says
// whether it made one. One that an import is just making, unseen so far, becomes
// this one.
func (s *Store) SubscribeTx(tx *database.Tx, subscriberID, newsletterID int64, sub Subscription) (made bool, err error) {
	now := millis(s.now())
	n, err := tx.Exec(`INSERT INTO subscriptions (newsletter_id, subscriber_id, state, since, how, consent_at, consent_source, consent_text, consent_by, made_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $4) ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET state = excluded.state,
		since = excluded.since, how = excluded.how, consent_at = excluded.consent_at, consent_source = excluded.consent_source,
		consent_text = excluded.consent_text, consent_by = excluded.consent_by, import_id = 0
		WHERE subscriptions.import_id = (SELECT id FROM imports WHERE hidden = 1)
		  AND NOT EXISTS (SELECT 1 FROM import_revivals r WHERE r.import_id = subscriptions.import_id AND r.subscriber_id = $2)`,
		newsletterID, subscriberID, string(sub.State), now, sub.How, millis(sub.ConsentAt), sub.ConsentSource, sub.ConsentText, sub.ConsentBy)
	if err != nil {
		return false, fmt.Errorf("store subscription: %w", err)
	}
	if n == 0 { // somebody wants it by hand now, whatever import it came from
		_, err = tx.Exec(`UPDATE subscriptions SET import_id = 0 WHERE newsletter_id = $1 AND subscriber_id = $2
			AND import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), 0)`, newsletterID, subscriberID)
	}
	return n == 1, err
}

// SetSubscriptionTx brings a subscription into a state and gives the one it was
// in before; ok is false when there is no such subscription.
func (s *Store) SetSubscriptionTx(tx *database.Tx, subscriberID, newsletterID int64, to newsletter.SubscriptionState, how string) (before newsletter.SubscriptionState, ok bool, err error) {
	err = tx.QueryRow(`SELECT state FROM subscriptions WHERE newsletter_id = $1 AND subscriber_id = $2`, newsletterID, subscriberID).Scan(&before)
	if missing(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read subscription: %w", err)
	}
	if before == to {
		return before, true, nil
	}
	_, err = tx.Exec(`UPDATE subscriptions SET state = $3, since = $4, how = $5, paused_until = 0, import_id = 0 WHERE newsletter_id = $1 AND subscriber_id = $2`,
		newsletterID, subscriberID, string(to), millis(s.now()), how)
	if err != nil {
		return "", false, fmt.Errorf("change subscription: %w", err)
	}
	return before, true, s.claimTx(tx, subscriberID)
}

// claimTx says that a person is more than what an import made of them, so that
// undoing it lets them stay.
func (s *Store) claimTx(tx *database.Tx, subscriberID int64) error {
	if _, err := tx.Exec(`UPDATE subscribers SET import_id = 0 WHERE id = $1 AND import_id <> 0`, subscriberID); err != nil {
		return fmt.Errorf("claim subscriber %d: %w", subscriberID, err)
	}
	return nil
}

// SubscriptionState gives how a person stands to a newsletter; empty when there is
// no subscription.
func (s *Store) SubscriptionState(ctx context.Context, subscriberID, newsletterID int64) (state newsletter.SubscriptionState, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		state, err = s.SubscriptionStateTx(tx, subscriberID, newsletterID)
		return err
	})
	return state, err
}

// SubscriptionStateTx is SubscriptionState inside a transaction.
func (s *Store) SubscriptionStateTx(tx *database.Tx, subscriberID, newsletterID int64) (state newsletter.SubscriptionState, err error) {
	err = tx.QueryRow(`SELECT state FROM memberships WHERE newsletter_id = $1 AND subscriber_id = $2`, newsletterID, subscriberID).Scan(&state)
	if missing(err) {
		return "", nil
	}
	return state, err
}

const subscriberColumns = `id, email, name, language, time_zone, made_at`

func scanSubscriber(r row) (*Subscriber, error) {
	var p Subscriber
	var made int64
	err := r.Scan(&p.ID, &p.Email, &p.Name, &p.Language, &p.TimeZone, &made)
	p.MadeAt = fromMillis(made)
	return &p, err
}

// Subscriber finds a person by address, with all that is known.
func (s *Store) Subscriber(ctx context.Context, a address.Address) (p *Subscriber, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		p, err = scanSubscriber(tx.QueryRow(`SELECT `+subscriberColumns+` FROM people WHERE email_key = $1`, a.Key()))
		if missing(err) {
			return newsletter.Errorf(newsletter.NotFound, "nobody here has the address %s", a).
				With("Add the person with: epistle subscribers add " + a.String())
		}
		if err != nil {
			return err
		}
		return s.fillSubscriber(tx, p)
	})
	return p, err
}

// SubscriberTx finds a person by number; nil when there is none any more.
func (s *Store) SubscriberTx(tx *database.Tx, id int64) (*Subscriber, error) {
	p, err := scanSubscriber(tx.QueryRow(`SELECT `+subscriberColumns+` FROM people WHERE id = $1`, id))
	if missing(err) {
		return nil, nil
	}
	return p, err
}

// fillSubscriber adds tags, fields and subscriptions.
func (s *Store) fillSubscriber(tx *database.Tx, p *Subscriber) error {
	var err error
	if p.Tags, err = collect(tx, func(r row) (tag string, err error) { return tag, r.Scan(&tag) },
		`SELECT tag FROM people_tags WHERE subscriber_id = $1 ORDER BY tag`, p.ID); err != nil {
		return fmt.Errorf("read tags: %w", err)
	}
	err = tx.Each(func(r *sql.Rows) error {
		var name, value string
		if err := r.Scan(&name, &value); err != nil {
			return err
		}
		if p.Fields == nil {
			p.Fields = map[string]string{}
		}
		p.Fields[name] = value
		return nil
	}, `SELECT name, value FROM people_fields WHERE subscriber_id = $1`, p.ID)
	if err != nil {
		return fmt.Errorf("read fields: %w", err)
	}
	p.Subscriptions, err = collect(tx, scanSubscription, `SELECT s.newsletter_id, n.slug, s.state, s.since, s.how, s.consent_at, s.consent_source, s.consent_text,
		  s.consent_by, s.confirmed_at, s.confirmed_how FROM memberships s JOIN newsletters n ON n.id = s.newsletter_id WHERE s.subscriber_id = $1 ORDER BY n.slug`, p.ID)
	if err != nil {
		return err
	}
	return s.fillChoices(tx, p)
}

func scanSubscription(r row) (Subscription, error) {
	var sub Subscription
	var since, consent, confirmed int64
	err := r.Scan(&sub.NewsletterID, &sub.Newsletter, &sub.State, &since, &sub.How, &consent, &sub.ConsentSource, &sub.ConsentText,
		&sub.ConsentBy, &confirmed, &sub.ConfirmedHow)
	sub.Since, sub.ConsentAt, sub.ConfirmedAt = fromMillis(since), fromMillis(consent), fromMillis(confirmed)
	return sub, err
}

// Listed is one row of a list of subscribers.
type Listed struct {
	SubscriberID int64                        `json:"-"`
	Email        string                       `json:"email"`
	Name         string                       `json:"name,omitempty"`
	Newsletter   string                       `json:"newsletter"`
	State        newsletter.SubscriptionState `json:"state"`
	Since        time.Time                    `json:"since"`
}

// ListSubscribers calls fn for each subscription to a newsletter (0: to any), by
// address.
func (s *Store) ListSubscribers(ctx context.Context, newsletterID int64, state newsletter.SubscriptionState, fn func(Listed) error) error {
	return s.Select(ctx, Selection{NewsletterID: newsletterID, State: state}, fn)
}

// CountSubscriptions gives how many subscriptions a newsletter has in each state.
func (s *Store) CountSubscriptions(ctx context.Context, newsletterID int64) (map[newsletter.SubscriptionState]int, error) {
	counts := map[newsletter.SubscriptionState]int{}
	err := s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var state newsletter.SubscriptionState
			var n int
			if err := r.Scan(&state, &n); err != nil {
				return err
			}
			counts[state] = n
			return nil
		}, `SELECT state, COUNT(*) FROM memberships WHERE newsletter_id = $1 GROUP BY state`, newsletterID)
	})
	return counts, err
}

// SuppressedTx gives the reason why an address must get nothing from a
// newsletter; empty when it may get mail.
func (s *Store) SuppressedTx(tx *database.Tx, hash []byte, newsletterID int64) (reason string, err error) {
	err = tx.QueryRow(`SELECT reason FROM suppressions WHERE email_hash = $1 AND newsletter_id IN (0, $2) ORDER BY newsletter_id LIMIT 1`,
		hash, newsletterID).Scan(&reason)
	if missing(err) {
		return "", nil
	}
	return reason, err
}

// SubscriberByKeyTx finds a person by address.Key; 0 when there is none.
func (s *Store) SubscriberByKeyTx(tx *database.Tx, key string) (id int64, err error) {
	err = tx.QueryRow(`SELECT id FROM subscribers WHERE email_key = $1`, key).Scan(&id)
	if missing(err) {
		return 0, nil
	}
	return id, err
}

// ConfirmTx makes a subscription active because its person has confirmed it, also
// one that had ended.
func (s *Store) ConfirmTx(tx *database.Tx, subscriberID, newsletterID int64, sub Subscription) error {
	if sub.ConsentAt.IsZero() {
		sub.ConsentAt = s.now()
	}
	_, err := tx.Exec(`INSERT INTO subscriptions (newsletter_id, subscriber_id, state, since, how, consent_at, consent_source, consent_text, consent_by, confirmed_at, confirmed_how, made_at)
		VALUES ($1, $2, 'active', $3, $4, $9, $5, $6, $7, $3, $8, $3) ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET state = 'active',
		since = excluded.since, how = excluded.how, consent_at = excluded.consent_at, consent_source = excluded.consent_source,
		consent_text = excluded.consent_text, consent_by = excluded.consent_by, confirmed_at = excluded.confirmed_at,
		confirmed_how = excluded.confirmed_how, paused_until = 0, import_id = 0`,
		newsletterID, subscriberID, millis(s.now()), sub.How, sub.ConsentSource, sub.ConsentText, sub.ConsentBy, sub.ConfirmedHow, millis(sub.ConsentAt))
	if err != nil {
		return fmt.Errorf("confirm the subscription of subscriber %d: %w", subscriberID, err)
	}
	return s.claimTx(tx, subscriberID)
}
