package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reply is a server's answer (RFC 5321 §4.2), made safe to store and to show.
type Reply struct {
	// Code is the basic code, 200 to 599; 0 means there was no reply.
	Code int
	// Enhanced is the enhanced status code such as "5.1.1" (RFC 3463 §2), or
	// empty.
	Enhanced string
	// Text is the rest: lines joined by a space, control and invisible
	// characters removed, at most 400 bytes. It may repeat addresses.
	Text string
}

// String gives the reply on one line as the server wrote it.
func (r Reply) String() string {
	if r.Code == 0 {
		return ""
	}
	s := strconv.Itoa(r.Code)
	if r.Enhanced != "" {
		s += " " + r.Enhanced
	}
	if r.Text != "" {
		s += " " + r.Text
	}
	return s
}

const (
	maxText      = 400      // bytes of Reply.Text
	maxReply     = 64 << 10 // bytes of one reply as it is read; more is no SMTP any more
	maxReplyLine = 1 << 10  // bytes kept of one line: twice what RFC 5321 §4.5.3.1.5 allows
)

// errNotSMTP marks what a mail server does not say.
var errNotSMTP = errors.New("the server does not speak SMTP")

// readReply reads one reply. Lines and replies of any length up to maxReply are
// read whole, so that the next reply stays in step, and kept in part. Its errors
// are those of r, io.ErrUnexpectedEOF inside a reply, and errNotSMTP.
func readReply(r *bufio.Reader) (Reply, error) {
	code, size := 0, 0
	var one [1]string // most replies
	lines := one[:0]
	for {
		line, n, err := readLine(r, maxReply-size)
		if err != nil {
			if errors.Is(err, io.EOF) && (n > 0 || code != 0) {
				err = io.ErrUnexpectedEOF
			}
			return Reply{}, err
		}
		size += n
		c, text, more, ok := parseLine(line)
		if !ok || (code != 0 && c != code) {
			return Reply{}, fmt.Errorf("%w: %q", errNotSMTP, clean(line, 80))
		}
		code = c
		lines = append(lines, text)
		if !more {
			return newReply(code, lines), nil
		}
	}
}

// readLine reads up to and with the next LF, at most limit bytes, and gives the
// first maxReplyLine of them without the line end, and how many were read.
func readLine(r *bufio.Reader, limit int) (string, int, error) {
	part, err := r.ReadSlice('\n')
	n, line := len(part), part[:min(len(part), maxReplyLine)]
	if errors.Is(err, bufio.ErrBufferFull) {
		line = slices.Clone(line) // the next read overwrites it
	}
	for errors.Is(err, bufio.ErrBufferFull) && n <= limit {
		part, err = r.ReadSlice('\n')
		n += len(part)
		line = append(line, part[:min(len(part), maxReplyLine-len(line))]...)
	}
	switch {
	case n > limit:
		return "", n, fmt.Errorf("%w: a reply longer than %d KiB", errNotSMTP, maxReply>>10)
	case err != nil:
		return "", n, err
	}
	return string(bytes.TrimRight(line, "\r\n")), n, nil
}

// parseLine takes one line of a reply apart: RFC 5321 §4.2, where the text, and
// with it the space before it, may be missing.
func parseLine(line string) (code int, text string, more, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2]) {
		return 0, "", false, false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, "", false, true
	}
	if line[3] != ' ' && line[3] != '-' {
		return 0, "", false, false
	}
	return code, line[4:], line[3] == '-', true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// newReply joins the lines of a reply. The enhanced code stands at the beginning
// of every line (RFC 2034 §4); the first counts and all are taken off, from the
// lines themselves.
func newReply(code int, lines []string) Reply {
	r := Reply{Code: code}
	for i, line := range lines {
		enhanced, rest := cutEnhanced(line)
		if r.Enhanced == "" {
			r.Enhanced = enhanced
		}
		lines[i] = rest
	}
	r.Text = clean(strings.Join(lines, " "), maxText)
	return r
}

// cutEnhanced splits "5.1.1 text" (RFC 3463 §2: class 2, 4 or 5, then two numbers
// of up to three digits).
func cutEnhanced(line string) (enhanced, rest string) {
	word, rest, _ := strings.Cut(line, " ")
	class, numbers, _ := strings.Cut(word, ".")
	subject, detail, ok := strings.Cut(numbers, ".")
	if !ok || class != "2" && class != "4" && class != "5" || !isNumber(subject) || !isNumber(detail) {
		return "", line
	}
	return word, rest
}

func isNumber(s string) bool {
	return len(s) >= 1 && len(s) <= 3 && strings.Trim(s, "0123456789") == ""
}

// clean makes outside text fit for a terminal, a page and a database: invalid
// bytes become "?", every run of white space and control characters one space,
// invisible characters (which could turn or hide text) nothing. What exceeds
// limit bytes is cut at a character and marked "…".
func clean(text string, limit int) string {
	if isClean(text) && len(text) <= limit {
		return text
	}
	var b strings.Builder
	b.Grow(min(len(text), limit))
	space := false
	for _, c := range text {
		switch {
		case unicode.IsSpace(c), unicode.IsControl(c):
			space = b.Len() > 0
			continue
		case unicode.Is(unicode.Cf, c):
			continue
		case c == utf8.RuneError:
			c = '?'
		}
		if b.Len()+len(" ")+utf8.RuneLen(c)+len("…") > limit {
			b.WriteString("…")
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(c)
	}
	return b.String()
}

// isClean says whether clean has nothing to do, which is so for most replies:
// printable ASCII with single spaces inside.
func isClean(text string) bool {
	space := true // none may come next
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space || text == ""
}
