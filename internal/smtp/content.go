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

// nature is what has to be known of a body before it travels.
type nature struct {
	eightBit bool  // needs 8BITMIME
	dots     []int // where lines begin with a dot
	unended  bool  // the last line has no CRLF
}

// Lines is text that was inspected once and stands in many messages.
type Lines struct {
	text []byte
	nature
}

// Inspect looks at whole lines, each with its CRLF, once for all messages in which
// they stand: see Transaction.Known. The text must not change afterwards. It
// refuses what Deliver refuses.
func Inspect(text []byte) (*Lines, error) {
	l := &Lines{text: text}
	if err := l.inspect(text, 0); err != nil {
		return nil, err
	}
	if l.unended {
		return nil, errors.New("the last line has no end")
	}
	return l, nil
}

// Stretch says that Lines stand in a body.
type Stretch struct {
	At    int // offset in the body
	Lines *Lines
}

// In says whether the lines stand in a body where they should, and where they end.
func (k Stretch) In(body []byte) (end int, ok bool) {
	end = k.At + len(k.Lines.text)
	if k.At < 0 || end > len(body) || k.At > 0 && body[k.At-1] != '\n' {
		return 0, false
	}
	return end, bytes.Equal(body[k.At:end], k.Lines.text)
}

// inspect looks at a body of which stretches may be known. What does not stand
// where it should is looked at like the rest.
func inspect(body []byte, known []Stretch) (nature, error) {
	if len(body) == 0 {
		return nature{}, errors.New("the message is empty")
	}
	var n nature
	at := 0
	for _, k := range known {
		end, ok := k.In(body)
		if !ok || k.At < at {
			continue
		}
		if n.inspect(body[at:k.At], at) != nil {
			return inspect(body, nil) // which counts the lines
		}
		n.eightBit = n.eightBit || k.Lines.eightBit
		for _, dot := range k.Lines.dots {
			n.dots = append(n.dots, k.At+dot)
		}
		at = end
	}
	if err := n.inspect(body[at:], at); err != nil {
		if at > 0 {
			return inspect(body, nil)
		}
		return nature{}, err
	}
	return n, nil
}

// inspect adds lines that begin at an offset. It refuses what must not travel: a
// bare CR or LF, which two servers could read as two different messages, NUL, and
// over-long lines.
func (n *nature) inspect(lines []byte, offset int) error {
	if bytes.IndexByte(lines, 0) >= 0 {
		return errors.New("the message holds a NUL byte")
	}
	n.eightBit = n.eightBit || is8bit(lines)
	returns := bytes.Count(lines, []byte{'\r'})
	for number, at := 1, 0; at < len(lines); number++ {
		rest := lines[at:]
		if rest[0] == '.' {
			n.dots = append(n.dots, offset+at)
		}
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end == 0 || end > 0 && rest[end-1] != '\r': // RFC 5321 §2.3.8
			return fmt.Errorf("line %d of the message ends with a bare LF", number)
		case end > maxLine+1, end < 0 && len(rest) > maxLine: // an ended line has its CR
			return fmt.Errorf("line %d of the message is longer than %d octets", number, maxLine)
		case end < 0:
			n.unended, end = true, len(rest)-1
		default:
			returns--
		}
		at += end + 1
	}
	if returns > 0 { // more than there are line ends
		return errors.New("the message holds a bare CR")
	}
	return nil
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

// stuff appends the body with the dot at the beginning of each line doubled (RFC
// 5321 §4.5.2).
func (n *nature) stuff(to, body []byte) []byte {
	at := 0
	for _, dot := range n.dots {
		to = append(append(to, body[at:dot]...), '.')
		at = dot
	}
	return append(to, body[at:]...)
}
