package message

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

// benchParts make a message of about 30 KB like a rendered bulletin: short lines
// in the text, long ones in the HTML, the link to leave in the footer of both.
func benchParts() Parts {
	return Parts{
		Text: []Piece{
			{Text: strings.Repeat("A night clinic opens on the quay, and the harbour school says thanks.\n", 100) + "\nLeave: "},
			{Gap: 1},
			{Text: "\n\nThe Lantern Network, 1 Quay Street, Harbour Town\n"},
		},
		HTML: []Piece{
			{Text: strings.Repeat(`<tr><td style="padding:0 0 16px 0;color:#222222">A night clinic – opens.</td></tr>`+"\n", 220) +
				`<tr><td style="padding:0 0 16px 0;font-family:Georgia, Times New Roman, serif"><a href="`},
			{Gap: 1},
			{Text: `" style="color:#222222;text-decoration:underline">Leave the list</a>, ` +
				strings.Repeat("with a sentence beside it ", 8) + "</td></tr>\n<p>The Lantern Network</p></body></html>\n"},
		},
	}
}

// benchValues are those of one of many readers.
func benchValues(n int) Values {
	link := fmt.Sprintf("https://mail.lantern.example/u/AQECrAIAoGUa0Sw-25clfHrr%08d", n)
	return Values{
		To:                newsletter.Address{Name: "Ana Keeper", Email: fmt.Sprintf("keeper%d@harbour.example", n)},
		MessageID:         fmt.Sprintf("jpu43scqk6elilmahlet%08d@lantern.example", n),
		EnvelopeFrom:      fmt.Sprintf("b-aebkyaxsel2xfbaapd%08d@bounces.lantern.example", n),
		UnsubscribeURL:    link,
		UnsubscribeMailto: fmt.Sprintf("mailto:b-aebkyaxsel2xfb%08d@bounces.lantern.example?subject=unsubscribe", n),
		Text:              []string{link}, HTML: []string{link},
	}
}

func benchSigners(b *testing.B) map[string][]*Signer {
	return map[string][]*Signer{
		"unsigned": nil, "rsa2048": bothSigners(b)[:1], "ed25519": bothSigners(b)[1:], "both": bothSigners(b),
	}
}

func BenchmarkForm(b *testing.B) {
	for name, signers := range benchSigners(b) {
		b.Run(name, func(b *testing.B) {
			f := form(b, shared(), benchParts(), signers...)
			var used *Message
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				m, err := f.Write(used, benchValues(n%1000))
				if err != nil {
					b.Fatal(err)
				}
				used = m
			}
			b.SetBytes(int64(used.Body.Len()))
		})
	}
}

// BenchmarkNewForm is what a Form costs once.
func BenchmarkNewForm(b *testing.B) {
	signers := bothSigners(b)
	for b.Loop() {
		form(b, bulletin(), benchParts(), signers...)
	}
}

func BenchmarkCompose(b *testing.B) {
	for name, signers := range benchSigners(b) {
		b.Run(name, func(b *testing.B) {
			f := form(b, shared(), benchParts(), signers...)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if _, err := f.compose(benchValues(n%1000), signers); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSignatureAlone is what the keys themselves cost: no part of this
// program, and to be taken off from the figures of the others.
func BenchmarkSignatureAlone(b *testing.B) {
	signers, digest := bothSigners(b), make([]byte, 32)
	b.Run("rsa2048", func(b *testing.B) {
		for b.Loop() {
			if _, err := signers[0].key.Sign(rand.Reader, digest, crypto.SHA256); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ed25519", func(b *testing.B) {
		for b.Loop() {
			if _, err := signers[1].key.Sign(rand.Reader, digest, crypto.Hash(0)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
