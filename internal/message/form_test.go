package message

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"epistle/internal/newsletter"
	"epistle/internal/smtp"
)

func form(t testing.TB, m *Mail, p Parts, signers ...*Signer) *Form {
	t.Helper()
	f, err := NewForm(m, p, signers)
	if err != nil {
		t.Fatal(err)
	}
	if f.Slow() != "" {
		t.Fatal(f.Slow())
	}
	return f
}

// pieces reads a part in which § is the first gap and ¶ the second.
func pieces(s string) []Piece {
	var pieces []Piece
	for s != "" {
		n := strings.IndexAny(s, "§¶")
		if n < 0 {
			return append(pieces, Piece{Text: s})
		}
		gap := 1
		if strings.HasPrefix(s[n:], "¶") {
			gap = 2
		}
		pieces = append(pieces, Piece{Text: s[:n]}, Piece{Gap: gap})
		s = s[n+len("§"):]
	}
	return pieces
}

// reader gives somebody's values, each gap with the same two in both parts.
func reader(values ...string) Values {
	return Values{
		To: newsletter.Address{Name: "Ana Keeper", Email: "keeper@harbour.example"}, MessageID: "jpu43scqk6elilmahleteydrrq@lantern.example",
		EnvelopeFrom: "b-aebkyaxsel2xfb@bounces.lantern.example", UnsubscribeURL: "https://mail.lantern.example/u/AQECrAIAoGUa0Sw",
		UnsubscribeMailto: "mailto:leave@lantern.example?subject=AQECrAIAoGUa0Sw", Text: values, HTML: values,
	}
}

// wantSame holds a Form against Compose, which lets go-mail and go-msgauth write.
// With signers the clock must stand still.
func wantSame(t testing.TB, f *Form, v Values) *Message {
	t.Helper()
	m := *bulletin()
	m.Separator = f.mail.Separator
	m.To, m.MessageID, m.EnvelopeFrom = v.To, v.MessageID, v.EnvelopeFrom
	m.UnsubscribeURL, m.UnsubscribeMailto = v.UnsubscribeURL, v.UnsubscribeMailto
	m.Subject = f.mail.Subject
	m.Text, m.HTML = join(f.parts.Text, v.Text), join(f.parts.HTML, v.HTML)
	want, wantErr := Compose(&m, f.signers)
	got, err := f.Write(&Message{own: bytes.Repeat([]byte("x"), 100), Body: smtp.Whole([]byte("x"))}, v)
	if wantErr != nil || err != nil {
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || newsletter.KindOf(err) != newsletter.KindOf(wantErr) || newsletter.RemedyOf(err) != newsletter.RemedyOf(wantErr) {
			t.Fatalf("got the error %v, want %v", err, wantErr)
		}
		if got != nil {
			t.Fatal("a message and an error")
		}
		return nil
	}
	if got.From != want.From || got.To != want.To || got.UTF8 != want.UTF8 {
		t.Fatalf("got the envelope %q, %q, %v; want %q, %q, %v", got.From, got.To, got.UTF8, want.From, want.To, want.UTF8)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Fatalf("values %q and %q: got\n%s\nwant\n%s", v.Text, v.HTML, got.Bytes(), want.Bytes())
	}
	return got
}

// shared is a bulletin whose messages have their boundary in common.
func shared() *Mail {
	m := bulletin()
	m.Separator = "the bulletin's"
	return m
}

