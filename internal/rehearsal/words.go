package rehearsal

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// unit is one paragraph, title or heading of the frozen bulletin: words that
// must stand together. Beside are words that may stand before the next unit:
// the addresses of links, which the plain text writes below a paragraph, and
// alternative texts.
type unit struct {
	words  []string
	beside map[string]bool
}

// unitsOf reads the frozen document, in order, for a reader who gets the given
// sections. It goes from the Markdown straight to words and so shares nothing
// with what renders it but the parser.
func unitsOf(doc *newsletter.Document, gets func(section string) bool) ([]unit, error) {
	title := doc.Content.Title
	if strings.TrimSpace(title) == "" {
		title = doc.Identity.Name
	}
	units := []unit{{words: words(title)}}
	add := func(source string) error {
		read, err := markdown.Parse(source)
		if err != nil {
			return fmt.Errorf("the frozen text cannot be read: %w", err)
		}
		units = appendBlocks(units, read.Blocks)
		return nil
	}
	if e := doc.Content.Epigraph; e != nil {
		if err := add(e.Text); err != nil {
			return nil, err
		}
		// A source such as "1. Mose 1,3" is words and no list.
		read, err := markdown.ParsePlain(e.Source)
		if err != nil {
			return nil, fmt.Errorf("the source of the epigraph cannot be read: %w", err)
		}
		units = appendBlocks(units, read.Blocks)
	}
	for _, s := range doc.Content.Sections {
		if !gets(s.Key) {
			continue
		}
		units = append(units, unit{words: words(s.Heading)})
		if err := add(s.Introduction); err != nil {
			return nil, err
		}
		for _, item := range s.Items {
			if err := add(item.Text); err != nil {
				return nil, err
			}
		}
	}
	return units, nil
}

func appendBlocks(units []unit, blocks []markdown.Block) []unit {
	for _, b := range blocks {
		if b.Kind == markdown.Paragraph {
			u := unit{beside: map[string]bool{}}
			var text strings.Builder
			u.flow(b.Inlines, &text)
			u.words = words(text.String())
			units = append(units, u)
		}
		for _, item := range b.Items {
			units = appendBlocks(units, item)
		}
		units = appendBlocks(units, b.Blocks)
	}
	return units
}

func (u *unit) flow(in []markdown.Inline, text *strings.Builder) {
	for _, i := range in {
		text.WriteString(i.Text)
		if i.Kind == markdown.Break {
			text.WriteByte(' ')
		}
		for _, w := range words(i.Href) {
			u.beside[w] = true
		}
		u.flow(i.Children, text)
	}
}

// sameWords finds every unit, whole and in order, in what a part shows. Between
// two units nothing may stand but what belongs to the first: the addresses of its
// links, and the numbers of a list. What stands before the title and after the
// last unit is the letter's own: preheader, date, footnote, footer.
func sameWords(shown []string, units []unit) error {
	at := -1
	var beside map[string]bool
	for n, u := range units {
		if len(u.words) == 0 {
			beside = merged(beside, u.beside)
			continue
		}
		from := find(shown, u.words, max(at, 0))
		if from < 0 {
			return fmt.Errorf("these words of the frozen bulletin are missing or changed: %q", excerpt(u.words))
		}
		// The date line stands below the title, so the unit after it may be further on.
		for i := at; at >= 0 && n > 1 && i < from; i++ {
			if w := shown[i]; !beside[w] && !number(w) {
				return fmt.Errorf("%q stands there and not in the frozen bulletin", w)
			}
		}
		at, beside = from+len(u.words), u.beside
	}
	return nil
}

func merged(a, b map[string]bool) map[string]bool {
	all := map[string]bool{}
	for w := range a {
		all[w] = true
	}
	for w := range b {
		all[w] = true
	}
	return all
}

func number(w string) bool {
	return strings.IndexFunc(w, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
}

func find(shown, wanted []string, from int) int {
	for i := from; i+len(wanted) <= len(shown); i++ {
		match := true
		for j, w := range wanted {
			if shown[i+j] != w {
				match = false
				break
			}
		}
		if match {
			return i
		}
	}
	return -1
}

func excerpt(list []string) string {
	if len(list) > 8 {
		return strings.Join(list[:8], " ") + " …"
	}
	return strings.Join(list, " ")
}

// words are the runs of letters, digits and marks, each in one case: capitals of
// a heading do not count. A character of a script without spaces is a word.
func words(s string) []string {
	var list []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			list = append(list, word.String())
			word.Reset()
		}
	}
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			end()
			list = append(list, string(r))
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r) && r != 0x34f: // U+034F pads the preheader
			word.WriteRune(fold(r))
		default:
			end()
		}
	}
	end()
	return list
}

// fold picks one of the letters that differ only in case.
func fold(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// page is what the HTML shows, and where its links lead.
type page struct {
	words []string
	links []string
}

// readPage reads a page as a browser does: no style, no title, alternative texts
// in their place.
func readPage(source string) (*page, error) {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return nil, fmt.Errorf("the HTML cannot be read: %w", err)
	}
	var p page
	var text strings.Builder
	p.flow(root, &text)
	p.words = words(text.String())
	return &p, nil
}

func (p *page) flow(n *html.Node, text *strings.Builder) {
	switch {
	case n.Type == html.TextNode:
		text.WriteString(n.Data)
		return
	case n.Type == html.ElementNode && (n.DataAtom == atom.Head || n.DataAtom == atom.Style || n.DataAtom == atom.Script):
		return
	}
	if n.Type == html.ElementNode {
		for _, a := range n.Attr {
			switch {
			case n.DataAtom == atom.A && a.Key == "href":
				p.links = append(p.links, a.Val)
			case n.DataAtom == atom.Img && a.Key == "alt":
				text.WriteString(a.Val)
			}
		}
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		p.flow(child, text)
	}
	if n.Type == html.ElementNode && !inline(n.DataAtom) {
		text.WriteByte(' ')
	}
}

// inline says whether an element may stand inside a word.
func inline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.Em, atom.Strong, atom.Span, atom.Code, atom.B, atom.I:
		return true
	}
	return false
}
