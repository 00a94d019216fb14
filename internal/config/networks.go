package config

import (
	"net/netip"
	"strings"

	"epistle/internal/newsletter"
)

// Networks is a list of IP networks, written one after another with spaces or
// commas between them: "127.0.0.1 10.0.0.0/8 2001:db8::/32". An address stands for
// itself alone.
type Networks []netip.Prefix

// String writes the networks as UnmarshalText reads them.
func (n Networks) String() string {
	var parts []string
	for _, p := range n {
		if p.IsSingleIP() {
			parts = append(parts, p.Addr().String())
		} else {
			parts = append(parts, p.String())
		}
	}
	return strings.Join(parts, " ")
}

// MarshalText gives String.
func (n Networks) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a list; an empty text is an empty list.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for _, part := range strings.FieldsFunc(string(text), func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := network(part)
		if err != nil {
			return newsletter.Errorf(newsletter.Usage, "%q is not an IP network", part).
				With("Write addresses or networks with spaces between them, for example 127.0.0.1 10.0.0.0/8.")
		}
		*n = append(*n, p)
	}
	return nil
}

func network(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		return p.Masked(), err
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, newsletter.Errorf(newsletter.Usage, "not an address")
	}
	return addr.Unmap().Prefix(addr.Unmap().BitLen())
}
