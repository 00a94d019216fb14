package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"epistle/internal/assembly"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/release"
	"epistle/internal/store"
)

// Runner does the scheduled work of all newsletters. Each run has a row that is
// inserted before the work begins, so that it happens once, across restarts and
// with several programs on one database.
//
// The runs of a newsletter are done one after the other in the order of their
// instants, whoever does them: a bulletin leaves before the next one is made, and
// is made before it leaves. A run that a program began and did not end is taken
// over, at once by one that starts and after a minute by one that runs.
type Runner struct {
	store    *store.Store
	ledger   *ledger.Ledger
	assembly *assembly.Assembly
	desk     *release.Desk
	log      *slog.Logger

	ticked  bool            // this program has looked at the schedule before
	trouble map[string]bool // what is known to be wrong, so that it is logged once
	zones   map[int64]zones // the readers' time zones by newsletter, as they were a minute ago
}

// NewRunner makes a Runner; it does nothing before Run or Tick.
func NewRunner(s *store.Store, l *ledger.Ledger, a *assembly.Assembly, d *release.Desk, log *slog.Logger) *Runner {
	return &Runner{store: s, ledger: l, assembly: a, desk: d, log: log, trouble: map[string]bool{}, zones: map[int64]zones{}}
}

// actor is who acts when the schedule does.
const actor = "schedule"

const (
	// look is how often the schedule is looked at. Runs are to the minute.
	look = time.Second
	// takeOver is how long a run may be under way before it counts as abandoned.
	// The longest takes seconds.
	takeOver = time.Minute
	// lastWords is how long a stopping program may take to write what came of a
	// run that has been done.
	lastWords = 2 * time.Second
)

// Run does what becomes due until ctx ends.
func (r *Runner) Run(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if err := r.Tick(ctx); ctx.Err() == nil {
			r.report(err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// report logs what has gone wrong, once for as long as it lasts.
func (r *Runner) report(err error) {
	trouble := map[string]bool{}
	for _, e := range members(err) {
		if trouble[e.Error()] = true; !r.trouble[e.Error()] {
			r.log.Error("the schedule waits", "error", e)
		}
	}
	r.trouble = trouble
}

func members(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

// Tick does every run that is due now and records those found too late. What goes
// wrong with one newsletter does not keep the others; the error joins all.
func (r *Runner) Tick(ctx context.Context) error {
	newsletters, err := r.store.Newsletters(ctx)
	if err != nil {
		return err
	}
	// What was abandoned before this program came is finished at once.
	abandoned := r.store.Now()
	if r.ticked {
		abandoned = abandoned.Add(-takeOver)
	}
	var errs []error
	for _, n := range newsletters {
		if err := r.newsletter(ctx, n, abandoned); err != nil {
			errs = append(errs, fmt.Errorf("newsletter %s: %w", n.Slug, err))
		}
	}
	r.ticked = true
	return errors.Join(errs...)
}

// newsletter goes from the last runs stored to the present, run by run. Runs begun
// by abandoned or before that nobody ended are finished first. Then bulletins with
// a time of their own have their turn.
func (r *Runner) newsletter(ctx context.Context, n *newsletter.Newsletter, abandoned time.Time) error {
	unfinished, err := r.ledger.UnfinishedRuns(ctx, n.ID)
	if err != nil {
		return err
	}
	for _, run := range unfinished {
		if run.StartedAt.After(abandoned) {
			return nil // under way: the next one waits for its end
		}
		c, err := r.calendar(ctx, n)
		if err != nil {
			return err
		}
		if err := r.carryOut(ctx, n, c, c.slotOf(Kind(run.Kind), run.Wall), run); err != nil {
			return err
		}
	}
	for {
		c, err := r.calendar(ctx, n)
		if err != nil {
			return err
		}
		slot, ok, err := r.next(ctx, n, c)
		if err != nil {
			return err
		}
		if !ok || r.store.Now().Before(slot.Opens) {
			return r.departures(ctx, n, c)
		}
		run := &ledger.Run{
			NewsletterID: n.ID, Kind: string(slot.Kind), Wall: slot.Wall, DueAt: slot.At,
			Outcome: ledger.RunStarted, Changes: c.version,
		}
		won, err := r.ledger.StartRun(ctx, run)
		if err != nil || !won {
			return err // somebody else does it, or has changed it; the one after it waits for that
		}
		if err := r.carryOut(ctx, n, c, slot, run); err != nil {
			return err
		}
	}
}

// calendar reads the plan with what people changed in it.
func (r *Runner) calendar(ctx context.Context, n *newsletter.Newsletter) (*calendar, error) {
	changes, version, err := r.ledger.Changes(ctx, n.ID)
	if err != nil {
		return nil, err
	}
	return newCalendar(n, changes, version)
}

// next finds the earliest run that has no row yet. Of several at one instant,
// the order of Kinds decides.
func (r *Runner) next(ctx context.Context, n *newsletter.Newsletter, c *calendar) (next Slot, found bool, err error) {
	for _, k := range Kinds() {
		s, ok, err := r.nextOf(ctx, n, c, k)
		if err != nil {
			return Slot{}, false, fmt.Errorf("%s: %w", k, err)
		}
		if ok && (!found || s.Opens.Before(next.Opens)) {
			next, found = s, true
		}
	}
	return next, found, nil
}

// nextOf finds the next run of a kind: after the last one stored, and not before
// the schedule was made or changed.
func (r *Runner) nextOf(ctx context.Context, n *newsletter.Newsletter, c *calendar, kind Kind) (s Slot, ok bool, err error) {
	last, err := r.ledger.LastRun(ctx, n.ID, string(kind))
	if err != nil {
		return Slot{}, false, err
	}
	after := ""
	if last != nil {
		after = last.Wall
	}
	s, ok = c.next(kind, after, c.begin)
	if ok && kind == Send && n.Schedule.DeliverAt == newsletter.DeliverLocal {
		err = r.openAtFirstHour(ctx, n, c, &s)
	}
	return s, ok, err
}
