package message

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"
)

// sign writes the signatures of all signers behind the message, although they belong
// before it: what the function of that name does for Compose, but with the body
// hashed already, each field canonicalised once for all signers, and those that all
// messages share once for all.
func (f *Form) sign(d *draft, signers []*Signer) error {
	if len(signers) == 0 {
		return nil
	}
	sum, err := d.hash.sum()
	if err != nil {
		return fmt.Errorf("hash the body: %w", err)
	}
	bodyHash := base64.StdEncoding.EncodeToString(sum)
	block, names := f.relaxedHeader(d.scratch[:0], string(d.header))
	now := strconv.FormatInt(time.Now().Unix(), 10)
	for _, s := range signers {
		from := len(d.out)
		// RFC 6376 §3.7: the field itself comes last, with an empty b= and
		// without its line end.
		d.out = append(s.appendTags(d.out, bodyHash, names, now), "\r\n b="...)
		input := relaxedField(block, d.out[from:])
		digest := sha256.Sum256(input[:len(input)-len("\r\n")])
		signature, err := s.signDigest(digest[:])
		if err != nil {
			return fmt.Errorf("sign for %s with the key %s: %w", s.domain, s.selector, err)
		}
		d.scratch = base64.StdEncoding.AppendEncode(input, signature)
		d.out = appendFolded(d.out, d.scratch[len(input):])
	}
	return nil
}

func (s *Signer) signDigest(digest []byte) ([]byte, error) {
	if s.kind == "ed25519" {
		return s.key.Sign(rand.Reader, digest, crypto.Hash(0)) // RFC 8463 §3: the hash is what is signed
	}
	return s.key.Sign(rand.Reader, digest, crypto.SHA256)
}

// appendTags appends the field without its b= tag, in go-msgauth's order, folded
// where go-msgauth folds.
func (s *Signer) appendTags(dst []byte, bodyHash, names, now string) []byte {
	dst = append(dst, "DKIM-Signature:"...)
	width := 0
	for _, tag := range [...][2]string{
		{"a", s.kind + "-sha256"},
		{"bh", bodyHash},
		{"c", "relaxed/relaxed"},
		{"d", s.domain},
		{"h", names},
		{"s", s.selector},
		{"t", now},
		{"v", "1"},
	} {
		length := len(" =;") + len(tag[0]) + len(tag[1])
		if width+length > maxTagLine {
			dst = append(dst, lineEnd...)
			width = 0
		}
		dst = append(append(dst, ' '), tag[0]...)
		dst = append(append(append(dst, '='), tag[1]...), ';')
		width += length
	}
	return dst
}

// maxTagLine is where go-msgauth folds the lines of a signature.
const maxTagLine = 75

// appendFolded appends the value of the last tag of a field, b=, which has begun a
// line, and ends the field.
func appendFolded(dst, value []byte) []byte {
	for line := maxTagLine - len(" b="); len(value) > line; line = maxTagLine {
		dst = append(append(dst, value[:line]...), "\r\n "...)
		value = value[line:]
	}
	return append(append(dst, value...), lineEnd...)
}

// relaxedHeader appends the signed fields of a message in canonical form, in the
// order of h=, and gives the value of h=: the names that headerKeys gives. Own are
// the fields that the message does not share.
func (f *Form) relaxedHeader(dst []byte, own string) (block []byte, names string) {
	var keys strings.Builder
	keys.Grow(512)
	fields := pickFields(own, f.signed)
	for i, field := range f.signed {
		times := 2
		switch {
		case f.canonical[i] != "":
			dst = append(dst, f.canonical[i]...)
		case fields[i] != "":
			dst = relaxedField(dst, fields[i])
		case field.absent:
			times = 1
		default:
			continue
		}
		for range times {
			if keys.Len() > 0 {
				keys.WriteByte(':')
			}
			keys.WriteString(field.name)
		}
	}
	return dst, keys.String()
}

// pickFields gives the fields of a header that are signed, by their place in signed,
// where others are empty. No field of ours occurs twice, so that none has to be
// picked from several.
func pickFields(head string, signed []signedField) []string {
	fields := make([]string, len(signed))
	for head != "" {
		end := fieldEnd(head)
		name, _, _ := strings.Cut(head[:end], ":")
		for i := range signed {
			if len(name) == len(signed[i].name) && strings.EqualFold(name, signed[i].name) {
				fields[i] = head[:end]
			}
		}
		head = head[end:]
	}
	return fields
}

