package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"epistle/internal/database"
)

// Run is one scheduled piece of work that was begun, or found too late.
type Run struct {
	NewsletterID int64     `json:"-"`
	Kind         string    `json:"kind"` // assemble, proof, send
	Wall         string    `json:"wall"` // the newsletter's wall clock, 2027-03-12T08:00: with the two above, its key
	DueAt        time.Time `json:"due_at"`
	StartedAt    time.Time `json:"started_at"`
	Outcome      string    `json:"outcome"`
	BulletinID   int64     `json:"-"`
	Note         string    `json:"note,omitempty"`
	// Changes is the version of the schedule's changes with which the run was
	// found; StartRun only takes a run that is still as it was then.
	Changes int64 `json:"-"`
}

// Outcomes of a run.
const (
	RunStarted = "started" // begun; still so after a crash
	RunDone    = "done"
	RunNothing = "nothing" // there was nothing to do, which is no fault
	RunMissed  = "missed"  // found too late
	RunHeld    = "held"    // a rule kept the bulletin back
	RunFailed  = "failed"
)

// StartRun takes a run, if nobody has: its row is inserted before the work
// begins, so that it happens once. won is false when the row exists already, or
// when somebody has changed the schedule since the run was found.
func (l *Ledger) StartRun(ctx context.Context, r *Run) (won bool, err error) {
	r.StartedAt = l.now()
	err = l.db.Write(ctx, func(tx *database.Tx) error {
		won = false
		if version, err := changesVersion(tx, r.NewsletterID); err != nil || version != r.Changes {
			return err
		}
		n, err := tx.Exec(`INSERT INTO runs (newsletter_id, kind, wall, due_at, started_at, outcome, note)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			r.NewsletterID, r.Kind, r.Wall, r.DueAt.UnixMilli(), r.StartedAt.UnixMilli(), r.Outcome, r.Note)
		won = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("start the %s run of %s: %w", r.Kind, r.Wall, err)
	}
	return won, nil
}

// EndRun writes what came of a run, unless somebody else who took it over has
// written that already.
func (l *Ledger) EndRun(ctx context.Context, r *Run) error {
	err := l.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE runs SET outcome = $4, bulletin_id = $5, note = $6 WHERE newsletter_id = $1 AND kind = $2 AND wall = $3
			AND outcome = 'started'`, r.NewsletterID, r.Kind, r.Wall, r.Outcome, r.BulletinID, r.Note)
		return err
	})
	if err != nil {
		return fmt.Errorf("end the %s run of %s: %w", r.Kind, r.Wall, err)
	}
	return nil
}

const runColumns = `newsletter_id, kind, wall, due_at, started_at, outcome, bulletin_id, note`

func scanRun(scan func(...any) error) (*Run, error) {
	var r Run
	var due, started int64
	err := scan(&r.NewsletterID, &r.Kind, &r.Wall, &due, &started, &r.Outcome, &r.BulletinID, &r.Note)
	r.DueAt, r.StartedAt = time.UnixMilli(due).UTC(), time.UnixMilli(started).UTC()
	return &r, err
}

// LastRun gives the newest run of a kind by its wall clock; nil before the first.
func (l *Ledger) LastRun(ctx context.Context, newsletterID int64, kind string) (run *Run, err error) {
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		run, err = scanRun(tx.QueryRow(`SELECT `+runColumns+` FROM runs WHERE newsletter_id = $1 AND kind = $2
			ORDER BY wall DESC LIMIT 1`, newsletterID, kind).Scan)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the last %s run: %w", kind, err)
	}
	return run, nil
}

// UnfinishedRuns gives the runs that a process began and did not end.
func (l *Ledger) UnfinishedRuns(ctx context.Context, newsletterID int64) (runs []*Run, err error) {
	err = l.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			run, err := scanRun(r.Scan)
			if err != nil {
				return err
			}
			runs = append(runs, run)
			return nil
		}, `SELECT `+runColumns+` FROM runs WHERE newsletter_id = $1 AND outcome = 'started' ORDER BY due_at, kind`, newsletterID)
	})
	if err != nil {
		return nil, fmt.Errorf("read unfinished runs: %w", err)
	}
	return runs, nil
}
