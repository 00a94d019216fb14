package audience_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// undo reads the token that takes back a leaving.
func (w *world) undo(keys *token.Keyring, l audience.Left) token.Claims {
	w.t.Helper()
	c, err := keys.Verify(token.Undo, l.Undo, w.clock)
	w.must(err)
	return c
}

func TestUndoGivesBackExactlyWhatWas(t *testing.T) {
	t.Parallel()
	for _, state := range []newsletter.SubscriptionState{newsletter.SubscriptionActive, newsletter.SubscriptionPaused, newsletter.SubscriptionPending} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d, keys := w.door()
			w.list.Policy.ImportState = newsletter.SubscriptionActive
			if state == newsletter.SubscriptionPending {
				w.list.Policy.ImportState = state
			}
			w.add(w.list, entry(t, "dan@example.org"))
			dan := w.person("dan@example.org")
			c := token.Claims{Newsletter: w.list.ID, Subscriber: dan.ID}
			w.clock = w.clock.Add(time.Hour)
			if state == newsletter.SubscriptionPaused {
				w.must(w.Pause(t.Context(), dan.ID, w.list.ID, "ana"))
			}
			before := w.person("dan@example.org").Subscriptions
			w.clock = w.clock.Add(time.Hour)
			left, err := d.Leave(t.Context(), c, audience.HowPage, "")
			if w.must(err); left.Already || !left.Mailed || left.Newsletter.ID != w.list.ID {
				t.Errorf("left: %+v", left)
			}
			w.clock = w.clock.Add(time.Hour)
			back := w.undo(keys, left)
			look, err := d.Undoing(t.Context(), back)
			if w.must(err); !look.Open || look.Back {
				t.Errorf("the link says %+v", look)
			}
			for range 2 { // pressing again changes nothing
				got, err := d.Return(t.Context(), back)
				if w.must(err); got.Open || !got.Back {
					t.Errorf("returned: %+v", got)
				}
			}
			if after := w.person("dan@example.org").Subscriptions; !reflect.DeepEqual(after, before) {
				t.Errorf("after  %+v\nbefore %+v", after, before)
			}
			if got := w.audit()[0]; got.Action != "subscription.undo" || !strings.Contains(got.Detail, string(state)) {
				t.Errorf("the log says %+v", got)
			}
		})
	}
}

func TestOnlyThePagesButtonIsToldByMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, keys := w.door()
	w.add(w.list, entry(t, "dan@example.org"), entry(t, "eve@example.org"))
	dan, eve := w.person("dan@example.org"), w.person("eve@example.org")
	if left, err := d.Leave(t.Context(), token.Claims{Newsletter: w.list.ID, Subscriber: dan.ID}, audience.HowOneClick, ""); err != nil || left.Mailed {
		t.Errorf("one click: %+v, %v", left, err)
	}
	// The mail goes to the present address, whatever it was when the link was made.
	moved := parse(t, "eve@new.example")
	w.must(w.Edit(t.Context(), parse(t, "eve@example.org"), audience.Edit{Email: &moved}, "ana"))
	w.list.Name = "The Daily Lantern"
	w.must(w.store.EditNewsletter(t.Context(), w.list, "ana"))
	c := token.Claims{Newsletter: w.list.ID, Subscriber: eve.ID}
	for _, first := range []bool{true, false} {
		if left, err := d.Leave(t.Context(), c, audience.HowPage, ""); err != nil || left.Mailed != first || left.Already == first {
			t.Errorf("page: %+v, %v", left, err)
		}
	}
	mail := w.mail()
	if len(mail) != 1 || mail[0].Email != "eve@new.example" || mail[0].SubscriberID != eve.ID || mail[0].Letter.Subject != "You have left The Daily Lantern" {
		t.Fatalf("mail %+v", mail)
	}
	if got, err := d.Return(t.Context(), w.claims(keys, token.Undo, mail[0])); err != nil || !got.Back {
		t.Errorf("the mail's link: %+v, %v", got, err)
	}
	// Leaving and undoing in turns does not flood the mailbox.
	for range 10 {
		left, err := d.Leave(t.Context(), c, audience.HowPage, "")
		w.must(err)
		_, err = d.Return(t.Context(), w.undo(keys, left))
		w.must(err)
	}
	if n := len(w.mail()); n != 3 {
		t.Errorf("%d mails in a day, want 3", n)
	}
}

