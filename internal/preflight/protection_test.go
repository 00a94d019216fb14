package preflight

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"epistle/data"
	"epistle/internal/definition"
	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
	"epistle/internal/protect"
	"epistle/internal/render"
)

// gate protects each phrase under a label of its own: "case 1", "case 2".
func gate(t *testing.T, phrases ...string) *protect.Gate {
	t.Helper()
	key := bytes.Repeat([]byte{1}, 32)
	var list []protect.Labelled
	for i, p := range phrases {
		entries, err := protect.Hash(key, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, protect.Labelled{Label: fmt.Sprintf("case %d", i+1), Entry: e})
		}
	}
	g, err := protect.New(key, list)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestProtectedNamesAreFoundOnceAndNeverRepeated puts a name into each part of a
// bulletin; beside it stands what other checks would quote.
func TestProtectedNamesAreFoundOnceAndNeverRepeated(t *testing.T) {
	t.Parallel()
	item := func(in *Input) *string { return &in.Document.Content.Sections[1].Items[0].Text }
	for _, c := range []struct {
		name, place string
		spoil       func(*Input)
	}{
		{"the subject", "subject, at 1:14", func(in *Input) { in.Document.Subject = "The lamps of Zorvika Quell" }},
		{"the preheader", "preheader, at 1:1", func(in *Input) { in.Document.Preheader = "zorvika  quell keeps the light." }},
		{"the title", "title, at 1:5", func(in *Input) { in.Document.Content.Title = "For Zorvika Quell" }},
		{"the epigraph's source", "source of the epigraph, at 1:1", func(in *Input) { in.Document.Content.Epigraph.Source = "Quell, Zorvika" }},
		{"a heading", "heading of section 2, at 1:1", func(in *Input) { in.Document.Content.Sections[1].Heading = "Zorvika Quell's school" }},
		{"an introduction", "introduction of section 2, at 1:9", func(in *Input) { in.Document.Content.Sections[1].Introduction = "We know ZORVIKA QUELL." }},
		{"an item, in its third line", "section 2, item 1 (number 2), at 3:5", func(in *Input) { *item(in) = "One.\n\nAsk Zorvika Quell." }},
		{"an item, split by marks", "section 2, item 1 (number 2), at 1:5", func(in *Input) { *item(in) = "Ask Zor*vi*ka **Qu**ell." }},
		{"an item, with invisible characters", "section 2, item 1 (number 2), at 1:5", func(in *Input) { *item(in) = "Ask Zor\u200bvi\u00adka Qu\u2060ell." }},
		{"an item, across a line break", "section 2, item 1 (number 2), at 1:5", func(in *Input) { *item(in) = "Ask Zorvika\nQuell." }},
		{"an item, in lookalikes", "section 2, item 1 (number 2), at 1:5", func(in *Input) { *item(in) = "Ask Zоrvikа Quell." }},
		{"a link", "section 2, item 1 (number 2), at 1:30", func(in *Input) { *item(in) = "[Ask](http://lantern.example/zorvika%2Dquell)." }},
		{"a link's domain", "section 2, item 1 (number 2), at 1:14", func(in *Input) { *item(in) = "[Ask](http://zorvika-quell.example/)." }},
		{"an image's text", "section 2, item 1 (number 2), at 1:3", func(in *Input) { *item(in) = "![Zorvika Quell](https://lantern.example/a.jpg)" }},
		{"an image's file", "section 2, item 1 (number 2), at 1:33", func(in *Input) { *item(in) = "![A lamp](https://night.example/zorvika_quell.jpg)" }},
		{"the sender", "sender's name, at 1:1", func(in *Input) { in.Document.Identity.From.Name = "Zorvika Quell" }},
		{"the footer", "reason in the footer, at 1:1", func(in *Input) { in.Document.Identity.Reason = "Zorvika Quell asked for it." }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := clean()
			in.Gate = gate(t, "Zorvika Quell")
			c.spoil(&in)
			results := checked(t, in)
			var found []Result
			for _, r := range results {
				if r.Name == ProtectionGate {
					found = append(found, r)
				}
			}
			if len(found) != 1 || found[0].Verdict != Error || found[0].Place != c.place || found[0].Message != `something protected stands here, labelled "case 1"` {
				t.Errorf("found %+v, want one at %q", found, c.place)
			}
			if Worst(results) != Error {
				t.Error("it may leave")
			}
			notRepeated(t, results)
		})
	}
}

