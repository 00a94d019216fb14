package catcher

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"

	"golang.org/x/net/html/charset"
)

// Limits of what the inbox reads of one message. What goes beyond is left out
// of the views; the source and the download are always whole.
const (
	maxShown = 8 << 20 // bytes of one message
	maxParts = 100     // parts of one message
	maxDepth = 8       // multiparts inside each other

	maxDocument = 32 << 20 // bytes of HTML with its images put in
)

// letter is a message as the inbox shows it.
type letter struct {
	Header mail.Header
	// HTML and Text are the first such parts, decoded to UTF-8.
	HTML, Text string
	// Images are the parts that the HTML may name by their Content-ID, as
	// data: URLs (RFC 2392).
	Images map[string]string
	parts  int
}

// readLetter reads a message. When a part cannot be read it gives what it has
// read so far together with the error: an inbox for looking at faulty mail must
// show faulty mail.
func readLetter(r io.Reader) (*letter, error) {
	message, err := mail.ReadMessage(io.LimitReader(r, maxShown))
	if err != nil {
		return &letter{Header: mail.Header{}}, fmt.Errorf("read the header: %w", err)
	}
	l := &letter{Header: message.Header, Images: map[string]string{}}
	if err := l.read(textproto.MIMEHeader(message.Header), message.Body, 0); err != nil {
		return l, err
	}
	return l, nil
}

// read takes one part, or every part of a multipart, by its header.
func (l *letter) read(header textproto.MIMEHeader, body io.Reader, depth int) error {
	if l.parts++; l.parts > maxParts || depth > maxDepth {
		return fmt.Errorf("the message has too many parts to show them all")
	}
	media, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		// RFC 2045 §5.2: what does not say its type is plain text.
		media, params = "text/plain", nil
	}
	if strings.HasPrefix(media, "multipart/") {
		return l.readMultipart(multipart.NewReader(body, params["boundary"]), depth)
	}
	content, err := io.ReadAll(decodeTransfer(header.Get("Content-Transfer-Encoding"), body))
	switch id := strings.Trim(strings.TrimSpace(header.Get("Content-Id")), "<>"); {
	case strings.HasPrefix(header.Get("Content-Disposition"), "attachment"):
	case media == "text/html" && l.HTML == "":
		l.HTML = decodeCharset(params["charset"], content)
	case media == "text/plain" && l.Text == "":
		l.Text = decodeCharset(params["charset"], content)
	case strings.HasPrefix(media, "image/") && id != "":
		l.Images[id] = "data:" + media + ";base64," + base64.StdEncoding.EncodeToString(content)
	}
	if err != nil {
		return fmt.Errorf("read a part of type %s: %w", media, err)
	}
	return nil
}

func (l *letter) readMultipart(parts *multipart.Reader, depth int) error {
	for {
		// NextRawPart, because NextPart decodes quoted-printable by itself and
		// hides that it did.
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the next part: %w", err)
		}
		if err := l.read(part.Header, part, depth+1); err != nil {
			return err
		}
	}
}

// decodeTransfer undoes the transfer encoding (RFC 2045 §6). An unknown one is
// read as it is.
func decodeTransfer(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	default:
		return body
	}
}

// decodeCharset gives UTF-8, always valid.
func decodeCharset(label string, content []byte) string {
	if label != "" {
		if r, err := charset.NewReaderLabel(label, bytes.NewReader(content)); err == nil {
			if decoded, err := io.ReadAll(r); err == nil {
				content = decoded
			}
		}
	}
	return strings.ToValidUTF8(string(content), "\uFFFD")
}

// header gives a header field decoded (RFC 2047), or what stands there when it
// cannot be decoded.
func (l *letter) header(name string) string {
	raw := l.Header.Get(name)
	decoder := mime.WordDecoder{CharsetReader: charset.NewReaderLabel}
	decoded, err := decoder.DecodeHeader(raw)
	if err != nil {
		decoded = raw
	}
	return strings.ToValidUTF8(decoded, "\uFFFD")
}

// unsubscribeLinks are the addresses of List-Unsubscribe, in order: what stands
// in angle brackets (RFC 2369 §2).
func (l *letter) unsubscribeLinks() []string {
	var links []string
	rest := l.Header.Get("List-Unsubscribe")
	for {
		_, after, ok := strings.Cut(rest, "<")
		link, next, closed := strings.Cut(after, ">")
		if !ok || !closed {
			return links
		}
		links = append(links, strings.TrimSpace(link))
		rest = next
	}
}

// document is the HTML as the inbox's frame shows it: links open in a new tab,
// since the frame itself may go nowhere, and images of the message itself are
// put in.
func (l *letter) document() string {
	const base = `<base target="_blank">`
	document := l.HTML
	for id, data := range l.Images {
		if len(document)+strings.Count(document, "cid:"+id)*len(data) < maxDocument {
			document = strings.ReplaceAll(document, "cid:"+id, data)
		}
	}
	if head := headTag.FindStringIndex(document); head != nil {
		return document[:head[1]] + base + document[head[1]:]
	}
	return base + document
}
