package release

import (
	"errors"
	"strings"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func approvals(n int) func(*newsletter.Newsletter) {
	return func(nl *newsletter.Newsletter) { nl.Policy.Approvals = n }
}

func TestSendWantsTheApprovalsOfTheNewsletter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wanted int
		given  []string
		held   bool
		leaves bool
	}{
		"one of one":               {1, []string{"teresa"}, false, true},
		"none of one":              {1, nil, false, false},
		"one of two":               {2, []string{"teresa"}, false, false},
		"one person twice of two":  {2, []string{"teresa", "teresa"}, false, false},
		"two of two":               {2, []string{"teresa", "kwame"}, false, true},
		"none is wanted":           {0, nil, false, true},
		"held and approved before": {1, []string{"teresa"}, true, true},
		"held and not approved":    {1, nil, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, approvals(c.wanted))
			r.item("The lamp is lit.")
			b := r.bulletin()
			for _, by := range c.given {
				r.approve(b, by)
			}
			if c.held {
				r.must(r.Withhold(t.Context(), b, Withheld{Why: "too late", Key: "late"}, "schedule"))
			}
			_, err := r.Send(t.Context(), r.read(b), "ana")
			if !c.leaves {
				r.refused(err, newsletter.Refused)
				return
			}
			r.must(err)
			r.isIn(b, newsletter.BulletinSending)
		})
	}
}

func TestAnApprovalIsForOneRevision(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	r.item("A second lamp is lit.")
	r.bulletin()
	_, err := r.Send(t.Context(), r.read(b), "ana")
	r.refused(err, newsletter.Refused)
	r.isIn(b, newsletter.BulletinReview)
}

