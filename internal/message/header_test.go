package message

import (
	"errors"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"epistle/internal/newsletter"
)

// stringFields gives every value of a Mail that comes from outside, by the place
// that a refusal names.
func stringFields(m *Mail) map[string]*string {
	return map[string]*string{
		"From":                       &m.From.Email,
		"From (name)":                &m.From.Name,
		"Reply-To":                   &m.ReplyTo.Email,
		"Reply-To (name)":            &m.ReplyTo.Name,
		"To":                         &m.To.Email,
		"To (name)":                  &m.To.Name,
		"envelope sender":            &m.EnvelopeFrom,
		"Subject":                    &m.Subject,
		"Message-ID":                 &m.MessageID,
		"List-Id":                    &m.ListID,
		"List-Id (name)":             &m.ListName,
		"List-Unsubscribe":           &m.UnsubscribeURL,
		"List-Unsubscribe (mailto:)": &m.UnsubscribeMailto,
		"List-Help":                  &m.Help,
		"List-Archive":               &m.Archive,
		"Auto-Submitted":             &m.AutoSubmitted,
		"Feedback-ID":                &m.FeedbackID,
	}
}

func TestNothingCanBeInjected(t *testing.T) {
	t.Parallel()
	for field := range stringFields(bulletin()) {
		for name, evil := range map[string]string{
			"CRLF and a header": "\r\nBcc: everyone@harbour.example",
			"CRLF folded":       "\r\n X",
			"CR":                "\r",
			"LF":                "\n",
			"NUL":               "\x00",
			"tab":               "\t",
			"escape":            "\x1b[2J",
			"DEL":               "\x7f",
			"C1 next line":      "\u0085",
			"line separator":    "\u2028",
			"not UTF-8":         "\xff",
		} {
			for where, join := range map[string]func(a, b string) string{
				"at the end":   func(a, b string) string { return a + b },
				"at the start": func(a, b string) string { return b + a },
				"inside":       func(a, b string) string { return a[:len(a)/2] + b + a[len(a)/2:] },
			} {
				t.Run(field+" with "+name+" "+where+" is refused", func(t *testing.T) {
					m := bulletin()
					m.To.Name = "Keeper"
					v := stringFields(m)[field]
					*v = join(*v, evil)
					msg, err := Compose(m, nil)
					if err == nil {
						t.Fatalf("accepted:\n%s", msg.Bytes())
					}
					place, _, _ := strings.Cut(field, " (")
					wantFault(t, err, place)
				})
			}
		}
	}
}

