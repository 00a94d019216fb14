package markdown

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

// outline writes a tree so that a test can show what it expects.
func outline(d *Doc) string { return strings.Join(outlineBlocks(d.Blocks), " ") }

func outlineBlocks(blocks []Block) []string {
	var out []string
	for _, b := range blocks {
		switch b.Kind {
		case Paragraph:
			out = append(out, "p("+outlineInlines(b.Inlines)+")")
		case Quote:
			out = append(out, "quote("+strings.Join(outlineBlocks(b.Blocks), " ")+")")
		default:
			name := map[BlockKind]string{BulletList: "ul", OrderedList: "ol"}[b.Kind]
			var items []string
			for _, item := range b.Items {
				items = append(items, "li("+strings.Join(outlineBlocks(item), " ")+")")
			}
			out = append(out, name+"("+strings.Join(items, " ")+")")
		}
	}
	return out
}

func outlineInlines(in []Inline) string {
	var b strings.Builder
	for _, n := range in {
		switch n.Kind {
		case Text:
			b.WriteString(n.Text)
		case Emphasis:
			b.WriteString("{em " + outlineInlines(n.Children) + "}")
		case Strong:
			b.WriteString("{strong " + outlineInlines(n.Children) + "}")
		case Code:
			b.WriteString("{code " + n.Text + "}")
		case Link:
			b.WriteString("{a " + n.Href + " " + outlineInlines(n.Children) + "}")
		case Image:
			b.WriteString("{img " + n.Href + " " + n.Text + "}")
		case Break:
			b.WriteString("{br}")
		}
	}
	return b.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ source, want string }{
		"soft breaks are spaces":              {"The lamp\nis lit.", "p(The lamp is lit.)"},
		"hard breaks stay":                    {"The lamp  \nis\\\nlit.", "p(The lamp{br}is{br}lit.)"},
		"double and no-break spaces stay":     {"The  lamp\u00a0is …", "p(The  lamp\u00a0is …)"},
		"emphasis of both sorts":              {"*a* _b_ **c** __d__", "p({em a} {em b} {strong c} {strong d})"},
		"nested emphasis":                     {"***a** b*", "p({em {strong a} b})"},
		"emphasis inside itself is one":       {"*a _b_ c*", "p({em a b c})"},
		"two pseudonyms":                      {"Jeremías*and his wife Maria* are safe.", "p(Jeremías*and his wife Maria* are safe.)"},
		"pseudonyms without spaces":           {"マリア*さんとジョン*さん", "p(マリア*さんとジョン*さん)"},
		"a combining mark before an asterisk": {"Jose\u0301* and Ana* came.", "p(Jose\u0301* and Ana* came.)"},
		"a pseudonym inside emphasis":         {"*we met Maria* at sea", "p({em we met Maria} at sea)"},
		"asterisks inside words":              {"2*3*4 and a**b**c", "p(2*3*4 and a**b**c)"},
		"underscores inside words":            {"harbour_school_2 and __x", "p(harbour_school_2 and __x)"},
		"a link":                              {"[the *lamp*](https://example.org/a_b_(c)?x=1&amp;y=2)", "p({a https://example.org/a_b_(c)?x=1&y=2 the {em lamp}})"},
		"a mail link":                         {"<a@example.org> [write](mailto:b@example.org)", "p({a mailto:a@example.org a@example.org} {a mailto:b@example.org write})"},
		"bare addresses":                      {"See https://example.org/a_b_c. (https://example.org/d) “https://example.org”", "p(See {a https://example.org/a_b_c https://example.org/a_b_c}. ({a https://example.org/d https://example.org/d}) “{a https://example.org https://example.org}”)"},
		"an address in unlinked brackets":     {"[see https://example.org]", "p([see {a https://example.org https://example.org}])"},
		"an address as a label":               {"[https://example.org](https://example.net)", "p({a https://example.net https://example.org})"},
		"an address kept from linking":        {`http\://example.org www.example.org`, "p(http://example.org www.example.org)"},
		"an image":                            {"![a lamp](https://example.org/l.png)", "p({img https://example.org/l.png a lamp})"},
		"code spans":                          {"``a ` b`` and `<b>`", "p({code a ` b} and {code <b>})"},
		"entities and escapes once":           {`&eacute; &amp;lt; \&lt; \*a\* &nosuch; &#1;`, "p(é &lt; &lt; *a* &nosuch; &#1;)"},
		"lists":                               {"- a\n- b\n  1. c\n  2. d\n\n  e", "ul(li(p(a)) li(p(b) ol(li(p(c)) li(p(d))) p(e)))"},
		"bullets of two sorts are one list":   {"- a\n* b", "ul(li(p(a)) li(p(b)))"},
		"empty bullets vanish":                {"- a\n-\n- b", "ul(li(p(a)) li(p(b)))"},
		"quotes":                              {"> a\n\n> b\n> - c", "quote(p(a) p(b) ul(li(p(c))))"},
		"a lost link is text":                 {"[Click here] ( Read more )", "p([Click here] ( Read more ))"},
		"a lonely less-than sign":             {"a < b <3 <- c", "p(a < b <3 <- c)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := Parse(tc.source)
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(d); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			checkRoundTrip(t, d)
		})
	}
}

