package bounce

import (
	"io"
	"strings"
	"time"

	"epistle/internal/newsletter"
	"epistle/internal/token"
)

// Limits bound what one message may cost. The zero value of each means its
// default.
type Limits struct {
	Message    int64 // bytes read, 100 MiB
	Keep       int   // bytes kept and looked at, 4 MiB
	Header     int   // bytes of one header, 256 KiB
	Fields     int   // fields of one header, 1000
	Parts      int   // MIME parts, 200
	Depth      int   // parts within parts, 12
	Text       int   // decoded bytes of one part, 256 KiB
	Total      int   // decoded bytes of all parts, 1 MiB
	Recipients int   // people in one report, 100
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	if l.Message <= 0 {
		l.Message = 100 << 20
	}
	set(&l.Keep, 4<<20)
	set(&l.Header, 256<<10)
	set(&l.Fields, 1000)
	set(&l.Parts, 200)
	set(&l.Depth, 12)
	set(&l.Text, 256<<10)
	set(&l.Total, 1<<20)
	set(&l.Recipients, 100)
	return l
}

// Options says which addresses and tokens are this system's own.
type Options struct {
	// Domains are the envelope domains: where bounces, complaints and wishes to
	// leave are sent. A signed token counts at any other domain too; a forged one is
	// only seen at these.
	Domains []string
	// VERP verifies the local part of an envelope sender, as token.Keyring's
	// ParseVERP does. Nil: no address proves anything.
	VERP func(local string) (bulletin, subscriber int64, err error)
	// Unsubscribe verifies a token of a link to leave. Nil: none is accepted.
	Unsubscribe func(tok string) (token.Claims, error)
	// UnsubscribeAddresses are the local parts, without "+…", to which readers
	// write in order to leave.
	UnsubscribeAddresses []string
	// LookupTXT resolves DKIM keys; it should have a time-out. Nil: no signature
	// is verified and no message is Aligned.
	LookupTXT func(domain string) ([]string, error)
	Limits    Limits
}

// LinkTokens gives the Unsubscribe function for a keyring: now is asked at each
// token.
func LinkTokens(k *token.Keyring, now func() time.Time) func(string) (token.Claims, error) {
	return func(tok string) (token.Claims, error) {
		return k.Verify(token.Unsubscribe, tok, now())
	}
}

// Envelope is what the way in knows of the message beyond its bytes. Without it
// the header is asked, which the sender wrote.
type Envelope struct {
	// Known says that From and To were said in SMTP or LMTP.
	Known bool
	From  string   // empty for "<>"
	To    []string // recipients at this system
}

// Reader reads messages. It is safe for concurrent use.
type Reader struct {
	domains map[string]bool
	leave   map[string]bool
	verp    func(string) (int64, int64, error)
	link    func(string) (token.Claims, error)
	lookup  func(string) ([]string, error)
	limits  Limits
	phrases *table
}

// New prepares a Reader.
func New(o Options) *Reader {
	r := &Reader{
		domains: map[string]bool{}, leave: map[string]bool{},
		verp: o.VERP, link: o.Unsubscribe, lookup: o.LookupTXT,
		limits:  o.Limits.withDefaults(),
		phrases: newTable(rules()),
	}
	for _, d := range o.Domains {
		r.domains[strings.ToLower(d)] = true
	}
	for _, l := range o.UnsubscribeAddresses {
		r.leave[strings.ToLower(l)] = true
	}
	return r
}

// Read reads one message to its end and judges it. Whatever the bytes are, there
// is a Report; the only errors are those of reading.
func (r *Reader) Read(in io.Reader, e Envelope) (*Report, error) {
	m, err := r.intake(in)
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Failed, "the returned message could not be read: %w", err)
	}
	report := &Report{Size: m.size, Truncated: m.truncated, Oversized: m.oversized}
	x := &examination{Reader: r, message: m, envelope: e, report: report, self: map[string]bool{}, seen: map[string]bool{}, former: map[string]bool{}}
	x.run()
	return report, nil
}

// examination is the work on one message.
type examination struct {
	*Reader
	message  *message
	envelope Envelope
	report   *Report

	root     *part
	parts    []*part // in the order of the message, the root first
	returned header  // of the message that came back; empty when it did not
	words    string  // the report for people, without the returned message
	lines    []string
	self     map[string]bool // addresses of the message's own sender and receiver
	seen     map[string]bool // tokens that were tried
	former   map[string]bool // domains at which a token of ours stood
	proof    *proof
}

func (x *examination) run() {
	x.root, x.parts = parse(x.message.text, x.limits)
	x.describe()
	x.gatherText()
	x.findReturned()
	x.verifyOwn()
	x.decide()
	x.conclude()
}

// describe notes what the message says of itself.
func (x *examination) describe() {
	h := x.root.header
	x.report.Subject = clip(decodeWords(h.get("subject")), 300)
	x.report.From = clip(decodeWords(h.get("from")), 300)
	x.report.MessageID = identifier(h.get("message-id"))
	x.report.Identity = x.message.identity(h)
	x.report.NullSender = x.nullSender()
	for _, name := range []string{"from", "sender", "reply-to"} {
		for _, a := range addressesIn(h.get(name)) {
			x.self[strings.ToLower(a.text)] = true
		}
	}
}

// nullSender believes the envelope, else the Return-Path that the last server
// writes from it (RFC 5321 §4.4).
func (x *examination) nullSender() bool {
	if x.envelope.Known {
		return x.envelope.From == ""
	}
	path, ok := x.root.header.lookup("return-path")
	path = strings.ToLower(strings.Trim(path, "<> \t"))
	return ok && (path == "" || strings.HasPrefix(path, "mailer-daemon"))
}

// conclude is the last look at the whole: people beyond the limit go, a class
// without its kind too, and an empty list gets its reason.
func (x *examination) conclude() {
	r := x.report
	if len(r.Recipients) > x.limits.Recipients {
		r.Recipients = r.Recipients[:x.limits.Recipients]
		r.Truncated = true
	}
	for i := range r.Recipients {
		p := &r.Recipients[i]
		p.Hard = r.Kind == Bounce && p.Action == ActionFailed && p.Class.Hard()
		p.Diagnostic = clip(oneLine(p.Diagnostic), 1000)
		p.Evidence = clip(oneLine(p.Evidence), 300)
	}
	if len(r.Recipients) == 0 && r.NotIdentifiable == "" && r.Kind != Other {
		r.NotIdentifiable = x.whyNobody()
	}
}

func (x *examination) whyNobody() string {
	switch {
	case x.root.header == nil && strings.TrimSpace(x.words) == "":
		return "the message is empty"
	case x.message.truncated:
		return "the message is too large, and its beginning names nobody"
	case len(x.returned) == 0:
		return "the report names no address and returns no message"
	}
	return "neither the report nor the returned message names an address"
}
