package preflight

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
	"epistle/internal/render"
)

// bulletin is the input with what several checks look at, gathered once.
type bulletin struct {
	Input
	passages []passage
	leaveURL string // the sample reader's link to leave; empty when there is none
	html     string
	text     string
	page     *page
	pageErr  error
	// protected is what the protection gate found.
	protected []finding
}

// passage is one Markdown text of the bulletin.
type passage struct {
	place string
	doc   *markdown.Doc // nil when it cannot be read
	err   error
}

// sampleToken is as long as the token in a real reader's link, so that the size
// of the page is that of a real one.
var sampleToken = strings.Repeat("x", 96)

func newBulletin(in Input) *bulletin {
	b := &bulletin{Input: in, passages: passages(&in.Document.Content)}
	personal := render.Personal{}
	base := strings.TrimSuffix(in.PublicURL, "/")
	switch u, err := url.Parse(base); {
	case err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "":
		personal.UnsubscribeURL = base + "/unsubscribe/" + sampleToken
		personal.BrowserURL = base + "/view/" + sampleToken
		personal.ChooseURL = base + "/choose/" + sampleToken
	case in.UnsubscribeMailto:
		personal.UnsubscribeURL = "mailto:leave+" + sampleToken + "@" + in.Document.Identity.From.Domain()
	}
	b.leaveURL = personal.UnsubscribeURL
	if in.Rendered != nil {
		b.html, b.text = in.Rendered.For(personal)
		b.page, b.pageErr = readPage(b.html)
	}
	b.protected = b.guarded()
	return b
}

func (b *bulletin) rendered() bool { return b.Rendered != nil }

// unreadable says that a text is not in the safe subset of Markdown, so that what
// is guessed from its marks would be wrong.
func (b *bulletin) unreadable() bool {
	return slices.ContainsFunc(b.passages, func(p passage) bool { return p.err != nil })
}

// id is the frozen identity: what readers see of the newsletter.
func (b *bulletin) id() newsletter.Identity { return b.Document.Identity }

// passages lists every Markdown text in the order of reading.
func passages(c *newsletter.Content) []passage {
	var list []passage
	add := func(place, source string) {
		if strings.TrimSpace(source) == "" {
			return
		}
		doc, err := markdown.Parse(source)
		if err != nil {
			doc = nil
		}
		list = append(list, passage{place, doc, err})
	}
	if c.Epigraph != nil {
		add("epigraph", c.Epigraph.Text)
		add("source of the epigraph", c.Epigraph.Source)
	}
	for _, s := range c.Sections {
		name := sectionName(s)
		add("introduction of "+name, s.Introduction)
		for i, item := range s.Items {
			add(itemPlace(name, i, item), item.Text)
		}
	}
	add("footnote", c.Note)
	return list
}

func sectionName(s newsletter.ContentSection) string {
	if s.Heading != "" {
		return s.Heading
	}
	return s.Key
}

// itemPlace names an item by its place in the bulletin and, once it is stored,
// by its number, which `epistle items` takes.
func itemPlace(section string, i int, item newsletter.ContentItem) string {
	place := fmt.Sprintf("%s, item %d", section, i+1)
	if item.ID != 0 {
		place += fmt.Sprintf(" (number %d)", item.ID)
	}
	return place
}
