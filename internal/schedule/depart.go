package schedule

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/release"
	"epistle/internal/store"
)

// send lets the bulletin of a run leave, or holds it with the reason why it may
// not: a rule, an error that stays, or a time that has passed. It is never sent by
// surprise, and the editors are told whenever it is not sent.
func (r *Runner) send(ctx context.Context, n *newsletter.Newsletter, c *calendar, slot Slot, run *ledger.Run, b *store.Bulletin, verdict Verdict) error {
	if b == nil {
		return r.nothingToSend(ctx, n, slot, run, verdict)
	}
	run.BulletinID = b.ID
	switch {
	case b.State.Begun() && !b.StartedAt.IsZero() && !b.StartedAt.Before(run.StartedAt.Truncate(time.Millisecond)):
		// Whoever began this run let it leave and could not write so.
		run.Outcome, run.Note = ledger.RunDone, fmt.Sprintf("bulletin %d is leaving", b.Number)
		return nil
	case b.State.Begun() || b.State == newsletter.BulletinHeld:
		run.Outcome, run.Note = ledger.RunNothing, fmt.Sprintf("bulletin %d is %s", b.Number, b.State)
		return nil
	case b.SendWall != "":
		run.Outcome, run.Note = ledger.RunNothing, fmt.Sprintf("bulletin %d is to leave at a time of its own, %s", b.Number, spoken(b.SendWall))
		return nil
	case !b.LeavesAt.IsZero():
		run.Outcome, run.Note = ledger.RunDone, leavesNote(b, b.LeavesAt)
		return nil
	}
	outcome, note, err := r.depart(ctx, n, c, slot, b, verdict, alarm(n, run))
	if err != nil {
		return err
	}
	run.Outcome, run.Note = outcome, note
	return nil
}

// nothingToSend tells the editors that a send run found no bulletin.
func (r *Runner) nothingToSend(ctx context.Context, n *newsletter.Newsletter, slot Slot, run *ledger.Run, verdict Verdict) error {
	if verdict == Missed {
		tooLate(run)
		return nil
	}
	run.Outcome, run.Note = ledger.RunNothing, fmt.Sprintf("there is no bulletin for %s", slot.Date)
	return r.desk.Tell(ctx, n, alarm(n, run), noBulletin(slot), actor)
}

// depart lets a bulletin whose time has come leave, and says what came of it. An
// error is of the moment; everything that stays holds the bulletin.
func (r *Runner) depart(ctx context.Context, n *newsletter.Newsletter, c *calendar, slot Slot, b *store.Bulletin, verdict Verdict, key string) (outcome, note string, err error) {
	now := r.store.Now()
	if verdict == Missed && !(n.Schedule.LateThen == newsletter.LateSend && !c.superseded(slot, now)) {
		why := "its time passed while nothing was running; send it by hand if it is still wanted"
		err := r.desk.Withhold(ctx, b, release.Withheld{Why: why, Key: key, Ask: n.Schedule.LateThen == newsletter.LateAsk}, actor)
		return ledger.RunMissed, "found too late", err
	}
	d := release.Departure{Key: key, PullBack: time.Duration(n.Schedule.PullBack), By: actor}
	if n.Schedule.DeliverAt == newsletter.DeliverLocal {
		d.LocalWall = slot.Wall
	}
	leaves, err := r.desk.Depart(ctx, b, d)
	switch {
	case err == nil && leaves.IsZero():
		return ledger.RunDone, fmt.Sprintf("bulletin %d is leaving", b.Number), nil
	case err == nil:
		return ledger.RunDone, leavesNote(b, leaves), nil
	case ctx.Err() != nil || passes(err):
		return "", "", err
	}
	return ledger.RunHeld, err.Error(), r.desk.Withhold(ctx, b, release.Withheld{Why: err.Error(), Key: key}, actor)
}

func leavesNote(b *store.Bulletin, at time.Time) string {
	return fmt.Sprintf("bulletin %d leaves at %s unless it is stopped", b.Number, at.UTC().Format("2006-01-02 15:04 UTC"))
}

// departures looks after the bulletins that wait for a time of their own, or for
// the end of the time in which they may be stopped. Each has its state as its
// guard: once it is sent or held it waits no more.
func (r *Runner) departures(ctx context.Context, n *newsletter.Newsletter, c *calendar) error {
	list, err := r.store.Departing(ctx, n.ID)
	if err != nil {
		return err
	}
	for _, b := range list {
		slot, due, err := r.ownSlot(ctx, n, c, b)
		if err != nil {
			return err
		}
		if !due {
			continue
		}
		verdict := Decide(slot.Due, r.store.Now(), c.plan.Late)
		if verdict == Wait {
			verdict = Run
		}
		_, note, err := r.depart(ctx, n, c, slot, b, verdict, fmt.Sprintf("depart/%d/%s/%d", b.ID, slot.Wall, b.LeavesAt.Unix()))
		if err != nil {
			return fmt.Errorf("bulletin %s: %w", b.Ref(), err)
		}
		r.log.Info("a bulletin's own time has come", "bulletin", b.Ref(), "note", note)
	}
	return nil
}

// ownSlot is the time that a bulletin waits for, and whether it has come.
func (r *Runner) ownSlot(ctx context.Context, n *newsletter.Newsletter, c *calendar, b *store.Bulletin) (slot Slot, due bool, err error) {
	slot, ok := c.own(b)
	if !ok {
		return Slot{}, false, fmt.Errorf("bulletin %s has the time %q, which cannot be read", b.Ref(), b.SendWall)
	}
	if b.LeavesAt.IsZero() && n.Schedule.DeliverAt == newsletter.DeliverLocal {
		err = r.openAtFirstHour(ctx, n, c, &slot)
	}
	if b.LocalWall != "" && !b.LeavesAt.IsZero() {
		slot.Wall = b.LocalWall // what readers' clocks are to show does not change while it waits
	}
	return slot, !r.store.Now().Before(slot.Opens), err
}
