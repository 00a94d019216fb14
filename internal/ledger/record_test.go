package ledger_test

import (
	"testing"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

// TestRecordFollowsTheArrows tries every result on every state, by the token that
// marked the row and by another.
func TestRecordFollowsTheArrows(t *testing.T) {
	t.Parallel()
	const mine, other = 11, 22
	const (
		pending, late   = newsletter.DeliveryPending, newsletter.DeliveryDeferred
		flying, arrived = newsletter.DeliveryInFlight, newsletter.DeliverySent
		refused, unsure = newsletter.DeliveryFailed, newsletter.DeliveryUncertain
	)
	type arrow struct {
		from  newsletter.DeliveryState
		token int64
		to    newsletter.DeliveryState
	}
	allowed := map[arrow]bool{}
	for _, token := range []int64{mine, other} { // before the mark nobody's token is on the row
		for _, from := range []newsletter.DeliveryState{pending, late} {
			allowed[arrow{from, token, late}], allowed[arrow{from, token, refused}] = true, true
		}
	}
	for _, to := range []newsletter.DeliveryState{arrived, late, refused, unsure} {
		allowed[arrow{flying, mine, to}] = true
	}
	allowed[arrow{unsure, mine, arrived}], allowed[arrow{unsure, mine, refused}] = true, true

	w := newWorld(t, 1)
	w.freeze()
	w.run()
	for from := pending; from <= newsletter.DeliveryCancelled; from++ {
		for _, token := range []int64{mine, other} {
			for _, r := range []ledger.Result{sent, deferred, failed, lost} {
				w.exec(`UPDATE deliveries SET state = $1, token = $2, class = 'before'`, int(from), mine)
				w.record(1, token, r)
				want, class := from, "before"
				if allowed[arrow{from, token, r.State}] {
					want, class = r.State, r.Class
				}
				if w.state(1) != want || w.class(1) != class {
					t.Errorf("%s, then %s by token %d: now %s (%s), want %s (%s)", from, r.State, token, w.state(1), w.class(1), want, class)
				}
			}
		}
	}
}

func TestRecordRefusesWhatIsNoEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	for _, state := range []newsletter.DeliveryState{
		newsletter.DeliveryPending, newsletter.DeliveryInFlight, newsletter.DeliverySkipped, newsletter.DeliveryCancelled, 8, -1,
	} {
		if err := w.Record(t.Context(), ref(1), 11, ledger.Result{State: state}); err == nil {
			t.Errorf("%s was taken", state)
		}
	}
}

func TestRecordKeepsTheServersWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	w.run()
	r := deferred
	r.NotBefore = w.clock.Now().Add(time.Hour)
	w.record(1, 11, r)
	got := w.word(`SELECT state || ' ' || attempts || ' ' || (not_before - at) || ' ' || code || ' ' || enhanced || ' ' || reply || ' ' || class FROM deliveries`)
	if want := "1 1 3600000 451 4.7.1 later greylisted"; got != want {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func TestFirstAttemptIsOfThoseThatCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	w.run()
	fault := ledger.Result{State: newsletter.DeliveryDeferred, Class: "the server refuses the sender"}
	first := func() int64 { return w.number(`SELECT first_at FROM deliveries`) }
	w.mark(1, 11)
	w.record(1, 11, fault)
	if first() != 0 || w.number(`SELECT attempts FROM deliveries`) != 0 {
		t.Error("the sender's own fault counts as the first attempt")
	}
	w.clock.pass(72 * time.Hour)
	w.record(1, 11, deferred)
	begun := w.clock.Now().UnixMilli()
	if first() != begun {
		t.Errorf("the first attempt was at %d, want %d", first(), begun)
	}
	w.clock.pass(time.Hour)
	w.mark(1, 11)
	w.record(1, 11, fault)
	w.mark(1, 11)
	w.record(1, 11, sent)
	if first() != begun || w.number(`SELECT attempts FROM deliveries`) != 2 {
		t.Errorf("the first attempt is at %d of %d counted, want %d of 2", first(), w.number(`SELECT attempts FROM deliveries`), begun)
	}
}

// TestWhoLeavesInFlightIsNotTriedAgain is about readers who leave after the mark
// of a message that the server then defers.
func TestWhoLeavesInFlightIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		leave func(*world)
		state newsletter.DeliveryState
		class string
	}{
		{"stays", func(*world) {}, newsletter.DeliveryDeferred, "greylisted"},
		{"unsubscribed", func(w *world) { w.leave(1) }, newsletter.DeliverySkipped, "unsubscribed"},
		{"suspended", func(w *world) { w.exec(`UPDATE subscriptions SET state = 'suspended'`) }, newsletter.DeliverySkipped, "suspended"},
		{"suppressed", func(w *world) {
			w.exec(`INSERT INTO suppressions (email_hash, newsletter_id, reason, made_at) VALUES (CAST('h1' AS BLOB), 1, 'complained', 1)`)
		}, newsletter.DeliverySkipped, "suppressed: complained"},
		{"subscription removed", func(w *world) { w.exec(`DELETE FROM subscriptions`) }, newsletter.DeliverySkipped, "unsubscribed"},
		{"erased", func(w *world) { w.exec(`DELETE FROM subscribers`) }, newsletter.DeliverySkipped, "erased"},
		{"cancelled", func(w *world) { w.move(newsletter.BulletinCancelled); cancel(w) }, newsletter.DeliveryCancelled, "cancelled"},
		{"paused", func(w *world) { w.move(newsletter.BulletinPaused) }, newsletter.DeliveryDeferred, "greylisted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.freeze()
			w.run()
			chunk, _ := w.claim()
			w.mark(1, 11)
			c.leave(w)
			w.is(1, newsletter.DeliveryInFlight, "")
			w.record(1, 11, deferred)
			w.is(1, c.state, c.class)
			w.finish(chunk)
			if want := c.state == newsletter.DeliveryDeferred; w.open() != want {
				t.Errorf("the ledger is open: %t, want %t", w.open(), want)
			}
		})
	}
	t.Run("who leaves is still sent to when the server took it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, 1)
		w.freeze()
		w.run()
		w.mark(1, 11)
		w.leave(1)
		w.record(1, 11, sent)
		w.is(1, newsletter.DeliverySent, "")
	})
}
