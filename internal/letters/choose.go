package letters

import (
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/web"
)

// Choices holds the words of the letters that a reader's page has sent: in the
// reader's own language where there are words in it, otherwise in the newsletter's.
type Choices struct {
	words *web.Catalogue[chooseWords]
}

// NewChoices makes them.
func NewChoices() *Choices { return &Choices{words: newChooseCatalogue()} }

// chooseWords are these letters. In each, %s is the newsletter's name.
type chooseWords struct {
	Address  choiceLetter // to a new address: is it yours?
	Taken    choiceLetter // to an address that somebody has already
	Changed  choiceLetter // to the former address
	Back     choiceLetter // to an address from which the reader went back
	Download choiceLetter
	Erase    choiceLetter
}

// choiceLetter is the words of one letter; without Link there is no link.
type choiceLetter struct {
	Subject, Heading    string
	Paragraphs, Closing []string
	Link                string
}

// Address asks the owner of a new address whether it is to be used.
func (c *Choices) Address(n *newsletter.Newsletter, reader, link string) *newsletter.Letter {
	w, lang := c.in(n, reader)
	return w.Address.write(n, lang, link)
}

// Taken tells the owner of an address that somebody wanted to make it theirs.
func (c *Choices) Taken(n *newsletter.Newsletter, reader string) *newsletter.Letter {
	w, lang := c.in(n, reader)
	return w.Taken.write(n, lang, "")
}

// Changed tells the former address of the change; now is the new address,
// shortened.
func (c *Choices) Changed(n *newsletter.Newsletter, reader, now, link string) *newsletter.Letter {
	w, lang := c.in(n, reader)
	letter := w.Changed.write(n, lang, link)
	for i, p := range letter.Paragraphs {
		letter.Paragraphs[i] = strings.ReplaceAll(p, "%a", now)
	}
	return letter
}

// Back tells an address that the reader went back to the one before it.
func (c *Choices) Back(n *newsletter.Newsletter, reader string) *newsletter.Letter {
	w, lang := c.in(n, reader)
	return w.Back.write(n, lang, "")
}

// Download brings the link to what is kept about a reader.
func (c *Choices) Download(n *newsletter.Newsletter, reader, link string) *newsletter.Letter {
	w, lang := c.in(n, reader)
	return w.Download.write(n, lang, link)
}

// Erase brings the link with which a reader is forgotten.
func (c *Choices) Erase(n *newsletter.Newsletter, reader, link string) *newsletter.Letter {
	w, lang := c.in(n, reader)
	return w.Erase.write(n, lang, link)
}

// in gives the words in the reader's language or else in the newsletter's.
func (c *Choices) in(n *newsletter.Newsletter, reader string) (*chooseWords, web.Language) {
	if w, lang := c.words.For(reader); reader != "" && sameLanguage(lang.Tag, reader) {
		return w, lang
	}
	return c.words.For(n.Language)
}

// sameLanguage compares the language subtags of two tags (RFC 5646 §2.2.1).
func sameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return strings.EqualFold(a, b)
}

func (w choiceLetter) write(n *newsletter.Newsletter, lang web.Language, link string) *newsletter.Letter {
	name := func(s string) string { return strings.ReplaceAll(s, "%s", n.Name) }
	all := func(list []string) (out []string) {
		for _, s := range list {
			out = append(out, name(s))
		}
		return out
	}
	letter := &newsletter.Letter{
		Language: lang.Tag, Subject: name(w.Subject), Heading: name(w.Heading), Paragraphs: all(w.Paragraphs), Closing: all(w.Closing),
	}
	if link != "" {
		letter.Links = []newsletter.LetterLink{{Label: w.Link, URL: link}}
	}
	return letter
}
