package store

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
)

// bulkRows is how many rows one statement stores; more gains nothing.
const bulkRows = 100

// bulk stores many rows of one table with few statements. What all rows have in
// common is bound once a statement.
type bulk struct {
	tx     *database.Tx
	into   string // table (columns): those that differ first, then the common ones
	after  string // what stands after the values
	width  int    // how many columns differ from row to row
	common []any
	args   []any
	whole  *database.Stmt
	scan   func(*sql.Rows) error // for RETURNING
}

func (b *bulk) add(args ...any) error {
	b.args = append(b.args, args...)
	if len(b.args) < b.width*bulkRows {
		return nil
	}
	if b.whole == nil {
		var err error
		if b.whole, err = b.tx.Prepare(b.sql(bulkRows)); err != nil {
			return err
		}
	}
	all := append(b.args, b.common...)
	b.args = b.args[:0]
	if b.scan != nil {
		return b.whole.Each(b.scan, all...)
	}
	_, err := b.whole.Exec(all...)
	return err
}

// flush stores what add has kept back.
func (b *bulk) flush() error {
	if len(b.args) == 0 {
		return nil
	}
	query := b.sql(len(b.args) / b.width)
	all := append(b.args, b.common...)
	b.args = nil
	if b.scan != nil {
		return b.tx.Each(b.scan, query, all...)
	}
	_, err := b.tx.Exec(query, all...)
	return err
}

func (b *bulk) sql(rows int) string {
	var common strings.Builder
	for j := range b.common {
		common.WriteString(",$" + strconv.Itoa(rows*b.width+j+1))
	}
	var q strings.Builder
	q.WriteString("INSERT INTO " + b.into + " VALUES ")
	for i := range rows {
		if i > 0 {
			q.WriteByte(',')
		}
		for j := range b.width {
			q.WriteByte("(,"[min(j, 1)])
			q.WriteString("$" + strconv.Itoa(i*b.width+j+1))
		}
		q.WriteString(common.String() + ")")
	}
	return q.String() + " " + b.after
}

// Newcomer is one person who was not known, with a subscription.
type Newcomer struct {
	Address   address.Address
	Key       string
	Hash      []byte
	Person    Subscriber
	ConsentAt time.Time
	id        int64
}

// AddNewcomersTx stores people who are not known yet and subscribes them. sub has
// what all have in common.
func (s *Store) AddNewcomersTx(tx *database.Tx, importID, newsletterID int64, sub Subscription, list []Newcomer) error {
	now := millis(s.now())
	at := 0
	people := bulk{
		tx: tx, width: 6, common: []any{now, now, importID},
		into:  "subscribers (email, email_key, email_hash, name, language, time_zone, made_at, changed_at, import_id)",
		after: "RETURNING id", scan: func(r *sql.Rows) error {
			at++
			return r.Scan(&list[at-1].id)
		},
	}
	for i := range list {
		p := &list[i]
		if err := people.add(p.Address.String(), p.Key, p.Hash, p.Person.Name, p.Person.Language, p.Person.TimeZone); err != nil {
			return fmt.Errorf("store people: %w", err)
		}
	}
	if err := people.flush(); err != nil {
		return fmt.Errorf("store people: %w", err)
	}
	subs := bulk{
		tx: tx, width: 2, common: []any{newsletterID, string(sub.State), now, sub.How, sub.ConsentSource, sub.ConsentText, sub.ConsentBy, now, importID},
		into: "subscriptions (subscriber_id, consent_at, newsletter_id, state, since, how, consent_source, consent_text, consent_by, made_at, import_id)",
	}
	tags := bulk{tx: tx, width: 2, common: []any{importID}, into: "subscriber_tags (subscriber_id, tag, import_id)"}
	fields := bulk{tx: tx, width: 3, common: []any{importID}, into: "subscriber_fields (subscriber_id, name, value, import_id)"}
	for i := range list {
		p := &list[i]
		consent := now
		if !p.ConsentAt.IsZero() {
			consent = millis(p.ConsentAt)
		}
		if err := subs.add(p.id, consent); err != nil {
			return fmt.Errorf("store subscriptions: %w", err)
		}
		for _, tag := range p.Person.Tags {
			if err := tags.add(p.id, tag); err != nil {
				return fmt.Errorf("store tags: %w", err)
			}
		}
		for name, value := range p.Person.Fields {
			if err := fields.add(p.id, name, value); err != nil {
				return fmt.Errorf("store fields: %w", err)
			}
		}
	}
	for _, b := range []*bulk{&subs, &tags, &fields} {
		if err := b.flush(); err != nil {
			return fmt.Errorf("store subscriptions, tags and fields: %w", err)
		}
	}
	return nil
}

