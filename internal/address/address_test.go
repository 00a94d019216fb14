package address

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseGivesTheCanonicalForm(t *testing.T) {
	t.Parallel()
	local64 := strings.Repeat("l", 64)
	label63 := strings.Repeat("d", 63)
	tests := []struct{ name, in, want string }{
		{"a plain address", "ana@example.org", "ana@example.org"},
		{"the domain in lower case, the local part as written", "Ana.Lee@Example.ORG", "Ana.Lee@example.org"},
		{"every special character", "!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"},
		{"a tag", "ana+news@example.org", "ana+news@example.org"},
		{"white space around", " \t ana@example.org\r\n", "ana@example.org"},
		{"no-break space and byte order mark around", "\ufeff\u00a0ana@example.org\u00a0", "ana@example.org"},
		{"a domain in its own script", "ana@Bücher.example", "ana@xn--bcher-kva.example"},
		{"a domain in A-labels", "ana@XN--Bcher-Kva.Example", "ana@xn--bcher-kva.example"},
		{"a sharp s stays one", "ana@straße.example", "ana@xn--strae-oqa.example"},
		{"a domain in Devanagari", "ana@नेपाल.भारत", "ana@xn--l2bey1c2b.xn--h2brj9c"},
		{"wide letters and an ideographic dot in the domain", "ana@ｅｘａｍｐｌｅ。org", "ana@example.org"},
		{"a local part in its own script", "jürgen@example.org", "jürgen@example.org"},
		{"quotation marks that were not needed", `"ana.lee"@example.org`, "ana.lee@example.org"},
		{"one letter on each side", "a@b.c", "a@b.c"},
		{"digits in the domain", "1@2.3com", "1@2.3com"},
		{"the longest local part", local64 + "@example.org", local64 + "@example.org"},
		{"the longest label", "ana@" + label63 + ".org", "ana@" + label63 + ".org"},
		{
			"the longest address", local64 + "@" + label63 + "." + label63 + "." + strings.Repeat("d", 61),
			local64 + "@" + label63 + "." + label63 + "." + strings.Repeat("d", 61),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, err := Parse(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if a.String() != test.want {
				t.Errorf("got %q, want %q", a, test.want)
			}
		})
	}
}

