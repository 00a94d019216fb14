package ledger_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/ledger"
)

func TestRunIsWonOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	var won atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			r := &ledger.Run{NewsletterID: list, Kind: "send", Wall: "2027-03-12T08:00", DueAt: w.clock.Now(), Outcome: ledger.RunStarted}
			ok, err := w.StartRun(t.Context(), r)
			if err != nil {
				t.Error(err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("the run was won %d times", won.Load())
	}
}

func TestRunsAreKeptByNewsletterKindAndTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	start := func(newsletter int64, kind, wall string) *ledger.Run {
		t.Helper()
		r := &ledger.Run{NewsletterID: newsletter, Kind: kind, Wall: wall, DueAt: w.clock.Now(), Outcome: ledger.RunStarted, Note: "begun"}
		if won, err := w.StartRun(t.Context(), r); err != nil || !won {
			t.Fatalf("%s %s: won %t, %v", kind, wall, won, err)
		}
		return r
	}
	last := func(kind string) *ledger.Run {
		t.Helper()
		r, err := w.LastRun(t.Context(), list, kind)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if last("send") != nil {
		t.Error("there is a last run before the first")
	}
	first := start(list, "send", "2027-03-05T08:00")
	start(list, "assemble", "2027-03-12T08:00")
	start(2, "send", "2027-03-26T08:00")
	second := start(list, "send", "2027-03-12T08:00")
	if got := last("send"); *got != *second {
		t.Errorf("the last run is %+v, want %+v", got, second)
	}
	first.Outcome, first.BulletinID, first.Note = ledger.RunDone, bulletin, "bulletin 1"
	if err := w.EndRun(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	unfinished, err := w.UnfinishedRuns(t.Context(), list)
	if err != nil || len(unfinished) != 2 || unfinished[0].Kind != "assemble" || unfinished[1].Wall != second.Wall {
		t.Errorf("unfinished are %+v, %v", unfinished, err)
	}
	second.Outcome = ledger.RunHeld
	if err := w.EndRun(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if got := last("send"); got.Outcome != ledger.RunHeld || !got.DueAt.Equal(w.clock.Now()) {
		t.Errorf("the last run is %+v", got)
	}
}

// TestRunIsEndedOnce: whoever took a run over has the last word.
func TestRunIsEndedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	r := &ledger.Run{NewsletterID: list, Kind: "proof", Wall: "2027-03-11T08:00", DueAt: w.clock.Now().Add(-time.Hour), Outcome: ledger.RunStarted}
	if _, err := w.StartRun(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, outcome := range []string{ledger.RunDone, ledger.RunFailed} {
		r.Outcome = outcome
		if err := w.EndRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.word(`SELECT outcome FROM runs`); got != ledger.RunDone {
		t.Errorf("the outcome is %s, want the first one", got)
	}
}

func TestRunRefusesAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	if _, err := w.StartRun(t.Context(), &ledger.Run{NewsletterID: list, Kind: "send", Wall: "x", Outcome: "perhaps"}); err == nil {
		t.Error("it was stored")
	}
}
