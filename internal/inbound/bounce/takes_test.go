package bounce

import (
	"strings"
	"testing"
)

func TestTakes(t *testing.T) {
	t.Parallel()
	r := New(options(t))
	good, forged := keyring(t, 1).VERP(12, 345), keyring(t, 2).VERP(12, 345)
	for address, want := range map[string]bool{
		good + "@" + ours:                  true,
		strings.ToUpper(good + "@" + ours): true,
		good + "@" + ours + ".":            true,
		"prvs=1234=" + good + "@" + ours:   true,
		"leave@" + ours:                    true,
		"Leave+anything@" + ours:           true,
		"postmaster@" + ours:               true,
		forged + "@" + ours:                false,
		good + "@elsewhere.example":        true, // a domain of before
		forged + "@elsewhere.example":      false,
		"leave@elsewhere.example":          false,
		"keeper@" + ours:                   false,
		"@" + ours:                         false,
		"leave":                            false,
		"":                                 false,
	} {
		if got := r.Takes(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
	if !r.Forged(forged+"@"+ours) || r.Forged(good+"@"+ours) || r.Forged(forged+"@elsewhere.example") || r.Forged("leave@"+ours) {
		t.Error("forged addresses are not told from others")
	}
	if New(Options{Domains: []string{ours}}).Takes(good + "@" + ours) {
		t.Error("without keys nothing is verified")
	}
}
