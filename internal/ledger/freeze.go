package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"epistle/internal/database"
	"epistle/internal/filter"
	"epistle/internal/newsletter"
)

// Freeze writes the audience of a bulletin that is being sent: one row for each
// active subscription that its filter chooses, skipped at once where the address is suppressed. It works
// in slices, goes on where it stopped after a crash, and marks the bulletin as
// frozen at its end. Once it is frozen, nothing is added any more. Where readers get
// it at their own hour, a row carries the time before which it may not go.
func (l *Ledger) Freeze(ctx context.Context, bulletinID int64) error {
	if err := l.setHours(ctx, bulletinID); err != nil {
		return fmt.Errorf("freeze the audience of bulletin %d: find the local hours: %w", bulletinID, err)
	}
	for {
		done, err := l.freezeSlice(ctx, bulletinID)
		if err != nil {
			return fmt.Errorf("freeze the audience of bulletin %d: %w", bulletinID, err)
		}
		if done {
			return nil
		}
	}
}

func (l *Ledger) freezeSlice(ctx context.Context, bulletinID int64) (done bool, err error) {
	err = l.db.Write(ctx, func(tx *database.Tx) error {
		var newsletterID, after int64
		var state newsletter.BulletinState
		if err := tx.QueryRow(`SELECT newsletter_id, state, frozen, (SELECT COALESCE(MAX(hi), 0) FROM chunks WHERE bulletin_id = b.id)
			FROM bulletins b WHERE id = $1`, bulletinID).Scan(&newsletterID, &state, &done, &after); err != nil {
			return err
		}
		if done {
			return nil
		}
		// Only these two states are seen by SkipTx and Cancel: a row that is frozen in
		// another one would escape them.
		if state != newsletter.BulletinSending && state != newsletter.BulletinPaused {
			return newsletter.Errorf(newsletter.Conflict, "the bulletin is %s and is not being sent", state)
		}
		audience, err := audienceOf(tx, bulletinID)
		if err != nil {
			return err
		}
		n, err := l.insertSlice(tx, bulletinID, newsletterID, after, audience)
		if err != nil {
			return err
		}
		if done = n < l.slice; done {
			_, err = tx.Exec(`UPDATE bulletins SET frozen = 1 WHERE id = $1`, bulletinID)
		}
		return err
	})
	return done, err
}

// audienceOf reads the filter that the bulletin was approved with; nil: everyone.
func audienceOf(tx *database.Tx, bulletinID int64) (*filter.Node, error) {
	var body string
	err := tx.QueryRow(`SELECT r.document FROM revisions r JOIN bulletins b ON b.id = r.bulletin_id AND b.revision = r.revision
		WHERE b.id = $1`, bulletinID).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	doc, err := newsletter.DecodeDocument([]byte(body))
	if err != nil || doc.Audience == "" {
		return nil, err
	}
	return filter.Parse(doc.Audience)
}

// insertSlice adds the next deliveries and their chunks.
func (l *Ledger) insertSlice(tx *database.Tx, bulletinID, newsletterID, after int64, audience *filter.Node) (n int64, err error) {
	now := l.now().UnixMilli()
	where, values := audience.SQL(6)
	n, err = tx.Exec(`INSERT INTO deliveries (bulletin_id, subscriber_id, state, at, not_before, class)
		SELECT $1, id, CASE WHEN reason IS NULL THEN 0 ELSE 6 END, $4, CASE WHEN reason IS NULL THEN hour ELSE 0 END,
		  COALESCE('suppressed: ' || reason, '') FROM
		  (SELECT p.id AS id, COALESCE((SELECT h.at FROM local_hours h WHERE h.bulletin_id = $1 AND h.zone = p.time_zone),
		     (SELECT h.at FROM local_hours h WHERE h.bulletin_id = $1 AND h.zone = ''), 0) AS hour, COALESCE((SELECT MIN(x.reason) FROM suppressions x WHERE x.email_hash = p.email_hash AND x.newsletter_id IN (0, $2)),
		     (SELECT MIN(y.reason) FROM suppressed_domains y WHERE y.domain = p.domain AND y.newsletter_id IN (0, $2))) AS reason
		   FROM memberships s JOIN subscribers p ON p.id = s.subscriber_id
		   WHERE s.newsletter_id = $2 AND s.subscriber_id > $3 AND s.state = 'active' AND `+where+`
		   ORDER BY s.subscriber_id LIMIT $5) people`, append([]any{bulletinID, newsletterID, after, now, l.slice}, values...)...)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(`INSERT INTO chunks (bulletin_id, lo, hi, next_at)
		SELECT $1, MIN(subscriber_id), MAX(subscriber_id), CASE WHEN MIN(CASE WHEN state = 0 THEN not_before END) > $3
		  THEN MIN(CASE WHEN state = 0 THEN not_before END) ELSE $3 END FROM
		  (SELECT subscriber_id, state, not_before, (ROW_NUMBER() OVER (ORDER BY subscriber_id) - 1) / $4 AS part
		   FROM deliveries WHERE bulletin_id = $1 AND subscriber_id > $2) parts
		GROUP BY part`, bulletinID, after, now, l.chunk)
	return n, err
}
