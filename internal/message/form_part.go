package message

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/wneessen/go-mail"

	"epistle/internal/smtp"
)

// part is one part of a Form, encoded in both ways as far as its gaps allow: the
// values decide which of the two is the shorter.
//
// In quoted-printable, lines without a gap are ready. One with a gap is encoded
// for each recipient from the gap to its end, because a value moves the soft line
// breaks behind it; the next line break in the text brings the columns into step
// again. In base64 a value moves all that follows, and only what stands before
// the first gap is ready.
type part struct {
	slow            string // why the part needs Compose, or empty
	length, escapes int    // of the fixed text

	stretches []stretch // quoted-printable
	rest      lines     // behind the last stretch

	grouped   lines // base64
	ungrouped []Piece
}

// lines are encoded lines, each with its line end, as they are sent and as they
// are hashed. Where it is worth it they are inspected for package smtp.
type lines struct {
	wire, canonical []byte
	known           *smtp.Lines
}

// stretch is ready lines and then one line with gaps.
type stretch struct {
	ready lines
	lead  []byte // the encoded beginning of the line, without line end
	gaps  []gap
	ends  bool // whether a line break of the text follows
}

// gap is the place of a value, and the fixed text between it and the next gap or
// line break.
type gap struct {
	value int
	tail  string
}

func newPart(pieces []Piece) *part {
	p := &part{}
	pieces = p.normal(pieces)
	p.quote(pieces)
	p.group(pieces)
	if p.length == 0 {
		p.slow = "A part of the mail has no fixed text."
	}
	return p
}

// normal merges neighbouring texts and gives them canonical line ends.
func (p *part) normal(pieces []Piece) []Piece {
	var merged []Piece
	for _, piece := range pieces {
		last := len(merged) - 1
		switch {
		case piece.Gap != 0:
			merged = append(merged, Piece{Gap: piece.Gap})
		case piece.Text == "":
		case last >= 0 && merged[last].Gap == 0:
			merged[last].Text += piece.Text
		default:
			merged = append(merged, piece)
		}
	}
	for i := range merged {
		text := merged[i].Text
		if strings.HasSuffix(text, "\r") && i < len(merged)-1 { // it may be half of CRLF
			p.slow = "A gap cuts a line break in two."
		}
		merged[i].Text = lineEnds(text)
		p.length += len(merged[i].Text)
		p.escapes += escapes(merged[i].Text)
	}
	return merged
}

// quote prepares the part in quoted-printable.
func (p *part) quote(pieces []Piece) {
	fixed := ""       // whole lines, and the beginning of one
	var open *stretch // whose line has not ended yet
	for _, piece := range pieces {
		switch {
		case piece.Gap != 0:
			if open == nil {
				p.stretches = append(p.stretches, p.stretchAfter(fixed))
				open = &p.stretches[len(p.stretches)-1]
			}
			open.gaps = append(open.gaps, gap{value: piece.Gap - 1})
		case open == nil:
			fixed = piece.Text
		default:
			tail := &open.gaps[len(open.gaps)-1].tail
			if *tail, fixed, open.ends = strings.Cut(piece.Text, "\r\n"); open.ends {
				open = nil
			}
		}
	}
	if open == nil {
		encoded, column := appendQuoted(nil, 0, fixed)
		p.rest = p.lines(endQuoted(encoded, column))
	}
}

// stretchAfter encodes the fixed text before a gap. The line that the gap stands
// in is no ready line, even where it was broken softly: what is ready can be
// hashed on its own only because it ends with a line end.
func (p *part) stretchAfter(fixed string) stretch {
	encoded, column := appendQuoted(nil, 0, fixed)
	at := len(encoded) - column
	return stretch{ready: p.lines(encoded[:at]), lead: encoded[at:]}
}

// group prepares the part in base64.
func (p *part) group(pieces []Piece) {
	if len(pieces) == 0 || pieces[0].Gap != 0 {
		p.ungrouped = pieces
		return
	}
	text := pieces[0].Text
	whole := len(text) - len(text)%lineGroup
	p.grouped = p.lines(appendGrouped(nil, []byte(text[:whole])))
	p.ungrouped = append([]Piece{{Text: text[whole:]}}, pieces[1:]...)
}

// separator is what boundary makes.
var separator = regexp.MustCompile(`part[0-9a-f]{32}`)

// lines takes encoded lines as ready, and sees to it that no boundary, whichever
// it will be, stands in them: it would be on one line.
func (p *part) lines(wire []byte) lines {
	if separator.Match(wire) {
		p.slow = "The mail holds what looks like a separator of its parts."
	}
	return lines{wire: wire, canonical: relaxedBody(new([]byte), wire), known: p.inspect(wire)}
}

