package inbound

import (
	"context"
	"log/slog"
	"time"
)

// Intervals of Run: how often it looks for what others have kept, and how long it
// waits after a failure.
const (
	lookEvery  = time.Minute
	tellEvery  = time.Minute
	gatherFor  = 100 * time.Millisecond
	afterFault = 10 * time.Second
)

// Run works until ctx ends: on what a process before it left behind, at once on
// what Accept of this Intake keeps, and once a minute on what others have kept, and
// on the rates of sends that are under way. A failure is logged and tried again:
// what is kept waits.
func (i *Intake) Run(ctx context.Context) error {
	defer func() { i.countForged(context.WithoutCancel(ctx)) }()
	for told := (teller{log: i.log}); ctx.Err() == nil; {
		i.countForged(ctx)
		pause := lookEvery
		worked, err := i.Work(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			i.log.Error("mail that came in waits", "error", err)
			pause = afterFault
		}
		told.add(worked)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-i.kept:
			i.settle(ctx)
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// settle waits a moment for what comes behind a message, so that a flood is worked
// through in large steps.
func (i *Intake) settle(ctx context.Context) {
	timer := time.NewTimer(gatherFor)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// teller says at most once a minute how much was done.
type teller struct {
	log    *slog.Logger
	worked int
	last   time.Time
}

func (t *teller) add(worked int) {
	t.worked += worked
	if t.worked > 0 && time.Since(t.last) >= tellEvery {
		t.log.Info("acted on mail that came in", "messages", t.worked)
		t.worked, t.last = 0, time.Now()
	}
}

// wake tells Run that something was kept.
func (i *Intake) wake() {
	select {
	case i.kept <- struct{}{}:
	default: // it has been told already
	}
}
