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
	eightBit bool // needs 8BITMIME
	dotted   bool // a line begins with a dot
	unended  bool // the last line has no CRLF
}

// inspect refuses what must not travel: a bare CR or LF, which two servers could
// read as two different messages, NUL, and over-long lines.
func inspect(body []byte) (nature, error) {
	if len(body) == 0 {
		return nature{}, errors.New("the message is empty")
	}
	if bytes.IndexByte(body, 0) >= 0 {
		return nature{}, errors.New("the message holds a NUL byte")
	}
	n := nature{eightBit: is8bit(body)}
	returns := bytes.Count(body, []byte{'\r'})
	for number, rest := 1, body; len(rest) > 0; number++ {
		n.dotted = n.dotted || rest[0] == '.'
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end == 0 || end > 0 && rest[end-1] != '\r': // RFC 5321 §2.3.8
			return nature{}, fmt.Errorf("line %d of the message ends with a bare LF", number)
		case end > maxLine+1, end < 0 && len(rest) > maxLine: // an ended line has its CR
			return nature{}, fmt.Errorf("line %d of the message is longer than %d octets", number, maxLine)
		case end < 0:
			n.unended, end = true, len(rest)-1
		default:
			returns--
		}
		rest = rest[end+1:]
	}
	if returns > 0 { // more than there are line ends
		return nature{}, errors.New("the message holds a bare CR")
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

// stuff appends the body with the dot at the beginning of each line doubled (RFC
// 5321 §4.5.2).
func stuff(to, body []byte) []byte {
	if len(body) > 0 && body[0] == '.' {
		to = append(to, '.')
	}
	for {
		i := bytes.Index(body, []byte("\r\n."))
		if i < 0 {
			return append(to, body...)
		}
		to = append(append(to, body[:i+3]...), '.')
		body = body[i+3:]
	}
}
