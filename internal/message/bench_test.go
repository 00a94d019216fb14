package message

import (
	"crypto"
	"crypto/rand"
	"strings"
	"testing"
)

func BenchmarkCompose(b *testing.B) {
	m := bulletin()
	m.Text = strings.Repeat("A night clinic opens on the quay, and the harbour school says thanks.\n", 120)
	m.HTML = strings.Repeat(`<tr><td style="padding:0 0 16px 0;color:#222222">A night clinic opens.</td></tr>`+"\n", 260)
	for name, signers := range map[string][]*Signer{
		"unsigned":    nil,
		"rsa2048":     bothSigners(b)[:1],
		"ed25519":     bothSigners(b)[1:],
		"rsa+ed25519": bothSigners(b),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(compose(b, m, signers...).Bytes)))
			for b.Loop() {
				compose(b, m, signers...)
			}
		})
	}
	b.Run("rsa2048 alone", func(b *testing.B) { // what the key itself costs
		key, digest := bothSigners(b)[0].key, make([]byte, 32)
		for b.Loop() {
			if _, err := key.Sign(rand.Reader, digest, crypto.SHA256); err != nil {
				b.Fatal(err)
			}
		}
	})
}
