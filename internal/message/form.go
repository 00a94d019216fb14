package message

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"epistle/internal/newsletter"
	"epistle/internal/smtp"
)

// Form is one mail to many people, written once except for what is each
// person's own. Write then fills the gaps in bytes that are encoded already. It
// is safe for concurrent use.
//
// Its messages are those of Compose, byte for byte, and there are three reasons
// to trust that. The fields that differ are written by the same functions. A new
// Form is compared with Compose, and its signatures verified by go-msgauth,
// before it is given out. And whatever is unusual goes through Compose itself:
// see Slow.
type Form struct {
	mail    Mail // without what is personal
	parts   Parts
	signers []*Signer
	gaps    struct{ text, html int } // how many values each part needs
	slow    string

	text, html *part
	boundary   string                      // when all messages have the same
	begun      map[mail.Encoding]*halfHash // of the body, then, up to the first gap of the text
	// The header's fields that everybody shares, as they stand between the
	// personal ones.
	dates, senders, opening, closing string
	utf8                             bool
	signed                           []signedField
	canonical                        []string // the same fields by their place in signed; empty where it is another's
	drafts                           sync.Pool
}

// Parts are the two parts of a mail with gaps in them. Both are UTF-8 with any
// line ends, not encoded; what is special in HTML is escaped already. Without
// HTML the mail is text alone.
type Parts struct{ Text, HTML []Piece }

// Piece is a stretch of a part: fixed text, or a gap when Gap is not zero. Gap n
// takes the n-th value. A part may have the same gap several times, or never.
type Piece struct {
	Text string
	Gap  int
}

// Values are one recipient's own. The fields named as in Mail mean the same.
type Values struct {
	To                                newsletter.Address
	MessageID, EnvelopeFrom           string
	UnsubscribeURL, UnsubscribeMailto string
	// Text and HTML are the values of the gaps as they stand in each part, so
	// that those of HTML are escaped.
	Text, HTML []string
}

// NewForm makes a Form from what all recipients share: To, MessageID,
// EnvelopeFrom, UnsubscribeURL, UnsubscribeMailto, Text and HTML of the mail are
// not looked at. It fails as Compose does, also when a signer cannot sign.
func NewForm(m *Mail, p Parts, signers []*Signer) (*Form, error) {
	f := &Form{
		mail: *m, signers: slices.Clone(signers), signed: signedFields(),
		parts: Parts{Text: slices.Clone(p.Text), HTML: slices.Clone(p.HTML)},
	}
	f.drafts.New = func() any { return new(draft) }
	var errText, errHTML error
	f.gaps.text, errText = gapsIn(p.Text)
	f.gaps.html, errHTML = gapsIn(p.HTML)
	if err := errors.Join(errText, errHTML); err != nil {
		return nil, err
	}
	if _, err := f.compose(f.sample("https://example.org/"), f.signers); err != nil {
		return nil, err
	}
	f.prepare()
	if f.slow == "" {
		f.slow = f.check()
	}
	return f, nil
}

// Slow says why each message of this Form goes through Compose, as a sentence,
// or is empty: then only messages go there whose own values call for it, such as
// one with a line break.
func (f *Form) Slow() string { return f.slow }

// prepare writes the fields that are shared and encodes the parts.
func (f *Form) prepare() {
	h := header{date: f.mail.Date}
	answers := h.senders(&f.mail)
	f.senders = h.cut()
	h.opening(&f.mail, answers)
	f.opening = h.cut()
	h.closing(&f.mail)
	f.closing = h.cut()
	f.dates = "Date: " + f.mail.Date.Format(time.RFC1123Z) + "\r\nMIME-Version: 1.0\r\n"
	f.canonical = make([]string, len(f.signed))
	for i, field := range pickFields(f.dates+f.senders+f.opening+f.closing, f.signed) {
		if field != "" {
			f.canonical[i] = string(relaxedField(nil, field))
		}
	}
	f.utf8 = h.utf8
	f.text = newPart(f.parts.Text)
	f.slow = f.text.slow
	if f.alone() {
		return
	}
	if f.html = newPart(f.parts.HTML); f.slow == "" {
		f.slow = f.html.slow
	}
	if f.mail.Separator != "" {
		f.boundary = boundary(f.mail.Separator, 0)
		f.begun = map[mail.Encoding]*halfHash{mail.EncodingQP: f.begin(mail.EncodingQP), mail.EncodingB64: f.begin(mail.EncodingB64)}
	}
}

// begin hashes what all bodies begin with; nil when that cannot be kept.
func (f *Form) begin(encoding mail.Encoding) *halfHash {
	var d draft
	d.begin(nil, f.boundary, true)
	d.frame("--", d.boundary, "\r\n")
	f.text.describe(&d, "text/plain", encoding)
	d.ready(f.text.beginning(encoding))
	return d.hash.half()
}

