package render

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"epistle/internal/judge"
	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

var update = flag.Bool("update", false, "write the golden files and the pictures of docs/images anew")

var reader1 = Personal{
	UnsubscribeURL: "https://lantern.example/u/9f3c?list=weekly&now=1",
	ChooseURL:      "https://lantern.example/p/9f3c?list=weekly&now=1",
	BrowserURL:     "https://lantern.example/b/9f3c",
}

func mustRender(t testing.TB, doc *newsletter.Document) *Bulletin {
	t.Helper()
	b, err := Render(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRenderingsEqualTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		html, text := mustRender(t, doc).For(reader1)
		for file, got := range map[string]string{name + ".html": html, name + ".txt": text} {
			path := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; look at it, then run the test with -update\n%s", path, firstDifference(got, string(want)))
			}
		}
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n got %q\nwant %q", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines instead of %d", len(a), len(b))
}

// contentWords are the words of a document in order, taken from its parts
// without package render.
func contentWords(t *testing.T, doc *newsletter.Document) []string {
	t.Helper()
	var b strings.Builder
	add := func(source string) {
		parsed, err := markdown.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(parsed.Text() + "\n")
	}
	title := doc.Content.Title
	if title == "" {
		title = doc.Identity.Name
	}
	b.WriteString(title + "\n")
	if e := doc.Content.Epigraph; e != nil {
		add(e.Text)
		add(e.Source)
	}
	for _, s := range doc.Content.Sections {
		b.WriteString(s.Heading + "\n")
		add(s.Introduction)
		for _, item := range s.Items {
			add(item.Text)
		}
	}
	return judge.Words(b.String())
}

func TestNoWordIsLostOrInvented(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := contentWords(t, doc)
			b := mustRender(t, doc)
			html, text := b.For(reader1)
			compareWords(t, "HTML", judge.PageWords(t, html), want)
			compareWords(t, "text", judge.TextWords(text), want)
		})
	}
}

func compareWords(t *testing.T, where string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			from := max(0, i-3)
			t.Errorf("%s, word %d of %d: got %q, want %q", where, i+1, len(want),
				got[min(from, len(got)):min(i+3, len(got))], want[min(from, len(want)):min(i+3, len(want))])
			return
		}
	}
}

func TestBothPartsHaveTheSameLinksInTheSameOrder(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		for _, p := range []Personal{reader1, {UnsubscribeURL: "mailto:leave@lantern.example?subject=leave"}, {}} {
			html, text := mustRender(t, doc).For(p)
			inHTML, inText := judge.PageLinks(t, html), judge.TextLinks(text)
			for i, l := range inHTML {
				// An address that stands in the text is shown without its scheme.
				if bare, ok := strings.CutPrefix(l, "mailto:"); ok && strings.Contains(text, bare) && !slices.Contains(inText, l) {
					inHTML[i] = ""
				}
			}
			inHTML = slices.DeleteFunc(inHTML, func(l string) bool { return l == "" })
			if !slices.Equal(inHTML, inText) {
				t.Errorf("%s: HTML %q, text %q", name, inHTML, inText)
			}
		}
	}
}

func TestTextIsTypesetAt72Columns(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		_, text := mustRender(t, doc).For(reader1)
		for i, line := range strings.Split(text, "\n") {
			if strings.TrimRight(line, " \t") != line {
				t.Errorf("%s, line %d ends with a space: %q", name, i+1, line)
			}
			if width(line) > columns && strings.ContainsAny(strings.TrimLeft(line, " •–"), " ") {
				t.Errorf("%s, line %d is %d columns wide: %q", name, i+1, width(line), line)
			}
		}
		if strings.Contains(text, "\n\n\n\n") || !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
			t.Errorf("%s: the empty lines are wrong", name)
		}
	}
}

func TestLongAddressesAreNeverBroken(t *testing.T) {
	t.Parallel()
	_, text := mustRender(t, feast()).For(reader1)
	if !strings.Contains(text, "https://lantern.example/"+strings.Repeat("very/long/", 20)+"\n") {
		t.Error("the long address does not stand on a line of its own")
	}
}

