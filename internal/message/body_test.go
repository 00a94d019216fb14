package message

import (
	"bytes"
	"encoding/base64"
	"io"
	"math/rand"
	"mime"
	"mime/quotedprintable"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
)

func decodeWord(word string) (string, error) { return new(mime.WordDecoder).Decode(word) }

// canonical is what a text is after the way through MIME: each line end, whatever
// it was, is CRLF.
func canonical(text string) string {
	return strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(text)
}

func checkParts(t testing.TB, text, html string) parsed {
	t.Helper()
	m := bulletin()
	m.Text, m.HTML = text, html
	msg := compose(t, m)
	checkWire(t, msg)
	p := parse(t, msg.Bytes())
	if got := p.parts["text/plain"]; got != canonical(text) {
		t.Errorf("text: got %q, want %q", got, canonical(text))
	}
	if got := p.parts["text/html"]; got != canonical(html) {
		t.Errorf("html: got %q, want %q", got, canonical(html))
	}
	return p
}

func TestPartsComeBack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, encoding string }{
		{"one letter", "L", "quoted-printable"},
		{"a line end alone", "\n", "quoted-printable"},
		{"a lone CR", "one\rtwo", "quoted-printable"},
		{"CR before CRLF", "one\r\r\ntwo", "quoted-printable"},
		{"LF before CR", "one\n\rtwo", "quoted-printable"},
		{"a CR at the end", "one\r", "quoted-printable"},
		{"mixed line ends", "a\nb\r\nc\rd\n\ne", "quoted-printable"},
		{"no line end at the end", "one\ntwo", "quoted-printable"},
		{"many at the end", "one\n\n\n\n", "quoted-printable"},
		{"spaces and tabs at line ends", "one \ntwo\t\n \n\t", "quoted-printable"},
		{"dots at line starts", ".\n..\n...one\n.", "quoted-printable"},
		{"from at a line start", "From the quay\n>From", "quoted-printable"},
		{"a line of 5000 characters", strings.Repeat("harbour ", 625), "quoted-printable"},
		{"a word of 5000 characters", strings.Repeat("x", 5000), "quoted-printable"},
		{"equals signs", "a=b==c=3D=\n=", "base64"},
		{"a separator", "--part\n--part--\n", "quoted-printable"},
		{"some accents", "Über die Brücke gehen wir heute zum Leuchtturm.", "quoted-printable"},
		{"Arabic", "عيادة ليلية تفتح أبوابها\n", "base64"},
		{"Chinese of 3000 characters", strings.Repeat("灯塔周报", 750), "base64"},
		{"emoji", "👩‍👩‍👧‍👦", "base64"},
		{"control characters", "bell \a, escape \x1b, delete \x7f and enough of plain text", "quoted-printable"},
		{"a byte order mark", "\ufeffand then enough of plain text", "quoted-printable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := checkParts(t, tt.text, "<pre>"+tt.text+"</pre>")
			if got := p.encodings["text/plain"]; got != tt.encoding {
				t.Errorf("encoded as %s, want %s", got, tt.encoding)
			}
		})
	}
}

// text is a random text of what encoders find hard.
type text string

func (text) Generate(r *rand.Rand, size int) reflect.Value {
	pieces := []string{
		"\r\n", "\n", "\r", " ", "\t", ".", "=", "=\n", "--", "From ", "é", "灯", "👩‍👧", "\u00a0", "\u2028",
		"word", "<p>", "&nbsp;", "=3D", strings.Repeat("x", 80), strings.Repeat("y ", 600), "\x01", "\x7f",
	}
	var b strings.Builder
	b.WriteString("a")
	for range r.Intn(size * 2) {
		b.WriteString(pieces[r.Intn(len(pieces))])
	}
	return reflect.ValueOf(text(b.String()))
}

func TestAnyTextComesBack(t *testing.T) {
	t.Parallel()
	err := quick.Check(func(plain, html text) bool {
		checkParts(t, string(plain), string(html))
		return !t.Failed()
	}, &quick.Config{MaxCount: 300})
	if err != nil {
		t.Error(err)
	}
}

func FuzzParts(f *testing.F) {
	f.Add("one\rtwo \n.\n", "<p>=</p>")
	f.Add("灯塔", strings.Repeat("x", 999))
	f.Fuzz(func(t *testing.T, plain, html string) {
		m := bulletin()
		m.Text, m.HTML = plain, html
		if _, err := Compose(m, nil); err != nil || html == "" {
			return
		}
		checkParts(t, plain, html)
	})
}

func TestShorterEncodingIsChosen(t *testing.T) {
	t.Parallel()
	for name, sample := range texts() {
		m := bulletin()
		m.Text = strings.Repeat(sample+"\n", 40)
		p := parse(t, compose(t, m).Bytes())
		other := map[string]string{"quoted-printable": "base64", "base64": "quoted-printable"}[p.encodings["text/plain"]]
		chosen, rejected := encodedSize(t, canonical(m.Text), p.encodings["text/plain"]), encodedSize(t, canonical(m.Text), other)
		if float64(chosen) > 1.05*float64(rejected) { // soft line breaks are not counted
			t.Errorf("%s: %s takes %d octets, %s would take %d", name, p.encodings["text/plain"], chosen, other, rejected)
		}
	}
}

func encodedSize(t *testing.T, text, encoding string) int {
	t.Helper()
	if encoding == "base64" {
		n := base64.StdEncoding.EncodedLen(len(text))
		return n + n/76*2
	}
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
