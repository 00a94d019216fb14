package store_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

var bulletinStates = []newsletter.BulletinState{
	newsletter.BulletinReview, newsletter.BulletinApproved, newsletter.BulletinSending, newsletter.BulletinPaused,
	newsletter.BulletinSent, newsletter.BulletinHeld, newsletter.BulletinCancelled,
}

// TestMovesFollowTheArrows tries every pair of states.
func TestMovesFollowTheArrows(t *testing.T) {
	t.Parallel()
	const arrows = `
		review → approved held cancelled
		approved → approved sending held cancelled
		sending → paused sent cancelled
		paused → sending cancelled
		sent → sending
		held → approved held sending cancelled
		cancelled →`
	allowed := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(arrows), "\n") {
		from, to, _ := strings.Cut(line, "→")
		for _, s := range strings.Fields(to) {
			allowed[strings.TrimSpace(from)+" "+s] = true
		}
	}
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	for _, from := range bulletinStates {
		for _, to := range bulletinStates {
			w.set(b.ID, from)
			moved, err := w.MoveBulletin(t.Context(), b.ID, to, "a note", "ana")
			now := w.fresh(b.ID)
			if !allowed[fmt.Sprint(from, " ", to)] {
				refuses(t, err, newsletter.Refused)
				if now.State != from || moved != nil {
					t.Errorf("a refused move from %s to %s gives %v, now %s", from, to, moved, now.State)
				}
				continue
			}
			if err != nil || now.State != to || now.Note != "a note" {
				t.Errorf("from %s to %s: %v, now %s (%s)", from, to, err, now.State, now.Note)
			}
		}
	}
	if _, err := w.MoveBulletin(t.Context(), 99, newsletter.BulletinHeld, "", "ana"); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("a bulletin there is none of: %v", err)
	}
}

func TestMovesKeepTheTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	w.set(b.ID, newsletter.BulletinApproved)
	move := func(to newsletter.BulletinState) *store.Bulletin {
		t.Helper()
		w.clock.pass(time.Hour)
		b, err := w.MoveBulletin(t.Context(), b.ID, to, "", "ana")
		w.must(err)
		if now := w.fresh(b.ID); *now != *b {
			t.Errorf("the caller has %+v, the database %+v", b, now)
		}
		return b
	}
	started := move(newsletter.BulletinSending).StartedAt
	if !started.Equal(w.clock.Now()) {
		t.Errorf("started at %s", started)
	}
	move(newsletter.BulletinPaused)
	if b := move(newsletter.BulletinSending); !b.StartedAt.Equal(started) || !b.EndedAt.IsZero() {
		t.Errorf("resumed %+v", b)
	}
	if b := move(newsletter.BulletinSent); !b.EndedAt.Equal(w.clock.Now()) {
		t.Errorf("sent %+v", b)
	}
	if b := move(newsletter.BulletinSending); !b.EndedAt.IsZero() || !b.StartedAt.Equal(started) {
		t.Errorf("opened again %+v", b)
	}
	if got := w.actions(2); got != "ana bulletin.sent, ana bulletin.sending" {
		t.Errorf("audit: %s", got)
	}
}

func TestPauseEndsByItselfOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	w.set(b.ID, newsletter.BulletinSending)
	later := w.clock.Now().Add(time.Minute)
	w.must(w.PauseBulletin(t.Context(), b.ID, "the server is busy with <dan@example.org>", later, "sender"))
	if now := w.fresh(b.ID); now.State != newsletter.BulletinPaused || !now.ResumeAt.Equal(later) || now.Note == "" {
		t.Errorf("paused %+v", now)
	}
	entries, err := w.Audit(t.Context(), 1)
	w.must(err)
	if entries[0].Detail != "the server is busy with <(address)>" {
		t.Errorf("audit line %+v", entries[0])
	}
	_, err = w.MoveBulletin(t.Context(), b.ID, newsletter.BulletinSending, "", "ana")
	w.must(err)
	if now := w.fresh(b.ID); !now.ResumeAt.IsZero() || now.Note != "" {
		t.Errorf("resumed %+v", now)
	}
	w.must(w.PauseBulletin(t.Context(), b.ID, "by hand", time.Time{}, "ana"))
	if now := w.fresh(b.ID); !now.ResumeAt.IsZero() {
		t.Errorf("paused %+v", now)
	}
	refuses(t, w.PauseBulletin(t.Context(), b.ID, "again", time.Time{}, "ana"), newsletter.Refused)
}

