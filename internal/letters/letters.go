// Package letters finds the words of mails to one person: the question whether a
// sign-up is meant, the note that one is subscribed already, the way back after
// leaving. They are in English and German, in the newsletter's language where it is
// one of these, otherwise in English.
//
// No letter holds a word that a visitor typed: a form must not be a way to send
// one's own words to strangers.
//
// When a letter is due is decided by package audience; its looks are those of
// package render; it is sent by package delivery.
package letters

import (
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/web"
)

// Letters holds the words by language.
type Letters struct {
	signup *web.Catalogue[signupWords]
}

// New makes the letters.
func New() *Letters {
	return &Letters{signup: newSignupCatalogue()}
}

// letterWords are the words of one letter; %s is the newsletter's name.
type letterWords struct {
	Subject, Heading string
	Paragraphs       []string
	Closing          []string
}

// write puts the newsletter's name into the words.
func (w letterWords) write(n *newsletter.Newsletter, lang web.Language, links ...newsletter.LetterLink) *newsletter.Letter {
	name := func(format string) string { return strings.ReplaceAll(format, "%s", n.Name) }
	all := func(formats []string) (out []string) {
		for _, f := range formats {
			out = append(out, name(f))
		}
		return out
	}
	return &newsletter.Letter{
		Language: lang.Tag, Subject: name(w.Subject), Heading: name(w.Heading),
		Paragraphs: all(w.Paragraphs), Links: links, Closing: all(w.Closing),
	}
}
