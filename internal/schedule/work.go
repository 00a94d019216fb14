package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"epistle/internal/assembly"
	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// carryOut does the work of a run that is ours and writes its outcome. Every kind
// of work can be done again without harm, so a run that could not be ended stays
// started: its error is of the moment, and the run is taken over later.
func (r *Runner) carryOut(ctx context.Context, n *newsletter.Newsletter, plan *Plan, run *ledger.Run) error {
	due := Due{Wall: run.Wall, At: run.DueAt}
	err := r.work(ctx, n, plan, run, Decide(due, r.store.Now(), plan.Late))
	if err != nil && (ctx.Err() != nil || passes(err)) {
		return fmt.Errorf("%s of %s: %w", run.Kind, run.Wall, err)
	}
	if err != nil {
		run.Outcome, run.Note = ledger.RunFailed, err.Error()
	}
	level := slog.LevelInfo
	if run.Outcome != ledger.RunDone && run.Outcome != ledger.RunNothing {
		level = slog.LevelWarn
	}
	r.log.Log(ctx, level, "scheduled run", "newsletter", n.Slug, "kind", run.Kind, "due", run.Wall, "outcome", run.Outcome, "note", run.Note)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	return r.ledger.EndRun(ctx, run)
}

// passes says whether an error may be gone in a minute.
func passes(err error) bool {
	kind := newsletter.KindOf(err)
	return kind == newsletter.Unavailable || kind == newsletter.Conflict
}

// work does what a run is for, or notes that it is too late for it.
func (r *Runner) work(ctx context.Context, n *newsletter.Newsletter, plan *Plan, run *ledger.Run, verdict Verdict) error {
	date, ok := plan.BulletinDate(Kind(run.Kind), Due{Wall: run.Wall, At: run.DueAt})
	if !ok {
		run.Outcome, run.Note = ledger.RunNothing, "no send run follows"
		return nil
	}
	b, err := r.bulletinOn(ctx, n.ID, date)
	if err != nil {
		return err
	}
	switch Kind(run.Kind) {
	case Assemble:
		return r.assemble(ctx, n, run, b, date, verdict)
	case Proof:
		return r.proof(ctx, run, b, date, verdict)
	default:
		return r.send(ctx, run, b, date, verdict)
	}
}

// bulletinOn finds the regular bulletin of a date; nil when there is none.
func (r *Runner) bulletinOn(ctx context.Context, newsletterID int64, date newsletter.Date) (b *store.Bulletin, err error) {
	err = r.store.DB().Read(ctx, func(tx *database.Tx) error {
		b, err = r.store.BulletinOnTx(tx, newsletterID, date, 0)
		return err
	})
	return b, err
}

// tooLate notes that a run was found when its time had passed.
func tooLate(run *ledger.Run) { run.Outcome, run.Note = ledger.RunMissed, "found too late" }

// assemble makes the bulletin of a date, unless a person has made it already.
func (r *Runner) assemble(ctx context.Context, n *newsletter.Newsletter, run *ledger.Run, b *store.Bulletin, date newsletter.Date, verdict Verdict) error {
	if b != nil {
		run.Outcome, run.BulletinID, run.Note = ledger.RunNothing, b.ID, fmt.Sprintf("bulletin %d for %s exists already", b.Number, date)
		return nil
	}
	if verdict == Missed {
		tooLate(run)
		return nil
	}
	out, err := r.assembly.Assemble(ctx, assembly.Request{Newsletter: n, Date: date, By: actor})
	if errors.Is(err, assembly.ErrNothing) {
		run.Outcome, run.Note = ledger.RunNothing, err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	run.Outcome, run.BulletinID = ledger.RunDone, out.Bulletin.ID
	run.Note = fmt.Sprintf("bulletin %d for %s", out.Bulletin.Number, date)
	return nil
}

// proof sends the bulletin to the editors.
func (r *Runner) proof(ctx context.Context, run *ledger.Run, b *store.Bulletin, date newsletter.Date, verdict Verdict) error {
	if verdict == Missed {
		tooLate(run)
		return nil
	}
	if b == nil || b.State.Begun() {
		run.Outcome, run.Note = ledger.RunNothing, fmt.Sprintf("no bulletin for %s is waiting", date)
		return nil
	}
	run.BulletinID = b.ID
	queued, err := r.desk.Proof(ctx, b, nil, actor)
	if err != nil {
		return err
	}
	run.Outcome, run.Note = ledger.RunDone, fmt.Sprintf("%d proofs of bulletin %d", queued, b.Number)
	return nil
}

// send lets the bulletin leave, or holds it with the reason why it may not: a
// rule, an error that stays, or a time that has passed. It is never sent by
// surprise.
func (r *Runner) send(ctx context.Context, run *ledger.Run, b *store.Bulletin, date newsletter.Date, verdict Verdict) error {
	if b == nil && verdict == Missed {
		tooLate(run)
		return nil
	}
	if b == nil {
		run.Outcome, run.Note = ledger.RunNothing, fmt.Sprintf("there is no bulletin for %s", date)
		return nil
	}
	run.BulletinID = b.ID
	if b.State.Begun() || b.State == newsletter.BulletinHeld {
		run.Outcome, run.Note = ledger.RunNothing, fmt.Sprintf("bulletin %d is %s", b.Number, b.State)
		return nil
	}
	if verdict == Missed {
		tooLate(run)
		return r.desk.Hold(ctx, b, "its time passed while nothing was running; send it by hand if it is still wanted", actor)
	}
	_, err := r.desk.Send(ctx, b, actor)
	if err == nil {
		run.Outcome, run.Note = ledger.RunDone, fmt.Sprintf("bulletin %d is leaving", b.Number)
		return nil
	}
	if ctx.Err() != nil || passes(err) {
		return err
	}
	run.Outcome, run.Note = ledger.RunHeld, err.Error()
	return r.desk.Hold(ctx, b, err.Error(), actor)
}
