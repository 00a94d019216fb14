package message

import (
	"bytes"
	"fmt"
	"time"

	"github.com/wneessen/go-mail"

	"epistle/internal/newsletter"
	"epistle/internal/smtp"
)

// Mail is one mail to one person, before it is written.
type Mail struct {
	// From is the one visible sender, To the one recipient. ReplyTo may be
	// zero: answers then go to From.
	From, ReplyTo, To newsletter.Address
	// EnvelopeFrom is where bounces go, as local@domain.
	EnvelopeFrom string
	Subject      string
	// Date is when the mail was finished, in the zone in which it shall be
	// shown; a repeated attempt keeps it.
	Date time.Time
	// MessageID is left@right without angle brackets; the left side is made by
	// token.Fixed, the right side is a domain of ours.
	MessageID string

	// Separator is what the boundary between the parts is made from. Mails that share
	// it, such as those of one bulletin, also share the beginning of what is hashed
	// for their signatures. Empty: the Message-ID.
	Separator string

	// ListID identifies the newsletter for ever (RFC 2919 §4); empty for a mail
	// that belongs to none, which then has no List-Id, List-Help and List-Post.
	// ListName stands before it and may be empty.
	ListID, ListName string
	// UnsubscribeURL is the one-click link. Anything but https is left out of
	// the header (RFC 8058 §3.1), so that the link in the text may be http.
	UnsubscribeURL string
	// UnsubscribeMailto is a mailto: URI that an intake reads, or empty.
	UnsubscribeMailto string
	// Help is an https:, http: or mailto: URI; empty means a mailto: to ReplyTo
	// or From. Archive is an https: or http: URI, or empty.
	Help, Archive string

	// AutoSubmitted is "auto-generated", "auto-replied" or empty (RFC 3834 §5).
	AutoSubmitted string
	// FeedbackID is what FeedbackID makes, or empty.
	FeedbackID string

	// Text and HTML are UTF-8 with any line ends. HTML may be empty; the mail
	// is then text alone.
	Text, HTML string
}

// Message is a mail ready to be sent.
type Message struct {
	// From and To are the envelope's addresses, domains as A-labels.
	From, To string
	// Body is the message, header and all.
	Body smtp.Body
	// UTF8 says that an address or a header needs SMTPUTF8. A server that does
	// not offer it must not be given the message (RFC 6531 §3.2).
	UTF8 bool

	own []byte // what a Form wrote for this message alone; Body has pieces of it
}

// Bytes is the whole message with CRLF line ends, not dot-stuffed.
func (m *Message) Bytes() []byte { return m.Body.Bytes() }

// Compose checks, writes and signs a mail. Values that cannot stand in a message
// are a newsletter.Faults of kind Invalid, each with the header's name as its
// place. A signer that fails is an error too, and there is no message.
func Compose(m *Mail, signers []*Signer) (*Message, error) {
	h := writeHeader(m)
	text, html := h.part("text", m.Text), h.part("html", m.HTML)
	h.check(text != "", "text", "the mail has no text", "Every mail needs a part that is plain text.")
	if err := h.faults.Err(); err != nil {
		return nil, err
	}
	raw, err := assemble(h, text, html)
	if err != nil {
		return nil, err
	}
	signed, err := sign(raw, signers)
	if err != nil {
		return nil, err
	}
	return &Message{From: h.envelopeFrom, To: h.envelopeTo, Body: smtp.Whole(signed), UTF8: h.utf8}, nil
}

// maxBoundaries is how often a boundary is chosen anew. One that stands in a
// part by chance is as likely as a guessed hash; each further one, again.
const maxBoundaries = 4

// assemble lets go-mail write the message, and again under another boundary if
// the boundary occurs where it should not (RFC 2046 §5.1.1).
func assemble(h *header, text, html string) ([]byte, error) {
	for try := range maxBoundaries {
		b := boundary(h.separator, try)
		raw, err := write(h, text, html, b)
		if err != nil {
			return nil, err
		}
		if html == "" || bytes.Count(raw, []byte(b)) == boundaryCount {
			return raw, nil
		}
	}
	return nil, newsletter.Errorf(newsletter.Invalid, "the mail's parts hold every boundary that could separate them").
		With("Look at the text: it repeats the separators of this very message.")
}

// boundaryCount is how often the boundary of two parts is written: its
// declaration, before each part, and after the last.
const boundaryCount = 4

// write hands go-mail only checked values. The fields of ours go in as one
// preformatted field, because go-mail writes several of them in random order;
// Date, Message-ID and MIME-Version it insists on writing itself.
func write(h *header, text, html, boundary string) ([]byte, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary(boundary))
	msg.SetDateWithValue(h.date)
	msg.SetMessageIDWithValue(h.messageID)
	name, rest := h.preformatted()
	msg.SetGenHeaderPreformatted(mail.Header(name), rest)
	// RFC 2046 §5.1.4: the plainest part first.
	msg.SetBodyString(mail.TypeTextPlain, text, mail.WithPartEncoding(encoding(text)))
	if html != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, html, mail.WithPartEncoding(encoding(html)))
	}
	var raw bytes.Buffer
	raw.Grow(len(text) + len(html) + (len(text)+len(html))/8 + 4096)
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("write message %s: %w", h.messageID, err)
	}
	return raw.Bytes(), nil
}
