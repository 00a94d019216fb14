package newsletter

import "strings"

// IsPlainURL says whether an address is "https://", a host, and perhaps a path, all
// of them letters, digits and "-._~" (RFC 3986 §2.3) with slashes between: nothing
// in it can mean anything else anywhere, and it needs no closer look. Links of our
// own are of this kind; a port, a query or an escape makes an address not plain.
func IsPlainURL(address string) bool {
	rest, https := strings.CutPrefix(address, "https://")
	if !https || rest == "" || rest[0] == '/' {
		return false
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == '~', c == '/':
		default:
			return false
		}
	}
	return true
}