func TestParseRefusesWithAReason(t *testing.T) {
	t.Parallel()
	label63 := strings.Repeat("d", 63)
	tests := []struct {
		name, in, reason string
		offset           int
	}{
		{"nothing", "", "it is empty", -1},
		{"only white space", " \u00a0\ufeff\n", "it is empty", -1},
		{"a word", "ana", `there is no "@"`, -1},
		{"a wide @", "ana＠example.org", `there is no "@"`, -1},
		{"no local part", "@example.org", "nothing stands before the @", 0},
		{"empty quotation marks", `""@example.org`, "in quotation marks", 0},
		{"no domain", "ana@", "nothing stands after the @", 4},
		{"two @", "ana@lee@example.org", "'@' cannot stand before the @", 3},
		{"a link", "MailTo:ana@example.org", "it is a link", 0},
		{"a name beside it", "Ana Lee <ana@example.org>", "it has a name beside it", 0},
		{"a quoted name beside it", `"Lee, Ana" <ana@example.org>`, "it has a name beside it", 0},
		{"angle brackets", " <ana@example.org>", "it stands in angle brackets", 1},
		{"two addresses", "ana@example.org, bo@example.org", "more than one address", 15},
		{"two addresses with names", "Ana <ana@example.org>; Bo <bo@example.org>", "more than one address", 3},
		{"a group", "undisclosed-recipients:;", "it is a group", 0},
		{"a comment", "ana@example.org (home)", "it holds a comment", 16},
		{"quotation marks that are needed", `"ana lee"@example.org`, "in quotation marks", 0},
		{"an @ in quotation marks", `"ana@lee"@example.org`, "in quotation marks", 0},
		{"an open quotation mark", `"ana@example.org`, "in quotation marks", 0},
		{"a quoted line break", "\"a\r\nb\"@example.org", "in quotation marks", 0},
		{"a space in the local part", "ana lee@example.org", "white space in it (U+0020)", 3},
		{"a no-break space inside", "ana\u00a0lee@example.org", "white space in it (U+00A0)", 3},
		{"a line break inside", "ana@example.org\nBcc: bo", "white space in it (U+000A)", 15},
		{"NUL", "ana\x00@example.org", "control character in it (U+0000)", 3},
		{"a zero-width space in the domain", "ana@exam\u200bple.org", "invisible character in it (U+200B)", 8},
		{"a zero-width joiner", "a\u200dna@example.org", "invisible character in it (U+200D)", 1},
		{"a soft hyphen", "ana@exam\u00adple.org", "invisible character in it (U+00AD)", 8},
		{"a byte order mark inside", "ana\ufefflee@example.org", "invisible character in it (U+FEFF)", 3},
		{"a Hangul filler", "ana\u3164@example.org", "invisible character in it (U+3164)", 3},
		{"a variation selector", "ana\ufe0f@example.org", "invisible character in it (U+FE0F)", 3},
		{"a tag character", "ana\U000e0061@example.org", "invisible character in it (U+E0061)", 3},
		{"an empty braille cell", "ana\u2800@example.org", "invisible character in it (U+2800)", 3},
		{"a private character", "ana\ue000@example.org", "invisible character in it (U+E000)", 3},
		{"a mark of writing direction", "\u202eana@example.org", "mark of writing direction in it (U+202E)", 0},
		{"a replacement character", "an\ufffd@example.org", "cannot stand before the @", 2},
		{"Latin-1 bytes", "j\xfcrgen@example.org", "not in UTF-8", 1},
		{"a leading dot", ".ana@example.org", "it begins with a dot", 0},
		{"a trailing dot", "ana.@example.org", "a dot stands just before the @", 3},
		{"two dots", "ana..lee@example.org", "two dots stand side by side", 3},
		{"a backslash", `an\a@example.org`, "cannot stand before the @", 2},
		{"a colon", "to:ana@example.org", "':' cannot stand before the @", 2},
		{"a local part of 65 octets", strings.Repeat("l", 65) + "@example.org", "longer than 64 octets", 64},
		{"a local part of 33 letters of two octets", strings.Repeat("ü", 33) + "@example.org", "longer than 64 octets", 64},
		{"an address literal", "ana@[192.0.2.1]", "square brackets", 4},
		{"an IPv6 literal", "ana@[IPv6:2001:db8::1]", "square brackets", 4},
		{"a bare number", "ana@192.0.2.1", "the domain ends in a number", 4},
		{"a domain without a dot", "ana@localhost", "the domain has no dot", 4},
		{"a dot at the end", "ana@example.org.", "a dot stands at the end", 15},
		{"an ideographic dot at the end", "ana@example.org。", "begins or ends with a dot", 4},
		{"a dot at the beginning", "ana@.example.org", "begins or ends with a dot", 4},
		{"two dots in the domain", "ana@example..org", "two dots stand side by side", 4},
		{"an underscore in the domain", "ana@b_c.co", `"b_c.co" cannot be a domain`, 4},
		{"a hyphen before the domain", "ana@-b.co", "cannot be a domain", 4},
		{"a hyphen after a label", "ana@b-.co", "cannot be a domain", 4},
		{"an A-label that is none", "ana@xn--a.org", "cannot be a domain", 4},
		{"an empty A-label", "ana@example.xn--", "begins or ends with a dot", 4},
		{"a port", "ana@example.org:25", "cannot be a domain", 4},
		{"a label of 64 octets", "ana@d" + label63 + ".org", "longer than 63 octets", 4},
		{"a label of 64 octets once in A-labels", "ana@" + strings.Repeat("ü", 60) + ".org", "longer than 63 octets", 4},
		{
			"255 octets", "al@" + label63 + "." + label63 + "." + label63 + "." + strings.Repeat("d", 60),
			"longer than 254 octets", -1,
		},
		{"a megabyte", strings.Repeat("a", 1<<20) + "@example.org", "longer than 254 octets", -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, err := Parse(test.in)
			var refusal *Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %q and %v, want an *Error", a, err)
			}
			if a != (Address{}) {
				t.Errorf("an address beside the error: %q", a)
			}
			if !strings.Contains(refusal.Reason, test.reason) || refusal.Offset != test.offset {
				t.Errorf("got  %q at %d\nwant %q at %d", refusal.Reason, refusal.Offset, test.reason, test.offset)
			}
			if refusal.Remedy == "" || refusal.Input != test.in {
				t.Errorf("remedy %q, input %q", refusal.Remedy, refusal.Input)
			}
		})
	}
}