// alone says that the mail is text without HTML.
func (f *Form) alone() bool { return len(f.parts.HTML) == 0 }

// Write writes the message to one recipient. It uses the memory of an earlier
// message of a Form, which must have been sent by then; used may be nil. It fails as
// Compose does.
func (f *Form) Write(used *Message, v Values) (*Message, error) {
	return f.write(used, v, f.signers)
}

func (f *Form) write(used *Message, v Values, signers []*Signer) (*Message, error) {
	if err := f.complete(&v); err != nil {
		return nil, err
	}
	if f.slow != "" || unusual(v.Text) || unusual(v.HTML) {
		return f.compose(v, signers)
	}
	m := f.personal(v)
	h := header{}
	h.envelope(&m)
	h.mailbox("To", m.To)
	to := h.cut()
	h.unsubscribe(&m)
	if err := h.faults.Err(); err != nil {
		return nil, err
	}
	if used == nil || used.own == nil { // another's memory is not ours to use
		used = &Message{}
	}
	d := f.drafts.Get().(*draft)
	defer f.drafts.Put(d)
	separator := f.boundary
	if separator == "" {
		separator = boundary(h.separator, 0)
	}
	d.begin(used.own[:0], separator, len(signers) > 0)
	defer d.release()
	f.writeFields(d, h.messageID, to, h.cut())
	if !f.writeContent(d, v) {
		return f.compose(v, signers) // which tries another boundary
	}
	written := len(d.out)
	if err := f.sign(d, signers); err != nil {
		return nil, err
	}
	*used = Message{
		From: h.envelopeFrom, To: h.envelopeTo, Body: d.body(used.Body[:0], written), own: d.out, UTF8: f.utf8 || h.utf8,
	}
	return used, nil
}

// complete makes sure that no gap is left open by mistake: it could be the link
// to leave.
func (f *Form) complete(v *Values) error {
	if len(v.Text) < f.gaps.text || len(v.HTML) < f.gaps.html {
		return newsletter.Errorf(newsletter.Failed, "there are %d and %d values for %d gaps in the text and %d in the HTML",
			len(v.Text), len(v.HTML), f.gaps.text, f.gaps.html)
	}
	return nil
}

// maxGaps is far above what a mail needs.
const maxGaps = 100

// gapsIn gives the highest number of a gap.
func gapsIn(pieces []Piece) (int, error) {
	most := 0
	for _, p := range pieces {
		if p.Gap < 0 || p.Gap > maxGaps {
			return 0, newsletter.Errorf(newsletter.Failed, "a gap has the number %d, which is not between 1 and %d", p.Gap, maxGaps)
		}
		most = max(most, p.Gap)
	}
	return most, nil
}

// unusual holds for values that Compose would change or refuse.
func unusual(values []string) bool {
	for _, v := range values {
		if strings.ContainsAny(v, "\r\n\x00") || !utf8.ValidString(v) {
			return true
		}
	}
	return false
}

// personal gives the mail to one recipient without its parts.
func (f *Form) personal(v Values) Mail {
	m := f.mail
	m.To, m.MessageID, m.EnvelopeFrom = v.To, v.MessageID, v.EnvelopeFrom
	m.UnsubscribeURL, m.UnsubscribeMailto = v.UnsubscribeURL, v.UnsubscribeMailto
	return m
}

// compose takes the slow way, which is right by definition.
func (f *Form) compose(v Values, signers []*Signer) (*Message, error) {
	m := f.personal(v)
	m.Text, m.HTML = join(f.parts.Text, v.Text), join(f.parts.HTML, v.HTML)
	return Compose(&m, signers)
}

func join(pieces []Piece, values []string) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.Gap == 0 {
			b.WriteString(p.Text)
		} else {
			b.WriteString(values[p.Gap-1])
		}
	}
	return b.String()
}

// writeFields writes the header up to what tells of the content, as go-mail does:
// its own fields first, sorted, then ours.
func (f *Form) writeFields(d *draft, messageID, to, unsubscribe string) {
	id := append(d.header[:0], "Message-ID: <"...)
	if len(messageID) > maxBesideName {
		id = append(id[:len(id)-len(" <")], "\r\n <"...)
	}
	id = append(append(id, messageID...), ">\r\n"...)
	d.out = append(append(d.out, f.dates...), id...)
	d.header = append(append(id, to...), unsubscribe...)
	for _, fields := range []string{f.senders, to, f.opening, unsubscribe, f.closing} {
		d.out = append(d.out, fields...)
	}
}

