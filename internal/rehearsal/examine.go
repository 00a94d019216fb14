package rehearsal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"sync"

	"github.com/emersion/go-msgauth/dkim"

	"epistle/internal/newsletter"
	"epistle/internal/token"
)

// Facts are what a message is held against.
type Facts struct {
	Newsletter, Bulletin int64
	Document             *newsletter.Document
	// Links verifies the links to leave, Senders the envelope senders; Senders
	// is nil when the envelope sender is the newsletter's own address.
	Links, Senders *token.Keyring
	// PublicURL begins every link of ours.
	PublicURL string
	// Records are the DNS records under which the signing keys are (to be)
	// published, by name; empty when messages leave unsigned.
	Records map[string]string
	// Pages are the readers' pages on a copy of the state, where leaving does
	// no harm.
	Pages http.Handler
}

// examiner looks at messages, several at once.
type examiner struct {
	Facts
	readers *readers

	mu sync.Mutex
	// proven are renderings whose words were compared with the frozen bulletin:
	// the hash of the part with the reader's own link taken out, and what the
	// reader chose. A million messages have as many different ones as choices.
	proven map[[sha256.Size]byte]bool
}

// examine gives what is wrong with one message, nil when nothing is.
func (x *examiner) examine(ctx context.Context, sender string, recipients []string, raw []byte) error {
	if len(recipients) != 1 {
		return fmt.Errorf("it went to %d recipients at once", len(recipients))
	}
	id, err := x.readers.arrived(recipients[0])
	if err != nil {
		return err
	}
	p, err := parse(raw)
	if err != nil {
		return err
	}
	if err := p.checkHeader(); err != nil {
		return err
	}
	if to, err := p.recipient(); err != nil || to != recipients[0] {
		return errors.Join(errors.New("the field To names somebody else than the envelope"), err)
	}
	return errors.Join(x.checkSender(sender, id, p), x.checkLinks(ctx, id, p), x.checkWords(id, p), x.checkSignatures(raw))
}

func (x *examiner) checkSender(sender string, id int64, p *parsed) error {
	from, err := mail.ParseAddress(p.header.Get("From"))
	if err != nil || from.Address != x.Document.Identity.From.Email {
		return errors.Join(errors.New("the sender shown is not the newsletter's"), err)
	}
	if x.Senders == nil {
		return nil
	}
	local, _, _ := strings.Cut(sender, "@")
	bulletin, subscriber, err := x.Senders.ParseVERP(local)
	if err != nil || bulletin != x.Bulletin || subscriber != id {
		return errors.Join(errors.New("a bounce to the envelope sender would name somebody else"), err)
	}
	return nil
}

// checkLinks demands that the link to leave in the header belongs to this reader
// alone and works. That the parts have the same one is seen with their words.
func (x *examiner) checkLinks(ctx context.Context, id int64, p *parsed) error {
	leave, err := p.oneClick()
	if err != nil {
		return err
	}
	tok, ok := strings.CutPrefix(leave, x.PublicURL+token.Unsubscribe.Path())
	if !ok {
		return errors.New("the link to leave does not lead to the readers' pages")
	}
	claims, err := x.Links.Verify(token.Unsubscribe, tok, x.readers.now())
	if err != nil || claims.Newsletter != x.Newsletter || claims.Bulletin != x.Bulletin || claims.Subscriber != id {
		return errors.Join(errors.New("the link to leave belongs to somebody else"), err)
	}
	return x.leave(ctx, leave)
}

// onlyLink demands the mark that was put in the place of the reader's own link to
// leave, and that no other one stands there.
func onlyLink(links []string, others string) error {
	found := false
	for _, link := range links {
		found = found || link == ownLink
		if strings.HasPrefix(link, others) {
			return errors.New("somebody else's link to leave stands there")
		}
	}
	if !found {
		return errors.New("the reader's link to leave is missing")
	}
	return nil
}

// ownLink stands for the reader's own link to leave while renderings are compared.
// No message holds it: .invalid is reserved (RFC 2606 §2).
const ownLink = "https://own.invalid/"

// leave sends the one-click request of RFC 8058 §3.2 to the pages on the copy.
func (x *examiner) leave(ctx context.Context, link string) error {
	body := strings.NewReader(url.Values{"List-Unsubscribe": {"One-Click"}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, body)
	if err != nil {
		return fmt.Errorf("the link to leave cannot be used: %w", err)
	}
	r.RequestURI = r.URL.RequestURI()
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var w answer
	x.Pages.ServeHTTP(&w, r)
	if w.status != http.StatusOK {
		return fmt.Errorf("the link to leave is answered with status %d", w.status)
	}
	return nil
}

// answer takes what a page answers.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(b), nil
}

