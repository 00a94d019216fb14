package tomlfile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"epistle/internal/tomlfile"
)

type sample struct {
	Name    string   `toml:"name"`
	Count   int      `toml:"count"`
	Small   int8     `toml:"small"`
	Rate    float64  `toml:"rate"`
	On      bool     `toml:"on"`
	Words   []string `toml:"words"`
	Since   instant  `toml:"since"`
	Hidden  string   `toml:"-"`
	Design  design   `toml:"design"`
	Members []member `toml:"members"`
}

type design struct {
	Accent string `toml:"accent,omitempty"`
	Width  int    `toml:"width"`
}

type member struct {
	Name string   `toml:"name"`
	Tags []string `toml:"tags"`
}

type instant struct{ time.Time }

func (i *instant) UnmarshalText(b []byte) error {
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return fmt.Errorf("%q is not a day", b)
	}
	i.Time = t
	return nil
}

const good = `
name = "lantern"
count = 7
rate = 3
on = true
words = ["a", "b"]
since = "2027-03-12"
design.accent = "#8a3b12"

[[members]]
name = "Ana"
[[members]]
name = "Bo"
tags = ["night"]
`

func TestDecodeFillsTheStruct(t *testing.T) {
	t.Parallel()
	s := sample{Small: 5, Design: design{Width: 40}}
	file, faults := tomlfile.Decode("x.toml", []byte("\ufeff"+good), &s)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got := fmt.Sprint(s.Name, s.Count, s.Small, s.Rate, s.On, s.Words, s.Since.Year(), s.Design, s.Members)
	if want := "lantern7 5 3 true [a b] 2027 {#8a3b12 40} [{Ana []} {Bo [night]}]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for key, want := range map[string]string{
		"count":           "x.toml:3:1: count",
		"design.accent":   "x.toml:8:8: design.accent",
		"design.width":    "x.toml:8:1: design.width", // missing: where its table stands
		"members[2].name": "x.toml:13:1: members[2].name",
		"members[1].tags": "x.toml:10:3: members[1].tags", // missing: where its element stands
		"small":           "x.toml: small",
	} {
		if got := file.Place(key); got != want {
			t.Errorf("Place(%q) = %q, want %q", key, got, want)
		}
	}
	if !file.Has("members[2].tags") || file.Has("members[1].tags") {
		t.Error("Has does not tell the members apart")
	}
}

