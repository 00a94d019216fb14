package bounce

import "strings"

// Takes says whether mail to an address is for this system: a signed envelope
// address at whatever domain, an address to leave by, with or without what follows
// its "+", or the postmaster of a domain of ours (RFC 5321 §4.5.1). A forged envelope
// address is nobody's.
func (r *Reader) Takes(address string) bool {
	local, domain := splitAddress(address)
	if r.Signed(address) {
		return true
	}
	if !r.domains[strings.TrimSuffix(domain, ".")] {
		return false
	}
	if strings.EqualFold(local, "postmaster") {
		return true
	}
	base, _, _ := strings.Cut(withoutBATV(local), "+")
	return r.leave[strings.ToLower(base)]
}

// Signed says whether an address is an envelope address that this system has signed.
func (r *Reader) Signed(address string) bool {
	if r.verp == nil {
		return false
	}
	local, _ := splitAddress(address)
	_, _, err := r.verp(withoutBATV(local))
	return err == nil
}

// Forged says whether an address at a domain of ours has the form of an envelope
// address and was not signed by this system.
func (r *Reader) Forged(address string) bool {
	local, domain := splitAddress(address)
	return r.domains[strings.TrimSuffix(domain, ".")] && isVERP(withoutBATV(local)) && !r.Signed(address)
}