// Known is a person as an import finds them.
type Known struct {
	Subscriber
	Subscription *Subscription // to the newsletter of the import; nil: none
}

// many runs a query whose text ends in "IN (" for lists of any length.
func many[T any](tx *database.Tx, query string, list []T, scan func(*sql.Rows) error, args ...any) error {
	if len(list) == 0 {
		return nil
	}
	var q strings.Builder
	q.WriteString(query)
	for i := range bulkRows {
		q.WriteString("$" + strconv.Itoa(len(args)+i+1))
		q.WriteString([]string{",", ")"}[min(1, (i+1)/bulkRows)])
	}
	stmt, err := tx.Prepare(q.String())
	if err != nil {
		return err
	}
	for len(list) > 0 {
		part := list[:min(len(list), bulkRows)]
		list = list[len(part):]
		all := append([]any{}, args...)
		for i := range bulkRows { // the last part is filled up with its last member
			all = append(all, part[min(i, len(part)-1)])
		}
		if err := stmt.Each(scan, all...); err != nil {
			return err
		}
	}
	return nil
}

// KnownTx finds people by address.Key, with their relation to a newsletter.
func (s *Store) KnownTx(tx *database.Tx, newsletterID int64, keys []string) (map[string]*Known, error) {
	found, byID := map[string]*Known{}, map[int64]*Known{}
	var ids []int64
	err := many(tx, `SELECT id, email_key, email, name, language, time_zone FROM subscribers WHERE email_key IN (`, keys, func(r *sql.Rows) error {
		k := &Known{}
		var key string
		if err := r.Scan(&k.ID, &key, &k.Email, &k.Name, &k.Language, &k.TimeZone); err != nil {
			return err
		}
		found[key], byID[k.ID] = k, k
		ids = append(ids, k.ID)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find known people: %w", err)
	}
	err = many(tx, `SELECT subscriber_id, state, since, how, consent_at, consent_source, consent_text, consent_by FROM subscriptions
		WHERE newsletter_id = $1 AND subscriber_id IN (`, ids, func(r *sql.Rows) error {
		var id, since, consent int64
		sub := &Subscription{NewsletterID: newsletterID}
		if err := r.Scan(&id, &sub.State, &since, &sub.How, &consent, &sub.ConsentSource, &sub.ConsentText, &sub.ConsentBy); err != nil {
			return err
		}
		sub.Since, sub.ConsentAt = fromMillis(since), fromMillis(consent)
		byID[id].Subscription = sub
		return nil
	}, newsletterID)
	if err != nil {
		return nil, fmt.Errorf("find subscriptions: %w", err)
	}
	return found, errorsOf(
		many(tx, `SELECT subscriber_id, tag FROM subscriber_tags WHERE subscriber_id IN (`, ids, func(r *sql.Rows) error {
			var id int64
			var tag string
			if err := r.Scan(&id, &tag); err != nil {
				return err
			}
			byID[id].addTag(tag)
			return nil
		}),
		many(tx, `SELECT subscriber_id, name, value FROM subscriber_fields WHERE subscriber_id IN (`, ids, func(r *sql.Rows) error {
			var id int64
			var name, value string
			if err := r.Scan(&id, &name, &value); err != nil {
				return err
			}
			byID[id].addField(name, value)
			return nil
		}))
}

func (k *Known) addTag(tag string) {
	for _, t := range k.Tags {
		if t == tag {
			return // the last part of a list may ask twice
		}
	}
	k.Tags = append(k.Tags, tag)
}

func (k *Known) addField(name, value string) {
	if k.Fields == nil {
		k.Fields = map[string]string{}
	}
	k.Fields[name] = value
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// ChangeByImportTx fills in what a list has of a known person and keeps what was
// there before, so that it can be hidden and undone.
func (s *Store) ChangeByImportTx(tx *database.Tx, importID int64, k *Known, after Subscriber) error {
	run := func(query string, args ...any) error {
		if _, err := tx.Exec(query, args...); err != nil {
			return fmt.Errorf("change subscriber %d: %w", k.ID, err)
		}
		return nil
	}
	if err := run(`INSERT INTO import_people (import_id, subscriber_id, name, language, time_zone, name_after, language_after, time_zone_after)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, importID, k.ID, k.Name, k.Language, k.TimeZone, after.Name, after.Language, after.TimeZone); err != nil {
		return err
	}
	if err := run(`UPDATE subscribers SET name = $2, language = $3, time_zone = $4, changed_at = $5, import_id = 0 WHERE id = $1`,
		k.ID, after.Name, after.Language, after.TimeZone, millis(s.now())); err != nil {
		return err
	}
	for _, tag := range after.Tags {
		if err := run(`INSERT INTO subscriber_tags (subscriber_id, tag, import_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, k.ID, tag, importID); err != nil {
			return err
		}
	}
	for name, value := range after.Fields {
		before, had := k.Fields[name]
		if !had {
			if err := run(`INSERT INTO subscriber_fields (subscriber_id, name, value, import_id) VALUES ($1, $2, $3, $4)`, k.ID, name, value, importID); err != nil {
				return err
			}
			continue
		}
		if err := run(`INSERT INTO import_fields (import_id, subscriber_id, name, value, value_after) VALUES ($1, $2, $3, $4, $5)`,
			importID, k.ID, name, before, value); err != nil {
			return err
		}
		if err := run(`UPDATE subscriber_fields SET value = $3, import_id = 0 WHERE subscriber_id = $1 AND name = $2`, k.ID, name, value); err != nil {
			return err
		}
	}
	return nil
}

// SubscribeByImportTx gives a known person a subscription, or brings back a
// leaver and keeps how it was before.
func (s *Store) SubscribeByImportTx(tx *database.Tx, importID int64, k *Known, newsletterID int64, sub Subscription) error {
	now := millis(s.now())
	if b := k.Subscription; b != nil {
		if _, err := tx.Exec(`INSERT INTO import_revivals (import_id, subscriber_id, newsletter_id, state, since, how, consent_at, consent_source, consent_text, consent_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, importID, k.ID, newsletterID, string(b.State), millis(b.Since), b.How,
			millis(b.ConsentAt), b.ConsentSource, b.ConsentText, b.ConsentBy); err != nil {
			return fmt.Errorf("keep the subscription of subscriber %d: %w", k.ID, err)
		}
	}
	_, err := tx.Exec(`INSERT INTO subscriptions (newsletter_id, subscriber_id, state, since, how, consent_at, consent_source, consent_text, consent_by, made_at, import_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $4, $10) ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET state = excluded.state,
		since = excluded.since, how = excluded.how, consent_at = excluded.consent_at, consent_source = excluded.consent_source,
		consent_text = excluded.consent_text, consent_by = excluded.consent_by, import_id = excluded.import_id`,
		newsletterID, k.ID, string(sub.State), now, sub.How, millis(sub.ConsentAt), sub.ConsentSource, sub.ConsentText, sub.ConsentBy, importID)
	if err != nil {
		return fmt.Errorf("subscribe subscriber %d: %w", k.ID, err)
	}
	return nil
}

// SuppressedAmongTx gives the reasons of those hashes that must get nothing from
// a newsletter, by hash.
func (s *Store) SuppressedAmongTx(tx *database.Tx, newsletterID int64, hashes [][]byte) (map[string]string, error) {
	found := map[string]string{}
	var any bool
	if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM suppressions)`).Scan(&any); err != nil || !any {
		return found, err
	}
	return found, many(tx, `SELECT email_hash, reason FROM suppressions WHERE newsletter_id IN (0, $1) AND email_hash IN (`, hashes, func(r *sql.Rows) error {
		var hash []byte
		var reason string
		if err := r.Scan(&hash, &reason); err != nil {
			return err
		}
		if before := found[string(hash)]; before == "" || graver(reason, before) {
			found[string(hash)] = reason
		}
		return nil
	}, newsletterID)
}

// graver orders the reasons that keep somebody from ever coming back by a list
// before all others.
func graver(a, b string) bool { return weight(a) > weight(b) }

func weight(reason string) int {
	switch reason {
	case Erased:
		return 3
	case Complained:
		return 2
	case Bounced:
		return 1
	}
	return 0
}

// Reasons of a suppression that rules depend on; any other word is free.
const (
	Erased     = "erased"     // at the person's wish; only the hash is left
	Complained = "complained" // the person called a mail unwanted; nothing lifts it
	Bounced    = "bounced"
)

// SuppressedDomainsTx gives the domains that must get nothing from a newsletter,
// with the reasons.
func (s *Store) SuppressedDomainsTx(tx *database.Tx, newsletterID int64) (map[string]string, error) {
	found := map[string]string{}
	err := tx.Each(func(r *sql.Rows) error {
		var domain, reason string
		if err := r.Scan(&domain, &reason); err != nil {
			return err
		}
		found[domain] = reason
		return nil
	}, `SELECT domain, reason FROM suppressed_domains WHERE newsletter_id IN (0, $1) ORDER BY domain, newsletter_id`, newsletterID)
	return found, err
}
