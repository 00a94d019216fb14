package smtp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// maxLine is the longest line of content without its CRLF (RFC 5321 §4.5.3.1.6).
const maxLine = 998

// Body is a whole message with CRLF line ends, in pieces that follow one another.
type Body []Piece

// Piece is a stretch of a Body: lines that were inspected before, or else text.
type Piece struct {
	Lines *Lines
	Text  []byte
}

// Whole is a Body in one piece.
func Whole(text []byte) Body { return Body{{Text: text}} }

// Len is the number of octets, no dot doubled (RFC 1870 §5).
func (b Body) Len() int {
	n := 0
	for _, p := range b {
		n += len(p.text())
	}
	return n
}

// Bytes is the message in one piece. It may share memory with the Body.
func (b Body) Bytes() []byte {
	if len(b) == 1 {
		return b[0].text()
	}
	whole := make([]byte, 0, b.Len())
	for _, p := range b {
		whole = append(whole, p.text()...)
	}
	return whole
}

func (p Piece) text() []byte {
	if p.Lines != nil {
		return p.Lines.text
	}
	return p.Text
}

// Lines is text that was inspected once and stands in many messages.
type Lines struct {
	text, stuffed []byte
	eightBit      bool
}

// Inspect looks at whole lines, each with its CRLF, once for all messages in which
// they stand. The text must not change afterwards. It refuses what Deliver refuses.
func Inspect(text []byte) (*Lines, error) {
	n, err := look(text)
	if err != nil {
		return nil, err
	}
	if n.unended {
		return nil, errors.New("the last line has no end")
	}
	l := &Lines{text: text, stuffed: text, eightBit: n.eightBit}
	if len(n.dots) > 0 {
		l.stuffed = n.stuff(nil, text)
	}
	return l, nil
}

// Text is what was inspected; it must not be changed.
func (l *Lines) Text() []byte { return l.text }

// wire is a body as it travels: the dot at the beginning of each line doubled, and
// the last line ended.
type wire struct {
	pieces   [][]byte
	size     int // of the body
	eightBit bool
	memory   []byte // for lines with a dot to double
}

// keptMemory is the most that is kept from one body to the next.
const keptMemory = 256 << 10

// set inspects a body and makes it ready, in the memory of the one before; what need
// not change stays in the body's own. What was inspected as lines but does not begin a
// line is looked at like the rest.
func (w *wire) set(body Body) error {
	w.pieces, w.size, w.eightBit = w.pieces[:0], body.Len(), false
	if cap(w.memory) > keptMemory {
		w.memory = nil
	}
	w.memory = w.memory[:0]
	if w.size == 0 {
		return errors.New("the message is empty")
	}
	for i, p := range body {
		if p.Lines != nil {
			w.pieces, w.eightBit = append(w.pieces, p.Lines.stuffed), w.eightBit || p.Lines.eightBit
			continue
		}
		n, err := look(p.Text)
		if last := i == len(body)-1; len(body) > 1 && (err != nil || n.unended && !last) {
			return w.set(Whole(body.Bytes())) // which counts the lines of all
		}
		if err != nil {
			return err
		}
		w.add(p.Text, n)
	}
	return nil
}

func (w *wire) add(text []byte, n nature) {
	w.eightBit = w.eightBit || n.eightBit
	if len(n.dots) > 0 {
		from := len(w.memory)
		w.memory = n.stuff(w.memory, text)
		text = w.memory[from:]
	}
	w.pieces = append(w.pieces, text)
	if n.unended {
		w.pieces = append(w.pieces, lineEnd)
	}
}

var lineEnd = []byte("\r\n")

// nature is what has to be known of text before it travels.
type nature struct {
	eightBit bool
	dots     []int // where lines begin with a dot
	unended  bool  // the last line has no CRLF
}

// look looks at lines. It refuses what must not travel: a bare CR or LF, which two
// servers could read as two different messages, NUL, and over-long lines.
func look(lines []byte) (n nature, err error) {
	if bytes.IndexByte(lines, 0) >= 0 {
		return n, errors.New("the message holds a NUL byte")
	}
	n.eightBit = is8bit(lines)
	returns := bytes.Count(lines, []byte{'\r'})
	for number, at := 1, 0; at < len(lines); number++ {
		rest := lines[at:]
		if rest[0] == '.' {
			n.dots = append(n.dots, at)
		}
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end == 0 || end > 0 && rest[end-1] != '\r': // RFC 5321 §2.3.8
			return n, fmt.Errorf("line %d of the message ends with a bare LF", number)
		case end > maxLine+1, end < 0 && len(rest) > maxLine: // an ended line has its CR
			return n, fmt.Errorf("line %d of the message is longer than %d octets", number, maxLine)
		case end < 0:
			n.unended, end = true, len(rest)-1
		default:
			returns--
		}
		at += end + 1
	}
	if returns > 0 { // more than there are line ends
		return n, errors.New("the message holds a bare CR")
	}
	return n, nil
}

// is8bit says whether the content needs 8BITMIME. Many bytes at a step: it runs
// over every message.
func is8bit(body []byte) bool {
	const high = 0x8080808080808080
	for len(body) >= 32 {
		word := binary.LittleEndian.Uint64(body) | binary.LittleEndian.Uint64(body[8:16]) |
			binary.LittleEndian.Uint64(body[16:24]) | binary.LittleEndian.Uint64(body[24:32])
		if word&high != 0 {
			return true
		}
		body = body[32:]
	}
	return slices.ContainsFunc(body, func(c byte) bool { return c >= 0x80 })
}

// stuff appends the text with the dot at the beginning of each line doubled (RFC
// 5321 §4.5.2).
func (n *nature) stuff(to, text []byte) []byte {
	at := 0
	for _, dot := range n.dots {
		to = append(append(to, text[at:dot]...), '.')
		at = dot
	}
	return append(to, text[at:]...)
}
