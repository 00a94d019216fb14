package inbound_test

import (
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

// refuse makes a server's refusal at once of a delivery.
func (w *world) refuse(bulletin, reader int64, class string) {
	w.t.Helper()
	w.exec(`UPDATE deliveries SET state = 4, class = $3 WHERE bulletin_id = $1 AND subscriber_id = $2`, bulletin, reader, class)
}

func (w *world) work() {
	w.t.Helper()
	_, err := w.Work(w.t.Context())
	w.must(err)
	w.balanced()
}

func TestRefusalsAtOnceFollowThePolicyWhenTheBulletinHasEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6)
	for range 3 {
		b := w.sent(w.weekly)
		w.refuse(b, 2, "mailbox full")
		w.refuse(b, 3, "policy")
		w.refuse(b, 4, "given up: connection")
		w.refuse(b, 5, "given up: temporary")
		if b == 3 {
			w.refuse(b, 1, "unknown user")
		}
		w.work()
		if w.standing(w.weekly, 1) != "active" {
			t.Error("it was followed up before the end")
		}
		w.exec(`UPDATE bulletins SET ended_at = $2 WHERE id = $1`, b, w.clock.Now().UnixMilli())
		w.work()
		w.clock.pass(week)
	}
	for reader, want := range map[int64]string{1: "suspended", 2: "suspended", 3: "active", 4: "active", 5: "suspended", 6: "active"} {
		if got := w.standing(w.weekly, reader); got != want {
			t.Errorf("reader %d is %s, want %s", reader, got, want)
		}
	}
	// Who is resumed by hand is not suspended again for the same refusal.
	w.must(w.people.Resume(t.Context(), 1, w.weekly.ID, "ana"))
	w.work()
	if got := w.standing(w.weekly, 1); got != "active" {
		t.Errorf("reader 1 is %s again", got)
	}
}

func TestOldRefusalsAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	b := w.sent(w.weekly)
	w.refuse(b, 1, "unknown user")
	w.exec(`UPDATE bulletins SET ended_at = $2 WHERE id = $1`, b, w.clock.Now().Add(-15*24*time.Hour).UnixMilli())
	w.work()
	if got := w.standing(w.weekly, 1); got != "active" {
		t.Errorf("reader 1 is %s", got)
	}
}

func TestServerThatRefusesMostReadersSuspendsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30, func(n *newsletter.Newsletter) { n.Bounces.Soft = 1 })
	b := w.sent(w.weekly)
	for reader := range int64(25) {
		w.refuse(b, reader+1, "unknown user")
	}
	w.exec(`UPDATE bulletins SET ended_at = $2 WHERE id = $1`, b, w.clock.Now().UnixMilli())
	w.work()
	w.work()
	if n := w.word(`SELECT COUNT(*) FROM subscriptions WHERE state = 'active'`); n != "30" {
		t.Errorf("%s are active", n)
	}
	if letters := w.word(`SELECT COUNT(*) FROM notices`); letters != "2" || !strings.Contains(w.word(`SELECT letter FROM notices LIMIT 1`), "Of 30 readers of bulletin weekly/1, 25 were refused") {
		t.Errorf("%s warnings", letters)
	}
}
