package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"epistle/internal/database"
)

// Counts is how mail fared, to one domain or of one bulletin.
type Counts struct {
	Of         string `json:"of"`        // the domain, or the bulletin as SLUG/NUMBER
	Handed     int    `json:"handed"`    // messages that a server took or refused
	Delivered  int    `json:"delivered"` // taken, and not come back
	Failed     int    `json:"bounced"`   // refused at once, or come back
	Complaints int    `json:"complained"`
}

// complained are the messages that count as complaints about a bulletin.
const complained = `kind = 'complaint' AND (verified = 1 OR decided_by <> '')`

const fared = `SUM(CASE WHEN d.state IN (3, 4, 5) THEN 1 ELSE 0 END), SUM(CASE WHEN d.state = 3 THEN 1 ELSE 0 END), SUM(CASE WHEN d.state = 4 THEN 1 ELSE 0 END)`

func scanCounts(r row) (c Counts, err error) {
	return c, r.Scan(&c.Of, &c.Handed, &c.Delivered, &c.Failed, &c.Complaints)
}

// CountsByBulletin counts for each bulletin that was begun since a time, of a
// newsletter (0: of all), the newest first.
func (s *Store) CountsByBulletin(ctx context.Context, newsletterID int64, since time.Time) (list []Counts, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, scanCounts, `SELECT n.slug || '/' || b.number, `+fared+`,
			  (SELECT COUNT(DISTINCT subscriber_id) FROM inbound WHERE bulletin_id = b.id AND `+complained+`)
			FROM bulletins b JOIN newsletters n ON n.id = b.newsletter_id JOIN deliveries d ON d.bulletin_id = b.id
			WHERE b.started_at >= $2 AND ($1 = 0 OR b.newsletter_id = $1) GROUP BY b.id, n.slug, b.number ORDER BY b.id DESC`, newsletterID, millis(since))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count by bulletin: %w", err)
	}
	return list, nil
}

// CountsOfBulletin counts for one bulletin.
func (s *Store) CountsOfBulletin(ctx context.Context, bulletinID int64) (c Counts, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		c, err = scanCounts(tx.QueryRow(`SELECT n.slug || '/' || b.number, `+fared+`,
			  (SELECT COUNT(DISTINCT subscriber_id) FROM inbound WHERE bulletin_id = b.id AND `+complained+`)
			FROM bulletins b JOIN newsletters n ON n.id = b.newsletter_id JOIN deliveries d ON d.bulletin_id = b.id
			WHERE b.id = $1 GROUP BY b.id, n.slug, b.number`, bulletinID))
		if missing(err) { // nobody is in its audience yet
			return nil
		}
		return err
	})
	if err != nil {
		return c, fmt.Errorf("count for bulletin %d: %w", bulletinID, err)
	}
	return c, nil
}

// CountsByDomain counts for each domain of readers, over the bulletins that were
// begun since a time; the most failures and complaints first. Who was erased is not
// in it.
func (s *Store) CountsByDomain(ctx context.Context, newsletterID int64, since time.Time) (list []Counts, err error) {
	complaints := map[string]int{}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		of, err := collect(tx, func(r row) (c Counts, err error) { return c, r.Scan(&c.Of, &c.Complaints) },
			`SELECT p.domain, COUNT(DISTINCT i.bulletin_id || '/' || i.subscriber_id) FROM inbound i JOIN subscribers p ON p.id = i.subscriber_id
			JOIN bulletins b ON b.id = i.bulletin_id
			WHERE `+complained+` AND b.started_at >= $2 AND ($1 = 0 OR b.newsletter_id = $1) GROUP BY p.domain`, newsletterID, millis(since))
		if err != nil {
			return err
		}
		for _, c := range of {
			complaints[c.Of] = c.Complaints
		}
		list, err = collect(tx, scanCounts, `SELECT p.domain, `+fared+`, 0 FROM bulletins b JOIN deliveries d ON d.bulletin_id = b.id
			JOIN subscribers p ON p.id = d.subscriber_id
			WHERE b.started_at >= $2 AND ($1 = 0 OR b.newsletter_id = $1) GROUP BY p.domain`, newsletterID, millis(since))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count by domain: %w", err)
	}
	for i := range list {
		list[i].Complaints = complaints[list[i].Of]
	}
	slices.SortFunc(list, func(a, b Counts) int {
		if n := (b.Failed + b.Complaints) - (a.Failed + a.Complaints); n != 0 {
			return n
		}
		return b.Handed - a.Handed
	})
	return list, nil
}
