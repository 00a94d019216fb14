package assembly_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"epistle/internal/assembly"
	"epistle/internal/database"
	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

const danger = "Pray for Zorvika of the northern quay, who hides from her brothers."

// put brings a bulletin into a state without asking.
func (w *world) put(b *store.Bulletin, state newsletter.BulletinState) {
	w.t.Helper()
	w.write(func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE bulletins SET state = $2, resume_at = 5 WHERE id = $1`, b.ID, string(state))
		return err
	})
}

func (w *world) write(fn func(*database.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) now(b *store.Bulletin) *store.Bulletin {
	w.t.Helper()
	fresh, err := w.store.BulletinByID(w.t.Context(), b.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return fresh
}

func (w *world) text(b *store.Bulletin, revision int) string {
	w.t.Helper()
	doc, err := w.store.Document(w.t.Context(), b.ID, revision)
	if err != nil {
		w.t.Fatal(err)
	}
	return outline(doc.Content)
}

// approved assembles what waits and approves it.
func (w *world) approved() *store.Bulletin {
	w.t.Helper()
	b := w.assemble().Bulletin
	if _, _, err := w.store.ApproveBulletin(w.t.Context(), b.ID, "", "ana"); err != nil {
		w.t.Fatal(err)
	}
	return w.now(b)
}

func TestWithdrawingTakesEffectByWhereTheBulletinStands(t *testing.T) {
	t.Parallel()
	for state, want := range map[newsletter.BulletinState]struct {
		state newsletter.BulletinState
		note  bool
	}{
		newsletter.BulletinReview:    {newsletter.BulletinReview, false},
		newsletter.BulletinApproved:  {newsletter.BulletinReview, false},
		newsletter.BulletinHeld:      {newsletter.BulletinReview, false},
		newsletter.BulletinSending:   {newsletter.BulletinPaused, true},
		newsletter.BulletinPaused:    {newsletter.BulletinPaused, true},
		newsletter.BulletinSent:      {newsletter.BulletinSent, true},
		newsletter.BulletinCancelled: {newsletter.BulletinCancelled, true},
	} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.item("lead", danger, "")
			w.item("night-clinics", "Beds for all.", "")
			b := w.approved()
			w.put(b, state)
			out, err := w.Withdraw(t.Context(), id, "asked for", "bo")
			if err != nil {
				t.Fatal(err)
			}
			now := w.now(b)
			if now.State != want.state || now.Number != b.Number || now.Hash == b.Hash || now.Revision != 2 {
				t.Errorf("the bulletin is %+v", now)
			}
			if now.State == newsletter.BulletinPaused && (!now.ResumeAt.IsZero() || !strings.Contains(now.Note, "was withdrawn by bo")) {
				t.Errorf("the pause ends at %v, note %q", now.ResumeAt, now.Note)
			}
			text := w.text(b, 0)
			if strings.Contains(text, "Zorvika") || strings.Contains(text, "This item was withdrawn.") != want.note || !strings.Contains(text, "Beds") {
				t.Errorf("it says %s", text)
			}
			if !strings.Contains(w.text(b, 1), "Zorvika") {
				t.Error("the desk lost its words")
			}
			if len(out.Bulletins) != 1 || out.Bulletins[0].HashBefore != b.Hash || out.Bulletins[0].HashAfter != now.Hash || out.Bulletins[0].Paused != (state == newsletter.BulletinSending) {
				t.Errorf("it came to %+v", out)
			}
			err = w.store.ApproveItem(t.Context(), id, "ana")
			if (err != nil) != want.note {
				t.Errorf("approved again: %v", err)
			}
		})
	}
}

func TestWithdrawingFromReadersNeedsAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.item("lead", danger, "")
	b := w.approved()
	w.put(b, newsletter.BulletinSent)
	for _, reason := range []string{"", "two\nlines", strings.Repeat("x", 301)} {
		if _, err := w.Withdraw(t.Context(), id, reason, "bo"); newsletter.KindOf(err) != newsletter.Usage {
			t.Errorf("%q: %v", reason, err)
		}
	}
	if w.now(b).Hash != b.Hash {
		t.Error("the bulletin changed")
	}
}

// TestRedactingLeavesNoTrace lets an editor change the wording twice before the
// bulletin leaves, and another office contribute the same words.
func TestRedactingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.item("lead", "An older wording: Zorvika hides.", "")
	i, err := w.store.Item(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	i.Body = danger
	if err := w.store.EditItem(t.Context(), i, "ana"); err != nil {
		t.Fatal(err)
	}
	if err := w.store.ApproveItem(t.Context(), id, "ana"); err != nil {
		t.Fatal(err)
	}
	kept := w.item("night-clinics", "Beds for all.", "")
	b := w.assemble().Bulletin
	typo := strings.Replace(danger, "northern", "nothern", 1)
	doc, err := w.store.Document(t.Context(), b.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	doc.Content.Sections[0].Items[0].Text = typo
	edited, err := w.Edit(t.Context(), b.ID, assembly.Edit{Manuscript: &manuscript.Manuscript{Content: doc.Content}}, "ana")
	if err != nil {
		t.Fatal(err)
	}
	later := w.item("lead", danger, "2027-03-19")
	used := edited.Document.Content.Sections[0].Items[0].ID
	w.put(b, newsletter.BulletinSending)
	before := w.now(b)
	out, err := w.Redact(t.Context(), used, "danger", "bo")
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Bulletins) != 1 || len(out.Traces) != 1 || out.Traces[0] != id {
		t.Errorf("it came to %+v", out)
	}
	for revision := range 4 {
		if text := w.text(b, revision); strings.Contains(text, "Zorvika") || !strings.Contains(text, "Beds") {
			t.Errorf("revision %d says %s", revision, text)
		}
	}
	if now := w.now(b); now.State != newsletter.BulletinPaused || now.Number != b.Number || now.Hash == before.Hash {
		t.Errorf("the bulletin is %+v", now)
	}
	var hashes []string
	if err := w.store.EachRevision(t.Context(), w.list.ID, b.ID, func(r *store.Revision) error {
		hashes = append(hashes, r.Hash)
		return nil
	}); err != nil || len(hashes) != 3 || hashes[0] != b.Hash || hashes[1] != before.Hash {
		t.Errorf("the hashes are %q, %v", hashes, err)
	}
	w.gone(id, used)
	for _, other := range []int64{kept, later} {
		if i, err := w.store.Item(t.Context(), other); err != nil || !i.RedactedAt.IsZero() {
			t.Errorf("item %d is %+v, %v", other, i, err)
		}
	}
}

// gone looks for the words of the given items in all that is kept, the files too.
func (w *world) gone(ids ...int64) {
	w.t.Helper()
	for _, id := range ids {
		versions, err := w.store.ItemVersions(w.t.Context(), id)
		if err != nil || strings.Contains(fmt.Sprint(versions), "Zorvika") {
			w.t.Errorf("item %d said %v, %v", id, versions, err)
		}
		if i, err := w.store.Item(w.t.Context(), id); err != nil || i.State != newsletter.ItemWithdrawn || i.RedactedAt.IsZero() || i.BulletinID != 0 {
			w.t.Errorf("item %d is %+v, %v", id, i, err)
		}
	}
}

func TestRedactedWordsAreInNoFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.item("lead", danger, "")
	w.item("lead", "Beds for all.", "")
	b := w.approved()
	w.put(b, newsletter.BulletinSent)
	if _, err := w.Redact(t.Context(), id, "danger", "bo"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{w.db.Path(), w.db.Path() + "-wal"} { // the database is still open
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "Zorvika") {
			t.Errorf("%s has the words", file)
		}
	}
	if _, err := w.Redact(t.Context(), id, "danger", "bo"); newsletter.KindOf(err) != newsletter.Conflict {
		t.Errorf("again: %v", err)
	}
}

func TestTheSameWordsInTwoBulletinsGoFromBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.item("lead", danger, "2027-03-12")
	one := w.assemble().Bulletin
	w.put(one, newsletter.BulletinSent)
	second := w.item("lead", danger, "2027-03-19")
	w.item("lead", "Beds for all.", "2027-03-19")
	r := w.request()
	r.Date = friday.AddDays(7)
	two, err := w.Assemble(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Redact(t.Context(), first, "danger", "bo")
	if err != nil || len(out.Bulletins) != 2 {
		t.Fatalf("it came to %+v, %v", out, err)
	}
	w.gone(first, second)
	if text := w.text(one, 0); !strings.Contains(text, "This item was withdrawn.") {
		t.Errorf("what readers have says %s", text)
	}
	if text := w.text(two.Bulletin, 0); strings.Contains(text, "withdrawn") || !strings.Contains(text, "Beds") {
		t.Errorf("what waits says %s", text)
	}
	if b := w.now(two.Bulletin); b.State != newsletter.BulletinReview {
		t.Errorf("it is %s", b.State)
	}
}

func TestAnEpigraphIsWithdrawnToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.item("epigraph", "Zorvika keeps the lamp.\n— a log", "")
	w.item("lead", "Beds for all.", "")
	b := w.approved()
	w.put(b, newsletter.BulletinSent)
	if _, err := w.Redact(t.Context(), id, "danger", "bo"); err != nil {
		t.Fatal(err)
	}
	for revision := range 3 {
		doc, err := w.store.Document(t.Context(), b.ID, revision)
		if err != nil || doc.Content.Epigraph == nil || !doc.Content.Epigraph.Withdrawn || doc.Content.Epigraph.Text != "This item was withdrawn." {
			t.Errorf("revision %d: %+v, %v", revision, doc.Content.Epigraph, err)
		}
	}
	w.gone(id)
}

func TestRedactingTheOnlyItemLeavesTheNote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.item("lead", danger, "")
	b := w.assemble().Bulletin
	if _, err := w.Withdraw(t.Context(), id, "", "bo"); newsletter.KindOf(err) != newsletter.Refused {
		t.Errorf("an empty bulletin: %v", err)
	}
	if _, err := w.Redact(t.Context(), id, "danger", "bo"); err != nil {
		t.Fatal(err)
	}
	if text := w.text(b, 0); !strings.Contains(text, "This item was withdrawn.") {
		t.Errorf("it says %s", text)
	}
}

func TestItemsAreCarried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, stays := w.item("lead", "The nets are mended.", ""), w.item("lead", "Beds for all.", "")
	b := w.approved()
	next := friday.AddDays(7)
	carried, err := w.Carry(t.Context(), id, next, "bo")
	if err != nil || carried.State != newsletter.ItemApproved || carried.BulletinID != 0 || carried.Wanted != next {
		t.Fatalf("carried %+v, %v", carried, err)
	}
	if now := w.now(b); now.State != newsletter.BulletinReview || strings.Contains(w.text(b, 0), "nets") {
		t.Errorf("the bulletin is %+v: %s", now, w.text(b, 0))
	}
	if versions, err := w.store.ItemVersions(t.Context(), id); err != nil || len(versions) != 2 || versions[1].Wanted != next || versions[1].By != "bo" {
		t.Errorf("its history is %+v, %v", versions, err)
	}
	for _, state := range []newsletter.BulletinState{newsletter.BulletinSending, newsletter.BulletinPaused, newsletter.BulletinSent} {
		w.put(b, state)
		if _, err := w.Carry(t.Context(), stays, next, "bo"); newsletter.KindOf(err) != newsletter.Conflict || newsletter.RemedyOf(err) == "" {
			t.Errorf("out of a bulletin that is %s: %v", state, err)
		}
	}
	w.put(b, newsletter.BulletinCancelled) // after some readers got it
	if _, err := w.Carry(t.Context(), stays, next, "bo"); err != nil {
		t.Errorf("out of a cancelled bulletin: %v", err)
	}
}
