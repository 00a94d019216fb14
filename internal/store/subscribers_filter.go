package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/filter"
	"epistle/internal/newsletter"
)

// condition gathers a filter's SQL and its parameters. Values only ever become
// parameters, and so do the names of custom fields.
type condition struct {
	first int // the number of its first parameter
	args  []any
}

func (c *condition) param(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(c.first+len(c.args)-1)
}

// sql turns a filter into a condition on p (people) and s (memberships).
func (c *condition) sql(n *filter.Node) string {
	if n == nil {
		return "1 = 1"
	}
	switch n.Kind {
	case filter.Not:
		return "NOT (" + c.sql(n.Args[0]) + ")"
	case filter.And, filter.Or:
		var parts []string
		for _, a := range n.Args {
			parts = append(parts, c.sql(a))
		}
		return "(" + strings.Join(parts, map[filter.Kind]string{filter.And: " AND ", filter.Or: " OR "}[n.Kind]) + ")"
	}
	return c.compare(n)
}

// columns are the fields that are no custom ones.
func column(field string) string {
	switch field {
	case "email":
		return "p.email_key"
	case "domain", "name", "language", "time_zone":
		return "p." + field
	case "state", "since":
		return "s." + field
	case "joined":
		return "s.made_at"
	case "consent":
		return "s.consent_at"
	}
	return ""
}

func (c *condition) compare(n *filter.Node) string {
	if n.Field == "tag" {
		list := make([]string, len(n.Values))
		for i, v := range n.Values {
			list[i] = c.param(v)
		}
		exists := "EXISTS (SELECT 1 FROM people_tags t WHERE t.subscriber_id = p.id AND t.tag IN (" + strings.Join(list, ", ") + "))"
		if n.Op == "!=" {
			return "NOT " + exists
		}
		return exists
	}
	if filter.IsDate(n.Field) {
		return c.date(n)
	}
	value := column(n.Field)
	if value == "" {
		value = "COALESCE((SELECT f.value FROM people_fields f WHERE f.subscriber_id = p.id AND f.name = " + c.param(n.Field) + "), '')"
	}
	switch n.Op {
	case "~":
		like := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(n.Values[0]))
		return "LOWER(" + value + ") LIKE " + c.param("%"+like+"%") + ` ESCAPE '\'`
	case "in":
		list := make([]string, len(n.Values))
		for i, v := range n.Values {
			list[i] = "LOWER(" + c.param(v) + ")"
		}
		return "LOWER(" + value + ") IN (" + strings.Join(list, ", ") + ")"
	}
	return "LOWER(" + value + ") " + map[string]string{"!=": "<>"}[n.Op] + map[string]string{"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}[n.Op] +
		" LOWER(" + c.param(n.Values[0]) + ")"
}

// date compares days in UTC: "joined = 2027-03-12" means that whole day.
func (c *condition) date(n *filter.Node) string {
	value := column(n.Field)
	var parts []string
	for _, v := range n.Values {
		day, err := time.Parse(time.DateOnly, v)
		if err != nil {
			return "1 = 0" // Parse has refused it
		}
		from, to := day.UnixMilli(), day.AddDate(0, 0, 1).UnixMilli()
		switch n.Op {
		case "<":
			return value + " < " + c.param(from)
		case "<=":
			return value + " < " + c.param(to)
		case ">":
			return value + " >= " + c.param(to)
		case ">=":
			return value + " >= " + c.param(from)
		}
		parts = append(parts, "("+value+" >= "+c.param(from)+" AND "+value+" < "+c.param(to)+")")
	}
	all := "(" + strings.Join(parts, " OR ") + ")"
	if n.Op == "!=" {
		return "NOT " + all
	}
	return all
}

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
	c := condition{first: 5, args: nil}
	limit := sel.Limit
	if limit == 0 {
		limit = -1
	}
	where := c.sql(sel.Where)
	newsletters := "s.newsletter_id = $1"
	if sel.NewsletterID == 0 {
		newsletters = "$1 = 0"
	}
	// CROSS JOIN keeps the order of the tables: along the index of addresses, so that
	// a page is read without the rest.
	return ` FROM people p CROSS JOIN memberships s CROSS JOIN newsletters n
		WHERE s.subscriber_id = p.id AND n.id = s.newsletter_id AND ` + newsletters + ` AND ($2 = '' OR s.state = $2) AND p.email_key > $3 AND ` + where + `
		ORDER BY p.email_key, n.slug LIMIT $4`, append([]any{sel.NewsletterID, string(sel.State), sel.After, limit}, c.args...)
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
