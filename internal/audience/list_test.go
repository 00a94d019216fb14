package audience_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"epistle/internal/audience"
	"epistle/internal/newsletter"
)

// shown writes what was read, a line each.
func shown(entries []audience.Entry, refused []audience.Refusal) string {
	var lines []string
	for _, e := range entries {
		line := strings.TrimRight(fmt.Sprintf("%s %s %s %s %s", e.Address, e.Person.Name, e.Person.Language, e.Person.TimeZone, strings.Join(e.Person.Tags, "+")), " ")
		if !e.ConsentAt.IsZero() {
			line += " since " + e.ConsentAt.UTC().Format("2006-01-02T15:04")
		}
		if len(e.Person.Fields) > 0 {
			line += fmt.Sprintf(" %v", e.Person.Fields)
		}
		lines = append(lines, line)
	}
	for _, r := range refused {
		reason, _, _ := strings.Cut(r.Reason, " (") // the way on is package address's
		lines = append(lines, fmt.Sprintf("%d: %q %s", r.Line, r.Value, reason))
	}
	return strings.Join(lines, "\n")
}

func TestReadList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, list, want string }{
		{"only addresses", "email\ndan@example.org\n", "dan@example.org"},
		{"a header alone", "email,name\n", ""},
		{"no final newline", "email\ndan@example.org", "dan@example.org"},
		{"a byte order mark", "\ufeffemail\ndan@example.org\n", "dan@example.org"},
		{"a byte order mark before a quoted header", "\ufeff\"email\"\ndan@example.org\n", "dan@example.org"},
		{"Windows line ends", "email,name\r\ndan@example.org,Dan\r\n", "dan@example.org Dan"},
		{"every column", "Email,NAME, language ,time_zone,tags,consent_date\ndan@example.org,Dan,de,Europe/Berlin,\"a, b,,a\",2026-03-12\n", "dan@example.org Dan de Europe/Berlin a+b since 2026-03-12T00:00"},
		{"a consent to the minute", "email,consent_date\ndan@example.org,2026-03-12T08:30:00+01:00\n", "dan@example.org since 2026-03-12T07:30"},
		{"unknown columns", "email,Port,Boat\ndan@example.org,west,\n", "dan@example.org map[port:west]"},
		{"quotes", "email,name\ndan@example.org,\"Dan \"\"the Lamp\"\", of the pier\"\n", "dan@example.org Dan \"the Lamp\", of the pier"},
		{"spaces", "email, name\n  dan@example.org ,  Dan \n", "dan@example.org Dan"},
		{"short rows", "email,name,port\ndan@example.org\neve@example.org,Eve\n", "dan@example.org\neve@example.org Eve"},
		{"long rows", "email,name\ndan@example.org,Dan,more\neve@example.org,Eve,,\n", "eve@example.org Eve\n2: \"more\" the row has more columns than the header"},
		{"empty rows", "email,name\n\n,\n , \ndan@example.org,\n", "dan@example.org"},
		{"a row without an address", "email,name\n,Dan\n", "2: \"\" there is no address in the row"},
		{"a bad address", "email\ndan@example\nDan <dan@example.org>\n", "2: \"dan@example\" \"dan@example\" is not an e-mail address: the domain has no dot\n3: \"Dan <dan@example.org>\" \"Dan <dan@example.org>\" is not an e-mail address: it has a name beside it"},
		{"duplicates", "email\ndan@example.org\neve@example.org\nDAN@Example.org\n", "dan@example.org\neve@example.org\n4: \"DAN@example.org\" the address stands in line 2 already"},
		{"a duplicate of a refused row", "email,language\ndan@example.org,some German\ndan@example.org,de\n", "dan@example.org  de\n2: \"some German\" \"some German\" is not a language tag such as en or pt-BR"},
		{"lines after a cell of two lines", "email,name\n\"dan@example.org\",\"Dan\nLamp\"\neve\n", "2: \"Dan\\nLamp\" there is a line break or a control character in the cell\n4: \"eve\" \"eve\" is not an e-mail address: there is no \"@\""},
		{"a time zone that is none", "email,time_zone\ndan@example.org,Berlin\n", "2: \"Berlin\" \"Berlin\" is not a time zone such as Europe/Berlin"},
		{"the machine's time zone", "email,time_zone\ndan@example.org,Local\n", "2: \"Local\" \"Local\" is not a time zone such as Europe/Berlin"},
		{"a consent that is no date", "email,consent_date\ndan@example.org,yesterday\n", "2: \"yesterday\" \"yesterday\" is not a date such as 2026-03-12"},
		{"a consent before computers", "email,consent_date\ndan@example.org,0001-01-01\n", "2: \"0001-01-01\" \"0001-01-01\" is not a date such as 2026-03-12"},
		{"a name in another encoding", "email,name\ndan@example.org,J\xf6rg\neve@example.org,Eve\n", "eve@example.org Eve\n2: \"J\\xf6rg\" its characters are not in UTF-8; save the list as UTF-8"},
		{"columns without a name", "email,,\ndan@example.org,,\neve@example.org,x,\n", "dan@example.org\n3: \"x\" the cell's column has no name in the header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			entries, refused, err := audience.ReadList("list.csv", strings.NewReader(c.list))
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(entries, refused); got != c.want {
				t.Errorf("read\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestReadListRefusesTheWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, list, place, remedy string }{
		{"nothing", "", "list.csv", "header row"},
		{"a header without addresses", "name,mail\nDan,dan@example.org\n", "list.csv:1", "email,name"},
		{"no header", "dan@example.org\n", "list.csv:1", "email,name"},
		{"semicolons", "email;name\ndan@example.org;Dan\n", "list.csv:1", "commas"},
		{"a column twice", "email,name,Name\n", "list.csv:1", "rename"},
		{"a quote that never ends", "email,name\ndan@example.org,\"Dan\n", "list.csv:2:", "Mend"},
		{"a quote in the middle", "email,name\ndan@example.org,Dan \"Lamp\"\n", "list.csv:2:", "Mend"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			entries, refused, err := audience.ReadList("list.csv", strings.NewReader(c.list))
			if newsletter.KindOf(err) != newsletter.Invalid || err == nil || !strings.HasPrefix(err.Error(), c.place) {
				t.Fatalf("%d entries, %v, error %v, want one at %s", len(entries), refused, err, c.place)
			}
			if remedy := newsletter.RemedyOf(err); !strings.Contains(remedy, c.remedy) {
				t.Errorf("the way on is %q, want something about %q", remedy, c.remedy)
			}
		})
	}
}

// FuzzReadList holds that every row is taken or refused, once for each address,
// and that nothing illegible gets through.
func FuzzReadList(f *testing.F) {
	for _, s := range []string{
		"email,name\ndan@example.org,Dan\n", "\ufeffemail\n\"dan@example.org\"\n", "email,tags\na@b.org,\"x,y\"\n,\n", "email\n\"", "email,,email\n",
		"email;name\n", "email,name\na@b.org,\xff\n", "email,consent_date\na@b.org,2026-01-01\n", "email\r\na@b.org\r\nA@b.org\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		entries, refused, err := audience.ReadList("list.csv", strings.NewReader(string(list)))
		if err != nil {
			if len(entries) > 0 || len(refused) > 0 {
				t.Error("a list that is refused gives entries")
			}
			return
		}
		seen := map[string]bool{}
		for _, e := range entries {
			if e.Address.Local == "" || e.Address.Domain == "" || seen[e.Address.Key()] {
				t.Errorf("entry %+v", e)
			}
			seen[e.Address.Key()] = true
			if name := e.Person.Name; !utf8.ValidString(name) || strings.ContainsAny(name, "\r\n\x00") {
				t.Errorf("name %q", name)
			}
			if _, nameless := e.Person.Fields[""]; nameless {
				t.Errorf("entry %+v", e)
			}
		}
		for _, r := range refused {
			if r.Line < 2 || r.Reason == "" {
				t.Errorf("refusal %+v", r)
			}
		}
	})
}
