package bounce

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"
)

// message is one message as it was taken in.
type message struct {
	raw       []byte // the first bytes as they came
	text      string // the same with "\n" as line end and no mbox line before the header
	size      int64
	truncated bool // there is more than raw
	oversized bool // reading stopped before the end

	rest hash.Hash // over what is not in raw
}

// intake reads a message to its end or to the limit, and keeps its beginning.
func (r *Reader) intake(in io.Reader) (*message, error) {
	m := &message{rest: sha256.New()}
	var err error
	if m.raw, err = readUpTo(in, r.limits.Keep); err != nil {
		return nil, err
	}
	m.size = int64(len(m.raw))
	if len(m.raw) == r.limits.Keep {
		if err := m.drain(in, r.limits.Message-m.size); err != nil {
			return nil, err
		}
	}
	m.text = dropEnvelopeLine(lineEnds(m.raw))
	return m, nil
}

// readUpTo reads to the end or to a number of bytes. Its memory grows fourfold at a
// time and never beyond that number, because many messages may arrive at once.
func readUpTo(in io.Reader, most int) ([]byte, error) {
	b := make([]byte, 0, min(16<<10, most))
	for len(b) < most {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(4*cap(b), most)), b...)
		}
		n, err := in.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// drain reads on without keeping anything but the hash.
func (m *message) drain(in io.Reader, left int64) error {
	buf := make([]byte, 64<<10)
	for left > 0 {
		n, err := in.Read(buf[:min(int64(len(buf)), left)])
		left -= int64(n)
		m.size += int64(n)
		m.truncated = m.truncated || n > 0
		writeWithoutLineEnds(m.rest, buf[:n])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	n, err := io.ReadFull(in, buf[:1])
	m.oversized = n > 0
	m.truncated = m.truncated || m.oversized
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// identity hashes the fields that the author wrote and the whole body, without
// line ends and without the fields that servers add on the way.
func (m *message) identity(h header) string {
	sum := sha256.New()
	for _, name := range []string{"message-id", "date", "from", "to", "subject"} {
		sum.Write([]byte(name + ":" + strings.Join(strings.Fields(h.get(name)), " ") + "\x00"))
	}
	_, body := splitHeader(m.text)
	writeWithoutLineEnds(sum, []byte(body))
	if m.truncated {
		sum.Write(m.rest.Sum(nil))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// writeWithoutLineEnds feeds a hash, which never fails.
func writeWithoutLineEnds(sum io.Writer, b []byte) {
	for len(b) > 0 {
		i := bytes.IndexAny(b, "\r\n")
		if i < 0 {
			i = len(b)
		}
		_, _ = sum.Write(b[:i])
		b = b[min(i+1, len(b)):]
	}
}

// lineEnds makes every CRLF, and every CR alone as old systems write it, an LF.
func lineEnds(b []byte) string {
	if !bytes.ContainsRune(b, '\r') {
		return string(b)
	}
	var text strings.Builder
	text.Grow(len(b))
	for i, c := range b {
		switch {
		case c != '\r':
			text.WriteByte(c)
		case i+1 == len(b) || b[i+1] != '\n':
			text.WriteByte('\n')
		}
	}
	return text.String()
}

// dropEnvelopeLine removes empty lines and the line that an mbox folder puts
// before a message.
func dropEnvelopeLine(text string) string {
	text = strings.TrimLeft(text, "\n")
	if strings.HasPrefix(text, "From ") || strings.HasPrefix(text, ">From ") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}
