package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Late is what becomes known of a delivery after its server took it.
type Late struct {
	State    newsletter.DeliveryState // DeliveryFailed, or DeliverySent for one that was uncertain
	Code     int
	Enhanced string
	Reply    string
	Class    string
}

// The arrows of late truth. A delivery that was sent, or may have been, can turn
// out to have failed; one that is uncertain can turn out to have arrived. A failure
// that is judged anew keeps its state. What waits to be sent again keeps waiting:
// the report is about an earlier copy.
const (
	lateSet  = `SET state = $3, at = $4, not_before = 0, code = $5, enhanced = $6, reply = $7, class = $8, attempts = CASE WHEN state = 2 THEN attempts + 1 ELSE attempts END `
	lateFrom = `($3 = 4 AND (state IN (2, 3, 5) OR state = 4 AND $9 = 1) OR $3 = 3 AND state = 5)`
)

// LateTx writes late truth about a delivery and says whether it changed anything.
// again lets a failure be judged anew, for a person who knows better.
func (l *Ledger) LateTx(tx *database.Tx, ref Ref, late Late, again bool) (changed bool, err error) {
	if late.State != newsletter.DeliveryFailed && late.State != newsletter.DeliverySent {
		return false, fmt.Errorf("late truth about a delivery: %s is not one", late.State)
	}
	query, id, sub := `UPDATE deliveries `+lateSet+`WHERE bulletin_id = $1 AND subscriber_id = $2 AND `+lateFrom, ref.BulletinID, ref.SubscriberID
	if ref.NoticeID != 0 {
		query, id, sub = `UPDATE notices `+lateSet+`WHERE id = $1 + $2 AND `+lateFrom, ref.NoticeID, 0
	}
	n, err := tx.Exec(query, id, sub, int(late.State), l.now().UnixMilli(), late.Code, late.Enhanced, late.Reply, late.Class, again)
	if err != nil {
		return false, fmt.Errorf("write late truth about a delivery: %w", err)
	}
	return n == 1, nil
}

// Outcome is how one delivery of a newsletter to one person ended.
type Outcome struct {
	BulletinID int64
	State      newsletter.DeliveryState
	At         time.Time
	Class      string
}

// OutcomesTx gives the deliveries of a newsletter (0: of any) to one person that
// were begun since a time and have ended as sent or failed, the newest first.
func (l *Ledger) OutcomesTx(tx *database.Tx, subscriberID, newsletterID int64, since time.Time) (list []Outcome, err error) {
	err = tx.Each(func(r *sql.Rows) error {
		var o Outcome
		var at int64
		if err := r.Scan(&o.BulletinID, &o.State, &at, &o.Class); err != nil {
			return err
		}
		o.At = time.UnixMilli(at).UTC()
		list = append(list, o)
		return nil
	}, `SELECT b.id, d.state, d.at, d.class FROM bulletins b JOIN deliveries d ON d.bulletin_id = b.id AND d.subscriber_id = $1
		WHERE ($2 = 0 OR b.newsletter_id = $2) AND b.started_at >= $3 AND d.state IN (3, 4) ORDER BY b.id DESC`,
		subscriberID, newsletterID, since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read how deliveries to subscriber %d ended: %w", subscriberID, err)
	}
	return list, nil
}

// NoticeToTx says whom a notice went to; ok is false when there is none of this
// number.
func (l *Ledger) NoticeToTx(tx *database.Tx, id int64) (newsletterID, subscriberID int64, ok bool, err error) {
	err = tx.QueryRow(`SELECT newsletter_id, subscriber_id FROM notices WHERE id = $1`, id).Scan(&newsletterID, &subscriberID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, false, nil
	}
	if err != nil {
		return 0, 0, false, fmt.Errorf("read notice %d: %w", id, err)
	}
	return newsletterID, subscriberID, true, nil
}

// Begun is a bulletin that was begun to be sent to somebody.
type Begun struct{ BulletinID, NewsletterID int64 }

// SentToTx gives the newest bulletins of which a person has a delivery, at most
// limit.
func (l *Ledger) SentToTx(tx *database.Tx, subscriberID int64, limit int) (list []Begun, err error) {
	err = tx.Each(func(r *sql.Rows) error {
		var b Begun
		if err := r.Scan(&b.BulletinID, &b.NewsletterID); err != nil {
			return err
		}
		list = append(list, b)
		return nil
	}, `SELECT b.id, b.newsletter_id FROM bulletins b JOIN deliveries d ON d.bulletin_id = b.id AND d.subscriber_id = $1
		ORDER BY b.id DESC LIMIT $2`, subscriberID, limit)
	if err != nil {
		return nil, fmt.Errorf("read what was sent to subscriber %d: %w", subscriberID, err)
	}
	return list, nil
}

// NoticeSent is a notice that went to somebody.
type NoticeSent struct{ ID, NewsletterID int64 }

// NoticesToTx gives the newest notices to a person, at most limit.
func (l *Ledger) NoticesToTx(tx *database.Tx, subscriberID int64, limit int) (list []NoticeSent, err error) {
	err = tx.Each(func(r *sql.Rows) error {
		var n NoticeSent
		if err := r.Scan(&n.ID, &n.NewsletterID); err != nil {
			return err
		}
		list = append(list, n)
		return nil
	}, `SELECT id, newsletter_id FROM notices WHERE subscriber_id = $1 AND subscriber_id <> 0 ORDER BY id DESC LIMIT $2`, subscriberID, limit)
	if err != nil {
		return nil, fmt.Errorf("read the notices to subscriber %d: %w", subscriberID, err)
	}
	return list, nil
}

// Refused is a delivery that a server refused at once.
type Refused struct {
	SubscriberID int64
	Code         int
	Enhanced     string
	Class        string
}

// Refused gives the failed deliveries of a bulletin that ended after a time, of
// readers beyond a number, at most limit, without those that came back later.
func (l *Ledger) Refused(ctx context.Context, bulletinID int64, ended time.Time, after int64, limit int) (list []Refused, err error) {
	at := int64(0)
	if !ended.IsZero() {
		at = ended.UnixMilli()
	}
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var x Refused
			if err := r.Scan(&x.SubscriberID, &x.Code, &x.Enhanced, &x.Class); err != nil {
				return err
			}
			list = append(list, x)
			return nil
		}, `SELECT subscriber_id, code, enhanced, class FROM deliveries
			WHERE bulletin_id = $1 AND state = 4 AND at > $2 AND subscriber_id > $3 AND class NOT LIKE 'bounced: %' ORDER BY subscriber_id LIMIT $4`,
			bulletinID, at, after, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read who was refused bulletin %d: %w", bulletinID, err)
	}
	return list, nil
}
