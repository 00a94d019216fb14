package definition_test

import (
	"net/mail"
	"slices"
	"testing"

	"epistle/data"
	"epistle/internal/definition"
	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

func TestSampleNewsletterIsValidAndTakesEveryItem(t *testing.T) {
	t.Parallel()
	n, err := definition.Read("data/newsletter.toml", data.Newsletter())
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, n)
	if err := newsletter.ValidateSlug(data.Slug); err != nil {
		t.Error(err)
	}
	for _, p := range n.Staff {
		if _, err := mail.ParseAddress(p.Email); err != nil {
			t.Error(err)
		}
	}
	items, err := data.Items()
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{newsletter.LeadKey, newsletter.EpigraphKey}
	for _, s := range n.Sections {
		keys = append(keys, s.Key())
		if _, err := markdown.Parse(s.Introduction); err != nil {
			t.Errorf("introduction of %s: %v", s.Name, err)
		}
	}
	for _, item := range items {
		if !slices.Contains(keys, item.Section) {
			t.Errorf("%s: the newsletter has no section %q", item.File, item.Section)
		}
		if _, err := markdown.Parse(item.Body); err != nil {
			t.Errorf("%s: %v", item.File, err)
		}
	}
}
