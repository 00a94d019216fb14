package release

import (
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

// TestAnApprovalCoversAllThatAReaderSees changes one thing after the other and
// wants another hash each time.
func TestAnApprovalCoversAllThatAReaderSees(t *testing.T) {
	t.Parallel()
	whole := func() *newsletter.Document {
		return &newsletter.Document{
			Format: newsletter.DocumentFormat, Number: 214, Date: newsletter.Date{Year: 2027, Month: 3, Day: 12},
			Identity: newsletter.Identity{Slug: "weekly", Name: "Lantern", Language: "en", ListID: "weekly.example.org", From: newsletter.Address{Name: "Lantern", Email: "lantern@example.org"}},
			Subject:  "Lit", Content: newsletter.Content{Title: "Lantern", Sections: []newsletter.ContentSection{
				{Key: "lead", Items: []newsletter.ContentItem{{ID: 1, Text: "The [lamp](https://lamp.example.org) is lit."}}},
			}},
		}
	}
	hash := func(d *newsletter.Document) string {
		h, err := d.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	seen := map[string]string{hash(whole()): "nothing"}
	for name, change := range map[string]func(*newsletter.Document){
		"sender":           func(d *newsletter.Document) { d.Identity.From.Email = "other@example.org" },
		"sender's name":    func(d *newsletter.Document) { d.Identity.From.Name = "Other" },
		"where answers go": func(d *newsletter.Document) { d.Identity.ReplyTo.Email = "other@example.org" },
		"subject":          func(d *newsletter.Document) { d.Subject = "Dark" },
		"preheader":        func(d *newsletter.Document) { d.Preheader = "Read on" },
		"title":            func(d *newsletter.Document) { d.Content.Title = "Lamp" },
		"number":           func(d *newsletter.Document) { d.Number++ },
		"date":             func(d *newsletter.Document) { d.Date.Day++ },
		"words":            func(d *newsletter.Document) { d.Content.Sections[0].Items[0].Text += " Again." },
		"link": func(d *newsletter.Document) {
			d.Content.Sections[0].Items[0].Text = "The [lamp](https://lamp.example.com) is lit."
		},
		"heading":            func(d *newsletter.Document) { d.Content.Sections[0].Heading = "News" },
		"introduction":       func(d *newsletter.Document) { d.Content.Sections[0].Introduction = "From us." },
		"epigraph":           func(d *newsletter.Document) { d.Content.Epigraph = &newsletter.Epigraph{Text: "Light."} },
		"footnote":           func(d *newsletter.Document) { d.Content.Note = "Changed." },
		"pseudonym's note":   func(d *newsletter.Document) { d.Identity.PseudonymNote = "Changed." },
		"footer's reason":    func(d *newsletter.Document) { d.Identity.Reason = "You asked." },
		"postal address":     func(d *newsletter.Document) { d.Identity.PostalAddress = "14 Steps" },
		"help":               func(d *newsletter.Document) { d.Identity.Help = "mailto:help@example.org" },
		"language":           func(d *newsletter.Document) { d.Identity.Language = "de" },
		"list":               func(d *newsletter.Document) { d.Identity.ListID = "other.example.org" },
		"colour":             func(d *newsletter.Document) { d.Identity.Design.Accent = "#123456" },
		"logo":               func(d *newsletter.Document) { d.Identity.Design.Logo = "https://example.org/logo.png" },
		"words set apart":    func(d *newsletter.Document) { d.Identity.Design.SetApart = []string{"Pray"} },
		"who gets it":        func(d *newsletter.Document) { d.Audience = "tag = harbour" },
		"template's version": func(d *newsletter.Document) { d.Format++ },
	} {
		d := whole()
		change(d)
		if other, twice := seen[hash(d)]; twice {
			t.Errorf("%s has the same hash as %s", name, other)
		}
		seen[hash(d)] = name
	}
	d := whole()
	d.Content.Sections[0].Items[0].ID = 77 // its number in the database is nothing that a reader sees
	if seen[hash(d)] != "nothing" {
		t.Error("the hash covers the number of an item")
	}
}

// TestAnApprovalForAnotherTemplateDoesNotCount has a bulletin that was frozen and
// approved by a program with other e-mail templates.
func TestAnApprovalForAnotherTemplateDoesNotCount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	r.exec(`UPDATE revisions SET document = replace(document, '"format":' || $1, '"format":' || $2)`, newsletter.DocumentFormat, newsletter.DocumentFormat-1)
	_, err := r.Send(t.Context(), b, "ana")
	r.refused(err, newsletter.Refused)
	if err == nil || !strings.Contains(err.Error(), "template") {
		t.Errorf("the refusal is %v", err)
	}
	r.isIn(b, newsletter.BulletinApproved)
}
