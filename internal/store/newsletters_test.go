package store_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

func TestNewsletterReadsBackWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly-lantern")
	want := lantern("weekly-lantern")
	want.ID, want.PlannedAt = n.ID, w.clock.Now()
	byName, err := w.Newsletter(t.Context(), "weekly-lantern")
	w.must(err)
	byID, err := w.NewsletterByID(t.Context(), n.ID)
	w.must(err)
	only, err := w.Newsletter(t.Context(), "")
	w.must(err)
	for _, got := range []*newsletter.Newsletter{n, byName, byID, only} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, want %+v", got, want)
		}
	}
	if got := w.actions(1); got != "ana newsletter.add" {
		t.Errorf("audit: %s", got)
	}
}

func TestNewslettersAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	find := func(slug string) error {
		_, err := w.Newsletter(t.Context(), slug)
		return err
	}
	refuses(t, find(""), newsletter.NotFound)
	w.newsletter("weekly-lantern")
	refuses(t, w.AddNewsletter(t.Context(), lantern("weekly-lantern"), "ana"), newsletter.Conflict)
	refuses(t, w.AddNewsletter(t.Context(), lantern("Not A Slug"), "ana"), newsletter.Usage)
	broken := lantern("broken")
	broken.ListID = ""
	refuses(t, w.AddNewsletter(t.Context(), broken, "ana"), newsletter.Usage)
	refuses(t, w.EditNewsletter(t.Context(), lantern("other"), "ana"), newsletter.NotFound)
	refuses(t, find("other"), newsletter.NotFound)
	w.newsletter("a-second")
	refuses(t, find(""), newsletter.Usage)
	if _, err := w.NewsletterByID(t.Context(), 99); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("error %v", err)
	}
	all, err := w.Newsletters(t.Context())
	w.must(err)
	if len(all) != 2 || all[0].Slug != "a-second" || all[1].Slug != "weekly-lantern" {
		t.Errorf("newsletters %v", all)
	}
}

func TestEditMovesThePlanOnlyWithTheSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newsletter("weekly-lantern")
	planned := w.clock.Now()
	for _, c := range []struct {
		name   string
		change func(*newsletter.Newsletter)
		moves  bool
	}{
		{"another name", func(n *newsletter.Newsletter) { n.Name = "Lantern" }, false},
		{"another schedule", func(n *newsletter.Newsletter) { n.Schedule.Send = "0 9 * * 5" }, true},
		{"another time zone", func(n *newsletter.Newsletter) { n.TimeZone = "Africa/Cairo" }, true},
		{"nothing else", func(*newsletter.Newsletter) {}, false},
	} {
		n, err := w.Newsletter(t.Context(), "")
		w.must(err)
		id := n.ID
		c.change(n)
		n.ID, n.PlannedAt = 0, time.Time{} // as it comes from a file
		w.clock.pass(time.Hour)
		w.must(w.EditNewsletter(t.Context(), n, "ben"))
		if c.moves {
			planned = w.clock.Now()
		}
		after, err := w.Newsletter(t.Context(), "")
		w.must(err)
		if n.ID != id || !n.PlannedAt.Equal(planned) || !reflect.DeepEqual(after, n) {
			t.Errorf("%s: %+v, planned at %s, want %s", c.name, after, after.PlannedAt, planned)
		}
	}
	if got := w.actions(1); got != "ben newsletter.edit" {
		t.Errorf("audit: %s", got)
	}
}

func TestEditWithinATransactionIsCheckedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly-lantern")
	n.Sections = append(n.Sections, newsletter.Section{Name: "night clinics:"})
	refuses(t, w.write(func(tx *database.Tx) error { return w.EditNewsletterTx(tx, n, "ana") }), newsletter.Usage)
}

