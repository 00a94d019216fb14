package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

var reader = token.Claims{Newsletter: 1, Subscriber: 2}

// opens fails unless a link is good.
func (w *world) opens(s *store.Secrets, link string) {
	w.t.Helper()
	if got, err := s.Links.Verify(token.Unsubscribe, link, w.clock.Now()); err != nil || got != reader {
		w.t.Errorf("the link reads %v, %v", got, err)
	}
}

func (w *world) rotate() *store.Rotation {
	w.t.Helper()
	r, err := w.Rotate(w.t.Context(), "ana")
	w.must(err)
	return r
}

func TestLinkWorksAfterThreeRotationsAYearLaterAndFromABackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	running, err := w.Secrets(t.Context()) // a program that goes on all the time
	w.must(err)
	sign := func() string { return running.Links.Sign(token.Unsubscribe, reader, time.Time{}) }
	links, senders := []string{sign()}, []string{running.VERP.VERP(1, 2)}
	for range 3 {
		w.rotate()
		w.clock.pass(365 * 24 * time.Hour)
		w.must(w.RenewSecrets(t.Context(), running))
		if next := sign(); next == links[len(links)-1] {
			t.Error("the new key does not sign")
		}
		links, senders = append(links, sign()), append(senders, running.VERP.VERP(1, 2))
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	w.must(w.db.Backup(t.Context(), copied))
	db, err := database.Open(t.Context(), copied)
	w.must(err)
	t.Cleanup(func() { w.must(db.Close()) })
	restored, err := store.New(db, w.clock.Now).Secrets(t.Context())
	w.must(err)
	for i, link := range links {
		for _, s := range []*store.Secrets{running, restored} {
			w.opens(s, link)
			if b, p, err := s.VERP.ParseVERP(senders[i]); err != nil || b != 1 || p != 2 {
				t.Errorf("the sender of rotation %d reads %d, %d, %v", i, b, p, err)
			}
		}
	}
	if restored.Links.Sign(token.Unsubscribe, reader, time.Time{}) != links[3] {
		t.Error("the backup signs with another key")
	}
}

func TestNewKeyIsKnownEverywhereBeforeItSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before, err := w.Secrets(t.Context())
	w.must(err)
	r := w.rotate()
	if r.Left != 124 || len(r.Keys) != 4 || !r.Keys[0].SignsFrom.Equal(w.clock.Now().Add(store.RotationLead)) {
		t.Errorf("got %+v", r)
	}
	after, err := w.Secrets(t.Context()) // a program that begins in the same moment
	w.must(err)
	link := after.Links.Sign(token.Unsubscribe, reader, time.Time{})
	w.opens(before, link)
	w.clock.pass(store.RotationLead)
	w.must(w.RenewSecrets(t.Context(), before))
	fresh := before.Links.Sign(token.Unsubscribe, reader, time.Time{})
	if fresh == link {
		t.Error("the new key does not sign when its time has come")
	}
	w.opens(after, fresh) // it never looked again
	if got := r.Signing("link", w.clock.Now()); got.ID != 6 || r.Signing("link", w.clock.Now().Add(-time.Second)).ID != 1 {
		t.Errorf("signing is %+v", got)
	}
}

func TestBulletinKeepsItsEnvelopeSenderOverARotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sender := func(begun time.Time) string {
		t.Helper()
		keys, err := w.EnvelopeKeys(t.Context(), begun)
		w.must(err)
		return keys.VERP(7, 8)
	}
	begun := w.clock.Now()
	before := sender(begun)
	w.rotate()
	between := w.clock.Now().Add(store.RotationLead / 2)
	w.clock.pass(time.Hour)
	w.rotate()
	w.clock.pass(time.Hour)
	if sender(begun) != before || sender(between) != before {
		t.Error("a retry has another sender")
	}
	if sender(w.clock.Now()) == before {
		t.Error("what begins now has the old sender")
	}
}

func TestRotationEndsWhereATokenHasNoMoreRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, err := w.Secrets(t.Context())
	w.must(err)
	link := first.Links.Sign(token.Unsubscribe, reader, time.Time{})
	for range 125 {
		w.rotate()
	}
	_, err = w.Rotate(t.Context(), "ana")
	refuses(t, err, newsletter.Refused)
	w.clock.pass(time.Hour)
	s, err := w.Secrets(t.Context())
	w.must(err)
	w.opens(s, link)
	w.opens(s, s.Links.Sign(token.Unsubscribe, reader, time.Time{}))
	entries, err := w.Audit(t.Context(), 200)
	w.must(err)
	if len(entries) != 125 || entries[0].Action != "secrets.rotate" || entries[0].Actor != "ana" || !strings.Contains(entries[0].Detail, "link key 254, verp key 255") {
		t.Errorf("%d lines of audit, the last %+v", len(entries), entries[0])
	}
}
