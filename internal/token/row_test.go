package token

import (
	"errors"
	"testing"
	"time"
)

func TestRowTravelsWithTheLaterPurposesOnly(t *testing.T) {
	t.Parallel()
	k := keyring(t, newKey, oldKey)
	full := Claims{Newsletter: 1, Bulletin: 2, Subscriber: 3, Row: 1 << 40}
	for p := Unsubscribe; p <= Stop; p++ {
		tok := k.Sign(p, full, time.Time{})
		want := full
		if p < Confirm {
			want.Row = 0
		}
		if got, err := k.Verify(p, tok, noon); err != nil || got != want {
			t.Errorf("purpose %d: %+v, %v", p, got, err)
		}
		for other := Unsubscribe; other <= Stop; other++ {
			if other == p {
				continue
			}
			if _, err := k.Verify(other, tok, noon); !errors.Is(err, ErrForged) {
				t.Errorf("a token for purpose %d is good for %d: %v", p, other, err)
			}
		}
	}
}
