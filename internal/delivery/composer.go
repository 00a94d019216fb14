package delivery

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/recent"
	"epistle/internal/render"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Links says how messages point back here.
type Links struct {
	// PublicURL is where the reader pages are, without a trailing slash.
	PublicURL string
	// UnsubscribeMailbox is the local part, before "+" and a token, that an intake
	// reads for mailto: unsubscribes; empty while no intake is configured.
	UnsubscribeMailbox string
	// FixedEnvelope uses the newsletter's own address as the envelope sender, for
	// relays that refuse others.
	FixedEnvelope bool
}

// Composer writes the messages of bulletins and notices.
type Composer struct {
	store   *store.Store
	secrets *store.Secrets
	links   Links
	signers []*message.Signer
	// rendered is what the preflight leaves to the send behind it: by bulletin, of
	// the words that have this hash.
	rendered *recent.Cache[int64, *render.Bulletin]
}

// mostRendered is how many bulletins may be between preflight and send at a time.
const mostRendered = 4

// NewComposer makes a Composer. With signers every message is signed by each; a
// message that cannot be signed is not written.
func NewComposer(s *store.Store, secrets *store.Secrets, links Links, signers []*message.Signer) *Composer {
	return &Composer{
		store: s, secrets: secrets, links: links, signers: signers, rendered: recent.New[int64, *render.Bulletin](mostRendered),
	}
}

// Edition is a frozen bulletin from which each reader's message is written: it is
// rendered once, and once for each choice of sections that readers made.
type Edition struct {
	composer *Composer
	bulletin *store.Bulletin
	revision int // of the document
	doc      *newsletter.Document
	hash     string
	whole    *variant
	variants variants
	bounces  string         // domain of envelope senders
	senders  *token.Keyring // signs envelope senders, the same way for as long as the bulletin lives
	zone     *time.Location // in which the Date header is shown
	resend   bool           // the newsletter's policy for lost replies
	browser  string         // the link to read it in the browser, the same for all
}

// Edition renders a bulletin; revision 0 means the current one.
func (c *Composer) Edition(ctx context.Context, b *store.Bulletin, revision int) (*Edition, error) {
	if revision == 0 {
		revision = b.Revision // as the caller knows it: by now there may be another
	}
	doc, err := c.store.Document(ctx, b.ID, revision)
	if err != nil {
		return nil, err
	}
	n, err := c.store.NewsletterByID(ctx, b.NewsletterID)
	if err != nil {
		return nil, err
	}
	hash, err := doc.Hash()
	if err != nil {
		return nil, err
	}
	rendered, kept := c.rendered.Get(b.ID, hash)
	if !kept {
		if rendered, err = render.Render(doc); err != nil {
			return nil, fmt.Errorf("render bulletin %s: %w", b.Ref(), err)
		}
		c.rendered.Put(b.ID, hash, rendered)
	}
	begun := b.StartedAt
	if begun.IsZero() {
		begun = b.MadeAt
	}
	senders, err := c.store.EnvelopeKeys(ctx, begun)
	if err != nil {
		return nil, err
	}
	zone, err := n.Location()
	if err != nil {
		return nil, err
	}
	e := &Edition{
		composer: c, bulletin: b, revision: revision, doc: doc, hash: hash, whole: &variant{rendered: rendered},
		bounces: n.BounceDomain(), senders: senders, zone: zone, resend: n.Policy.Uncertain == newsletter.UncertainResend,
	}
	e.browser = c.links.PublicURL + token.View.Path() + c.secrets.Links.Sign(token.View,
		token.Claims{Newsletter: b.NewsletterID, Bulletin: b.ID}, time.Time{})
	return e, nil
}

// Prepare makes the form from which messages are spliced, once for all readers.
// It is only of use when a bulletin is sent. Slow says why messages nevertheless
// take the slow way, or nothing.
func (e *Edition) Prepare() (slow string, err error) {
	if e.whole.form, err = e.prepare(e.whole); err != nil {
		return "", err
	}
	return e.whole.form.Slow(), nil
}

// Rendered is the whole bulletin as HTML and text.
func (e *Edition) Rendered() *render.Bulletin { return e.whole.rendered }

