package message

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"epistle/internal/newsletter"
)

// check writes a few messages both ways, and says what is wrong with those of
// this Form. Nothing ever should be; but go-mail might change how it writes, and
// slow messages are better than wrong ones.
func (f *Form) check() string {
	for _, value := range []string{"", "https://example.org/", "https://example.org/" + strings.Repeat("leave", 20)} {
		v := f.sample(value)
		want, err := f.compose(v, nil)
		if err != nil {
			return fmt.Sprintf("A sample could not be composed: %v.", err)
		}
		got, err := f.write(nil, v, nil)
		if err != nil {
			return fmt.Sprintf("A sample could not be written: %v.", err)
		}
		if got.From != want.From || got.To != want.To || got.UTF8 != want.UTF8 || !bytes.Equal(got.Bytes(), want.Bytes()) {
			return "A sample is not what it would be otherwise."
		}
	}
	return f.checkSignatures()
}

// checkSignatures verifies a sample as a receiver would.
func (f *Form) checkSignatures() string {
	if len(f.signers) == 0 {
		return ""
	}
	m, err := f.write(nil, f.sample("https://example.org/"), f.signers)
	if err != nil {
		return fmt.Sprintf("A sample could not be signed: %v.", err)
	}
	found, err := dkim.VerifyWithOptions(bytes.NewReader(m.Bytes()), &dkim.VerifyOptions{LookupTXT: f.lookup})
	if err != nil || len(found) != len(f.signers) {
		return fmt.Sprintf("A sample's signatures could not be found: %v.", err)
	}
	for _, v := range found {
		if v.Err != nil {
			return fmt.Sprintf("A sample's signature for %s does not hold: %v.", v.Domain, v.Err)
		}
	}
	return ""
}

// lookup answers as the DNS will, when the signers' records are there.
func (f *Form) lookup(name string) ([]string, error) {
	for _, s := range f.signers {
		if n, value := s.Record(); strings.EqualFold(strings.TrimSuffix(name, "."), n) {
			return []string{value}, nil
		}
	}
	return nil, fmt.Errorf("no signer has the record %s", name)
}

// sample gives the values of somebody who is not there, with one value in all
// gaps.
func (f *Form) sample(value string) Values {
	return Values{
		To:        newsletter.Address{Name: "A Reader", Email: "reader@example.org"},
		MessageID: "sample@example.org", EnvelopeFrom: "bounces@example.org",
		UnsubscribeURL: "https://example.org/leave", UnsubscribeMailto: "mailto:leave@example.org",
		Text: slices.Repeat([]string{value}, f.gaps.text), HTML: slices.Repeat([]string{value}, f.gaps.html),
	}
}
