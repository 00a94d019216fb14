package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// AudienceZones gives the time zones that active readers of a newsletter have named.
func (l *Ledger) AudienceZones(ctx context.Context, newsletterID int64) (zones []string, err error) {
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		zones, err = audienceZones(tx, newsletterID)
		return err
	})
	return zones, err
}

// audienceZones steps from zone to zone along their index, so that a million
// readers cost as many look-ups as they have zones.
func audienceZones(tx *database.Tx, newsletterID int64) (zones []string, err error) {
	err = tx.Each(func(r *sql.Rows) error {
		var zone string
		if err := r.Scan(&zone); err != nil {
			return err
		}
		zones = append(zones, zone)
		return nil
	}, `WITH RECURSIVE zones(zone) AS (
		  SELECT MIN(time_zone) FROM subscribers WHERE time_zone <> ''
		  UNION ALL SELECT (SELECT MIN(p.time_zone) FROM subscribers p WHERE p.time_zone > zone AND p.time_zone <> '') FROM zones WHERE zone IS NOT NULL)
		SELECT zone FROM zones WHERE zone IS NOT NULL AND EXISTS
		  (SELECT 1 FROM subscribers p JOIN memberships m ON m.subscriber_id = p.id AND m.newsletter_id = $1 AND m.state = 'active'
		   WHERE p.time_zone = zone AND p.time_zone <> '')`, newsletterID)
	if err != nil {
		return nil, fmt.Errorf("list the readers' time zones: %w", err)
	}
	return zones, nil
}

// setHours writes when a bulletin's local hour comes in each zone of its audience,
// once; a reader whose zone turns up later, or is unknown, has the newsletter's.
func (l *Ledger) setHours(ctx context.Context, bulletinID int64) error {
	return l.db.Write(ctx, func(tx *database.Tx) error {
		var newsletterID int64
		var wall string
		var known bool
		err := tx.QueryRow(`SELECT newsletter_id, local_wall, EXISTS (SELECT 1 FROM local_hours WHERE bulletin_id = $1)
			FROM bulletins WHERE id = $1`, bulletinID).Scan(&newsletterID, &wall, &known)
		if err != nil || wall == "" || known {
			return err
		}
		hour, err := newsletter.ParseWall(wall)
		if err != nil {
			return err
		}
		own, err := zoneOf(tx, newsletterID)
		if err != nil {
			return err
		}
		zones, err := audienceZones(tx, newsletterID)
		if err != nil {
			return err
		}
		at, _ := newsletter.Instant(hour, own)
		hours := map[string]time.Time{"": at}
		for _, zone := range zones {
			if loc, err := time.LoadLocation(zone); err == nil {
				hours[zone], _ = newsletter.Instant(hour, loc)
			}
		}
		for zone, at := range hours {
			if _, err := tx.Exec(`INSERT INTO local_hours (bulletin_id, zone, at) VALUES ($1, $2, $3)`, bulletinID, zone, at.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// zoneOf reads the time zone of a newsletter.
func zoneOf(tx *database.Tx, newsletterID int64) (*time.Location, error) {
	var definition string
	if err := tx.QueryRow(`SELECT definition FROM newsletters WHERE id = $1`, newsletterID).Scan(&definition); err != nil {
		return nil, err
	}
	var n newsletter.Newsletter
	if err := json.Unmarshal([]byte(definition), &n); err != nil {
		return nil, fmt.Errorf("decode a newsletter: %w", err)
	}
	return n.Location()
}
