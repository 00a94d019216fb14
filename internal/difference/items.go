package difference

import (
	"fmt"
	"slices"
	"strings"

	"epistle/internal/newsletter"
)

// standing is an item where it stands.
type standing struct {
	newsletter.ContentItem
	section string // its key
	place   string
	partner *standing
}

// sections compares headings, introductions and items.
func (c *comparison) sections(before, after []newsletter.ContentSection) {
	old, now := stand(before), stand(after)
	match(old, now)
	for _, s := range after {
		name := nameOf(s)
		if other := sectionOf(before, s.Key); other == nil {
			c.compare("section "+name, "", name)
			c.compare("introduction of "+name, "", s.Introduction)
		} else {
			c.compare("heading of "+name, other.Heading, s.Heading)
			c.compare("introduction of "+name, other.Introduction, s.Introduction)
		}
		for _, i := range now {
			if i.section == s.Key {
				c.item(i)
			}
		}
	}
	for _, s := range before {
		if sectionOf(after, s.Key) == nil {
			c.compare("section "+nameOf(s), nameOf(s), "")
		}
	}
	for _, i := range old {
		if i.partner == nil {
			c.compare(i.place, words(i.ContentItem), "")
		}
	}
	c.order(old, now, before, after)
}

func nameOf(s newsletter.ContentSection) string {
	if s.Heading == "" {
		return s.Key
	}
	return s.Heading
}

func sectionOf(sections []newsletter.ContentSection, key string) *newsletter.ContentSection {
	for i := range sections {
		if sections[i].Key == key {
			return &sections[i]
		}
	}
	return nil
}

func stand(sections []newsletter.ContentSection) (list []*standing) {
	for _, s := range sections {
		for i, item := range s.Items {
			place := fmt.Sprintf("%s, item %d", nameOf(s), i+1)
			if item.ID != 0 {
				place += fmt.Sprintf(" (number %d)", item.ID)
			}
			list = append(list, &standing{ContentItem: item, section: s.Key, place: place})
		}
	}
	return list
}

// match pairs items: by number, by words, then those that are left of a section in
// their order, where they share a good part of their words.
func match(old, now []*standing) {
	for _, same := range []func(a, b *standing) bool{
		func(a, b *standing) bool { return a.ID != 0 && a.ID == b.ID },
		func(a, b *standing) bool { return a.Text == b.Text },
		func(a, b *standing) bool { return a.section == b.section && alike(a.Text, b.Text) },
	} {
		for _, b := range now {
			for _, a := range old {
				if a.partner == nil && b.partner == nil && same(a, b) {
					a.partner, b.partner = b, a
				}
			}
		}
	}
}

// alike says whether two texts share at least a third of their letters.
func alike(a, b string) bool {
	shared := 0
	for _, p := range Words(a, b) {
		if p.Op == Same {
			shared += len(strings.Join(strings.Fields(p.Text), ""))
		}
	}
	return 3*shared >= max(len(a), len(b))
}

func (c *comparison) item(i *standing) {
	switch {
	case i.partner == nil:
		c.compare(i.place, "", words(i.ContentItem))
		return
	case i.partner.section != i.section:
		c.changes = append(c.changes, Change{Place: i.place, Before: "stood in " + i.partner.section, After: "stands in " + i.section, Words: []Piece{}})
	}
	c.compare(i.place, words(i.partner.ContentItem), words(i.ContentItem))
}

// words are an item's words with what else is decided about it.
func words(i newsletter.ContentItem) string { return marked(i.Text, i.EmailOnly) }

func marked(text string, emailOnly bool) string {
	if emailOnly {
		return "[e-mail only] " + text
	}
	return text
}

// order says where what stands in both has changed places.
func (c *comparison) order(old, now []*standing, before, after []newsletter.ContentSection) {
	inBoth := func(sections, others []newsletter.ContentSection) (names []string) {
		for _, s := range sections {
			if sectionOf(others, s.Key) != nil {
				names = append(names, s.Key)
			}
		}
		return names
	}
	if a, b := inBoth(before, after), inBoth(after, before); !slices.Equal(a, b) {
		c.compare("order of the sections", strings.Join(a, ", "), strings.Join(b, ", "))
	}
	for _, s := range after {
		var was, is []string
		for _, i := range old {
			if i.partner != nil && i.section == s.Key && i.partner.section == s.Key {
				was = append(was, opening(i.partner.Text))
			}
		}
		for _, i := range now {
			if i.partner != nil && i.section == s.Key && i.partner.section == s.Key {
				is = append(is, opening(i.Text))
			}
		}
		if !slices.Equal(was, is) {
			c.compare("order of "+nameOf(s), strings.Join(was, "\n"), strings.Join(is, "\n"))
		}
	}
}

// opening is how an item begins, to tell it from others.
func opening(text string) string {
	const shown = 40
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= shown {
		return string(runes)
	}
	return string(runes[:shown]) + "…"
}
