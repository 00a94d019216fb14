package address

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Error says why a text is no address that Epistle takes.
type Error struct {
	Input  string // what was read, as it was given
	Reason string // a clause without full stop: "there is no \"@\""
	Remedy string // what to do now, a sentence
	Offset int    // byte of Input that the reason is about; -1 means all of it
}

// Error gives one sentence without full stop. Invisible characters of the input
// are written as escapes, and a long input is cut.
func (e *Error) Error() string {
	const longest = 100
	input := e.Input
	if len(input) > longest {
		input = input[:longest] + "…"
	}
	return fmt.Sprintf("%q is not an e-mail address: %s", input, e.Reason)
}

const (
	example = "Write it like name@example.org."
	only    = "Write only the address, like name@example.org."
)

// reader holds one input while its parts are checked.
type reader struct {
	input string
	text  string // input without the white space around it
	base  int    // where text begins in input
}

// fault is about byte offset of the text, or about all of it when negative.
func (r *reader) fault(offset int, reason, remedy string) *Error {
	if offset >= 0 {
		offset += r.base
	}
	return &Error{Input: r.input, Reason: reason, Remedy: remedy, Offset: offset}
}

func (r *reader) size() *Error {
	switch {
	case r.text == "":
		return r.fault(-1, "it is empty", example)
	case len(r.text) > maxInput:
		return r.fault(-1, "it is longer than 254 octets", only)
	case !utf8.ValidString(r.text):
		return r.fault(strings.IndexRune(r.text, utf8.RuneError), "its characters are not in UTF-8", "Save the file as UTF-8 and read it again.")
	}
	return nil
}

// more finds what people write around an address. A hint at that helps more than
// the name of the first character that is out of place.
func (r *reader) more() *Error {
	t := r.text
	open := strings.IndexByte(t, '<')
	switch {
	case len(t) >= len("mailto:") && strings.EqualFold(t[:len("mailto:")], "mailto:"):
		return r.fault(0, "it is a link", "Leave out the mailto: at the beginning.")
	case t[0] == '"' && open < 0:
		return nil // a quoted local part may hold anything; local refuses it
	case strings.Count(t, "@") > 1 && strings.ContainsAny(t, ",; \t\n"):
		return r.fault(strings.IndexAny(t, ",; \t\n"), "there is more than one address", "Write each address on its own.")
	case open == 0 && strings.HasSuffix(t, ">"):
		return r.fault(0, "it stands in angle brackets", "Leave out the < and the >.")
	case open >= 0:
		return r.fault(0, "it has a name beside it", only)
	case strings.HasSuffix(t, ";") && strings.Contains(t, ":"):
		return r.fault(0, "it is a group of addresses", "Write each member's address on its own.")
	case strings.ContainsAny(t, "()"):
		return r.fault(strings.IndexAny(t, "()"), "it holds a comment in brackets", only)
	}
	return nil
}

// invisible refuses every character that leaves no mark on the page: controls,
// spaces, joiners, marks of writing direction, fillers, and what Unicode has not
// given a meaning.
func (r *reader) invisible() *Error {
	if r.text[0] == '"' {
		return nil // left to local, which says what is wrong with the whole
	}
	hex := func(c rune) string { return fmt.Sprintf(" (U+%04X)", c) }
	for i, c := range r.text {
		switch {
		case ' ' < c && c < 0x7f: // nearly every character there is
		case unicode.IsSpace(c):
			return r.fault(i, "there is white space in it"+hex(c), "Leave out the space or line break.")
		case unicode.Is(unicode.Bidi_Control, c):
			return r.fault(i, "there is an invisible mark of writing direction in it"+hex(c), "Type the address anew.")
		case unicode.IsControl(c):
			return r.fault(i, "there is a control character in it"+hex(c), "Type the address anew.")
		case !unicode.IsGraphic(c), unicode.Is(unicode.Variation_Selector, c), c == '\u2800',
			unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c):
			return r.fault(i, "there is an invisible character in it"+hex(c), "Type the address anew.")
		}
	}
	return nil
}

// local checks the part before the @ against Dot-string (RFC 5321 §4.1.2, RFC
// 6531 §3.3). A quoted string that needed no quotes loses them, as the same
// section asks; the others are refused: servers that take one are hardly found,
// while programs that misread one are.
func (r *reader) local(s string) (string, error) {
	start := 0
	if s != "" && s[0] == '"' {
		inner, ok := strings.CutSuffix(s[1:], `"`)
		if !ok || inner == "" || strings.ContainsFunc(inner, forbidden) {
			return "", r.fault(0, "the part before the @ is in quotation marks and holds what only quotation marks allow",
				"Ask for an address without quotation marks.")
		}
		s, start = inner, 1
	}
	if at := strings.IndexFunc(s, forbidden); at >= 0 {
		c, _ := utf8.DecodeRuneInString(s[at:])
		return "", r.fault(start+at, fmt.Sprintf("%q cannot stand before the @", c), example)
	}
	double := strings.Index(s, "..")
	switch {
	case s == "":
		return "", r.fault(0, "nothing stands before the @", example)
	case s[0] == '.':
		return "", r.fault(start, "it begins with a dot", "Leave out the dot.")
	case s[len(s)-1] == '.':
		return "", r.fault(start+len(s)-1, "a dot stands just before the @", "Leave out the dot.")
	case double >= 0:
		return "", r.fault(start+double, "two dots stand side by side", "Leave out one of them.")
	case len(s) > MaxLocal:
		return "", r.fault(start+MaxLocal, "the part before the @ is longer than 64 octets", "Ask for another address; servers refuse longer ones.")
	}
	return s, nil
}

// forbidden is what neither atext (RFC 5322 §3.2.3) nor the dot of a Dot-string
// allows; characters beyond ASCII are allowed by RFC 6531 §3.3. The replacement
// character is what a program leaves where it could not read a letter.
func forbidden(c rune) bool {
	switch {
	case c >= utf8.RuneSelf:
		return c == utf8.RuneError || !unicode.IsGraphic(c) || unicode.IsSpace(c)
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return false
	}
	return !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", c)
}

// domain gives the canonical form of what stands after byte start.
func (r *reader) domain(s string, start int) (string, error) {
	const whole = "Write the whole domain, like example.org."
	switch {
	case s == "":
		return "", r.fault(start, "nothing stands after the @", example)
	case s[0] == '[':
		return "", r.fault(start, "the domain is a number in square brackets", "Write the domain's name.")
	case strings.HasSuffix(s, "."):
		return "", r.fault(start+len(s)-1, "a dot stands at the end", "Leave out the dot.")
	}
	domain, err := idna.Lookup.ToASCII(s)
	if err != nil {
		return "", r.fault(start, fmt.Sprintf("%q cannot be a domain", s), "Domains consist of letters, digits and hyphens between dots.")
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		switch {
		case label == "":
			return "", r.fault(start, "the domain begins or ends with a dot, or two dots stand side by side", "Leave out the dot.")
		case len(label) > MaxLabel:
			return "", r.fault(start, "a part of the domain is longer than 63 octets", "Compare the domain with its owner's.")
		}
	}
	last := labels[len(labels)-1]
	if _, err := netip.ParseAddr(domain); err == nil || strings.Trim(last, "0123456789") == "" {
		return "", r.fault(start, "the domain ends in a number", whole)
	}
	if len(labels) == 1 {
		return "", r.fault(start, "the domain has no dot", whole)
	}
	return domain, nil
}
