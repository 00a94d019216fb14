package audience_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

const site = "https://lantern.example.org"

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// door makes the door of the newsletter, which takes sign-ups from now on.
func (w *world) door() (*audience.Door, *token.Keyring) {
	w.t.Helper()
	keys, err := token.NewKeyring(token.Key{ID: 1, Secret: bytes.Repeat([]byte{7}, 32)})
	w.must(err)
	w.list.Public.Subscribe = true
	w.must(w.store.EditNewsletter(w.t.Context(), w.list, "ana"))
	return w.Audience.Door(keys, site), keys
}

// ask makes the wish of an address for the newsletter.
func (w *world) ask(d *audience.Door, address string) {
	w.t.Helper()
	w.must(d.Ask(w.t.Context(), audience.Asking{Newsletter: w.list, Address: parse(w.t, address), Text: "I want it.", Source: "sign-up page"}))
}

// mail gives the notices that wait, the oldest first.
func (w *world) mail() []*ledger.Notice {
	w.t.Helper()
	list, err := w.ledger.DueNotices(w.t.Context(), 1000)
	w.must(err)
	return list
}

// claims reads the link of a letter.
func (w *world) claims(keys *token.Keyring, p token.Purpose, n *ledger.Notice) token.Claims {
	w.t.Helper()
	tok, ok := strings.CutPrefix(n.Letter.Links[0].URL, site+p.Path())
	if !ok {
		w.t.Fatalf("the link leads to %s", n.Letter.Links[0].URL)
	}
	c, err := keys.Verify(p, tok, w.clock)
	w.must(err)
	return c
}

func (w *world) explain(address string) string {
	w.t.Helper()
	s, err := w.Explain(w.t.Context(), parse(w.t, address), w.list, nil)
	w.must(err)
	return s
}

func TestSignUpIsConfirmedByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, keys := w.door()
	w.ask(d, "Dan@Example.org")
	mail := w.mail()
	if len(mail) != 1 || mail[0].Email != "Dan@example.org" || mail[0].Kind != store.SignupConfirm || mail[0].Letter.Subject != "Please confirm: The Weekly Lantern" {
		t.Fatalf("mail %+v", mail)
	}
	if s := w.explain("dan@example.org"); !strings.Contains(s, "nobody here has this address") {
		t.Errorf("before the confirmation: %s", s)
	}
	c := w.claims(keys, token.Confirm, mail[0])
	before, err := d.Arrival(t.Context(), c)
	if w.must(err); !before.Open || before.Active || before.Newsletter.Name != "The Weekly Lantern" {
		t.Errorf("the link says %+v", before)
	}
	w.clock = w.clock.Add(3 * time.Hour)
	for _, first := range []bool{true, false} {
		got, err := d.Confirm(t.Context(), c)
		if w.must(err); got.Open != first || !got.Active {
			t.Errorf("first %v: %+v", first, got)
		}
	}
	s := w.person("dan@example.org").Subscriptions[0]
	if s.State != newsletter.SubscriptionActive || !s.ConsentAt.Equal(noon) || !s.ConfirmedAt.Equal(w.clock) ||
		s.ConsentText != "I want it." || s.ConsentSource != "sign-up page" || s.ConsentBy != audience.Reader || s.ConfirmedHow == "" {
		t.Errorf("the consent on record is %+v", s)
	}
	if got := w.audit()[0]; got.Action != "subscription.confirm" || got.SubscriberID != w.person("dan@example.org").ID || got.Actor != audience.Reader {
		t.Errorf("the log says %+v", got)
	}
}

func TestUsedLinkBringsNobodyBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, keys := w.door()
	w.ask(d, "dan@example.org")
	w.clock = w.clock.Add(5 * time.Minute)
	w.ask(d, "dan@example.org")
	mail := w.mail()
	_, err := d.Confirm(t.Context(), w.claims(keys, token.Confirm, mail[0]))
	w.must(err)
	w.leave(w.person("dan@example.org").ID)
	for i, n := range mail { // the second link was never used, but its wish is fulfilled
		got, err := d.Confirm(t.Context(), w.claims(keys, token.Confirm, n))
		if w.must(err); got.Open || got.Active {
			t.Errorf("link %d: %+v", i+1, got)
		}
	}
	// Asking anew is the way.
	w.clock = w.clock.Add(5 * time.Minute)
	w.ask(d, "dan@example.org")
	if _, err := d.Confirm(t.Context(), w.claims(keys, token.Confirm, w.mail()[2])); err != nil {
		t.Error(err)
	}
	if s := w.explain("dan@example.org"); !strings.Contains(s, "dan@example.org gets The Weekly Lantern") {
		t.Error(s)
	}
}