// wantFault checks that an error is Invalid and names exactly one place.
func wantFault(t *testing.T, err error, place string) {
	t.Helper()
	var faults newsletter.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("%T: %v", err, err)
	}
	if len(faults) != 1 || faults[0].Place != place || faults[0].Kind != newsletter.Invalid {
		t.Errorf("faults: %v; want one at %s", faults, place)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		place  string
		change func(m *Mail)
	}{
		"no From":                       {"From", func(m *Mail) { m.From.Email = "" }},
		"no To":                         {"To", func(m *Mail) { m.To.Email = "" }},
		"no envelope sender":            {"envelope sender", func(m *Mail) { m.EnvelopeFrom = "" }},
		"no @":                          {"To", func(m *Mail) { m.To.Email = "keeper" }},
		"nothing before the @":          {"To", func(m *Mail) { m.To.Email = "@harbour.example" }},
		"nothing behind the @":          {"To", func(m *Mail) { m.To.Email = "keeper@" }},
		"an empty label":                {"To", func(m *Mail) { m.To.Email = "keeper@harbour..example" }},
		"a final dot":                   {"To", func(m *Mail) { m.To.Email = "keeper@harbour.example." }},
		"an underscore in the domain":   {"To", func(m *Mail) { m.To.Email = "keeper@har_bour.example" }},
		"a hyphen first":                {"To", func(m *Mail) { m.To.Email = "keeper@-harbour.example" }},
		"an address literal":            {"To", func(m *Mail) { m.To.Email = "keeper@[192.0.2.1]" }},
		"two addresses":                 {"To", func(m *Mail) { m.To.Email = "keeper@harbour.example, b@harbour.example>" }},
		"angle brackets":                {"envelope sender", func(m *Mail) { m.EnvelopeFrom = "<b-a@lantern.example>" }},
		"a local part of 65 octets":     {"To", func(m *Mail) { m.To.Email = strings.Repeat("k", 65) + "@harbour.example" }},
		"a label of 64 octets":          {"To", func(m *Mail) { m.To.Email = "k@" + strings.Repeat("h", 64) + ".example" }},
		"a path of 257 octets":          {"To", func(m *Mail) { m.To.Email = "kee@" + strings.Repeat("harbour.", 30) + "exampleexam" }},
		"a domain that is no IDN":       {"To", func(m *Mail) { m.To.Email = "keeper@xn--a.example" }},
		"an empty subject":              {"Subject", func(m *Mail) { m.Subject = "" }},
		"a blank subject":               {"Subject", func(m *Mail) { m.Subject = "  " }},
		"no date":                       {"Date", func(m *Mail) { m.Date = time.Time{} }},
		"a date before the year 0":      {"Date", func(m *Mail) { m.Date = m.Date.AddDate(-3000, 0, 0) }},
		"a year of five digits":         {"Date", func(m *Mail) { m.Date = m.Date.AddDate(8000, 0, 0) }},
		"a space before the address":    {"To", func(m *Mail) { m.To.Email = " keeper@harbour.example" }},
		"a space behind the address":    {"To", func(m *Mail) { m.To.Email = "keeper@harbour.example " }},
		"a space before the @":          {"To", func(m *Mail) { m.To.Email = "keeper @harbour.example" }},
		"no Message-ID":                 {"Message-ID", func(m *Mail) { m.MessageID = "" }},
		"a Message-ID without domain":   {"Message-ID", func(m *Mail) { m.MessageID = "abc" }},
		"a Message-ID in brackets":      {"Message-ID", func(m *Mail) { m.MessageID = "<abc@lantern.example>" }},
		"a Message-ID with two dots":    {"Message-ID", func(m *Mail) { m.MessageID = "a..b@lantern.example" }},
		"a Message-ID beyond ASCII":     {"Message-ID", func(m *Mail) { m.MessageID = "é@lantern.example" }},
		"a List-Id with a space":        {"List-Id", func(m *Mail) { m.ListID = "weekly lists.example" }},
		"a List-Id with a comment":      {"List-Id", func(m *Mail) { m.ListID = "weekly(x).lists.example" }},
		"a List-Id of 256 octets":       {"List-Id", func(m *Mail) { m.ListID = strings.Repeat("a", 256) }},
		"a List-Id beyond ASCII":        {"List-Id", func(m *Mail) { m.ListID = "wöchentlich.lists.example" }},
		"an ftp unsubscribe":            {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeURL = "ftp://lantern.example/u" }},
		"a URL without host":            {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeURL = "https:///u/abc" }},
		"a URL with a space":            {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeURL = "https://lantern.example/u abc" }},
		"a URL that closes its bracket": {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeURL = "https://lantern.example/u>,<https://other.example/" }},
		"a URL beyond ASCII":            {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeURL = "https://fänal.example/u" }},
		"a second https as mailto":      {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeMailto = "https://lantern.example/u" }},
		"a mailto without address":      {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeMailto = "mailto:" }},
		"a bare address as mailto":      {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeMailto = "leave@lantern.example" }},
		"a URL of 1000 octets":          {"List-Unsubscribe", func(m *Mail) { m.UnsubscribeURL = "https://lantern.example/" + strings.Repeat("u", 1000) }},
		"a script as help":              {"List-Help", func(m *Mail) { m.Help = "javascript:alert(1)" }},
		"a mailto as archive":           {"List-Archive", func(m *Mail) { m.Archive = "mailto:a@lantern.example" }},
		"an unknown Auto-Submitted":     {"Auto-Submitted", func(m *Mail) { m.AutoSubmitted = "no" }},
		"a Feedback-ID of five fields":  {"Feedback-ID", func(m *Mail) { m.FeedbackID = "a:b:c:d:lantern" }},
		"a Feedback-ID without sender":  {"Feedback-ID", func(m *Mail) { m.FeedbackID = "a:b:c:" }},
		"a Feedback-ID of long sender":  {"Feedback-ID", func(m *Mail) { m.FeedbackID = "a:b:c:lantern-lantern-1" }},
		"no text":                       {"text", func(m *Mail) { m.Text = "" }},
		"text that is not UTF-8":        {"text", func(m *Mail) { m.Text = "caf\xe9" }},
		"NUL in the HTML":               {"html", func(m *Mail) { m.HTML = "<p>\x00</p>" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := bulletin()
			tt.change(m)
			msg, err := Compose(m, nil)
			if err == nil {
				t.Fatalf("accepted:\n%s", msg.Bytes())
			}
			wantFault(t, err, tt.place)
		})
	}
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	m := bulletin()
	m.Subject, m.To.Email, m.ListID = "a\nb", "nobody", "?? ??"
	_, err := Compose(m, nil)
	var faults newsletter.Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Errorf("got %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, email, want string
		utf8              bool
	}{
		{"as it is", "Keeper.O'Hara+weekly@harbour.example", "Keeper.O'Hara+weekly@harbour.example", false},
		{"domain in lower case", "Keeper@Harbour.EXAMPLE", "Keeper@harbour.example", false},
		{"IDN as A-labels", "keeper@bücher.example", "keeper@xn--bcher-kva.example", false},
		{"A-labels stay", "keeper@xn--bcher-kva.example", "keeper@xn--bcher-kva.example", false},
		{"IDN from right to left", "keeper@ميناء.example", "keeper@xn--ggbl3get.example", false},
		{"local part beyond ASCII", "jürgen@harbour.example", "jürgen@harbour.example", true},
		{"both beyond ASCII", "jürgen@bücher.example", "jürgen@xn--bcher-kva.example", true},
		{"a local part that needs quotes", "old keeper@harbour.example", `"old keeper"@harbour.example`, false},
		{"a local part with a quote", `o"k@harbour.example`, `"o\"k"@harbour.example`, false},
		{"a local part in quotes", `"old keeper"@harbour.example`, `"old keeper"@harbour.example`, false},
		{"an @ in quotes", `"a@b"@harbour.example`, `"a@b"@harbour.example`, false},
		{"double dots", "a..b@harbour.example", `"a..b"@harbour.example`, false},
		{"64 octets", strings.Repeat("k", 64) + "@harbour.example", strings.Repeat("k", 64) + "@harbour.example", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := bulletin()
			m.To.Email = tt.email
			msg := compose(t, m)
			checkWire(t, msg)
			p := parse(t, msg.Bytes())
			if msg.To != tt.want || p.header.Get("To") != tt.want || msg.UTF8 != tt.utf8 {
				t.Errorf("envelope %q, header %q, UTF8 %v; want %q, %v", msg.To, p.header.Get("To"), msg.UTF8, tt.want, tt.utf8)
			}
			m.To.Email, m.EnvelopeFrom = "keeper@harbour.example", tt.email
			if msg := compose(t, m); msg.From != tt.want || msg.UTF8 != tt.utf8 {
				t.Errorf("as envelope sender %q, UTF8 %v", msg.From, msg.UTF8)
			}
		})
	}
}

