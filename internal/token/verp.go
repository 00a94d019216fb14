package token

import (
	"crypto/hmac"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// verpPrefix lets a mail server route bounces by pattern.
const verpPrefix = "b-"

// base32 of RFC 4648 §6 in lower case: some servers write local parts in one
// case or the other, which base64 would not survive.
const base32Alphabet = "abcdefghijklmnopqrstuvwxyz234567"

var base32Encoding = base32.NewEncoding(base32Alphabet).WithPadding(base32.NoPadding)

// VERP gives the local part of the envelope sender of one bulletin to one
// subscriber, so that a bounce names both however useless its text is. The
// same pair has the same address in every attempt: greylisting servers compare
// it (RFC 6647 §5). It has at most 52 octets of the 64 that RFC 5321 §4.5.3.1.1
// allows.
func (k *Keyring) VERP(bulletin, subscriber int64) string {
	keys := k.keys.Load()
	b := append(make([]byte, 0, maxVERP), keys.signing)
	b = binary.AppendUvarint(b, uint64(bulletin))
	b = binary.AppendUvarint(b, uint64(subscriber))
	b = appendVERPSum(b, keys.byID[keys.signing], b)
	return verpPrefix + base32Encoding.EncodeToString(b)
}

// ParseVERP reads what VERP wrote, in any case. The error is ErrForged.
func (k *Keyring) ParseVERP(local string) (bulletin, subscriber int64, err error) {
	b, ok := decodeVERP(lowerASCII(local))
	if !ok {
		return 0, 0, ErrForged
	}
	payload, sum := b[:len(b)-verpMAC], b[len(b)-verpMAC:]
	secret, known := k.keys.Load().byID[payload[0]]
	if !known || !hmac.Equal(sum, appendVERPSum(nil, secret, payload)) {
		return 0, 0, ErrForged
	}
	var n [2]int64
	if !readVarints(payload[1:], n[:]) {
		return 0, 0, ErrForged
	}
	return n[0], n[1], nil
}

func decodeVERP(local string) ([]byte, bool) {
	text, ok := strings.CutPrefix(local, verpPrefix)
	if !ok || len(text) > base32Encoding.EncodedLen(maxVERP) {
		return nil, false
	}
	b, err := base32Encoding.DecodeString(text)
	if err != nil || len(b) < 1+verpMAC || base32Encoding.EncodeToString(b) != text {
		return nil, false
	}
	return b, true
}

func appendVERPSum(dst []byte, s *secret, payload []byte) []byte {
	return s.appendSum(dst, verpMAC, labelVERP, payload)
}

// lowerASCII leaves everything beyond ASCII alone: strings.ToLower would turn
// the Kelvin sign into a "k" and so admit a second spelling.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
