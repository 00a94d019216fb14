package message

import (
	"bytes"
	"crypto"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// signer loads a key of testdata.
func signer(t testing.TB, domain, selector, file string) *Signer {
	t.Helper()
	s, err := LoadSigner(domain, selector, filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func bothSigners(t testing.TB) []*Signer {
	return []*Signer{signer(t, "lantern.example", "rsa", "rsa.pem"), signer(t, "lantern.example", "ed", "ed25519.pem")}
}

// records is the DNS of the signers' domains.
func records(signers ...*Signer) map[string]string {
	dns := map[string]string{}
	for _, s := range signers {
		name, value := s.Record()
		dns[name] = value
	}
	return dns
}

// verify gives, for each signature of a message, whether it holds.
func verify(t testing.TB, raw []byte, dns map[string]string) []bool {
	t.Helper()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) { return []string{dns[name]}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	valid := make([]bool, len(found))
	for i, v := range found {
		valid[i] = v.Err == nil
	}
	return valid
}

func all(valid []bool, want bool, n int) bool {
	for _, v := range valid {
		if v != want {
			return false
		}
	}
	return len(valid) == n
}

func TestSignaturesVerify(t *testing.T) {
	t.Parallel()
	signers := bothSigners(t)
	for name, m := range map[string]*Mail{"bulletin": bulletin(), "notice": notice(), "arabic": arabic()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			msg := compose(t, m, signers...)
			checkWire(t, msg)
			if got := verify(t, msg.Bytes(), records(signers...)); !all(got, true, 2) {
				t.Errorf("signatures valid: %v", got)
			}
		})
	}
}

var signedNames = regexp.MustCompile(`\bh=([^;]*);`)

func TestEveryHeaderIsSignedAndOversigned(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*Mail{"bulletin": bulletin(), "notice": notice()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parse(t, compose(t, m, bothSigners(t)...).Bytes())
			fields := p.header["Dkim-Signature"]
			if len(fields) != 2 {
				t.Fatalf("%d signatures", len(fields))
			}
			for _, field := range fields {
				signed := map[string]int{}
				for _, n := range strings.Split(signedNames.FindStringSubmatch(field)[1], ":") {
					signed[strings.ToLower(n)]++
				}
				for _, n := range p.names {
					if n != "DKIM-Signature" && signed[strings.ToLower(n)] != 2 {
						t.Errorf("%s stands in h= %d times, want twice", n, signed[strings.ToLower(n)])
					}
				}
				for _, n := range []string{"reply-to", "cc", "list-unsubscribe", "list-unsubscribe-post"} {
					if signed[n] == 0 {
						t.Errorf("%s could be added", n)
					}
				}
				if strings.Contains(field, "l=") || !strings.Contains(field, "c=relaxed/relaxed") {
					t.Errorf("signature: %s", field)
				}
			}
		})
	}
}

// tampering gives messages whose signatures must not hold any more, by what was
// done to them.
func tampering(raw []byte) map[string][]byte {
	replace := func(old, with string) []byte { return bytes.Replace(raw, []byte(old), []byte(with), 1) }
	cases := map[string][]byte{
		"one letter of the text":      replace("night clinic opens on the quay.\r\n", "night clinic opens on the kuay.\r\n"),
		"a line added at the end":     append(bytes.Clone(raw), "more\r\n"...),
		"another unsubscribe address": replace("/u/AQEC", "/u/AQEX"),
		"another From":                replace("From: The Weekly", "From: The Daily"),
		"another Content-Type":        replace("multipart/alternative", "multipart/mixed"),
		"no one-click":                replace("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", ""),
	}
	for _, name := range []string{
		"From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
		"List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Post", "List-Archive",
		"Auto-Submitted", "Feedback-ID",
	} {
		// Before the rest and after it: verifiers and readers pick from
		// different ends.
		cases["a second "+name+" on top"] = append([]byte(name+": added\r\n"), raw...)
		cases["a second "+name+" below"] = bytes.Replace(raw, []byte("\r\n\r\n"), []byte("\r\n"+name+": added\r\n\r\n"), 1)
	}
	return cases
}

func TestTamperingBreaksBothSignatures(t *testing.T) {
	t.Parallel()
	signers := bothSigners(t)
	raw := compose(t, bulletin(), signers...).Bytes()
	for name, changed := range tampering(raw) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if bytes.Equal(raw, changed) {
				t.Fatal("nothing was changed")
			}
			if got := verify(t, changed, records(signers...)); !all(got, false, 2) {
				t.Errorf("signatures valid: %v", got)
			}
		})
	}
}

func TestSignaturesSurviveWhatRelaysDo(t *testing.T) {
	t.Parallel()
	signers := bothSigners(t)
	raw := compose(t, bulletin(), signers...).Bytes()
	for name, changed := range map[string][]byte{
		"a trace field on top":   append([]byte("Received: from a by b; Fri, 12 Mar 2027 07:00:01 +0100\r\n"), raw...),
		"a re-folded subject":    bytes.Replace(raw, []byte("Subject: The Weekly"), []byte("Subject:  The\r\n\tWeekly"), 1),
		"blank lines at the end": append(bytes.Clone(raw), "\r\n\r\n"...),
	} {
		if got := verify(t, changed, records(signers...)); !all(got, true, 2) {
			t.Errorf("%s: signatures valid: %v", name, got)
		}
	}
}

// brokenKey is a key whose token was pulled out of the machine.
type brokenKey struct{ crypto.Signer }

var errPulled = errors.New("the key is gone")

func (brokenKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errPulled }

func TestSigningErrorStopsTheMessage(t *testing.T) {
	t.Parallel()
	good := signer(t, "lantern.example", "rsa", "rsa.pem")
	broken := &Signer{domain: "lantern.example", selector: "x", key: brokenKey{good.key}}
	for name, signers := range map[string][]*Signer{
		"alone": {broken}, "first": {broken, good}, "last": {good, broken},
		"without a key": {{domain: "lantern.example", selector: "x"}},
	} {
		msg, err := Compose(bulletin(), signers)
		if err == nil || msg != nil {
			t.Errorf("%s: message %v, error %v", name, msg, err)
		}
		if name != "without a key" && !errors.Is(err, errPulled) {
			t.Errorf("%s: the cause is lost in %v", name, err)
		}
	}
}

func TestAligned(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		signing, from string
		want          bool
	}{
		{"lantern.example", "lantern.example", true},
		{"lantern.example", "Lantern.EXAMPLE", true},
		{"lantern.example", "news.lantern.example", true},
		{"mail.lantern.example", "lantern.example", true},
		{"mail.lantern.example", "news.lantern.example", true},
		{"lantern.example", "otherlantern.example", false},
		{"lantern.example", "harbour.example", false},
		{"lantern.co.uk", "harbour.co.uk", false},
		{"mail.lantern.co.uk", "lantern.co.uk", true},
		{"xn--bcher-kva.example", "bücher.example", true},
		{"bücher.example", "post.xn--bcher-kva.example", true},
		{"lantern.example", "", false},
		{"lantern.example", "a b", false},
		{"localhost", "localhost", true},
		{"localhost", "otherhost", false},
	} {
		if got := signer(t, tt.signing, "rsa", "rsa.pem").Aligned(tt.from); got != tt.want {
			t.Errorf("d=%s, From at %s: %v", tt.signing, tt.from, got)
		}
	}
}
