package preflight

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"epistle/internal/manuscript"
	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// eachLink calls f for every link and image with its place.
func (b *bulletin) eachLink(f func(place string, l markdown.DocLink)) {
	for _, p := range b.passages {
		if p.doc == nil {
			continue
		}
		for _, l := range p.doc.Links() {
			f(p.place, l)
		}
	}
}

func malformedLinks(b *bulletin) (found []finding) {
	for _, p := range b.passages {
		found = append(found, unreadable(p)...)
	}
	b.eachLink(func(place string, l markdown.DocLink) {
		switch why := malformed(l); {
		case why != "":
			found = append(found, finding{
				place: place, message: fmt.Sprintf("%q cannot be followed: %s", l.Href, why),
				remedy: "Write the whole address, for example https://example.org/page or mailto:name@example.org.",
			})
		case isLocal(l.Href):
			found = append(found, finding{
				place: place, message: fmt.Sprintf("%q leads to a machine that only your own network knows", l.Href),
				remedy: "Give an address that readers can reach.", verdict: Warning,
			})
		}
	})
	return found
}

// unreadable gives what package markdown refuses in a text, which is nearly
// always the address of a link, at its line and column.
func unreadable(p passage) (found []finding) {
	if p.err == nil {
		return nil
	}
	var faults newsletter.Faults
	if !errors.As(p.err, &faults) {
		return []finding{{place: p.place, message: p.err.Error(), remedy: "Mend the text."}}
	}
	for _, f := range faults {
		found = append(found, finding{place: p.place + ", at " + f.Place, message: f.Message, remedy: f.Remedy})
	}
	return found
}

// malformed says what is wrong with an address, or nothing.
func malformed(l markdown.DocLink) string {
	u, err := url.Parse(l.Href)
	switch {
	case err != nil:
		return "it is no address"
	case strings.ContainsFunc(l.Href, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return "a space stands in it"
	case u.Scheme == "":
		return "it does not begin with https: or mailto:"
	case u.Scheme == "mailto" && !l.Image:
		if !isMailbox(u.Opaque) {
			return "it holds no e-mail address"
		}
		return ""
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Sprintf("mail programs do not open %s: addresses", u.Scheme)
	case !isHost(u.Hostname()):
		return "it names no host"
	}
	return ""
}

// isMailbox reads the part of a mailto: address before its fields, which may name
// several people (RFC 6068 §2).
func isMailbox(to string) bool {
	to, err := url.PathUnescape(to)
	if err != nil {
		return false
	}
	for _, one := range strings.Split(to, ",") {
		local, domain, ok := strings.Cut(strings.TrimSpace(one), "@")
		if !ok || local == "" || !isHost(domain) {
			return false
		}
	}
	return true
}

// isHost is satisfied by a domain name in any script and by an IP address.
func isHost(host string) bool {
	if strings.Contains(host, ":") { // an IPv6 address: net/url has read the brackets
		return true
	}
	for _, l := range strings.Split(strings.TrimSuffix(host, "."), ".") {
		bad := strings.ContainsFunc(l, func(r rune) bool {
			return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
		})
		if l == "" || len(l) > 63 || bad {
			return false
		}
	}
	return true
}

// isLocal says that an address names its host without a domain: "localhost".
func isLocal(href string) bool {
	u, err := url.Parse(href)
	return err == nil && u.Scheme != "mailto" && !strings.ContainsAny(u.Hostname(), ".:")
}

func httpLinks(b *bulletin) (found []finding) {
	b.eachLink(func(place string, l markdown.DocLink) {
		if u, err := url.Parse(l.Href); err == nil && u.Scheme == "http" {
			found = append(found, finding{
				place: place, message: fmt.Sprintf("%q is not encrypted", l.Href),
				remedy: "Try the same address with https.",
			})
		}
	})
	return found
}

func imageAlt(b *bulletin) (found []finding) {
	b.eachLink(func(place string, l markdown.DocLink) {
		if l.Image && strings.TrimSpace(l.Text) == "" {
			found = append(found, finding{
				place: place, message: fmt.Sprintf("the image %q has no alternative text", l.Href),
				remedy: "Say between the square brackets what the image shows; many readers see only that.",
			})
		}
	})
	return found
}

func lostLinkTargets(b *bulletin) (found []finding) {
	for _, text := range manuscript.LostLinks(&b.Document.Content) {
		found = append(found, finding{
			message: fmt.Sprintf("%q leads nowhere: its link was lost, most likely in copying", text),
			remedy:  "Write it as [" + strings.Trim(text, "()[] ") + "](https://…), or take it out.",
		})
	}
	return found
}
