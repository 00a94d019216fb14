package manuscript

import (
	"strings"
	"unicode"

	"epistle/internal/markdown"
)

// introduces says whether a section's first entry is its standing introduction:
// a paragraph above bullets, or one that says much the same as the newsletter's.
func (r *reader) introduces(entries []entry, standing string) bool {
	first := entries[0]
	if first.bullet || len(first.doc.Blocks) != 1 || first.doc.Blocks[0].Kind != markdown.Paragraph || !r.standsAlone(first.doc) {
		return false
	}
	text := first.doc.Text()
	if standing != "" && similar(text, standing) {
		if first.doc.Format() != canonical(standing) {
			r.find(first.line, FindingIntroduction, "the introduction is worded differently from the newsletter's")
		}
		return true
	}
	if len(entries) > 1 && entries[1].bullet {
		r.find(first.line, FindingIntroduction, "the paragraph above the bullets was taken for the section's introduction")
		return true
	}
	return false
}

// standsAlone says whether a paragraph, written back, would be read as one, not
// as a heading or a bullet.
func (r *reader) standsAlone(doc *markdown.Doc) bool {
	probe := &reader{markdown: true, m: &Manuscript{}, known: r.known}
	blocks := probe.split(relined(doc.Format(), 1))
	if len(blocks) != 1 || blocks[0].kind != paragraph || blocks[0].content > 0 {
		return false
	}
	whole, above := probe.plainHeading(blocks[0])
	return !whole && !above
}

// canonical is a text as Read writes it.
func canonical(text string) string {
	if doc, err := markdown.Parse(text); err == nil {
		return doc.Format()
	}
	return text
}

// similar says whether two texts share most of the words of the shorter one and
// are of like length: the wording of an introduction drifts from week to week.
func similar(text, standing string) bool {
	a, b := wordSet(text), wordSet(standing)
	if min(len(a), len(b)) == 0 || len(a) > 3*len(b)+10 {
		return false
	}
	shared := 0
	for w := range a {
		if b[w] {
			shared++
		}
	}
	return shared*10 >= min(len(a), len(b))*6 && (shared >= 4 || shared == len(a) && shared == len(b))
}

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !isWord(c) && !unicode.IsMark(c) }) {
		set[w] = true
	}
	return set
}
