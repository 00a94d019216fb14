package bounce

import "strings"

// Takes says whether mail to an address is for this system: a signed envelope
// address, an address to leave by, with or without what follows its "+", or the
// postmaster of a domain of ours (RFC 5321 §4.5.1). A forged envelope address is
// nobody's.
func (r *Reader) Takes(address string) bool {
	local, domain := splitAddress(address)
	if !r.domains[strings.TrimSuffix(domain, ".")] {
		return false
	}
	if strings.EqualFold(local, "postmaster") {
		return true
	}
	local = withoutBATV(local)
	if r.verp != nil {
		if _, _, err := r.verp(local); err == nil {
			return true
		}
	}
	base, _, _ := strings.Cut(local, "+")
	return r.leave[strings.ToLower(base)]
}