func TestSecretsOfADatabaseAreItsOwn(t *testing.T) {
	t.Parallel()
	a, b := newWorld(t), newWorld(t)
	read := func(w *world) *store.Secrets {
		s, err := w.Secrets(t.Context())
		w.must(err)
		return s
	}
	one, two, other := read(a), read(a), read(b)
	protect := func(s *store.Secrets) token.Fixed { return token.NewFixed(s.Protect) }
	if made(one.MessageID) != made(two.MessageID) || made(one.Address) != made(two.Address) || made(protect(one)) != made(protect(two)) {
		t.Error("the keys differ from reading to reading")
	}
	different := map[string]bool{}
	for _, s := range []*store.Secrets{one, other} {
		for _, f := range []token.Fixed{s.MessageID, s.Address, protect(s)} {
			different[made(f)] = true
		}
	}
	if len(different) != 6 {
		t.Error("keys are shared")
	}
	claims := token.Claims{Newsletter: 1, Subscriber: 2}
	link := one.Links.Sign(token.Unsubscribe, claims, time.Time{})
	if got, err := two.Links.Verify(token.Unsubscribe, link, a.clock.Now()); err != nil || got != claims {
		t.Errorf("a link reads %v, %v", got, err)
	}
	if _, err := other.Links.Verify(token.Unsubscribe, link, a.clock.Now()); err == nil {
		t.Error("another database takes the link")
	}
}

func TestRotatedKeysVerifyOldLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, err := w.Secrets(t.Context())
	w.must(err)
	claims := token.Claims{Newsletter: 1, Subscriber: 2}
	link := old.Links.Sign(token.Unsubscribe, claims, time.Time{})
	sender := old.VERP.VERP(1, 2)
	w.must(w.write(func(tx *database.Tx) error {
		for _, purpose := range database.SecretPurposes {
			if _, err := tx.Exec(`INSERT INTO secrets (purpose, key, made_at) VALUES ($1, $2, $3)`, purpose, bytes.Repeat([]byte{7}, 32), w.clock.Now().UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	}))
	now, err := w.Secrets(t.Context())
	w.must(err)
	if got, err := now.Links.Verify(token.Unsubscribe, link, w.clock.Now()); err != nil || got != claims {
		t.Errorf("an old link reads %v, %v", got, err)
	}
	if fresh := now.Links.Sign(token.Unsubscribe, claims, time.Time{}); fresh == link {
		t.Error("the newest key does not sign")
	}
	if b, p, err := now.VERP.ParseVERP(sender); err != nil || b != 1 || p != 2 {
		t.Errorf("an old envelope sender reads %d, %d, %v", b, p, err)
	}
	if made(now.MessageID) != made(old.MessageID) || made(now.Address) != made(old.Address) {
		t.Error("a key that never rotates has changed")
	}
}

// TestEnvelopeSenderStaysThatOfItsTime: a retry has the same sender although a
// newer key was made meanwhile.
func TestEnvelopeSenderStaysThatOfItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, err := w.Secrets(t.Context())
	w.must(err)
	rotated := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	w.must(w.write(func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO secrets (purpose, key, made_at) VALUES ('verp', $1, $2)`, bytes.Repeat([]byte{7}, 32), rotated.UnixMilli())
		return err
	}))
	for begun, same := range map[time.Time]bool{{}: true, rotated.Add(-time.Hour): true, rotated: false, rotated.Add(time.Hour): false} {
		keys, err := w.EnvelopeKeys(t.Context(), begun)
		w.must(err)
		sender := keys.VERP(1, 2)
		if (sender == old.VERP.VERP(1, 2)) != same {
			t.Errorf("mail begun at %s is from %s", begun, sender)
		}
		if b, p, err := keys.ParseVERP(old.VERP.VERP(1, 2)); err != nil || b != 1 || p != 2 {
			t.Errorf("the old sender reads %d, %d, %v", b, p, err)
		}
	}
}

// made stands for a key that cannot be seen: two that make the same are the same.
func made(f token.Fixed) string { return string(f.AddressHash("keeper@example.org")) }
