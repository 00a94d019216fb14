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

// checkContent refuses what must not travel: a bare CR or LF, which two servers
// could read as two different messages, NUL, and over-long lines.
func checkContent(body []byte) error {
	if len(body) == 0 {
		return errors.New("the message is empty")
	}
	if bytes.IndexByte(body, 0) >= 0 {
		return errors.New("the message holds a NUL byte")
	}
	for number, rest := 1, body; len(rest) > 0; number++ {
		end := bytes.IndexByte(rest, '\n')
		line := rest
		if end >= 0 {
			line, rest = rest[:end], rest[end+1:]
		} else {
			rest = nil
		}
		cr := bytes.IndexByte(line, '\r')
		switch {
		case end >= 0 && cr < 0: // RFC 5321 §2.3.8
			return fmt.Errorf("line %d of the message ends with a bare LF", number)
		case cr >= 0 && (end < 0 || cr != len(line)-1):
			return fmt.Errorf("line %d of the message holds a bare CR", number)
		case len(bytes.TrimSuffix(line, []byte("\r"))) > maxLine:
			return fmt.Errorf("line %d of the message is longer than %d octets", number, maxLine)
		}
	}
	return nil
}

// is8bit says whether the content needs 8BITMIME. Eight bytes at a step: it runs
// over every message.
func is8bit(body []byte) bool {
	for len(body) >= 8 {
		if binary.LittleEndian.Uint64(body)&0x8080808080808080 != 0 {
			return true
		}
		body = body[8:]
	}
	return slices.ContainsFunc(body, func(c byte) bool { return c >= 0x80 })
}

// stuff doubles each dot at the beginning of a line and ends the last line (RFC
// 5321 §4.5.2). The body comes back unchanged, and not copied, where nothing is
// to be done, which is the usual case.
func stuff(body []byte) []byte {
	stuffed := body
	if body[0] == '.' || bytes.Contains(body, []byte("\r\n.")) {
		stuffed = bytes.ReplaceAll(body, []byte("\r\n."), []byte("\r\n.."))
		if body[0] == '.' {
			stuffed = append([]byte{'.'}, stuffed...)
		}
	}
	if !bytes.HasSuffix(body, []byte("\r\n")) {
		stuffed = append(slices.Clip(stuffed), "\r\n"...)
	}
	return stuffed
}