// inspect looks at ready lines, as far as they are ended, for package smtp.
func (p *part) inspect(wire []byte) *smtp.Lines {
	whole := wire[:bytes.LastIndexByte(wire, '\n')+1]
	if len(whole) < worthKnowing {
		return nil
	}
	known, err := smtp.Inspect(whole)
	if err != nil {
		p.slow = "The mail holds lines that cannot be sent."
	}
	return known
}

// worthKnowing is how many octets of ready lines are worth being recognised.
const worthKnowing = 256

// describe writes the part's header.
func (p *part) describe(d *draft, mediaType string, encoding mail.Encoding) {
	d.frame("Content-Transfer-Encoding: ", encoding.String(), "\r\nContent-Type: ", mediaType, "; charset=UTF-8\r\n\r\n")
}

// beginning gives the ready lines with which writeBody begins.
func (p *part) beginning(encoding mail.Encoding) lines {
	switch {
	case encoding == mail.EncodingB64:
		return p.grouped
	case len(p.stretches) > 0:
		return p.stretches[0].ready
	}
	return p.rest
}

// writeBody writes the part for one recipient, without its header.
func (p *part) writeBody(d *draft, encoding mail.Encoding, values []string) {
	if encoding == mail.EncodingB64 {
		p.writeGrouped(d, values)
		return
	}
	for i := range p.stretches {
		s := &p.stretches[i]
		d.ready(s.ready)
		from := len(d.out)
		out, column := append(d.out, s.lead...), len(s.lead)
		for _, g := range s.gaps {
			out, column = appendQuoted(out, column, values[g.value])
			out, column = appendQuoted(out, column, g.tail)
		}
		out = endQuoted(out, column)
		if s.ends {
			out = append(out, "\r\n"...)
		}
		d.out = out
		d.account(from)
	}
	d.ready(p.rest)
}

// encoding gives the encoding that Compose would choose.
func (p *part) encoding(values []string) mail.Encoding {
	length, escaped := p.length, p.escapes
	for _, piece := range p.ungrouped {
		if piece.Gap != 0 {
			length += len(values[piece.Gap-1])
			escaped += escapes(values[piece.Gap-1])
		}
	}
	return encodingOf(length, escaped)
}

func (p *part) writeGrouped(d *draft, values []string) {
	d.ready(p.grouped)
	raw := d.scratch[:0]
	for _, piece := range p.ungrouped {
		if piece.Gap == 0 {
			raw = append(raw, piece.Text...)
		} else {
			raw = append(raw, values[piece.Gap-1]...)
		}
	}
	d.scratch = raw
	from := len(d.out)
	d.out = appendGrouped(d.out, raw)
	d.account(from)
}

// lineGroup is how many octets make a base64 line of 76 characters.
const lineGroup = 57

// appendGrouped encodes in base64, each line with its line end.
func appendGrouped(dst, raw []byte) []byte {
	for len(raw) > 0 {
		n := min(len(raw), lineGroup)
		dst = append(base64.StdEncoding.AppendEncode(dst, raw[:n]), "\r\n"...)
		raw = raw[n:]
	}
	return dst
}

// maxQuoted is the longest line in quoted-printable, less the "=" that may have
// to end it (RFC 2045 §6.7).
const maxQuoted = 75

// appendQuoted encodes text with canonical line ends in quoted-printable, as the
// standard library does, from a column of a line on, and gives the new column.
func appendQuoted(dst []byte, column int, text string) ([]byte, int) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case ' ' <= c && c <= '~' && c != '=' || c == '\t':
			if column == maxQuoted {
				dst, column = append(dst, "=\r\n"...), 0
			}
			dst = append(dst, c)
			column++
		case c == '\r': // and the LF behind it
			dst, column = append(endQuoted(dst, column), "\r\n"...), 0
			i++
		default:
			dst, column = appendEscape(dst, column, c)
		}
	}
	return dst, column
}

func appendEscape(dst []byte, column int, c byte) ([]byte, int) {
	if column > maxQuoted-len("=XX") {
		dst, column = append(dst, "=\r\n"...), 0
	}
	return append(dst, '=', upperHex[c>>4], upperHex[c&15]), column + len("=XX")
}

// endQuoted makes a line fit to end: a space there would be lost on the way.
func endQuoted(dst []byte, column int) []byte {
	last := len(dst) - 1
	if column == 0 || dst[last] != ' ' && dst[last] != '\t' {
		return dst
	}
	dst, _ = appendEscape(dst[:last], column-1, dst[last])
	return dst
}
