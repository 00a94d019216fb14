package schedule

import (
	"context"
	"strings"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

func date(t *testing.T, text string) newsletter.Date {
	t.Helper()
	d, err := newsletter.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *week) book() *Book { return NewBook(w.store, w.ledger) }

// comes compares what comes until a day with "KIND WALL", and a mark of what was
// changed.
func (w *week) comes(n *newsletter.Newsletter, until string, want ...string) {
	w.t.Helper()
	entries, err := w.book().Coming(w.t.Context(), n, minute(w.t, until))
	w.must(err)
	var got []string
	for _, e := range entries {
		line := string(e.Kind) + " " + e.Wall
		if e.Change != nil {
			line += " " + e.Change.Kind
		}
		if e.Own {
			line += " own"
		}
		got = append(got, line)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("what comes is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAWeekIsSkippedAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly())
	w.item(n)
	w.must(w.book().Skip(t.Context(), n, date(t, "2027-03-12"), "storm", "ana"))
	w.comes(n, "2027-03-13 00:00", "assemble 2027-03-10T16:00 skip", "proof 2027-03-10T16:30 skip", "send 2027-03-12T08:00 skip")
	w.until("2027-03-10 16:00")
	w.tick(w.runner())
	w.told(n, "assemble 2027-03-10T16:00 nothing")
	if run := w.runs(n)[0]; run.Note != "skipped by ana: storm" {
		t.Errorf("the run says %q", run.Note)
	}
	// Taken back on the next day, what was left out comes with the next minute.
	w.until("2027-03-11 10:00")
	w.tick(w.runner())
	again, err := w.book().Restore(t.Context(), n, date(t, "2027-03-12"), "ana")
	if err != nil || again != date(t, "2027-03-12") {
		t.Fatal(again, err)
	}
	w.comes(n, "2027-03-13 00:00", "assemble 2027-03-11T10:01 move", "proof 2027-03-11T10:01 move", "send 2027-03-12T08:00 move")
	w.until("2027-03-11 10:02")
	w.tick(w.runner())
	w.until("2027-03-12 08:00")
	w.tick(w.runner())
	w.told(n, "assemble 2027-03-10T16:00 nothing", "proof 2027-03-10T16:30 nothing",
		"assemble 2027-03-11T10:01 done", "proof 2027-03-11T10:01 done", "send 2027-03-12T08:00 done")
}

func TestASkippedWeekIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly())
	w.item(n)
	w.until("2027-03-10 16:30")
	w.tick(w.runner())
	w.must(w.book().Skip(t.Context(), n, date(t, "2027-03-12"), "", "ana"))
	w.until("2027-03-12 09:00")
	w.tick(w.runner())
	w.told(n, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done", "send 2027-03-12T08:00 nothing")
	w.only(n, newsletter.BulletinReview)
	for _, what := range []string{"skip", "move", "restore"} {
		w.refused(w.tries(n, what), newsletter.Refused) // it is over
	}
}

// tries tries a change of the week of 12 March.
func (w *week) tries(n *newsletter.Newsletter, what string) (err error) {
	day := newsletter.Date{Year: 2027, Month: time.March, Day: 12}
	switch what {
	case "skip":
		return w.book().Skip(w.t.Context(), n, day, "", "ana")
	case "move":
		return w.book().Move(w.t.Context(), n, day, "2027-03-15 08:00", "", "ana")
	default:
		_, err = w.book().Restore(w.t.Context(), n, day, "ana")
		return err
	}
}

func (w *week) refused(err error, kind newsletter.Kind) {
	w.t.Helper()
	if err == nil || newsletter.KindOf(err) != kind || newsletter.RemedyOf(err) == "" {
		w.t.Errorf("the answer is %v (kind %d, remedy %q), want kind %d", err, newsletter.KindOf(err), newsletter.RemedyOf(err), kind)
	}
}

func TestAWeekIsMoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at, to, restart string
		want            []string
		dated           string
	}{
		"before anything was done": {
			"2027-03-08 12:00", "2027-03-11 08:00", "2027-03-11 07:00",
			[]string{"assemble 2027-03-09T16:00 done", "proof 2027-03-09T16:30 done", "send 2027-03-11T08:00 done"},
			"2027-03-11",
		},
		"so near that the first runs come at once": {
			"2027-03-09 18:00", "2027-03-11 08:00", "2027-03-11 07:00",
			[]string{"assemble 2027-03-09T18:01 done", "proof 2027-03-09T18:01 done", "send 2027-03-11T08:00 done"},
			"2027-03-11",
		},
		"after it was made: it keeps its date": {
			"2027-03-10 17:00", "2027-03-15 08:00", "2027-03-12 09:00",
			[]string{"assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done", "send 2027-03-15T08:00 done"},
			"2027-03-12",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWeek(t, "2027-03-08 10:00")
			n := w.newsletter("weekly", "UTC", weekly())
			w.item(n)
			for w.now().Before(minute(t, c.at)) {
				w.pass(time.Hour)
				w.tick(w.runner())
			}
			w.until(c.at)
			w.must(w.book().Move(t.Context(), n, date(t, "2027-03-12"), c.to, "holiday", "ana"))
			for w.now().Before(minute(t, "2027-03-16 12:00")) {
				w.tick(w.runner())
				w.pass(time.Minute * 10)
			}
			w.told(n, c.want...)
			b := w.only(n, newsletter.BulletinSending)
			if b.Date != date(t, c.dated) {
				t.Errorf("the bulletin is dated %s, want %s", b.Date, c.dated)
			}
		})
	}
}