// TestMoveIsACompareAndSwap: a copy that was read before somebody else moved the
// bulletin moves it no more.
func TestMoveIsACompareAndSwap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	w.set(b.ID, newsletter.BulletinApproved)
	stale := w.fresh(b.ID)
	_, err := w.MoveBulletin(t.Context(), b.ID, newsletter.BulletinHeld, "", "ana")
	w.must(err)
	err = w.write(func(tx *database.Tx) error { return w.MoveBulletinTx(tx, stale, newsletter.BulletinSending, "", "ben") })
	refuses(t, err, newsletter.Conflict)
	if stale.State != newsletter.BulletinApproved || w.fresh(b.ID).State != newsletter.BulletinHeld {
		t.Errorf("the copy is %s, the bulletin %s", stale.State, w.fresh(b.ID).State)
	}
}

func TestOfManyWhoMoveOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	w.set(b.ID, newsletter.BulletinApproved)
	var won atomic.Int64
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			_, err := w.MoveBulletin(t.Context(), b.ID, newsletter.BulletinSending, "", "ana")
			switch {
			case err == nil:
				won.Add(1)
			case newsletter.KindOf(err) != newsletter.Refused:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 16 started the send", won.Load())
	}
}

func TestApprovalsThatAreNeeded(t *testing.T) {
	t.Parallel()
	for needed := range 3 {
		t.Run(fmt.Sprint(needed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.bulletin(w.newsletter("weekly-lantern", func(n *newsletter.Newsletter) { n.Policy.Approvals = needed }))
			for i, by := range []string{"cleo", "cleo", "dan", "eve"} {
				people := max(1, i) // cleo comes twice
				now, given, err := w.ApproveBulletin(t.Context(), b.ID, "", by)
				w.must(err)
				if approved := now.State == newsletter.BulletinApproved; approved != (people >= needed) || len(given) != people {
					t.Errorf("after %d people it is %s with %v", people, now.State, given)
				}
			}
			_, given, err := w.ApproveBulletin(t.Context(), b.ID, "", "cleo")
			w.must(err)
			if given[0].By != "cleo" || given[0].Hash != b.Hash || !given[0].At.Equal(w.clock.Now()) {
				t.Errorf("the first approval is %+v", given[0])
			}
		})
	}
}

func TestApprovalIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	strict := w.newsletter("strict", func(n *newsletter.Newsletter) { n.Policy.AuthorMayApprove = false })
	b := w.bulletin(strict)
	approve := func(prefix, by string) error {
		b, given, err := w.ApproveBulletin(t.Context(), b.ID, prefix, by)
		if err != nil && (b != nil || given != nil) {
			t.Error("a result comes with the error")
		}
		return err
	}
	refuses(t, approve("", "ana"), newsletter.Refused)
	refuses(t, approve(strings.Repeat("0", 12), "cleo"), newsletter.Refused)
	refuses(t, approve(b.Hash[:5], "cleo"), newsletter.Usage)
	old := b.Hash
	w.must(w.write(func(tx *database.Tx) error { return w.ReviseBulletinTx(tx, b, document("Other words"), "ana") }))
	refuses(t, approve(old[:12], "cleo"), newsletter.Refused)
	if given := w.approvals(b); len(given) != 0 {
		t.Errorf("approved by %v", given)
	}
	w.must(approve(strings.ToUpper(b.Hash[:6]), "cleo"))
	w.must(approve(b.Hash, "dan"))
	for _, state := range []newsletter.BulletinState{newsletter.BulletinSending, newsletter.BulletinSent, newsletter.BulletinCancelled} {
		w.set(b.ID, state)
		if err := approve("", "eve"); newsletter.KindOf(err) != newsletter.Refused {
			t.Errorf("%s: %v", state, err)
		}
	}
	if err := func() error { _, _, err := w.ApproveBulletin(t.Context(), 99, "", "eve"); return err }(); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("no bulletin: %v", err)
	}
	lax := w.bulletin(w.newsletter("lax"))
	if _, _, err := w.ApproveBulletin(t.Context(), lax.ID, "", "ana"); err != nil {
		t.Errorf("the author may approve here: %v", err)
	}
	if _, _, err := w.ApproveBulletin(t.Context(), lax.ID, "", ""); err == nil {
		t.Error("nobody approved it")
	}
}

func (w *world) approvals(b *store.Bulletin) (given []store.Approval) {
	w.t.Helper()
	w.must(w.db.Read(w.t.Context(), func(tx *database.Tx) (err error) {
		given, err = w.ApprovalsTx(tx, b.ID, b.Hash)
		return err
	}))
	return given
}

func TestHeldBulletinIsReleasedByAnApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	approve := func() {
		t.Helper()
		now, _, err := w.ApproveBulletin(t.Context(), b.ID, "", "cleo")
		w.must(err)
		if now.State != newsletter.BulletinApproved || now.Note != "" {
			t.Errorf("approved %+v", now)
		}
	}
	approve()
	_, err := w.MoveBulletin(t.Context(), b.ID, newsletter.BulletinHeld, "too late", "schedule")
	w.must(err)
	approve() // by the same person, for the same words
}
