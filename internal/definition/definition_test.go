package definition_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"epistle/internal/definition"
	"epistle/internal/newsletter"
	"epistle/internal/tomlfile"
)

const whole = `
name = "The Weekly Lantern"
title = "Notes from the \"Lantern\""
from = "The Weekly Lantern <bulletin@lantern.example.org>"
reply_to = "editors@lantern.example.org"
envelope_domain = "bounces.lantern.example.org"
list_id = "weekly.lantern.example.org"
help = "https://lantern.example.org/help"
postal_address = """
Lantern House
1 Harbour Street
"""
language = "en-GB"
time_zone = "Europe/Lisbon"
reason = "You asked for it."
pseudonym_note = '''Names with a \ or "quotes"'''
first_number = 214
pseudonyms = ["Marisol", " Ana Luz "]
[design]
accent = "#0b5e6b"
logo = "https://lantern.example.org/logo.png"
logo_width = 120
set_apart = ["Give thanks", "Remember"]
[schedule]
assemble = "0 16 * * 3"
proof = "30 16 * * 3"
send = "0 8 * * 5"
late = "90m"
[policy]
approvals = 2
author_may_approve = false
uncertain = "resend"
import_state = "pending"
audience_change = 35
[checks]
epigraph = "off"
postal-address = "error"
[public]
subscribe = true
archive = true
[bounces]
hard = "unsubscribe"
soft = 0
weeks = 6
pause_bounces = 0.05
pause_complaints = 0.003
[[sections]]
name = "Latin America"
[[sections]]
name = "Lantern HQ & Global Partners"
introduction = """

Two lines
of **words**.
"""
[[staff]]
name = "Ana"
email = "ana@example.org"
role = "editor"
[[staff]]
name = "Bo"
email = "bo@example.org"
role = "contributor"
sections = ["Latin America", "lead"]
`

func TestReadTakesEveryKey(t *testing.T) {
	t.Parallel()
	n, err := definition.Read("weekly.toml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if n.PostalAddress != "Lantern House\n1 Harbour Street" || n.Sections[1].Introduction != "Two lines\nof **words**." {
		t.Errorf("longer texts are not trimmed: %q, %q", n.PostalAddress, n.Sections[1].Introduction)
	}
	if n.Pseudonyms[1] != "Ana Luz" || n.Checks["epigraph"] != newsletter.SettingOff || n.Checks["postal-address"] != newsletter.SettingError || n.Policy.AudienceChange != 35 {
		t.Errorf("pseudonyms %q, checks %v, policy %+v", n.Pseudonyms, n.Checks, n.Policy)
	}
	// Nothing of the struct may be left at zero: the sample has every key.
	v := reflect.ValueOf(*n)
	for i := range v.NumField() {
		if key, ok := tomlfile.KeyOf(v.Type().Field(i)); ok && v.Field(i).IsZero() {
			t.Errorf("%s was not read", key)
		}
	}
}