// Document is the frozen bulletin.
func (e *Edition) Document() *newsletter.Document { return e.doc }

// BrowserURL is the link to read the bulletin in the browser. It is signed and
// names no reader.
func (e *Edition) BrowserURL() string { return e.browser }

// UnsubscribeURL is a reader's link to leave. It never expires.
func (e *Edition) UnsubscribeURL(subscriberID int64) string {
	return e.composer.links.PublicURL + token.Unsubscribe.Path() + e.composer.secrets.Links.Sign(token.Unsubscribe,
		token.Claims{Newsletter: e.bulletin.NewsletterID, Bulletin: e.bulletin.ID, Subscriber: subscriberID}, time.Time{})
}

// ChooseURL is a reader's link to the page of choices. It never expires.
func (e *Edition) ChooseURL(subscriberID int64) string {
	return e.composer.links.PublicURL + token.Choose.Path() + e.composer.secrets.Links.Sign(token.Choose,
		token.Claims{Newsletter: e.bulletin.NewsletterID, Subscriber: subscriberID}, time.Time{})
}

// Write writes the bulletin to one reader as they chose it. It may use the memory of
// an earlier message, which must have been sent by then; used may be nil. The same
// reader gets the same Message-ID and envelope sender at each attempt. With a form
// only the reader's values are spliced; the bytes are the same either way.
func (e *Edition) Write(used *message.Message, d ledger.Delivery) (*message.Message, error) {
	part, err := e.variant(d.Choice)
	if err != nil {
		return nil, err
	}
	v := e.values(d)
	html, text, ok := render.Links(v.UnsubscribeURL, e.ChooseURL(d.SubscriberID))
	if part.form == nil || !ok {
		return e.compose(part, d, v)
	}
	v.HTML, v.Text = html, text
	return part.form.Write(used, v)
}

// Message is Write without a form: the slow, obvious way.
func (e *Edition) Message(d ledger.Delivery) (*message.Message, error) {
	part, err := e.variant(d.Choice)
	if err != nil {
		return nil, err
	}
	return e.compose(part, d, e.values(d))
}

// values are what differs from reader to reader.
func (e *Edition) values(d ledger.Delivery) message.Values {
	v := message.Values{
		To:             newsletter.Address{Name: d.Name, Email: d.Email},
		MessageID:      e.composer.secrets.MessageID.MessageID("bulletin", e.bulletin.ID, d.SubscriberID) + "@" + e.doc.Identity.From.Domain(),
		EnvelopeFrom:   e.envelope(e.bulletin.ID, d.SubscriberID),
		UnsubscribeURL: e.UnsubscribeURL(d.SubscriberID),
	}
	if box := e.composer.links.UnsubscribeMailbox; box != "" {
		// An address of its own, so that whatever comes there is a wish to leave and
		// whatever comes to the envelope sender is not.
		v.UnsubscribeMailto = "mailto:" + box + "+" + e.senders.VERP(e.bulletin.ID, d.SubscriberID) + "@" + e.bounces + "?subject=unsubscribe"
	}
	return v
}

func (e *Edition) compose(part *variant, d ledger.Delivery, v message.Values) (*message.Message, error) {
	m := e.mail(v.To)
	m.MessageID, m.EnvelopeFrom, m.UnsubscribeURL, m.UnsubscribeMailto = v.MessageID, v.EnvelopeFrom, v.UnsubscribeURL, v.UnsubscribeMailto
	m.Archive, m.FeedbackID = e.browser, e.feedbackID()
	m.HTML, m.Text = e.fill(part, d)
	return message.Compose(m, e.composer.signers)
}

func (e *Edition) feedbackID() string {
	return message.FeedbackID(e.doc.Identity.Slug, fmt.Sprint(e.doc.Number), "bulletin")
}

// Parts gives the two parts of a reader's message before they are encoded.
func (e *Edition) Parts(d ledger.Delivery) (html, text string) { return e.fill(e.whole, d) }

