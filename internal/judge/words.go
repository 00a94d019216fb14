package judge

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Words are the runs of letters, digits and combining marks of a text, each in
// one case, so that two renderings can be compared: what a heading's capitals
// change does not count. Characters of scripts without spaces are words of
// their own, because a line may end after any of them.
func Words(s string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			end()
			words = append(words, string(r))
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			word.WriteRune(fold(r))
		default:
			end()
		}
	}
	end()
	return words
}

// fold picks one of the letters that differ only in case.
func fold(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// beside are the classes of what a bulletin says beside its content: date line,
// footnote and footer.
var beside = []string{"dateline", "note", "small", "imprint"}

// PageWords are the words of a bulletin's content as its page shows them, in
// order: alternative texts and the numbers of ordered lists included; preheader,
// date line, footnote and footer not.
func PageWords(t testing.TB, page string) []string {
	t.Helper()
	var b strings.Builder
	flow(body(t, page), &b)
	return Words(b.String())
}

func flow(n *html.Node, b *strings.Builder) {
	switch n.Type {
	case html.TextNode:
		b.WriteString(n.Data)
		return
	case html.ElementNode:
		if hidden(n) || slices.ContainsFunc(strings.Fields(attribute(n, "class")), func(c string) bool { return slices.Contains(beside, c) }) {
			return
		}
	}
	if n.DataAtom == atom.Img {
		b.WriteString(" " + attribute(n, "alt") + " ")
	}
	if n.DataAtom == atom.Li && n.Parent.DataAtom == atom.Ol {
		b.WriteString(" " + strconv.Itoa(ordinal(n)) + ". ")
	}
	inline := slices.Contains([]atom.Atom{atom.A, atom.Em, atom.Strong, atom.Span, atom.Code, atom.Bdi}, n.DataAtom)
	if !inline {
		b.WriteByte('\n')
	}
	for c := range n.ChildNodes() {
		flow(c, b)
	}
	if !inline {
		b.WriteByte('\n')
	}
}

func hidden(n *html.Node) bool {
	return n.DataAtom == atom.Style || n.DataAtom == atom.Script ||
		strings.Contains(strings.ReplaceAll(attribute(n, "style"), " ", ""), "display:none")
}

// ordinal is the number that a browser writes before an entry.
func ordinal(li *html.Node) int {
	number := 1
	if start, err := strconv.Atoi(attribute(li.Parent, "start")); err == nil {
		number = start
	}
	for s := range li.Parent.ChildNodes() {
		if s == li {
			break
		}
		if s.DataAtom == atom.Li {
			number++
		}
	}
	return number
}

// PageLinks are the targets of a page's links in order.
func PageLinks(t testing.TB, page string) []string {
	t.Helper()
	var links []string
	for n := range body(t, page).Descendants() {
		if n.DataAtom == atom.A {
			links = append(links, attribute(n, "href"))
		}
	}
	return links
}

func body(t testing.TB, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.DataAtom == atom.Body {
			return n
		}
	}
	t.Fatal("the page has no body")
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

var (
	address  = regexp.MustCompile(`(?:https?://|mailto:)[^\s<>]+`)
	underTop = regexp.MustCompile(`(?s)^(.*?\n=+\n)(.*)$`)
	footRule = regexp.MustCompile(`(?m)^-{60,}$`)
	footnote = regexp.MustCompile(`(?s)\n\n\* [^\n]*(\n(  [^\n]*)?)*$`)
)

// TextWords are the words of a bulletin's content as its plain text shows them,
// in order: without date line, footnote, footer and the lines that hold nothing
// but the target of a link.
func TextWords(text string) []string {
	if at := footRule.FindAllStringIndex(text, -1); at != nil {
		text = text[:at[len(at)-1][0]]
	}
	text = footnote.ReplaceAllString(text, "\n")
	if m := underTop.FindStringSubmatch(text); m != nil {
		_, content, _ := strings.Cut(m[2], "\n\n")
		text = m[1] + content
		if strings.HasPrefix(m[2], "\n") {
			text = m[1] + m[2]
		}
	}
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		if address.FindString(line) != strings.TrimSpace(line) || strings.TrimSpace(line) == "" {
			kept = append(kept, line)
		}
	}
	return Words(strings.Join(kept, "\n"))
}

// TextLinks are the addresses in a text in order, without the punctuation of a
// sentence around them.
func TextLinks(text string) []string {
	links := address.FindAllString(text, -1)
	for i, l := range links {
		l = strings.TrimRight(l, `.,;:!?”»'"`)
		for strings.HasSuffix(l, ")") && strings.Count(l, ")") > strings.Count(l, "(") {
			l = strings.TrimRight(strings.TrimSuffix(l, ")"), `.,;:!?”»'"`)
		}
		links[i] = l
	}
	return links
}