func TestParsePlain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ source, want string }{
		"marks of Markdown's other features are literal": {"a <b> &amp; `c` # ![d](https://example.org) > e", "p(a <b> &amp; `c` # !{a https://example.org d} > e)"},
		"line starts are literal":                        {"# a\n\n1. b\n\n- c\n\n> d\n\n    e\n\n---", "p(# a) p(1. b) p(- c) p(> d) p(e) p(---)"},
		"inline marks work":                              {"*a* **b** [c d](https://example.org/x) https://example.org.", "p({em a} {strong b} {a https://example.org/x c d} {a https://example.org https://example.org}.)"},
		"a label without a complete address is literal":  {"[a](b) [c](ftp://example.org) [d]", "p([a](b) [c](ftp://example.org) [d])"},
		"lines are joined and trailing marks ignored":    {"  a  \n\tb\\\nc", "p(a b\\ c)"},
		"a backslash takes a mark's meaning away":        {`\*a* C:\dir`, `p(*a* C:\dir)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := ParsePlain(tc.source)
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(d); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			checkRoundTrip(t, d)
		})
	}
}

func TestFormatEscapesOnlyWhatIsNeeded(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"Maria* and Jeremías* are safe.", "*Names are changed", "[Click here] to read", "( Read more ) visit .",
		"a_b_c 2*3 5 * 6", "“Love,” he said. R&D & more", "-5 degrees, 1.5 miles, #7", "AT&T; https://example.org/a_b.",
		"a < b > c", `C:\dir`, "one\\\ntwo", "- a\n- b", "1. a\n2. b", "> a\n>\n> b", "**a** _b_ `c`",
		"<a@example.org>", "[a](https://example.org)",
	} {
		d, err := Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Format(); got != source {
			t.Errorf("%q is written as %q", source, got)
		}
	}
}

func TestFormatEscapesLineStarts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1. a": `1\. a`, "2027. was": `2027\. was`, "7)": `7\)`, "- a": `\- a`, "+ a": `\+ a`, "* a": `\* a`,
		"# a": `\# a`, "> a": `\> a`, "===": `\===`, "---": `\---`, "~~~": `\~~~`, "```": "\\`\\`\\`", "___": `\_\_\_`, "* * *": `\* * *`,
	} {
		d := &Doc{Blocks: []Block{{Kind: Paragraph, Inlines: []Inline{{Kind: Text, Text: text}}}}}
		if got := d.Format(); got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
		checkRoundTrip(t, d)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ source, place, message string }{
		"heading":               {"a\n\n# b", "3:1", "a heading is not allowed in an item"},
		"underlined heading":    {"a\n===", "1:1", "a heading is not allowed in an item"},
		"fenced code":           {"é\n\n```\nx\n```", "3:1", "a block of code is not allowed"},
		"indented code":         {"    x", "1:5", "a block of code is not allowed"},
		"dividing line":         {"a\n\n***", "3:1", "a dividing line is not allowed in an item"},
		"table":                 {"a | b\n--|--\nc | d", "2:1", "a table is not allowed"},
		"HTML block":            {"<div>x</div>", "1:1", "raw HTML is not allowed"},
		"HTML":                  {"é <b>x", "1:3", "raw HTML is not allowed"},
		"comment":               {"a <!-- b -->", "1:3", "raw HTML is not allowed"},
		"script link":           {"- [a](javascript:alert)", "1:3", "the link leads to a javascript address"},
		"relative link":         {"[a](b)", "1:1", "the link has no complete address"},
		"link without words":    {"[](https://example.org)", "1:1", "the link has no words"},
		"title":                 {`[a](https://example.org "b")`, "1:1", "a link's title is not shown in a mail"},
		"http image":            {"![a](http://example.org)", "1:1", "the image is not on an https address"},
		"ftp":                   {"x <ftp://example.org>", "1:3", "the link leads to a ftp address"},
		"numbers with gaps":     {"1. a\n1. b", "2:1", "the list's entry 2 is numbered 1"},
		"control character":     {"a\nb\x00", "2:2", "the control character U+0000 stands in the text"},
		"broken UTF-8":          {"a\xff", "1:2", "the text is not valid UTF-8 here"},
		"deep nesting":          {strings.Repeat("> ", 500) + "a", "1:1", "lists and quotes are nested more than 16 deep"},
		"deep nesting by lines": {stairs(20), "17:33", "lists and quotes are nested more than 16 deep"},
		"size":                  {strings.Repeat("a", MaxBytes+1), "1:1", "the text is longer than 1 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(tc.source)
			var faults newsletter.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v, want faults", err)
			}
			f := faults[0]
			if f.Place != tc.place || f.Message != tc.message || f.Remedy == "" || newsletter.KindOf(err) != newsletter.Invalid {
				t.Errorf("got %s: %s (%s)", f.Place, f.Message, f.Remedy)
			}
		})
	}
}

