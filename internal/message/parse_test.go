package message

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
)

// parsed is a message as the standard library reads it.
type parsed struct {
	header     mail.Header
	names      []string          // of the fields, in order, as written
	parts      map[string]string // decoded, by media type
	order      []string          // of the parts
	encodings  map[string]string
	partsCount int
}

func parse(t testing.TB, raw []byte) parsed {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, raw)
	}
	p := parsed{header: msg.Header, parts: map[string]string{}, encodings: map[string]string{}}
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if name, _, ok := strings.Cut(line, ":"); ok && line[0] != ' ' {
			p.names = append(p.names, name)
		}
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "multipart/alternative" {
		p.add(t, kind, params, msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
		return p
	}
	r := multipart.NewReader(msg.Body, params["boundary"])
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		p.add(t, kind, params, part.Header.Get("Content-Transfer-Encoding"), part)
	}
}

func (p *parsed) add(t testing.TB, kind string, params map[string]string, encoding string, body io.Reader) {
	t.Helper()
	if !strings.EqualFold(params["charset"], "utf-8") {
		t.Errorf("%s has the charset %q", kind, params["charset"])
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	default:
		t.Errorf("%s has the encoding %q", kind, encoding)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	p.parts[kind] = string(b)
	p.order = append(p.order, kind)
	p.encodings[kind] = encoding
	p.partsCount++
}

// decoded gives an unstructured field as a reader sees it.
func (p *parsed) decoded(t testing.TB, name string) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(p.header.Get(name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkWire holds what is true of every message that leaves.
func checkWire(t testing.TB, msg *Message) {
	t.Helper()
	rest := bytes.ReplaceAll(msg.Bytes(), []byte("\r\n"), nil)
	if bytes.ContainsAny(rest, "\r\n\x00") {
		t.Error("a lone CR, a lone LF or a NUL is in the message") // RFC 5322 §2.3
	}
	if !bytes.HasSuffix(msg.Bytes(), []byte("\r\n")) {
		t.Error("the last line has no end")
	}
	head, body, _ := bytes.Cut(msg.Bytes(), []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		switch {
		case len(line) > hardLine: // RFC 5322 §2.1.1
			t.Errorf("a header line of %d octets", len(line))
		case bytes.Contains(line, []byte("=?")) && len(line) > wordLine: // RFC 2047 §2
			t.Errorf("a header line of %d octets with an encoded word: %s", len(line), line)
		case len(bytes.TrimSpace(line)) == 0:
			t.Error("a header line of white space alone")
		case !msg.UTF8 && !isASCII(string(line)):
			t.Errorf("a header line that needs SMTPUTF8: %q", line)
		}
	}
	for line := range bytes.SplitSeq(body, []byte("\r\n")) {
		if len(line) > 76 || !isASCII(string(line)) { // RFC 2045 §6.7, §6.8
			t.Errorf("a body line of %d octets or not ASCII: %q", len(line), line)
		}
	}
}
