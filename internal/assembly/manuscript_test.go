package assembly_test

import (
	"bytes"
	"strings"
	"testing"

	"epistle/internal/assembly"
	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

const letter = `---
subject: Three piers lit
preheader: And a school
---

# A Week of Lamps

> “Keep the lamp.”
>
> — A keeper

The light is lit.

## Harbour Schools

From the piers:

A *school* by the pier.

## Dry Docks

The dock is dry.
`

func TestImportMakesABulletin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.imports(letter)
	d, b := out.Document, out.Bulletin
	const want = `A Week of Lamps | "Keep the lamp." by "A keeper" | lead(): [The light is lit.]` +
		` | harbour-schools(Harbour Schools): From the piers:[A _school_ by the pier.] | dry-docks(Dry Docks): [The dock is dry.]`
	if got := outline(d.Content); got != want {
		t.Errorf("imported\n%s, want\n%s", got, want)
	}
	if d.Subject != "Three piers lit" || d.Preheader != "And a school" || b.Title != "A Week of Lamps" || b.MadeBy != "ana" {
		t.Errorf("subject %q, preheader %q of %+v", d.Subject, d.Preheader, b)
	}
	items, err := w.store.Items(t.Context(), store.ItemFilter{BulletinID: b.ID})
	if err != nil || len(items) != 3 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	for _, i := range items {
		if i.State != newsletter.ItemUsed || i.Origin != store.FromManuscript || i.Wanted != friday || i.ApprovedBy != "ana" {
			t.Errorf("item %+v", i)
		}
	}
	stored, err := w.store.Document(t.Context(), b.ID, 0)
	if err != nil || stored.Content.Sections[2].Items[0].ID != items[2].ID {
		t.Errorf("the stored document names item %d, %v, want %d", stored.Content.Sections[2].Items[0].ID, err, items[2].ID)
	}
	after, err := w.store.Newsletter(t.Context(), "")
	if err != nil || len(after.Sections) != 3 || after.Sections[2].Name != "Dry Docks" || len(w.list.Sections) != 3 {
		t.Errorf("sections %v, the caller's %v, %v", after.Sections, w.list.Sections, err)
	}
}

func TestImportTwiceUnchangedKeepsTheApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.imports(letter).Bulletin.ID
	w.approve(id)
	items := w.count(store.ItemFilter{})
	out := w.imports(letter)
	if b := w.bulletin(id); !out.Unchanged || b.State != newsletter.BulletinApproved || b.Revision != 1 {
		t.Errorf("unchanged %t: %+v", out.Unchanged, b)
	}
	if now := w.count(store.ItemFilter{}); now != items {
		t.Errorf("%d items, want the same %d", now, items)
	}
	out = w.imports(strings.Replace(letter, "is lit", "burns", 1))
	if b := w.bulletin(id); !out.Revised || b.State != newsletter.BulletinReview || b.Revision != 2 {
		t.Errorf("revised %t: %+v", out.Revised, b)
	}
	if used := w.count(store.ItemFilter{BulletinID: id}); used != 3 {
		t.Errorf("%d items are used, want 3", used)
	}
	if gone := w.count(store.ItemFilter{State: newsletter.ItemWithdrawn}); gone != 1 {
		t.Errorf("%d items are withdrawn, want the one whose words changed", gone)
	}
}

