package manuscript

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// checkLaw proves that no word was lost or invented.
func checkLaw(t *testing.T, data []byte, o Options, m *Manuscript) {
	t.Helper()
	r := &reader{o: o, m: &Manuscript{}, known: map[string]newsletter.Section{}, seen: map[string]int{}}
	r.decode(data)
	r.frontMatter()
	r.chooseFormat()
	var source strings.Builder
	for _, l := range r.lines {
		text := l.text
		if r.markdown {
			text = strings.ReplaceAll(text, "&amp;", "&")
		}
		source.WriteString(text + "\n")
	}
	got := contentWords(&m.Content)
	if r.m.Content.Title != "" { // it stands in the front matter, and perhaps in the text too
		title := wordsOf(r.m.Content.Title)
		if want := wordsOf(source.String()); len(want) < len(title) || !reflect.DeepEqual(want[:len(title)], title) {
			got = got[len(title):]
		}
	}
	if want := wordsOf(source.String()); !reflect.DeepEqual(got, want) {
		t.Fatalf("the words differ:\n got  %q\n want %q", got, want)
	}
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}

// contentWords are the words of a content in order, with the addresses of links
// where they stand.
func contentWords(c *newsletter.Content) []string {
	out := wordsOf(c.Title)
	add := func(text string) {
		doc, err := markdown.Parse(text)
		if err != nil {
			panic(err)
		}
		out = append(out, blockWords(doc.Blocks)...)
	}
	if c.Epigraph != nil {
		add(c.Epigraph.Text)
		add(c.Epigraph.Source)
	}
	for _, s := range c.Sections {
		out = append(out, wordsOf(s.Heading)...)
		add(s.Introduction)
		for _, item := range s.Items {
			add(item.Text)
		}
	}
	add(c.Note)
	return out
}

func blockWords(blocks []markdown.Block) []string {
	var out []string
	for _, b := range blocks {
		out = append(out, wordsOf(inlineWords(b.Inlines))...)
		out = append(out, blockWords(b.Blocks)...)
		for i, item := range b.Items {
			if b.Kind == markdown.OrderedList {
				out = append(out, strconv.Itoa(b.Start+i))
			}
			out = append(out, blockWords(item)...)
		}
	}
	return out
}

func inlineWords(in []markdown.Inline) string {
	var b strings.Builder
	for _, n := range in {
		label := n.Text + inlineWords(n.Children)
		switch {
		case n.Kind == markdown.Text || n.Kind == markdown.Emphasis || n.Kind == markdown.Strong:
			b.WriteString(label)
		case n.Href == "" || n.Href == label || n.Href == "mailto:"+label:
			b.WriteString(" " + label + " ") // its marks set it apart in the source
		default:
			b.WriteString(" " + label + " " + n.Href + " ")
		}
	}
	return b.String()
}

// checkRoundTrip proves that both forms, read again, give the same Content.
func checkRoundTrip(t *testing.T, o Options, m *Manuscript) {
	t.Helper()
	for ext, write := range map[string]func(*bytes.Buffer) error{
		".md":  func(b *bytes.Buffer) error { return WriteMarkdown(b, m) },
		".txt": func(b *bytes.Buffer) error { return WriteText(b, m) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		o.Name = "again" + ext
		back, err := Read(b.Bytes(), o)
		if err != nil {
			t.Fatalf("%s does not read: %v\n%s", ext, err, b.String())
		}
		if !reflect.DeepEqual(back.Content, m.Content) || back.Subject != m.Subject || back.Preheader != m.Preheader ||
			ext == ".md" && back.Date != m.Date || !reflect.DeepEqual(back.Pseudonyms, m.Pseudonyms) {
			t.Fatalf("%s reads as another bulletin:\n was %+v\n is  %+v\nwritten:\n%s", ext, m.Content, back.Content, b.String())
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/*.txt", "testdata/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("no seeds: %v", err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, strings.HasSuffix(name, ".md"), true)
		}
	}
	f.Add([]byte("T\n\n“a” b”\n— c\n\nNorthern Coast\n\n\\*x\n\n*y"), false, false)
	f.Add([]byte("## Northern Coast\n\nPray for these\n\n- South\n\n  Southern Islands\n\n**z"), true, true)
	for _, found := range []string{ // by earlier runs
		">”", "“” —0", "0[0](https://0)0", "0\r0", "0000\n0\n\n*0", "# Northern CoAst", "00000000000000000\n* 0\n\n   *A",
	} {
		f.Add([]byte(found), false, true)
		f.Add([]byte(found), true, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, md, create bool) {
		o := options("a.txt")
		if md {
			o.Name = "a.md"
		}
		o.CreateSections = create
		m, err := Read(data, o)
		if err != nil {
			return
		}
		if !bytes.ContainsRune(data, '&') && m.Content.Title == "" || !bytes.HasPrefix(bytes.TrimSpace(data), []byte("---")) && !bytes.ContainsRune(data, '&') {
			checkLaw(t, data, o, m)
		}
		o.Sections = append(o.Sections, m.Added...)
		checkRoundTrip(t, o, m)
	})
}
