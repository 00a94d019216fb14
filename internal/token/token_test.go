package token

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

var (
	oldKey = Key{ID: 1, Secret: bytes.Repeat([]byte{1}, 32)}
	newKey = Key{ID: 2, Secret: bytes.Repeat([]byte{2}, 32)}
	noon   = time.Date(2027, 3, 12, 12, 0, 0, 0, time.UTC)
)

func keyring(t testing.TB, keys ...Key) *Keyring {
	t.Helper()
	k, err := NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNewKeyringRefuses(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]Key{
		"no key":         nil,
		"number zero":    {{ID: 0, Secret: oldKey.Secret}},
		"negative":       {{ID: -1, Secret: oldKey.Secret}},
		"number 256":     {{ID: 256, Secret: oldKey.Secret}},
		"a short secret": {{ID: 1, Secret: make([]byte, 31)}},
		"no secret":      {{ID: 1}},
		"one ID twice":   {oldKey, {ID: 1, Secret: newKey.Secret}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := NewKeyring(keys...); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func TestKeyringKeepsItsOwnCopyOfSecrets(t *testing.T) {
	t.Parallel()
	secret := bytes.Clone(oldKey.Secret)
	k := keyring(t, Key{ID: 1, Secret: secret})
	tok := k.Sign(View, Claims{Newsletter: 1, Bulletin: 2, Subscriber: 3}, time.Time{})
	clear(secret)
	if got := k.Sign(View, Claims{Newsletter: 1, Bulletin: 2, Subscriber: 3}, time.Time{}); got != tok {
		t.Error("clearing the caller's slice changed the signing key")
	}
}

func TestSignAndVerifyRoundTrip(t *testing.T) {
	t.Parallel()
	k := keyring(t, newKey, oldKey)
	segment := regexp.MustCompile(`^[A-Za-z0-9_-]{28,76}$`)
	check := func(purpose uint8, n, b, s int64) bool {
		c := Claims{Newsletter: n, Bulletin: b, Subscriber: s}
		tok := k.Sign(Purpose(purpose), c, time.Time{})
		got, err := k.Verify(Purpose(purpose), tok, noon)
		return err == nil && got == c && segment.MatchString(tok)
	}
	if err := quick.Check(check, nil); err != nil {
		t.Error(err)
	}
	for _, n := range []int64{0, 1, 127, 128, math.MaxInt64, math.MinInt64, -1} {
		if !check(1, n, n, n) {
			t.Errorf("%d does not come back", n)
		}
	}
}

func TestOldKeyStillVerifiesAfterRotation(t *testing.T) {
	t.Parallel()
	before, after := keyring(t, oldKey), keyring(t, newKey, oldKey)
	c := Claims{Newsletter: 1, Bulletin: 7, Subscriber: 99}
	link, local := before.Sign(Unsubscribe, c, time.Time{}), before.VERP(7, 99)

	if got, err := after.Verify(Unsubscribe, link, noon); err != nil || got != c {
		t.Errorf("link of the old key: %v, %v", got, err)
	}
	if b, s, err := after.ParseVERP(local); err != nil || b != 7 || s != 99 {
		t.Errorf("VERP of the old key: %d, %d, %v", b, s, err)
	}
	if after.Sign(Unsubscribe, c, time.Time{}) == link {
		t.Error("the new key does not sign")
	}
	gone := keyring(t, newKey)
	if _, err := gone.Verify(Unsubscribe, link, noon); !errors.Is(err, ErrForged) {
		t.Errorf("a retired key still verifies: %v", err)
	}
	if _, _, err := gone.ParseVERP(local); !errors.Is(err, ErrForged) {
		t.Errorf("a retired key still verifies VERP: %v", err)
	}
	sameNumber := keyring(t, Key{ID: 1, Secret: newKey.Secret})
	if _, err := sameNumber.Verify(Unsubscribe, link, noon); !errors.Is(err, ErrForged) {
		t.Errorf("another secret under the same number verifies: %v", err)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	k := keyring(t, oldKey)
	for _, tt := range []struct {
		name         string
		expires, now time.Time
		want         error
	}{
		{"never", time.Time{}, noon.AddDate(500, 0, 0), nil},
		{"a second before its time", noon, noon.Add(-time.Second), nil},
		{"at its time", noon, noon, ErrExpired},
		{"after its time", noon, noon.Add(time.Hour), ErrExpired},
		{"made expired in 1970", time.Unix(0, 0), noon, ErrExpired},
		{"made expired before 1970", time.Unix(-5, 0), noon, ErrExpired},
		{"far away", time.Unix(math.MaxInt64/2, 0), noon, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := k.Verify(Proof, k.Sign(Proof, Claims{Newsletter: 1, Bulletin: 2, Subscriber: 3}, tt.expires), tt.now)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err != nil && c != (Claims{}) {
				t.Errorf("claims %v beside an error", c)
			}
		})
	}
}

func TestTokensOfOneUseAreForgedForAnother(t *testing.T) {
	t.Parallel()
	k := keyring(t, oldKey)
	c := Claims{Newsletter: 1, Bulletin: 2, Subscriber: 3}
	purposes := []Purpose{Unsubscribe, View, Proof}
	for _, made := range purposes {
		for _, asked := range purposes {
			_, err := k.Verify(asked, k.Sign(made, c, time.Time{}), noon)
			if (made == asked) != (err == nil) {
				t.Errorf("made for %d, asked for %d: %v", made, asked, err)
			}
		}
	}
	// The same secret and the same payload under two labels share no sum.
	payload, key := []byte{1, 2, 3}, newSecret(oldKey.Secret)
	if bytes.Equal(appendVERPSum(nil, key, payload), appendLinkSum(nil, key, 0, payload)[:verpMAC]) {
		t.Error("VERP and link sums agree")
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	k := keyring(t, oldKey)
	good := k.Sign(Unsubscribe, Claims{Newsletter: 1, Bulletin: 70, Subscriber: 31337}, time.Time{})
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, tok := range map[string]string{
		"empty":                   "",
		"one character":           "A",
		"a word":                  "unsubscribe",
		"cut":                     good[:len(good)-1],
		"longer":                  good + "A",
		"padded":                  good + "=",
		"with a line break":       good[:8] + "\n" + good[8:],
		"with CR LF at the end":   good + "\r\n",
		"with a space":            " " + good,
		"of base64, not url":      "+/" + good[2:],
		"very long":               strings.Repeat("A", 1<<20),
		"not UTF-8":               "\xff\xfe" + good,
		"a sum over nothing":      base64.RawURLEncoding.EncodeToString(raw[len(raw)-linkMAC:]),
		"trailing bytes, resumed": signedWith(oldKey, append([]byte{1}, 1, 2, 3, 0, 0)),
		"too few numbers":         signedWith(oldKey, []byte{1, 1, 2, 3}),
		"a long varint":           signedWith(oldKey, []byte{1, 1, 2, 0x83, 0x00, 0}),
		"a varint over 64 bits":   signedWith(oldKey, append([]byte{1}, bytes.Repeat([]byte{0xff}, 12)...)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := k.Verify(Unsubscribe, tok, noon); !errors.Is(err, ErrForged) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("every single changed bit", func(t *testing.T) {
		t.Parallel()
		for i := range len(raw) * 8 {
			b := bytes.Clone(raw)
			b[i/8] ^= 1 << (i % 8)
			if _, err := k.Verify(Unsubscribe, base64.RawURLEncoding.EncodeToString(b), noon); !errors.Is(err, ErrForged) {
				t.Fatalf("bit %d: %v", i, err)
			}
		}
	})
	t.Run("every other last character", func(t *testing.T) {
		t.Parallel()
		// Unused bits of the last character would be a second spelling.
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for subscriber := range int64(3) { // three lengths, three numbers of unused bits
			tok := k.Sign(Unsubscribe, Claims{Newsletter: 1, Bulletin: 2, Subscriber: 1 << (8 * subscriber)}, time.Time{})
			for _, last := range alphabet {
				other := tok[:len(tok)-1] + string(last)
				if _, err := k.Verify(Unsubscribe, other, noon); (err == nil) != (other == tok) {
					t.Fatalf("%q: %v", other, err)
				}
			}
		}
	})
}

// signedWith gives a payload a genuine sum, to reach the checks behind it.
func signedWith(k Key, payload []byte) string {
	return base64.RawURLEncoding.EncodeToString(appendLinkSum(slices.Clone(payload), newSecret(k.Secret), Unsubscribe, payload))
}

// TestKnownValues holds what has been mailed or stored already: a change here
// breaks links, bounces, threads and suppression lists of running systems.
func TestKnownValues(t *testing.T) {
	t.Parallel()
	k, f := keyring(t, oldKey), NewFixed(oldKey.Secret)
	for name, pair := range map[string][2]string{
		"link":       {k.Sign(Unsubscribe, Claims{Newsletter: 1, Bulletin: 2, Subscriber: 300}, time.Time{}), knownLink},
		"proof":      {k.Sign(Proof, Claims{Newsletter: 1, Bulletin: 2, Subscriber: 300}, noon), knownProof},
		"verp":       {k.VERP(2, 300), knownVERP},
		"message-id": {f.MessageID("bulletin", 2, 300), knownMessageID},
		"address":    {base64.StdEncoding.EncodeToString(f.AddressHash("keeper@example.org")), knownAddress},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %s, was %s", name, pair[0], pair[1])
		}
	}
}

const (
	knownLink      = "AQECrAIAoGUa0Sw-25clfHrrKS6y1A"
	knownProof     = "AQECrALAvM_cBtRzwGrkKayJOPgJ35HLSAs"
	knownVERP      = "b-aebkyaxsel2xfbaapdgj2vy"
	knownMessageID = "jpu43scqk6elilmahleteydrrq"
	knownAddress   = "DTHYaUUNE0EcMjZEm8RYjUGnkKdyt8SmKZiG1KikqpU="
)
