package store_test

import (
	"reflect"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func TestBulletinIsFoundAsAPersonNamesIt(t *testing.T) {
	t.Parallel()
	one, two := newWorld(t), newWorld(t)
	for range 2 {
		one.bulletin(first(one, "weekly-lantern"))
		two.bulletin(first(two, "weekly-lantern"))
	}
	two.bulletin(first(two, "other"))
	for _, c := range []struct {
		name, ref, alone, beside string // what is found where there is one newsletter, and where there are two
	}{
		{"by its number", "2", "weekly-lantern/2", "weekly-lantern/2"},
		{"by a number that two have", "1", "weekly-lantern/1", "Usage"},
		{"by newsletter and number", "weekly-lantern/1", "weekly-lantern/1", "weekly-lantern/1"},
		{"as the latest", "latest", "weekly-lantern/2", "other/1"},
		{"as the latest of a newsletter", "weekly-lantern/latest", "weekly-lantern/2", "weekly-lantern/2"},
		{"not by a number there is none of", "3", "NotFound", "NotFound"},
		{"not by another newsletter", "other/2", "NotFound", "NotFound"},
		{"not as the latest of no newsletter", "none/latest", "NotFound", "NotFound"},
		{"not by nothing", "", "Usage", "Usage"},
		{"not by zero", "0", "Usage", "Usage"},
		{"not by a signed number", "+1", "Usage", "Usage"},
		{"not by a negative number", "-1", "Usage", "Usage"},
		{"not by a word", "newest", "Usage", "Usage"},
		{"not without the newsletter's name", "/1", "Usage", "Usage"},
		{"not as the latest of nobody", "/latest", "Usage", "Usage"},
		{"not by a path", "weekly-lantern/1/1", "Usage", "Usage"},
		{"not by a number beyond all", "99999999999999999999", "Usage", "Usage"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for w, want := range map[*world]string{one: c.alone, two: c.beside} {
				b, err := w.Bulletin(t.Context(), c.ref)
				switch {
				case want == "Usage":
					refuses(t, err, newsletter.Usage)
				case want == "NotFound":
					refuses(t, err, newsletter.NotFound)
				case err != nil || b.Ref() != want:
					t.Errorf("found %v, %v, want %s", b, err, want)
				}
				if err != nil && b != nil {
					t.Error("a bulletin comes with the error")
				}
			}
		})
	}
	_, err := newWorld(t).Bulletin(t.Context(), "latest")
	refuses(t, err, newsletter.NotFound)
}

// first gives the newsletter of that name and makes it at the first call.
func first(w *world, slug string) *newsletter.Newsletter {
	w.t.Helper()
	if n, err := w.Newsletter(w.t.Context(), slug); err == nil {
		return n
	}
	return w.newsletter(slug)
}

func TestBulletinReadsBackWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly-lantern")
	made := w.bulletin(n)
	want := &store.Bulletin{
		ID: made.ID, NewsletterID: n.ID, Slug: "weekly-lantern", Number: 1, Date: friday.AddDays(7), State: newsletter.BulletinReview,
		Revision: 1, Hash: made.Hash, Title: "Number 1", MadeBy: "ana", MadeAt: w.clock.Now(),
	}
	if got := w.fresh(made.ID); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(made, want) {
		t.Errorf("read\n%+v, made\n%+v, want\n%+v", got, made, want)
	}
	if _, err := w.BulletinByID(t.Context(), 99); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("error %v", err)
	}
	hash, err := document("Number 1").Hash()
	if err != nil || made.Hash != hash {
		t.Errorf("hash %s, %v, want %s", made.Hash, err, hash)
	}
	if got := w.actions(1); got != "ana bulletin.make" {
		t.Errorf("audit: %s", got)
	}
}