func TestFormWritesWhatComposeWrites(t *testing.T) {
	t.Parallel()
	var values []string
	for n := range 170 { // each column, and more than one soft line break
		values = append(values, strings.Repeat("x", n))
	}
	values = append(values, " ", "\t", "  ends in spaces  ", "=", "a=b&c=d", ".", "..", "From ", "é", strings.Repeat("é", 40), "灯塔周报",
		strings.Repeat("灯塔周报", 60), "👩‍👧", "\u2028", "--", "-", "=3D", "\x01", "https://mail.lantern.example/u/AQECrAIAoGUa0Sw-25clfHrrKS6y1A")
	for name, part := range map[string]string{
		"in the middle of a line":        "A night clinic opens.\nLeave: § or stay.\nThanks.\n",
		"at the start of a line":         "A night clinic opens.\n§ is the link.\nThanks.\n",
		"at the end of a line":           "A night clinic opens.\nLeave: §\nThanks.\n",
		"a line of its own":              "A night clinic opens.\n§\nThanks.\n",
		"first of all":                   "§ is the link.\nThanks.\n",
		"last of all":                    "A night clinic opens.\nLeave: §",
		"last before the last line end":  "A night clinic opens.\nLeave: §\n",
		"in one long line":               strings.Repeat("harbour ", 40) + "§" + strings.Repeat(" harbour", 40) + "\n",
		"in one long word":               strings.Repeat("x", 300) + "§" + strings.Repeat("x", 300),
		"behind escapes":                 strings.Repeat("é=", 40) + "§" + strings.Repeat("é=", 40) + strings.Repeat("plain ", 200),
		"spaces before and behind":       "one \t § \t \ntwo  § \n",
		"dots at line starts":            ".§\n..§\n.\n§.\n",
		"twice on a line":                "Leave: § or §.\nThanks.\n",
		"two beside each other":          "Leave: §¶ now.\n§¶\n¶§",
		"two kinds on many lines":        "§ a\nb ¶\n\n¶ c §\nd\n\n¶",
		"line ends of all kinds":         "one\rtwo§\r\nthree\n\rx§\n\rfour\r\n\r\n§\r\r\n",
		"no gap":                         "A night clinic opens.\n",
		"base64":                         strings.Repeat("عيادة ليلية ", 30) + "§" + strings.Repeat(" تفتح أبوابها", 30) + "\n",
		"base64 with a short beginning":  "عيادة §" + strings.Repeat("تفتح أبوابها ", 30),
		"base64 from the first octet on": "§" + strings.Repeat("تفتح أبوابها ", 30) + "¶",
		"base64 of 57 octets":            strings.Repeat("灯", 19) + "§" + strings.Repeat("灯", 19) + "§",
		"an encoding that values decide": "§====== of ten\n¶",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both := form(t, bulletin(), Parts{Text: pieces(part), HTML: pieces("<p>" + part + "</p>")})
			alone := form(t, bulletin(), Parts{Text: pieces(part)})
			for i, value := range values {
				for _, f := range []*Form{both, alone} {
					wantSame(t, f, reader(value, values[(i*7+3)%len(values)]))
				}
			}
		})
	}
}

func TestFormAtEveryColumn(t *testing.T) {
	t.Parallel()
	for n := range 80 {
		for _, end := range []string{"", " ", "é", "=", " \t"} {
			before := "first line\n" + strings.Repeat("x", n) + end
			f := form(t, bulletin(), Parts{Text: pieces(before + "§" + end + "\nlast"), HTML: pieces("<p>" + before + "§ ¶")})
			for _, value := range []string{"", "y", "=", "  ", strings.Repeat("y ", 45), strings.Repeat("é", 30)} {
				wantSame(t, f, reader(value, value+" "))
			}
		}
	}
}

