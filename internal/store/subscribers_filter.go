package store

import (
	"context"
	"database/sql"
	"fmt"

	"epistle/internal/database"
	"epistle/internal/filter"
	"epistle/internal/newsletter"
)

// Selection says which subscriptions are meant.
type Selection struct {
	NewsletterID int64 // 0: any
	State        newsletter.SubscriptionState
	Where        *filter.Node
	After        string // address.Key: only those that come later
	Limit        int    // 0: all
}

// query gives the end of a query on p, s and n.
func (sel Selection) query() (string, []any) {
	limit := sel.Limit
	if limit == 0 {
		limit = -1
	}
	where, args := sel.Where.SQL(5)
	newsletters := "s.newsletter_id = $1"
	if sel.NewsletterID == 0 {
		newsletters = "$1 = 0"
	}
	// CROSS JOIN keeps the order of the tables: along the index of addresses, so that
	// a page is read without the rest.
	return ` FROM people p CROSS JOIN memberships s CROSS JOIN newsletters n
		WHERE s.subscriber_id = p.id AND n.id = s.newsletter_id AND ` + newsletters + ` AND ($2 = '' OR s.state = $2) AND p.email_key > $3 AND ` + where + `
		ORDER BY p.email_key, n.slug LIMIT $4`, append([]any{sel.NewsletterID, string(sel.State), sel.After, limit}, args...)
}

// Select calls fn for each subscription that is meant, by address; it streams, so
// that a long list needs no memory.
func (s *Store) Select(ctx context.Context, sel Selection, fn func(Listed) error) error {
	end, args := sel.query()
	return s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var l Listed
			var since int64
			if err := r.Scan(&l.SubscriberID, &l.Email, &l.Name, &l.Newsletter, &l.State, &since); err != nil {
				return err
			}
			l.Since = fromMillis(since)
			return fn(l)
		}, `SELECT p.id, p.email, p.name, n.slug, s.state, s.since`+end, args...)
	})
}

// Exported is one subscription with all that is known of the person.
type Exported struct {
	Subscriber
	Subscription
}

// Export calls fn for each subscription that is meant, whole, by address. All is
// of the same moment.
func (s *Store) Export(ctx context.Context, sel Selection, fn func(*Exported) error) error {
	end, args := sel.query()
	return s.db.Read(ctx, func(tx *database.Tx) error {
		tags, err := tx.Prepare(`SELECT tag FROM people_tags WHERE subscriber_id = $1 ORDER BY tag`)
		if err != nil {
			return err
		}
		fields, err := tx.Prepare(`SELECT name, value FROM people_fields WHERE subscriber_id = $1`)
		if err != nil {
			return err
		}
		return tx.Each(func(r *sql.Rows) error {
			var e Exported
			var made, since, consent int64
			var tagged, more bool // most people have neither: two queries saved for each
			if err := r.Scan(&tagged, &more, &e.ID, &e.Email, &e.Name, &e.Language, &e.TimeZone, &made, &e.Newsletter, &e.State, &since, &e.How,
				&consent, &e.ConsentSource, &e.ConsentText); err != nil {
				return err
			}
			e.MadeAt, e.Since, e.ConsentAt = fromMillis(made), fromMillis(since), fromMillis(consent)
			if tagged {
				if err := tags.Each(func(r *sql.Rows) error {
					var tag string
					err := r.Scan(&tag)
					e.Tags = append(e.Tags, tag)
					return err
				}, e.ID); err != nil {
					return err
				}
			}
			if more {
				e.Fields = map[string]string{}
				if err := fields.Each(func(r *sql.Rows) error {
					var name, value string
					err := r.Scan(&name, &value)
					e.Fields[name] = value
					return err
				}, e.ID); err != nil {
					return err
				}
			}
			return fn(&e)
		}, `SELECT EXISTS (SELECT 1 FROM people_tags t WHERE t.subscriber_id = p.id), EXISTS (SELECT 1 FROM people_fields f WHERE f.subscriber_id = p.id), p.id, p.email, p.name, p.language, p.time_zone, p.made_at, n.slug, s.state, s.since, s.how,
			s.consent_at, s.consent_source, s.consent_text`+end, args...)
	})
}

// Count counts the subscriptions that are meant.
func (s *Store) Count(ctx context.Context, sel Selection) (n int, err error) {
	end, args := sel.query()
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM (SELECT p.id`+end+`) them`, args...).Scan(&n)
	})
	return n, err
}

// FieldNames gives the names of all custom fields.
func (s *Store) FieldNames(ctx context.Context) (names []string, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		names, err = collect(tx, func(r row) (name string, err error) { return name, r.Scan(&name) },
			`SELECT DISTINCT name FROM people_fields ORDER BY name`)
		return err
	})
	return names, err
}

// Tags gives all tags.
func (s *Store) Tags(ctx context.Context) (tags []string, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		tags, err = collect(tx, func(r row) (tag string, err error) { return tag, r.Scan(&tag) }, `SELECT DISTINCT tag FROM people_tags ORDER BY tag`)
		return err
	})
	return tags, err
}

// TagTx gives a person a tag, or takes it away, and says whether that changed
// anything.
func (s *Store) TagTx(tx *database.Tx, subscriberID int64, tag string, has bool) (changed bool, err error) {
	var n int64
	if has {
		n, err = tx.Exec(`INSERT INTO subscriber_tags (subscriber_id, tag) SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM subscribers WHERE id = $1)
			AND NOT EXISTS (SELECT 1 FROM subscriber_tags WHERE subscriber_id = $1 AND tag = $2)`, subscriberID, tag)
	} else {
		n, err = tx.Exec(`DELETE FROM subscriber_tags WHERE subscriber_id = $1 AND tag = $2`, subscriberID, tag)
	}
	if err != nil {
		return false, fmt.Errorf("tag subscriber %d: %w", subscriberID, err)
	}
	return n == 1, nil
}
