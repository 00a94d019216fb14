package preflight

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
)

func unapprovedItems(b *bulletin) (found []finding) {
	for _, i := range b.Items {
		place := fmt.Sprintf("item %d in %s", i.ID, i.Section)
		switch {
		case i.State != newsletter.ItemApproved && i.State != newsletter.ItemUsed:
			found = append(found, finding{
				place: place, message: fmt.Sprintf("the item is %s, not approved", stateWord(i.State)),
				remedy: fmt.Sprintf("Approve it with: epistle items approve %d\nThen assemble the bulletin again.", i.ID),
			})
		case i.Expired:
			found = append(found, finding{
				place: place, message: "the item is no longer valid on the bulletin's date",
				remedy: "Withdraw it or give it a later end, then assemble the bulletin again.",
			})
		}
	}
	return found
}

func stateWord(s newsletter.ItemState) string {
	if s == newsletter.ItemDraft {
		return "a draft"
	}
	return string(s)
}

// maxSubject is what mail programs on a desktop show; phones show about 40.
const maxSubject = 70

func subjectLength(b *bulletin) []finding {
	switch n := utf8.RuneCountInString(b.Document.Subject); {
	case strings.TrimSpace(b.Document.Subject) == "":
		return []finding{{place: "subject", message: "the subject is empty", remedy: `Give one with: epistle bulletins edit ID --subject "…"`}}
	case n > maxSubject:
		return []finding{{
			place: "subject", message: fmt.Sprintf("the subject is %d characters long; mail programs cut it off after about %d", n, maxSubject),
			remedy: "Put what matters into the first 40 characters and shorten the rest.",
		}}
	}
	return nil
}

// answerForm is how mail programs of several languages mark answers and
// forwarded mail.
var answerForm = regexp.MustCompile(`(?i)^\s*(re|fwd?|aw|wg|sv|vs|tr|rif|antw|odp|res|enc|ynt)\s*(\[\d+\]|\(\d+\))?\s*[:：]`)

func deceptiveSubject(b *bulletin) (found []finding) {
	add := func(message, remedy string) {
		found = append(found, finding{place: "subject", message: message, remedy: remedy})
	}
	s := b.Document.Subject
	if m := answerForm.FindString(s); m != "" {
		add(fmt.Sprintf("%q pretends to be part of a conversation", strings.TrimSpace(m)), "Begin with the subject itself.")
	}
	if shouts(s) {
		add("the subject is written in capitals alone", "Write it like a sentence.")
	}
	if strings.Contains(s, "!!") || strings.Contains(s, "??") || strings.Contains(s, "$$") {
		add("the subject repeats its punctuation", "Once is enough; filters count it against the sender.")
	}
	return found
}

// shouts says whether a text of at least two words is in capitals alone.
// Scripts without capitals never shout, and short names like "BBC" do not.
func shouts(s string) bool {
	capitals := 0
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			return false
		case unicode.IsUpper(r):
			capitals++
		}
	}
	return capitals >= 8 && len(strings.Fields(s)) > 1
}

// maxPreheader is what mail programs show at most beside a subject.
const maxPreheader = 110

func preheader(b *bulletin) []finding {
	p := strings.TrimSpace(b.Document.Preheader)
	n := utf8.RuneCountInString(p)
	remedy := `Say in one short sentence why to open it: epistle bulletins edit ID --preheader "…"`
	switch {
	case n == 0:
		return []finding{{place: "preheader", message: "there is no preheader, so that lists of mail show how the first item begins", remedy: remedy}}
	case n > maxPreheader:
		return []finding{{place: "preheader", message: fmt.Sprintf("the preheader is %d characters long; lists of mail show at most %d", n, maxPreheader), remedy: remedy}}
	case slices.Equal(split(p), split(b.Document.Subject)):
		return []finding{{place: "preheader", message: "the preheader repeats the subject", remedy: remedy}}
	}
	return nil
}

