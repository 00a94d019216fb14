package ledger_test

import (
	"reflect"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

func addNotice(w *world, key string) (made bool) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *database.Tx) (err error) {
		made, err = w.AddNoticeTx(tx, &ledger.Notice{
			Key: key, Kind: ledger.NoticeProof, NewsletterID: list, BulletinID: bulletin, Revision: 1,
			Email: "ana@example.org", Name: "Ana", MadeBy: "ben", SubscriberID: 7, Letter: &newsletter.Letter{Subject: "Look"},
		})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *world) due() []*ledger.Notice {
	w.t.Helper()
	due, err := w.DueNotices(w.t.Context(), 10)
	if err != nil {
		w.t.Fatal(err)
	}
	return due
}

func TestNoticeIsMadeOnceForItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	if !addNotice(w, "proof/1") || addNotice(w, "proof/1") || !addNotice(w, "proof/2") {
		t.Error("the key does not decide whether a notice is made")
	}
	due := w.due()
	want := ledger.Notice{
		ID: due[0].ID, Key: "proof/1", Kind: ledger.NoticeProof, NewsletterID: list, BulletinID: bulletin, Revision: 1,
		Email: "ana@example.org", Name: "Ana", MadeBy: "ben", SubscriberID: 7, MadeAt: w.clock.Now(), Letter: &newsletter.Letter{Subject: "Look"},
	}
	if len(due) != 2 || !reflect.DeepEqual(*due[0], want) {
		t.Errorf("due are %+v, want first %+v", due, want)
	}
	if some, err := w.DueNotices(t.Context(), 1); err != nil || len(some) != 1 {
		t.Errorf("%d of at most one, %v", len(some), err)
	}
}

func TestNoticeOfAnUnknownNewsletterIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	err := w.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := w.AddNoticeTx(tx, &ledger.Notice{Key: "k", NewsletterID: 99})
		return err
	})
	if err == nil {
		t.Error("it was stored")
	}
}

func TestNoticeGoesTheWayOfADelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	w.run()
	addNotice(w, "proof/1")
	id := w.due()[0].ID
	n := ledger.Ref{NoticeID: id}
	mark := func(token int64) bool {
		t.Helper()
		ok, err := w.Mark(t.Context(), n, 0, token)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	record := func(token int64, r ledger.Result) {
		t.Helper()
		if err := w.Record(t.Context(), n, token, r); err != nil {
			t.Fatal(err)
		}
	}
	open := func(want int) {
		t.Helper()
		if got, err := w.NoticesOpen(t.Context(), bulletin); got != want || err != nil {
			t.Errorf("%d are open, %v, want %d", got, err, want)
		}
	}
	begun := w.clock.Now()
	first, repeated, other := mark(11), mark(11), mark(12)
	if !first || !repeated || other {
		t.Errorf("marked %t, again %t, by another %t", first, repeated, other)
	}
	open(1)
	if len(w.due()) != 0 {
		t.Error("a notice in flight is due")
	}
	later := deferred
	later.NotBefore = begun.Add(time.Hour)
	record(11, later)
	if len(w.due()) != 0 {
		t.Error("a deferred notice is due at once")
	}
	w.clock.pass(time.Hour)
	if due := w.due(); len(due) != 1 || due[0].Attempts != 1 || !due[0].FirstAt.Equal(begun) {
		t.Fatalf("due are %+v", due)
	}
	mark(11)
	if n := w.recover(); n != 0 {
		t.Errorf("%d deliveries are uncertain", n)
	}
	if due := w.due(); len(due) != 1 || due[0].Attempts != 2 {
		t.Fatalf("after a crash due are %+v, want the notice again", due)
	}
	mark(12)
	record(12, sent)
	open(0)
	if len(w.due()) != 0 {
		t.Error("a sent notice is due")
	}
	if w.number(`SELECT COUNT(*) FROM deliveries WHERE state <> 0`) != 0 {
		t.Error("a notice touched a delivery")
	}
}
