package assembly

import (
	"regexp"
	"slices"

	"epistle/internal/database"
	"epistle/internal/markdown"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// emailOnlyMark opens an item of a manuscript that is for the mail alone.
const emailOnlyMark = "[e-mail only]"

var emailOnlyForm = regexp.MustCompile(`(?i)^\\?\[e-?mail[ -]only\\?\]:?[ \n]+`)

// Marked is a content as a manuscript has it: items for the mail alone begin with
// "[e-mail only]", so that the mark is not lost on the way through a text file.
func Marked(c newsletter.Content) newsletter.Content {
	c.Sections = slices.Clone(c.Sections)
	for i := range c.Sections {
		c.Sections[i].Items = slices.Clone(c.Sections[i].Items)
		for j := range c.Sections[i].Items {
			item := &c.Sections[i].Items[j]
			if !item.EmailOnly {
				continue
			}
			divider := "\n\n" // before a list or a quotation
			if doc, err := markdown.Parse(item.Text); err == nil && len(doc.Blocks) > 0 && doc.Blocks[0].Kind == markdown.Paragraph {
				divider = " "
			}
			item.Text = emailOnlyMark + divider + item.Text
		}
	}
	return c
}

// readMarks takes the marks off and sets what they say. Words that wait as an item
// for the mail alone are for the mail alone in a manuscript too.
func (a *Assembly) readMarks(tx *database.Tx, newsletterID int64, c *newsletter.Content) error {
	waiting, err := a.store.ItemsTx(tx, store.ItemFilter{NewsletterID: newsletterID, State: newsletter.ItemApproved})
	if err != nil {
		return err
	}
	private := map[[2]string]bool{}
	for _, i := range waiting {
		if i.EmailOnly {
			private[[2]string{i.Section, words(i.Section, i.Body)}] = true
		}
	}
	if e := c.Epigraph; e != nil {
		e.EmailOnly = e.EmailOnly || private[[2]string{newsletter.EpigraphKey, canonical(e.Text) + "\n" + canonical(e.Source)}]
	}
	for i := range c.Sections {
		s := &c.Sections[i]
		for j := range s.Items {
			item := &s.Items[j]
			if mark := emailOnlyForm.FindString(item.Text); mark != "" && len(mark) < len(item.Text) {
				item.Text, item.EmailOnly = item.Text[len(mark):], true
			}
			item.EmailOnly = item.EmailOnly || private[[2]string{s.Key, words(s.Key, item.Text)}]
		}
	}
	return nil
}