func epigraph(b *bulletin) []finding {
	e := b.Document.Content.Epigraph
	switch {
	case e == nil || strings.TrimSpace(e.Text) == "":
		return []finding{{place: "epigraph", message: "the bulletin has no epigraph", remedy: "Add one with: epistle items add --section epigraph"}}
	case strings.TrimSpace(e.Source) == "":
		return []finding{{place: "epigraph", message: "the epigraph names no source", remedy: "Write where it is from on its last line, after a dash."}}
	}
	return nil
}

// earlier gives the bulletins sent before; the bulletin itself, found again by a
// check of something already sent, is none.
func (b *bulletin) earlier() []*newsletter.Document {
	var list []*newsletter.Document
	for _, p := range b.Previous {
		if p.Document != nil && (p.Document.Number != b.Document.Number || p.Document.Date != b.Document.Date) {
			list = append(list, p.Document)
		}
	}
	return list
}

func repeatedEpigraph(b *bulletin) []finding {
	e := b.Document.Content.Epigraph
	if e == nil {
		return nil
	}
	words := split(e.Text)
	for _, d := range b.earlier() {
		if o := d.Content.Epigraph; o != nil && len(words) > 0 && slices.Equal(words, split(o.Text)) {
			return []finding{{
				place: "epigraph", message: "the epigraph stood in " + name(d) + " already",
				remedy: "Choose another one, unless it is meant.",
			}}
		}
	}
	return nil
}

func name(d *newsletter.Document) string {
	return fmt.Sprintf("bulletin %d of %s", d.Number, d.Date)
}

func sameContent(b *bulletin) (found []finding) {
	words := fingerprint(b.Document)
	for _, d := range b.earlier() {
		if bytes.Equal(words, fingerprint(d)) {
			return []finding{{
				message: "the same content was sent as " + name(d),
				remedy:  "Make sure that the right manuscript was imported.",
			}}
		}
	}
	sent := map[string]*newsletter.Document{}
	for _, d := range slices.Backward(b.earlier()) {
		eachItem(d, func(_ string, item newsletter.ContentItem) { sent[strings.Join(split(item.Text), " ")] = d })
	}
	eachItem(b.Document, func(place string, item newsletter.ContentItem) {
		words := split(item.Text)
		if d := sent[strings.Join(words, " ")]; d != nil && len(words) >= repeatedWords && !item.Withdrawn {
			found = append(found, finding{
				place: place, message: "the same words stood in " + name(d),
				remedy: "Withdraw the item, or write what is new, unless it is meant.",
			})
		}
	})
	return found
}

// repeatedWords is from how many words on an item that is repeated is no phrase of
// every week.
const repeatedWords = 6

// eachItem calls f for every item with its place.
func eachItem(d *newsletter.Document, f func(place string, item newsletter.ContentItem)) {
	for _, s := range d.Content.Sections {
		for i, item := range s.Items {
			f(itemPlace(sectionName(s), i, item), item)
		}
	}
}

// fingerprint is a bulletin's content without what differs between two
// bulletins of the same words: title, date, number, the items' numbers.
func fingerprint(d *newsletter.Document) []byte {
	c := d.Content
	c.Title = ""
	c.Sections = slices.Clone(c.Sections)
	for i, s := range c.Sections {
		items := slices.Clone(s.Items)
		for j := range items {
			items[j].ID = 0
		}
		c.Sections[i].Items = items
	}
	b, err := json.Marshal(c)
	if err != nil {
		return nil // cannot be: Content holds strings and numbers only
	}
	return b
}

func pseudonymFootnote(b *bulletin) []finding {
	marked := manuscript.Pseudonyms(&b.Document.Content)
	switch {
	case b.unreadable() || len(marked) == 0 || strings.TrimSpace(b.Document.Content.Note) != "":
		return nil
	case len(b.Document.Pseudonyms) == 0:
		return []finding{{
			message: fmt.Sprintf("%s* carries an asterisk that nothing explains", marked[0]),
			remedy:  "Assemble or import the bulletin again, so that it gets its footnote.",
		}}
	case strings.TrimSpace(b.id().PseudonymNote) == "":
		return []finding{{
			place: "newsletter.toml", message: fmt.Sprintf("%s* is explained by a general footnote, as neither the manuscript nor the newsletter has one", marked[0]),
			remedy: "Set pseudonym_note to what your readers should know.",
		}}
	}
	return nil
}
