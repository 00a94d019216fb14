// Package manuscript reads a whole bulletin from a text file, as offices and
// editors send it in, and writes it back.
//
// Its steps, in order: the bytes are decoded and cut into lines (decode.go);
// front matter is taken off (frontmatter.go); the lines are grouped into
// paragraphs, bullets, headings and quotes (blocks.go); these become title,
// epigraph, sections, items and note (outline.go, epigraph.go, heading.go); and
// what an editor should look at is noted with its line (findings.go). A
// manuscript is plain text or Markdown; both go the same way and differ only in
// how a heading is recognised and in how an item's text is read.
//
// One law stands above all others: not one word is lost or invented. The words
// of the file, front matter aside, are the words of the Content, in order.
//
// Which section's name is known comes from the newsletter, through Options.
// Storing a bulletin is left to others, and so is the register of protected
// names.
package manuscript

import (
	"slices"
	"strconv"

	"epistle/internal/newsletter"
)

// Above these a manuscript is refused.
const (
	MaxBytes  = 1 << 20
	maxBlocks = 5000 // paragraphs, bullets and headings together
)

// Manuscript is a bulletin as it stands in a file.
type Manuscript struct {
	// Content has the same shape as what assembly gathers from items. Every
	// text in it but Title and Heading is canonical Markdown.
	Content newsletter.Content
	// Date, Subject and Preheader come from front matter; zero when not given.
	Date      newsletter.Date
	Subject   string
	Preheader string
	// Findings are what an editor should look at, in the order of lines.
	Findings []Finding
	// Pseudonyms are the asterisked names, each once, without the asterisk.
	Pseudonyms []string
	// Added are the sections that Options.CreateSections let through.
	Added []newsletter.Section
}

// Finding is something in a manuscript that is accepted but may be a mistake.
type Finding struct {
	Line    int
	Kind    string // one of the Finding… constants
	Message string // a sentence without its full stop
}

// The kinds of findings.
const (
	FindingNoTitle      = "no-title"     // the newsletter's own title will stand in the masthead
	FindingEpigraph     = "epigraph"     // a quotation without a source
	FindingIntroduction = "introduction" // its wording differs from the newsletter's
	FindingLostLink     = "lost-link"    // words that led somewhere before they were copied
	FindingSpacing      = "spacing"      // a space before a full stop or inside a bracket
	FindingRule         = "rule"         // a dividing line was left out
	FindingEncoding     = "encoding"     // the file was taken for Windows-1252
)

// Options say how to read a manuscript.
type Options struct {
	// Name stands before line numbers in errors, and its ending (.md, .txt)
	// decides the format. Without a known ending the content does.
	Name string
	// Sections are the newsletter's, with their standing introductions.
	Sections []newsletter.Section
	// CreateSections accepts unknown headings as new sections.
	CreateSections bool
}

// Read reads a manuscript. Every fault is reported at once, as
// newsletter.Faults of kind Invalid with places "name:line".
func Read(data []byte, o Options) (*Manuscript, error) {
	r := &reader{o: o, m: &Manuscript{}, known: map[string]newsletter.Section{}, seen: map[string]int{}}
	for _, s := range o.Sections {
		r.known[s.Key()] = s
	}
	if r.decode(data); len(r.faults) > 0 {
		return nil, r.sorted()
	}
	r.frontMatter()
	r.chooseFormat()
	if blocks := r.split(r.lines); len(blocks) > maxBlocks {
		r.refuse(blocks[maxBlocks].first(), "the manuscript has more than 5000 paragraphs", "A bulletin is a few pages; check that this is the right file.")
	} else {
		r.outline(blocks)
	}
	if len(r.faults) > 0 {
		return nil, r.sorted()
	}
	r.review()
	return r.m, nil
}

// reader is one reading of one manuscript.
type reader struct {
	o        Options
	m        *Manuscript
	known    map[string]newsletter.Section // by key
	seen     map[string]int                // section key → line of its heading
	lines    []line
	markdown bool
	format   string // from front matter: "text", "markdown" or nothing
	faults   []fault
}

// fault is a refusal and the line it is about.
type fault struct {
	line int
	err  *newsletter.Error
}

// maxFaults is how many faults are reported at once.
const maxFaults = 50

// refuse notes a fault.
func (r *reader) refuse(line int, message, remedy string) {
	if len(r.faults) < maxFaults {
		err := newsletter.Errorf(newsletter.Invalid, "%s", message).At(r.place(line)).With(remedy)
		r.faults = append(r.faults, fault{line, err})
	}
}

// sorted gives the faults in the order of lines.
func (r *reader) sorted() newsletter.Faults {
	slices.SortStableFunc(r.faults, func(a, b fault) int { return a.line - b.line })
	out := make(newsletter.Faults, len(r.faults))
	for i, f := range r.faults {
		out[i] = f.err
	}
	return out
}

func (r *reader) place(line int) string {
	if r.o.Name == "" {
		return "line " + strconv.Itoa(line)
	}
	return r.o.Name + ":" + strconv.Itoa(line)
}

func (r *reader) find(line int, kind, message string) {
	r.m.Findings = append(r.m.Findings, Finding{Line: line, Kind: kind, Message: message})
}
