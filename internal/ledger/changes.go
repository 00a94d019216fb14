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

// Change is what a person changed in the schedule of a newsletter: the runs for
// one bulletin, skipped or at other times, or those of an extra one. Its times are
// those of the newsletter's wall clock (newsletter.WallLayout); an empty one
// stands for no such run.
type Change struct {
	ID           int64           `json:"-"`
	NewsletterID int64           `json:"-"`
	Kind         string          `json:"kind"` // ChangeSkip, ChangeMove, ChangeAdd
	Date         newsletter.Date `json:"date"` // of the bulletin as the schedule has it; of an extra one, its own
	Assemble     string          `json:"assemble,omitempty"`
	Proof        string          `json:"proof,omitempty"`
	Send         string          `json:"send,omitempty"`
	Reason       string          `json:"reason,omitempty"`
	MadeBy       string          `json:"made_by"`
	MadeAt       time.Time       `json:"made_at"`
}

// The kinds of a change.
const (
	ChangeSkip = "skip"
	ChangeMove = "move"
	ChangeAdd  = "add"
)

// Changes gives the changes of a newsletter's schedule that stand, by date, and
// their version: a number that grows with everything that is changed or undone.
func (l *Ledger) Changes(ctx context.Context, newsletterID int64) (list []Change, version int64, err error) {
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		list, version, err = l.ChangesTx(tx, newsletterID)
		return err
	})
	return list, version, err
}

// ChangesTx is Changes within the caller's transaction.
func (l *Ledger) ChangesTx(tx *database.Tx, newsletterID int64) (list []Change, version int64, err error) {
	if version, err = changesVersion(tx, newsletterID); err != nil {
		return nil, 0, err
	}
	err = tx.Each(func(r *sql.Rows) error {
		c := Change{NewsletterID: newsletterID}
		var date string
		var made int64
		if err := r.Scan(&c.ID, &c.Kind, &date, &c.Assemble, &c.Proof, &c.Send, &c.Reason, &c.MadeBy, &made); err != nil {
			return err
		}
		c.MadeAt = time.UnixMilli(made).UTC()
		if err := c.Date.UnmarshalText([]byte(date)); err != nil {
			return err
		}
		list = append(list, c)
		return nil
	}, `SELECT id, kind, date, assemble, proof, send, reason, made_by, made_at FROM schedule_changes
		WHERE newsletter_id = $1 AND undone_at = 0 ORDER BY date`, newsletterID)
	if err != nil {
		return nil, 0, fmt.Errorf("read the changes of the schedule: %w", err)
	}
	return list, version, nil
}

func changesVersion(tx *database.Tx, newsletterID int64) (version int64, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) + COUNT(CASE WHEN undone_at <> 0 THEN 1 END) FROM schedule_changes WHERE newsletter_id = $1`,
		newsletterID).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("count the changes of the schedule: %w", err)
	}
	return version, nil
}

// AddChangeTx stores a change and undoes the one that stood for its date.
func (l *Ledger) AddChangeTx(tx *database.Tx, c *Change) error {
	if _, err := l.UndoChangeTx(tx, c.NewsletterID, c.Date, c.MadeBy); err != nil {
		return err
	}
	c.MadeAt = l.now()
	err := tx.QueryRow(`INSERT INTO schedule_changes (newsletter_id, kind, date, assemble, proof, send, reason, made_by, made_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		c.NewsletterID, c.Kind, c.Date.String(), c.Assemble, c.Proof, c.Send, c.Reason, c.MadeBy, c.MadeAt.UnixMilli()).Scan(&c.ID)
	if err != nil {
		return fmt.Errorf("store a change of the schedule: %w", err)
	}
	return nil
}

// UndoChangeTx takes the change that stands for a date back, if there is one.
func (l *Ledger) UndoChangeTx(tx *database.Tx, newsletterID int64, date newsletter.Date, by string) (undone bool, err error) {
	n, err := tx.Exec(`UPDATE schedule_changes SET undone_by = $3, undone_at = $4 WHERE newsletter_id = $1 AND date = $2 AND undone_at = 0`,
		newsletterID, date.String(), by, l.now().UnixMilli())
	if err != nil {
		return false, fmt.Errorf("undo a change of the schedule: %w", err)
	}
	return n > 0, nil
}

// RunTx gives the run of a kind at a time; nil when nobody has begun it.
func (l *Ledger) RunTx(tx *database.Tx, newsletterID int64, kind, wall string) (*Run, error) {
	run, err := scanRun(tx.QueryRow(`SELECT `+runColumns+` FROM runs WHERE newsletter_id = $1 AND kind = $2 AND wall = $3`,
		newsletterID, kind, wall).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the %s run of %s: %w", kind, wall, err)
	}
	return run, nil
}
