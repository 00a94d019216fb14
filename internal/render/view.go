package render

import (
	"html/template"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/newsletter"
)

// letter is everything that the two templates of a bulletin see.
type letter struct {
	Lang, Dir  string
	Start, End string // left and right, or right and left
	// WordsLang marks what the catalogue says when it speaks another language
	// than the newsletter; empty when it speaks the same.
	WordsLang    template.HTMLAttr
	HeadTitle    string
	Title        string
	Dateline     string
	Preheader    string
	Padding      string
	Preface      *section // to whoever looks at a proof; nil for readers
	PrefaceLang  string
	Logo         *logo
	Epigraph     *epigraph
	Sections     []section
	Note         []block // without its asterisk; empty when there is none
	Reason       string
	Name         string
	Postal       []string
	Words        words
	ReasonIsOurs bool
	ToOne        bool // a letter to one person, not a bulletin

	Light, Dark            palette
	InlineSheet, KeptSheet template.CSS
	LeaveURL, BrowserURL   string // slots
	ChooseURL              string // slot
}

type logo struct {
	Source string
	Width  int
}

type epigraph struct {
	Blocks []block
	Source []inline
}

type section struct {
	Heading      string
	Introduction []block
	Items        [][]block
	// List says that the items are set as a list: two or more below a heading.
	List bool
}

// block and inline are package markdown's tree with what the templates need to
// set it: the class of a paragraph, the quotation marks, the word set apart.
type block struct {
	Kind    string // paragraph, bullets, numbers, quote, button
	Class   string
	Lang    template.HTMLAttr // as letter.WordsLang, on a paragraph of ours
	Inlines []inline
	Items   [][]block
	Blocks  []block
	Start   int
}

type inline struct {
	Kind     string // text, emphasis, strong, code, link, image, break, apart, mark
	Text     string
	Href     string
	Children []inline
}

const (
	paragraph = "paragraph"
	bullets   = "bullets"
	numbers   = "numbers"
	quotation = "quote"
	button    = "button" // of a letter to one person: one link

	plain    = "text"
	emphasis = "emphasis"
	strong   = "strong"
	code     = "code"
	link     = "link"
	image    = "image"
	lineEnd  = "break"
	apart    = "apart"
	mark     = "mark"
)

// newLetter reads a document's Markdown and decides how each part is set.
func newLetter(doc *newsletter.Document) (*letter, error) {
	id, r := doc.Identity, &reader{apart: byLength(doc.Identity.Design.SetApart)}
	l := &letter{
		Lang: id.Language, Dir: "ltr", Start: "left", End: "right",
		Title:    doc.Content.Title,
		Dateline: dateline(doc.Number, doc.Date, id.Language),
		Reason:   id.Reason,
		Name:     id.Name,
		Postal:   lines(id.PostalAddress),
		Words:    wordsFor(id.Language),
	}
	if l.Lang == "" {
		l.Lang = "en"
	}
	if scriptOf(l.Lang).RTL {
		l.Dir, l.Start, l.End = "rtl", "right", "left"
	}
	if lang := newsletter.PrimaryLanguage(l.Lang); lang != "en" && lang != "de" {
		l.WordsLang = ` lang="en" dir="ltr"`
	}
	if strings.TrimSpace(l.Title) == "" {
		l.Title = id.Name
	}
	l.HeadTitle = doc.Subject
	if l.HeadTitle == "" {
		l.HeadTitle = l.Title
	}
	if id.Design.Logo != "" {
		l.Logo = &logo{Source: id.Design.Logo, Width: id.Design.LogoWidth}
	}
	l.Epigraph = r.epigraph(doc.Content.Epigraph, l.Lang)
	l.Sections = r.sections(doc.Content.Sections)
	l.note(doc, r)
	if l.Reason == "" {
		l.Reason, l.ReasonIsOurs = strings.Replace(l.Words.Reason, "%s", id.Name, 1), true
	}
	l.preheader(doc.Preheader)
	var err error
	if l.Light, l.Dark, err = palettes(id.Design.Accent); err != nil {
		r.fault("design.accent", err)
	}
	return l, r.faults.Err()
}

