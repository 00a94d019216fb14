package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"epistle/internal/assembly"
	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// carryOut does the work of a run that is ours and writes its outcome. Every kind
// of work can be done again without harm, so a run that could not be ended stays
// started: its error is of the moment, and the run is taken over later.
func (r *Runner) carryOut(ctx context.Context, n *newsletter.Newsletter, c *calendar, slot Slot, run *ledger.Run) error {
	err := r.work(ctx, n, c, slot, run)
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

// skippedNote is how the note of a run begins that a person left out.
const skippedNote = "skipped"

// work does what a run is for, or notes why not.
func (r *Runner) work(ctx context.Context, n *newsletter.Newsletter, c *calendar, slot Slot, run *ledger.Run) error {
	if slot.Skipped() {
		run.Outcome, run.Note = ledger.RunNothing, skippedNote+" by "+detail(slot.Change.MadeBy, slot.Change.Reason)
		return nil
	}
	if slot.Date.IsZero() {
		run.Outcome, run.Note = ledger.RunNothing, "no send run follows"
		return nil
	}
	b, err := r.bulletinFor(ctx, n, slot)
	if err != nil {
		return err
	}
	verdict := Decide(slot.Due, r.store.Now(), c.plan.Late)
	if verdict == Wait {
		verdict = Run // the first readers have the hour before the newsletter
	}
	if verdict == Missed && slot.Kind != Send && n.Schedule.LateThen == newsletter.LateSend && !c.superseded(slot, r.store.Now()) {
		verdict = Run
	}
	switch slot.Kind {
	case Assemble:
		return r.assemble(ctx, n, c, slot, run, b, verdict)
	case Proof:
		return r.proof(ctx, run, b, slot.Date, verdict)
	default:
		return r.send(ctx, n, c, slot, run, b, verdict)
	}
}

// bulletinFor finds the regular bulletin that a run works for; nil when there is
// none. Where the week was moved after the bulletin was made, that is the one with
// the old date.
func (r *Runner) bulletinFor(ctx context.Context, n *newsletter.Newsletter, slot Slot) (b *store.Bulletin, err error) {
	err = r.store.DB().Read(ctx, func(tx *database.Tx) error {
		b, err = bulletinForTx(r.store, tx, n.ID, slot)
		return err
	})
	return b, err
}

func bulletinForTx(s *store.Store, tx *database.Tx, newsletterID int64, slot Slot) (*store.Bulletin, error) {
	b, err := s.BulletinOnTx(tx, newsletterID, slot.Date, 0)
	if err != nil || b != nil || slot.Planned == slot.Date {
		return b, err
	}
	return s.BulletinOnTx(tx, newsletterID, slot.Planned, 0)
}

// tooLate notes that a run was found when its time had passed.
func tooLate(run *ledger.Run) { run.Outcome, run.Note = ledger.RunMissed, "found too late" }

// assemble makes the bulletin of a date, unless a person has made it already.
func (r *Runner) assemble(ctx context.Context, n *newsletter.Newsletter, c *calendar, slot Slot, run *ledger.Run, b *store.Bulletin, verdict Verdict) error {
	if b != nil && b.MadeBy == actor && !b.MadeAt.Before(run.StartedAt.Truncate(time.Millisecond)) {
		// Whoever began this run made it and could not write so.
		run.Outcome, run.BulletinID, run.Note = ledger.RunDone, b.ID, fmt.Sprintf("bulletin %d for %s", b.Number, b.Date)
		return nil
	}
	if b != nil {
		run.Outcome, run.BulletinID, run.Note = ledger.RunNothing, b.ID, fmt.Sprintf("bulletin %d for %s exists already", b.Number, b.Date)
		return nil
	}
	if verdict == Missed {
		tooLate(run)
		if send, ok := c.ofDate(Send, slot); ok && send.At.After(r.store.Now()) {
			return r.desk.Tell(ctx, n, alarm(n, run), notAssembled(slot), actor)
		}
		return nil
	}
	out, err := r.assembly.Assemble(ctx, assembly.Request{Newsletter: n, Date: slot.Date, By: actor})
	if errors.Is(err, assembly.ErrNothing) {
		run.Outcome, run.Note = ledger.RunNothing, err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	run.Outcome, run.BulletinID = ledger.RunDone, out.Bulletin.ID
	run.Note = fmt.Sprintf("bulletin %d for %s", out.Bulletin.Number, slot.Date)
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
