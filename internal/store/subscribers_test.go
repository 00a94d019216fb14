package store_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func (w *world) put(text string, p store.Subscriber) (id int64, added bool) {
	w.t.Helper()
	a, err := address.Parse(text)
	w.must(err)
	w.must(w.write(func(tx *database.Tx) (err error) {
		added, err = w.PutSubscriberTx(tx, &p, a, []byte("hash of "+a.Key()))
		return err
	}))
	return p.ID, added
}

func (w *world) find(text string) *store.Subscriber {
	w.t.Helper()
	a, err := address.Parse(text)
	w.must(err)
	p, err := w.Subscriber(w.t.Context(), a)
	w.must(err)
	return p
}

func TestPutSubscriberFillsInWhatIsGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, added := w.put("Dan@example.org", store.Subscriber{Name: "Dan", Language: "de", Tags: []string{"pier", "lamp"}, Fields: map[string]string{"port": "west", "boat": "red"}})
	if !added {
		t.Error("a new person was known")
	}
	made := w.clock.Now()
	w.clock.pass(time.Hour)
	again, added := w.put("dan@EXAMPLE.org", store.Subscriber{Language: "pt", TimeZone: "Europe/Lisbon", Tags: []string{"pier", "fog"}, Fields: map[string]string{"port": "east"}})
	if added || again != id {
		t.Errorf("the same address is person %d and then %d, added %t", id, again, added)
	}
	want := &store.Subscriber{
		ID: id, Email: "Dan@example.org", Name: "Dan", Language: "pt", TimeZone: "Europe/Lisbon", Tags: []string{"fog", "lamp", "pier"},
		Fields: map[string]string{"port": "east", "boat": "red"}, MadeAt: made,
	}
	if got := w.find("dan@example.org"); !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	w.must(w.db.Read(t.Context(), func(tx *database.Tx) error {
		p, err := w.SubscriberTx(tx, id)
		if err != nil || p.Name != "Dan" {
			t.Errorf("by number %+v, %v", p, err)
		}
		none, err := w.SubscriberTx(tx, 99)
		if none != nil || err != nil {
			t.Errorf("by a number nobody has %+v, %v", none, err)
		}
		return nil
	}))
	nobody, err := address.Parse("eve@example.org")
	w.must(err)
	_, err = w.Subscriber(t.Context(), nobody)
	refuses(t, err, newsletter.NotFound)
}

func TestNumbersOfPeopleAreNeverGivenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.put("dan@example.org", store.Subscriber{Tags: []string{"pier"}})
	w.must(w.write(func(tx *database.Tx) error {
		_, err := tx.Exec(`DELETE FROM subscribers`)
		return err
	}))
	if next, added := w.put("eve@example.org", store.Subscriber{}); !added || next == id {
		t.Errorf("person %d came after person %d was erased", next, id)
	}
	if eve := w.find("eve@example.org"); len(eve.Tags) != 0 {
		t.Errorf("tags of an erased person stayed: %v", eve.Tags)
	}
}

func TestSubscriptionIsMadeOnceAndChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly-lantern")
	id, _ := w.put("dan@example.org", store.Subscriber{})
	subscribe := func(state newsletter.SubscriptionState) (made bool) {
		t.Helper()
		w.must(w.write(func(tx *database.Tx) (err error) {
			made, err = w.SubscribeTx(tx, id, n.ID, store.Subscription{State: state, How: "by hand", ConsentAt: w.clock.Now(), ConsentSource: "paper", ConsentText: "yes"})
			return err
		}))
		return made
	}
	change := func(to newsletter.SubscriptionState) (before newsletter.SubscriptionState, ok bool) {
		t.Helper()
		w.must(w.write(func(tx *database.Tx) (err error) {
			before, ok, err = w.SetSubscriptionTx(tx, id, n.ID, to, "clicked")
			return err
		}))
		return before, ok
	}
	state := func() newsletter.SubscriptionState {
		t.Helper()
		s, err := w.SubscriptionState(t.Context(), id, n.ID)
		w.must(err)
		return s
	}
	if state() != "" {
		t.Errorf("a state before the subscription: %s", state())
	}
	if _, ok := change(newsletter.SubscriptionActive); ok {
		t.Error("a subscription there is none of was changed")
	}
	if !subscribe(newsletter.SubscriptionActive) || subscribe(newsletter.SubscriptionPending) || state() != newsletter.SubscriptionActive {
		t.Errorf("the subscription is %s", state())
	}
	begun := w.clock.Now()
	w.clock.pass(time.Hour)
	if before, ok := change(newsletter.SubscriptionActive); !ok || before != newsletter.SubscriptionActive || !w.find("dan@example.org").Subscriptions[0].Since.Equal(begun) {
		t.Error("a change to the same state changed something")
	}
	if before, ok := change(newsletter.SubscriptionUnsubscribed); !ok || before != newsletter.SubscriptionActive || state() != newsletter.SubscriptionUnsubscribed {
		t.Errorf("before %s, now %s", before, state())
	}
	if subscribe(newsletter.SubscriptionActive) || state() != newsletter.SubscriptionUnsubscribed {
		t.Error("subscribing brought back who left")
	}
	want := store.Subscription{
		NewsletterID: n.ID, Newsletter: "weekly-lantern", State: newsletter.SubscriptionUnsubscribed, Since: w.clock.Now(), How: "clicked",
		ConsentAt: begun, ConsentSource: "paper", ConsentText: "yes",
	}
	if got := w.find("dan@example.org").Subscriptions; len(got) != 1 || got[0] != want {
		t.Errorf("subscription %+v, want %+v", got, want)
	}
	if err := w.write(func(tx *database.Tx) error {
		_, _, err := w.SetSubscriptionTx(tx, id, n.ID, "gone", "x")
		return err
	}); err == nil {
		t.Error("an unknown state was stored")
	}
}

func TestSubscribersAreListedAndCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, other := w.newsletter("weekly-lantern"), w.newsletter("other")
	for text, in := range map[string]map[*newsletter.Newsletter]newsletter.SubscriptionState{
		"eve@example.org": {n: newsletter.SubscriptionActive},
		"Dan@example.org": {n: newsletter.SubscriptionActive, other: newsletter.SubscriptionPending},
		"cyd@example.org": {n: newsletter.SubscriptionUnsubscribed},
		"bob@example.org": {},
	} {
		id, _ := w.put(text, store.Subscriber{})
		for n, state := range in {
			w.must(w.write(func(tx *database.Tx) error {
				_, err := w.SubscribeTx(tx, id, n.ID, store.Subscription{State: state})
				return err
			}))
		}
	}
	list := func(id int64, state newsletter.SubscriptionState) string {
		var words []string
		w.must(w.ListSubscribers(t.Context(), id, state, func(l store.Listed) error {
			words = append(words, l.Email[:3]+" "+l.Newsletter+" "+string(l.State))
			return nil
		}))
		return strings.Join(words, ", ")
	}
	for _, c := range []struct {
		id    int64
		state newsletter.SubscriptionState
		want  string
	}{
		{n.ID, "", "cyd weekly-lantern unsubscribed, Dan weekly-lantern active, eve weekly-lantern active"},
		{n.ID, newsletter.SubscriptionActive, "Dan weekly-lantern active, eve weekly-lantern active"},
		{0, newsletter.SubscriptionPending, "Dan other pending"},
		{0, "", "cyd weekly-lantern unsubscribed, Dan other pending, Dan weekly-lantern active, eve weekly-lantern active"},
	} {
		if got := list(c.id, c.state); got != c.want {
			t.Errorf("listed %s, want %s", got, c.want)
		}
	}
	stop := errors.New("enough")
	if err := w.ListSubscribers(t.Context(), 0, "", func(store.Listed) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error became %v", err)
	}
	counts, err := w.CountSubscriptions(t.Context(), n.ID)
	w.must(err)
	if want := map[newsletter.SubscriptionState]int{newsletter.SubscriptionActive: 2, newsletter.SubscriptionUnsubscribed: 1}; !reflect.DeepEqual(counts, want) {
		t.Errorf("counts %v, want %v", counts, want)
	}
}

func TestSuppressionIsForOneNewsletterOrForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.write(func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO suppressions (email_hash, newsletter_id, reason, made_at) VALUES
			(CAST('a' AS BLOB), 0, 'complained', 1), (CAST('a' AS BLOB), 1, 'asked', 1), (CAST('b' AS BLOB), 2, 'bounced', 1)`)
		return err
	}))
	w.must(w.db.Read(t.Context(), func(tx *database.Tx) error {
		for _, c := range []struct {
			hash string
			list int64
			want string
		}{{"a", 1, "complained"}, {"a", 2, "complained"}, {"b", 1, ""}, {"b", 2, "bounced"}, {"c", 1, ""}} {
			if got, err := w.SuppressedTx(tx, []byte(c.hash), c.list); err != nil || got != c.want {
				t.Errorf("%s for newsletter %d: %q, %v, want %q", c.hash, c.list, got, err, c.want)
			}
		}
		return nil
	}))
}
