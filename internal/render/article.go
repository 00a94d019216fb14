package render

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"epistle/internal/newsletter"
	"epistle/templates"
)

// Article is the public part of a bulletin, as a page or a feed shows it: its
// words in elements that say what they are, without style, without a value of any
// reader, and without the items that are for the e-mail alone. Pictures stand in
// it as links with their alternative text, because a page of ours loads nothing
// from elsewhere.
type Article struct {
	// Lang and Dir are the language and direction of the whole article.
	Lang, Dir string
	// Title is its heading, Dateline the line below: number and date. DatelineLang
	// is the dateline's language where it differs from the article's.
	Title, Dateline, DatelineLang string
	// Subject is what tells it from other bulletins in a list; often the title.
	Subject string
	// Description says in at most DescriptionLength characters how it begins.
	Description string
	// Name and Postal are who publishes it: the newsletter's name and the lines of
	// its address.
	Name   string
	Postal []string
	// Body is everything below the dateline as a fragment of HTML, headings from
	// h2 on.
	Body template.HTML
	// Accent is the newsletter's colour as it stands in the document; Logo the
	// address of an image, or nothing. Neither is shown in Body.
	Accent, Logo string
}

// DescriptionLength is how many characters lists and previews show of the
// beginning of an article.
const DescriptionLength = 200

// NewArticle renders the public part of a document; its errors are those of
// Render.
func NewArticle(doc *newsletter.Document) (*Article, error) {
	doc = doc.Public()
	l, err := newLetter(doc)
	if err != nil {
		return nil, fmt.Errorf("render the bulletin's page: %w", err)
	}
	a := &Article{
		Lang: l.Lang, Dir: l.Dir, Title: l.Title, Dateline: l.Dateline, Subject: l.HeadTitle,
		Name: l.Name, Postal: l.Postal, Accent: doc.Identity.Design.Accent, Logo: doc.Identity.Design.Logo,
		Description: strings.Join(strings.Fields(doc.Preheader), " "),
	}
	if a.Description == "" {
		a.Description = shorten(l.beginning(), DescriptionLength)
	}
	if l.WordsLang != "" {
		a.DatelineLang = "en"
	}
	l.withoutPictures()
	if a.Body, err = l.article(); err != nil {
		return nil, fmt.Errorf("render the bulletin's page: %w", err)
	}
	return a, nil
}

func (l *letter) article() (template.HTML, error) {
	t, err := template.New("article.html.tmpl").Funcs(htmlFuncs(slots{})).
		ParseFS(templates.Article, "article/article.html.tmpl")
	if err != nil {
		return "", fmt.Errorf("read the template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, l); err != nil {
		return "", fmt.Errorf("execute the template: %w", err)
	}
	return template.HTML(b.String()), nil
}

// withoutPictures puts links in the place of all pictures.
func (l *letter) withoutPictures() {
	if l.Epigraph != nil {
		l.linkBlocks(l.Epigraph.Blocks)
		l.Epigraph.Source = l.linkPictures(l.Epigraph.Source, false)
	}
	for _, s := range l.Sections {
		l.linkBlocks(s.Introduction)
		for _, item := range s.Items {
			l.linkBlocks(item)
		}
	}
	l.linkBlocks(l.Note)
}

func (l *letter) linkBlocks(blocks []block) {
	for i := range blocks {
		blocks[i].Inlines = l.linkPictures(blocks[i].Inlines, false)
		l.linkBlocks(blocks[i].Blocks)
		for _, item := range blocks[i].Items {
			l.linkBlocks(item)
		}
	}
}

// linkPictures leaves a picture inside a link to its words: a link cannot stand in
// another one.
func (l *letter) linkPictures(in []inline, linked bool) []inline {
	for i := range in {
		if in[i].Kind != image {
			in[i].Children = l.linkPictures(in[i].Children, linked || in[i].Kind == link)
			continue
		}
		label := l.Words.Picture
		if in[i].Text != "" {
			label += ": " + in[i].Text
		}
		if linked {
			in[i] = inline{Kind: plain, Text: "[" + label + "]"}
		} else {
			in[i] = inline{Kind: link, Href: in[i].Href, Children: []inline{{Kind: plain, Text: label}}}
		}
	}
	return in
}

// Scheme is the colours of one colour scheme for a page of ours: the accent, a
// stronger one for what the pointer is on, and the colour of words on the accent.
type Scheme struct{ Accent, Strong, On string }

// Schemes gives a newsletter's colours for pages, readable on the pages' light and
// dark paper, which is that of the bulletin. Empty is the default accent; anything
// but six hexadecimal digits after a hash sign is an error.
func Schemes(accent string) (light, dark Scheme, err error) {
	day, night, err := palettes(accent)
	if err != nil {
		return light, dark, err
	}
	return day.scheme(func(c colour) colour { return c.darkened(25) }),
		night.scheme(func(c colour) colour { return c.lightened(40, colour{0xff, 0xff, 0xff}) }), nil
}

func (p palette) scheme(stronger func(colour) colour) Scheme {
	// The palette was made by palettes and so can be read.
	accent, _ := parseColour(p.Accent)
	strong := stronger(accent)
	on := colour{0xff, 0xff, 0xff}
	if ink := (colour{0x1a, 0x17, 0x14}); contrast(ink, accent) > contrast(on, accent) {
		on = ink
	}
	return Scheme{Accent: accent.String(), Strong: strong.String(), On: on.String()}
}