func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("  ", i) + "- a\n")
	}
	return b.String()
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse("# a\n\n<b>\n\n[c](d)")
	if got := strings.Count(err.Error(), "\n") + 1; got != 3 {
		t.Errorf("%d faults: %v", got, err)
	}
}

// TestHostileInputEnds holds inputs that take a naive parser quadratic time; the
// test's own time limit is the judge.
func TestHostileInputEnds(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"openers of one mark, closers of another": strings.Repeat(strings.Repeat("*a_ ", 499)+"\n\n", 10),
		"too many marks":       strings.Repeat("*a_ ", 15_000),
		"a long run of marks":  "a " + strings.Repeat("*", 60_000) + "_ " + strings.Repeat("_", 5000),
		"brackets":             strings.Repeat("[", maxBrackets) + strings.Repeat("]", 50_000),
		"half links":           strings.Repeat("[a](<b ", maxBrackets),
		"half link references": strings.Repeat("[a][", maxBrackets/2) + strings.Repeat("a", 50_000),
		"quotes":               strings.Repeat(">", 1_000_000),
		"list markers":         strings.Repeat("- ", 500_000),
		"stairs":               stairs(300),
		"backticks":            backticks(340),
		"short paragraphs":     strings.Repeat("*a_ b\n\n", 3000),
		"short lines":          strings.Repeat("a\n", 32_000),
		"less-than signs":      strings.Repeat("<a", 30_000),
		"half comments":        strings.Repeat("< !--", 12_000),
		"many lists":           strings.Repeat("- a\n\nb\n\n", 3000),
		"colons":               strings.Repeat("http://", 9_000),
		"addresses":            strings.Repeat("http://a ", 7_000),
		"asterisked words":     strings.Repeat("a* ", 900),
		"ampersands":           strings.Repeat("&a", 32_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, parse := range []func(string) (*Doc, error){Parse, ParsePlain} {
				if d, err := parse(source); err == nil {
					_, _ = d.Format(), d.Text()
				}
			}
		})
	}
}

func backticks(n int) string {
	var b strings.Builder
	for i := 1; i < n; i++ {
		b.WriteString(strings.Repeat("`", i) + "a")
	}
	return b.String()
}

func TestTextAndLinks(t *testing.T) {
	t.Parallel()
	d, err := Parse("Read *the* [harbour `log`](https://example.org/log)\\\nnow.\n\n4. a\n5. ![b](https://example.org/b)\n\n> https://example.org/c")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.Text(), "Read the harbour log\nnow.\n\n4. a\n\n5. b\n\nhttps://example.org/c"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	want := []DocLink{
		{"harbour log", "https://example.org/log", false},
		{"b", "https://example.org/b", true},
		{"https://example.org/c", "https://example.org/c", false},
	}
	if got := d.Links(); !reflect.DeepEqual(got, want) {
		t.Errorf("links %v, want %v", got, want)
	}
}

// checkRoundTrip holds the law of Format, and of FormatPlain where it applies.
func checkRoundTrip(t *testing.T, d *Doc) {
	t.Helper()
	written := d.Format()
	back, err := Parse(written)
	if err != nil {
		t.Fatalf("%.200q does not parse: %v", written, err)
	}
	if !reflect.DeepEqual(d.Blocks, back.Blocks) {
		t.Fatalf("written as %q\n was  %s\n is   %s", written, outline(d), outline(back))
	}
	if again := back.Format(); again != written {
		t.Fatalf("%q is written as %q the second time", written, again)
	}
	if plain, ok := d.FormatPlain(); ok {
		if back, err := ParsePlain(plain); err != nil || !reflect.DeepEqual(d, back) {
			t.Fatalf("plain form %q: %v", plain, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"The *lamp* is **lit**, Maria* said.\n\n- a\n  1. b\n- c\n\n> d\\\n> e", "***a** b* `x` _y_", "[a](https://example.org/b_(c)) <a@example.org>",
		"![a](https://example.org) https://example.org/a_b. http\\://x", "&eacute;*a*&#233; \\\\\\\nb", "*a*_b_**c**&nbsp;__d__", "1. a\n\n   b\n2. c\n1) d",
		"_[_a](https://x.org)", "[[a](https://x.org)](https://y.org)", "a | b\n\\-|-", "2027. a\n===", "*a*[b](https://c.org)*d*", "**a*b*c** *(a)*.", "- - a\n- > b\n\n\n  c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if d, err := Parse(source); err == nil {
			checkRoundTrip(t, d)
		}
		if d, err := ParsePlain(source); err == nil {
			checkRoundTrip(t, d)
		}
	})
}
