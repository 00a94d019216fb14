package schedule

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/release"
	"epistle/internal/store"
)

// TestAYearHasOneRunOfEachKindAWeek lives through a year with both changes of the
// clock, with times that the changes leave out or bring twice, two programs that
// take turns, and restarts. Around the changes there is something to say.
func TestAYearHasOneRunOfEachKindAWeek(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone                  string
		assemble, proof, send string
		full                  []string // weeks with content, by their first instant
	}{
		{"Europe/Berlin", "0 16 * * 5", "30 2 * * 0", "45 2 * * 0", []string{"2027-03-25 00:00", "2027-10-28 00:00"}},
		{"America/New_York", "0 16 * * 5", "30 1 * * 0", "30 2 * * 0", []string{"2027-03-11 00:00", "2027-11-04 00:00"}},
		{"Africa/Cairo", "30 23 * * 4", "0 0 * * 5", "30 0 * * 5", []string{"2027-04-26 00:00", "2027-10-25 00:00"}},
		{"Asia/Kathmandu", "0 16 * * 3", "30 16 * * 3", "0 8 * * 5", []string{"2027-03-22 00:00"}},
	} {
		t.Run(c.zone, func(t *testing.T) {
			t.Parallel()
			w := newWeek(t, "2026-12-31 12:00")
			n := w.newsletter("weekly", c.zone, newsletter.Schedule{Assemble: c.assemble, Proof: c.proof, Send: c.send})
			full := c.full
			programs := []*Runner{w.runner(), w.runner()}
			for i := 0; w.now().Before(minute(t, "2028-01-01 12:00")); i++ {
				if len(full) > 0 && !w.now().Before(minute(t, full[0])) {
					w.item(n)
					full = full[1:]
				}
				w.tick(programs[i%2])
				if i%97 == 0 {
					programs[i%2] = w.runner() // a restart
				}
				w.pass(5 * time.Hour)
			}
			w.checkYear(n, zone(t, c.zone), len(c.full))
		})
	}
}

// checkYear wants a run of each kind in each calendar week of 2027, and the full
// weeks to have left.
func (w *week) checkYear(n *newsletter.Newsletter, loc *time.Location, full int) {
	w.t.Helper()
	weeks := map[string]map[int]int{}
	done := map[string]int{}
	for _, r := range w.runs(n) {
		wall, err := time.Parse(wallLayout, r.Wall)
		w.must(err)
		if _, number := wall.ISOWeek(); wall.Year() == 2027 && wall.YearDay() > 3 {
			if weeks[r.Kind] == nil {
				weeks[r.Kind] = map[int]int{}
			}
			weeks[r.Kind][number]++
		}
		if late := r.StartedAt.Sub(r.DueAt); late < 0 || late >= 5*time.Hour {
			w.t.Errorf("%s of %s ran %s after its time", r.Kind, r.Wall, late)
		}
		if shown := WallOf(r.DueAt, loc); shown < r.Wall {
			w.t.Errorf("%s of %s was due when the clock showed %s", r.Kind, r.Wall, shown)
		}
		switch r.Outcome {
		case ledger.RunDone:
			done[r.Kind]++
		case ledger.RunNothing:
		default:
			w.t.Errorf("%s of %s is %s: %s", r.Kind, r.Wall, r.Outcome, r.Note)
		}
	}
	for _, k := range Kinds() {
		for number := 1; number <= 51; number++ {
			if weeks[string(k)][number] != 1 {
				w.t.Errorf("week %d has %d runs of %s", number, weeks[string(k)][number], k)
			}
		}
		if done[string(k)] != full {
			w.t.Errorf("%s was done %d times, want %d", k, done[string(k)], full)
		}
	}
	for _, b := range w.bulletins(n) {
		if b.State != newsletter.BulletinSending {
			w.t.Errorf("bulletin %d of %s is %s", b.Number, b.Date, b.State)
		}
	}
}

