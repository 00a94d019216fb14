package newsletter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

// sound is a definition without a fault that uses every key.
func sound() *newsletter.Newsletter {
	return &newsletter.Newsletter{
		Slug: "weekly-lantern", Name: "The Weekly Lantern", Title: "Lantern Notes",
		From:    newsletter.Address{Name: "The Weekly Lantern", Email: "lantern@example.org"},
		ReplyTo: newsletter.Address{Email: "desk@example.org"}, EnvelopeDomain: "bounces.example.org",
		ListID: "weekly.lists.example.org", Help: "mailto:help@example.org", PostalAddress: "Lantern Network\n1 Pier Road",
		Language: "en", TimeZone: "Europe/Berlin", Reason: "You asked for it.", PseudonymNote: "Names are changed.", FirstNumber: 40,
		Design:   newsletter.Design{Accent: "#8a3b12", Logo: "https://example.org/logo.png", LogoWidth: 120, SetApart: []string{"Thanks"}},
		Schedule: newsletter.Schedule{Send: "0 8 * * 5", Late: newsletter.Duration(time.Hour)},
		Policy:   newsletter.DefaultPolicy(),
		Sections: []newsletter.Section{{Name: "Harbour Schools", Introduction: "From the piers:"}, {Name: "Night Clinics"}},
		Staff: []newsletter.Person{
			{Name: "Ana", Email: "ana@example.org", Role: newsletter.RoleContributor, Sections: []string{"night clinics", "lead", "Epigraph"}},
			{Name: "Ben", Email: "ben@example.org", Role: newsletter.RoleEditor},
			{Name: "Cleo", Email: "cleo@example.org", Role: newsletter.RoleAdministrator},
		},
	}
}

func TestValidateAcceptsASoundDefinition(t *testing.T) {
	if err := sound().Validate(); err != nil {
		t.Error(err)
	}
	least := &newsletter.Newsletter{
		Name: "L", From: newsletter.Address{Email: "l@localhost"}, ListID: "l.localhost",
		Language: "pt-BR", TimeZone: "UTC", Policy: newsletter.DefaultPolicy(),
	}
	if err := least.Validate(); err != nil {
		t.Errorf("only what is needed: %v", err)
	}
}