// recipients are values that a header finds hard, some of which it refuses.
func recipients() map[string]func(*Values) {
	long := strings.Repeat("harbour.", 29)
	recipients := map[string]func(*Values){
		"no name":                 func(v *Values) { v.To.Name = "" },
		"a quoted name":           func(v *Values) { v.To.Name = `Keeper, "Ana"` },
		"a long name":             func(v *Values) { v.To.Name = strings.Repeat("Ana Keeper ", 20) + "Ana" },
		"a long word":             func(v *Values) { v.To.Name = strings.Repeat("a", 300) },
		"a name with line break":  func(v *Values) { v.To.Name = "Ana\r\nBcc: all@harbour.example" },
		"a name not UTF-8":        func(v *Values) { v.To.Name = "Ana\xff" },
		"no address":              func(v *Values) { v.To.Email = "" },
		"an address without @":    func(v *Values) { v.To.Email = "keeper" },
		"two faults":              func(v *Values) { v.To.Email, v.MessageID = "keeper", "a b@c" },
		"a quoted address":        func(v *Values) { v.To.Email = "ana keeper@harbour.example" },
		"a long address":          func(v *Values) { v.To.Email = strings.Repeat("k", 64) + "@" + long[:180] + "example" },
		"a too long address":      func(v *Values) { v.To.Email = strings.Repeat("k", 64) + "@" + long + "example" },
		"an address for SMTPUTF8": func(v *Values) { v.To.Email = "jürgen@bücher.example" },
		"an IDN address":          func(v *Values) { v.To.Email = "jurgen@BÜCHER.example" },
		"an IDN envelope":         func(v *Values) { v.EnvelopeFrom = "b-a@bücher.example" },
		"no envelope":             func(v *Values) { v.EnvelopeFrom = "" },
		"an IDN Message-ID":       func(v *Values) { v.MessageID = "abc@bücher.example" },
		"no Message-ID":           func(v *Values) { v.MessageID = "" },
		"no link":                 func(v *Values) { v.UnsubscribeURL = "" },
		"no mailto":               func(v *Values) { v.UnsubscribeMailto = "" },
		"no way to leave":         func(v *Values) { v.UnsubscribeURL, v.UnsubscribeMailto = "", "" },
		"an http link":            func(v *Values) { v.UnsubscribeURL = "http://localhost:8080/u/abc" },
		"an http link alone":      func(v *Values) { v.UnsubscribeURL, v.UnsubscribeMailto = "http://localhost:8080/u/abc", "" },
		"a mailto link":           func(v *Values) { v.UnsubscribeURL = "mailto:leave@lantern.example" },
		"a link with a space":     func(v *Values) { v.UnsubscribeURL = "https://lantern.example/a b" },
		"a link of 1100":          func(v *Values) { v.UnsubscribeURL = "https://lantern.example/" + strings.Repeat("a", 1100) },
		"a link of 900":           func(v *Values) { v.UnsubscribeURL = "https://lantern.example/" + strings.Repeat("a", 900) },
		"an odd mailto":           func(v *Values) { v.UnsubscribeMailto = "https://lantern.example" },
		"a value with line break": func(v *Values) { v.Text, v.HTML = []string{"one\r\ntwo\n", "\r"}, []string{"\n", "\n.\n"} },
		"a value with NUL":        func(v *Values) { v.Text = []string{"\x00", ""} },
		"a value not UTF-8":       func(v *Values) { v.HTML = []string{"\xff", ""} },
		"the boundary in a value": func(v *Values) { v.Text = []string{"--" + boundary(v.MessageID, 0), ""} },
		"the boundary in a name":  func(v *Values) { v.To.Name = boundary(v.MessageID, 0) },
		"the boundary in a link":  func(v *Values) { v.UnsubscribeURL = "https://lantern.example/" + boundary(v.MessageID, 0) },
		"the shared boundary": func(v *Values) {
			v.Text, v.HTML = []string{"--" + boundary(shared().Separator, 0), ""}, []string{boundary(shared().Separator, 1), ""}
		},
		"every boundary": func(v *Values) {
			for try := range maxBoundaries {
				v.Text = []string{boundary(v.MessageID, try), v.Text[0]}
				v.HTML[0] += " " + boundary(v.MessageID, try)
			}
		},
	}
	for n := 40; n < 100; n++ {
		recipients[fmt.Sprintf("a link, an ID and a name of %d", n)] = func(v *Values) {
			v.UnsubscribeURL = "https://lantern.example/"[:24] + strings.Repeat("u", n-24)
			v.MessageID = strings.Repeat("i", n-len("@lantern.example")) + "@lantern.example"
			v.To.Name = strings.Repeat("Ana ", n/4) + "K"
			v.EnvelopeFrom = "b-" + strings.Repeat("e", n/3) + "@lantern.example"
		}
	}
	for name, text := range texts() {
		recipients["a name in "+name] = func(v *Values) { v.To.Name = text }
		recipients["values in "+name] = func(v *Values) { v.Text, v.HTML = []string{text, ""}, []string{"", text} }
	}
	return recipients
}

