package store

import (
	"fmt"
	"strconv"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Published is a bulletin that an archive may show, without its words.
type Published struct {
	ID        int64
	Number    int
	Date      newsletter.Date
	StartedAt time.Time
	// Hash is that of the current words; it changes whenever they do.
	Hash string
	// ChangedAt is when they became what they are: after StartedAt when something was
	// withdrawn.
	ChangedAt time.Time
}

// Updated is when readers could first see the words as they are.
func (p *Published) Updated() time.Time {
	if p.ChangedAt.After(p.StartedAt) {
		return p.ChangedAt
	}
	return p.StartedAt
}

const publishedQuery = `SELECT id, number, date, started_at, hash, changed_at FROM published `

func scanPublished(r row) (p Published, err error) {
	var date string
	var started, changed int64
	if err := r.Scan(&p.ID, &p.Number, &date, &started, &p.Hash, &changed); err != nil {
		return p, err
	}
	p.StartedAt, p.ChangedAt = fromMillis(started), fromMillis(changed)
	return p, p.Date.UnmarshalText([]byte(date))
}

// PublishedTx gives what was published from one date to another, both included,
// the newest first, at most limit.
func (s *Store) PublishedTx(tx *database.Tx, newsletterID int64, from, to newsletter.Date, limit int) ([]Published, error) {
	list, err := collect(tx, scanPublished, publishedQuery+`WHERE newsletter_id = $1 AND date BETWEEN $2 AND $3 ORDER BY date DESC LIMIT $4`,
		newsletterID, from.String(), to.String(), limit)
	if err != nil {
		return nil, fmt.Errorf("list what was published: %w", err)
	}
	return list, nil
}

// YearCount is how many bulletins of a year are published.
type YearCount struct{ Year, Count int }

// PublishedYearsTx gives the years in which something was published, the newest
// first.
func (s *Store) PublishedYearsTx(tx *database.Tx, newsletterID int64) ([]YearCount, error) {
	years, err := collect(tx, func(r row) (y YearCount, err error) {
		var year string
		if err := r.Scan(&year, &y.Count); err != nil {
			return y, err
		}
		y.Year, err = strconv.Atoi(year)
		return y, err
	}, `SELECT substr(date, 1, 4) AS year, COUNT(*) FROM published WHERE newsletter_id = $1 GROUP BY year ORDER BY year DESC`, newsletterID)
	if err != nil {
		return nil, fmt.Errorf("list the years of an archive: %w", err)
	}
	return years, nil
}

// Shelved is a published bulletin between its neighbours by date; a neighbour's
// number is 0 when there is none.
type Shelved struct {
	Published
	Earlier, Later int
}

// PublishedNumberTx finds a published bulletin by its number; ok is false when
// there is none that may be shown.
func (s *Store) PublishedNumberTx(tx *database.Tx, newsletterID int64, number int) (p Shelved, ok bool, err error) {
	var date string
	var started, changed int64
	err = tx.QueryRow(`SELECT p.id, p.number, p.date, p.started_at, p.hash, p.changed_at,
		COALESCE((SELECT e.number FROM published e WHERE e.newsletter_id = $1 AND e.date < p.date ORDER BY e.date DESC LIMIT 1), 0),
		COALESCE((SELECT l.number FROM published l WHERE l.newsletter_id = $1 AND l.date > p.date ORDER BY l.date LIMIT 1), 0)
		FROM published p WHERE p.newsletter_id = $1 AND p.number = $2`,
		newsletterID, number).Scan(&p.ID, &p.Number, &date, &started, &p.Hash, &changed, &p.Earlier, &p.Later)
	if missing(err) {
		return p, false, nil
	}
	if err == nil {
		p.StartedAt, p.ChangedAt = fromMillis(started), fromMillis(changed)
		err = p.Date.UnmarshalText([]byte(date))
	}
	if err != nil {
		return p, false, fmt.Errorf("find published bulletin %d: %w", number, err)
	}
	return p, true, nil
}

// NewsletterOfTx finds a newsletter by its short name, and when its definition
// last changed; ok is false when there is none.
func (s *Store) NewsletterOfTx(tx *database.Tx, slug string) (n *newsletter.Newsletter, changed time.Time, ok bool, err error) {
	var at int64
	n, err = scanNewsletter(tx.QueryRow(`SELECT id, slug, definition, planned_at, changed_at FROM newsletters WHERE slug = $1`, slug), &at)
	if missing(err) {
		return nil, time.Time{}, false, nil
	}
	if err != nil {
		return nil, time.Time{}, false, fmt.Errorf("find newsletter %s: %w", slug, err)
	}
	return n, fromMillis(at), true, nil
}