func TestSentencesAroundEmptyLinksVanish(t *testing.T) {
	t.Parallel()
	const leave, browser, why = "Leave this newsletter", "Read it in the browser", "because you asked for it"
	b := mustRender(t, lantern())
	cases := []struct {
		name           string
		p              Personal
		leave, browser bool
	}{
		{"both", reader1, true, true},
		{"no browser", Personal{UnsubscribeURL: reader1.UnsubscribeURL}, true, false},
		{"no way to leave", Personal{BrowserURL: reader1.BrowserURL}, false, true},
		{"neither", Personal{}, false, false},
		{"mail to leave", Personal{UnsubscribeURL: "mailto:leave@lantern.example"}, true, false},
		{"a target that runs code", Personal{UnsubscribeURL: "javascript:alert(1)", BrowserURL: "data:text/html,x"}, false, false},
		{"a target with a line break", Personal{UnsubscribeURL: "https://lantern.example/\nBcc: x"}, false, false},
		{"a page by mail", Personal{BrowserURL: "mailto:x@lantern.example"}, false, false},
	}
	for _, c := range cases {
		html, text := b.For(c.p)
		for kind, s := range map[string]string{"html": html, "text": text} {
			if strings.Contains(s, leave) != c.leave || strings.Contains(s, browser) != c.browser || !strings.Contains(s, why) {
				t.Errorf("%s: the %s has the wrong sentences", c.name, kind)
			}
			if strings.Contains(s, "slot.invalid") || strings.Contains(s, "<!--"+hashOf(t, lantern())) || strings.Contains(s, `href=""`) {
				t.Errorf("%s: the %s has a slot left over", c.name, kind)
			}
		}
	}
}

func hashOf(t *testing.T, doc *newsletter.Document) string {
	t.Helper()
	hash, err := doc.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestHostileValuesStayText(t *testing.T) {
	t.Parallel()
	const nasty = `</style></title>"'><img src=x onerror=alert(1)>&amp;{{.}}`
	escaped := strings.NewReplacer(`\`, `\\`, "<", `\<`, "&", `\&`, "*", `\*`).Replace(nasty)
	d := lantern()
	d.Identity.Name, d.Identity.PostalAddress, d.Identity.Reason = nasty, nasty, nasty
	d.Subject, d.Preheader, d.Content.Title, d.Content.Note = nasty, nasty, nasty, escaped
	d.Content.Epigraph = &newsletter.Epigraph{Text: escaped, Source: escaped}
	d.Content.Sections[1].Heading = nasty
	d.Content.Sections[1].Items[0].Text = escaped
	b := mustRender(t, d)
	html, text := b.For(Personal{UnsubscribeURL: `https://lantern.example/?a="><script>&b='`, BrowserURL: reader1.BrowserURL})
	for _, live := range []string{"<img", "<script", `"">`} {
		if strings.Contains(html, live) {
			t.Errorf("the HTML holds %q", live)
		}
	}
	if strings.Count(html, "</style>") != 2 || strings.Count(html, "</title>") != 1 {
		t.Error("a value ended an element of the head")
	}
	if !strings.Contains(html, `href="https://lantern.example/?a=&#34;&gt;&lt;script&gt;&amp;b=&#39;"`) {
		t.Error("the link to leave is not escaped")
	}
	if !strings.Contains(text, nasty) {
		t.Error("the text does not hold the value as it is")
	}
	compareWords(t, "HTML", judge.PageWords(t, html), contentWords(t, d))
}

func TestSlotsInTheContentAreNotTakenForSlots(t *testing.T) {
	t.Parallel()
	other := newSlots(hashOf(t, lantern()))
	d := lantern()
	d.Content.Sections[0].Items[0].Text = "See " + other.leave + " and " + other.browser + "."
	html, text := mustRender(t, d).For(Personal{})
	for _, s := range []string{html, text} {
		if !strings.Contains(s, other.leave) || !strings.Contains(s, other.browser) {
			t.Error("an address of the content was taken for a slot")
		}
	}
}

func TestTargetsThatRunCodeAreRefused(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "//lantern.example/x", "/x", "https://a b", "vbscript:x", ""} {
		if err := checkTarget(target, false); newsletter.KindOf(err) != newsletter.Invalid {
			t.Errorf("%q: %v", target, err)
		}
	}
	if err := checkTarget("mailto:a@lantern.example", true); err == nil {
		t.Error("an image by mail was accepted")
	}
}

func TestFaultsNameThePartTheyStandIn(t *testing.T) {
	t.Parallel()
	d := lantern()
	d.Content.Sections[0].Items[0].Text = "# A heading"
	d.Content.Sections[2].Items[1].Text = "<b>raw</b>"
	d.Content.Epigraph.Source = "<i>x</i>"
	d.Identity.Design.Accent = "red"
	_, err := Render(d)
	if newsletter.KindOf(err) != newsletter.Invalid {
		t.Fatalf("err = %v", err)
	}
	for _, place := range []string{"section 1, item 1:1:1: ", "section 3, item 2:1:1: ", "epigraph source:1:1: ", "design.accent: "} {
		if !strings.Contains(err.Error(), place) {
			t.Errorf("no fault at %q in\n%v", place, err)
		}
	}
}

func TestSameDocumentGivesSameBytes(t *testing.T) {
	t.Parallel()
	for doc, times := range map[*newsletter.Document]int{german(): 100, feast(): 5, long(): 2} {
		html, text := mustRender(t, doc).For(reader1)
		for range times {
			h, x := mustRender(t, doc).For(reader1)
			if h != html || x != text {
				t.Fatal("a second rendering differs")
			}
		}
	}
}

func TestSizesStayBelowTheLimits(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		b := mustRender(t, doc)
		if b.HTMLSize() > MaxHTML || b.StyleSize() > MaxStyle || b.StyleSize() == 0 {
			t.Errorf("%s: %d bytes of HTML, %d of style", name, b.HTMLSize(), b.StyleSize())
		}
	}
}

