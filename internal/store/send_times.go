package store

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// SetSendWallTx gives a bulletin that has not begun a time of its own; empty
// takes it back.
func (s *Store) SetSendWallTx(tx *database.Tx, b *Bulletin, wall, by string) error {
	if err := s.setTx(tx, b, `leaves_at = 0, send_wall = $2`, wall); err != nil {
		return err
	}
	b.SendWall, b.LeavesAt = wall, time.Time{}
	action, detail := "bulletin.schedule", wall
	if wall == "" {
		action, detail = "bulletin.unschedule", ""
	}
	return s.AuditTx(tx, Entry{Actor: by, Action: action, NewsletterID: b.NewsletterID, BulletinID: b.ID, Detail: detail})
}

// SetLeavesAtTx says when an approved bulletin, whose time has come, begins to
// leave.
func (s *Store) SetLeavesAtTx(tx *database.Tx, b *Bulletin, at time.Time, by string) error {
	if err := s.setTx(tx, b, `send_wall = '', leaves_at = $2`, millis(at)); err != nil {
		return err
	}
	b.SendWall, b.LeavesAt = "", fromMillis(millis(at))
	return s.AuditTx(tx, Entry{
		Actor: by, Action: "bulletin.leaving", NewsletterID: b.NewsletterID, BulletinID: b.ID,
		Detail: "at " + at.UTC().Format(time.RFC3339),
	})
}

// SetLocalWallTx says what each reader's own clock is to show when the bulletin is
// delivered.
func (s *Store) SetLocalWallTx(tx *database.Tx, b *Bulletin, wall string) error {
	if err := s.setTx(tx, b, `local_wall = $2`, wall); err != nil {
		return err
	}
	b.LocalWall = wall
	return nil
}

// setTx changes a column of a bulletin that has not begun to leave.
func (s *Store) setTx(tx *database.Tx, b *Bulletin, assignment string, value any) error {
	n, err := tx.Exec(`UPDATE bulletins SET `+assignment+` WHERE id = $1 AND state IN ('review', 'approved', 'held')`, b.ID, value)
	if err != nil {
		return fmt.Errorf("set a time of bulletin %d: %w", b.ID, err)
	}
	if n != 1 {
		return newsletter.Errorf(newsletter.Refused, "bulletin %d is %s; its time cannot change any more", b.Number, b.State).
			With("See where it stands with: epistle bulletins status " + b.Ref())
	}
	return nil
}

// Departing gives the bulletins of a newsletter that wait for a time of their own,
// or for the end of the time in which they may be stopped.
func (s *Store) Departing(ctx context.Context, newsletterID int64) (list []*Bulletin, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, scanBulletin, bulletinQuery+`WHERE b.newsletter_id = $1 AND b.state IN ('review', 'approved', 'held')
			AND (b.send_wall <> '' OR b.leaves_at <> 0) ORDER BY b.id`, newsletterID)
		return err
	})
	return list, err
}

// RevisionHashTx gives the hash of a revision of a bulletin.
func (s *Store) RevisionHashTx(tx *database.Tx, bulletinID int64, revision int) (hash string, err error) {
	err = tx.QueryRow(`SELECT hash FROM revisions WHERE bulletin_id = $1 AND revision = $2`, bulletinID, revision).Scan(&hash)
	if missing(err) {
		return "", newsletter.Errorf(newsletter.NotFound, "the bulletin has no revision %d", revision)
	}
	if err != nil {
		return "", fmt.Errorf("read a revision of bulletin %d: %w", bulletinID, err)
	}
	return hash, nil
}

// GuardBulletinTx pauses a bulletin until a person resumes it, because this
// database seems to be an old copy.
func (s *Store) GuardBulletinTx(tx *database.Tx, b *Bulletin, note, by string) error {
	if b.State == newsletter.BulletinPaused {
		// Only a bulletin that is being sent can be paused.
		if err := s.MoveBulletinTx(tx, b, newsletter.BulletinSending, "", by); err != nil {
			return err
		}
	}
	if err := s.MoveBulletinTx(tx, b, newsletter.BulletinPaused, note, by); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE bulletins SET guarded = 1 WHERE id = $1`, b.ID); err != nil {
		return fmt.Errorf("guard bulletin %d: %w", b.ID, err)
	}
	b.Guarded = true
	return nil
}
