package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// AddNewsletter stores a new newsletter and sets its ID.
func (s *Store) AddNewsletter(ctx context.Context, n *newsletter.Newsletter, by string) error {
	if err := checkNewsletter(n); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		definition, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("encode newsletter: %w", err)
		}
		now := millis(s.now())
		n.PlannedAt = fromMillis(now)
		err = tx.QueryRow(`INSERT INTO newsletters (slug, definition, made_at, changed_at, planned_at) VALUES ($1, $2, $3, $3, $3) RETURNING id`,
			n.Slug, string(definition), now).Scan(&n.ID)
		if database.IsUnique(err) {
			return newsletter.Errorf(newsletter.Conflict, "a newsletter %q exists already", n.Slug).
				With("Change it with: epistle newsletters edit " + n.Slug + " --file FILE.toml")
		}
		if err != nil {
			return fmt.Errorf("store newsletter: %w", err)
		}
		return s.AuditTx(tx, Entry{Actor: by, Action: "newsletter.add", NewsletterID: n.ID, Detail: n.Slug})
	})
}

// EditNewsletter replaces the definition of the newsletter with n.Slug and sets
// n.ID. Bulletins that are frozen keep the definition they were frozen with.
func (s *Store) EditNewsletter(ctx context.Context, n *newsletter.Newsletter, by string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return s.EditNewsletterTx(tx, n, by)
	})
}

// EditNewsletterTx is EditNewsletter within the caller's transaction. An import
// that adds sections uses it, so that section and items appear together.
func (s *Store) EditNewsletterTx(tx *database.Tx, n *newsletter.Newsletter, by string) error {
	if err := checkNewsletter(n); err != nil {
		return err
	}
	definition, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode newsletter: %w", err)
	}
	old, err := scanNewsletter(tx.QueryRow(newsletterQuery+`WHERE slug = $1`, n.Slug))
	if missing(err) {
		return noNewsletter(n.Slug)
	}
	if err != nil {
		return fmt.Errorf("read newsletter: %w", err)
	}
	n.ID, n.PlannedAt = old.ID, old.PlannedAt
	if !n.Schedule.SameTimes(old.Schedule) || n.TimeZone != old.TimeZone {
		n.PlannedAt = s.now()
	}
	if _, err := tx.Exec(`UPDATE newsletters SET definition = $2, changed_at = $3, planned_at = $4 WHERE id = $1`,
		n.ID, string(definition), millis(s.now()), millis(n.PlannedAt)); err != nil {
		return fmt.Errorf("store newsletter: %w", err)
	}
	return s.AuditTx(tx, Entry{Actor: by, Action: "newsletter.edit", NewsletterID: n.ID, Detail: n.Slug})
}

func checkNewsletter(n *newsletter.Newsletter) error {
	if err := newsletter.ValidateSlug(n.Slug); err != nil {
		return err
	}
	return n.Validate()
}

func noNewsletter(slug string) error {
	return newsletter.Errorf(newsletter.NotFound, "there is no newsletter %q", slug).
		With("See them with: epistle newsletters list")
}

// Newsletter finds a newsletter by its short name. An empty name means the only
// one there is.
func (s *Store) Newsletter(ctx context.Context, slug string) (*newsletter.Newsletter, error) {
	all, err := s.Newsletters(ctx)
	if err != nil {
		return nil, err
	}
	if slug == "" {
		switch len(all) {
		case 0:
			return nil, newsletter.Errorf(newsletter.NotFound, "there is no newsletter yet").
				With("Make one with: epistle init, or: epistle newsletters add SLUG --file FILE.toml")
		case 1:
			return all[0], nil
		}
		return nil, newsletter.Errorf(newsletter.Usage, "there are %d newsletters", len(all)).
			With("Name one with --newsletter SLUG, for example --newsletter " + all[0].Slug + ".")
	}
	for _, n := range all {
		if n.Slug == slug {
			return n, nil
		}
	}
	return nil, noNewsletter(slug)
}

// NewsletterByID finds a newsletter by its number in the database.
func (s *Store) NewsletterByID(ctx context.Context, id int64) (n *newsletter.Newsletter, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		n, err = s.NewsletterTx(tx, id)
		return err
	})
	return n, err
}

// NewsletterTx reads a newsletter within the caller's transaction.
func (s *Store) NewsletterTx(tx *database.Tx, id int64) (*newsletter.Newsletter, error) {
	n, err := scanNewsletter(tx.QueryRow(newsletterQuery+`WHERE id = $1`, id))
	if missing(err) {
		return nil, newsletter.Errorf(newsletter.NotFound, "there is no newsletter with the number %d", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read newsletter %d: %w", id, err)
	}
	return n, nil
}

// Newsletters gives all newsletters by short name.
func (s *Store) Newsletters(ctx context.Context) ([]*newsletter.Newsletter, error) {
	var out []*newsletter.Newsletter
	err := s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			n, err := scanNewsletter(r)
			if err != nil {
				return err
			}
			out = append(out, n)
			return nil
		}, newsletterQuery+`ORDER BY slug`)
	})
	return out, err
}

// row is what both *sql.Row and *sql.Rows can do.
type row interface{ Scan(dest ...any) error }

const newsletterQuery = `SELECT id, slug, definition, planned_at FROM newsletters `

// scanNewsletter reads a row of newsletterQuery, and into more what stands after it.
func scanNewsletter(r row, more ...any) (*newsletter.Newsletter, error) {
	var id, planned int64
	var slug, definition string
	if err := r.Scan(append([]any{&id, &slug, &definition, &planned}, more...)...); err != nil {
		return nil, err
	}
	n := newsletter.Newsletter{Bounces: newsletter.DefaultBounces()} // definitions from before there was such a policy
	if err := json.Unmarshal([]byte(definition), &n); err != nil {
		return nil, fmt.Errorf("decode newsletter %s: %w", slug, err)
	}
	n.ID, n.Slug, n.PlannedAt = id, slug, fromMillis(planned)
	return &n, nil
}
