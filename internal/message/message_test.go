package message

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"epistle/internal/newsletter"
)

var update = flag.Bool("update", false, "write the golden files anew")

// bulletin is a mail with every field that a bulletin can have.
func bulletin() *Mail {
	return &Mail{
		From:              newsletter.Address{Name: "The Weekly Lantern", Email: "weekly@lantern.example"},
		ReplyTo:           newsletter.Address{Name: "Lantern Network, Office", Email: "office@lantern.example"},
		To:                newsletter.Address{Email: "keeper@harbour.example"},
		EnvelopeFrom:      "b-aebkyaxsel2xfbaapdgj2vy@bounces.lantern.example",
		Subject:           "The Weekly Lantern, 12 March: a night clinic opens on the quay",
		Date:              time.Date(2027, 3, 12, 7, 0, 0, 0, time.FixedZone("", 3600)),
		MessageID:         "jpu43scqk6elilmahleteydrrq@lantern.example",
		ListID:            "weekly.lists.lantern.example",
		ListName:          "The Weekly Lantern",
		UnsubscribeURL:    "https://mail.lantern.example/u/AQECrAIAoGUa0Sw-25clfHrrKS6y1A",
		UnsubscribeMailto: "mailto:leave@lantern.example?subject=AQECrAIAoGUa0Sw-25clfHrrKS6y1A",
		Help:              "mailto:office@lantern.example",
		Archive:           "https://mail.lantern.example/weekly/",
		AutoSubmitted:     "auto-generated",
		FeedbackID:        FeedbackID("weekly-lantern", "2027-03-12", "bulletin"),
		Text:              "A night clinic opens on the quay.\n\n.A line that starts with a dot, and one with spaces at its end:   \nFrom the harbour school: thank you.\n",
		HTML: "<!doctype html>\n<html lang=\"en\"><body><p>A night clinic opens on the quay.</p>\n" +
			"<p>.A line that starts with a dot, and one with spaces at its end:</p><p>From the harbour school: thank you.</p></body></html>\n",
	}
}

func compose(t testing.TB, m *Mail, signers ...*Signer) *Message {
	t.Helper()
	msg, err := Compose(m, signers)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestBulletinHasEveryHeader(t *testing.T) {
	t.Parallel()
	msg := compose(t, bulletin())
	checkWire(t, msg)
	p := parse(t, msg.Bytes())
	for name, want := range map[string]string{
		"Date":                  "Fri, 12 Mar 2027 07:00:00 +0100",
		"Message-Id":            "<jpu43scqk6elilmahleteydrrq@lantern.example>",
		"Mime-Version":          "1.0",
		"From":                  "The Weekly Lantern <weekly@lantern.example>",
		"Reply-To":              `"Lantern Network, Office" <office@lantern.example>`,
		"To":                    "keeper@harbour.example",
		"Subject":               "The Weekly Lantern, 12 March: a night clinic opens on the quay",
		"List-Id":               "The Weekly Lantern <weekly.lists.lantern.example>",
		"List-Help":             "<mailto:office@lantern.example>",
		"List-Unsubscribe":      "<https://mail.lantern.example/u/AQECrAIAoGUa0Sw-25clfHrrKS6y1A>, <mailto:leave@lantern.example?subject=AQECrAIAoGUa0Sw-25clfHrrKS6y1A>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"List-Post":             "NO",
		"List-Archive":          "<https://mail.lantern.example/weekly/>",
		"Auto-Submitted":        "auto-generated",
		"Feedback-Id":           "2027-03-12:bulletin:weekly-lantern",
	} {
		if got := p.header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want once %q", name, got, want)
		}
	}
	if len(p.names) != 16 { // those above and Content-Type: no X-Mailer, no User-Agent
		t.Errorf("fields: %q", p.names)
	}
	if !bytes.Contains(msg.Bytes(), []byte("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")) {
		t.Error("List-Unsubscribe-Post is not written exactly as RFC 8058 §5 has it")
	}
	if msg.From != bulletin().EnvelopeFrom || msg.To != "keeper@harbour.example" || msg.UTF8 {
		t.Errorf("envelope %q, %q, UTF8 %v", msg.From, msg.To, msg.UTF8)
	}
	if p.partsCount != 2 || p.order[0] != "text/plain" || p.order[1] != "text/html" { // RFC 2046 §5.1.4
		t.Errorf("parts in the order %q", p.order)
	}
	for kind, want := range map[string]string{"text/plain": bulletin().Text, "text/html": bulletin().HTML} {
		if got := strings.ReplaceAll(p.parts[kind], "\r\n", "\n"); got != want {
			t.Errorf("%s: got %q, want %q", kind, got, want)
		}
	}
}

