package newsletter

import (
	"encoding/json"
	"slices"
	"strings"
)

// Choice is what a reader wants of each bulletin of one newsletter. It holds what
// was declined, not what was wanted, so that a section that the newsletter adds
// later reaches everybody. The zero Choice is the whole bulletin, and equal
// choices compare equal.
type Choice struct {
	// TextOnly asks for the plain text without its HTML.
	TextOnly bool
	declined string // section keys, sorted, with spaces between; a key has none
}

// NewChoice makes a Choice of the keys of declined sections, in any order. Lead
// and epigraph cannot be declined: they are left out.
func NewChoice(declined []string, textOnly bool) Choice {
	var keys []string
	for _, key := range declined {
		if key = SectionKey(key); key != "" && key != LeadKey && key != EpigraphKey {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return Choice{TextOnly: textOnly, declined: strings.Join(slices.Compact(keys), " ")}
}

// ParseChoice reads what Stored gives.
func ParseChoice(stored string, textOnly bool) Choice {
	if stored == "" {
		return Choice{TextOnly: textOnly}
	}
	return NewChoice(strings.Fields(stored), textOnly)
}

// Stored is the keys of the declined sections as one word each.
func (c Choice) Stored() string { return c.declined }

// Declined gives the keys of the declined sections, sorted.
func (c Choice) Declined() []string { return strings.Fields(c.declined) }

// Declines says whether a section is not wanted.
func (c Choice) Declines(key string) bool {
	for k := range strings.FieldsSeq(c.declined) {
		if k == key {
			return true
		}
	}
	return false
}

// MarshalJSON writes the choice as people read it.
func (c Choice) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Declined []string `json:"declined,omitempty"`
		TextOnly bool     `json:"text_only,omitempty"`
	}{c.Declined(), c.TextOnly})
}

// String says the choice in a clause, for people and the audit log.
func (c Choice) String() string {
	var parts []string
	if c.declined != "" {
		parts = append(parts, "without "+strings.Join(c.Declined(), ", "))
	}
	if c.TextOnly {
		parts = append(parts, "as text only")
	}
	if len(parts) == 0 {
		return "everything"
	}
	return strings.Join(parts, "; ")
}

// In is the choice as far as it matters to a bulletin: readers whose choices are
// the same in it get the same message.
func (c Choice) In(d *Document) Choice {
	if c.declined == "" {
		return c
	}
	var keys []string
	for _, s := range d.Content.Sections {
		if c.Declines(s.Key) {
			keys = append(keys, s.Key)
		}
	}
	return NewChoice(keys, c.TextOnly)
}

// Chosen gives the bulletin without the sections that a choice declines; the
// document itself where it declines none of them. Left is false when nothing that
// was contributed remains, so that there is no reason to send it: an epigraph
// alone is none. Subject, preheader and epigraph stay.
//
// Pseudonyms and Note are those of the whole bulletin: which names remain is for
// the caller to find.
func (d *Document) Chosen(c Choice) (chosen *Document, left bool) {
	if c.In(d).declined == "" {
		return d, true
	}
	part := *d
	part.Content.Sections = nil
	for _, s := range d.Content.Sections {
		if !c.Declines(s.Key) {
			part.Content.Sections = append(part.Content.Sections, s)
			left = left || len(s.Items) > 0
		}
	}
	return &part, left
}