func TestValidateRefuses(t *testing.T) {
	type n = newsletter.Newsletter
	for _, c := range []struct {
		name, key string
		spoil     func(*n)
	}{
		{"no name", "name", func(n *n) { n.Name = " " }},
		{"a name of two lines", "name", func(n *n) { n.Name = "The\nLantern" }},
		{"a title with a control character", "title", func(n *n) { n.Title = "Lantern\x07" }},
		{"no sender", "from", func(n *n) { n.From = newsletter.Address{Name: "Lantern"} }},
		{"a sender's name of two lines", "from", func(n *n) { n.From.Name = "a\r\nBcc: x" }},
		{"a sender with two lines", "from", func(n *n) { n.From.Email = "a@example.org\r\nBcc: x@example.org" }},
		{"a sender without a domain", "from", func(n *n) { n.From.Email = "lantern" }},
		{"a sender's domain without a dot", "from", func(n *n) { n.From.Email = "lantern@example" }},
		{"a sender at a number", "from", func(n *n) { n.From.Email = "lantern@[192.0.2.1]" }},
		{"a reply address that is none", "reply_to", func(n *n) { n.ReplyTo = newsletter.Address{Email: "@example.org"} }},
		{"an envelope domain that is an address", "envelope_domain", func(n *n) { n.EnvelopeDomain = "a@example.org" }},
		{"an envelope domain with an empty label", "envelope_domain", func(n *n) { n.EnvelopeDomain = "bounces..example.org" }},
		{"an envelope domain that ends in a dot", "envelope_domain", func(n *n) { n.EnvelopeDomain = "example.org." }},
		{"an envelope domain with a hyphen at an edge", "envelope_domain", func(n *n) { n.EnvelopeDomain = "-x.example.org" }},
		{"an envelope domain of two lines", "envelope_domain", func(n *n) { n.EnvelopeDomain = "example.org\nx.y" }},
		{"no List-Id", "list_id", func(n *n) { n.ListID = "" }},
		{"a List-Id without a domain", "list_id", func(n *n) { n.ListID = "weekly" }},
		{"a List-Id in brackets", "list_id", func(n *n) { n.ListID = "<weekly.example.org>" }},
		{"a List-Id that is too long", "list_id", func(n *n) { n.ListID = strings.Repeat("a", 250) + ".example" }},
		{"help over http", "help", func(n *n) { n.Help = "http://example.org/help" }},
		{"help that is a bare address", "help", func(n *n) { n.Help = "help@example.org" }},
		{"help with a space", "help", func(n *n) { n.Help = "https://example.org/a b" }},
		{"a postal address with a control character", "postal_address", func(n *n) { n.PostalAddress = "Pier\x00" }},
		{"a reason with a control character", "reason", func(n *n) { n.Reason = "you\x1b[0m" }},
		{"a pseudonym note with a control character", "pseudonym_note", func(n *n) { n.PseudonymNote = "\x7f" }},
		{"no language", "language", func(n *n) { n.Language = "" }},
		{"a language's name", "language", func(n *n) { n.Language = "English, British" }},
		{"no time zone", "time_zone", func(n *n) { n.TimeZone = "" }},
		{"the machine's time zone", "time_zone", func(n *n) { n.TimeZone = "Local" }},
		{"an unknown time zone", "time_zone", func(n *n) { n.TimeZone = "Europe/Lantern" }},
		{"a negative first number", "first_number", func(n *n) { n.FirstNumber = -1 }},
		{"a colour's name", "design.accent", func(n *n) { n.Design.Accent = "red" }},
		{"a logo over http", "design.logo", func(n *n) { n.Design.Logo = "http://example.org/logo.png" }},
		{"a logo without a width", "design.logo_width", func(n *n) { n.Design.LogoWidth = 0 }},
		{"a logo wider than the page", "design.logo_width", func(n *n) { n.Design.LogoWidth = 521 }},
		{"an empty opening word", "design.set_apart", func(n *n) { n.Design.SetApart = []string{"Thanks", " "} }},
		{"a negative lateness", "schedule.late", func(n *n) { n.Schedule.Late = -1 }},
		{"negative approvals", "policy.approvals", func(n *n) { n.Policy.Approvals = -1 }},
		{"too many approvals", "policy.approvals", func(n *n) { n.Policy.Approvals = 11 }},
		{"an unknown policy for lost replies", "policy.uncertain", func(n *n) { n.Policy.Uncertain = "" }},
		{"an import that brings people back", "policy.import_state", func(n *n) { n.Policy.ImportState = newsletter.SubscriptionUnsubscribed }},
		{"a section without a name", "sections[3].name", func(n *n) { n.Sections = append(n.Sections, newsletter.Section{Name: "***"}) }},
		{"a section of two lines", "sections[1].name", func(n *n) { n.Sections[0].Name = "a\nb" }},
		{"a section named like the lead", "sections[1].name", func(n *n) { n.Sections[0].Name = "Lead:" }},
		{"a section named like the epigraph", "sections[1].name", func(n *n) { n.Sections[0].Name = "EPIGRAPH" }},
		{"the same section twice", "sections[2].name", func(n *n) {
			n.Sections = append(n.Sections[:1], newsletter.Section{Name: "harbour  schools:"}, n.Sections[1])
		}},
		{"staff without a name", "staff[1].name", func(n *n) { n.Staff[0].Name = "" }},
		{"staff without an address", "staff[2].email", func(n *n) { n.Staff[1].Email = "" }},
		{"staff with a name in the address", "staff[2].email", func(n *n) { n.Staff[1].Email = "Ben <ben@example.org>" }},
		{"staff with an unknown role", "staff[3].role", func(n *n) { n.Staff[2].Role = "chief" }},
		{"staff for an unknown section", "staff[1].sections", func(n *n) { n.Staff[0].Sections = []string{"Dry Docks"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := sound()
			c.spoil(n)
			err := n.Validate()
			var faults newsletter.Faults
			if !errors.As(err, &faults) || newsletter.KindOf(err) != newsletter.Usage {
				t.Fatalf("error %v, want faults of kind Usage", err)
			}
			if faults[0].Place != c.key || len(faults) != 1 {
				t.Errorf("faults %q, want exactly one at %s", err, c.key)
			}
		})
	}
}

func TestValidateReportsEveryFaultAtOnce(t *testing.T) {
	var faults newsletter.Faults
	if err := new(newsletter.Newsletter).Validate(); !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var keys []string
	for _, f := range faults {
		keys = append(keys, f.Place)
	}
	const want = "name from list_id language time_zone policy.uncertain policy.import_state"
	if got := strings.Join(keys, " "); got != want {
		t.Errorf("faults at %s, want %s", got, want)
	}
}

func TestValidateSlug(t *testing.T) {
	for slug, ok := range map[string]bool{
		"weekly-lantern": true, "a": true, "2027": true, strings.Repeat("a", newsletter.MaxSlug): true,
		"": false, "Weekly": false, "a--b": false, "-a": false, "a-": false, "a/b": false, "a b": false, "é": false, "a\n": false,
		strings.Repeat("a", newsletter.MaxSlug+1): false,
	} {
		if err := newsletter.ValidateSlug(slug); (err == nil) != ok {
			t.Errorf("%q: %v, want accepted %t", slug, err, ok)
		}
	}
}
