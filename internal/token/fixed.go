package token

import (
	"crypto/sha256"
	"encoding/binary"
)

// Fixed is a key that never rotates, for identities that must stay the same for
// as long as the database lives. Its zero value must not be used.
type Fixed struct{ *secret }

// NewFixed takes at least MinSecret bytes of randomness and copies them.
func NewFixed(key []byte) Fixed { return Fixed{newSecret(key)} }

// MessageID gives the left side of a Message-ID: 26 lower-case letters and
// digits, a dot-atom (RFC 5322 §3.6.4). The same kind, id and subscriber always
// have the same one, so that a repeated attempt can be recognised; no two others
// share one, and another database, having another key, has none of them. It
// tells nothing of the numbers it is made from. Kinds in use are "bulletin" and
// "notice".
func (f Fixed) MessageID(kind string, id, subscriber int64) string {
	var n [16]byte
	binary.BigEndian.PutUint64(n[:8], uint64(id))
	binary.BigEndian.PutUint64(n[8:], uint64(subscriber))
	return base32Encoding.EncodeToString(f.appendSum(make([]byte, 0, 16), 16, labelMessageID, []byte(kind), n[:]))
}

// AddressHash gives the 32 bytes of HMAC-SHA-256 by which a suppression list
// remembers an address that it no longer holds. canonical is the key of a
// canonical address; without the secret nobody can find it by guessing.
func (f Fixed) AddressHash(canonical string) []byte {
	return f.appendSum(nil, sha256.Size, labelAddress, []byte(canonical))
}
