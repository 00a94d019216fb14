package schedule

import (
	"strings"
	"testing"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

// letters gives the subjects of the letters of a kind that wait, one of each
// editor's.
func (w *week) letters(kind string) (subjects []string) {
	w.t.Helper()
	due, err := w.ledger.DueNotices(w.t.Context(), 1000)
	w.must(err)
	for _, n := range due {
		if n.Kind == kind && n.Email == "teresa@lantern.example.org" {
			subjects = append(subjects, n.Letter.Subject)
		}
	}
	return subjects
}

func (w *week) wrote(kind string, want ...string) {
	w.t.Helper()
	if got := w.letters(kind); strings.Join(got, "|") != strings.Join(want, "|") {
		w.t.Errorf("the letters (%s) are %q, want %q", kind, got, want)
	}
}

func TestWhatIsDoneWhenItIsLate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		then    string
		at      string // when a program runs again
		outcome string
		state   newsletter.BulletinState
		letters map[string]int
	}{
		"within the limit":               {newsletter.LateHold, "2027-03-12 14:00", ledger.RunDone, newsletter.BulletinSending, nil},
		"too late: held":                 {"", "2027-03-12 14:01", ledger.RunMissed, newsletter.BulletinHeld, map[string]int{"warning": 1}},
		"too late: the editors choose":   {newsletter.LateAsk, "2027-03-12 14:01", ledger.RunMissed, newsletter.BulletinHeld, map[string]int{"late": 1}},
		"too late: sent all the same":    {newsletter.LateSend, "2027-03-18 08:00", ledger.RunDone, newsletter.BulletinSending, nil},
		"too late: the next one is due":  {newsletter.LateSend, "2027-03-19 08:00", ledger.RunMissed, newsletter.BulletinHeld, map[string]int{"warning": 2}},
		"too late, twice: held for good": {newsletter.LateHold, "2027-03-26 15:00", ledger.RunMissed, newsletter.BulletinHeld, map[string]int{"warning": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWeek(t, "2027-03-08 12:00")
			s := weekly()
			s.LateThen = c.then
			n := w.newsletter("weekly", "UTC", s)
			w.item(n)
			w.until("2027-03-10 17:00")
			w.tick(w.runner())
			w.until(c.at)
			for range 3 {
				w.tick(w.runner())
			}
			var outcome string
			for _, r := range w.runs(n) {
				if r.Kind == string(Send) && r.Wall == "2027-03-12T08:00" {
					outcome = r.Outcome
				}
			}
			if outcome != c.outcome {
				t.Errorf("the run is %q, want %q", outcome, c.outcome)
			}
			w.only(n, c.state)
			for _, kind := range []string{"warning", "late"} {
				if got := w.letters(kind); len(got) != c.letters[kind] {
					t.Errorf("the letters (%s) are %q, want %d", kind, got, c.letters[kind])
				}
			}
		})
	}
}

func TestWithoutAnApprovalTheEditorsAreTold(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly(), func(n *newsletter.Newsletter) { n.Policy.Approvals = 1 })
	w.item(n)
	for _, at := range []string{"2027-03-10 17:00", "2027-03-12 08:00", "2027-03-12 08:01"} {
		w.until(at)
		w.tick(w.runner())
	}
	w.only(n, newsletter.BulletinHeld)
	w.wrote("warning", "Bulletin 214 is held and has not left")
}

func TestAWeekWithoutABulletinIsTold(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-08 12:00")
	n := w.newsletter("weekly", "UTC", weekly())
	w.until("2027-03-10 17:00")
	w.tick(w.runner())
	w.until("2027-03-12 08:00")
	w.tick(w.runner())
	w.told(n, "assemble 2027-03-10T16:00 nothing", "proof 2027-03-10T16:30 nothing", "send 2027-03-12T08:00 nothing")
	w.wrote("warning", "There is no bulletin for 2027-03-12")
	// A week in which nothing was running is told once, while it can be mended.
	w.until("2027-03-17 23:00")
	w.tick(w.runner())
	w.wrote("warning", "There is no bulletin for 2027-03-12", "The bulletin for 2027-03-19 was not assembled")
	w.until("2027-04-20 00:00")
	w.tick(w.runner())
	if got := w.letters("warning"); len(got) != 2 {
		t.Errorf("after a month the letters are %q", got)
	}
}