// Not parallel: it listens to the global logger, on which the inliner reports
// the rules that it skips.
func TestInlinerLogsNothing(t *testing.T) {
	var heard bytes.Buffer
	log.SetOutput(&heard)
	defer log.SetOutput(os.Stderr)
	for _, doc := range documents() {
		mustRender(t, doc)
	}
	if heard.Len() > 0 {
		t.Errorf("the inliner wrote %q", heard.String())
	}
}

func TestPageSaysItsLanguageAndDirection(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"lantern": `<html lang="en" dir="ltr"`, "arabic": `<html lang="ar" dir="rtl"`, "german": `<html lang="de" dir="ltr"`,
	} {
		html, _ := mustRender(t, documents()[name]).For(reader1)
		if !strings.Contains(html, want) {
			t.Errorf("%s: no %s", name, want)
		}
	}
	html, _ := mustRender(t, arabic()).For(reader1)
	if !strings.Contains(html, `<p class="small" lang="en" dir="ltr"`) || strings.Contains(html, "text-align:left") ||
		strings.Contains(html, "italic") || strings.Contains(html, "letter-spacing:0.") {
		t.Error("the Arabic letter is set like a Latin one")
	}
}

func TestPreheaderIsGivenOrTaken(t *testing.T) {
	t.Parallel()
	given, _ := mustRender(t, feast()).For(reader1)
	if !strings.Contains(given, ">A preview with &#34;quotes&#34; &amp; &lt;angles&gt;\u2007") {
		t.Error("the given preheader is not there")
	}
	taken, _ := mustRender(t, lantern()).For(reader1)
	if !strings.Contains(taken, ">On Tuesday the harbour school in Fenmouth opened its doors again, eleven weeks after the flood. Forty-three…\u2007") {
		t.Error("the preheader was not taken from the lead")
	}
	for _, s := range []string{given, taken} {
		if n := strings.Index(s, `class="preheader"`); n < strings.Index(s, "<body") || strings.Contains(s[n:n+120], "color") {
			t.Error("the preheader is hidden with colour, or is not in the body")
		}
	}
}

func TestFootnote(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		change     func(*newsletter.Document)
		want, lack string
	}{
		{"the newsletter's own", func(*newsletter.Document) {}, "* Names marked with an asterisk", ""},
		{"the manuscript's own", func(d *newsletter.Document) { d.Content.Note = `\* Some names are not theirs.` }, "\n* Some names are not theirs.", "Names marked"},
		{"ours", func(d *newsletter.Document) { d.Identity.PseudonymNote = "" }, "* Name changed to protect the person.", "Names marked"},
		{"none without a pseudonym", func(d *newsletter.Document) { d.Pseudonyms = nil }, "", "Names marked"},
		{"the manuscript's own without a pseudonym", func(d *newsletter.Document) { d.Pseudonyms, d.Content.Note = nil, "See below." }, "\n* See below.", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := lantern()
			c.change(d)
			_, text := mustRender(t, d).For(reader1)
			if !strings.Contains(text, c.want) || c.lack != "" && strings.Contains(text, c.lack) {
				t.Errorf("wrong footnote in\n%s", text)
			}
		})
	}
}

func TestOpeningWordsAreSetApart(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"Give thanks for it.": `<strong class="apart"`,
		"Hope.":               `<strong class="apart"`,
		"Hopeful signs.":      "",
		"We hope.":            "",
	}
	for text, want := range cases {
		d := lantern()
		d.Identity.Design.SetApart = []string{"Give", "Hope", "Give thanks"}
		d.Content.Sections = []newsletter.ContentSection{{Key: "lead", Items: []newsletter.ContentItem{{Text: text}}}}
		html, _ := mustRender(t, d).For(reader1)
		if got := strings.Contains(html, `<strong class="apart"`); got != (want != "") {
			t.Errorf("%q: set apart is %v", text, got)
		}
		if strings.HasPrefix(text, "Give thanks") && !strings.Contains(html, ">Give thanks</strong> for it.") {
			t.Error("the longer opening does not win")
		}
	}
}

func BenchmarkRender(b *testing.B) {
	doc := long()
	for b.Loop() {
		mustRender(b, doc)
	}
}

func BenchmarkFor(b *testing.B) {
	bulletin := mustRender(b, long())
	for b.Loop() {
		bulletin.For(reader1)
	}
}