func TestAnExtraBulletinIsMadeAndSent(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly())
	change, err := w.book().Add(t.Context(), n, "2027-03-16 09:00", "appeal", "ana")
	w.must(err)
	if change.Assemble != "2027-03-14T17:00" || change.Proof != "2027-03-14T17:30" {
		t.Errorf("the runs are %+v", change)
	}
	_, err = w.book().Add(t.Context(), n, "2027-03-16 10:00", "", "ana")
	w.refused(err, newsletter.Conflict)
	_, err = w.book().Add(t.Context(), n, "2027-03-19 10:00", "", "ana")
	w.refused(err, newsletter.Conflict)
	_, err = w.book().Add(t.Context(), n, "2027-03-08 11:00", "", "ana")
	w.refused(err, newsletter.Refused)
	w.until("2027-03-13 00:00")
	w.tick(w.runner())
	w.item(n)
	for w.now().Before(minute(t, "2027-03-20 00:00")) {
		w.tick(w.runner())
		w.pass(30 * time.Minute)
	}
	if b := w.only(n, newsletter.BulletinSending); b.Date != date(t, "2027-03-16") {
		t.Errorf("the bulletin is dated %s", b.Date)
	}
}

// TestAChangeAndTheRunExcludeEachOther lets a program that has read the calendar
// begin a run after somebody skipped it.
func TestAChangeAndTheRunExcludeEachOther(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly())
	w.item(n)
	c, err := w.runner().calendar(t.Context(), n)
	w.must(err)
	s, _ := c.next(Assemble, "", c.begin)
	w.must(w.book().Skip(t.Context(), n, date(t, "2027-03-12"), "", "ana"))
	run := &ledger.Run{NewsletterID: n.ID, Kind: string(s.Kind), Wall: s.Wall, DueAt: s.At, Outcome: ledger.RunStarted, Changes: c.version}
	if won, err := w.ledger.StartRun(t.Context(), run); won || err != nil {
		t.Errorf("the run was begun although it was skipped: %v", err)
	}
}

// TestAYearWithChanges skips, moves and adds at random through a year with both
// changes of the clock, restarts in between, and wants each edition at most once,
// at its time, and none of those that were skipped.
func TestAYearWithChanges(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "Pacific/Chatham"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			w := newWeek(t, "2026-12-28 12:00")
			n := w.newsletter("weekly", zone, newsletter.Schedule{Assemble: "0 16 * * 3", Proof: "30 16 * * 3", Send: "30 2 * * 0", Late: newsletter.Duration(12 * time.Hour)})
			wanted := map[string]string{} // send run → "skip", or the bulletin's date
			sunday := time.Date(2027, 1, 3, 0, 0, 0, 0, time.UTC)
			for i := 0; sunday.Year() == 2027; i, sunday = i+1, sunday.AddDate(0, 0, 7) {
				day := newsletter.DateOf(sunday)
				switch i % 5 {
				case 1:
					w.must(w.book().Skip(t.Context(), n, day, "", "ana"))
					wanted[day.String()+"T02:30"] = ledger.RunNothing
				case 2:
					w.must(w.book().Move(t.Context(), n, day, day.AddDays(-1).String()+" 20:15", "", "ana"))
					wanted[day.AddDays(-1).String()+"T20:15"] = ledger.RunDone
				case 3:
					w.must(w.book().Skip(t.Context(), n, day, "", "ana"))
					_, err := w.book().Restore(t.Context(), n, day, "ana")
					w.must(err)
					wanted[day.String()+"T02:30"] = ledger.RunDone
				case 4:
					_, err := w.book().Add(t.Context(), n, day.AddDays(2).String()+" 02:30", "", "ana")
					w.must(err)
					wanted[day.AddDays(2).String()+"T02:30"] = ledger.RunDone
					fallthrough
				default:
					wanted[day.String()+"T02:30"] = ledger.RunDone
				}
			}
			r := w.runner()
			for i := 0; w.now().Before(minute(t, "2028-01-04 00:00")); i++ {
				if i%2 == 0 {
					w.item(n)
				}
				w.tick(r)
				if i%7 == 0 {
					r = w.runner()
				}
				w.pass(11 * time.Hour)
			}
			w.checkSends(n, wanted)
		})
	}
}

func (w *week) checkSends(n *newsletter.Newsletter, wanted map[string]string) {
	w.t.Helper()
	seen := map[string]bool{}
	for _, r := range w.runs(n) {
		if r.Kind != string(Send) || !strings.HasPrefix(r.Wall, "2027") {
			continue
		}
		seen[r.Wall] = true
		if want, ok := wanted[r.Wall]; !ok || r.Outcome != want {
			w.t.Errorf("the send run of %s is %s (%s), want %q", r.Wall, r.Outcome, r.Note, want)
		}
	}
	for wall := range wanted {
		if !seen[wall] && strings.HasPrefix(wall, "2027") {
			w.t.Errorf("there is no send run of %s", wall)
		}
	}
	left := 0
	for _, b := range w.bulletins(n) {
		if b.State == newsletter.BulletinSending {
			left++
		}
	}
	done := 0
	w.must(w.store.DB().Read(context.WithoutCancel(w.t.Context()), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM runs WHERE kind = 'send' AND outcome = 'done'`).Scan(&done)
	}))
	if left != done {
		w.t.Errorf("%d bulletins left in %d runs", left, done)
	}
}