func TestSeveralProgramsAtOnceDoEachRunOnce(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "Europe/Lisbon", weekly())
	w.item(n)
	for _, at := range []string{"2027-03-10 16:00", "2027-03-10 16:30", "2027-03-12 08:00"} {
		w.until(at)
		var all sync.WaitGroup
		for range 4 {
			r := w.runner()
			all.Go(func() {
				for range 3 {
					if err := r.Tick(context.WithoutCancel(t.Context())); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	}
	w.told(n, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done", "send 2027-03-12T08:00 done")
	if b := w.only(n, newsletter.BulletinSending); b.Revision != 1 {
		t.Errorf("the bulletin was made %d times", b.Revision)
	}
	if due, err := w.ledger.DueNotices(t.Context(), 10); err != nil || len(due) != 2 {
		t.Errorf("%d proofs, %v", len(due), err)
	}
}

// begun is a run that another program has begun.
func (w *week) begun(n *newsletter.Newsletter, kind Kind, wall string) {
	w.t.Helper()
	run := &ledger.Run{NewsletterID: n.ID, Kind: string(kind), Wall: wall, DueAt: w.now(), Outcome: ledger.RunStarted}
	if won, err := w.ledger.StartRun(w.t.Context(), run); err != nil || !won {
		w.t.Fatalf("begin a run: %t, %v", won, err)
	}
}

func TestARunWaitsForTheOneBeforeIt(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", newsletter.Schedule{Assemble: "0 8 * * 5", Send: "0 8 * * 5"})
	w.item(n)
	r := w.runner()
	w.tick(r)
	w.until("2027-03-12 08:00")
	w.begun(n, Assemble, "2027-03-12T08:00") // by a program that is slow, or dies
	w.tick(r)
	w.told(n, "assemble 2027-03-12T08:00 started")
	w.pass(takeOver)
	w.tick(r)
	w.told(n, "assemble 2027-03-12T08:00 done", "send 2027-03-12T08:00 done")
	w.only(n, newsletter.BulletinSending)
}

func TestAProgramThatStartsFinishesWhatWasBegun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    Kind
		wall    string
		after   time.Duration
		outcome string
		state   newsletter.BulletinState // of the bulletin, empty for none
	}{
		{Assemble, "2027-03-10T16:00", time.Second, ledger.RunDone, newsletter.BulletinReview},
		{Assemble, "2027-03-10T16:00", 7 * time.Hour, ledger.RunMissed, ""},
		{Proof, "2027-03-10T16:30", time.Second, ledger.RunDone, newsletter.BulletinReview},
		{Send, "2027-03-12T08:00", time.Second, ledger.RunDone, newsletter.BulletinSending},
		{Send, "2027-03-12T08:00", 7 * time.Hour, ledger.RunMissed, newsletter.BulletinHeld},
	} {
		t.Run(string(c.kind)+" "+c.outcome, func(t *testing.T) {
			t.Parallel()
			w := newWeek(t, "2027-03-08 12:00")
			n := w.newsletter("weekly", "UTC", weekly())
			w.item(n)
			for _, earlier := range []string{"2027-03-10T16:00", "2027-03-10T16:30"} {
				if earlier < c.wall {
					w.until(strings.Replace(earlier, "T", " ", 1))
					w.tick(w.runner())
				}
			}
			w.until(strings.Replace(c.wall, "T", " ", 1))
			w.begun(n, c.kind, c.wall)
			w.pass(c.after)
			r := w.runner()
			w.tick(r)
			w.tick(r)
			var outcome string
			for _, run := range w.runs(n) {
				if run.Kind == string(c.kind) && run.Wall == c.wall {
					outcome = run.Outcome
				}
			}
			if outcome != c.outcome {
				t.Errorf("the run is %q, want %q", outcome, c.outcome)
			}
			if c.state != "" {
				w.only(n, c.state)
			} else if len(w.bulletins(n)) != 0 {
				t.Error("a bulletin was made too late")
			}
		})
	}
}

func TestDowntime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		back  string
		want  []string
		state newsletter.BulletinState
	}{
		"within the lateness it is caught up": {
			"2027-03-12 14:00", []string{"send 2027-03-12T08:00 done"}, newsletter.BulletinSending,
		},
		"beyond it the bulletin is held": {
			"2027-03-12 14:01", []string{"send 2027-03-12T08:00 missed"}, newsletter.BulletinHeld,
		},
		"weeks later all are missed": {
			"2027-03-30 12:00", []string{
				"send 2027-03-12T08:00 missed", "assemble 2027-03-17T16:00 missed", "proof 2027-03-17T16:30 missed", "send 2027-03-19T08:00 missed",
				"assemble 2027-03-24T16:00 missed", "proof 2027-03-24T16:30 missed", "send 2027-03-26T08:00 missed",
			}, newsletter.BulletinHeld,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWeek(t, "2027-03-08 12:00")
			n := w.newsletter("weekly", "UTC", weekly(), func(n *newsletter.Newsletter) { n.Policy.Approvals = 1 })
			w.item(n)
			w.until("2027-03-10 17:00")
			w.tick(w.runner())
			b := w.only(n, newsletter.BulletinReview)
			if _, _, err := w.store.ApproveBulletin(t.Context(), b.ID, "", "teresa"); err != nil {
				t.Fatal(err)
			}
			w.until(c.back)
			r := w.runner()
			w.tick(r)
			w.tick(r)
			w.told(n, append(c.want, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done")...)
			b = w.only(n, c.state)
			if held := b.State == newsletter.BulletinHeld; held != strings.Contains(b.Note, "its time passed") {
				t.Errorf("the note says %q", b.Note)
			}
		})
	}
}

// change alters the database behind the program's back.
func (w *week) change(statement string) {
	w.t.Helper()
	w.must(w.store.DB().Write(w.t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(statement)
		return err
	}))
}

