package bounce

import (
	"net/url"
	"strings"
)

// proof is what the tokens in a message prove.
type proof struct {
	identity Identity
	source   Source
	evidence string
}

// verpPrefix is how token.Keyring's VERP addresses begin. It tells a forged token
// from some other address at our domain.
const verpPrefix = "b-"

// isVERP says whether a local part has the form of a signed one.
func isVERP(local string) bool {
	return len(local) > len(verpPrefix) && strings.EqualFold(local[:len(verpPrefix)], verpPrefix)
}

// receivers are the addresses the message came to: those of the envelope, else
// those that servers and the sender wrote into the header.
func (x *examination) receivers() []string {
	if x.envelope.Known {
		return x.envelope.To
	}
	var to []string
	for _, name := range []string{"delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "apparently-to", "x-apparently-to"} {
		for _, value := range x.root.header.all(name) {
			for _, a := range addressesIn(value) {
				to = append(to, a.text)
			}
		}
	}
	return to
}

// verifyOwn looks for tokens of ours where only the receiver of one of our
// messages, or a server on its way, can have them from: first the address the
// message came to, then what the returned message carries.
func (x *examination) verifyOwn() {
	seen := x.seen
	for _, a := range x.receivers() {
		x.self[strings.ToLower(a)] = true
		x.tryAddress(a, seen)
	}
	for _, name := range []string{"return-path", "x-envelope-from", "x-env-sender", "errors-to", "sender"} {
		for _, value := range x.returned.all(name) {
			for _, a := range addressesIn(value) {
				x.tryAddress(a.text, seen)
			}
		}
	}
	for _, p := range x.parts {
		if p.kind == "message/feedback-report" && p.leaf {
			for _, a := range addressesIn(parseFields(p.raw, x.limits).get("original-mail-from")) {
				x.tryAddress(a.text, seen)
			}
		}
	}
	for _, value := range x.returned.all("list-unsubscribe") {
		for _, piece := range tokenPieces(value) {
			x.tryLink(piece, "List-Unsubscribe: "+value, seen)
		}
	}
}

// tryAddress verifies an address. A token proves itself at whatever domain it
// stands, because envelope domains change and bounces come late; a forged one is
// told from an address of somebody else by the domain alone.
func (x *examination) tryAddress(a string, seen map[string]bool) {
	local, domain := splitAddress(a)
	local = withoutBATV(local)
	if x.verp == nil || !x.domains[domain] && !isVERP(local) || seen[strings.ToLower(a)] || len(seen) > 100 {
		return
	}
	seen[strings.ToLower(a)] = true
	bulletin, subscriber, err := x.verp(local)
	switch {
	case err == nil:
		x.former[domain] = true
		x.accept(proof{identity: Identity{Bulletin: bulletin, Subscriber: subscriber}, source: FromVERP, evidence: a})
	case !x.domains[domain]:
	case isVERP(local):
		x.report.ForgedTokens++
	default:
		if _, detail, ok := strings.Cut(local, "+"); ok && x.leave[strings.ToLower(strings.TrimSuffix(local, "+"+detail))] {
			x.tryDetail(detail, a, seen)
		}
	}
}

// tryDetail verifies what stands behind the "+" of an address for leaving: a link
// token, or a VERP local part, which survives a change of case.
func (x *examination) tryDetail(detail, address string, seen map[string]bool) {
	if x.verp != nil && strings.HasPrefix(strings.ToLower(detail), verpPrefix) {
		if bulletin, subscriber, err := x.verp(detail); err == nil {
			x.accept(proof{identity: Identity{Bulletin: bulletin, Subscriber: subscriber}, source: FromToken, evidence: address})
			return
		}
		x.report.ForgedTokens++
		return
	}
	x.tryLink(detail, address, seen)
}

// minToken is the length of the shortest link token: 21 bytes in base64.
const minToken = 28

func (x *examination) tryLink(piece, where string, seen map[string]bool) {
	if x.link == nil || len(piece) < minToken || len(piece) > 100 || seen[piece] || len(seen) > 100 || !isTokenText(piece) {
		return
	}
	seen[piece] = true
	claims, err := x.link(piece)
	if err != nil {
		x.report.ForgedTokens++
		return
	}
	x.accept(proof{
		identity: Identity{Newsletter: claims.Newsletter, Bulletin: claims.Bulletin, Subscriber: claims.Subscriber},
		source:   FromToken, evidence: where,
	})
}

// accept keeps the first proof, and lets a later one about the same person add
// what the first did not say.
func (x *examination) accept(p proof) {
	if x.proof == nil {
		x.proof = &p
		return
	}
	id := &x.proof.identity
	if id.Subscriber != p.identity.Subscriber {
		return
	}
	if id.Newsletter == 0 {
		id.Newsletter = p.identity.Newsletter
	}
	if id.Bulletin == 0 {
		id.Bulletin = p.identity.Bulletin
	}
}

// tokenPieces gives what could be a token in the value of List-Unsubscribe
// (RFC 2369 §2): path segments, and the pieces of addresses and queries.
func tokenPieces(value string) []string {
	var pieces []string
	for part := range strings.SplitSeq(value, "<") {
		uri, _, ok := strings.Cut(part, ">")
		if !ok {
			continue
		}
		uri = strings.Join(strings.Fields(uri), "")
		if plain, err := url.PathUnescape(uri); err == nil {
			uri = plain
		}
		pieces = append(pieces, strings.FieldsFunc(uri, func(r rune) bool { return strings.ContainsRune("/:?&=#+@ ,;.", r) })...)
		if len(pieces) > 50 {
			return pieces[:50]
		}
	}
	return pieces
}

// isTokenText is the alphabet of RFC 4648 §5 without padding.
func isTokenText(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return s != ""
}

// withoutBATV takes the tag off an envelope address that a server on the way has
// tagged: "prvs=0123456789=local".
func withoutBATV(local string) string {
	rest, ok := strings.CutPrefix(strings.ToLower(local), "prvs=")
	if !ok {
		return local
	}
	if i := strings.IndexByte(rest, '='); i >= 0 {
		return local[len("prvs=")+i+1:]
	}
	return local
}

// isOurs says whether an address belongs to this system.
func (x *examination) isOurs(a string) bool {
	_, domain := splitAddress(a)
	return x.domains[domain] || x.former[domain]
}
