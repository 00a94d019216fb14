// Package address reads e-mail addresses into the one form in which Epistle
// stores, compares and sends to them.
//
// Parse works in this order: white space around the address goes; what is more
// than an address (a display name, a comment, a list, a link) is refused with a
// hint; invisible characters are refused, because two addresses that look alike
// would be two people; the part before the last @ is checked; the domain becomes
// lower-case A-labels (RFC 5890 §2.3.2.1).
//
// It asks no server: whether the domain exists or takes mail shows when mail is
// sent. Reading header fields with display names is the work of newsletter and
// message.
package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits in octets. A path with its angle brackets has 256 (RFC 5321
// §4.5.3.1.3), so that the domain cannot reach its own limit of 255.
const (
	MaxLocal  = 64  // RFC 5321 §4.5.3.1.1
	MaxLabel  = 63  // RFC 1035 §2.3.4
	MaxLength = 254 // RFC 5321 §4.5.3.1.3
)

// maxInput is the longest text that is looked at: a domain may shrink when it
// is brought into its canonical form, but not from this.
const maxInput = 4 * MaxLength

// Address is a canonical address. Make one with Parse.
type Address struct {
	// Local is the part before the @ as its owner writes it: only the
	// receiving server knows whether case matters (RFC 5321 §2.4). It may hold
	// characters beyond ASCII, then it needs SMTPUTF8 (RFC 6531 §3.3).
	Local string
	// Domain is in lower-case A-labels, with at least one dot and none at the end.
	Domain string
}

// Parse reads one bare address. Every refusal is an *Error.
func Parse(s string) (Address, error) {
	text := strings.TrimFunc(s, blank)
	r := reader{input: s, text: text, base: strings.Index(s, text)}
	for _, check := range []func() *Error{r.size, r.more, r.invisible} {
		if err := check(); err != nil {
			return Address{}, err
		}
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return Address{}, r.fault(-1, `there is no "@"`, example)
	}
	local, err := r.local(text[:at])
	if err != nil {
		return Address{}, err
	}
	domain, err := r.domain(text[at+1:], at+1)
	if err != nil {
		return Address{}, err
	}
	a := Address{Local: local, Domain: domain}
	if len(a.String()) > MaxLength {
		return Address{}, r.fault(-1, "it is longer than 254 octets", "Ask for another address; servers refuse longer ones.")
	}
	return a, nil
}

// blank is what may stand around an address: all white space, the no-break space
// that spreadsheets leave, and the byte order mark that opens exported files.
func blank(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }

// String gives local@domain, which Parse reads back into the same Address.
func (a Address) String() string { return a.Local + "@" + a.Domain }

// ASCII says whether every server takes the address: false means that it can be
// sent to only where SMTPUTF8 is offered (RFC 6531 §3.2).
func (a Address) ASCII() bool {
	return !strings.ContainsFunc(a.Local, func(r rune) bool { return r >= utf8.RuneSelf })
}

// Key is the form for finding duplicates: composed (NFC) and without case, one
// letter for each letter, so that "ß" never meets "ss". It is not for sending.
func (a Address) Key() string {
	local := norm.NFC.String(strings.Map(fold, norm.NFC.String(a.Local)))
	return local + "@" + a.Domain
}

// fold gives one lower-case letter for all letters that differ only in case,
// such as σ for Σ, σ and ς.
func fold(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return unicode.ToLower(least)
}