func TestAnEditedScheduleDoesNotReachBack(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly())
	w.item(n)
	r := w.runner()
	w.until("2027-03-10 17:00")
	w.tick(r)
	// On Thursday at noon the send is moved to Thursday morning: next week's.
	w.until("2027-03-11 12:00")
	n.Schedule.Send = "0 8 * * 4"
	w.must(w.store.EditNewsletter(t.Context(), n, "ana"))
	w.tick(r)
	w.tick(w.runner())
	w.only(n, newsletter.BulletinReview)
	w.until("2027-03-12 08:00") // the old time
	w.tick(r)
	w.told(n, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done")
	// A zone in which Wednesday 16:00 comes once more brings no second run.
	n.TimeZone = "Pacific/Pago_Pago"
	w.must(w.store.EditNewsletter(t.Context(), n, "ana"))
	w.until("2027-03-12 12:00")
	w.tick(r)
	w.told(n, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done")
}

// TestAnOlderBulletinLeavesBeforeANewerIsMade comes back after a long outage with
// a long lateness.
func TestAnOlderBulletinLeavesBeforeANewerIsMade(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	s := weekly()
	s.Late = newsletter.Duration(14 * 24 * time.Hour)
	n := w.newsletter("weekly", "UTC", s)
	w.item(n)
	w.until("2027-03-10 17:00")
	w.tick(w.runner())
	w.item(n)
	w.until("2027-03-19 12:00")
	w.tick(w.runner())
	entries, err := w.store.Audit(t.Context(), 100)
	w.must(err)
	var order []string // newest first
	for _, e := range entries {
		if e.Action == "bulletin.sending" || e.Action == "bulletin.make" {
			order = append(order, e.Action)
		}
	}
	if got := strings.Join(order, " "); got != "bulletin.sending bulletin.make bulletin.sending bulletin.make" {
		t.Errorf("newest first: %s", got)
	}
}

func TestABrokenNewsletterDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	w.newsletter("a-broken", "UTC", weekly())
	w.newsletter("b-nowhere", "UTC", weekly())
	failing := w.newsletter("c-failing", "UTC", weekly(), func(n *newsletter.Newsletter) { n.Staff = nil })
	sound := w.newsletter("d-sound", "UTC", weekly())
	w.change(`UPDATE newsletters SET definition = replace(definition, '0 16 * * 3', 'sometimes') WHERE slug = 'a-broken'`)
	w.change(`UPDATE newsletters SET definition = replace(definition, '"UTC"', '"Nowhere/Land"') WHERE slug = 'b-nowhere'`)
	w.item(failing)
	w.item(sound)
	w.until("2027-03-10 17:00")
	r := w.runner()
	for range 2 {
		err := r.Tick(t.Context())
		if err == nil || !strings.Contains(err.Error(), "newsletter a-broken: schedule.assemble") || !strings.Contains(err.Error(), "newsletter b-nowhere: the time zone") {
			t.Errorf("the trouble is told as %v", err)
		}
	}
	w.told(failing, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 failed") // nobody is there to look at it
	w.told(sound, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done")
}

func TestTroubleIsLoggedOnceWhileItLasts(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	var log strings.Builder
	w.log = slog.New(slog.NewTextHandler(&log, nil))
	w.newsletter("a-broken", "UTC", weekly())
	w.change(`UPDATE newsletters SET definition = replace(definition, '0 16 * * 3', 'sometimes')`)
	r := w.runner()
	logged := func() int { return strings.Count(log.String(), "the schedule waits") }
	for range 3 {
		r.report(r.Tick(t.Context()))
	}
	if logged() != 1 {
		t.Errorf("logged %d times: %s", logged(), &log)
	}
	r.report(nil)
	r.report(r.Tick(t.Context()))
	if logged() != 2 {
		t.Errorf("what came back was logged %d times", logged())
	}
}

func TestAStoppedRunIsFinishedByTheNextProgram(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly())
	w.item(n)
	w.until("2027-03-10 16:00")
	ctx, stop := context.WithCancel(t.Context())
	run := &ledger.Run{NewsletterID: n.ID, Kind: string(Assemble), Wall: "2027-03-10T16:00", DueAt: w.now(), Outcome: ledger.RunStarted}
	if won, err := w.ledger.StartRun(t.Context(), run); err != nil || !won {
		t.Fatal(won, err)
	}
	c, err := newCalendar(n, nil, 0)
	w.must(err)
	stop()
	if err := w.runner().carryOut(ctx, n, c, c.slotOf(Assemble, run.Wall), run); err == nil {
		t.Error("a stopped run says that it is done")
	}
	w.told(n, "assemble 2027-03-10T16:00 started")
	w.tick(w.runner())
	w.told(n, "assemble 2027-03-10T16:00 done")
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly())
	w.item(n)
	w.until("2027-03-10 16:00")
	ctx, stop := context.WithCancel(t.Context())
	w.log = slog.New(stopper{slog.DiscardHandler, stop}) // once the run is done
	if err := w.runner().Run(ctx); err != nil {
		t.Error(err)
	}
	w.told(n, "assemble 2027-03-10T16:00 done")
}

