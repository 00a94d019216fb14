package newsletter

import (
	"net/mail"
	"strings"
)

// Address is a display name and an e-mail address. As text it is written
// "Name <local@domain>", or the bare address when there is no name.
type Address struct {
	Name  string
	Email string
}

// ParseAddress reads "Name <local@domain>" or "local@domain".
func ParseAddress(s string) (Address, error) {
	parsed, err := mail.ParseAddress(s)
	if err != nil {
		return Address{}, Errorf(Invalid, "%q is not an e-mail address: %w", s, err).
			With(`Write it as "Name <name@example.org>" or "name@example.org".`)
	}
	return Address{Name: parsed.Name, Email: parsed.Address}, nil
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
	case strings.ContainsAny(a.Name, `()<>[]:;@\,."`):
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
