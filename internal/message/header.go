package message

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"epistle/internal/newsletter"
)

const (
	softLine = 78  // RFC 5322 §2.1.1: should not be longer, without CRLF
	wordLine = 76  // RFC 2047 §2: must not, where an encoded word stands
	hardLine = 998 // RFC 5322 §2.1.1: must not be longer, in octets
)

// header gathers the fields of one message and everything that is wrong with
// them. Nothing reaches fields but through add.
type header struct {
	fields strings.Builder
	faults newsletter.Faults

	date                     time.Time
	messageID, separator     string
	envelopeFrom, envelopeTo string
	utf8                     bool
}

// writeHeader writes the fields in their order. Its steps are apart because a
// Form takes those that every recipient shares only once.
func writeHeader(m *Mail) *header {
	h := &header{date: m.Date}
	h.check(!m.Date.IsZero() && m.Date.Year() >= 1900 && m.Date.Year() <= 9999, "Date",
		"the mail has no date that can be written", "")
	h.envelope(m)
	answers := h.senders(m)
	h.mailbox("To", m.To)
	h.opening(m, answers)
	h.unsubscribe(m)
	h.closing(m)
	return h
}

func (h *header) envelope(m *Mail) {
	h.messageID = h.identifier("Message-ID", m.MessageID)
	if h.separator = m.Separator; h.separator == "" {
		h.separator = h.messageID
	}
	h.envelopeFrom = h.spec("envelope sender", m.EnvelopeFrom)
	h.envelopeTo = h.spec("To", m.To.Email)
}

// senders gives the address for those who need help when the newsletter names
// nothing else.
func (h *header) senders(m *Mail) (answers string) {
	answers = h.mailbox("From", m.From)
	if !m.ReplyTo.IsZero() {
		answers = h.mailbox("Reply-To", m.ReplyTo)
	}
	return answers
}

func (h *header) opening(m *Mail, answers string) {
	h.unstructured("Subject", m.Subject)
	if m.ListID == "" {
		return
	}
	// RFC 2919 §3: no comments and no white space beside the identifier.
	h.check(isDotAtom(m.ListID) && isASCII(m.ListID) && len(m.ListID) <= 255, "List-Id", "the list's identifier is not a dot-atom",
		"Write a name below a domain of yours, for example weekly.lists.example.org.")
	h.add("List-Id", append(h.phrase("List-Id", m.ListName), "<"+m.ListID+">")...)
	help := m.Help
	if help == "" {
		help = mailto(answers)
	}
	h.uris("List-Help", h.uri("List-Help", help, "https", "http", "mailto"))
}

func (h *header) closing(m *Mail) {
	if m.ListID != "" {
		h.add("List-Post", "NO") // RFC 2369 §3.4: an announcement list
	}
	if m.Archive != "" {
		h.uris("List-Archive", h.uri("List-Archive", m.Archive, "https", "http"))
	}
	if m.AutoSubmitted != "" {
		h.check(m.AutoSubmitted == "auto-generated" || m.AutoSubmitted == "auto-replied", "Auto-Submitted",
			"the mail is neither auto-generated nor auto-replied", "Leave it empty for a mail written by hand.")
		h.add("Auto-Submitted", m.AutoSubmitted)
	}
	if m.FeedbackID != "" {
		h.check(feedbackForm(m.FeedbackID), "Feedback-ID", "the value is not of the form a:b:c:sender",
			"Make it with message.FeedbackID.")
		h.add("Feedback-ID", m.FeedbackID)
	}
}

