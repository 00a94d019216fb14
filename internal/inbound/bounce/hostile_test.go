package bounce

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// repeat gives n bytes of a pattern without holding them.
type repeat struct {
	pattern string
	left    int
	at      int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && r.left > 0 {
		c := copy(p[n:min(len(p), n+r.left)], r.pattern[r.at:])
		r.at = (r.at + c) % len(r.pattern)
		n, r.left = n+c, r.left-c
	}
	return n, nil
}

func TestAHugeMessageTakesLittleMemory(t *testing.T) {
	const size = 100 << 20
	head := report("5.1.1", "550 user unknown")
	head = strings.TrimSuffix(head, "--b1--\n")
	r := New(options(t))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := r.Read(io.MultiReader(strings.NewReader(head), &repeat{pattern: "The lamps are lit. ", left: size - len(head)}), Envelope{})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Truncated || got.Oversized || got.Size != size || !only(t, got).Hard {
		t.Errorf("%+v", got)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d MB were allocated in all", used>>20)
	}
}

func TestReadingStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Limits = Limits{Message: 10_000, Keep: 5_000}
	in := &repeat{pattern: "Subject: x\n", left: 50_000}
	got, err := New(o).Read(in, Envelope{})
	if err != nil || !got.Oversized || got.Size != 10_000 || in.left < 30_000 {
		t.Errorf("%+v, %v, %d left", got, err, in.left)
	}
}

func TestTheIdentityCoversWhatIsNotKept(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Limits = Limits{Keep: 1000}
	text := "Subject: x\n\n" + strings.Repeat("a", 3000)
	first, second := read(t, New(o), text+"1"), read(t, New(o), text+"2")
	if first.Identity == second.Identity {
		t.Error("two long messages share an identity")
	}
	if read(t, New(o), text+"1\r\n").Identity != first.Identity {
		t.Error("a line end changes the identity")
	}
}

// hostile messages: each must be read in bounded time, and none may name more
// people than the limit.
func hostile() map[string]string {
	nested := strings.Repeat("Content-Type: message/rfc822\n\n", 5000)
	var multiparts strings.Builder
	for i := range 500 {
		b := strings.Repeat("b", 10) + string(rune('a'+i%26))
		multiparts.WriteString("Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n")
	}
	var people strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&people, "Final-Recipient: rfc822; keeper%d@harbour.example\nAction: failed\n\n", i)
	}
	long := strings.Repeat("x", 1<<20)
	return map[string]string{
		"messages in messages":      nested,
		"parts in parts":            multiparts.String(),
		"ten thousand parts":        "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 10_000),
		"a header without end":      strings.Repeat("X-Lamp: lit\n", 100_000),
		"one field without end":     "Subject: " + long,
		"a folded field":            "Subject: a\n" + strings.Repeat(" lamp\n", 200_000),
		"a line without end":        "Subject: failure notice\nFrom: MAILER-DAEMON\n\n" + long,
		"addresses without end":     "Subject: failure notice\nFrom: MAILER-DAEMON\n\ncould not be delivered\n" + strings.Repeat("a@b.example ", 100_000),
		"ats":                       "Subject: failure notice\nFrom: MAILER-DAEMON\n\ncould not be delivered\n" + strings.Repeat("@", 1<<20),
		"quotes and ats":            "Subject: failure notice\nFrom: MAILER-DAEMON\n\ncould not be delivered\n" + strings.Repeat(`"@`, 1<<19),
		"twenty thousand people":    machine("message/delivery-status", people.String()),
		"base64 of nothing":         "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("====", 1<<18),
		"base64 of much":            "Content-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("5"), 2<<20)),
		"equals signs":              "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=", 1<<20),
		"tags without end":          "Content-Type: text/html\n\n" + strings.Repeat("<a", 1<<19),
		"styles without end":        "Content-Type: text/html\n\n" + strings.Repeat("<style></", 1<<17),
		"comments":                  "Content-Type: text/html\n\n" + strings.Repeat("<!--", 1<<18),
		"escapes":                   "Content-Type: text/plain; charset=iso-2022-jp\n\n" + strings.Repeat("\x1b$B", 1<<18),
		"shifts":                    "Content-Type: text/plain; charset=iso-2022-kr\n\n" + strings.Repeat("\x0e!\x0f", 1<<18),
		"encoded words":             "Subject: " + strings.Repeat("=?utf-8?B?bGFtcA==?= ", 50_000) + "\n\n",
		"parameters":                "Content-Type: multipart/mixed" + strings.Repeat("; a=b", 100_000) + "\n\n",
		"a boundary in itself":      "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: multipart/mixed; boundary=b\n\n", 2000),
		"JSON without end":          "Subject: x\n\n" + `{"notificationType":"Bounce",` + strings.Repeat(`"a":[`, 200_000),
		"JSON with many people":     "Subject: x\n\n" + `{"notificationType":"Delivery","delivery":{"recipients":["` + strings.Repeat(`a@b.example","`, 10_000) + `"]}}`,
		"tokens":                    "To: leave@" + ours + "\nSubject: leave\n\n" + strings.Repeat("AQECAwAAAAAAAAAAAAAAAAAAAAAAAA ", 30_000),
		"bounce addresses":          "To: " + strings.Repeat("b-aeaqcaya@"+ours+", ", 30_000) + "\nSubject: x\n\n",
		"headers that look like it": "Subject: failure notice\nFrom: MAILER-DAEMON\n\n" + strings.Repeat("\nReceived: x\nX: y\n", 50_000),
		"offices at every line":     "Subject: failure notice\nFrom: MAILER-DAEMON\n\ncould not be delivered\n" + strings.Repeat("abuse@b.example mailbox user account recipient is no longer what it was, says the host\n", 4000),
		"NUL":                       "Subject: failure notice\n\n" + strings.Repeat("\x00", 1<<20),
		"not UTF-8":                 "Subject: \xff\xfe\nFrom: \xc3\n\n\xff\xff@\xff.\xff\n",
		"carriage returns":          strings.Repeat("\r", 1<<20),
		"stars":                     report("5.0.0", strings.Repeat("user mailbox account recipient rcpt ", 20_000)),
	}
}

func TestHostileMessages(t *testing.T) {
	t.Parallel()
	r := New(options(t))
	for name, raw := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, r, raw)
			if len(got.Recipients) > 100 || len(got.Subject) > 300 {
				t.Errorf("%d people, a subject of %d bytes", len(got.Recipients), len(got.Subject))
			}
		})
	}
}

func BenchmarkHostile(b *testing.B) {
	r := New(options(b))
	for name, raw := range hostile() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				read(b, r, raw)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	r := New(options(b))
	var messages []string
	for _, f := range formats() {
		messages = append(messages, f.raw(), report("5.7.1", f.body))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		read(b, r, messages[i%len(messages)])
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(Options{})
	}
}