// pullBack is a newsletter whose bulletin waits to leave at 8:30.
func pullBack(t *testing.T) (*week, *newsletter.Newsletter) {
	w := newWeek(t, "2027-03-08 12:00")
	s := weekly()
	s.PullBack = newsletter.Duration(30 * time.Minute)
	n := w.newsletter("weekly", "UTC", s)
	w.item(n)
	w.until("2027-03-10 17:00")
	w.tick(w.runner())
	w.until("2027-03-12 08:00")
	for range 3 { // also after restarts
		w.tick(w.runner())
	}
	w.only(n, newsletter.BulletinApproved)
	w.wrote("leaving", "Bulletin 214 leaves at 08:30")
	return w, n
}

func TestASendWaitsToBePulledBack(t *testing.T) {
	t.Parallel()
	w, n := pullBack(t)
	w.comes(n, "2027-03-12 09:00", "send 2027-03-12T08:30 own")
	w.until("2027-03-12 08:29")
	w.tick(w.runner())
	w.only(n, newsletter.BulletinApproved)
	w.until("2027-03-12 08:30")
	w.tick(w.runner())
	w.only(n, newsletter.BulletinSending)
	w.told(n, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done", "send 2027-03-12T08:00 done")
}

func TestASendIsPulledBack(t *testing.T) {
	t.Parallel()
	w, n := pullBack(t)
	_, err := w.book().Unschedule(t.Context(), w.only(n, newsletter.BulletinApproved), "ana")
	w.must(err)
	w.until("2027-03-12 12:00")
	w.tick(w.runner())
	if b := w.only(n, newsletter.BulletinHeld); b.Note != "stopped by ana" {
		t.Errorf("the note is %q", b.Note)
	}
}

func TestABulletinThatChangesBeforeItLeavesIsHeld(t *testing.T) {
	t.Parallel()
	w, n := pullBack(t)
	n.Policy.Approvals = 1
	w.must(w.store.EditNewsletter(t.Context(), n, "ana"))
	w.item(n)
	_, err := w.assembly.Assemble(t.Context(), assemblyOf(n, date(t, "2027-03-12")))
	w.must(err)
	w.until("2027-03-12 08:30")
	w.tick(w.runner())
	w.only(n, newsletter.BulletinHeld)
	w.wrote("warning", "Bulletin 214 is held and has not left")
}

func TestABulletinHasATimeOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-24 12:00")
	n := w.newsletter("weekly", "Europe/Lisbon", newsletter.Schedule{Send: "0 8 * * 5"})
	w.item(n)
	_, err := w.assembly.Assemble(t.Context(), assemblyOf(n, date(t, "2027-03-26")))
	w.must(err)
	b := w.only(n, newsletter.BulletinReview)
	_, err = w.book().SendAt(t.Context(), b, "2027-03-24 10:00", "ana")
	w.refused(err, newsletter.Refused)
	_, err = w.book().SendAt(t.Context(), b, "tomorrow", "ana")
	w.refused(err, newsletter.Usage)
	due, err := w.book().SendAt(t.Context(), b, "2027-03-28 01:30", "ana") // left out: clocks go to 2:00
	if err != nil || due.Note != "clocks go forward: 02:00 instead" || !due.At.Equal(minute(t, "2027-03-28 01:00")) {
		t.Fatalf("%+v, %v", due, err)
	}
	w.comes(n, "2027-03-29 00:00", "send 2027-03-26T08:00", "send 2027-03-28T01:30 own")
	w.until("2027-03-26 09:00")
	w.tick(w.runner())
	w.told(n, "send 2027-03-26T08:00 nothing")
	w.until("2027-03-28 00:59")
	w.tick(w.runner())
	w.only(n, newsletter.BulletinReview)
	w.until("2027-03-28 01:00")
	w.tick(w.runner())
	w.only(n, newsletter.BulletinSending)
	_, err = w.book().SendAt(t.Context(), b, "2027-03-29 10:00", "ana")
	w.refused(err, newsletter.Refused)
	_, err = w.book().Unschedule(t.Context(), b, "ana")
	w.refused(err, newsletter.Refused)
}

func TestATimeOfItsOwnIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWeek(t, "2027-03-24 12:00")
	n := w.newsletter("weekly", "UTC", newsletter.Schedule{Send: "0 8 * * 5"})
	w.item(n)
	_, err := w.assembly.Assemble(t.Context(), assemblyOf(n, date(t, "2027-03-26")))
	w.must(err)
	b := w.only(n, newsletter.BulletinReview)
	_, err = w.book().SendAt(t.Context(), b, "2027-03-28 10:00", "ana")
	w.must(err)
	_, err = w.book().Unschedule(t.Context(), b, "ana")
	w.must(err)
	w.until("2027-03-26 08:00")
	w.tick(w.runner())
	w.only(n, newsletter.BulletinSending)
}

// TestARunOpensWithTheFirstReadersHour has a reader in Kiritimati, where Friday,
// 8:00, comes on Thursday, 18:00 UTC, and one in Honolulu, where it comes last.
func TestARunOpensWithTheFirstReadersHour(t *testing.T) {
	t.Parallel()
	s := weekly()
	s.DeliverAt = newsletter.DeliverLocal
	for name, c := range map[string]struct {
		at    string
		zone  string
		state newsletter.BulletinState
	}{
		"before the first hour":                     {"2027-03-11 17:59", "Pacific/Kiritimati", newsletter.BulletinReview},
		"with the first hour":                       {"2027-03-11 18:00", "Pacific/Kiritimati", newsletter.BulletinSending},
		"with the newsletter's where that is first": {"2027-03-12 07:59", "Pacific/Honolulu", newsletter.BulletinReview},
		"late for the first, not for the rest":      {"2027-03-12 13:59", "Pacific/Kiritimati", newsletter.BulletinSending},
		"late for the newsletter":                   {"2027-03-12 14:01", "Pacific/Honolulu", newsletter.BulletinHeld},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWeek(t, "2027-03-08 12:00")
			n := w.newsletter("weekly", "UTC", s)
			w.change(`UPDATE subscribers SET time_zone = '` + c.zone + `'`)
			w.item(n)
			w.until("2027-03-10 17:00")
			r := w.runner()
			w.tick(r)
			w.until(c.at)
			w.tick(r)
			b := w.only(n, c.state)
			if b.State == newsletter.BulletinSending && b.LocalWall != "2027-03-12T08:00" {
				t.Errorf("readers' clocks are to show %q", b.LocalWall)
			}
		})
	}
}

// TestAKillBeforeTheOutcomeChangesNothing takes over runs whose work was done by a
// program that died before it could write so.
func TestAKillBeforeTheOutcomeChangesNothing(t *testing.T) {
	t.Parallel()
	const undo = `UPDATE runs SET outcome = 'started', note = '' WHERE kind = 'send'`
	t.Run("while it waits to be pulled back", func(t *testing.T) {
		t.Parallel()
		w, n := pullBack(t)
		w.change(undo)
		w.until("2027-03-12 08:10")
		w.tick(w.runner())
		w.told(n, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done", "send 2027-03-12T08:00 done")
		w.wrote("leaving", "Bulletin 214 leaves at 08:30")
		if b := w.only(n, newsletter.BulletinApproved); !b.LeavesAt.Equal(minute(t, "2027-03-12 08:30")) {
			t.Errorf("it leaves at %s", b.LeavesAt)
		}
	})
	t.Run("when it was held", func(t *testing.T) {
		t.Parallel()
		w := newWeek(t, "2027-03-08 12:00")
		n := w.newsletter("weekly", "UTC", weekly(), func(n *newsletter.Newsletter) { n.Policy.Approvals = 1 })
		w.item(n)
		for _, at := range []string{"2027-03-10 17:00", "2027-03-12 08:00"} {
			w.until(at)
			w.tick(w.runner())
		}
		w.change(undo)
		w.until("2027-03-12 08:05")
		w.tick(w.runner())
		w.only(n, newsletter.BulletinHeld)
		w.wrote("warning", "Bulletin 214 is held and has not left")
	})
}
