package token

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
)

// secret is a key with the hashes that are ready for it. To key one takes as long
// as to use it, and each message needs several.
type secret struct{ ready sync.Pool }

// hashing is one keyed hash and the memory of its input and output.
type hashing struct {
	mac     hash.Hash
	in, out []byte
}

func newSecret(key []byte) *secret {
	key = bytes.Clone(key)
	s := &secret{}
	s.ready.New = func() any { return &hashing{mac: hmac.New(sha256.New, key)} }
	return s
}

// appendSum appends the first size bytes of HMAC-SHA-256 over the label and the
// parts. Each part is preceded by its length, so that no two lists of parts give
// the same input.
func (s *secret) appendSum(dst []byte, size int, label string, parts ...[]byte) []byte {
	h := s.ready.Get().(*hashing)
	defer s.ready.Put(h)
	h.in = append(append(h.in[:0], label...), 0)
	for _, part := range parts {
		h.in = binary.AppendUvarint(h.in, uint64(len(part)))
		h.in = append(h.in, part...)
	}
	h.mac.Reset()
	h.mac.Write(h.in) // a hash never returns an error
	h.out = h.mac.Sum(h.out[:0])
	return append(dst, h.out[:size]...)
}