func (w *world) count(f store.ItemFilter) int {
	w.t.Helper()
	items, err := w.store.Items(w.t.Context(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(items)
}

// TestImportOverAnAssembledBulletin is the editor's way: what offices contributed
// is assembled, written out, edited as a whole, and imported again.
func TestImportOverAnAssembledBulletin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept := w.item("lead", "The light\nis __lit__.", "") // not in the form in which it is written out
	dropped := w.item("night-clinics", "Beds for all.", "")
	quote := w.item("epigraph", "“Keep the lamp.”\n— A keeper", "")
	one := w.assemble()
	out := w.imports("# Lantern Notes\n\n> Keep the lamp.\n>\n> — A keeper\n\nThe light\nis **lit**.\n\n## Harbour Schools\n\nNew words.\n")
	if out.Bulletin.ID != one.Bulletin.ID || !out.Revised {
		t.Fatalf("outcome %+v", out)
	}
	w.is(kept, newsletter.ItemUsed, out.Bulletin.ID)
	w.is(quote, newsletter.ItemUsed, out.Bulletin.ID)
	w.is(dropped, newsletter.ItemApproved, 0)
	if id := out.Document.Content.Sections[0].Items[0].ID; id != kept {
		t.Errorf("the document names item %d, want the office's %d", id, kept)
	}
	// Without the quotation, its item is free for another week.
	w.imports("# Lantern Notes\n\nThe light\nis **lit**.\n")
	w.is(quote, newsletter.ItemApproved, 0)
	w.is(kept, newsletter.ItemUsed, out.Bulletin.ID)
	// And back to what the offices wait with.
	again := w.assemble()
	if got := outline(again.Document.Content); got != `Lantern Notes | "Keep the lamp." by "A keeper" | lead(): [The light is **lit**.] | night-clinics(Night Clinics): [Beds for all.]` {
		t.Errorf("assembled %s", got)
	}
	if left := w.count(store.ItemFilter{State: newsletter.ItemUsed}); left != 3 {
		t.Errorf("%d items are used, want the three contributed", left)
	}
}

// TestRoundTripThroughAFileKeepsEveryItem writes an assembled bulletin out and
// imports it unchanged.
func TestRoundTripThroughAFileKeepsEveryItem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := []int64{
		w.item("lead", "The light is *lit*.", ""), w.item("lead", "A [link](https://example.org/a).", ""),
		w.item("harbour-schools", "Mara* reads.", ""), w.item("epigraph", "\"Keep the lamp.\"\nA keeper", ""),
	}
	one := w.assemble()
	w.approve(one.Bulletin.ID)
	var file bytes.Buffer
	err := manuscript.WriteMarkdown(&file, &manuscript.Manuscript{Content: one.Document.Content, Subject: one.Document.Subject})
	if err != nil {
		t.Fatal(err)
	}
	out := w.imports(file.String())
	if !out.Unchanged {
		t.Errorf("the hash changed: %s\nis now %s\nfile:\n%s", outline(one.Document.Content), outline(out.Document.Content), file.String())
	}
	for _, id := range ids {
		w.is(id, newsletter.ItemUsed, one.Bulletin.ID)
	}
}

// TestImportTakesWaitingItemsOfTheSameWords: else the next week would repeat them.
func TestImportTakesWaitingItemsOfTheSameWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	same := w.item("lead", "The light is lit.", "")
	twice := w.item("lead", "The light is lit.", "")
	elsewhere := w.item("night-clinics", "The light is lit.", "")
	out := w.imports("# Lamps\n\nThe light is lit.\n")
	w.is(same, newsletter.ItemUsed, out.Bulletin.ID)
	w.is(twice, newsletter.ItemApproved, 0)
	w.is(elsewhere, newsletter.ItemApproved, 0)
}

func TestImportThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ event, table string }{
		{"INSERT", "items"}, {"UPDATE", "revisions"}, {"INSERT", "bulletins"}, {"UPDATE", "newsletters"},
	} {
		t.Run(c.event+" "+c.table, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.dump()
			w.breakWrites(c.event, c.table)
			if _, err := w.Import(t.Context(), w.request(), w.draft(letter)); err == nil {
				t.Fatal("it was imported")
			}
			if after := w.dump(); after != before || len(w.list.Sections) != 2 {
				t.Errorf("something stayed:\n%s\nwas\n%s", after, before)
			}
		})
	}
}

func TestImportRefusesWhatCannotLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.dump()
	m := w.read(letter)
	m.Subject = "Lamps\r\nBcc: all@example.org"
	_, twoLines := w.Import(t.Context(), w.request(), asDraft(m))
	_, empty := w.Import(t.Context(), w.request(), asDraft(&manuscript.Manuscript{Content: newsletter.Content{Title: "Lamps"}}))
	reserved := w.read(letter)
	reserved.Added = []newsletter.Section{{Name: "Lead"}}
	_, section := w.Import(t.Context(), w.request(), asDraft(reserved))
	for what, err := range map[string]error{"a subject of two lines": twoLines, "no contribution": empty} {
		if newsletter.KindOf(err) != newsletter.Invalid || newsletter.RemedyOf(err) == "" || err == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if section == nil {
		t.Error("a section with a reserved name was added")
	}
	if after := w.dump(); after != before {
		t.Errorf("something stayed:\n%s", after)
	}
}

