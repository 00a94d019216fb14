package manuscript

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

var update = flag.Bool("update", false, "write the golden files")

func options(name string) Options {
	return Options{Name: name, Sections: []newsletter.Section{
		{Name: "Northern Coast"},
		{Name: "Southern Islands"},
		{Name: "Network Office & Partners", Introduction: "The Lantern Network has its office in Port Amber and partner offices in Greyhaven, Saltmarsh, Ellisport and Tern Bay."},
	}}
}

func samples(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"testdata/*.txt", "testdata/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no samples: %v", err)
		}
		out = append(out, names...)
	}
	return out
}

func TestSamples(t *testing.T) {
	t.Parallel()
	for _, name := range samples(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			o := options(name)
			m, err := Read(data, o)
			if err != nil {
				t.Fatalf("%v\n%s", err, newsletter.RemedyOf(err))
			}
			checkLaw(t, data, o, m)
			checkRoundTrip(t, o, m)
			golden(t, name+".golden", describe(t, m))
		})
	}
}

// describe is a manuscript as a golden file: its outline, and both forms in
// which it is written.
func describe(t *testing.T, m *Manuscript) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		t.Fatal(err)
	}
	for _, write := range []func() error{
		func() error { return WriteMarkdown(&b, m) },
		func() error { return WriteText(&b, m) },
	} {
		b.WriteString(strings.Repeat("=", 72) + "\n")
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the difference. Now:\n%s", name, got)
	}
}