func TestStandingIsThatOfTheBulletin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.bulletin(w.newsletter("weekly-lantern")).ID
	later := w.clock.Now().Add(time.Hour)
	for _, step := range []struct {
		state    newsletter.BulletinState
		frozen   bool
		resumeAt time.Time
		over     bool
	}{
		{newsletter.BulletinReview, false, time.Time{}, true},
		{newsletter.BulletinSending, false, time.Time{}, false},
		{newsletter.BulletinSending, true, time.Time{}, false},
		{newsletter.BulletinPaused, true, later, false},
		{newsletter.BulletinPaused, true, time.Time{}, true},
		{newsletter.BulletinSent, true, time.Time{}, true},
	} {
		var resume int64
		if !step.resumeAt.IsZero() {
			resume = step.resumeAt.UnixMilli()
		}
		w.must(w.write(func(tx *database.Tx) error {
			_, err := tx.Exec(`UPDATE bulletins SET state = $2, frozen = $3, resume_at = $4 WHERE id = $1`, id, string(step.state), step.frozen, resume)
			return err
		}))
		got, err := w.Standing(t.Context(), id)
		b := w.fresh(id)
		if want := (store.Standing{State: b.State, Revision: b.Revision, Frozen: b.Frozen, ResumeAt: b.ResumeAt}); err != nil || got != want || got.IsOver() != step.over {
			t.Errorf("it stands %+v, %v, over %t; the bulletin reads %+v", got, err, got.IsOver(), want)
		}
	}
	if _, err := w.Standing(t.Context(), 99); err == nil {
		t.Error("a bulletin that does not exist stands")
	}
}

func TestOneBulletinForEachDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, other := w.newsletter("weekly-lantern"), w.newsletter("other")
	create := func(n *newsletter.Newsletter, number int, date newsletter.Date, extra int) error {
		return w.write(func(tx *database.Tx) error {
			return w.CreateBulletinTx(tx, &store.Bulletin{NewsletterID: n.ID, Number: number, Date: date, Extra: extra}, document("x"), "ana")
		})
	}
	extra := func() (extra int) {
		w.must(w.write(func(tx *database.Tx) (err error) {
			extra, err = w.NextExtraTx(tx, n.ID, friday)
			return err
		}))
		return extra
	}
	if extra() != 0 {
		t.Error("the first place is taken")
	}
	w.must(create(n, 1, friday, 0))
	refuses(t, create(n, 2, friday, 0), newsletter.Conflict)
	refuses(t, create(n, 1, friday.AddDays(7), 0), newsletter.Conflict)
	if extra() != 1 {
		t.Errorf("the next extra place is %d", extra())
	}
	w.must(create(n, 2, friday, 1))
	w.must(create(n, 3, friday.AddDays(7), 0))
	w.must(create(other, 1, friday, 0))
	if err := create(n, 4, friday.AddDays(14), -1); err == nil {
		t.Error("a negative extra place was taken")
	}
	if err := create(n, 4, newsletter.Date{}, 0); err == nil {
		t.Error("a bulletin without a date was stored")
	}
	w.must(w.db.Read(t.Context(), func(tx *database.Tx) error {
		for e, want := range map[int]int{0: 1, 1: 2} {
			b, err := w.BulletinOnTx(tx, n.ID, friday, e)
			if err != nil || b == nil || b.Number != want {
				t.Errorf("place %d has %v, %v, want number %d", e, b, err, want)
			}
		}
		if b, err := w.BulletinOnTx(tx, n.ID, friday, 2); b != nil || err != nil {
			t.Errorf("an empty place has %v, %v", b, err)
		}
		return nil
	}))
}

func TestNumbersCountUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly-lantern", func(n *newsletter.Newsletter) { n.FirstNumber = 40 })
	for want := 40; want < 43; want++ {
		if b := w.bulletin(n); b.Number != want {
			t.Errorf("number %d, want %d", b.Number, want)
		}
	}
	list, err := w.Bulletins(t.Context(), n.ID, 2)
	w.must(err)
	if len(list) != 2 || list[0].Number != 42 || list[1].Number != 41 {
		t.Errorf("the newest two are %v", list)
	}
	w.bulletin(w.newsletter("other"))
	all, err := w.Bulletins(t.Context(), 0, 100)
	w.must(err)
	if len(all) != 4 || all[0].Slug != "other" {
		t.Errorf("all are %v", all)
	}
	w.set(list[1].ID, newsletter.BulletinHeld)
	held, err := w.BulletinsIn(t.Context(), newsletter.BulletinHeld)
	w.must(err)
	if len(held) != 1 || held[0].ID != list[1].ID {
		t.Errorf("held are %v", held)
	}
}

func TestRevisionVoidsTheApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	first := b.Hash
	b, _, err := w.ApproveBulletin(t.Context(), b.ID, "", "cleo")
	w.must(err)
	if b.State != newsletter.BulletinApproved {
		t.Fatalf("state %s", b.State)
	}
	w.must(w.write(func(tx *database.Tx) error { return w.ReviseBulletinTx(tx, b, document("Other words"), "ben") }))
	now := w.fresh(b.ID)
	if now.State != newsletter.BulletinReview || now.Revision != 2 || now.Hash == first || now.Title != "Other words" || now.MadeBy != "ben" {
		t.Errorf("revised %+v", now)
	}
	if !reflect.DeepEqual(now, b) {
		t.Errorf("the caller has %+v, the database %+v", b, now)
	}
	w.must(w.db.Read(t.Context(), func(tx *database.Tx) error {
		given, err := w.ApprovalsTx(tx, b.ID, now.Hash)
		if len(given) != 0 {
			t.Errorf("the new revision is approved by %v", given)
		}
		return err
	}))
	for revision, want := range map[int]string{0: "Other words", 1: "Number 1", 2: "Other words"} {
		if d, err := w.Document(t.Context(), b.ID, revision); err != nil || d.Content.Title != want {
			t.Errorf("revision %d is %v, %v, want %s", revision, d, err, want)
		}
	}
	if _, err := w.Document(t.Context(), b.ID, 3); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("a revision there is none of: %v", err)
	}
	if got := w.actions(2); got != "cleo bulletin.approve, ben bulletin.revise" {
		t.Errorf("audit: %s", got)
	}
}

func TestRevisionIsRefusedOnceBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	for state, allowed := range map[newsletter.BulletinState]bool{
		newsletter.BulletinReview: true, newsletter.BulletinApproved: true, newsletter.BulletinHeld: true,
		newsletter.BulletinSending: false, newsletter.BulletinPaused: false, newsletter.BulletinSent: false, newsletter.BulletinCancelled: false,
	} {
		w.set(b.ID, state)
		err := w.write(func(tx *database.Tx) error {
			// A copy that was read earlier knows neither state nor revision.
			stale := *b
			return w.ReviseBulletinTx(tx, &stale, document(string(state)), "ben")
		})
		if allowed {
			w.must(err)
		} else {
			refuses(t, err, newsletter.Refused)
		}
	}
	if now := w.fresh(b.ID); now.Revision != 4 {
		t.Errorf("revision %d, want 1 and the three allowed ones", now.Revision)
	}
}

func TestDocumentIsReplacedOnlyByTheSameWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bulletin(w.newsletter("weekly-lantern"))
	replace := func(d *newsletter.Document) error {
		return w.write(func(tx *database.Tx) error { return w.ReplaceDocumentTx(tx, b, d) })
	}
	same := document("Number 1")
	same.Content.Sections[0].Items[0].ID = 17
	w.must(replace(same))
	if d, err := w.Document(t.Context(), b.ID, 0); err != nil || d.Content.Sections[0].Items[0].ID != 17 {
		t.Errorf("stored %+v, %v", d, err)
	}
	if err := replace(document("Other words")); err == nil {
		t.Error("other words were stored under the old hash")
	}
}

func TestAuditIsNewestFirstAndHoldsNoAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	details := map[string]string{
		"550 5.1.1 <dan@example.org>: no such user": "550 5.1.1 <(address)>: no such user",
		"from dan@example.org, eve@münchen.example": "from (address), (address)",
		"at noon @ the pier":                        "at noon @ the pier",
	}
	for detail, want := range details {
		w.clock.pass(time.Minute)
		e := store.Entry{Actor: "ana", Action: "test", NewsletterID: 1, BulletinID: 2, ItemID: 3, SubscriberID: 4, Detail: detail}
		w.must(w.write(func(tx *database.Tx) error { return w.AuditTx(tx, e) }))
		got, err := w.Audit(t.Context(), 1)
		w.must(err)
		e.Detail, e.At, e.ID = want, w.clock.Now(), got[0].ID
		if len(got) != 1 || got[0] != e {
			t.Errorf("newest line %+v, want %+v", got, e)
		}
	}
}