// maxBesideName is the longest Message-ID that go-mail leaves on the line of the
// field's name.
const maxBesideName = 58

// writeContent writes the rest of the header, the empty line behind it and the
// body. It says whether the boundary stands only where it should.
func (f *Form) writeContent(d *draft, v Values) bool {
	if f.alone() {
		f.writeText(d, v)
		return true
	}
	d.describe("Content-Type: multipart/alternative;\r\n boundary=", d.boundary, "\r\n")
	d.count(0)
	encoding := f.text.encoding(v.Text)
	d.leap(f.begun[encoding])
	d.frame("--", d.boundary, "\r\n")
	f.text.describe(d, "text/plain", encoding)
	f.text.writeBody(d, encoding, v.Text)
	d.frame("\r\n--", d.boundary, "\r\n")
	encoding = f.html.encoding(v.HTML)
	f.html.describe(d, "text/html", encoding)
	f.html.writeBody(d, encoding, v.HTML)
	d.frame("\r\n--", d.boundary, "--\r\n")
	return d.found == boundaryCount
}

// writeText writes the text as the whole body.
func (f *Form) writeText(d *draft, v Values) {
	encoding := f.text.encoding(v.Text)
	d.describe("Content-Transfer-Encoding: ", encoding.String(), "\r\nContent-Type: text/plain; charset=UTF-8\r\n")
	f.text.writeBody(d, encoding, v.Text)
}

// draft is a message while it is written.
type draft struct {
	out      []byte // what is written for this message alone
	header   []byte // the fields in it that no other message has
	places   []place
	boundary string
	sought   []byte // the boundary, as what is looked for
	found    int    // how often the boundary was written
	hashing  bool
	hash     bodyHash
	half     *halfHash // where the hash goes on after the next ready lines; until then nothing is hashed
	scratch  []byte
}

// place says which lines, inspected beforehand, stand behind so much of what is
// written for this message alone.
type place struct {
	at    int
	lines *smtp.Lines
}

func (d *draft) begin(out []byte, boundary string, hashing bool) {
	d.out, d.boundary, d.found, d.hashing, d.half, d.places = out, boundary, 0, hashing, nil, d.places[:0]
	d.sought = append(d.sought[:0], boundary...)
	d.hash.begin()
}

// release lets go of the message's memory before the draft is kept for another.
func (d *draft) release() { d.out = nil }

// body gives the message in pieces: first the signatures, which were written last,
// then what was written before them, and the lines in their places.
func (d *draft) body(pieces smtp.Body, written int) smtp.Body {
	if written < len(d.out) {
		pieces = append(pieces, smtp.Piece{Text: d.out[written:]})
	}
	from := 0
	for _, p := range d.places {
		if from < p.at {
			pieces = append(pieces, smtp.Piece{Text: d.out[from:p.at]})
		}
		pieces, from = append(pieces, smtp.Piece{Lines: p.lines}), p.at
	}
	if from < written {
		pieces = append(pieces, smtp.Piece{Text: d.out[from:written]})
	}
	return pieces
}

// describe writes the fields that tell of the content, and the empty line behind
// the header.
func (d *draft) describe(fields ...string) {
	for _, f := range fields {
		d.header = append(d.header, f...)
		d.out = append(d.out, f...)
	}
	d.out = append(d.out, lineEnd...)
}

// frame writes what stands between parts.
func (d *draft) frame(pieces ...string) {
	from := len(d.out)
	for _, p := range pieces {
		d.out = append(d.out, p...)
	}
	d.account(from)
}

// ready writes lines that were encoded and canonicalised beforehand. No boundary
// is in them: newPart saw to that.
func (d *draft) ready(l lines) {
	rest := l.wire
	if l.known != nil {
		d.places = append(d.places, place{at: len(d.out), lines: l.known})
		rest = rest[len(l.known.Text()):]
	}
	d.out = append(d.out, rest...)
	switch {
	case d.half != nil:
		d.hash.resume(d.half)
		d.half, d.hashing = nil, true
	case d.hashing:
		d.hash.write(l.canonical)
	}
}

// leap spares what was hashed for all messages, if anything was: the hash goes on
// behind the next ready lines.
func (d *draft) leap(half *halfHash) {
	if d.hashing && half != nil {
		d.half, d.hashing = half, false
	}
}

// account hashes whole lines that were written just now, and looks for the
// boundary in them.
func (d *draft) account(from int) {
	d.count(from)
	if d.hashing {
		d.hash.write(relaxedBody(&d.scratch, d.out[from:]))
	}
}

// count looks for the boundary in what was written since from.
func (d *draft) count(from int) {
	d.found += bytes.Count(d.out[from:], d.sought)
}