func TestListHeaders(t *testing.T) {
	t.Parallel()
	const absent = ""
	for _, tt := range []struct {
		name   string
		change func(m *Mail)
		want   map[string]string
	}{
		{"http has neither https URI nor Post", func(m *Mail) {
			m.UnsubscribeURL, m.UnsubscribeMailto = "http://localhost:8080/u/abc", ""
		}, map[string]string{"List-Unsubscribe": absent, "List-Unsubscribe-Post": absent, "List-Id": "The Weekly Lantern <weekly.lists.lantern.example>"}},
		{"http leaves the mailto alone", func(m *Mail) {
			m.UnsubscribeURL, m.UnsubscribeMailto = "http://localhost:8080/u/abc", "mailto:leave@lantern.example"
		}, map[string]string{"List-Unsubscribe": "<mailto:leave@lantern.example>", "List-Unsubscribe-Post": absent}},
		{
			"no URL leaves the mailto alone", func(m *Mail) { m.UnsubscribeURL, m.UnsubscribeMailto = "", "mailto:leave@lantern.example" },
			map[string]string{"List-Unsubscribe": "<mailto:leave@lantern.example>", "List-Unsubscribe-Post": absent},
		},
		{
			"a mailto URL is not one-click", func(m *Mail) { m.UnsubscribeURL, m.UnsubscribeMailto = "mailto:leave@lantern.example", "" },
			map[string]string{"List-Unsubscribe": absent, "List-Unsubscribe-Post": absent},
		},
		{
			"https alone", func(m *Mail) { m.UnsubscribeURL, m.UnsubscribeMailto = "https://lantern.example/u/abc", "" },
			map[string]string{"List-Unsubscribe": "<https://lantern.example/u/abc>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
		},
		{"help defaults to Reply-To", func(m *Mail) { m.Help = "" }, map[string]string{"List-Help": "<mailto:office@lantern.example>"}},
		{
			"help defaults to From", func(m *Mail) { m.Help, m.ReplyTo = "", newsletter.Address{} },
			map[string]string{"List-Help": "<mailto:weekly@lantern.example>", "Reply-To": absent},
		},
		{
			"help to an unusual local part is escaped", func(m *Mail) { m.Help, m.ReplyTo = "", newsletter.Address{Email: "a?b%c@lantern.example"} },
			map[string]string{"List-Help": "<mailto:a%3Fb%25c@lantern.example>"},
		},
		{
			"no list has no list fields", func(m *Mail) { m.ListID, m.UnsubscribeURL, m.UnsubscribeMailto, m.Archive = "", "", "", "" },
			map[string]string{"List-Id": absent, "List-Help": absent, "List-Post": absent, "List-Unsubscribe": absent, "List-Archive": absent},
		},
		{"no list name", func(m *Mail) { m.ListName = "" }, map[string]string{"List-Id": "<weekly.lists.lantern.example>"}},
		{
			"a list name with punctuation is quoted", func(m *Mail) { m.ListName = `Lantern: "Weekly"` },
			map[string]string{"List-Id": `"Lantern: \"Weekly\"" <weekly.lists.lantern.example>`},
		},
		{
			"optional fields are absent", func(m *Mail) { m.AutoSubmitted, m.FeedbackID, m.Archive = "", "", "" },
			map[string]string{"Auto-Submitted": absent, "Feedback-Id": absent, "List-Archive": absent},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := bulletin()
			tt.change(m)
			p := parse(t, compose(t, m).Bytes())
			for name, want := range tt.want {
				if got := p.header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestTextAloneIsOnePart(t *testing.T) {
	t.Parallel()
	m := bulletin()
	m.HTML = ""
	msg := compose(t, m)
	checkWire(t, msg)
	p := parse(t, msg.Bytes())
	if p.partsCount != 1 || p.order[0] != "text/plain" || p.header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		t.Errorf("%d parts, %q, fields %q", p.partsCount, p.order, p.names)
	}
	if got := strings.ReplaceAll(p.parts["text/plain"], "\r\n", "\n"); got != m.Text {
		t.Errorf("got %q", got)
	}
}

func TestSameMailGivesSameBytes(t *testing.T) {
	t.Parallel()
	first := compose(t, bulletin())
	for range 50 { // a map's order would show
		if again := compose(t, bulletin()); !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Fatalf("got\n%s\nthen\n%s", first.Bytes(), again.Bytes())
		}
	}
	other := bulletin()
	other.MessageID = "other@lantern.example"
	if bytes.Contains(compose(t, other).Bytes(), []byte(boundary(bulletin().MessageID, 0))) {
		t.Error("two messages share a boundary")
	}
}

func TestBoundaryThatStandsInAPartIsReplaced(t *testing.T) {
	t.Parallel()
	m := bulletin()
	taken := boundary(m.MessageID, 0)
	m.Text = "--" + taken + "\n\n--" + taken + "--\n"
	m.HTML = "<p>" + boundary(m.MessageID, 1) + "</p>"
	p := parse(t, compose(t, m).Bytes())
	if got := strings.ReplaceAll(p.parts["text/plain"], "\r\n", "\n"); got != m.Text || p.partsCount != 2 {
		t.Errorf("%d parts, text %q", p.partsCount, got)
	}
	for try := range maxBoundaries {
		m.Text += boundary(m.MessageID, try) + "\n"
	}
	if _, err := Compose(m, nil); newsletter.KindOf(err) != newsletter.Invalid {
		t.Errorf("with every boundary taken: %v", err)
	}
}

func TestGolden(t *testing.T) {
	signers := []*Signer{signer(t, "lantern.example", "rsa", "rsa.pem"), signer(t, "lantern.example", "ed", "ed25519.pem")}
	for name, tt := range map[string]struct {
		mail    *Mail
		signers []*Signer
	}{
		"bulletin": {bulletin(), signers},
		"notice":   {notice(), signers[:1]},
		"arabic":   {arabic(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			// The bubble's clock stands still, and with it the signature's t=.
			synctest.Test(t, func(t *testing.T) {
				golden(t, filepath.Join("testdata", name+".eml"), compose(t, tt.mail, tt.signers...).Bytes())
			})
		})
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look, and run with -update if it should:\n%s", file, got)
	}
}

// notice is a mail to one person that is no bulletin: text alone.
func notice() *Mail {
	return &Mail{
		From:          newsletter.Address{Name: "The Weekly Lantern", Email: "weekly@lantern.example"},
		To:            newsletter.Address{Name: "Ana Keeper", Email: "ana@harbour.example"},
		EnvelopeFrom:  "office@lantern.example",
		Subject:       "Please confirm",
		Date:          time.Date(2027, 3, 12, 6, 0, 0, 0, time.UTC),
		MessageID:     "notice7@lantern.example",
		AutoSubmitted: "auto-generated",
		Text:          "Somebody asked for The Weekly Lantern to be sent to you.\n",
	}
}

// arabic needs all that a message beyond ASCII can need: encoded words, base64,
// A-labels, and SMTPUTF8 for the recipient.
func arabic() *Mail {
	m := bulletin()
	m.From = newsletter.Address{Name: "الفانوس الأسبوعي", Email: "weekly@فانوس.example"}
	m.ReplyTo = newsletter.Address{Name: "مكتب", Email: "office@فانوس.example"}
	m.To = newsletter.Address{Name: "أنا", Email: "حارس@ميناء.example"}
	m.EnvelopeFrom = "b-abc@فانوس.example"
	m.MessageID = "abc@فانوس.example"
	m.Subject = "عيادة ليلية تفتح أبوابها على رصيف الميناء 🏮 ومدرسة الميناء تشكر جميع الأصدقاء"
	m.ListName = "الفانوس الأسبوعي"
	m.Text = "تفتح عيادة ليلية أبوابها على رصيف الميناء هذا الأسبوع.\n"
	m.HTML = "<!doctype html><html lang=\"ar\" dir=\"rtl\"><body><p>" + m.Text + "</p></body></html>"
	return m
}

func ExampleFeedbackID() {
	fmt.Println(FeedbackID("weekly-lantern", "2027-03-12", "bulletin"))
	fmt.Println(FeedbackID("the-harbour-school-letters"))
	// Output:
	// 2027-03-12:bulletin:weekly-lantern
	// the-harbour-sch
}