func TestUndoYieldsToWhatHappenedSince(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]func(*world, *audience.Door, int64){
		"a complaint": func(w *world, _ *audience.Door, _ int64) {
			x, err := w.Target("dan@example.org")
			w.must(err)
			x.Reason = store.Complained
			_, err = w.Suppress(w.t.Context(), x, "ana")
			w.must(err)
		},
		"a suppressed domain": func(w *world, _ *audience.Door, _ int64) {
			x, err := w.Target("example.org")
			w.must(err)
			_, err = w.Suppress(w.t.Context(), x, "ana")
			w.must(err)
		},
		"coming and leaving again": func(w *world, d *audience.Door, id int64) {
			w.must(w.Confirm(w.t.Context(), w.list, parse(w.t, "dan@example.org"), audience.Consent{}, "link"))
			w.clock = w.clock.Add(time.Hour)
			_, err := d.Leave(w.t.Context(), token.Claims{Newsletter: w.list.ID, Subscriber: id}, audience.HowOneClick, "")
			w.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d, keys := w.door()
			w.add(w.list, entry(t, "dan@example.org"))
			id := w.person("dan@example.org").ID
			left, err := d.Leave(t.Context(), token.Claims{Newsletter: w.list.ID, Subscriber: id}, audience.HowPage, "")
			w.must(err)
			w.clock = w.clock.Add(time.Hour)
			since(w, d, id)
			got, err := d.Return(t.Context(), w.undo(keys, left))
			if w.must(err); got.Back {
				t.Errorf("brought back: %+v", got)
			}
			if s := w.person("dan@example.org").Subscriptions[0].State; s != newsletter.SubscriptionUnsubscribed {
				t.Errorf("the subscription is %s", s)
			}
		})
	}
}

func TestUndoOfWhoWasErasedFindsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, keys := w.door()
	w.add(w.list, entry(t, "dan@example.org"))
	c := token.Claims{Newsletter: w.list.ID, Subscriber: w.person("dan@example.org").ID}
	left, err := d.Leave(t.Context(), c, audience.HowPage, "")
	w.must(err)
	_, err = w.Erase(t.Context(), parse(t, "dan@example.org"), "ana")
	w.must(err)
	if _, err := d.Return(t.Context(), w.undo(keys, left)); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("got %v", err)
	}
	if again, err := d.Leave(t.Context(), c, audience.HowPage, ""); err != nil || !again.Already || again.Mailed {
		t.Errorf("leaving again: %+v, %v", again, err)
	}
}

func TestReasonForLeavingIsKeptAndTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, _ := w.door()
	w.add(w.list, entry(t, "dan@example.org"))
	id := w.person("dan@example.org").ID
	written := "  Too often,\r\n\x1b[31mand\u202e too " + strings.Repeat("long ", 200)
	_, err := d.Leave(t.Context(), token.Claims{Newsletter: w.list.ID, Subscriber: id}, audience.HowPage, written)
	w.must(err)
	s, err := w.Story(t.Context(), parse(t, "dan@example.org"))
	w.must(err)
	if len(s.Departures) != 1 || !strings.HasPrefix(s.Departures[0].Reason, "Too often, [31mand too long long") || len([]rune(s.Departures[0].Reason)) > 500 {
		t.Errorf("kept %+v", s.Departures)
	}
	if told := w.explain("dan@example.org"); !strings.Contains(told, "the reader wrote: “Too often,") {
		t.Error(told)
	}
}