func TestPreflightListsEveryFault(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	r.publicURL = "" // nobody could leave
	_, err := r.Send(t.Context(), b, "ana")
	r.refused(err, newsletter.Refused)
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("one fault has several lines: %q", err)
	}
	r.must(r.store.DB().Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE items SET approved_by = ''`)
		return err
	}))
	_, err = r.Send(t.Context(), b, "ana")
	r.refused(err, newsletter.Refused)
	var faults newsletter.Faults
	if !errors.As(err, &faults) || len(faults) != 2 {
		t.Fatalf("the faults are %v", faults)
	}
	for i, want := range []string{"unapproved-items: ", "unsubscribe-link: "} {
		if !strings.HasPrefix(faults[i].Message, want) || faults[i].Place == "" || faults[i].Remedy == "" {
			t.Errorf("fault %d is %+v", i, faults[i])
		}
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 3 || lines[1] != faults[0].Error() {
		t.Errorf("not one line for each fault: %q", err)
	}
	r.isIn(b, newsletter.BulletinApproved)
}

func TestWhatChangedAfterTheCheckDoesNotLeave(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*room, *store.Bulletin){
		"another revision": func(r *room, _ *store.Bulletin) { r.item("More."); r.bulletin() },
		"held by somebody": func(r *room, b *store.Bulletin) {
			r.must(r.Withhold(r.t.Context(), b, Withheld{Why: "wait", Key: "wait"}, "kwame"))
		},
		"approved revision 2": func(r *room, b *store.Bulletin) { r.item("More."); r.bulletin(); r.approve(b, "kwame") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			checked, _ := r.approved()
			change(r, checked)
			_, err := r.Send(t.Context(), checked, "ana")
			r.refused(err, newsletter.Conflict)
			if r.read(checked).State.Begun() {
				t.Error("it leaves")
			}
		})
	}
}

func TestSendingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	for _, stale := range []*store.Bulletin{b, r.read(b)} { // as two people do at once
		got, err := r.Send(t.Context(), stale, "ana")
		r.must(err)
		if got.State != newsletter.BulletinSending {
			t.Errorf("the bulletin is %s", got.State)
		}
	}
	_, err := r.Pause(t.Context(), b, "ana")
	r.must(err)
	_, err = r.Send(t.Context(), r.read(b), "ana")
	r.must(err)
	r.isIn(b, newsletter.BulletinSending)
	_, err = r.Cancel(t.Context(), b, "ana")
	r.must(err)
	_, err = r.Send(t.Context(), r.read(b), "ana")
	r.refused(err, newsletter.Refused)
}

func TestAPauseForAWhileCanBeMadeALastingOne(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	r.sent(b)
	r.must(r.store.PauseBulletin(t.Context(), b.ID, "the server asked for it", r.now.Add(time.Minute), "sender"))
	for range 2 {
		paused, err := r.Pause(t.Context(), b, "ana")
		r.must(err)
		if paused.State != newsletter.BulletinPaused || !paused.ResumeAt.IsZero() || paused.Note != "paused by ana" {
			t.Errorf("paused as %+v", paused)
		}
	}
	if !r.read(b).ResumeAt.IsZero() {
		t.Error("the pause would end by itself")
	}
	_, err := r.Resume(t.Context(), r.read(b), "ana")
	r.must(err)
	_, err = r.Resume(t.Context(), r.read(b), "ana")
	r.refused(err, newsletter.Refused)
}

func TestCancelGivesTheItemsBackBeforeTheFirstDelivery(t *testing.T) {
	t.Parallel()
	const sent, failed, uncertain, inFlight = newsletter.DeliverySent, newsletter.DeliveryFailed, newsletter.DeliveryUncertain, newsletter.DeliveryInFlight
	for name, c := range map[string]struct {
		states []newsletter.DeliveryState
		begun  bool
		back   bool
		want   newsletter.Balance
	}{
		"not begun":          {nil, false, true, newsletter.Balance{}},
		"nobody was reached": {nil, true, true, newsletter.Balance{newsletter.DeliveryCancelled: 3}},
		"refused by one":     {[]newsletter.DeliveryState{failed}, true, true, newsletter.Balance{failed: 1, newsletter.DeliveryCancelled: 2}},
		"one was reached":    {[]newsletter.DeliveryState{sent}, true, false, newsletter.Balance{sent: 1, newsletter.DeliveryCancelled: 2}},
		"one perhaps":        {[]newsletter.DeliveryState{uncertain}, true, false, newsletter.Balance{uncertain: 1, newsletter.DeliveryCancelled: 2}},
		"one is on its way":  {[]newsletter.DeliveryState{inFlight}, true, false, newsletter.Balance{inFlight: 1, newsletter.DeliveryCancelled: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			stale, item := r.approved() // read before it began, as a slow person does
			if c.begun {
				b := *stale
				r.sent(&b, c.states...)
			}
			for range 2 { // again, as after a crash in the middle
				b, err := r.Cancel(t.Context(), stale, "ana")
				r.must(err)
				if b.State != newsletter.BulletinCancelled || b.Note != "cancelled by ana" {
					t.Errorf("the bulletin is %+v", b)
				}
			}
			r.balance(stale, c.want)
			got, err := r.store.Item(t.Context(), item.ID)
			r.must(err)
			if back := got.State == newsletter.ItemApproved && got.BulletinID == 0; back != c.back {
				t.Errorf("the item is %s of bulletin %d", got.State, got.BulletinID)
			}
		})
	}
}

func TestWhatWasSentCannotBeCancelled(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	r.sent(b)
	_, err := r.store.MoveBulletin(t.Context(), b.ID, newsletter.BulletinSent, "", "sender")
	r.must(err)
	_, err = r.Cancel(t.Context(), b, "ana")
	r.refused(err, newsletter.Refused)
}

func TestUncertainDeliveriesAreSettled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		resend bool
		in     newsletter.BulletinState
		after  newsletter.BulletinState
		want   newsletter.Balance
	}{
		"accepted": {
			false, newsletter.BulletinSent, newsletter.BulletinSent,
			newsletter.Balance{newsletter.DeliverySent: 3},
		},
		"accepted of a cancelled one": {
			false, newsletter.BulletinCancelled, newsletter.BulletinCancelled,
			newsletter.Balance{newsletter.DeliverySent: 3},
		},
		"sent again, which opens the bulletin": {
			true, newsletter.BulletinSent, newsletter.BulletinSending,
			newsletter.Balance{newsletter.DeliverySent: 1, newsletter.DeliveryPending: 2},
		},
		"sent again in the middle of a pause": {
			true, newsletter.BulletinPaused, newsletter.BulletinPaused,
			newsletter.Balance{newsletter.DeliverySent: 1, newsletter.DeliveryPending: 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			b, _ := r.approved()
			r.sent(b, newsletter.DeliveryUncertain, newsletter.DeliveryUncertain, newsletter.DeliverySent)
			_, err := r.store.MoveBulletin(t.Context(), b.ID, c.in, "", "ana")
			r.must(err)
			for _, want := range []int64{2, 0} { // the second time nothing is left
				if n, err := r.Settle(t.Context(), b, c.resend, "ana"); err != nil || n != want {
					t.Errorf("%d settled, %v; want %d", n, err, want)
				}
			}
			r.balance(b, c.want)
			r.isIn(b, c.after)
		})
	}
}

func TestNothingOfACancelledBulletinIsSentAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	r.sent(b, newsletter.DeliveryUncertain)
	_, err := r.Cancel(t.Context(), b, "ana")
	r.must(err)
	_, err = r.Settle(t.Context(), b, true, "ana")
	r.refused(err, newsletter.Refused)
	r.balance(b, newsletter.Balance{newsletter.DeliveryUncertain: 1, newsletter.DeliveryCancelled: 2})
}

func TestAPersonGetsEachRevisionOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	proof := func(want int, to ...newsletter.Address) {
		t.Helper()
		if n, err := r.Proof(t.Context(), b, to, "ana"); err != nil || n != want {
			t.Errorf("%d proofs queued, %v; want %d", n, err, want)
		}
	}
	proof(2) // the editor and the administrator
	proof(0)
	proof(1, newsletter.Address{Email: "Guest@harbour.example"})
	proof(0, newsletter.Address{Email: "guest@harbour.example"}, newsletter.Address{Email: "teresa@lantern.example.org"})
	r.item("More.")
	r.bulletin() // b is stale now: the proof is of what stands there
	proof(2)
	due, err := r.ledger.DueNotices(t.Context(), 10)
	r.must(err)
	var revisions []int
	for _, n := range due {
		revisions = append(revisions, n.Revision)
		if n.Kind != ledger.NoticeProof || n.BulletinID != b.ID || n.MadeBy != "ana" {
			t.Errorf("queued %+v", n)
		}
	}
	if len(revisions) != 5 || revisions[2] != 1 || revisions[3] != 2 || revisions[4] != 2 {
		t.Errorf("the proofs are of revisions %v", revisions)
	}
}

func TestAProofForNobodyIsAnError(t *testing.T) {
	t.Parallel()
	r := newRoom(t, func(n *newsletter.Newsletter) { n.Staff = nil })
	b, _ := r.approved()
	_, err := r.Proof(t.Context(), b, nil, "ana")
	r.refused(err, newsletter.NotFound)
}
