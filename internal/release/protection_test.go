package release

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/preflight"
)

func (r *room) protect(label string, phrases ...string) *Added {
	r.t.Helper()
	var list []Phrase
	for i, p := range phrases {
		list = append(list, Phrase{fmt.Sprintf("names.txt:%d", i+1), p})
	}
	added, err := NewProtection(r.store).Add(r.t.Context(), r.newsletter, label, list, "ana")
	r.must(err)
	return added
}

func TestNothingProtectedLeaves(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.item("Give thanks for Zor*vika* Qu\u200bell, who lit the lamp.")
	b := r.bulletin()
	r.approve(b, "teresa")
	r.protect("case 7", "Zorvika Quell")
	_, err := r.Send(t.Context(), r.read(b), "ana")
	r.refused(err, newsletter.Refused)
	if err == nil || !strings.Contains(err.Error(), preflight.ProtectionGate) || !strings.Contains(err.Error(), "section 1, item 1") || !strings.Contains(err.Error(), "case 7") {
		t.Errorf("the refusal is %v", err)
	}
	if strings.Contains(strings.ToLower(err.Error()), "zor") {
		t.Errorf("the refusal repeats the name: %v", err)
	}
	r.isIn(b, newsletter.BulletinApproved)
	if _, err := r.store.RemoveProtected(t.Context(), r.newsletter.ID, "case 7", "ana"); err != nil {
		t.Fatal(err)
	}
	_, err = r.Send(t.Context(), r.read(b), "ana")
	r.must(err)
	r.isIn(b, newsletter.BulletinSending)
}

func TestWhatIsProtectedDuringTheCheckCounts(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.protect("case 6", "Ofelia Quispe")
	b, _ := r.approved()
	results, last, err := r.check(t.Context(), b)
	if r.must(err); Refusal(b, results) != nil {
		t.Fatal(Refusal(b, results))
	}
	r.protect("case 7", "Zorvika Quell")
	_, err = r.start(t.Context(), b, last, "ana")
	r.refused(err, newsletter.Conflict)
	r.isIn(b, newsletter.BulletinApproved)
}

func TestProtectingTellsWhatReadersHave(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.item("Zorvika Quell lit the lamp.")
	b := r.bulletin()
	if added := r.protect("case 1", "Ofelia Quispe"); len(added.Published) > 0 || added.New != 1 || added.Revealing || len(added.Common) > 0 {
		t.Errorf("the addition came to %+v", added)
	}
	if added := r.protect("case 2", "Zorvika Quell"); len(added.Published) > 0 {
		t.Errorf("a bulletin in review is published: %+v", added.Published)
	}
	_, err := r.store.RemoveProtected(t.Context(), r.newsletter.ID, "case 2", "ana")
	r.must(err)
	r.approve(b, "teresa")
	_, err = r.Send(t.Context(), r.read(b), "ana")
	r.must(err)
	added := r.protect("about Quell", "Will", "Quell", "zorvika quell", "Quell Zorvika")
	if len(added.Published) != 1 || added.Published[0].Bulletin != b.Ref() || added.Published[0].State != newsletter.BulletinSending ||
		len(added.Published[0].Places) != 1 || !strings.HasPrefix(added.Published[0].Places[0], "section 1, item 1") {
		t.Errorf("published are %+v", added.Published)
	}
	if !added.Revealing || len(added.Common) != 1 || added.Common[0] != "names.txt:1" || added.New != 3 || added.Known != 0 {
		t.Errorf("the addition came to %+v", added)
	}
	labels, err := NewProtection(r.store).Labels(t.Context(), r.newsletter)
	r.must(err)
	if len(labels) != 2 || labels[0].Label != "about Quell" || labels[0].Entries != 3 || labels[1].By[0] != "ana" || !labels[1].First.Equal(r.now) {
		t.Errorf("the labels are %+v", labels)
	}
}

func TestPhrasesThatCannotBeProtectedRefuseAll(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	add := func(label string, phrases ...Phrase) error {
		_, err := NewProtection(r.store).Add(t.Context(), r.newsletter, label, phrases, "ana")
		return err
	}
	err := add("case 7", Phrase{"names.txt:1", "Zorvika Quell"}, Phrase{"names.txt:2", "q"}, Phrase{"names.txt:9", "Zorvika of the six great northern lamps"})
	var faults newsletter.Faults
	if !errors.As(err, &faults) || len(faults) != 2 || faults[0].Place != "names.txt:2" || faults[1].Place != "names.txt:9" {
		t.Fatalf("the faults are %v", err)
	}
	r.refused(err, newsletter.Invalid)
	if strings.Contains(err.Error(), "Zorvika") {
		t.Errorf("a fault repeats the phrase: %v", err)
	}
	for _, label := range []string{"", " ", "case 7 ", "case\n7", "case\u200b7", strings.Repeat("x", 81), "\xff"} {
		if err := add(label, Phrase{"names.txt:1", "Zorvika Quell"}); newsletter.KindOf(err) != newsletter.Usage || err == nil {
			t.Errorf("the label %q: %v", label, err)
		}
	}
	list, err := r.store.Protected(t.Context(), r.newsletter.ID)
	if err != nil || len(list) > 0 {
		t.Errorf("something was stored: %v, %v", list, err)
	}
}

func TestTryingATextTellsPlaces(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.protect("case 7", "Zorvika Quell")
	hits, err := NewProtection(r.store).Try(t.Context(), r.newsletter, "Nothing here.\nÉté: ZORVIKA\tquell")
	if err != nil || len(hits) != 1 || hits[0] != (Hit{"case 7", 2, 6}) {
		t.Errorf("hits %+v, %v", hits, err)
	}
}
