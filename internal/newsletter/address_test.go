package newsletter_test

import (
	"testing"

	"epistle/internal/newsletter"
)

func TestAddressAsText(t *testing.T) {
	for _, c := range []struct {
		name, email, text string
	}{
		{"", "ana@example.org", "ana@example.org"},
		{"Ana", "ana@example.org", "Ana <ana@example.org>"},
		{"Ana Marítima", "ana@example.org", "Ana Marítima <ana@example.org>"},
		{"Lantern, The", "ana@example.org", `"Lantern, The" <ana@example.org>`},
		{`The "Lantern"`, "ana@example.org", `"The \"Lantern\"" <ana@example.org>`},
		{`back\slash`, "ana@example.org", `"back\\slash" <ana@example.org>`},
		{"two  spaces ", "ana@example.org", `"two  spaces " <ana@example.org>`},
		{"=?utf-8?q?a?=", "ana@example.org", `"=?utf-8?q?a?=" <ana@example.org>`},
	} {
		t.Run(c.text, func(t *testing.T) {
			a := newsletter.Address{Name: c.name, Email: c.email}
			if a.String() != c.text {
				t.Errorf("text %s, want %s", a, c.text)
			}
			var back newsletter.Address
			if err := back.UnmarshalText([]byte(a.String())); err != nil || back != a {
				t.Errorf("read back as %#v, %v, want %#v", back, err, a)
			}
		})
	}
	var none newsletter.Address
	if text, err := none.MarshalText(); err != nil || len(text) != 0 || !none.IsZero() {
		t.Errorf("no address is written as %q, %v", text, err)
	}
	some := newsletter.Address{Email: "a@b.org"}
	if err := some.UnmarshalText(nil); err != nil || !some.IsZero() {
		t.Errorf("no text is read as %v, %v", some, err)
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"nothing":                          "",
		"a name alone":                     "Ana",
		"two addresses":                    "a@example.org, b@example.org",
		"a quoted part before the @":       `"a b"@example.org`,
		"a line break in an encoded name":  "=?utf-8?q?a=0D=0ABcc:?= <a@example.org>",
		"a line break":                     "Ana\r\n <a@example.org>",
		"a name that is not UTF-8":         "A\xff <a@example.org>",
		"an address within an address":     `"a@b.org"@example.org`,
		"nothing after the @":              "ana@",
		"a group":                          "Staff: a@example.org, b@example.org;",
		"a zero byte in a name":            "A\x00 <a@example.org>",
		"an encoded name of another world": "=?x-unknown?q?a?= <>",
	} {
		t.Run(name, func(t *testing.T) {
			a, err := newsletter.ParseAddress(s)
			if newsletter.KindOf(err) != newsletter.Invalid || newsletter.RemedyOf(err) == "" || err == nil {
				t.Errorf("%q is read as %#v with error %v", s, a, err)
			}
		})
	}
}

// FuzzAddress holds that whatever is read can be written and read again.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"ana@example.org", "Ana <ana@example.org>", `"Lantern, The" <a@example.org>`, `"a \" b\\" <a@example.org>`,
		"ana@example.org (Ana)", "=?utf-8?q?caf=C3=A9?= <a@example.org>", `"a b"@example.org`, "a@[192.0.2.1]", "é@münchen.example",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := newsletter.ParseAddress(s)
		if err != nil {
			return
		}
		again, err := newsletter.ParseAddress(a.String())
		if err != nil || again != a {
			t.Errorf("%q is %#v, written %q, read back as %#v, %v", s, a, a.String(), again, err)
		}
	})
}
