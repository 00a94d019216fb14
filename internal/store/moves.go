package store

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// Approval is one person's word for one hash.
type Approval struct {
	By   string    `json:"by"`
	Hash string    `json:"hash"`
	At   time.Time `json:"at"`
}

// ApproveBulletin records by's approval of the current hash and, once there are
// as many as the newsletter asks for, makes the bulletin approved. prefix is the
// beginning of the hash that was looked at; empty means the current one. A paused
// bulletin stays paused: what is left of it after a withdrawal is approved anew.
func (s *Store) ApproveBulletin(ctx context.Context, id int64, prefix, by string) (b *Bulletin, given []Approval, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		if b, err = s.BulletinTx(tx, id); err != nil {
			return err
		}
		n, err := s.NewsletterTx(tx, b.NewsletterID)
		if err != nil {
			return err
		}
		if err := s.mayApproveTx(tx, b, n, prefix, by); err != nil {
			return err
		}
		if err := s.awaitsApprovalTx(tx, b, n); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO approvals (bulletin_id, hash, approved_by, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, b.ID, b.Hash, by, millis(s.now())); err != nil {
			return fmt.Errorf("store approval: %w", err)
		}
		if given, err = s.ApprovalsTx(tx, b.ID, b.Hash); err != nil {
			return err
		}
		if CountApprovals(n, given) >= n.Policy.Approvals && b.State != newsletter.BulletinPaused {
			if err := s.MoveBulletinTx(tx, b, newsletter.BulletinApproved, "", by); err != nil {
				return err
			}
		}
		return s.AuditTx(tx, Entry{Actor: by, Action: "bulletin.approve", NewsletterID: b.NewsletterID, BulletinID: b.ID, Detail: b.Hash[:12]})
	})
	if err != nil {
		return nil, nil, err
	}
	return b, given, nil
}

// awaitsApprovalTx refuses a paused bulletin from which nothing was withdrawn: it has
// its approvals, and an approval now would be for nothing.
func (s *Store) awaitsApprovalTx(tx *database.Tx, b *Bulletin, n *newsletter.Newsletter) error {
	if b.State != newsletter.BulletinPaused {
		return nil
	}
	given, err := s.ApprovalsTx(tx, b.ID, b.Hash)
	if err != nil || len(given) < n.Policy.Approvals {
		return err
	}
	return newsletter.Errorf(newsletter.Refused, "bulletin %d is paused and was approved as it stands", b.Number).
		With("Let it go on with: epistle bulletins resume " + b.Ref())
}

// minPrefix is the shortest beginning of a hash that names what was looked at: a
// shorter one may fit another revision by chance.
const minPrefix = 6

// ApprovalsTx gives the approvals of one hash of a bulletin.
func (s *Store) ApprovalsTx(tx *database.Tx, bulletinID int64, hash string) ([]Approval, error) {
	return collect(tx, func(r row) (Approval, error) {
		var a Approval
		var at int64
		err := r.Scan(&a.By, &a.Hash, &at)
		a.At = fromMillis(at)
		return a, err
	}, `SELECT approved_by, hash, at FROM approvals WHERE bulletin_id = $1 AND hash = $2 ORDER BY at, approved_by`, bulletinID, hash)
}

// moves lists from which states a bulletin may come into a state. One that was
// sent is opened again only to send uncertain deliveries once more.
var moves = map[newsletter.BulletinState][]newsletter.BulletinState{
	newsletter.BulletinApproved:  {newsletter.BulletinReview, newsletter.BulletinHeld, newsletter.BulletinApproved},
	newsletter.BulletinSending:   {newsletter.BulletinApproved, newsletter.BulletinHeld, newsletter.BulletinPaused, newsletter.BulletinSent},
	newsletter.BulletinPaused:    {newsletter.BulletinSending},
	newsletter.BulletinSent:      {newsletter.BulletinSending},
	newsletter.BulletinHeld:      {newsletter.BulletinReview, newsletter.BulletinApproved, newsletter.BulletinHeld},
	newsletter.BulletinCancelled: {newsletter.BulletinReview, newsletter.BulletinApproved, newsletter.BulletinHeld, newsletter.BulletinSending, newsletter.BulletinPaused},
}

