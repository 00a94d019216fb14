package message

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"epistle/internal/newsletter"
)

// RFC 5321 §4.5.3.1: limits in octets. A path counts its angle brackets.
const (
	maxLocal  = 64
	maxDomain = 255
	maxPath   = 256
	maxLabel  = 63 // RFC 1035 §2.3.4
)

// mailbox writes an address field and gives its addr-spec.
func (h *header) mailbox(name string, a newsletter.Address) string {
	spec := h.spec(name, a.Email)
	if a.Name == "" {
		h.add(name, spec)
		return spec
	}
	h.add(name, append(h.phrase(name, a.Name), "<"+spec+">")...)
	return spec
}

// phrase gives a display name as tokens (RFC 5322 §3.2.5): as it is if it is
// made of atoms, in quotation marks if it is short ASCII, else encoded.
func (h *header) phrase(name, text string) []string {
	if text == "" || !h.clean(name, text) {
		return nil
	}
	plain := isPlain(text)
	if plain && !strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && !isAtom(r) }) {
		return strings.Split(text, " ")
	}
	// A quoted string is one token, so that no space in it is ever folded.
	if quoted := quote(text); plain && len(quoted) <= maxPlainWord {
		return []string{quoted}
	}
	return encodeWords(text, wordLine-len(name)-2)
}

// spec checks an address and gives it as it stands in a header and in the
// envelope: the domain as lower-case A-labels, so that only a local part can
// need SMTPUTF8 (RFC 6531 §3.2).
func (h *header) spec(place, email string) string {
	spec, err := addrSpec(email)
	if err != nil {
		h.fault(newsletter.Errorf(newsletter.Invalid, "%q is not an address that mail can be sent to: %w", email, err).
			At(place).With("Write it as name@example.org."))
		return ""
	}
	h.utf8 = h.utf8 || !isASCII(spec)
	return spec
}

func addrSpec(email string) (string, error) {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return "", errors.New("it has no @")
	}
	domain, err := asciiDomain(email[at+1:])
	if err != nil {
		return "", err
	}
	local, err := localPart(email[:at])
	if err != nil {
		return "", err
	}
	if len(local)+1+len(domain) > maxPath-len("<>") {
		return "", errors.New("it is longer than 254 octets")
	}
	return local + "@" + domain, nil
}

// localPart gives a local part as it must be written. One that is no dot-atom
// is put in quotation marks, unless it stands in them already.
func localPart(local string) (string, error) {
	switch {
	case local == "":
		return "", errors.New("nothing stands before the @")
	case !utf8.ValidString(local) || strings.ContainsFunc(local, isControl):
		return "", errors.New("the part before the @ holds a control character or bytes that are not UTF-8")
	case strings.TrimSpace(local) != local:
		return "", errors.New("the part before the @ begins or ends with a space")
	case isQuoted(local) || isDotAtom(local):
	default:
		local = quote(local)
	}
	if len(local) > maxLocal {
		return "", errors.New("the part before the @ is longer than 64 octets")
	}
	return local, nil
}

// asciiDomain gives a domain as lower-case A-labels (RFC 5890 §2.3.2.1).
func asciiDomain(domain string) (string, error) {
	if isPlainDomain(domain) {
		return domain, nil
	}
	if !utf8.ValidString(domain) || strings.ContainsFunc(domain, isControl) {
		return "", errors.New("the domain holds a control character or bytes that are not UTF-8")
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", errors.New("the domain is not one that DNS can hold")
	}
	for _, label := range strings.Split(ascii, ".") {
		if label == "" || len(label) > maxLabel {
			return "", errors.New("a part of the domain is empty or longer than 63 octets")
		}
	}
	if len(ascii) > maxDomain {
		return "", errors.New("the domain is longer than 255 octets")
	}
	return ascii, nil
}

// isPlainDomain says whether a domain is in its final form beyond doubt: lower-case
// letters, digits, and hyphens inside labels, but no two of them, which could be an
// A-label's. It saves most messages a look into the tables of Unicode.
func isPlainDomain(domain string) bool {
	if len(domain) > maxDomain {
		return false
	}
	label := 0
	for i := range len(domain) {
		switch c := domain[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			label++
		case c == '-' && label > 0 && i+1 < len(domain) && domain[i+1] != '.' && domain[i+1] != '-':
			label++
		case c == '.' && label > 0:
			label = 0
		default:
			return false
		}
		if label > maxLabel {
			return false
		}
	}
	return label > 0
}

// identifier checks a Message-ID without its angle brackets. It is ASCII even
// in a message that is not (RFC 6532 §3.3).
func (h *header) identifier(name, id string) string {
	left, right, ok := strings.Cut(id, "@")
	domain, err := asciiDomain(right)
	if !ok || err != nil || !isDotAtom(left) || !isASCII(left) || len(left)+len(domain) > maxPath {
		h.fault(newsletter.Errorf(newsletter.Invalid, "%q is not a Message-ID", id).At(name).
			With("Give left@right without angle brackets: a dot-atom and a domain."))
		return ""
	}
	return left + "@" + domain
}

// mailto gives the URI of an address (RFC 6068 §2).
func mailto(spec string) string {
	at := strings.LastIndexByte(spec, '@')
	return "mailto:" + url.PathEscape(spec[:max(at, 0)]) + spec[max(at, 0):]
}

// isDotAtom accepts atoms joined by single dots (RFC 5322 §3.2.3), with
// characters beyond ASCII in them (RFC 6532 §3.2).
func isDotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAtom(r) }) {
			return false
		}
	}
	return true
}

func isAtom(r rune) bool {
	return r < utf8.RuneSelf && isAlphanumeric(byte(r)) || r >= utf8.RuneSelf || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// isQuoted accepts one whole quoted string (RFC 5322 §3.2.4).
func isQuoted(s string) bool {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return false
	}
	escaped := false
	for _, c := range []byte(s[1 : len(s)-1]) {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			return false
		}
	}
	return !escaped
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
