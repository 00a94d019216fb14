package preflight

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"epistle/internal/newsletter"
)

// Sizes of the HTML in bytes. Gmail is reported to cut a mail off at about 102 KB,
// which takes the footer and its link to leave; the lower reading of KB is the
// safe one.
const (
	maxHTML  = 102_000
	warnHTML = 90_000
)

func htmlSize(b *bulletin) []finding {
	f := finding{
		place: "HTML", message: fmt.Sprintf("the HTML has %.1f KB; large mail services cut it off at %d KB, and the link to leave with it", float64(len(b.html))/1000, maxHTML/1000),
		remedy: "Shorten items, or keep some for next week.",
	}
	switch {
	case len(b.html) > maxHTML:
		return []finding{f}
	case len(b.html) > warnHTML:
		f.verdict = Warning
		return []finding{f}
	}
	return nil
}

func unsubscribeLink(b *bulletin) (found []finding) {
	if b.leaveURL == "" {
		return []finding{{
			place: "footer", message: "no reader can leave: there is neither a page nor an address for it",
			remedy: "Set web.public_url in epistle.toml to the address at which readers reach this program.",
		}}
	}
	if b.pageErr != nil || !b.page.linksTo(b.leaveURL) {
		found = append(found, finding{place: "HTML", message: "the link to leave is missing or hidden", remedy: "Mend the e-mail template."})
	}
	if !strings.Contains(b.text, b.leaveURL) {
		found = append(found, finding{place: "plain text", message: "the link to leave is missing", remedy: "Mend the e-mail template."})
	}
	return found
}

func postalAddress(b *bulletin) (found []finding) {
	address := split(b.id().PostalAddress)
	if len(address) == 0 && b.Newsletter != nil && b.Newsletter.PostalAddress != "" {
		return []finding{{
			place: "footer", message: "the bulletin was made before the newsletter had a postal address",
			remedy: "Assemble or import it again, so that its footer shows the address.",
		}}
	}
	if len(address) == 0 {
		return []finding{{
			place: "newsletter.toml", message: "the footer has no postal address",
			remedy: "Set postal_address; many countries ask for it in bulk mail.",
		}}
	}
	if b.rendered() && b.pageErr == nil {
		for _, part := range []struct{ place, text string }{{"HTML", b.page.text}, {"plain text", b.text}} {
			if !holds(split(part.text), address) {
				found = append(found, finding{place: part.place, message: "the postal address is missing", remedy: "Mend the e-mail template."})
			}
		}
	}
	return found
}

func signingKey(b *bulletin) []finding {
	from := asciiDomain(b.id().From.Domain())
	for _, d := range b.SignerDomains {
		d = asciiDomain(d)
		// RFC 7489 §3.1.1: relaxed alignment, here for one domain above or
		// below the other.
		if d == from || strings.HasSuffix(from, "."+d) || strings.HasSuffix(d, "."+from) {
			return nil
		}
	}
	if len(b.SignerDomains) > 0 {
		return []finding{{
			place: "dkim.domain", message: fmt.Sprintf("messages from %s are signed for %s only", from, strings.Join(b.SignerDomains, ", ")),
			remedy: "Make a key for the sender's domain with: epistle dkim new",
		}}
	}
	return []finding{{
		place: "epistle.toml", message: "no signing key is configured; large mail services distrust unsigned bulk mail",
		remedy: "Make one with: epistle dkim new",
	}}
}

func asciiDomain(domain string) string {
	if a, err := idna.Lookup.ToASCII(domain); err == nil {
		return a
	}
	return strings.ToLower(domain)
}

func listHeaders(b *bulletin) []finding {
	if b.Message != nil {
		return messageHeaders(b.Message.Bytes())
	}
	if strings.HasPrefix(b.leaveURL, "https:") || b.leaveURL == "" {
		return nil // without any way to leave, unsubscribe-link has spoken
	}
	message := "without https in web.public_url, the header offers no leaving with one click"
	if !b.UnsubscribeMailto {
		message = "without https in web.public_url, the header does not say how to leave"
	}
	return []finding{{place: "web.public_url", message: message, remedy: oneClickRemedy}}
}

const oneClickRemedy = "Set web.public_url to an https address; large mail services ask bulk senders for it."

// messageHeaders looks at a message as it would leave.
func messageHeaders(raw []byte) (found []finding) {
	add := func(header, message, remedy string) {
		found = append(found, finding{place: header, message: message, remedy: remedy})
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		add("header", "the composed message cannot be read: "+err.Error(), "This is a fault of the program; please report it.")
		return found
	}
	// RFC 2919 §3
	if m.Header.Get("List-Id") == "" {
		add("List-Id", "the message does not say which list it belongs to", "Set list_id in newsletter.toml.")
	}
	leave := m.Header.Get("List-Unsubscribe")
	switch {
	case leave == "":
		add("List-Unsubscribe", "the header does not say how to leave", oneClickRemedy)
	// RFC 8058 §3.1: one https URI, and the -Post field beside it.
	case !strings.Contains(leave, "<https:") || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
		add("List-Unsubscribe-Post", "the header offers no leaving with one click", oneClickRemedy)
	}
	return found
}

// changeReaders is how many may come or go, whatever part of the audience they are:
// that is every week's coming and going.
const changeReaders = 10

// changePercent is from which change on the audience is worth a look.
func (b *bulletin) changePercent() int {
	if b.Newsletter == nil || b.Newsletter.Policy.AudienceChange == 0 {
		return newsletter.DefaultAudienceChange
	}
	return b.Newsletter.Policy.AudienceChange
}

func audience(b *bulletin) []finding {
	if b.Audience == 0 {
		return []finding{{
			place: "audience", message: "nobody would get this bulletin",
			remedy: "Add readers with: epistle subscribers import FILE",
		}}
	}
	if len(b.Previous) == 0 || b.Previous[0].Audience == 0 {
		return nil
	}
	before := b.Previous[0].Audience
	change := b.Audience - before
	more := "more"
	if change < 0 {
		change, more = -change, "fewer"
	}
	if change < changeReaders || change*100 <= before*b.changePercent() {
		return nil
	}
	return []finding{{
		place: "audience", message: fmt.Sprintf("%d readers would get it, %d %s than last time", b.Audience, change, more),
		remedy: "Look at the latest import with: epistle subscribers imports",
	}}
}
