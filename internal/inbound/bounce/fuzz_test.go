package bounce

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzRead(f *testing.F) {
	for _, format := range formats() {
		f.Add(format.raw())
	}
	f.Add(report("5.1.1", "550 user unknown"))
	f.Add(complaint("Feedback-Type: abuse\nOriginal-Rcpt-To: keeper@harbour.example\n", returned(keeper)))
	f.Add("Delivered-To: " + keyring(f, 1).VERP(1, 2) + "@" + ours + "\n\n")
	f.Add("Subject: x\n\n" + `{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"a@b.example"}]}}`)
	r := New(options(f))
	verp := keyring(f, 1).VERP(1, 2)
	f.Fuzz(func(t *testing.T, raw string) {
		got := read(t, r, raw)
		for _, p := range got.Recipients {
			if p.Hard && (got.Kind != Bounce || !p.Class.Hard() || p.Action != ActionFailed) {
				t.Fatalf("hard without reason: %s %+v", got.Kind, p)
			}
			if p.Verified && !strings.Contains(strings.ToLower(raw), verp) && p.Source == FromVERP {
				t.Fatalf("verified without a token of ours: %+v", p)
			}
			if p.Class == "" || !utf8.ValidString(p.Evidence+p.Diagnostic) || len(p.Evidence) > 300 || len(p.Diagnostic) > 1000 {
				t.Fatalf("%+v", p)
			}
		}
		if len(got.Recipients) == 0 && got.NotIdentifiable == "" {
			t.Fatalf("%s names nobody and does not say why", got.Kind)
		}
		if got.Kind == Other && len(got.Recipients) > 0 {
			t.Fatalf("%+v", got)
		}
	})
}

func FuzzAddressesIn(f *testing.F) {
	f.Add("<keeper@harbour.example>: no")
	f.Add(`"keep er"@harbour.example wächter@härbour.example 送信先keeper@harbour.example`)
	f.Add("a@b@c.example to=<x@y.example>")
	f.Fuzz(func(t *testing.T, line string) {
		end := 0
		for _, a := range addressesIn(line) {
			if a.start < end || a.end <= a.start || a.end > len(line) || strings.Count(a.text, "@") == 0 || !strings.Contains(line[a.start:a.end], a.text) {
				t.Fatalf("%+v", a)
			}
			end = a.end
		}
	})
}

func FuzzToUTF8(f *testing.F) {
	f.Add([]byte("\x1b$B%(%i!<\x1b(B"), "iso-2022-jp")
	f.Add([]byte("\x1b$)C\x0e0!\x0f"), "iso-2022-kr")
	f.Add([]byte("\xe4"), "")
	f.Add([]byte("~{VPND~}"), "hz-gb-2312")
	f.Fuzz(func(t *testing.T, b []byte, charset string) {
		if s := toUTF8(b, charset); !utf8.ValidString(s) {
			t.Fatalf("%q", s)
		}
	})
}

func FuzzStatusGroups(f *testing.F) {
	f.Add("Final-Recipient: rfc822;a@b.example\nAction: failed\n\nFinal-Recipient: utf-8;\\x{E4}@b.example\n")
	f.Fuzz(func(t *testing.T, text string) {
		groups := statusGroups(text, 10)
		if len(groups) > 10 {
			t.Fatal(len(groups))
		}
		for _, g := range groups {
			fromGroup(g)
		}
	})
}

func FuzzMediaType(f *testing.F) {
	f.Add(`multipart/mixed; boundary="a b"; charset=x`)
	f.Add("text/plain charset=iso-2022-jp")
	f.Fuzz(func(t *testing.T, value string) {
		if _, params := mediaType(value); len(params) > 20 {
			t.Fatal(len(params))
		}
	})
}