func TestWhoGetsWhatAnswer(t *testing.T) {
	t.Parallel()
	suppress := func(reason string) func(*world) {
		return func(w *world) {
			x, err := w.Target("dan@example.org")
			w.must(err)
			x.Reason = reason
			_, err = w.Suppress(w.t.Context(), x, "ana")
			w.must(err)
		}
	}
	subscribed := func(w *world) { w.add(w.list, entry(w.t, "dan@example.org")) }
	for name, c := range map[string]struct {
		before []func(*world)
		want   string
	}{
		"a stranger":           {nil, store.SignupConfirm},
		"a reader":             {[]func(*world){subscribed}, store.SignupKnown},
		"who left":             {[]func(*world){subscribed, func(w *world) { w.leave(w.person("dan@example.org").ID) }}, store.SignupConfirm},
		"who pauses":           {[]func(*world){subscribed, func(w *world) { w.must(w.Pause(w.t.Context(), w.person("dan@example.org").ID, w.list.ID, "ana")) }}, store.SignupConfirm},
		"who complained":       {[]func(*world){subscribed, suppress(store.Complained)}, store.SignupNothing},
		"kept out by staff":    {[]func(*world){suppress("asked by telephone")}, store.SignupNothing},
		"a reader who bounced": {[]func(*world){subscribed, suppress(store.Bounced)}, store.SignupConfirm},
		"who was erased": {[]func(*world){subscribed, func(w *world) {
			_, err := w.Erase(w.t.Context(), parse(w.t, "dan@example.org"), "ana")
			w.must(err)
		}}, store.SignupConfirm},
		"erased, of a suppressed domain": {[]func(*world){suppress(store.Erased), func(w *world) {
			x, err := w.Target("@example.org")
			w.must(err)
			x.Reason = "they asked"
			_, err = w.Suppress(w.t.Context(), x, "ana")
			w.must(err)
		}}, store.SignupNothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d, _ := w.door()
			for _, f := range c.before {
				f(w)
			}
			w.ask(d, "dan@example.org")
			got := store.SignupNothing
			if mail := w.mail(); len(mail) == 1 {
				got = mail[0].Kind
			}
			if got != c.want {
				t.Errorf("the answer is %q, want %q", got, c.want)
			}
			// Every answer counts alike, so that the limits say nothing either.
			w.ask(d, "dan@example.org")
			if n := len(w.mail()); n > 1 {
				t.Errorf("a second wish within the minute brought %d mails", n)
			}
		})
	}
}

func TestComplaintMeanwhileIsStronger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, keys := w.door()
	w.ask(d, "dan@example.org")
	x, err := w.Target("dan@example.org")
	w.must(err)
	x.Reason = store.Complained
	_, err = w.Suppress(t.Context(), x, "ana")
	w.must(err)
	_, err = d.Confirm(t.Context(), w.claims(keys, token.Confirm, w.mail()[0]))
	if newsletter.KindOf(err) != newsletter.Refused {
		t.Errorf("got %v", err)
	}
	if s := w.explain("dan@example.org"); !strings.Contains(s, "nobody here") {
		t.Error(s)
	}
}

