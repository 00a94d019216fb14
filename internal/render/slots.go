package render

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"epistle/internal/newsletter"
)

// Personal is what differs from reader to reader. An empty URL makes the
// sentence around it vanish.
type Personal struct {
	// UnsubscribeURL is an https:, http: or mailto: address, BrowserURL an
	// https: or http: one. Anything else counts as empty: a link that a mail
	// program would run rather than open never reaches a reader.
	UnsubscribeURL, BrowserURL string
	// ChooseURL is the reader's own page of choices, an https: or http: address.
	ChooseURL string
}

// slots are the strings that stand for per-reader values between rendering and
// sending. They hold the hash of the document, which no part of that document
// can contain, and survive both the template and the inliner unchanged.
type slots struct{ leave, choose, browser, hash string }

func newSlots(hash string) slots {
	base := "https://slot.invalid/" + hash
	return slots{leave: base + "/unsubscribe", choose: base + "/choose", browser: base + "/browser", hash: hash}
}

// open and close frame what only some readers get. In HTML and in text they
// look alike: a comment that is gone before anybody sees the result.
func (s slots) open(condition string) string  { return "<!--" + s.hash + " " + condition + "-->" }
func (s slots) close(condition string) string { return "<!--" + s.hash + " /" + condition + "-->" }

// part is a stretch of a rendering: fixed text, or a slot's name.
type part struct {
	text      string
	slot      string // "", "unsubscribe", "choose" or "browser"
	condition string // "", "reader", "leave", "choose" or "browser"
}

// split cuts a rendering at its marks and slots. What remains in the parts'
// texts is free of both.
func (s slots) split(rendering string) []part {
	hash := regexp.QuoteMeta(s.hash)
	cuts := regexp.MustCompile(`<!--` + hash + ` (/?)([a-z]+)-->|https://slot\.invalid/` + hash + `/(unsubscribe|choose|browser)`)
	var parts []part
	condition, from := "", 0
	add := func(p part) {
		if p.text != "" || p.slot != "" {
			p.condition = condition
			parts = append(parts, p)
		}
	}
	for _, m := range cuts.FindAllStringSubmatchIndex(rendering, -1) {
		add(part{text: rendering[from:m[0]]})
		from = m[1]
		switch {
		case m[6] >= 0:
			add(part{slot: rendering[m[6]:m[7]]})
		case m[2] < m[3]:
			condition = ""
		default:
			condition = rendering[m[4]:m[5]]
		}
	}
	add(part{text: rendering[from:]})
	return parts
}

// fill joins parts for one reader; nil leaves out everything that is a
// reader's own.
func fill(parts []part, p *Personal, escape func(string) string) string {
	var leave, choose, browser string
	if p != nil {
		leave, choose, browser = target(p.UnsubscribeURL, true), target(p.ChooseURL, false), target(p.BrowserURL, false)
	}
	size := len(leave) + 2*len(choose) + len(browser)
	for _, part := range parts {
		size += len(part.text)
	}
	var b strings.Builder
	b.Grow(size)
	for _, part := range parts {
		switch {
		case part.condition == "reader" && p == nil,
			part.condition == "leave" && leave == "",
			part.condition == "choose" && choose == "",
			part.condition == "browser" && browser == "":
			continue
		}
		switch part.slot {
		case "unsubscribe":
			b.WriteString(escape(leave))
		case "choose":
			b.WriteString(escape(choose))
		case "browser":
			b.WriteString(escape(browser))
		default:
			b.WriteString(part.text)
		}
	}
	return b.String()
}

// target gives an address that may stand in a link, or nothing.
func target(address string, mail bool) string {
	if newsletter.IsPlainURL(address) {
		return address
	}
	if strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || !(u.Scheme == "https" || u.Scheme == "http" || mail && u.Scheme == "mailto") {
		return ""
	}
	return address
}

func escapeHTML(s string) string { return html.EscapeString(s) }
func verbatim(s string) string   { return s }