func TestEditChangesWhatIsGiven(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	const plain = "# Lamps\n\nThe light is lit.\n"
	for _, c := range []struct {
		name, first               string
		edits                     []assembly.Edit
		title, subject, preheader string
	}{
		{"nothing", plain, nil, "Lamps", "Lamps", ""},
		{"a title, which the subject follows", plain, []assembly.Edit{{Title: text("Piers")}}, "Piers", "Piers", ""},
		{"a title beside a subject of its own", letter, []assembly.Edit{{Title: text("Piers")}}, "Piers", "Three piers lit", "And a school"},
		{"a subject", plain, []assembly.Edit{{Subject: text("Read this")}}, "Lamps", "Read this", ""},
		{"a subject, then a title", plain, []assembly.Edit{{Subject: text("Read this")}, {Title: text("Piers")}}, "Piers", "Read this", ""},
		{"an empty subject, which follows the title again", letter, []assembly.Edit{{Subject: text(" ")}}, "A Week of Lamps", "A Week of Lamps", "And a school"},
		{"an empty title, which is the newsletter's", plain, []assembly.Edit{{Title: text("")}}, "Lantern Notes", "Lantern Notes", ""},
		{"a preheader", plain, []assembly.Edit{{Preheader: text("Look")}}, "Lamps", "Lamps", "Look"},
		{"no preheader", letter, []assembly.Edit{{Preheader: text("")}}, "A Week of Lamps", "Three piers lit", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.imports(c.first).Bulletin
			w.approve(b.ID)
			for _, e := range c.edits {
				out, err := w.Edit(t.Context(), b.ID, e, "ben")
				if err != nil || !out.Revised {
					t.Fatalf("outcome %+v, %v", out, err)
				}
			}
			d, err := w.store.Document(t.Context(), b.ID, 0)
			if err != nil || d.Content.Title != c.title || d.Subject != c.subject || d.Preheader != c.preheader {
				t.Errorf("title %q, subject %q, preheader %q, %v", d.Content.Title, d.Subject, d.Preheader, err)
			}
			now := w.bulletin(b.ID)
			if approved := now.State == newsletter.BulletinApproved; approved != (len(c.edits) == 0) || now.Revision != 1+len(c.edits) || now.Title != c.title {
				t.Errorf("bulletin %+v", now)
			}
			if used := w.count(store.ItemFilter{BulletinID: b.ID}); used != w.count(store.ItemFilter{}) {
				t.Errorf("%d items are used", used)
			}
		})
	}
}

func TestEditWithTheSameWordsKeepsTheApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.imports(letter).Bulletin
	w.approve(b.ID)
	title := "A Week of Lamps"
	out, err := w.Edit(t.Context(), b.ID, assembly.Edit{Title: &title}, "ben")
	if err != nil || !out.Unchanged || w.bulletin(b.ID).State != newsletter.BulletinApproved {
		t.Errorf("outcome %+v, %v", out, err)
	}
}

func TestEditWithAManuscriptKeepsWhatItDoesNotMention(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.imports(letter).Bulletin
	edit := func(text string) *newsletter.Document {
		t.Helper()
		if _, err := w.Edit(t.Context(), b.ID, assembly.Edit{Manuscript: w.read(text)}, "ben"); err != nil {
			t.Fatal(err)
		}
		d, err := w.store.Document(t.Context(), b.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := edit("# Piers\n\nOther words.\n\n## Slipways\n\nNew.\n")
	if d.Content.Title != "Piers" || d.Subject != "Three piers lit" || d.Preheader != "And a school" || d.Content.Epigraph != nil {
		t.Errorf("document %+v", d)
	}
	if n, err := w.store.Newsletter(t.Context(), ""); err != nil || len(n.Sections) != 4 {
		t.Errorf("sections %v, %v", n.Sections, err)
	}
	d = edit("---\nsubject: Other\n---\n\n# Piers\n\nOther words.\n")
	if d.Subject != "Other" || d.Preheader != "And a school" {
		t.Errorf("subject %q, preheader %q", d.Subject, d.Preheader)
	}
}

func TestEditOfNoBulletinIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Edit(t.Context(), 99, assembly.Edit{}, "ana"); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("error %v", err)
	}
}

func TestFrozenBulletinKeepsTheNewsletterAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.imports(letter).Bulletin
	w.list.Name = "The Daily Lantern"
	if err := w.store.EditNewsletter(t.Context(), w.list, "ana"); err != nil {
		t.Fatal(err)
	}
	d, err := w.store.Document(t.Context(), b.ID, 0)
	if err != nil || d.Identity.Name != "The Weekly Lantern" {
		t.Errorf("the frozen name is %q, %v", d.Identity.Name, err)
	}
}

func TestImportOfSeveralIsAllOrNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.dump()
	good := w.draft(letter)
	good.Name = "good.md"
	bad := w.draft("# Other\n\nOther words.\n")
	bad.Name, bad.Manuscript.Subject = "bad.md", "two\nlines"
	bad.Date = good.Date.AddDays(7)
	_, err := w.Import(t.Context(), w.request(), good, bad)
	if err == nil || !strings.HasPrefix(err.Error(), "bad.md: ") {
		t.Errorf("error %v, want one that names bad.md", err)
	}
	if w.dump() != before {
		t.Error("the good one was stored without the bad one")
	}
}
