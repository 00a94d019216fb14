package rehearsal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// parsed is a message as the standard library reads it, which shares no code
// with what wrote it.
type parsed struct {
	header     mail.Header
	text, html string // decoded; html is empty for who reads text only
}

// parse reads a message and its parts. The first thing that is not legal is the
// error.
func parse(raw []byte) (*parsed, error) {
	if err := checkLines(raw); err != nil {
		return nil, err
	}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("the header cannot be read: %w", err)
	}
	p := &parsed{header: msg.Header}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return nil, fmt.Errorf("the content type cannot be read: %w", err)
	}
	if kind != "multipart/alternative" {
		return p, p.add(kind, params, msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	}
	// RFC 2045 §6.4: a multipart has no encoding of its own that changes anything.
	if e := msg.Header.Get("Content-Transfer-Encoding"); e != "" && e != "7bit" && e != "8bit" {
		return nil, fmt.Errorf("the message as a whole is encoded as %s", e)
	}
	if b := params["boundary"]; b == "" || len(b) > 70 { // RFC 2046 §5.1.1
		return nil, errors.New("the boundary between the parts is not legal")
	}
	r := multipart.NewReader(msg.Body, params["boundary"])
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return p, p.complete()
		}
		if err != nil {
			return nil, fmt.Errorf("a part cannot be read: %w", err)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			return nil, fmt.Errorf("the content type of a part cannot be read: %w", err)
		}
		if err := p.add(kind, params, part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
			return nil, err
		}
	}
}

// complete demands both parts, the richer one last (RFC 2046 §5.1.4); add has
// seen to the order.
func (p *parsed) complete() error {
	if p.text == "" || p.html == "" {
		return errors.New("a part is missing: text and HTML are wanted")
	}
	return nil
}

func (p *parsed) add(kind string, params map[string]string, encoding string, body io.Reader) error {
	if charset := strings.ToLower(params["charset"]); charset != "utf-8" && charset != "us-ascii" {
		return fmt.Errorf("a part is in the charset %q", charset)
	}
	decoded, err := decode(encoding, body)
	if err != nil {
		return err
	}
	if !utf8.Valid(decoded) {
		return errors.New("a part is not UTF-8")
	}
	switch {
	case kind == "text/plain" && p.text == "" && p.html == "":
		p.text = string(decoded)
	case kind == "text/html" && p.html == "":
		p.html = string(decoded)
	default:
		return fmt.Errorf("a part of the kind %s is not expected here", kind)
	}
	return nil
}

// maxEncodedLine is the longest line of an encoded part without its end
// (RFC 2045 §6.7 and §6.8).
const maxEncodedLine = 76

func decode(encoding string, body io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("a part cannot be read: %w", err)
	}
	var r io.Reader
	switch strings.ToLower(encoding) {
	case "", "7bit":
		return raw, nil
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(raw))
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding.Strict(), bytes.NewReader(bytes.ReplaceAll(raw, []byte("\r\n"), nil)))
	default:
		return nil, fmt.Errorf("a part has the encoding %q", encoding)
	}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > maxEncodedLine {
			return nil, fmt.Errorf("a line of an encoded part has %d characters; %d are allowed", len(line), maxEncodedLine)
		}
		if n := len(line); n > 0 && (line[n-1] == ' ' || line[n-1] == '\t') {
			return nil, errors.New("a line of an encoded part ends in white space")
		}
	}
	decoded, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("a part cannot be decoded: %w", err)
	}
	return decoded, nil
}

// maxLine is the longest line without its end (RFC 5322 §2.1.1).
const maxLine = 998

// checkLines demands what every message is held to: CRLF at the end of each line
// and nowhere else (RFC 5322 §2.1), no NUL (RFC 2045 §2.7), no line too long, and
// seven bits below the header. A header in UTF-8 is RFC 6532's.
func checkLines(raw []byte) error {
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		return errors.New("the last line has no end")
	}
	inHeader := true
	for n, rest := 1, raw; len(rest) > 0; n++ {
		line, after, _ := bytes.Cut(rest, []byte("\r\n"))
		rest = after
		switch {
		case len(line) > maxLine:
			return fmt.Errorf("line %d has %d octets; %d are allowed", n, len(line), maxLine)
		case bytes.ContainsAny(line, "\r\n\x00"):
			return fmt.Errorf("line %d holds a lone CR, a lone LF or a NUL", n)
		case !inHeader && bytes.ContainsFunc(line, func(r rune) bool { return r > 0x7f }):
			return fmt.Errorf("line %d is not ASCII and no encoding says so", n)
		case len(line) == 0:
			inHeader = false
		}
	}
	return nil
}

// once are the fields that a message has exactly once (RFC 5322 §3.6, RFC 2369
// §3, RFC 8058 §3.1).
func once() []string {
	return []string{
		"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type",
		"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
	}
}

// checkHeader looks at the fields that every bulletin has.
func (p *parsed) checkHeader() error {
	if len(p.header["List-Unsubscribe"]) == 0 { // RFC 8058 §3.1 wants an https address in it
		return errors.New("the header has no link to leave, which web.public_url must begin with https: for")
	}
	for _, name := range once() {
		if n := len(p.header[name]); n != 1 {
			return fmt.Errorf("the field %s stands there %d times", name, n)
		}
	}
	if _, err := p.header.Date(); err != nil {
		return fmt.Errorf("the date cannot be read: %w", err)
	}
	if post := p.header.Get("List-Unsubscribe-Post"); post != "List-Unsubscribe=One-Click" { // RFC 8058 §3.1
		return fmt.Errorf("List-Unsubscribe-Post is %q", post)
	}
	if _, err := new(mime.WordDecoder).DecodeHeader(p.header.Get("Subject")); err != nil {
		return fmt.Errorf("the subject cannot be decoded: %w", err)
	}
	return nil
}

// recipient is the one address that the message says it is for.
func (p *parsed) recipient() (string, error) {
	list, err := p.header.AddressList("To")
	if err != nil || len(list) != 1 {
		return "", fmt.Errorf("the field To does not name one address: %w", err)
	}
	return list[0].Address, nil
}

// oneClick is the https address of List-Unsubscribe (RFC 8058 §3.1: exactly one).
func (p *parsed) oneClick() (string, error) {
	var found string
	for part := range strings.SplitSeq(p.header.Get("List-Unsubscribe"), ",") {
		uri := strings.TrimSpace(part)
		inside, ok := strings.CutPrefix(uri, "<")
		inside, end := strings.CutSuffix(inside, ">")
		if !ok || !end {
			return "", errors.New("List-Unsubscribe is not a list of addresses in angle brackets")
		}
		if strings.HasPrefix(inside, "mailto:") {
			continue
		}
		if found != "" {
			return "", errors.New("List-Unsubscribe has two web addresses")
		}
		found = inside
	}
	if found == "" {
		return "", errors.New("List-Unsubscribe has no web address")
	}
	return found, nil
}