// MoveBulletinTx brings a bulletin into another state, if the arrow exists, and
// updates b. The change is a compare-and-swap on the state that b was read with.
// A time that it was to leave at is over, unless it is only being approved.
func (s *Store) MoveBulletinTx(tx *database.Tx, b *Bulletin, to newsletter.BulletinState, note, by string) error {
	allowed := false
	for _, from := range moves[to] {
		allowed = allowed || from == b.State
	}
	if !allowed {
		return newsletter.Errorf(newsletter.Refused, "bulletin %d is %s; it cannot become %s", b.Number, b.State, to).
			With("See where it stands with: epistle bulletins status " + b.Ref())
	}
	var started, ended int64
	err := tx.QueryRow(`UPDATE bulletins SET state = $3, note = $4, changed_at = $5, resume_at = 0, guarded = 0,
		send_wall = CASE WHEN $3 = 'approved' THEN send_wall ELSE '' END, leaves_at = CASE WHEN $3 = 'approved' THEN leaves_at ELSE 0 END,
		started_at = CASE WHEN $3 = 'sending' AND started_at = 0 THEN $5 ELSE started_at END,
		ended_at = CASE WHEN $3 IN ('sent', 'cancelled') THEN $5 ELSE 0 END
		WHERE id = $1 AND state = $2 RETURNING started_at, ended_at`,
		b.ID, string(b.State), string(to), note, millis(s.now())).Scan(&started, &ended)
	if missing(err) {
		return newsletter.Errorf(newsletter.Conflict, "bulletin %d has changed at this moment", b.Number).With("Try again.")
	}
	if err != nil {
		return fmt.Errorf("move bulletin %d to %s: %w", b.ID, to, err)
	}
	b.State, b.Note, b.ResumeAt, b.Guarded = to, note, time.Time{}, false
	if to != newsletter.BulletinApproved {
		b.SendWall, b.LeavesAt = "", time.Time{}
	}
	b.StartedAt, b.EndedAt = fromMillis(started), fromMillis(ended)
	if to == newsletter.BulletinApproved {
		return nil // the approval itself is the audit entry
	}
	return s.AuditTx(tx, Entry{Actor: by, Action: "bulletin." + string(to), NewsletterID: b.NewsletterID, BulletinID: b.ID, Detail: note})
}

// MoveBulletin reads the bulletin afresh and moves it in one transaction.
func (s *Store) MoveBulletin(ctx context.Context, id int64, to newsletter.BulletinState, note, by string) (b *Bulletin, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		if b, err = s.BulletinTx(tx, id); err != nil {
			return err
		}
		return s.MoveBulletinTx(tx, b, to, note, by)
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// resumeLaterTx makes a pause end by itself at a time.
func (s *Store) resumeLaterTx(tx *database.Tx, b *Bulletin, at time.Time) error {
	b.ResumeAt = at
	if _, err := tx.Exec(`UPDATE bulletins SET resume_at = $2 WHERE id = $1`, b.ID, millis(at)); err != nil {
		return fmt.Errorf("set when bulletin %d goes on: %w", b.ID, err)
	}
	return nil
}

// PauseBulletin stops a send. With a resume time the pause ends by itself.
func (s *Store) PauseBulletin(ctx context.Context, id int64, note string, resume time.Time, by string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		b, err := s.BulletinTx(tx, id)
		if err != nil {
			return err
		}
		if err := s.MoveBulletinTx(tx, b, newsletter.BulletinPaused, note, by); err != nil {
			return err
		}
		if resume.IsZero() {
			return nil
		}
		return s.resumeLaterTx(tx, b, resume)
	})
}

// StayPaused makes a pause that would have ended by itself one that a person ends,
// and says why. A bulletin that is not paused is left alone.
func (s *Store) StayPaused(ctx context.Context, id int64, note, by string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		b, err := s.BulletinTx(tx, id)
		if err != nil || b.State != newsletter.BulletinPaused {
			return err
		}
		if err := s.stayPausedTx(tx, b, note); err != nil {
			return err
		}
		return s.AuditTx(tx, Entry{Actor: by, Action: "bulletin.paused", NewsletterID: b.NewsletterID, BulletinID: b.ID, Detail: note})
	})
}

func (s *Store) stayPausedTx(tx *database.Tx, b *Bulletin, note string) error {
	b.Note, b.ResumeAt = note, time.Time{}
	if _, err := tx.Exec(`UPDATE bulletins SET note = $2, resume_at = 0, changed_at = $3 WHERE id = $1`, b.ID, note, millis(s.now())); err != nil {
		return fmt.Errorf("note why bulletin %d is paused: %w", b.ID, err)
	}
	return nil
}