func notRepeated(t *testing.T, results []Result) {
	t.Helper()
	said, err := json.Marshal(results)
	if err != nil {
		t.Fatal(err)
	}
	low := strings.ToLower(string(said))
	for _, part := range []string{"zor", "quell", "vika"} {
		if strings.Contains(low, part) {
			t.Errorf("%q of the name is in the results: %s", part, said)
		}
	}
}

func TestOtherChecksDoNotQuoteWhatIsProtected(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Gate = gate(t, "Zorvika Quell")
	in.Items[1].Section, in.Items[1].State = "zorvika-quell", newsletter.ItemDraft
	in.Document.Content.Sections[1].Heading = "Zorvika Quell"
	in.Document.Content.Sections[1].Items[0].Text = "Zorvika Quell\\* (Read more about zor\u200bvika quell). [b](http://x.example/zorvika-quell) ![](https://x.example/zorvika-quell.jpg)"
	in.Document.Content.Sections[1].Items[1].Text = "[a](https://zorvi\u200bka-quell..example/)"
	in.Document.Pseudonyms, in.Document.Content.Note = nil, ""
	results := checked(t, in)
	fallen := map[string]bool{}
	for _, r := range results {
		if r.Verdict != OK {
			fallen[r.Name] = true
		}
		if r.Verdict != OK && r.Remedy == "" {
			t.Errorf("%s says no way on", r.Name)
		}
	}
	for _, name := range []string{"unapproved-items", "malformed-link", "http-link", "image-alt"} {
		if !fallen[name] {
			t.Errorf("%s does not fall, so that nothing is tested of it", name)
		}
	}
	notRepeated(t, results)
}

// TestOnlyTheRenderingSaysIt has the name in two texts that stand side by side on
// the page.
func TestOnlyTheRenderingSaysIt(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Gate = gate(t, "Zorvika Quell")
	in.Document.Content.Sections[1].Items = []newsletter.ContentItem{{ID: 2, Text: "Pray for Zorvika"}, {ID: 3, Text: "Quell the storm."}}
	var places []string
	for _, r := range checked(t, in) {
		if r.Name == ProtectionGate {
			places = append(places, r.Place)
		}
	}
	if len(places) != 2 || !strings.HasPrefix(places[0], "plain text, at ") || !strings.HasPrefix(places[1], "HTML, at ") {
		t.Errorf("it is found at %q", places)
	}
}

func TestNothingProtectedPasses(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]*protect.Gate{
		"an empty gate": gate(t), "other names": gate(t, "Zorvika Quell", "Georgia", "Arial"), "a part of a group": gate(t, "Port Zorvika"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := clean()
			in.Gate = g
			for _, r := range checked(t, in) {
				if r.Verdict != OK {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// TestSampleBulletinsPassTheGate renders the sample, with names on the deny-list
// that are near to words of it or of the page's code.
func TestSampleBulletinsPassTheGate(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../data/bulletins/*")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	n, err := definition.Read("newsletter.toml", data.Newsletter())
	if err != nil {
		t.Fatal(err)
	}
	g := gate(t, "Nora", "Ina", "Ana", "Eva", "Georgia", "Helvetica", "Ida", "Kim", "Tom Kim", "Li Ana", "Maria", "Wilhelm", "Otto", "Omar", "Anand Meera Devi")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := manuscript.Read(text, manuscript.Options{Name: file, Sections: n.Sections, CreateSections: true})
		if err != nil {
			t.Fatal(err)
		}
		in := clean()
		in.Gate, in.Document.Content, in.Document.Subject = g, m.Content, "The Weekly Lantern"
		if in.Rendered, err = render.Render(in.Document); err != nil {
			t.Fatal(err)
		}
		for _, r := range Check(in) {
			if r.Name == ProtectionGate && r.Verdict != OK {
				t.Errorf("%s: %+v", file, r)
			}
		}
	}
}