func TestFaultsNamePlaceAndWayOn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"an unknown key":             {"coutn = 3", `x.toml:1:1: coutn: "coutn" is not a known key | The nearest known key is "count".`},
		"an unknown key in a table":  {"[design]\naccnt = 3", `x.toml:2:1: design.accnt: "design.accnt" is not a known key | The nearest known key is "design.accent".`},
		"an unknown key in a list":   {"[[members]]\n[[members]]\nNmae = 1", `x.toml:3:1: members[2].Nmae: "members[2].Nmae" is not a known key | The nearest known key is "members[2].name".`},
		"an unknown key inline":      {"members = [{ name = \"é\" }, { nam = 1 }]", `x.toml:1:30: members[2].nam: "members[2].nam" is not a known key | The nearest known key is "members[2].name".`},
		"an unknown table":           {"\n[desing]\n", `x.toml:2:2: desing: "desing" is not a known key | The nearest known key is "design".`},
		"a field that has no key":    {`Hidden = ""`, `x.toml:1:1: Hidden: "Hidden" is not a known key | The nearest known key is "since".`},
		"text for a number":          {`count = "3"`, `x.toml:1:1: count: the value is text, but a whole number is wanted | Write it like this: count = 10`},
		"a fraction for a number":    {`count = 3.5`, `x.toml:1:1: count: the value is a number with a fraction, but a whole number is wanted | Write it like this: count = 10`},
		"a number that is too large": {`small = 300`, `x.toml:1:1: small: the value is not a number that fits here | Write it like this: small = 10`},
		"infinity":                   {`rate = inf`, `x.toml:1:1: rate: the value is not a number that fits here | Write it like this: rate = 10`},
		"a number for text":          {`name = 3`, `x.toml:1:1: name: the value is a whole number, but text is wanted | Write it like this: name = "…"`},
		"a value for a table":        {`design = 3`, `x.toml:1:1: design: the value is a whole number, but a table is wanted | Write it like this: [design], then its keys`},
		"a table for a list":         {"[members]\nname = \"x\"", `x.toml:1:2: members: the value is a table, but a list is wanted | Write it like this: [[members]], then its keys`},
		"a wrong element":            {"words = [1]", `x.toml:1:1: words[1]: the value is a whole number, but text is wanted | Write it like this: words = "…"`},
		"a date without quotes":      {"since = 2027-03-12", `x.toml:1:1: since: the value is a date or time, but text is wanted | Put the value in quotation marks.`},
		"text its type refuses":      {`since = "soon"`, `x.toml:1:1: since: "soon" is not a day | `},
		"latin-1":                    {"# ok\nname = \"caf\xe9\"", `x.toml:2:12: the file is not UTF-8 text | Save it in the encoding UTF-8.`},
		"too many parts":             {strings.Repeat("a.", 9) + "a = 1", `x.toml:1:17: a key has more than 8 parts | No key of this file needs that; compare it with the example.`},
		"too deep":                   {"a = " + strings.Repeat("[", 12) + strings.Repeat("]", 12), `x.toml:1:1: the value is nested more than 8 levels deep | No key of this file needs that; compare it with the example.`},
		"a long key":                 {strings.Repeat("a", 65) + " = 1", `x.toml:1:1: a key is longer than 64 bytes | No key of this file needs that; compare it with the example.`},
		"a long file":                {strings.Repeat("#", tomlfile.MaxBytes+1), `x.toml: the file is longer than 1 MB | A file of this kind has a few kilobytes; check its name.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s sample
			_, faults := tomlfile.Decode("x.toml", []byte(tc.in), &s)
			if len(faults) != 1 {
				t.Fatalf("got %d faults: %v", len(faults), faults)
			}
			if got := faults[0].Error() + " | " + faults[0].Remedy; got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestSyntaxFaultHasItsLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"name = \"x\"\ncount = ":   "x.toml:2:",
		"name = lantern":           "x.toml:1:8: ",
		"[design\n":                "x.toml:1:",
		"count = 1\n\ncount = 2\n": "x.toml:3:1: ",
	} {
		var s sample
		_, faults := tomlfile.Decode("x.toml", []byte(in), &s)
		if len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), want) || faults[0].Remedy == "" {
			t.Errorf("%q: got %v, want a fault at %s", in, faults, want)
		}
	}
}

func TestAllFaultsComeAtOnceInOrder(t *testing.T) {
	t.Parallel()
	var s sample
	_, faults := tomlfile.Decode("x.toml", []byte("on = 1\nzz = 1\ncount = \"a\"\n[design]\nwidth = true\naccent = \"#8a3b12\""), &s)
	var places []string
	for _, f := range faults {
		places = append(places, f.Place())
	}
	want := "x.toml:1:1: on, x.toml:2:1: zz, x.toml:3:1: count, x.toml:5:1: design.width"
	if got := strings.Join(places, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if s.Design.Accent != "#8a3b12" {
		t.Error("a good value beside a bad one was not read")
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"host", "port", "password", "password_file"}
	for word, want := range map[string]string{
		"hots": "host", "Port": "port", "passwort": "password", "pasword-file": "password_file", "pörts": "port",
	} {
		if got := tomlfile.Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := tomlfile.Nearest("x", nil); got != "" {
		t.Errorf("Nearest without words = %q", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("a.b.c = [{x=1},{y=[2]}]\n[[a.d]]\n[a.d.e]\n[[a.d.f]]\n"))
	f.Add([]byte("\xef\xbb\xbfname = '''x'''\r\n\"quoted key\" = 1979-05-27T07:32:00Z"))
	f.Add([]byte("members = [[{name=1}]]\n[members.x]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s sample
		file, faults := tomlfile.Decode("x", data, &s)
		if file == nil {
			t.Fatal("no file")
		}
		for _, fault := range faults {
			if fault.Message == "" {
				t.Errorf("a fault without a message: %+v", fault)
			}
		}
	})
}

func FuzzQuote(f *testing.F) {
	f.Add(`a "quoted" \ back`)
	f.Add("two\nlines with \"\"\" marks\"\n\r\x00\x7f")
	f.Add("\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		var s sample
		if _, faults := tomlfile.Decode("x", []byte("name = "+tomlfile.Quote(text)), &s); len(faults) > 0 && len(text) < tomlfile.MaxBytes/8 {
			t.Fatal(faults)
		} else if len(faults) == 0 && s.Name != text {
			t.Errorf("got %q, want %q", s.Name, text)
		}
	})
}