// stopper is a log that calls stop with the first entry.
type stopper struct {
	slog.Handler
	stop func()
}

func (stopper) Enabled(context.Context, slog.Level) bool { return true }

func (s stopper) Handle(context.Context, slog.Record) error {
	s.stop()
	return nil
}

func TestPersonsWorkIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act  func(*week, *store.Bulletin) error
		want newsletter.BulletinState
		note string
	}{
		"sent by hand before": {func(w *week, b *store.Bulletin) error {
			_, err := w.desk.Send(w.t.Context(), b, "ana")
			return err
		}, newsletter.BulletinSending, "bulletin 214 is sending"},
		"held": {func(w *week, b *store.Bulletin) error {
			return w.desk.Withhold(w.t.Context(), b, release.Withheld{Why: "wait for the harbour", Key: "wait"}, "ana")
		}, newsletter.BulletinHeld, "bulletin 214 is held"},
		"cancelled": {func(w *week, b *store.Bulletin) error {
			_, err := w.desk.Cancel(w.t.Context(), b, "ana")
			return err
		}, newsletter.BulletinCancelled, "bulletin 214 is cancelled"},
	} {
		for _, at := range []string{"2027-03-12 08:00", "2027-03-12 20:00"} { // in time, and too late
			t.Run(name+" "+at, func(t *testing.T) {
				t.Parallel()
				w := newWeek(t, "2027-03-08 12:00")
				n := w.newsletter("weekly", "UTC", weekly())
				w.item(n)
				w.until("2027-03-10 17:00")
				r := w.runner()
				w.tick(r)
				w.must(c.act(w, w.only(n, newsletter.BulletinReview)))
				before := w.only(n, c.want).Note
				w.until(at)
				w.tick(r)
				if after := w.only(n, c.want).Note; after != before {
					t.Errorf("the note became %q", after)
				}
				runs := w.runs(n)
				if last := runs[len(runs)-1]; last.Outcome != ledger.RunNothing || last.Note != c.note {
					t.Errorf("the run is %+v", last)
				}
			})
		}
	}
}
