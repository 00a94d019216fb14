package store_test

import (
	"fmt"
	"testing"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func (w *world) address(text string) address.Address {
	w.t.Helper()
	a, err := address.Parse(text)
	w.must(err)
	return a
}

func (w *world) subscribed(n *newsletter.Newsletter, email string) (id int64) {
	w.t.Helper()
	id, _ = w.put(email, store.Subscriber{})
	w.must(w.write(func(tx *database.Tx) error {
		_, err := w.SubscribeTx(tx, id, n.ID, store.Subscription{State: newsletter.SubscriptionActive})
		return err
	}))
	return id
}

func TestChoiceIsKeptAndForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := lantern("weekly")
	w.must(w.AddNewsletter(t.Context(), n, "ana"))
	id := w.subscribed(n, "ana@harbour.example")
	for _, c := range []newsletter.Choice{newsletter.NewChoice([]string{"coast", "rivers"}, false), newsletter.NewChoice(nil, true), {}, {}} {
		w.must(w.write(func(tx *database.Tx) error { return w.SetChoiceTx(tx, id, n.ID, c) }))
		var got newsletter.Choice
		w.must(w.write(func(tx *database.Tx) (err error) {
			got, err = w.ChoiceTx(tx, id, n.ID)
			return err
		}))
		told := w.find("ana@harbour.example").Subscriptions[0].Choice
		if got != c || (told == nil) != (c == newsletter.Choice{}) || told != nil && *told != c {
			t.Errorf("kept %s, told %s, want %s", got, told, c)
		}
	}
}

func TestPausesEndByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := lantern("weekly")
	w.must(w.AddNewsletter(t.Context(), n, "ana"))
	const readers = 520 // more than one transaction takes
	at := w.clock.Now()
	w.must(w.write(func(tx *database.Tx) error {
		for i := range readers {
			p := store.Subscriber{}
			if _, err := w.PutSubscriberTx(tx, &p, w.address(fmt.Sprintf("r%d@harbour.example", i)), []byte(fmt.Sprint(i))); err != nil {
				return err
			}
			if _, err := w.SubscribeTx(tx, p.ID, n.ID, store.Subscription{State: newsletter.SubscriptionPaused}); err != nil {
				return err
			}
			until := at.Add(time.Hour)
			switch i {
			case 0:
				until = time.Time{} // no end
			case 1:
				until = at.Add(2 * time.Hour)
			}
			if err := w.SetPauseTx(tx, p.ID, n.ID, until); err != nil {
				return err
			}
		}
		return nil
	}))
	left := w.find("r2@harbour.example")
	w.must(w.write(func(tx *database.Tx) error {
		_, _, err := w.SetSubscriptionTx(tx, left.ID, n.ID, newsletter.SubscriptionUnsubscribed, "left")
		return err
	}))
	end := func() int {
		t.Helper()
		ended, err := w.EndPauses(t.Context(), "sender")
		w.must(err)
		return ended
	}
	if ended := end(); ended != 0 {
		t.Errorf("%d pauses ended before their time", ended)
	}
	w.clock.pass(time.Hour)
	if ended := end(); ended != readers-3 {
		t.Errorf("%d pauses ended, want %d", ended, readers-3)
	}
	if ended := end(); ended != 0 {
		t.Errorf("%d pauses ended twice", ended)
	}
	for email, want := range map[string]newsletter.SubscriptionState{
		"r0@harbour.example": newsletter.SubscriptionPaused, "r1@harbour.example": newsletter.SubscriptionPaused,
		"r2@harbour.example": newsletter.SubscriptionUnsubscribed, "r3@harbour.example": newsletter.SubscriptionActive,
	} {
		sub := w.find(email).Subscriptions[0]
		if sub.State != want || want == newsletter.SubscriptionActive && (sub.How != "the pause is over" || !sub.PausedUntil.IsZero()) {
			t.Errorf("%s is %s (%s) until %s", email, sub.State, sub.How, sub.PausedUntil)
		}
	}
	told, err := w.History(t.Context(), w.find("r3@harbour.example").ID)
	if w.must(err); len(told) != 1 || told[0].Actor != "sender" || told[0].Action != "subscription.resumed" {
		t.Errorf("the audit log has %+v", told)
	}
	// A pause made by hand later does not end at the time of an earlier one.
	id := w.find("r1@harbour.example").ID
	w.must(w.write(func(tx *database.Tx) error {
		for _, to := range []newsletter.SubscriptionState{newsletter.SubscriptionActive, newsletter.SubscriptionPaused} {
			if _, _, err := w.SetSubscriptionTx(tx, id, n.ID, to, "by hand"); err != nil {
				return err
			}
		}
		return nil
	}))
	w.clock.pass(24 * time.Hour)
	if ended := end(); ended != 0 {
		t.Errorf("%d pauses without an end ended", ended)
	}
}

func TestWishesWhoseTimeIsOverAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := lantern("weekly")
	w.must(w.AddNewsletter(t.Context(), n, "ana"))
	id := w.subscribed(n, "ana@harbour.example")
	for i := range 3 {
		w.must(w.write(func(tx *database.Tx) error {
			return w.AddWishTx(tx, &store.Wish{Kind: store.WishErase, SubscriberID: id, NewsletterID: n.ID, ExpiresAt: w.clock.Now().Add(time.Duration(i) * time.Hour)})
		}))
	}
	w.clock.pass(90 * time.Minute)
	var gone []int64
	w.must(w.write(func(tx *database.Tx) (err error) {
		gone, err = w.ForgetWishesTx(tx, w.clock.Now(), 100)
		return err
	}))
	if len(gone) != 2 {
		t.Errorf("the wishes %v are forgotten, want two", gone)
	}
	w.must(w.write(func(tx *database.Tx) error {
		open, err := w.EndWishTx(tx, 3, store.WishDone)
		if again, err := w.EndWishTx(tx, 3, store.WishVoid); err != nil || again {
			t.Errorf("a wish ended twice: %v", err)
		}
		if other, err := w.WishTx(tx, 3, id+1); err != nil || other != nil {
			t.Errorf("somebody else has the wish: %v", err)
		}
		if !open {
			t.Error("the wish was not open")
		}
		return err
	}))
}
