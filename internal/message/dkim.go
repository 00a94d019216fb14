package message

import (
	"bytes"
	"crypto"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/publicsuffix"
)

// Signer signs messages for one domain with one key. It is safe for concurrent
// use. Sign with RSA, and with Ed25519 only beside it: every verifier must know
// both (RFC 8463 §3), but not every one does.
type Signer struct {
	domain, selector string
	key              crypto.Signer
	kind, public     string // the record's k= and p=
	warnings         []string
}

// Domain is the signing domain (d=) as lower-case A-labels.
func (s *Signer) Domain() string { return s.domain }

// Selector is the name of the key below the domain (s=).
func (s *Signer) Selector() string { return s.selector }

// Warnings are sentences about a key that works but should not stay as it is;
// usually there are none.
func (s *Signer) Warnings() []string { return s.warnings }

// Aligned says whether the signature counts for a From address of the domain
// under DMARC's relaxed alignment: both have the same organizational domain
// (RFC 9989 §4.4). That is found here by the public suffix list, without DNS;
// the tree walk of RFC 9989 §4.10 differs only where a domain publishes psd=.
func (s *Signer) Aligned(fromDomain string) bool {
	from, err := asciiDomain(fromDomain)
	if err != nil {
		return false
	}
	if from == s.domain {
		return true
	}
	a, errA := publicsuffix.EffectiveTLDPlusOne(from)
	b, errB := publicsuffix.EffectiveTLDPlusOne(s.domain)
	return errA == nil && errB == nil && a == b
}

// signedFields are the fields a signature covers (RFC 6376 §5.4.1, RFC 8058 §4).
// Each that is there is listed once more than it occurs, so that nobody can add
// another one (RFC 6376 §8.15); those marked absent are listed even when they
// are not there, because a reader would act on one that was added. The others
// are left alone when absent: a relay may add them for good reasons.
func signedFields() []signedField {
	return []signedField{
		{name: "From"},
		{name: "Reply-To", absent: true},
		{name: "To"},
		{name: "Cc", absent: true},
		{name: "Subject"},
		{name: "Date"},
		{name: "Message-ID"},
		{name: "MIME-Version"},
		{name: "Content-Type"},
		{name: "Content-Transfer-Encoding"},
		{name: "List-Id"},
		{name: "List-Help"},
		{name: "List-Unsubscribe", absent: true},
		{name: "List-Unsubscribe-Post", absent: true},
		{name: "List-Post"},
		{name: "List-Archive"},
		{name: "Auto-Submitted"},
		{name: "Feedback-ID"},
	}
}

type signedField struct {
	name   string
	absent bool
}

// headerKeys gives the h= list of a message.
func headerKeys(raw []byte) []string {
	present := map[string]int{}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if name, _, ok := bytes.Cut(line, []byte(":")); ok && line[0] != ' ' && line[0] != '\t' {
			present[strings.ToLower(string(name))]++
		}
	}
	var keys []string
	for _, f := range signedFields() {
		n := present[strings.ToLower(f.name)]
		if n == 0 && !f.absent {
			continue
		}
		for range n + 1 {
			keys = append(keys, f.name)
		}
	}
	return keys
}

// sign puts one signature for each signer before the message. Each covers the
// message as it was written, not the other signatures.
func sign(raw []byte, signers []*Signer) ([]byte, error) {
	if len(signers) == 0 {
		return raw, nil
	}
	keys := headerKeys(raw)
	var signed bytes.Buffer
	signed.Grow(len(raw) + 1500*len(signers))
	for _, s := range signers {
		field, err := s.signature(raw, keys)
		if err != nil {
			return nil, fmt.Errorf("sign for %s with the key %s: %w", s.domain, s.selector, err)
		}
		signed.WriteString(field)
	}
	signed.Write(raw)
	return signed.Bytes(), nil
}

// signature gives a DKIM-Signature field. No l= (RFC 6376 §8.2), and relaxed
// twice, because relays re-fold headers and trim white space.
func (s *Signer) signature(raw []byte, keys []string) (string, error) {
	d, err := dkim.NewSigner(&dkim.SignOptions{
		Domain:                 s.domain,
		Selector:               s.selector,
		Signer:                 s.key,
		Hash:                   crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed,
		BodyCanonicalization:   dkim.CanonicalizationRelaxed,
		HeaderKeys:             keys,
	})
	if err != nil {
		return "", err
	}
	// Close must follow in any case: it ends the signer's goroutine, and it
	// alone tells whether signing worked.
	_, writeErr := d.Write(raw)
	if err := d.Close(); err != nil {
		return "", err
	}
	if writeErr != nil {
		return "", writeErr
	}
	return d.Signature(), nil
}
