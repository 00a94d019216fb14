package token

import (
	"bytes"
	"regexp"
	"testing"
)

func TestMessageID(t *testing.T) {
	t.Parallel()
	f, other := NewFixed(oldKey.Secret), NewFixed(newKey.Secret)
	form := regexp.MustCompile(`^[a-z2-7]{26}$`)
	seen := map[string]string{}
	add := func(what, id string) {
		if !form.MatchString(id) {
			t.Fatalf("%s: %q is not the dot-atom it should be", what, id)
		}
		if first, twice := seen[id]; twice {
			t.Fatalf("%s and %s share %q", first, what, id)
		}
		seen[id] = what
	}
	for _, kind := range []string{"bulletin", "notice", "", "bulletin\x00", "bulletin\x08"} {
		for id := range int64(30) {
			for subscriber := range int64(30) {
				add(kind+" of the first database", f.MessageID(kind, id<<8, subscriber))
				add(kind+" of the second database", other.MessageID(kind, id<<8, subscriber))
			}
		}
	}
	if _, known := seen[f.MessageID("bulletin", 1<<8, 2)]; !known {
		t.Error("the same bulletin to the same subscriber has two ids")
	}
}

func TestAddressHash(t *testing.T) {
	t.Parallel()
	f := NewFixed(oldKey.Secret)
	a := f.AddressHash("keeper@example.org")
	if len(a) != 32 || !bytes.Equal(a, f.AddressHash("keeper@example.org")) {
		t.Errorf("not a stable hash of 32 bytes: %x", a)
	}
	if bytes.Equal(a, f.AddressHash("keeper@example.net")) || bytes.Equal(a, NewFixed(newKey.Secret).AddressHash("keeper@example.org")) {
		t.Error("two addresses or two keys share a hash")
	}
}