func TestFormTreatsRecipientsAsComposeDoes(t *testing.T) {
	t.Parallel()
	p := Parts{Text: pieces("Dear ¶,\nleave: §\n"), HTML: pieces("<p>Dear ¶,</p>\n<a href=\"§\">leave</a>")}
	for name, change := range recipients() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // t= of the signature stands still
				for _, signers := range [][]*Signer{nil, bothSigners(t)} {
					for _, parts := range []Parts{p, {Text: p.Text}} {
						for _, m := range []*Mail{bulletin(), shared()} {
							v := reader("https://mail.lantern.example/u/AQEC", "Ana")
							change(&v)
							if got := wantSame(t, form(t, m, parts, signers...), v); got != nil {
								checkWire(t, got)
							}
						}
					}
				}
			})
		})
	}
}

func TestFormsSignaturesVerify(t *testing.T) {
	t.Parallel()
	signers := append(bothSigners(t), signer(t, "mail.lantern.example", "a-rather-long.selector.of-three-labels", "rsa-1024.pem"))
	dns := records(signers...)
	m := arabic()
	p := Parts{Text: pieces("Dear  ¶,\t\nleave: §\n \n\n"), HTML: pieces("<p>Dear ¶,</p>  \n\t<a  href=\"§\">leave</a>\n\n")}
	forms := []*Form{
		form(t, bulletin(), p, signers...), form(t, m, Parts{pieces(m.Text + "§¶"), p.HTML}, signers...),
		form(t, bulletin(), Parts{Text: p.Text}, signers...),
		form(t, shared(), p, signers...), form(t, shared(), benchParts(), signers...),
		form(t, shared(), Parts{Text: pieces("no gap\n"), HTML: p.HTML}, signers...),
		form(t, shared(), Parts{Text: pieces(m.Text + "§¶"), HTML: p.HTML}, signers...),
	}
	var names []string
	var messages [][]byte
	for name, change := range recipients() {
		v := reader("https://mail.lantern.example/u/AQEC", "Ana  K ")
		change(&v)
		got, err := forms[len(names)%len(forms)].Write(nil, v)
		if err != nil {
			continue
		}
		names, messages = append(names, name), append(messages, got.Bytes())
		if valid := verify(t, got.Bytes(), dns); !all(valid, true, 3) {
			t.Errorf("%s: go-msgauth finds the signatures valid: %v", name, valid)
		}
	}
	if len(messages) < 80 {
		t.Errorf("only %d messages", len(messages))
	}
	for i, f := range ask(t, dns, messages...) {
		if !all(f.Signatures, true, 3) {
			t.Errorf("%s: dkimpy finds the signatures valid: %v", names[i], f.Signatures)
		}
	}
}

func TestMostOfALongMessageIsKnown(t *testing.T) {
	t.Parallel()
	for name, signers := range map[string][]*Signer{"unsigned": nil, "signed": bothSigners(t)} {
		f := form(t, bulletin(), benchParts(), signers...)
		m, err := f.Write(nil, benchValues(1))
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, p := range m.Body {
			if p.Lines != nil {
				known += len(p.Lines.Text())
			}
		}
		if known < m.Body.Len()*8/10 {
			t.Errorf("%s: %d of %d bytes are known", name, known, m.Body.Len())
		}
	}
}