func TestErrorIsOneReadableSentence(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"ana@exam\u200bple.org", `"ana@exam\u200bple.org" is not an e-mail address: there is an invisible character in it (U+200B)`},
		{"ana", `"ana" is not an e-mail address: there is no "@"`},
		{
			strings.Repeat("a", 300),
			`"` + strings.Repeat("a", 100) + `…" is not an e-mail address: there is no "@"`,
		},
	}
	for _, test := range tests {
		if _, err := Parse(test.in); err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

func TestASCIISaysWhetherSMTPUTF8IsNeeded(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{"ana@bücher.example": true, "ana@example.org": true, "jürgen@example.org": false} {
		a, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if a.ASCII() != want {
			t.Errorf("%s: got %v", in, a.ASCII())
		}
	}
}

func TestKeyFindsDuplicates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{"case in the local part", "Ana@example.org", "aNA@example.org", true},
		{"case in the domain", "ana@EXAMPLE.org", "ana@example.org", true},
		{"a domain in its own script and in A-labels", "ana@bücher.example", "ana@xn--bcher-kva.example", true},
		{"composed and decomposed letters", "ju\u0308rgen@example.org", "JÜRGEN@example.org", true},
		{"three sorts of sigma", "ΝΙΚΟΣ@example.org", "νικος@example.org", true},
		{"a Kelvin sign", "\u212a@example.org", "k@example.org", true},
		{"a dotted capital I", "İlker@example.org", "ilker@example.org", true},
		{"a tag is somebody else", "ana+a@example.org", "ana@example.org", false},
		{"a dot is somebody else", "an.a@example.org", "ana@example.org", false},
		{"sharp s is not ss", "groß@example.org", "gross@example.org", false},
		{"another domain", "ana@example.org", "ana@example.com", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, err := Parse(test.a)
			if err != nil {
				t.Fatal(err)
			}
			b, err := Parse(test.b)
			if err != nil {
				t.Fatal(err)
			}
			if (a.Key() == b.Key()) != test.same {
				t.Errorf("keys %q and %q", a.Key(), b.Key())
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"ana@example.org", `"ana"@example.org`, "Ana <ana@example.org>", "ana@bücher.example", "jürgen@例え.jp",
		"a@[192.0.2.1]", "mailto:ana@example.org", "\ufeffana@example.org\u00a0", "ana@xn--.xn--a", "a@b。c.",
		"a\u200b@b.c", "\"\\\"\"@b.c", "ana@faß.de", "İ@b.c", "a@1a.מבחן", "a@\u00ad.\u00ad", "undisclosed:;", "<@>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		a, err := Parse(in)
		if err != nil {
			var refusal *Error
			if !errors.As(err, &refusal) || refusal.Reason == "" || refusal.Remedy == "" || refusal.Offset > len(in) {
				t.Fatalf("%q: %#v", in, err)
			}
			return
		}
		again, err := Parse(a.String())
		if err != nil || again != a {
			t.Fatalf("%q became %q, then %q: %v", in, a, again, err)
		}
		if len(a.Local) > MaxLocal || len(a.String()) > MaxLength || strings.ContainsAny(a.String(), "\r\n\x00 <>") || !utf8.ValidString(a.String()) {
			t.Fatalf("%q became %q", in, a)
		}
		key := a.Key()
		if folded := (Address{Local: strings.TrimSuffix(key, "@"+a.Domain), Domain: a.Domain}).Key(); folded != key {
			t.Fatalf("the key %q has the key %q", key, folded)
		}
	})
}
