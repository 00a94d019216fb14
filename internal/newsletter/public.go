package newsletter

import (
	"slices"
	"strings"
)

// Public gives the document as people see it who did not get the mail: without
// the items that are for the e-mail alone, without the sections that they leave
// empty, and then without every text that may speak of what is gone: subject,
// preheader and the manuscript's own footnote were written for the whole
// bulletin. Who the bulletin was for is left out in any case. The document
// itself is not changed.
func (d *Document) Public() *Document {
	public := *d
	public.Audience = ""
	public.Content.Sections = nil
	removed := false
	if e := public.Content.Epigraph; e != nil && e.EmailOnly {
		public.Content.Epigraph, removed = nil, true
	}
	for _, s := range d.Content.Sections {
		kept := slices.DeleteFunc(slices.Clone(s.Items), func(i ContentItem) bool { return i.EmailOnly })
		if len(kept) < len(s.Items) {
			removed = true
			if len(kept) == 0 {
				continue
			}
		}
		s.Items = kept
		public.Content.Sections = append(public.Content.Sections, s)
	}
	if removed {
		public.Subject, public.Preheader, public.Content.Note = public.Content.Title, "", ""
		public.Pseudonyms = slices.DeleteFunc(slices.Clone(d.Pseudonyms), func(name string) bool { return !public.Content.stars(name) })
	}
	return &public
}

// stars says whether a name still carries its asterisk somewhere in the content.
func (c *Content) stars(name string) bool {
	var texts []string
	if c.Epigraph != nil {
		texts = append(texts, c.Epigraph.Text, c.Epigraph.Source)
	}
	for _, s := range c.Sections {
		texts = append(texts, s.Introduction)
		for _, item := range s.Items {
			texts = append(texts, item.Text)
		}
	}
	// In Markdown the asterisk may be escaped, and the name may run over two lines.
	plain := strings.NewReplacer(`\`, "", "'s*", "*", "’s*", "*")
	return slices.ContainsFunc(texts, func(t string) bool {
		return strings.Contains(plain.Replace(strings.Join(strings.Fields(t), " ")), name+"*")
	})
}