// fill gives the parts of a variant for a reader; the HTML is empty for one that
// is text alone.
func (e *Edition) fill(part *variant, d ledger.Delivery) (html, text string) {
	html, text = part.rendered.For(render.Personal{
		UnsubscribeURL: e.UnsubscribeURL(d.SubscriberID), ChooseURL: e.ChooseURL(d.SubscriberID), BrowserURL: e.BrowserURL(),
	})
	if part.textOnly {
		html = ""
	}
	return html, text
}

// Proof writes the bulletin to one of the staff, marked as a proof.
func (e *Edition) Proof(n *ledger.Notice) (*message.Message, error) {
	m := e.mail(newsletter.Address{Name: n.Name, Email: n.Email})
	m.Subject = fmt.Sprintf("[Proof %s] %s", e.hash[:8], m.Subject)
	m.MessageID = e.composer.secrets.MessageID.MessageID("notice", n.ID, 0) + "@" + e.doc.Identity.From.Domain()
	m.AutoSubmitted = "auto-generated" // RFC 3834 §5.2: made by a process for one person
	m.EnvelopeFrom = e.envelope(0, n.ID)
	rendered := e.whole.rendered
	if n.Letter != nil {
		var err error
		if rendered, err = render.Proof(e.doc, n.Letter); err != nil {
			return nil, err
		}
	}
	m.HTML, m.Text = rendered.For(render.Personal{BrowserURL: e.BrowserURL()})
	return message.Compose(m, e.composer.signers)
}

// Letter writes a notice that has words of its own. It carries the newsletter's
// List-Id (RFC 2919 §3) but no link to leave: it is sent to one person, once.
func (c *Composer) Letter(ctx context.Context, n *ledger.Notice) (*message.Message, error) {
	about, err := c.store.NewsletterByID(ctx, n.NewsletterID)
	if err != nil {
		return nil, err
	}
	senders, err := c.store.EnvelopeKeys(ctx, n.MadeAt)
	if err != nil {
		return nil, err
	}
	zone, err := about.Location()
	if err != nil {
		return nil, err
	}
	id := about.Identity()
	html, text, err := render.Letter(id, n.Letter)
	if err != nil {
		return nil, err
	}
	envelope := id.From.Email
	if !c.links.FixedEnvelope {
		envelope = senders.VERP(0, n.ID) + "@" + about.BounceDomain()
	}
	return message.Compose(&message.Mail{
		From: id.From, ReplyTo: id.ReplyTo, To: newsletter.Address{Name: n.Name, Email: n.Email},
		Subject: n.Letter.Subject, Date: n.MadeAt.In(zone),
		MessageID:     c.secrets.MessageID.MessageID("notice", n.ID, 0) + "@" + id.From.Domain(),
		AutoSubmitted: "auto-generated", // RFC 3834 §5.2: made by a process for one person
		EnvelopeFrom:  envelope,
		ListID:        id.ListID, ListName: id.Name, Help: id.Help,
		HTML: html, Text: text,
	}, c.signers)
}

// mail is what all mails of the bulletin share.
func (e *Edition) mail(to newsletter.Address) *message.Mail {
	id := e.doc.Identity
	date := e.bulletin.StartedAt
	if date.IsZero() {
		date = e.composer.store.Now()
	}
	return &message.Mail{
		From: id.From, ReplyTo: id.ReplyTo, To: to, Subject: e.doc.Subject, Date: date.In(e.zone),
		ListID: id.ListID, ListName: id.Name, Help: id.Help,
		Separator: e.composer.secrets.MessageID.MessageID("bulletin", e.bulletin.ID, 0), // of no reader
	}
}

// envelope is the return path: signed and of this one delivery, so that a bounce
// names its reader, unless the relay only accepts a fixed sender.
func (e *Edition) envelope(bulletinID, subscriberID int64) string {
	if e.composer.links.FixedEnvelope {
		return e.doc.Identity.From.Email
	}
	return e.senders.VERP(bulletinID, subscriberID) + "@" + e.bounces
}

// Signers are the configured keys.
func (c *Composer) Signers() []*message.Signer { return c.signers }

// Signs says whether messages leave with a signature, and by which domains.
func (c *Composer) Signs() (domains []string) {
	for _, s := range c.signers {
		domains = append(domains, s.Domain())
	}
	return domains
}
