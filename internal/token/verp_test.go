package token

import (
	"bytes"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/quick"
)

func TestVERP(t *testing.T) {
	t.Parallel()
	k := keyring(t, newKey, oldKey)
	form := regexp.MustCompile(`^b-[a-z2-7]+$`)
	check := func(bulletin, subscriber int64) bool {
		local := k.VERP(bulletin, subscriber)
		if len(local) > 64 || !form.MatchString(local) { // RFC 5321 §4.5.3.1.1
			return false
		}
		for _, spelling := range []string{local, strings.ToUpper(local)} {
			b, s, err := k.ParseVERP(spelling)
			if err != nil || b != bulletin || s != subscriber {
				return false
			}
		}
		return true
	}
	if err := quick.Check(check, nil); err != nil {
		t.Error(err)
	}
	for _, n := range []int64{0, 1, math.MaxInt64, math.MinInt64} {
		if !check(n, n) {
			t.Errorf("%d does not come back", n)
		}
	}
	if got := len(k.VERP(math.MaxInt64, math.MaxInt64)); got > 52 {
		t.Errorf("the longest local part has %d octets, the documentation says 52", got)
	}
}

func TestForgedVERPIsRefused(t *testing.T) {
	t.Parallel()
	k := keyring(t, oldKey)
	good := k.VERP(70, 31337)
	raw, err := base32Encoding.DecodeString(good[len(verpPrefix):])
	if err != nil {
		t.Fatal(err)
	}
	withSum := func(payload ...byte) string {
		return verpPrefix + base32Encoding.EncodeToString(appendVERPSum(slices.Clone(payload), newSecret(oldKey.Secret), payload))
	}
	for name, local := range map[string]string{
		"empty":             "",
		"the prefix alone":  "b-",
		"without prefix":    good[2:],
		"another prefix":    "c-" + good[2:],
		"cut":               good[:len(good)-1],
		"longer":            good + "a",
		"padded":            good + "=",
		"with a line break": good[:9] + "\r\n" + good[9:],
		"very long":         "b-" + strings.Repeat("a", 1<<20),
		"trailing bytes":    withSum(1, 2, 3, 4),
		"a long varint":     withSum(1, 2, 0x83, 0x00),
		"one number":        withSum(1, 2),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := k.ParseVERP(local); !errors.Is(err, ErrForged) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("every single changed bit", func(t *testing.T) {
		t.Parallel()
		for i := range len(raw) * 8 {
			b := bytes.Clone(raw)
			b[i/8] ^= 1 << (i % 8)
			if _, _, err := k.ParseVERP(verpPrefix + base32Encoding.EncodeToString(b)); !errors.Is(err, ErrForged) {
				t.Fatalf("bit %d: %v", i, err)
			}
		}
	})
}

func TestVERPHasNoSpellingBeyondASCII(t *testing.T) {
	t.Parallel()
	k := keyring(t, oldKey)
	tried := 0
	for subscriber := range int64(200) {
		local := k.VERP(2, subscriber)
		// Unicode folds the Kelvin sign to "k" and the long s to "s".
		for letter, folds := range map[string]string{"k": "\u212a", "s": "\u017f"} {
			if !strings.Contains(local, letter) {
				continue
			}
			tried++
			if _, _, err := k.ParseVERP(strings.Replace(local, letter, folds, 1)); !errors.Is(err, ErrForged) {
				t.Fatalf("%q with %q: %v", local, folds, err)
			}
		}
	}
	if tried == 0 {
		t.Fatal("no local part held a letter that Unicode folds")
	}
}
