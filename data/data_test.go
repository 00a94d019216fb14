package data_test

import (
	"bytes"
	"encoding/csv"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"epistle/data"
)

// reserved are the domains that nobody can own (RFC 2606 §2, §3).
var reserved = regexp.MustCompile(`(^|\.)example(\.(org|net|com))?$`)

func TestSubscribersAreTwoHundredInventedPeople(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(bytes.NewReader(data.Subscribers())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"email", "name", "language", "time_zone", "tags", "consent_date"}; !slices.Equal(rows[0], want) {
		t.Fatalf("columns %v", rows[0])
	}
	rows = rows[1:]
	if len(rows) != 200 {
		t.Errorf("%d subscribers", len(rows))
	}
	seen := map[string]bool{}
	foreign, international := 0, 0
	for _, row := range rows {
		email, name, zone, consent := row[0], row[1], row[3], row[5]
		local, domain, _ := strings.Cut(email, "@")
		if _, err := mail.ParseAddress(email); err != nil || !isASCII(local) || !reserved.MatchString(domain) {
			t.Errorf("%q is not an address for examples: %v", email, err)
		}
		if seen[strings.ToLower(email)] {
			t.Errorf("%s stands twice", email)
		}
		seen[strings.ToLower(email)] = true
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", email, err)
		}
		if _, err := time.Parse(time.DateOnly, consent); err != nil {
			t.Errorf("%s: %v", email, err)
		}
		if !isASCII(name) {
			foreign++
		}
		if !isASCII(domain) {
			international++
		}
	}
	if foreign < 10 || international != 1 {
		t.Errorf("%d names beyond ASCII and %d internationalised domains", foreign, international)
	}
}

func TestItemsFillFourWeeks(t *testing.T) {
	t.Parallel()
	items, err := data.Items()
	if err != nil {
		t.Fatal(err)
	}
	sections := map[int][]string{}
	for _, item := range items {
		sections[item.Week] = append(sections[item.Week], item.Section)
		if words := len(strings.Fields(item.Body)); item.Section != "epigraph" && (words < 40 || words > 110) {
			t.Errorf("%s has %d words", item.File, words)
		}
	}
	for week, want := range map[int]string{
		-2: "epigraph lead south-asia lantern-hq-and-global-partners",
		-1: "epigraph lead latin-america south-asia southeast-asia lantern-hq-and-global-partners",
		0: "epigraph lead latin-america latin-america south-asia southeast-asia southeast-asia " +
			"lantern-hq-and-global-partners lantern-hq-and-global-partners",
		1: "epigraph latin-america southeast-asia",
	} {
		if got := strings.Join(sections[week], " "); got != want {
			t.Errorf("week %d: got %s, want %s", week, got, want)
		}
	}
}

func TestBulletinsShowTheFormsThatArrive(t *testing.T) {
	t.Parallel()
	bulletins, err := data.Bulletins()
	if err != nil {
		t.Fatal(err)
	}
	if len(bulletins) != 3 {
		t.Fatalf("%d bulletins", len(bulletins))
	}
	for i, marks := range [][]string{
		{"\n- Psalm", `"If I`, "\n\n\n"},
		{"\n— Isaiah", "“The", "\n  • ", "Jonas*", "lamp )"},
		{"\n# The Weekly Lantern\n", "\n## South Asia\n", "](https://lantern.example.org/"},
	} {
		for _, mark := range marks {
			if !strings.Contains(string(bulletins[i].Body), mark) {
				t.Errorf("%s has no %q", bulletins[i].File, mark)
			}
		}
		if !utf8.Valid(bulletins[i].Body) {
			t.Errorf("%s is not UTF-8", bulletins[i].File)
		}
	}
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e || r < ' ' })
}
