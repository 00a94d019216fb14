package ledger_test

import (
	"testing"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

func TestClaimHandsOutEveryRowOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 25)
	w.SetSizes(20, 10)
	w.freeze()
	busy, seen := map[int64]bool{}, map[int64]bool{}
	for range 3 {
		chunk, rows, err := w.Claim(t.Context(), bulletin, 0, busy)
		if err != nil || chunk == nil {
			t.Fatalf("chunk %v, %v", chunk, err)
		}
		busy[chunk.Lo] = true
		for _, d := range rows {
			if seen[d.SubscriberID] || d.SubscriberID < chunk.Lo || d.SubscriberID > chunk.Hi {
				t.Errorf("row %d in chunk %v", d.SubscriberID, *chunk)
			}
			seen[d.SubscriberID] = true
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d rows were handed out, want 25", len(seen))
	}
	if chunk, _, err := w.Claim(t.Context(), bulletin, 0, busy); chunk != nil || err != nil {
		t.Errorf("a busy chunk %v was handed out (%v)", chunk, err)
	}
}

func TestClaimBringsWhatTheMessageNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	w.run()
	w.record(1, 11, deferred)
	_, rows := w.claim()
	want := ledger.Delivery{Ref: ref(1), Email: "r1@example.org", Name: "Reader 1", Language: "en", Attempts: 1, FirstAt: w.clock.Now()}
	if len(rows) != 1 || rows[0] != want {
		t.Errorf("rows %+v, want %+v", rows, want)
	}
}

func TestClaimGivesNothingUnlessTheBulletinIsBeingSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	for state, want := range map[newsletter.BulletinState]bool{
		newsletter.BulletinSending: true, newsletter.BulletinPaused: false, newsletter.BulletinCancelled: false, newsletter.BulletinSent: false,
	} {
		w.move(state)
		if chunk, _ := w.claim(); (chunk != nil) != want {
			t.Errorf("%s: chunk %v", state, chunk)
		}
	}
}

func TestFinishOpensTheChunkWhenItsNextRowIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.freeze()
	w.run()
	chunk, _ := w.claim()
	now := w.clock.Now()
	for reader, wait := range map[int64]time.Duration{1: 2 * time.Hour, 2: time.Hour} {
		r := deferred
		r.NotBefore = now.Add(wait)
		w.mark(reader, 11)
		w.record(reader, 11, r)
	}
	w.mark(3, 11)
	w.record(3, 11, sent)
	w.finish(chunk)
	due := func(want ...int64) {
		t.Helper()
		c, rows := w.claim()
		if (c != nil) != (len(want) > 0) || len(rows) != len(want) {
			t.Fatalf("%v, %d rows are due, want %v", c, len(rows), want)
		}
		for i, d := range rows {
			if d.SubscriberID != want[i] {
				t.Errorf("reader %d is due, want %d", d.SubscriberID, want[i])
			}
		}
	}
	due()
	status, err := w.Status(t.Context(), bulletin)
	if err != nil || !status.NextTry.Equal(now.Add(time.Hour)) {
		t.Errorf("the next try is at %s, %v", status.NextTry, err)
	}
	w.clock.pass(time.Hour)
	due(2)
	w.mark(2, 11)
	w.record(2, 11, sent)
	w.finish(chunk)
	due()
	if !w.open() {
		t.Error("the ledger is closed with a row deferred")
	}
	w.clock.pass(time.Hour)
	due(1)
	w.record(1, 11, failed)
	w.finish(chunk)
	if w.open() {
		t.Error("the ledger is open though every row has its end")
	}
}

func TestFinishLeavesRowsThatWereNotBegunDueAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.freeze()
	w.run()
	chunk, _ := w.claim()
	w.mark(1, 11)
	w.record(1, 11, ledger.Result{State: newsletter.DeliveryDeferred, Class: "the server refuses the sender"})
	w.finish(chunk)
	if c, rows := w.claim(); c == nil || len(rows) != 2 {
		t.Errorf("%v, %d rows are due, want both", c, len(rows))
	}
}

// TestErasedReaderDoesNotKeepTheChunkOpen: the row of a person who is gone cannot
// be claimed and must come to an end all the same.
func TestErasedReaderDoesNotKeepTheChunkOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.freeze()
	w.run()
	w.exec(`DELETE FROM subscribers WHERE id = 1`)
	chunk, rows := w.claim()
	if len(rows) != 1 || rows[0].SubscriberID != 2 {
		t.Fatalf("rows %v", rows)
	}
	w.record(2, 11, failed)
	w.finish(chunk)
	w.is(1, newsletter.DeliverySkipped, "erased")
	if w.open() {
		t.Error("the ledger is open")
	}
}

// TestRowInFlightDoesNotStarveOtherChunks: a record that could not be written
// leaves its row in flight until the next start.
func TestRowInFlightDoesNotStarveOtherChunks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.SetSizes(2, 1)
	w.freeze()
	w.run()
	chunk, _ := w.claim()
	w.mark(1, 11)
	w.finish(chunk)
	if next, rows := w.claim(); next == nil || next.Lo != 2 || len(rows) != 1 {
		t.Errorf("the next chunk is %v with %d rows, want the other one", next, len(rows))
	}
	if !w.open() {
		t.Error("the ledger is closed with a row in flight")
	}
}