func TestReadOfWriteIsTheSame(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"with every key": whole,
		"of the example": string(definition.Example("weekly", "news.example.org")),
		"with an awkward sender": `name = "x"
from = "\"Lantern, \\\\ Night\" <a@example.org>"
list_id = "a.example.org"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := definition.Read("weekly.toml", []byte(source))
			if err != nil {
				t.Fatal(err)
			}
			roundTrip(t, want)
		})
	}
}

// roundTrip writes and reads a newsletter, twice: the second file equals the first.
func roundTrip(t *testing.T, want *newsletter.Newsletter) {
	t.Helper()
	var first, second bytes.Buffer
	if err := definition.Write(&first, want); err != nil {
		t.Fatal(err)
	}
	got, err := definition.Read("written.toml", first.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, first.String())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
	if err := definition.Write(&second, got); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Errorf("the file changes when it is written again:\n%s\n%s", first.String(), second.String())
	}
}

func TestExampleIsTheNewsletterOfInit(t *testing.T) {
	t.Parallel()
	n, err := definition.Read("newsletter.toml", definition.Example("weekly-lantern", "news.example.org"))
	if err != nil {
		t.Fatal(err)
	}
	want := &newsletter.Newsletter{
		Name: "Weekly Lantern", From: newsletter.Address{Email: "bulletin@news.example.org"},
		EnvelopeDomain: "news.example.org", ListID: "weekly-lantern.news.example.org",
		Language: "en", TimeZone: "UTC", Policy: newsletter.DefaultPolicy(), Bounces: newsletter.DefaultBounces(),
	}
	if !reflect.DeepEqual(n, want) {
		t.Errorf("got  %#v\nwant %#v", n, want)
	}
}

func TestEveryLineOfTheExampleCanBeUsed(t *testing.T) {
	t.Parallel()
	var lines []string
	for line := range strings.Lines(string(definition.Example("weekly", "news.example.org"))) {
		// "#key" is a setting, "# Words" a comment.
		if len(line) > 2 && line[0] == '#' && line[1] != ' ' {
			line = line[1:]
		}
		lines = append(lines, line)
	}
	n, err := definition.Read("newsletter.toml", []byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.ValueOf(*n)
	for i := range v.NumField() {
		if key, ok := tomlfile.KeyOf(v.Type().Field(i)); ok && v.Field(i).IsZero() {
			t.Errorf("%s is missing from the example", key)
		}
	}
}

func TestFaultsNameLineAndKey(t *testing.T) {
	t.Parallel()
	_, err := definition.Read("weekly.toml", []byte(`name = "x"
form = "a@example.org"
list_id = "weekly"
time_zone = "Mars/Base"
[design]
accent = "red"
[schedule]
late = "soon"
[policy]
approvals = "one"
[[sections]]
name = "News"
[[sections]]
introduction = "no name"
[[staff]]
name = "Ana"
email = "ana"
role = "boss"
sections = ["Gossip"]
`))
	var faults newsletter.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.Error()+" | "+f.Remedy)
	}
	want := `weekly.toml:2:1: form: "form" is not a known key | The nearest known key is "from".
weekly.toml:8:1: schedule.late: "soon" is not a duration | Write it like "90s", "30m" or "6h".
weekly.toml:10:1: policy.approvals: the value is text, but a whole number is wanted | Write it like this: approvals = 10
weekly.toml: from: an address is missing | Write it as "Name <name@example.org>".
weekly.toml:3:1: list_id: "weekly" is not a List-Id | Write a name below a domain of yours, for example weekly.lists.example.org.
weekly.toml:4:1: time_zone: "Mars/Base" is not a time zone | Write an IANA name like "Europe/Berlin".
weekly.toml:6:1: design.accent: "red" is not a colour | Write six hexadecimal digits like "#8a3b12".
weekly.toml:13:3: sections[2].name: a section has no name | The lead needs no entry; every other section needs a name.
weekly.toml:17:1: staff[1].email: "ana" is not an e-mail address | Write the bare address, for example ana@example.org.
weekly.toml:18:1: staff[1].role: "boss" is not a role | Write "contributor", "editor" or "administrator".
weekly.toml:19:1: staff[1].sections: the newsletter has no section "Gossip" | Write one of its section names, lead or epigraph.`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if newsletter.KindOf(err) != newsletter.Usage {
		t.Error("the kind is not Usage")
	}
}

func TestFaultOfSyntaxStandsAlone(t *testing.T) {
	t.Parallel()
	_, err := definition.Read("weekly.toml", []byte("name = x\n"))
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "weekly.toml:1:8: ") {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(whole))
	f.Add(definition.Example("a", "example.org"))
	f.Add([]byte("name = \"\"\"a\r\n b\"\"\"\nfrom = \"=?utf-8?q?=0d=0a?= <a@example.org>\"\nlist_id = \"a.b\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := definition.Read("weekly.toml", data)
		if err != nil {
			if err.Error() == "" || newsletter.KindOf(err) != newsletter.Usage {
				t.Errorf("an empty fault: %#v", err)
			}
			return
		}
		roundTrip(t, n)
	})
}

func TestSettingsOfChecksAreChecked(t *testing.T) {
	t.Parallel()
	const head = "name = \"x\"\nfrom = \"a@example.org\"\nlist_id = \"a.example.org\"\n[checks]\n"
	for line, want := range map[string][2]string{
		`postal-adress = "off"`:       {`"postal-adress" is not a check`, `The nearest check is "postal-address".`},
		`epigraph = "loud"`:           {`"loud" is not a setting of a check`, `Write "error", "warning" or "off".`},
		`epigraph = 3`:                {"the value is a whole number, but text is wanted", `epigraph = "…"`},
		`protection-gate = "warning"`: {"the protection gate cannot be turned off or down", "Remove this line."},
		`protection-gate = "off"`:     {"the protection gate cannot be turned off or down", "Remove this line."},
	} {
		_, err := definition.Read("weekly.toml", []byte(head+line))
		if err == nil || !strings.Contains(err.Error(), want[0]) || !strings.Contains(newsletter.RemedyOf(err), want[1]) || !strings.Contains(err.Error(), "weekly.toml:5") {
			t.Errorf("%s: %v, %s", line, err, newsletter.RemedyOf(err))
		}
	}
	if _, err := definition.Read("weekly.toml", []byte(head+`protection-gate = "error"`)); err != nil {
		t.Error(err)
	}
}
