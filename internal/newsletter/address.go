package newsletter

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is a display name and an e-mail address. As text it is written
// "Name <local@domain>", or the bare address when there is no name.
type Address struct {
	Name  string
	Email string
}

// ParseAddress reads "Name <local@domain>" or "local@domain". A part before the
// @ that needs quotation marks is refused, and so is a name with a control
// character, which an encoded name can smuggle in.
func ParseAddress(s string) (Address, error) {
	parsed, err := mail.ParseAddress(s)
	if err == nil {
		err = plain(parsed)
	}
	if err != nil {
		return Address{}, Errorf(Invalid, "%q is not an e-mail address: %w", s, err).
			With(`Write it as "Name <name@example.org>" or "name@example.org".`)
	}
	return Address{Name: parsed.Name, Email: parsed.Address}, nil
}

func plain(a *mail.Address) error {
	if strings.ContainsFunc(a.Name, unicode.IsControl) || !utf8.ValidString(a.Name) {
		return errors.New("there is a control character in the name")
	}
	// The parser gives the part before the @ without its quotation marks.
	if again, err := mail.ParseAddress(a.Address); err != nil || again.Address != a.Address || again.Name != "" {
		return errors.New("the part before the @ is in quotation marks")
	}
	return nil
}

// IsZero says whether no address was given.
func (a Address) IsZero() bool { return a.Email == "" }

// Domain is what stands after the last @.
func (a Address) Domain() string { return a.Email[strings.LastIndexByte(a.Email, '@')+1:] }

// String gives the form that ParseAddress reads, not an encoded header.
func (a Address) String() string {
	switch {
	case a.IsZero():
		return ""
	case a.Name == "":
		return a.Email
	case strings.ContainsAny(a.Name, `()<>[]:;@\,."`), // RFC 5322 §3.2.3: specials
		strings.Contains(a.Name, "=?"),                      // else it would be read as an encoded word (RFC 2047 §2)
		strings.Join(strings.Fields(a.Name), " ") != a.Name: // white space between words would be folded
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name) + `" <` + a.Email + ">"
	default:
		return a.Name + " <" + a.Email + ">"
	}
}

// MarshalText gives String.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAddress reads, or nothing.
func (a *Address) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*a = Address{}
		return nil
	}
	v, err := ParseAddress(string(b))
	if err != nil {
		return err
	}
	*a = v
	return nil
}
