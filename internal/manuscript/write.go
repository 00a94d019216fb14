package manuscript

import (
	"bufio"
	"fmt"
	"io"
	"reflect"
	"strings"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// WriteMarkdown writes a manuscript as Markdown: front matter when there is a
// date, a subject or a preheader, the title, the epigraph as a quotation, "##"
// headings, items as "-" bullets. Reading it again gives the same Content.
func WriteMarkdown(w io.Writer, m *Manuscript) error {
	return write(w, markdownText(m, front(m, true)))
}

// WriteText writes a manuscript as plain text: the title, the epigraph in
// quotation marks, bare headings, items as "•" bullets; front matter only when
// there is a subject or a preheader. Reading it again gives the same Content.
// Where plain text cannot carry the content (a list inside an item, a paragraph
// that looks like a heading), Markdown is written instead, and the front matter
// says so.
func WriteText(w io.Writer, m *Manuscript) error {
	fields := front(m, m.Subject != "" || m.Preheader != "")
	text, ok := plainText(m, fields, true)
	if ok && readsAs(text, m) {
		return write(w, text)
	}
	if ok && m.Content.Title != "" { // perhaps the title does not look like one
		titled := append([]string{"title: " + quoteValue(m.Content.Title)}, fields...)
		if text, _ = plainText(m, titled, false); readsAs(text, m) {
			return write(w, text)
		}
	}
	return write(w, markdownText(m, append(fields, "format: markdown")))
}

func write(w io.Writer, text string) error {
	b := bufio.NewWriter(w)
	if _, err := b.WriteString(text); err != nil {
		return fmt.Errorf("write manuscript: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write manuscript: %w", err)
	}
	return nil
}

// front gives the lines of front matter.
func front(m *Manuscript, date bool) []string {
	var out []string
	if date && !m.Date.IsZero() {
		out = append(out, "date: "+m.Date.String())
	}
	if m.Subject != "" {
		out = append(out, "subject: "+quoteValue(m.Subject))
	}
	if m.Preheader != "" {
		out = append(out, "preheader: "+quoteValue(m.Preheader))
	}
	return out
}

// page collects blocks and sets them apart with empty lines.
type page struct{ blocks []string }

func (p *page) add(block string) {
	if block != "" {
		p.blocks = append(p.blocks, block)
	}
}

func (p *page) front(fields []string) {
	if len(fields) > 0 {
		p.add("---\n" + strings.Join(fields, "\n") + "\n---")
	}
}

func (p *page) String() string { return strings.Join(p.blocks, "\n\n") + "\n" }

func markdownText(m *Manuscript, fields []string) string {
	c, p := &m.Content, &page{}
	p.front(fields)
	if c.Title != "" {
		p.add("# " + headingMarkdown(c.Title))
	}
	if c.Epigraph != nil {
		p.add(epigraphMarkdown(c.Epigraph))
	}
	for _, s := range c.Sections {
		if s.Heading != "" {
			p.add("## " + headingMarkdown(s.Heading))
		}
		p.add(canonical(s.Introduction))
		var items []string
		for _, item := range s.Items {
			items = append(items, indent("- ", canonical(item.Text)))
		}
		p.add(strings.Join(items, "\n\n"))
	}
	if c.Note != "" {
		p.add(starred(c.Note).Format())
	}
	return p.String()
}

// headingMarkdown escapes the words of a heading.
func headingMarkdown(text string) string {
	text = literal(text).Format()
	if strings.HasSuffix(text, "#") {
		text = text[:len(text)-1] + `\#`
	}
	return text
}

// indent puts a marker before the first line and its width before the others.
func indent(marker, text string) string {
	pad := "\n" + strings.Repeat(" ", len([]rune(marker)))
	text = strings.ReplaceAll(text, "\n", pad)
	return marker + strings.ReplaceAll(text, pad+"\n", "\n\n")
}

func epigraphMarkdown(e *newsletter.Epigraph) string {
	text := canonical(e.Text)
	if kept, _ := stripQuotes(text); kept != text {
		if kept, _ := stripQuotes("“" + text + "”"); kept == text {
			text = "“" + text + "”"
		} else {
			text = encodeQuotes(text)
		}
	}
	if e.Source != "" {
		text += "\n\n— " + canonical(e.Source)
	}
	return strings.ReplaceAll("> "+strings.ReplaceAll(text, "\n", "\n> "), "> \n", ">\n")
}

// encodeQuotes writes a text's quotation marks so that none is taken off.
func encodeQuotes(text string) string {
	var b strings.Builder
	for _, c := range text {
		if isQuote(c) {
			fmt.Fprintf(&b, "&#%d;", c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// starred is a note with its asterisk.
func starred(note string) *markdown.Doc {
	doc, err := markdown.Parse(note)
	if err != nil || len(doc.Blocks) != 1 || doc.Blocks[0].Kind != markdown.Paragraph {
		doc = literal(strings.Join(strings.Fields(note), " "))
	}
	in := doc.Blocks[0].Inlines
	if in[0].Kind == markdown.Text {
		in[0].Text = "*" + in[0].Text
	} else {
		doc.Blocks[0].Inlines = append([]markdown.Inline{{Kind: markdown.Text, Text: "*"}}, in...)
	}
	return doc
}

// plainText writes the plain layout; ok is false where it cannot carry a text.
func plainText(m *Manuscript, fields []string, title bool) (text string, ok bool) {
	c, p := &m.Content, &page{}
	ok = true
	plain := func(text string) string {
		if !ok {
			return ""
		}
		doc, err := markdown.Parse(text)
		if err != nil {
			ok = false
			return ""
		}
		s, fits := doc.FormatPlain()
		ok = fits
		return s
	}
	p.front(fields)
	if title {
		p.add(c.Title)
	}
	if e := c.Epigraph; e != nil {
		text := plain(e.Text)
		if kept, _ := stripQuotes(text); e.Source == "" || kept != text || !isQuote(firstRune(text)) && !isQuote(lastRune(text)) {
			text = "“" + text + "”"
		}
		p.add(text)
		if e.Source != "" {
			p.add("— " + plain(e.Source))
		}
	}
	for _, s := range c.Sections {
		p.add(s.Heading)
		p.add(plain(s.Introduction))
		for _, item := range s.Items {
			p.add(indent("  • ", plain(item.Text)))
		}
	}
	if c.Note != "" {
		p.add(plain(starred(c.Note).Format()))
	}
	return p.String(), ok
}

// readsAs says whether a text, read again, gives the manuscript's content.
func readsAs(text string, m *Manuscript) bool {
	o := Options{Name: "bulletin.txt", CreateSections: true}
	for _, s := range m.Content.Sections {
		if s.Heading != "" {
			o.Sections = append(o.Sections, newsletter.Section{Name: s.Heading, Introduction: s.Introduction})
		}
	}
	back, err := Read([]byte(text), o)
	return err == nil && reflect.DeepEqual(comparable(&back.Content), comparable(&m.Content))
}

// comparable is a content whose texts are canonical and whose items have no
// numbers.
func comparable(c *newsletter.Content) newsletter.Content {
	out := newsletter.Content{Title: c.Title, Note: canonical(c.Note)}
	if c.Epigraph != nil {
		out.Epigraph = &newsletter.Epigraph{Text: canonical(c.Epigraph.Text), Source: canonical(c.Epigraph.Source)}
	}
	for _, s := range c.Sections {
		s.Introduction = canonical(s.Introduction)
		items := s.Items
		s.Items = nil // whether empty or absent
		for _, item := range items {
			s.Items = append(s.Items, newsletter.ContentItem{Text: canonical(item.Text)})
		}
		out.Sections = append(out.Sections, s)
	}
	return out
}
