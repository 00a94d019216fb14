package assembly_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"epistle/internal/assembly"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func TestAssembleSetsItemsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clinic := w.item("night-clinics", "Beds for all.", "")
	lead := w.item("lead", "The light is lit.", "")
	quote := w.item("epigraph", "“Keep the lamp.”\n— A keeper", "")
	second := w.item("epigraph", "Another.\nSomeone", "")
	school := w.item("harbour-schools", "A school by the pier.", "")
	lead2 := w.item("lead", "Mara* came home.", "")
	out := w.assemble()
	const want = `Lantern Notes | "Keep the lamp." by "A keeper" | lead(): [The light is lit. Mara* came home.]` +
		` | harbour-schools(Harbour Schools): From the piers:[A school by the pier.] | night-clinics(Night Clinics): [Beds for all.]`
	if got := outline(out.Document.Content); got != want {
		t.Errorf("assembled\n%s, want\n%s", got, want)
	}
	d, b := out.Document, out.Bulletin
	if d.Subject != "Lantern Notes" || d.Number != 1 || d.Date != friday || len(d.Pseudonyms) != 1 || d.Pseudonyms[0] != "Mara" {
		t.Errorf("document %+v", d)
	}
	if b.State != newsletter.BulletinReview || b.Number != 1 || b.Revision != 1 || out.Revised || out.Unchanged {
		t.Errorf("outcome %+v", out)
	}
	for _, id := range []int64{clinic, lead, quote, school, lead2} {
		w.is(id, newsletter.ItemUsed, b.ID)
	}
	w.is(second, newsletter.ItemApproved, 0)
}

func TestEmptySectionsVanish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.item("night-clinics", "Beds for all.", "")
	if got := outline(w.assemble().Document.Content); got != "Lantern Notes | night-clinics(Night Clinics): [Beds for all.]" {
		t.Errorf("assembled %s", got)
	}
}

func TestAssembleTakesItemsOfTheWeekThatTheBulletinCloses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		wanted      string
		taken, left bool
	}{
		{"", true, false},
		{"2027-03-12", true, false},
		{"2027-03-06", true, false},
		{"2027-03-05", false, true},
		{"2026-12-31", false, true},
		{"2027-03-13", false, false},
	} {
		w.item("lead", "for "+c.wanted, c.wanted)
	}
	draft := &store.Item{NewsletterID: w.list.ID, Section: "lead", Body: "a draft", Author: "ben"}
	withdrawn := w.item("lead", "withdrawn", "")
	_, err := w.Withdraw(t.Context(), withdrawn, "", "ana")
	if err := errors.Join(w.store.AddItem(t.Context(), draft), err); err != nil {
		t.Fatal(err)
	}
	out := w.assemble()
	if got := outline(out.Document.Content); got != "Lantern Notes | lead(): [for for 2027-03-12 for 2027-03-06]" {
		t.Errorf("assembled %s", got)
	}
	var left []string
	for _, i := range out.LeftOver {
		left = append(left, i.Wanted.String())
	}
	if strings.Join(left, " ") != "2027-03-05 2026-12-31" {
		t.Errorf("left over are %v", left)
	}
}

func TestItemsOfASectionThatIsGoneAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lost := w.item("night-clinics", "Beds for all.", "")
	w.item("lead", "The light is lit.", "")
	w.list.Sections = w.list.Sections[:1]
	if err := w.store.EditNewsletter(t.Context(), w.list, "ana"); err != nil {
		t.Fatal(err)
	}
	out := w.assemble()
	if len(out.Homeless) != 1 || out.Homeless[0].ID != lost {
		t.Errorf("homeless are %v", out.Homeless)
	}
	w.is(lost, newsletter.ItemApproved, 0)
}

func TestNothingToSayMakesNoBulletin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.item("epigraph", "Only a quotation.\nSomeone", "")
	w.item("lead", "too late", "2027-03-01")
	before := w.dump()
	_, err := w.Assemble(t.Context(), w.request())
	if !errors.Is(err, assembly.ErrNothing) || newsletter.KindOf(err) != newsletter.NotFound || !strings.Contains(err.Error(), "1 wanted for weeks that have passed") {
		t.Errorf("error %v", err)
	}
	if after := w.dump(); after != before {
		t.Errorf("something stayed:\n%s", after)
	}
}

func TestSameDatabaseGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	made := func() []byte {
		w := newWorld(t)
		w.item("night-clinics", "Beds for all.", "")
		w.item("harbour-schools", "Omar* and Mara* read.", "")
		w.item("lead", "The light is lit.", "2027-03-12")
		w.item("epigraph", "Keep the lamp.\nA keeper", "")
		b, err := w.assemble().Document.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if a, b := made(), made(); !bytes.Equal(a, b) {
		t.Errorf("two databases with the same content give\n%s\n%s", a, b)
	}
}

func TestAssembleAgainMakesANewRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.item("lead", "The light is lit.", "")
	one := w.assemble()
	w.approve(one.Bulletin.ID)
	same := w.assemble()
	if b := w.bulletin(one.Bulletin.ID); !same.Unchanged || same.Revised || b.Revision != 1 || b.State != newsletter.BulletinApproved {
		t.Errorf("assembling again without a change makes revision %d, %s", b.Revision, b.State)
	}
	second := w.item("lead", "And burns.", "")
	two := w.assemble()
	b := w.bulletin(one.Bulletin.ID)
	if !two.Revised || two.Unchanged || two.Bulletin.ID != b.ID || b.Revision != 2 || b.State != newsletter.BulletinReview || b.Number != 1 {
		t.Errorf("outcome %+v of %+v", two, b)
	}
	w.is(first, newsletter.ItemUsed, b.ID)
	w.is(second, newsletter.ItemUsed, b.ID)
	if got := outline(two.Document.Content); got != "Lantern Notes | lead(): [The light is lit. And burns.]" {
		t.Errorf("assembled %s", got)
	}
}

func TestAssembleAgainWithNothingLeftKeepsTheBulletin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.imports("# Lantern Notes\n\nThe light is lit.\n").Bulletin
	before := w.dump()
	if _, err := w.Assemble(t.Context(), w.request()); !errors.Is(err, assembly.ErrNothing) {
		t.Errorf("error %v", err)
	}
	if w.dump() != before {
		t.Errorf("bulletin %d changed", b.ID)
	}
}

func TestExtraBulletinsStandBesideTheRegularOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request()
	r.Extra = true
	var numbers, extras []int
	for _, text := range []string{"one", "two", "three"} {
		w.item("lead", text, "")
		out, err := w.Assemble(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		numbers, extras = append(numbers, out.Bulletin.Number), append(extras, out.Bulletin.Extra)
		if got := outline(out.Document.Content); got != "Lantern Notes | lead(): ["+text+"]" {
			t.Errorf("assembled %s", got)
		}
	}
	for i := range 3 {
		if numbers[i] != i+1 || extras[i] != i {
			t.Errorf("numbers %v, extras %v", numbers, extras)
		}
	}
}

func TestNumbersBeginWhereTheNewsletterSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list.FirstNumber = 40
	if err := w.store.EditNewsletter(t.Context(), w.list, "ana"); err != nil {
		t.Fatal(err)
	}
	for want := 40; want < 42; want++ {
		w.item("lead", "x", "")
		r := w.request()
		r.Extra = true
		out, err := w.Assemble(t.Context(), r)
		if err != nil || out.Bulletin.Number != want || out.Document.Number != want {
			t.Errorf("bulletin %+v, %v, want number %d", out, err, want)
		}
	}
}

func TestBulletinThatHasBegunIsNotAssembledAgain(t *testing.T) {
	t.Parallel()
	for _, way := range [][]newsletter.BulletinState{
		{newsletter.BulletinSending},
		{newsletter.BulletinSending, newsletter.BulletinPaused},
		{newsletter.BulletinSending, newsletter.BulletinSent},
		{newsletter.BulletinCancelled},
	} {
		last := way[len(way)-1]
		t.Run(string(last), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			used := w.item("lead", "The light is lit.", "")
			id := w.assemble().Bulletin.ID
			w.approve(id)
			w.move(id, way...)
			w.item("lead", "More.", "")
			before := w.dump()
			_, assembled := w.Assemble(t.Context(), w.request())
			_, imported := w.Import(t.Context(), w.request(), w.draft("# Other\n\nOther words.\n\n## Dry Docks\n\nWords.\n"))
			where := ""
			_, edited := w.Edit(t.Context(), id, assembly.Edit{Audience: &where}, "ana")
			for what, err := range map[string]error{"assembled": assembled, "imported": imported, "edited": edited} {
				if newsletter.KindOf(err) != newsletter.Refused || newsletter.RemedyOf(err) == "" {
					t.Errorf("%s: %v, want a refusal with a way on", what, err)
				}
			}
			if after := w.dump(); after != before {
				t.Errorf("a refusal left something behind:\n%s\nwas\n%s", after, before)
			}
			if len(w.list.Sections) != 2 {
				t.Error("the caller's newsletter has the refused manuscript's section")
			}
			w.is(used, newsletter.ItemUsed, id)
		})
	}
}

// TestItemIsUsedOnce assembles for many dates at once: each item stands in exactly
// one bulletin.
func TestItemIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		w.item("lead", "Once.", "")
	}
	var made atomic.Int64
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			r := w.request()
			r.Date = friday.AddDays(i)
			_, err := w.Assemble(t.Context(), r)
			if err == nil {
				made.Add(1)
			} else if !errors.Is(err, assembly.ErrNothing) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made.Load() != 1 {
		t.Errorf("%d bulletins share the items", made.Load())
	}
}

func TestErrorInTheMiddleLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ event, table string }{
		{"UPDATE", "items"}, {"INSERT", "revisions"}, {"INSERT", "audit"}, {"INSERT", "bulletins"},
	} {
		t.Run(c.event+" "+c.table, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.item("lead", "The light is lit.", "")
			before := w.dump()
			w.breakWrites(c.event, c.table)
			if _, err := w.Assemble(t.Context(), w.request()); err == nil {
				t.Fatal("it was assembled")
			}
			if after := w.dump(); after != before {
				t.Errorf("something stayed:\n%s\nwas\n%s", after, before)
			}
		})
	}
}

func TestBulletinWithoutADateIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.item("lead", "x", "")
	if _, err := w.Assemble(t.Context(), assembly.Request{Newsletter: w.list, By: "ana"}); newsletter.KindOf(err) != newsletter.Usage {
		t.Errorf("error %v", err)
	}
}
