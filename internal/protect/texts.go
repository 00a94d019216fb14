package protect

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"epistle/internal/newsletter"
)

// Texts lists everything a reader of a bulletin can see, in the order of
// reading. Sections are counted in the places, because a heading may hold what
// must not get into a log.
func Texts(d *newsletter.Document) []Text {
	var list []Text
	add := func(place, body string) {
		if body != "" {
			list = append(list, Text{place, body})
		}
	}
	id := &d.Identity
	add("sender's name", id.From.Name)
	add("sender's address", id.From.Email)
	add("reply address", id.ReplyTo.Name+" <"+id.ReplyTo.Email+">")
	add("subject", d.Subject)
	add("preheader", d.Preheader)
	add("title", d.Content.Title)
	if e := d.Content.Epigraph; e != nil {
		add("epigraph", e.Text)
		add("source of the epigraph", e.Source)
	}
	for i, s := range d.Content.Sections {
		section := fmt.Sprintf("section %d", i+1)
		add("heading of "+section, s.Heading)
		add("introduction of "+section, s.Introduction)
		for k, item := range s.Items {
			place := fmt.Sprintf("%s, item %d", section, k+1)
			if item.ID != 0 {
				place += fmt.Sprintf(" (number %d)", item.ID)
			}
			add(place, item.Text)
		}
	}
	add("footnote", d.Content.Note)
	add("pseudonym note", id.PseudonymNote)
	add("newsletter's name", id.Name)
	add("postal address", id.PostalAddress)
	add("reason in the footer", id.Reason)
	add("newsletter's short name", id.Slug)
	add("list's name", id.ListID)
	add("help address", id.Help)
	add("logo", id.Design.Logo)
	for _, words := range id.Design.SetApart {
		add("words set apart", words)
	}
	return list
}

// Position tells where the byte at an offset stands in a text, for a person: the
// line and the character in it, both counted from 1.
func Position(body string, offset int) (line, column int) {
	before := body[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}