// fieldEnd finds the end of the first field: the first line end that no folded
// line follows.
func fieldEnd(head string) int {
	for at := 0; ; {
		n := strings.Index(head[at:], "\r\n")
		if n < 0 {
			return len(head)
		}
		at += n + len("\r\n")
		if at == len(head) || head[at] != ' ' && head[at] != '\t' {
			return at
		}
	}
}

// relaxedField appends a field in canonical form, with a line end
// (RFC 6376 §3.4.2).
func relaxedField[T string | []byte](dst []byte, field T) []byte {
	colon := 0
	for ; colon < len(field) && field[colon] != ':'; colon++ {
		c := field[colon]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	dst = append(dst, ':')
	start, space := len(dst), false
	for i := colon + 1; i < len(field); i++ {
		switch c := field[i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			space = true
		default:
			if space && len(dst) > start {
				dst = append(dst, ' ')
			}
			dst, space = append(dst, c), false
		}
	}
	return append(dst, "\r\n"...)
}

// isRelaxed says whether lines of a body are in canonical form as they are; most are.
func isRelaxed(body []byte) bool {
	return bytes.IndexByte(body, '\t') < 0 && !bytes.Contains(body, []byte("  ")) &&
		!bytes.Contains(body, []byte(" \r")) && !bytes.HasSuffix(body, []byte(" "))
}

// relaxedBody gives whole lines of a body in canonical form (RFC 6376 §3.4.4): the lines
// themselves where nothing has to change, otherwise what it writes to memory. The rule
// about empty lines at the end is left to bodyHash.
func relaxedBody(memory *[]byte, body []byte) []byte {
	if isRelaxed(body) {
		return body
	}
	dst, space := (*memory)[:0], false
	for _, c := range body {
		switch c {
		case ' ', '\t':
			space = true
			continue
		case '\r', '\n':
		default:
			if space {
				dst = append(dst, ' ')
			}
		}
		dst, space = append(dst, c), false
	}
	*memory = dst
	return dst
}

// bodyHash takes the hash of a body in canonical form, line by line. Line ends are
// held back until something follows them, so that empty lines at the end are left
// out; a last line without an end gets one (RFC 6376 §3.4.3, §3.4.4).
type bodyHash struct {
	hash resumable
	tail
	err error
}

// tail is what a bodyHash knows besides its hash.
type tail struct {
	held  int  // line ends
	begun bool // anything but line ends has come
}

// resumable is a hash that can be left and gone on with, as crypto/sha256 says that
// its own can.
type resumable interface {
	hash.Hash
	MarshalBinary() ([]byte, error)
	UnmarshalBinary([]byte) error
}

func (b *bodyHash) begin() {
	if b.hash == nil {
		b.hash = sha256.New().(resumable)
	}
	b.hash.Reset()
	b.tail, b.err = tail{}, nil
}

// halfHash is a bodyHash on its way, to go on from again and again.
type halfHash struct {
	state []byte
	tail
}

// half gives where the hash stands; nil when its state cannot be taken.
func (b *bodyHash) half() *halfHash {
	state, err := b.hash.MarshalBinary()
	if err != nil {
		return nil
	}
	return &halfHash{state, b.tail}
}

// resume goes on from there, whatever was hashed before.
func (b *bodyHash) resume(h *halfHash) {
	b.tail, b.err = h.tail, b.hash.UnmarshalBinary(h.state)
}

// write takes whole canonical lines, the last of which may have no end.
func (b *bodyHash) write(lines []byte) {
	ends := 0
	for bytes.HasSuffix(lines, lineEnd) {
		lines = lines[:len(lines)-len(lineEnd)]
		ends++
	}
	if len(lines) > 0 {
		for ; b.held > 0; b.held-- {
			b.hash.Write(lineEnd)
		}
		b.hash.Write(lines)
		b.begun = true
	}
	b.held += ends
}

func (b *bodyHash) sum() ([]byte, error) {
	if b.begun {
		b.hash.Write(lineEnd)
	}
	return b.hash.Sum(nil), b.err
}

var lineEnd = []byte("\r\n")
