package manuscript

import (
	"fmt"
	"strings"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// entry is one block of a section, read.
type entry struct {
	doc    *markdown.Doc
	bullet bool
	line   int
}

// outline turns blocks into Content.
func (r *reader) outline(blocks []*block) {
	blocks = r.title(blocks)
	start := 1
	if len(r.lines) > 0 {
		start = r.lines[0].num
	}
	if title := r.m.Content.Title; r.isKnown(title) {
		r.refuse(start, fmt.Sprintf("the title %q is the name of a section", clip(title)), "Sections begin with ##; give the bulletin a title of its own, or none.")
	}
	if r.m.Content.Title == "" {
		r.find(start, FindingNoTitle, "the manuscript has no title; the newsletter's own stands in its place")
	}
	blocks = r.epigraph(blocks)
	blocks, note := r.note(blocks)
	r.m.Content.Sections = []newsletter.ContentSection{}
	var entries []entry
	for i, b := range blocks {
		if text, below, num := r.headingOf(b); num > 0 && !(i == len(blocks)-1 && r.trailing(b)) {
			r.close(entries)
			entries = nil
			r.section(text, num)
			if b = below; b == nil {
				continue
			}
		}
		if doc := r.parse(b.lines); doc != nil && len(doc.Blocks) > 0 {
			entries = append(entries, entry{doc, b.kind == bullet, b.first()})
		}
	}
	r.close(entries)
	if note != nil {
		r.m.Content.Note = note.Format()
	}
	c := &r.m.Content
	if len(r.faults) == 0 && c.Title == "" && c.Epigraph == nil && len(c.Sections) == 0 && c.Note == "" {
		r.refuse(1, "the manuscript holds no text", "Check that this is the right file.")
	}
}

// title takes the title off the blocks.
func (r *reader) title(blocks []*block) []*block {
	given := r.m.Content.Title
	if blocks = r.refuseLevels(blocks); len(blocks) == 0 {
		return blocks
	}
	b := blocks[0]
	if b.kind == heading && b.level == 1 {
		title := r.headingWords(b.joined())
		if given != "" && title != given {
			r.refuse(b.first(), fmt.Sprintf("the title is %q here and %q in the front matter", clip(title), clip(given)), "Keep one of them.")
		}
		r.m.Content.Title = title
		return blocks[1:]
	}
	first := r.headingWords(b.lines[0].text)
	if given != "" || r.markdown || b.kind != paragraph || !r.titleLike(first) {
		return blocks
	}
	if len(b.lines) > 1 {
		second := trim(b.lines[1].text)
		if !isQuote(firstRune(second)) && !r.isKnown(second) && !(headingLike(first) && deliberate(b)) {
			return blocks
		}
		blocks = append([]*block{{kind: paragraph, lines: b.lines[1:]}}, blocks[1:]...)
	} else {
		blocks = blocks[1:]
	}
	r.m.Content.Title = first
	return blocks
}

// refuseLevels refuses headings that are neither the title nor a section's, and
// leaves them out.
func (r *reader) refuseLevels(blocks []*block) []*block {
	var out []*block
	for i, b := range blocks {
		switch {
		case b.kind == heading && b.level > 2:
			r.refuse(b.first(), fmt.Sprintf("a heading of level %d is not used", b.level), "Sections begin with ##; there is no level below them.")
		case b.kind == heading && b.level == 1 && i > 0:
			r.refuse(b.first(), "a title stands inside the manuscript", "The title comes first, with one #; sections begin with ##.")
		default:
			out = append(out, b)
		}
	}
	return out
}

// headingWords are the words of a heading or a title without marks of emphasis.
// What holds more than words and such marks is taken as it stands.
func (r *reader) headingWords(text string) string {
	text = trim(text)
	read := markdown.ParsePlain
	if r.markdown {
		read = markdown.Parse
	}
	doc, err := read(text)
	if err != nil || len(doc.Blocks) != 1 || doc.Blocks[0].Kind != markdown.Paragraph || len(doc.Links()) > 0 {
		return text
	}
	if words := trim(strings.ReplaceAll(doc.Text(), "\n", " ")); words != "" {
		return words
	}
	return text
}

// headingOf gives the heading that a block is or begins with, and the text that
// stands directly below it. The line is 0 when there is no heading.
func (r *reader) headingOf(b *block) (text string, below *block, num int) {
	if b.kind == heading {
		return r.headingWords(b.joined()), nil, b.first()
	}
	if b.kind != paragraph || b.content > 0 {
		return "", nil, 0
	}
	whole, above := r.plainHeading(b)
	switch {
	case whole:
		return r.headingWords(b.joined()), nil, b.first()
	case above:
		return r.headingWords(b.lines[0].text), &block{kind: paragraph, lines: b.lines[1:]}, b.first()
	}
	return "", nil, 0
}

// trailing says whether a last line that looks like a heading is text after all:
// it names no known section, and nothing stands below it.
func (r *reader) trailing(b *block) bool {
	return b.kind == paragraph && len(b.lines) == 1 && !r.isKnown(b.joined())
}

// close puts entries into the section that was opened last, or into the lead.
func (r *reader) close(entries []entry) {
	c := &r.m.Content
	if len(entries) == 0 {
		return
	}
	if len(c.Sections) == 0 {
		if len(r.seen) > 0 {
			return // its heading was refused
		}
		c.Sections = append(c.Sections, newsletter.ContentSection{Key: newsletter.LeadKey, Items: []newsletter.ContentItem{}})
	}
	section := &c.Sections[len(c.Sections)-1]
	if section.Key != newsletter.LeadKey && r.introduces(entries, r.known[section.Key].Introduction) {
		section.Introduction = entries[0].doc.Format()
		entries = entries[1:]
	}
	for _, e := range entries {
		section.Items = append(section.Items, newsletter.ContentItem{Text: e.doc.Format()})
	}
}

// parse reads the lines of one text. Faults take the place of the line they
// stand in, and then the result is nil.
func (r *reader) parse(lines []line) *markdown.Doc {
	b := &block{lines: lines}
	read := markdown.ParsePlain
	if r.markdown {
		read = markdown.Parse
	}
	doc, err := read(b.raw())
	if err == nil {
		return doc
	}
	r.faultsOf(err, lines)
	return nil
}
