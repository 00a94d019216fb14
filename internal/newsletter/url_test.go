package newsletter

import (
	"net/url"
	"testing"
)

func TestIsPlainURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://news.example.org":             true,
		"https://news.example.org/":            true,
		"https://news.example.org/u/AQ-_x9~.z": true,
		"":                                     false,
		"https://":                             false,
		"https:///path":                        false,
		"http://news.example.org/":             false,
		"HTTPS://news.example.org/":            false,
		"https://news.example.org:8443/":       false,
		"https://news.example.org/?a=b":        false,
		"https://news.example.org/#top":        false,
		"https://news.example.org/%41":         false,
		"https://someone@news.example.org/":    false,
		"https://[::1]/":                       false,
		"https://news.example.org/ä":           false,
		"https://news.example.org/a b":         false,
		"https://news.example.org/\r\n":        false,
		"https://news.example.org/\">":         false,
		"javascript:alert(1)//https://a.b":     false,
	} {
		if got := IsPlainURL(address); got != want {
			t.Errorf("IsPlainURL(%q) is %v", address, got)
		}
	}
}

// FuzzIsPlainURL: what is plain is an absolute URL that net/url reads and writes as
// it stands.
func FuzzIsPlainURL(f *testing.F) {
	f.Add("https://news.example.org/u/AQ-_x9~.z")
	f.Add("https://news.example.org//../%2e")
	f.Fuzz(func(t *testing.T, address string) {
		if !IsPlainURL(address) {
			return
		}
		if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.String() != address {
			t.Errorf("%q reads as %v, %v", address, u, err)
		}
	})
}
