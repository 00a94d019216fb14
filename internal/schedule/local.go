package schedule

import (
	"context"
	"time"

	"epistle/internal/newsletter"
)

// widest is how long before the newsletter's own hour, at most, a reader's may come:
// from 12 hours behind UTC to 14 before it, with an hour to spare.
const widest = 27 * time.Hour

// keepZones is how long the list of the readers' zones is taken as it is.
const keepZones = time.Minute

// zones are the time zones of a newsletter's readers, as they were read at a time.
type zones struct {
	at   time.Time
	list []string
}

// openAtFirstHour lets a send run begin when the first of the readers' zones
// reaches its hour. What counts as late is still measured from the newsletter's own.
func (r *Runner) openAtFirstHour(ctx context.Context, n *newsletter.Newsletter, c *calendar, s *Slot) error {
	now := r.store.Now()
	if now.Before(s.At.Add(-widest)) || !now.Before(s.At) {
		return nil
	}
	known, ok := r.zones[n.ID]
	if !ok || now.Sub(known.at) >= keepZones || now.Before(known.at) {
		list, err := r.ledger.AudienceZones(ctx, n.ID)
		if err != nil {
			return err
		}
		known = zones{now, list}
		r.zones[n.ID] = known
	}
	s.Opens = c.firstHour(s.Due, known.list)
	return nil
}

// firstHour is when the first of some zones, or the newsletter's own, reaches the
// hour of a run.
func (c *calendar) firstHour(due Due, zones []string) time.Time {
	wall, err := time.Parse(wallLayout, due.Wall)
	if err != nil {
		return due.At
	}
	first := due.At
	for _, zone := range zones {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			continue // such a reader gets it at the newsletter's hour
		}
		if at, _ := newsletter.Instant(wall, loc); at.Before(first) {
			first = at
		}
	}
	return first
}
