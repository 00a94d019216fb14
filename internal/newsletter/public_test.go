package newsletter_test

import (
	"encoding/json"
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

func TestPublicLeavesOutWhatIsForTheEmailAlone(t *testing.T) {
	t.Parallel()
	d := fullDocument()
	d.Audience = "tag:board"
	d.Content.Epigraph = &newsletter.Epigraph{Text: "SECRET-8", Source: "SECRET-9", EmailOnly: true}
	d.Content.Sections = []newsletter.ContentSection{
		{Key: "lead", Items: []newsletter.ContentItem{{Text: "SECRET-1", EmailOnly: true}, {Text: "The pier is open, says Ana\nMaría\\*."}}},
		{Key: "a", Heading: "SECRET-2", Introduction: "SECRET-3", Items: []newsletter.ContentItem{{Text: "Zora* SECRET-4", EmailOnly: true}}},
		{Key: "b", Heading: "Night Clinics", Items: []newsletter.ContentItem{{Text: "Open, says Mara’s*"}}},
		{Key: "c", Heading: "Only words of its own", Introduction: "As ever."},
	}
	d.Subject, d.Preheader, d.Content.Note = "SECRET-5", "SECRET-6", "SECRET-7"
	d.Pseudonyms = []string{"Zora", "Ana María", "Mara"}
	before, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(d.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"SECRET", "Zora", "board"} {
		if strings.Contains(string(public), forbidden) {
			t.Errorf("%s can be seen: %s", forbidden, public)
		}
	}
	for _, wanted := range []string{"The pier is open", "Night Clinics", "Only words of its own", `"pseudonyms":["Ana María","Mara"]`, `"subject":"Lanterns lit"`} {
		if !strings.Contains(string(public), wanted) {
			t.Errorf("%s is missing: %s", wanted, public)
		}
	}
	if after, err := d.Encode(); err != nil || string(after) != string(before) {
		t.Errorf("the document itself was changed: %v %s", err, after)
	}
}

func TestPublicKeepsABulletinThatHasNothingToHide(t *testing.T) {
	t.Parallel()
	d := fullDocument()
	d.Audience, d.Content.Epigraph.EmailOnly = "", false
	for i := range d.Content.Sections {
		for j := range d.Content.Sections[i].Items {
			d.Content.Sections[i].Items[j].EmailOnly = false
		}
	}
	if got, want := hashOf(t, d.Public()), hashOf(t, d); got != want {
		t.Errorf("the public form of %+v is %+v", d, d.Public())
	}
}