// TestRealBulletins holds the law on bulletins that offices sent. They lie
// outside the repository and are not quoted.
func TestRealBulletins(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../../shared/bulletins/*.txt")
	if err != nil || len(names) == 0 {
		t.Skip("no real bulletins beside the repository")
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Name: name, CreateSections: true}
		m, err := Read(data, o)
		if err != nil {
			t.Fatal(err)
		}
		c := m.Content
		if c.Title == "" || c.Epigraph == nil || c.Epigraph.Source == "" || len(c.Sections) != 5 || c.Sections[0].Key != newsletter.LeadKey || len(m.Added) != 4 {
			t.Errorf("%s: title %t, epigraph %t, %d sections, %d added", name, c.Title != "", c.Epigraph != nil, len(c.Sections), len(m.Added))
		}
		checkLaw(t, data, o, m)
		o.Sections = m.Added
		checkRoundTrip(t, o, m)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ data, place, message, remedy string }{
		"unknown heading":        {"Letter\n\nLead.\n\nSouthern Ilands\n\nItem.", "a.txt:5", `the heading "Southern Ilands" is no section of this newsletter`, `"Southern Islands"`},
		"unknown heading above":  {"Letter\n\nLead.\n\nMiddle Waters\nPray for the ferry, which has been out of service.", "a.txt:5", `the heading "Middle Waters" is no section of this newsletter`, "--create-sections"},
		"unknown front matter":   {"---\nsubjct: a\n---\nText.", "a.txt:2", `the front matter has no key "subjct"`, `"subject"`},
		"front matter twice":     {"---\nsubject: a\nsubject: b\n---\nText.", "a.txt:3", `the front matter gives "subject" twice`, "Remove"},
		"date":                   {"---\ndate: 12.3.2027\n---\nText.", "a.txt:2", `"12.3.2027" is not a date`, "YYYY-MM-DD"},
		"section twice":          {"Letter\n\nNorthern Coast\n\na.\n\nnorthern  coast:\n\nb.", "a.txt:7", `the section "northern  coast:" stands twice; the first is in line 3`, "one heading"},
		"reserved heading":       {"# T\n\n## Lead\n\na", "a.md:3", `"Lead" is a reserved name`, "without a heading"},
		"deep heading":           {"# T\n\n### Northern Coast", "a.md:3", "a heading of level 3 is not used", "##"},
		"second title":           {"# T\n\n# U", "a.md:3", "a title stands inside the manuscript", "##"},
		"two titles":             {"---\ntitle: a\n---\n# b\n\nc", "a.md:4", `the title is "b" here and "a" in the front matter`, "Keep one"},
		"section as title":       {"# Northern Coast\n\nb", "a.md:1", `the title "Northern Coast" is the name of a section`, "##"},
		"title as section":       {"Letter\n\nLETTER\n\nb", "a.txt:3", `the heading "LETTER" is the bulletin's title`, "name"},
		"only front matter":      {"---\ntitle: Northern Coast\n---", "a.txt:1", `the title "Northern Coast" is the name of a section`, "##"},
		"bulleted heading":       {"# T\n\n## - Northern Coast", "a.md:3", `the heading "- Northern Coast" begins with a bullet`, "Remove"},
		"heading without words":  {"# T\n\n## ...", "a.md:3", `the heading "..." has no words`, "name"},
		"HTML in an item":        {"# T\n\n- a\n\n  <b>c</b>", "a.md:5", "raw HTML is not allowed", "marks"},
		"control character":      {"T\n\na\x00b", "a.txt:3", "the control character U+0000 stands in the text", "not a text file"},
		"half of UTF-16":         {"\xff\xfea", "a.txt:1", "the file begins like UTF-16 but is not", "UTF-8"},
		"nothing":                {"\n \n\u00a0\n", "a.txt:1", "the manuscript holds no text", "right file"},
		"size":                   {strings.Repeat("a ", MaxBytes/2) + "b", "a.txt:1", "the manuscript is longer than 1 MB", "right file"},
		"an overlong paragraph":  {"T\n\n" + strings.Repeat("a ", 40_000), "a.txt:3", "the paragraph is longer than 64 KB", "blank lines"},
		"a link without address": {"# T\n\n- a\n- [b](c)", "a.md:4", "the link has no complete address", "whole address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options("a.txt")
			if strings.HasPrefix(tc.place, "a.md") {
				o.Name = "a.md"
			}
			_, err := Read([]byte(tc.data), o)
			var faults newsletter.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v, want faults", err)
			}
			f := faults[0]
			if f.Place != tc.place || f.Message != tc.message || !strings.Contains(f.Remedy, tc.remedy) || f.Kind != newsletter.Invalid {
				t.Errorf("got %s: %s\n%s", f.Place, f.Message, f.Remedy)
			}
		})
	}
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Read([]byte("---\nfoo: a\n---\n# T\n\n## East\n\n- <b>\n\n## West\n\n### X\n"), options("a.md"))
	var faults newsletter.Faults
	if !errors.As(err, &faults) || len(faults) != 5 {
		t.Errorf("%d faults: %v", len(faults), err)
	}
}

func TestUnknownHeadingsAreAddedWhenAskedFor(t *testing.T) {
	t.Parallel()
	o := options("a.txt")
	o.CreateSections = true
	m, err := Read([]byte("Letter\n\nEast Bay:\n\nItem one.\n\nWest & Far Bay\nPray for the ferry, which has been out of service."), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := []newsletter.Section{{Name: "East Bay"}, {Name: "West & Far Bay"}}; !reflect.DeepEqual(m.Added, want) {
		t.Errorf("added %v", m.Added)
	}
	if s := m.Content.Sections; len(s) != 2 || s[0].Heading != "East Bay:" || s[0].Key != "east-bay" || s[1].Key != "west-and-far-bay" || len(s[1].Items) != 1 {
		t.Errorf("sections %+v", s)
	}
}

func TestHeadingsLoseTheirEmphasis(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.txt", "a.md"} {
		m, err := Read([]byte("# x\n\n**Northern Coast**\n\nItem.\n\n_SOUTHERN ISLANDS:_\n\nItem."), options(name))
		if err != nil {
			t.Fatal(err)
		}
		if s := m.Content.Sections; len(s) != 2 || s[0].Heading != "Northern Coast" || s[1].Heading != "SOUTHERN ISLANDS:" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestEpigraph(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ source, text, from string }{
		"a pair":                          {"“A.”\n\n— B 1", "A.", "B 1"},
		"straight marks around others":    {"\"'A,' he said.\"\n- B 1", "'A,' he said.", "B 1"},
		"two quotations are not a pair":   {"“A,” he said. “B.”\n\n– C", "“A,” he said. “B.”", "C"},
		"straight ones neither":           {"\"A,\" he said. \"B.\"\n\n– C", "\"A,\" he said. \"B.\"", "C"},
		"a mark that belongs to the end":  {"He said, “Go.”\n— B", "He said, “Go.”", "B"},
		"a closing leftover":              {"Go.”\n\n— B", "Go.", "B"},
		"an opening leftover":             {"“Go.\n\n— B", "Go.", "B"},
		"nested marks":                    {"“He said ‘go’ and “went”.”\n— B", "He said ‘go’ and “went”.", "B"},
		"low marks":                       {"„Geh „schnell“.“\n— B", "Geh „schnell“.", "B"},
		"Swedish marks":                   {"”Gå.”\n— B", "Gå.", "B"},
		"angle marks":                     {"« Va « là ». »\n— B", "Va « là ».", "B"},
		"pointing inwards":                {"»Geh.«\n— B", "Geh.", "B"},
		"single marks":                    {"‘Don’t go.’\n— B", "Don’t go.", "B"},
		"an apostrophe at the end":        {"Mind the keepers’\n— B", "Mind the keepers’", "B"},
		"two stanzas":                     {"“A.\n\nB.”\n\n— C", "A.\n\nB.", "C"},
		"source on the same line":         {"“A.” — Keeper 3:1", "A.", "Keeper 3:1"},
		"without marks":                   {"Go\n\n— Keeper’s Book", "Go", "Keeper’s Book"},
		"without marks above a hyphen":    {"Go on.\n\n- Book of Keepers 3", "Go on.", "Book of Keepers 3"},
		"a lead right below the source":   {"“Go.”\n— Keeper 3\nThe lead begins.", "Go.", "Keeper 3"},
		"chapter and verse need no dash":  {"“Go.”\n\n1 Keepers 3:16-17 (NLV)", "Go.", "1 Keepers 3:16-17 (NLV)"},
		"no source":                       {"“Go.”", "Go.", ""},
		"double hyphen":                   {"“Go.”\n-- B", "Go.", "B"},
		"bullets below a line are a lead": {"Pray for these.\n\n- Ana is ill", "", ""},
		"and below a colon":               {"Pray for:\n\n- Ana", "", ""},
		"several bullets":                 {"“Thank you,” she wrote.\n\n- Ana 1\n- Ben 2", "", ""},
		"speech opens the lead":           {"“Thank you,” she wrote.", "", ""},
		"a heading comes first":           {"Northern Coast\n\n— B 1", "", ""},
		"two plain paragraphs and a dash": {"One.\n\nTwo.\n\n— all of us", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := []byte("Letter\n\n" + tc.source + "\n\nLead.\n\nSouthern Islands\n\nItem.")
			o := options("a.txt")
			m, err := Read(data, o)
			if err != nil {
				t.Fatal(err)
			}
			e := m.Content.Epigraph
			if e == nil {
				e = &newsletter.Epigraph{}
			}
			if got := words(e.Text); got != tc.text || words(e.Source) != tc.from {
				t.Errorf("got %q from %q", got, e.Source)
			}
			checkLaw(t, data, o, m)
			checkRoundTrip(t, o, m)
		})
	}
}

func TestParseEpigraph(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]newsletter.Epigraph{
		"“Keep the\nlamp.”\n— Keeper 3":      {Text: "Keep the lamp.", Source: "Keeper 3"},
		"Keep the lamp.\r\n\r\nKeeper 3\r\n": {Text: "Keep the lamp.", Source: "Keeper 3"},
		"> Keep.\n>\n> Wait.\n>\n> - Keeper": {Text: "Keep.\n\nWait.", Source: "Keeper"},
		"“Keep.” — Keeper 3":                 {Text: "Keep.", Source: "Keeper 3"},
		"\"Keep.\"":                          {Text: "Keep."},
		"":                                   {},
	} {
		if got := ParseEpigraph(body); got != want {
			t.Errorf("%q: %+v, want %+v", body, got, want)
		}
	}
}

func TestPseudonyms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Pray for Jeremías* and Ana María*; Ana María* is ill.": {"Jeremías", "Ana María"},
		"Thank Maria*. Thank you. Pray. Pray Ana*.":             {"Maria", "Ana"},
		"Ana María* is safe.":                                   {"Ana María"},
		"マリア*さんとジョン*さん":                                         {"マリア", "ジョン"},
		"The girl* and Maria’s* son; 5* hotels, 2*3 a*b":        {"girl", "Maria"},
		"We met Jean-Luc* and O’Neil*.":                         {"Jean-Luc", "O’Neil"},
		"_Maria\\*_ is *here*.":                                 {"Maria"},
		"Jeremías*and he":                                       {"Jeremías"},
		"no names *at all*":                                     nil,
	} {
		c := &newsletter.Content{Sections: []newsletter.ContentSection{{Key: newsletter.LeadKey, Items: []newsletter.ContentItem{{Text: text}}}}}
		if got := Pseudonyms(c); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLostLinks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"A. ( Read more about  it )":     {"( Read more about it )"},
		"A [Click here] b (Learn more).": {"[Click here]", "(Learn more)"},
		`**A** \[Click here] b`:          {"[Click here]"},
		"Click here to give":             {"Click here"},
		"[Read more](https://example.org) and ([x](mailto:a@example.org))": nil,
		"([Read more](https://example.org))":                               nil,
		"(Read more at https://example.org)":                               nil,
		"(readers of the letter) we read (a lot)":                          nil,
	} {
		c := &newsletter.Content{Sections: []newsletter.ContentSection{{Key: newsletter.LeadKey, Items: []newsletter.ContentItem{{Text: text}}}}}
		if got := LostLinks(c); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestHostileInputEnds(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"quotation marks": "T\n\n" + strings.Repeat("\"'", 30_000) + "\n\n— B",
		"headings":        strings.Repeat("Abc Def\n\n", 20_000),
		"paragraphs":      strings.Repeat("a*.\n\n", maxBlocks/10),
		"bullets":         strings.Repeat("•\n", 500_000),
		"dashes":          "T\n\n" + strings.Repeat("—", 20_000) + "\n" + strings.Repeat("- a\n", 4000),
		"asterisks":       strings.Repeat("Abc* Def*\n", 1000) + "\n\n*" + strings.Repeat("a*\n", 1000),
		"brackets":        strings.Repeat("(read ", 10_000),
		"quotes":          strings.Repeat("> ", 400_000),
		"stairs":          "# T\n" + strings.Repeat("  - a\n", 4000),
		"long heading":    "# " + strings.Repeat("a", 60_000) + "\n## " + strings.Repeat("b", 60_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, ext := range []string{".txt", ".md"} {
				o := options("a" + ext)
				o.CreateSections = true
				if m, err := Read([]byte(data), o); err == nil {
					if err := WriteText(&bytes.Buffer{}, m); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}