// leftovers are what a message never holds unless the bulletin itself does.
func leftovers() []string { return []string{"slot.invalid", "{{", "}}", "%!", "<no value>"} }

// checkWords demands that both parts say what was frozen and have the reader's own
// link to leave. The comparison in depth is made once for each rendering; every
// other message must be one of those but for those links.
func (x *examiner) checkWords(id int64, p *parsed) error {
	leave, err := p.oneClick()
	if err != nil {
		return err
	}
	choice := x.readers.choice(id)
	for _, part := range []struct{ name, text, link string }{{"text", p.text, leave}, {"HTML", p.html, html.EscapeString(leave)}} {
		if part.text == "" {
			continue
		}
		common, err := x.withoutChoices(id, strings.ReplaceAll(part.text, part.link, ownLink))
		if err != nil {
			return fmt.Errorf("in the %s: %w", part.name, err)
		}
		key := sha256.Sum256([]byte(part.name + "\x00" + choice.Key + "\x00" + common))
		if x.isProven(key) {
			continue
		}
		if err := x.compare(part.name == "HTML", common, choice); err != nil {
			return fmt.Errorf("in the %s: %w", part.name, err)
		}
		x.mu.Lock()
		x.proven[key] = true
		x.mu.Unlock()
	}
	if choice.TextOnly != (p.html == "") {
		return errors.New("the reader wants text only and gets HTML, or the reverse")
	}
	return nil
}

// withoutChoices puts a mark in the place of the reader's links to their own page,
// and demands that there is one and that no other reader's stands there.
func (x *examiner) withoutChoices(id int64, part string) (string, error) {
	begin, found := x.PublicURL+token.Choose.Path(), false
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(part, begin)
		b.WriteString(before)
		if !ok {
			break
		}
		end := strings.IndexFunc(after, func(r rune) bool { return !strings.ContainsRune(tokenLetters, r) })
		if end < 0 {
			end = len(after)
		}
		claims, err := x.Links.Verify(token.Choose, after[:end], x.readers.now())
		if err != nil || claims.Newsletter != x.Newsletter || claims.Subscriber != id {
			return "", errors.Join(errors.New("the link to the reader's page belongs to somebody else"), err)
		}
		found, part = true, after[end:]
		b.WriteString(ownPage)
	}
	if !found {
		return "", errors.New("the link to the reader's page is missing")
	}
	return b.String(), nil
}

// tokenLetters are those of a token; ownPage stands for the reader's own page as
// ownLink does for the link to leave.
const (
	tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	ownPage      = "https://page.invalid/"
)

func (x *examiner) isProven(key [sha256.Size]byte) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.proven[key]
}

func (x *examiner) compare(isHTML bool, part string, choice Choice) error {
	frozen, err := x.Document.Encode()
	if err != nil {
		return err
	}
	for _, never := range leftovers() {
		if strings.Contains(part, never) && !bytes.Contains(frozen, []byte(never)) {
			return fmt.Errorf("a placeholder is left: %q", never)
		}
	}
	shown, links := words(part), strings.Fields(part)
	if isHTML {
		page, err := readPage(part)
		if err != nil {
			return err
		}
		shown, links = page.words, page.links
	}
	if err := onlyLink(links, x.PublicURL+token.Unsubscribe.Path()); err != nil {
		return err
	}
	units, err := unitsOf(x.Document, choice.Gets)
	if err != nil {
		return err
	}
	return sameWords(shown, units)
}

// checkSignatures verifies with the public keys as they are (to be) published.
// Every key must have signed, and the fields of RFC 8058 §4 with it.
func (x *examiner) checkSignatures(raw []byte) error {
	if len(x.Records) == 0 {
		return nil
	}
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) {
			if record, ok := x.Records[name]; ok {
				return []string{record}, nil
			}
			return nil, fmt.Errorf("no key is configured for %s", name)
		},
	})
	if err != nil {
		return fmt.Errorf("the signatures cannot be checked: %w", err)
	}
	if len(found) != len(x.Records) {
		return fmt.Errorf("there are %d signatures; %d keys are configured", len(found), len(x.Records))
	}
	for _, v := range found {
		if v.Err != nil {
			return fmt.Errorf("a signature does not verify: %w", v.Err)
		}
		signed := strings.ToLower(" " + strings.Join(v.HeaderKeys, " ") + " ")
		for _, field := range []string{"from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post"} {
			if !strings.Contains(signed, " "+field+" ") {
				return fmt.Errorf("a signature does not cover the field %s", field)
			}
		}
	}
	return nil
}