func TestNobodysMailboxIsFlooded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, _ := w.door()
	other := w.newsletter("daily-lantern")
	other.Public.Subscribe = true
	w.must(w.store.EditNewsletter(t.Context(), other, "ana"))
	for range 40 { // every two minutes, in turns for one newsletter and the other
		w.ask(d, "dan@example.org")
		w.list, other = other, w.list
		w.clock = w.clock.Add(2 * time.Minute)
	}
	if n := len(w.mail()); n != 6 {
		t.Errorf("%d mails in 80 minutes, want 3 in each of two hours", n)
	}
	w.clock = w.clock.Add(6 * time.Hour)
	w.ask(d, "dan@example.org")
	if n := len(w.mail()); n != 6 {
		t.Errorf("%d mails in a day, want 6", n)
	}
	w.clock = w.clock.Add(24 * time.Hour)
	w.ask(d, "dan@example.org")
	if n := len(w.mail()); n != 7 {
		t.Errorf("%d mails the day after, want one more", n)
	}
}

func TestManyMailboxesAreNotFlooded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address func(i int) string
		limit   int
	}{
		"of one domain":      {func(i int) string { return fmt.Sprintf("r%d@harbour.example", i) }, audience.PerDomainHour},
		"for one newsletter": {func(i int) string { return fmt.Sprintf("r@h%d.example", i) }, audience.PerNewsletterHour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d, _ := w.door()
			const asked = 5 // by hand; the others at once
			w.must(w.db.Write(t.Context(), func(tx *database.Tx) error {
				for i := range c.limit - asked {
					x := &store.Signup{
						NewsletterID: w.list.ID, Hash: []byte(c.address(i)), Domain: parse(t, c.address(i)).Domain,
						Answer: store.SignupNothing, ExpiresAt: w.clock.Add(time.Hour),
					}
					if err := w.store.AddSignupTx(tx, x); err != nil {
						return err
					}
				}
				return nil
			}))
			for i := range asked {
				w.ask(d, c.address(c.limit-asked+i))
			}
			asking := audience.Asking{Newsletter: w.list, Address: parse(t, c.address(c.limit)), Text: "yes", Source: "page"}
			if err := d.Ask(t.Context(), asking); newsletter.KindOf(err) != newsletter.Unavailable {
				t.Errorf("number %d: %v", c.limit+1, err)
			}
			if n := len(w.mail()); n != asked {
				t.Errorf("%d mails", n)
			}
			w.clock = w.clock.Add(time.Hour)
			if err := d.Ask(t.Context(), asking); err != nil {
				t.Errorf("an hour later: %v", err)
			}
		})
	}
}

func TestUnconfirmedAddressIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, keys := w.door()
	w.ask(d, "dan@example.org")
	w.ask(d, "eve@example.org")
	mail := w.mail()
	_, err := d.Confirm(t.Context(), w.claims(keys, token.Confirm, mail[1]))
	w.must(err)
	w.clock = w.clock.Add(audience.ConfirmFor - time.Second)
	w.must(d.Forget(t.Context()))
	if _, err := d.Arrival(t.Context(), w.claims(keys, token.Confirm, mail[0])); err != nil {
		t.Errorf("forgotten too early: %v", err)
	}
	c := w.claims(keys, token.Confirm, mail[0])
	w.clock = w.clock.Add(time.Second)
	w.must(d.Forget(t.Context()))
	if _, err := d.Confirm(t.Context(), c); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("the wish is still there: %v", err)
	}
	if n := len(w.mail()); n != 0 {
		t.Errorf("%d letters still wait, with links that have run out", n)
	}
	path := t.TempDir() + "/copy.db"
	w.must(w.db.Backup(t.Context(), path))
	if bytes.Contains(readFile(t, path), []byte("dan@example.org")) {
		t.Error("the address is still in the database")
	}
	if s := w.person("eve@example.org").Subscriptions[0]; s.ConsentText != "I want it." {
		t.Errorf("the consent of who confirmed is gone: %+v", s)
	}
}

func TestOnlyAnOpenNewsletterTakesSignUps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	closed := w.newsletter("inner-circle")
	d, _ := w.door()
	if n, err := d.Open(t.Context(), w.list.Slug); err != nil || n.ID != w.list.ID {
		t.Errorf("%v, %v", n, err)
	}
	for _, slug := range []string{closed.Slug, "nothing"} {
		if _, err := d.Open(t.Context(), slug); newsletter.KindOf(err) != newsletter.NotFound {
			t.Errorf("%s: %v", slug, err)
		}
	}
}
