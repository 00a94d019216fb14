// Package difference says what differs between two frozen bulletins, as text for a
// person: what stood there, what stands there now, and within a text word by word.
//
// In order: what stands around the items (sender, subject, footer, colours, the
// filter of its audience) is compared field by field; the items are matched, first
// by their number, then by their words, then by their place; matched items are
// compared word by word, the rest came or went; and where matched ones stand in
// another order, that is said too. Comparing is pure.
//
// Reading the documents, and how the result looks on a terminal, is left to others.
package difference

import (
	"fmt"
	"strconv"
	"strings"

	"epistle/internal/newsletter"
)

// Change is one difference. Before or After is empty where something came or went.
type Change struct {
	Place  string  `json:"place"`
	Before string  `json:"before"`
	After  string  `json:"after"`
	Words  []Piece `json:"words"`
}

// Documents compares two bulletins, in the order of reading.
func Documents(before, after *newsletter.Document) []Change {
	c := &comparison{}
	a, b := around(before), around(after)
	for i := range a {
		c.compare(a[i].place, a[i].text, b[i].text)
	}
	c.sections(before.Content.Sections, after.Content.Sections)
	c.compare("footnote", before.Content.Note, after.Content.Note)
	a, b = foot(before), foot(after)
	for i := range a {
		c.compare(a[i].place, a[i].text, b[i].text)
	}
	return c.changes
}

type comparison struct{ changes []Change }

func (c *comparison) compare(place, before, after string) {
	if before != after {
		c.changes = append(c.changes, Change{place, before, after, Words(before, after)})
	}
}

// field is one text of a bulletin beside its items.
type field struct{ place, text string }

// around are the fields above the items. Both documents have the same ones.
func around(d *newsletter.Document) []field {
	id, quote, source := &d.Identity, "", ""
	if e := d.Content.Epigraph; e != nil {
		quote, source = marked(e.Text, e.EmailOnly), e.Source
	}
	return []field{
		{"number", strconv.Itoa(d.Number)},
		{"date", d.Date.String()},
		{"sender", id.From.String()},
		{"reply address", id.ReplyTo.String()},
		{"subject", d.Subject},
		{"preheader", d.Preheader},
		{"audience", d.Audience},
		{"title", d.Content.Title},
		{"epigraph", quote},
		{"source of the epigraph", source},
	}
}

// foot are the fields below the items, and the looks.
func foot(d *newsletter.Document) []field {
	id := &d.Identity
	width := ""
	if id.Design.LogoWidth != 0 {
		width = fmt.Sprintf("%d pixels", id.Design.LogoWidth)
	}
	return []field{
		{"pseudonyms", strings.Join(d.Pseudonyms, ", ")},
		{"pseudonym note", id.PseudonymNote},
		{"newsletter's name", id.Name},
		{"newsletter's short name", id.Slug},
		{"postal address", id.PostalAddress},
		{"reason in the footer", id.Reason},
		{"help address", id.Help},
		{"language", id.Language},
		{"list", id.ListID},
		{"accent colour", id.Design.Accent},
		{"logo", id.Design.Logo},
		{"logo's width", width},
		{"words set apart", strings.Join(id.Design.SetApart, ", ")},
		{"template version", strconv.Itoa(d.Format)},
	}
}