// texts are subjects and names that headers find hard.
func texts() map[string]string {
	return map[string]string{
		"plain":                   "The Weekly Lantern",
		"one letter":              "L",
		"punctuation":             `Lantern (weekly): "light", <life> & hope; a\b, c@d`,
		"accents":                 "Über die Brücke, mañana, à bientôt",
		"right to left":           "عيادة ليلية تفتح أبوابها على رصيف الميناء",
		"Hebrew with digits":      "מגדלור 12, רציף 3",
		"emoji of several runes":  strings.Repeat("👩‍👩‍👧‍👦🏳️‍🌈", 9),
		"Chinese":                 strings.Repeat("灯塔周报", 50),
		"Hindi":                   strings.Repeat("प्रकाश स्तंभ ", 16) + "।",
		"200 ASCII characters":    strings.Repeat("harbour school ", 14)[:200],
		"200 accented characters": strings.Repeat("é", 200),
		"200 without a space":     strings.Repeat("harbourlantern", 15)[:200],
		"2000 characters":         strings.TrimSpace(strings.Repeat("night clinic ", 154)),
		"double spaces":           "two  spaces   and more",
		"a space at the end":      "ends with a space ",
		"a space at the start":    " starts with a space",
		"like an encoded word":    "=?utf-8?q?=41?=",
		"nearly an encoded word":  "a =? b ?= c",
		"a no-break space":        "12\u00a0March",
		"combining marks":         "e\u0301cole du port",
		"underscores and equals":  "a_b=c?d éé",
		"a colon first":           ": colon",
		"a soft hyphen":           "light\u00adhouse",
		"replacement character":   "\ufffd",
	}
}

func TestHeaderTextsComeBack(t *testing.T) {
	t.Parallel()
	for name, text := range texts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkTexts(t, text)
		})
	}
}

