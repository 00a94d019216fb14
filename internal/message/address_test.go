package message

import (
	"strings"
	"testing"

	"golang.org/x/net/idna"
)

// FuzzPlainDomain holds what is taken for plain against the tables.
func FuzzPlainDomain(f *testing.F) {
	for _, seed := range []string{
		"harbour.example", "a-b.example", "a--b.example", "xn--bcher-kva.example", "-a.example", "a-.example", "a..b", ".", "", "a.", "A.example",
		"bücher.example", strings.Repeat("x", 63) + ".example", strings.Repeat("x", 64) + ".example", strings.Repeat("abc.", 63) + "abcd", "127.0.0.1", "a_b.example", "localhost",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, domain string) {
		if !isPlainDomain(domain) {
			return
		}
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil || ascii != domain {
			t.Errorf("%q is %q by the tables (%v)", domain, ascii, err)
		}
		for _, label := range strings.Split(domain, ".") {
			if label == "" || len(label) > maxLabel || len(domain) > maxDomain {
				t.Errorf("%q cannot be held by DNS", domain)
			}
		}
	})
}

func TestUsualDomainsArePlain(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]bool{"lantern.example": true, "mail-2.lantern.example": true, "xn--bcher-kva.example": false, "Lantern.example": false} {
		if isPlainDomain(domain) != want {
			t.Errorf("%s is plain: %t", domain, !want)
		}
	}
}
