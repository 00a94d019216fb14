package delivery

import (
	"bytes"
	"net/mail"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
	"epistle/internal/store"
)

// goesRound lets a bulletin leave at 18:00 UTC of 11 March for readers who are to
// have it when their own clocks show 8:00 on the 12th.
func (o *office) goesRound(zones ...string) *store.Bulletin {
	o.t.Helper()
	o.crowd(len(zones))
	for i, zone := range zones {
		o.change(`UPDATE subscribers SET time_zone = $2 WHERE email = $1`, reader(i+1), zone)
	}
	o.clock.advance(-14 * time.Hour)
	b := o.bulletin("2027-03-12")
	o.must(o.db.Write(o.t.Context(), func(tx *database.Tx) error { return o.store.SetLocalWallTx(tx, b, "2027-03-12T08:00") }))
	o.move(b, newsletter.BulletinApproved)
	o.move(b, newsletter.BulletinSending)
	return b
}

// TestEachReaderGetsItAtTheSameLocalHour lets a bulletin go round the world, with
// a new sender at every step.
func TestEachReaderGetsItAtTheSameLocalHour(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, func(n *newsletter.Newsletter) {
		n.TimeZone, n.Schedule.Late = "Europe/Lisbon", newsletter.Duration(24*time.Hour)
	})
	b := o.goesRound("Pacific/Kiritimati", "Asia/Kolkata", "", "No/Such", "America/New_York")
	begun := o.clock.now()
	before := 0
	for _, step := range []struct {
		after time.Duration // since the first hour
		want  int           // messages by then
	}{
		{0, 1},
		{8*time.Hour + 29*time.Minute, 1},
		{8*time.Hour + 30*time.Minute, 2}, // 2:30 UTC: 8:00 in Kolkata
		{13 * time.Hour, 2},
		{14 * time.Hour, 4}, // 8:00 in Lisbon, also for those of whom no zone is known
		{18*time.Hour + 59*time.Minute, 4},
		{19 * time.Hour, 5}, // 13:00 UTC: 8:00 in New York, before its clocks change
	} {
		o.clock.advance(begun.Add(step.after).Sub(o.clock.now()))
		if step.want > before {
			s := o.start(2)
			s.await(t, step.want-before, "delivery", "state=sent")
			s.stop()
		} else if _, rows, err := o.ledger.Claim(t.Context(), b.ID, 0, nil); len(rows) > 0 || err != nil {
			t.Errorf("after %s something is due: %v, %v", step.after, rows, err)
		}
		before = step.want
		if n := len(o.server.Accepted()); n != step.want {
			t.Fatalf("after %s %d messages left, want %d", step.after, n, step.want)
		}
		status, err := o.ledger.Status(t.Context(), b.ID)
		o.must(err)
		if status.Waiting != 5-step.want || step.want < 5 && !status.LastHour.Equal(begun.Add(19*time.Hour)) {
			t.Errorf("after %s %d wait until %s", step.after, status.Waiting, status.LastHour)
		}
	}
	var date string
	for _, m := range o.server.Accepted() {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
		o.must(err)
		if d := parsed.Header.Get("Date"); date != "" && d != date {
			t.Errorf("the dates are %s and %s", date, d)
		} else {
			date = d
		}
	}
}

func TestWhoseHourHasPassedGetsItAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, func(n *newsletter.Newsletter) { n.TimeZone = "Europe/Lisbon" })
	o.clock.advance(19 * time.Hour) // it leaves at 13:00 UTC at last
	b := o.goesRound("Pacific/Kiritimati", "Asia/Kolkata", "", "America/Los_Angeles")
	s := o.start(1)
	s.await(t, 3, "delivery", "state=sent")
	s.stop()
	status, err := o.ledger.Status(t.Context(), b.ID)
	o.must(err)
	if status.Waiting != 1 || status.NextHour.Sub(o.clock.now()) <= 0 {
		t.Errorf("%d wait until %s; it is %s", status.Waiting, status.NextHour, o.clock.now())
	}
	// Who leaves while waiting is taken out, and a cancel ends the rest.
	_, err = o.audience.Leave(t.Context(), 4, o.newsletter.ID, "page", "reader")
	o.must(err)
	if status, err = o.ledger.Status(t.Context(), b.ID); err != nil || status.Balance[newsletter.DeliverySkipped] != 1 || status.Waiting != 0 {
		t.Errorf("the balance is %v, %v", status.Balance, err)
	}
}