// checkTexts puts a text into every header that takes one and reads it back.
func checkTexts(t testing.TB, text string) {
	t.Helper()
	m := bulletin()
	m.Subject, m.From.Name, m.ReplyTo.Name, m.To.Name, m.ListName = text, text, text, text, text
	msg := compose(t, m)
	checkWire(t, msg)
	p := parse(t, msg.Bytes())
	if got := p.decoded(t, "Subject"); got != text {
		t.Errorf("Subject: got %q, want %q", got, text)
	}
	for name, email := range map[string]string{"From": m.From.Email, "Reply-To": m.ReplyTo.Email, "To": m.To.Email} {
		a, err := mail.ParseAddress(p.header.Get(name))
		if err != nil {
			t.Fatalf("%s: %v in %q", name, err, p.header.Get(name))
		}
		if a.Name != text || a.Address != email {
			t.Errorf("%s: got %q <%s>, want %q", name, a.Name, a.Address, text)
		}
	}
	phrase, found := strings.CutSuffix(p.header.Get("List-Id"), " <"+m.ListID+">")
	if !found || len(p.names) != 16 {
		t.Errorf("List-Id %q, fields %q", phrase, p.names)
	}
	for _, word := range strings.Fields(p.header.Get("Subject")) {
		if strings.HasPrefix(word, "=?") && strings.HasSuffix(word, "?=") && len(word) > maxWord {
			t.Errorf("an encoded word of %d characters: %s", len(word), word)
		}
	}
}

func FuzzHeaderValues(f *testing.F) {
	for _, text := range texts() {
		f.Add(text, "keeper@harbour.example")
	}
	f.Add("\r\nBcc: x@y.example", "a@b.example>\r\nBcc: <x@y.example")
	f.Add("x", `"a\"b"@bücher.example`)
	f.Add("", "ü@ü.example")
	f.Fuzz(func(t *testing.T, text, email string) {
		m := bulletin()
		m.Subject, m.From.Name, m.ListName = text, text, text
		m.To = newsletter.Address{Name: text, Email: email}
		m.EnvelopeFrom = email
		msg, err := Compose(m, nil)
		if err != nil {
			if newsletter.KindOf(err) != newsletter.Invalid {
				t.Fatalf("%v is not Invalid", err)
			}
			return
		}
		checkWire(t, msg)
		if len(parse(t, msg.Bytes()).names) != 16 {
			t.Fatalf("another number of fields:\n%s", msg.Bytes())
		}
		if strings.ContainsAny(msg.To, "\r\n\x00<>") && !strings.Contains(msg.To, `"`) {
			t.Fatalf("envelope %q", msg.To)
		}
		if _, err := mail.ParseAddress(msg.To); err != nil {
			t.Fatalf("envelope %q: %v", msg.To, err)
		}
		if text != "" {
			checkTexts(t, text)
		}
	})
}

func FuzzURIs(f *testing.F) {
	f.Add("https://lantern.example/u/abc", "mailto:leave@lantern.example")
	f.Add("https://lantern.example/>,<http://other.example", "mailto:a@b\r\nX: y")
	f.Add("http://[::1]:8080/", "")
	f.Fuzz(func(t *testing.T, link, other string) {
		m := bulletin()
		m.UnsubscribeURL, m.UnsubscribeMailto, m.Help, m.Archive = link, other, other, link
		msg, err := Compose(m, nil)
		if err != nil {
			return
		}
		checkWire(t, msg)
		p := parse(t, msg.Bytes())
		value := p.header.Get("List-Unsubscribe")
		oneClick := p.header.Get("List-Unsubscribe-Post") != ""
		if strings.Count(value, "<https:") > 1 || strings.Contains(value, "<http:") || oneClick != strings.HasPrefix(value, "<https:") {
			t.Fatalf("List-Unsubscribe: %q, Post %v", value, oneClick) // RFC 8058 §3.1
		}
		if strings.Count(value, "<") != strings.Count(value, ">") || strings.Count(value, "<") > 2 {
			t.Fatalf("List-Unsubscribe: %q", value)
		}
	})
}

func TestEncodedWordsSplitNoCharacter(t *testing.T) {
	t.Parallel()
	for name, text := range texts() {
		for first := 30; first <= maxWord; first += 5 {
			for i, word := range encodeWords(text, first) {
				limit := maxWord
				if i == 0 {
					limit = first
				}
				decoded, err := decodeWord(word)
				if err != nil || !utf8.ValidString(decoded) || len(word) > limit {
					t.Fatalf("%s: word %d of %d characters: %q, %v", name, i, len(word), word, err)
				}
			}
		}
	}
}
