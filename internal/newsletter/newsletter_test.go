package newsletter_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"epistle/internal/newsletter"
)

func TestSectionKey(t *testing.T) {
	for heading, want := range map[string]string{
		"Night Clinics":               "night-clinics",
		"  night   CLINICS : ":        "night-clinics",
		"Piers & Schools":             "piers-and-schools",
		"Piers&Schools":               "piers-and-schools",
		"Piers and Schools":           "piers-and-schools",
		"Amérique du Sud":             "amérique-du-sud",
		"हिन्दी":                      "हिन्दी",
		"24/7 Care":                   "24-7-care",
		"*Harbours*":                  "harbours",
		"North\u00a0Sea":              "north-sea",
		"…":                           "",
		"":                            "",
		"Lead":                        newsletter.LeadKey,
		"Network HQ, Global Partners": "network-hq-global-partners",
	} {
		if got := newsletter.SectionKey(heading); got != want {
			t.Errorf("%q has the key %q, want %q", heading, got, want)
		}
	}
}

func FuzzSectionKey(f *testing.F) {
	for _, s := range []string{"Night Clinics", "A & B", "&", "İzmir", "ΟΔΟΣ", "हिन्दी", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, heading string) {
		key := newsletter.SectionKey(heading)
		if again := newsletter.SectionKey(key); again != key {
			t.Errorf("the key of %q is %q, and the key of that %q", heading, key, again)
		}
		if strings.ContainsFunc(key, unicode.IsSpace) || strings.Contains(key, "&") || strings.HasPrefix(key, "-") || strings.HasSuffix(key, "-") {
			t.Errorf("%q has the key %q", heading, key)
		}
	})
}

func TestDefaultsFillIn(t *testing.T) {
	n := sound()
	if n.BulletinTitle() != "Lantern Notes" || n.BounceDomain() != "bounces.example.org" {
		t.Errorf("title %q, bounces to %q", n.BulletinTitle(), n.BounceDomain())
	}
	n.Title, n.EnvelopeDomain = "", ""
	if n.BulletinTitle() != n.Name || n.BounceDomain() != "example.org" {
		t.Errorf("title %q, bounces to %q without their own", n.BulletinTitle(), n.BounceDomain())
	}
	if s, ok := n.SectionByKey("night-clinics"); !ok || s.Name != "Night Clinics" {
		t.Errorf("section %v, %t", s, ok)
	}
	if _, ok := n.SectionByKey(newsletter.LeadKey); ok {
		t.Error("the lead was found among the sections")
	}
	if loc, err := n.Location(); err != nil || loc.String() != "Europe/Berlin" {
		t.Errorf("location %v, %v", loc, err)
	}
	n.TimeZone = "Atlantis/Pier"
	if _, err := n.Location(); newsletter.KindOf(err) != newsletter.Invalid {
		t.Errorf("an unknown zone gives %v", err)
	}
}

func TestDurationAsText(t *testing.T) {
	for text, d := range map[string]time.Duration{
		"6h": 6 * time.Hour, "1h30m": 90 * time.Minute, "20h": 20 * time.Hour, "10m": 10 * time.Minute, "1m30s": 90 * time.Second,
		"0s": 0, "1h0m5s": time.Hour + 5*time.Second, "1h10m": 70 * time.Minute,
	} {
		if got := newsletter.Duration(d).String(); got != text {
			t.Errorf("%s is written %s", text, got)
		}
		var back newsletter.Duration
		if err := back.UnmarshalText([]byte(text)); err != nil || time.Duration(back) != d {
			t.Errorf("%s is read as %s, %v", text, back, err)
		}
	}
	var d newsletter.Duration
	if err := d.UnmarshalText([]byte("six hours")); newsletter.KindOf(err) != newsletter.Usage {
		t.Errorf("words are read as %s, %v", d, err)
	}
}

func TestStates(t *testing.T) {
	begun := map[newsletter.BulletinState]bool{
		newsletter.BulletinReview: false, newsletter.BulletinApproved: false, newsletter.BulletinHeld: false,
		newsletter.BulletinSending: true, newsletter.BulletinPaused: true, newsletter.BulletinSent: true, newsletter.BulletinCancelled: true,
	}
	for s, want := range begun {
		if s.Begun() != want {
			t.Errorf("%s has begun: %t", s, s.Begun())
		}
	}
	seen := map[newsletter.DeliveryState]bool{}
	balance := newsletter.Balance{}
	for i, s := range newsletter.DeliveryStates {
		if seen[s] || strings.HasPrefix(s.String(), "state ") {
			t.Errorf("%s is listed twice or has no word", s)
		}
		seen[s] = true
		balance[s] = 1 << i
	}
	if len(seen) != 8 || newsletter.DeliveryState(8).String() != "state 8" || newsletter.DeliveryState(-1).String() != "state -1" {
		t.Errorf("%d states are listed", len(seen))
	}
	if balance.Audience() != 255 {
		t.Errorf("the audience is %d, want the sum 255", balance.Audience())
	}
	if open := balance.Open(); open != balance[newsletter.DeliveryPending]+balance[newsletter.DeliveryDeferred]+balance[newsletter.DeliveryInFlight] {
		t.Errorf("%d are open", open)
	}
}