// note sets the footnote of asterisked names: the manuscript's own, else the
// newsletter's, else ours; none when no name carries an asterisk. An asterisk
// that it begins with is taken off: the templates set one in any case.
func (l *letter) note(doc *newsletter.Document, r *reader) {
	switch {
	case doc.Content.Note != "":
		l.Note = r.markdown("note", doc.Content.Note, "note")
		if len(l.Note) == 1 && l.Note[0].Kind == bullets && len(l.Note[0].Items) == 1 {
			l.Note = classed(l.Note[0].Items[0], "note")
		}
	case len(doc.Pseudonyms) == 0:
		return
	case doc.Identity.PseudonymNote != "":
		l.Note = plainParagraph(doc.Identity.PseudonymNote, "note")
	default:
		l.Note = plainParagraph(l.Words.Note, "note")
		l.Note[0].Lang = l.WordsLang
	}
	if first := firstParagraph(l.Note); first != nil && len(first.Inlines) > 0 && first.Inlines[0].Kind == plain {
		first.Inlines[0].Text = strings.TrimLeftFunc(first.Inlines[0].Text, func(r rune) bool { return r == '*' || unicode.IsSpace(r) })
	}
}

// StarredNote is the footnote with its asterisk as the first word.
func (l *letter) StarredNote() []block {
	blocks := slices.Clone(l.Note)
	if len(blocks) > 0 && blocks[0].Kind == paragraph {
		blocks[0].Inlines = append([]inline{{Kind: mark, Text: "*"}, {Kind: plain, Text: " "}}, blocks[0].Inlines...)
	}
	return blocks
}

func plainParagraph(text, class string) []block {
	return []block{{Kind: paragraph, Class: class, Inlines: []inline{{Kind: plain, Text: text}}}}
}

// previewLength is how many characters of a preheader mail programs show at
// most beside a subject.
const previewLength = 110

// preheader is what lists of mail show beside the subject: what the editor
// wrote, or how the bulletin begins. The padding keeps the programs from
// filling the rest of the line with the title.
func (l *letter) preheader(given string) {
	l.Preheader = strings.Join(strings.Fields(given), " ")
	if l.Preheader == "" {
		l.Preheader = shorten(l.beginning(), previewLength)
	}
	l.Padding = strings.Repeat("\u2007\ufeff\u034f ", 90)
}

// beginning is the words of the first item, or of the epigraph when there is
// no item.
func (l *letter) beginning() string {
	for _, s := range l.Sections {
		for _, item := range s.Items {
			if words := strings.Fields(plainText(item)); len(words) > 0 {
				return strings.Join(words, " ")
			}
		}
	}
	if l.Epigraph != nil {
		return strings.Join(strings.Fields(plainText(l.Epigraph.Blocks)), " ")
	}
	return ""
}

// shorten cuts at the end of a word and says that it did.
func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut := string([]rune(s)[:limit])
	if i := strings.LastIndexByte(cut, ' '); i > limit/2 {
		cut = cut[:i]
	}
	return strings.TrimRightFunc(cut, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) }) + "…"
}

// plainText is the words of blocks, with a space wherever a block or line ends.
func plainText(blocks []block) string {
	var b strings.Builder
	var walk func(in []inline)
	walk = func(in []inline) {
		for _, i := range in {
			b.WriteString(i.Text)
			if i.Kind == lineEnd {
				b.WriteByte(' ')
			}
			walk(i.Children)
		}
	}
	for _, bl := range blocks {
		walk(bl.Inlines)
		b.WriteByte(' ')
		b.WriteString(plainText(bl.Blocks))
		for _, item := range bl.Items {
			b.WriteString(plainText(item))
		}
	}
	return b.String()
}

// lines splits a postal address, without empty lines.
func lines(s string) []string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// byLength puts longer openings first, so that "Give thanks" wins over "Give".
func byLength(words []string) []string {
	sorted := append([]string(nil), words...)
	sort.SliceStable(sorted, func(i, j int) bool { return len(sorted[i]) > len(sorted[j]) })
	return sorted
}
