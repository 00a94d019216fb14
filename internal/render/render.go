// Package render turns a frozen bulletin into what a reader gets: an HTML page
// whose styles stand in its elements, and a plain text with the same words and
// the same links in the same order.
//
// Its steps: read the document's Markdown into blocks that know how they are
// set; execute the two templates of package templates; inline the style sheet
// once; prove that the inliner lost nothing and left nothing over; cut both
// results at the slots that stand for a reader's own links. For then joins the
// pieces for one reader, which costs no parsing.
//
// It leaves to others: what stands in the document (assembly, manuscript),
// whether it may leave (preflight), headers and encoding (message).
package render

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	texttemplate "text/template"

	"epistle/internal/newsletter"
	"epistle/templates"
)

// MaxHTML and MaxStyle are the sizes in bytes that a bulletin should stay
// below: Gmail is reported to cut a page off at about 102 KB and to drop style
// sheets of more than 16 KB.
const (
	MaxHTML  = 80 << 10
	MaxStyle = 8 << 10
)

// Bulletin is a rendered bulletin, ready for any number of readers. It is safe
// for concurrent use.
type Bulletin struct {
	html, text []part
	htmlSize   int
	styleSize  int
}

// Render renders a document once for all its readers. The same document always
// gives the same bytes. It fails with newsletter.Faults when a text is not in
// the safe subset of Markdown, each with the part it stands in.
func Render(doc *newsletter.Document) (*Bulletin, error) {
	l, err := newLetter(doc)
	if err != nil {
		return nil, fmt.Errorf("render the bulletin: %w", err)
	}
	return l.bulletin(doc)
}

// bulletin executes the templates and cuts their results at the slots.
func (l *letter) bulletin(doc *newsletter.Document) (*Bulletin, error) {
	hash, err := doc.Hash()
	if err != nil {
		return nil, fmt.Errorf("render the bulletin: %w", err)
	}
	s := newSlots(hash)
	l.LeaveURL, l.ChooseURL, l.BrowserURL = s.leave, s.choose, s.browser
	page, err := l.html(s)
	if err != nil {
		return nil, fmt.Errorf("render the bulletin as HTML: %w", err)
	}
	text, err := l.text(s)
	if err != nil {
		return nil, fmt.Errorf("render the bulletin as text: %w", err)
	}
	b := &Bulletin{html: s.split(page), text: s.split(text), htmlSize: len(page), styleSize: len(l.KeptSheet)}
	return b, b.check(hash)
}

// check makes sure that each slot is there in each rendering, once but for the
// page of choices, and that no trace of one stays behind.
func (b *Bulletin) check(hash string) error {
	for name, parts := range map[string][]part{"HTML": b.html, "text": b.text} {
		found := map[string]int{}
		for _, p := range parts {
			found[p.slot]++
			if strings.Contains(p.text, hash) {
				return fmt.Errorf("a slot is left over in the %s", name)
			}
		}
		if found["unsubscribe"] != 1 || found["choose"] < 1 || found["browser"] != 1 {
			return fmt.Errorf("a slot is missing in the %s", name)
		}
	}
	return nil
}

// For gives both renderings for one reader.
func (b *Bulletin) For(p Personal) (html, text string) {
	return fill(b.html, &p, escapeHTML), fill(b.text, &p, verbatim)
}

// HTMLSize is the size of the HTML in bytes, with slots instead of links.
func (b *Bulletin) HTMLSize() int { return b.htmlSize }

// StyleSize is the size in bytes of the style sheet that stays in the HTML.
func (b *Bulletin) StyleSize() int { return b.styleSize }

// html executes the HTML template and inlines its sheet.
func (l *letter) html(s slots) (string, error) {
	page, err := l.page(s)
	if err != nil {
		return "", err
	}
	return inlineSheet(page, string(l.InlineSheet), string(l.KeptSheet))
}

// page executes the HTML template; both sheets stand in its head.
func (l *letter) page(s slots) (string, error) {
	if err := l.sheets(); err != nil {
		return "", err
	}
	t, err := template.New("bulletin.html.tmpl").Funcs(htmlFuncs(s)).
		ParseFS(templates.Email, "email/bulletin.html.tmpl")
	if err != nil {
		return "", fmt.Errorf("read the template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, l); err != nil {
		return "", fmt.Errorf("execute the template: %w", err)
	}
	return b.String(), nil
}

// htmlFuncs are what the HTML template needs beyond html/template's own: that
// package deletes comments, which Outlook's conditions are, and rewrites
// brackets in addresses, which the plain text would not.
func htmlFuncs(s slots) template.FuncMap {
	attribute := func(name, value string) template.HTMLAttr {
		return template.HTMLAttr(name + `="` + escapeHTML(value) + `"`)
	}
	return template.FuncMap{
		"href": func(v string) template.HTMLAttr { return attribute("href", v) },
		"src":  func(v string) template.HTMLAttr { return attribute("src", v) },
		"mso": func(v string) template.HTML {
			return template.HTML("<!--[if mso]>" + v + "<![endif]-->")
		},
		"open":  func(v string) template.HTML { return template.HTML(s.open(v)) },
		"close": func(v string) template.HTML { return template.HTML(s.close(v)) },
		"lone":  func(item []block) bool { return len(item) == 1 && item[0].Kind == paragraph },
	}
}

// sheets executes the two style sheets with the newsletter's colours.
func (l *letter) sheets() error {
	t, err := texttemplate.ParseFS(templates.Email, "email/*.css.tmpl")
	if err != nil {
		return fmt.Errorf("read the style sheets: %w", err)
	}
	var inline, kept bytes.Buffer
	if err := t.ExecuteTemplate(&inline, "inline.css.tmpl", l.typography()); err != nil {
		return fmt.Errorf("execute the inline sheet: %w", err)
	}
	if err := t.ExecuteTemplate(&kept, "kept.css.tmpl", l); err != nil {
		return fmt.Errorf("execute the kept sheet: %w", err)
	}
	if l.ToOne {
		if err := t.ExecuteTemplate(&kept, "letter.css.tmpl", l); err != nil {
			return fmt.Errorf("execute the letter's sheet: %w", err)
		}
	}
	l.InlineSheet, l.KeptSheet = template.CSS(inline.String()), template.CSS(kept.String())
	return nil
}

// typography is what the inline sheet is made of.
type typography struct {
	palette
	Start, End                       string
	Serif, Sans                      string
	Tight, Spaced, Capital           string // letter-spacing of title, small lines, headings
	HeadingSize                      string
	Hang                             string // how far the opening quotation mark hangs out
	Italic                           string
	ApartSize, ApartSpace, ApartCase string // the opening word set apart
}

func (l *letter) typography() typography {
	t := typography{
		palette: l.Light, Start: l.Start, End: l.End,
		Serif: "Georgia, Times New Roman, serif",
		Sans:  "-apple-system, BlinkMacSystemFont, Segoe UI, Roboto, Helvetica, Arial, sans-serif",
		Tight: "-0.01em", Spaced: "0.04em", Capital: "0.1em", HeadingSize: "14px", Hang: "-0.45em", Italic: "italic",
		ApartSize: "14px", ApartSpace: "0.06em", ApartCase: "uppercase",
	}
	if !scriptOf(l.Lang).Latin {
		t.Tight, t.Spaced, t.Capital, t.Italic = "0", "0", "0", "normal"
		t.HeadingSize = "17px"
		t.ApartSize, t.ApartSpace, t.ApartCase = "17px", "0", "none"
	}
	return t
}