// unsubscribe writes the https URI first, because clients take the first they
// can use (RFC 2369 §2), and never an http one (RFC 8058 §3.1).
func (h *header) unsubscribe(m *Mail) {
	var ways []string
	oneClick := false
	if m.UnsubscribeURL != "" {
		h.uri("List-Unsubscribe", m.UnsubscribeURL, "https", "http", "mailto")
		if oneClick = strings.HasPrefix(m.UnsubscribeURL, "https:"); oneClick {
			ways = append(ways, m.UnsubscribeURL)
		}
	}
	if m.UnsubscribeMailto != "" {
		ways = append(ways, h.uri("List-Unsubscribe", m.UnsubscribeMailto, "mailto"))
	}
	if len(ways) > 0 {
		h.uris("List-Unsubscribe", ways...)
	}
	if oneClick {
		// RFC 8058 §5: exactly this, at most one space, not folded.
		h.add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
}

// preformatted gives all fields as go-mail takes them: the first field's name,
// and everything after its colon and space.
func (h *header) preformatted() (name, rest string) {
	name, rest, _ = strings.Cut(h.fields.String(), ": ")
	return name, strings.TrimSuffix(rest, "\r\n")
}

// cut takes out what was written since the last cut.
func (h *header) cut() string {
	fields := h.fields.String()
	h.fields.Reset()
	return fields
}

// add writes one field from tokens that may be parted by a space or a folded
// line. It is the last guard: no token passes with a character that could end
// the line, whatever was checked before.
func (h *header) add(name string, tokens ...string) {
	limit := softLine
	for _, t := range tokens {
		if strings.ContainsFunc(t, isControl) || !utf8.ValidString(t) {
			h.refuseControl(name)
			return
		}
		if strings.HasPrefix(t, "=?") {
			limit = wordLine
		}
	}
	h.fields.WriteString(name + ":")
	length := len(name) + 1
	for i, t := range tokens {
		// The first token stays beside the name: a first line with nothing on
		// it is legal but not understood everywhere.
		if i > 0 && length+1+len(t) > limit {
			h.fields.WriteString("\r\n")
			length = 0
		}
		h.fields.WriteString(" " + t)
		length += 1 + len(t)
		h.check(length <= hardLine, name, "the header has a line over 998 octets", "Shorten the address or link in it.")
	}
	h.fields.WriteString("\r\n")
}

// unstructured writes free text such as a subject.
func (h *header) unstructured(name, value string) {
	h.check(strings.TrimSpace(value) != "", name, "the value is empty", "")
	if !h.clean(name, value) {
		return
	}
	if isPlain(value) {
		h.add(name, strings.Split(value, " ")...)
		return
	}
	h.add(name, encodeWords(value, wordLine-len(name)-2)...)
}

// uris writes <URI>, <URI> (RFC 2369 §2).
func (h *header) uris(name string, uris ...string) {
	tokens := make([]string, len(uris))
	for i, u := range uris {
		tokens[i] = "<" + u + ">"
		if i < len(uris)-1 {
			tokens[i] += ","
		}
	}
	h.add(name, tokens...)
}

// uri checks that a URI has one of the schemes, a target, and only characters
// that RFC 3986 §2 allows, which leaves out white space and angle brackets.
func (h *header) uri(name, value string, schemes ...string) string {
	if slices.Contains(schemes, "https") && newsletter.IsPlainURL(value) {
		return value
	}
	remedy := func() string {
		return "Write it as " + strings.Join(schemes, ": or ") + ": and percent-encode everything unusual."
	}
	u, err := url.Parse(value)
	if err != nil || strings.ContainsFunc(value, notURI) {
		h.fault(newsletter.Errorf(newsletter.Invalid, "%q is not a URI", value).At(name).With(remedy()))
		return value
	}
	known := false
	for _, s := range schemes {
		// The comparison is exact: "HTTPS:" would pass for https elsewhere and
		// not here.
		known = known || strings.HasPrefix(value, s+":")
	}
	target := u.Host != ""
	if u.Scheme == "mailto" {
		target = strings.Contains(u.Opaque, "@")
	}
	if !known || !target {
		h.fault(newsletter.Errorf(newsletter.Invalid, "%q cannot stand in this header", value).At(name).With(remedy()))
	}
	return value
}

func notURI(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"\\^`{|}", r)
}

// clean refuses what must not stand in a header even encoded, and says whether
// the value may be used.
func (h *header) clean(name, value string) bool {
	if !utf8.ValidString(value) || strings.ContainsFunc(value, isControl) {
		h.refuseControl(name)
		return false
	}
	return true
}

func (h *header) refuseControl(name string) {
	h.fault(newsletter.Errorf(newsletter.Invalid, "the value holds a line break, a control character or bytes that are not UTF-8").
		At(name).With("Write it on one line."))
}

func (h *header) check(ok bool, place, message, remedy string) {
	if !ok {
		h.fault(newsletter.Errorf(newsletter.Invalid, "%s", message).At(place).With(remedy))
	}
}

// fault keeps each place's first complaint: later ones follow from it.
func (h *header) fault(e *newsletter.Error) {
	for _, f := range h.faults {
		if f.Place == e.Place {
			return
		}
	}
	h.faults = append(h.faults, e)
}
