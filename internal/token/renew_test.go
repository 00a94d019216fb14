package token

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

func TestRenewedKeyringSignsAnewAndStillKnowsTheOld(t *testing.T) {
	t.Parallel()
	old, fresh := Key{1, bytes.Repeat([]byte{1}, 32)}, Key{2, bytes.Repeat([]byte{2}, 32)}
	k, err := NewKeyring(old)
	if err != nil {
		t.Fatal(err)
	}
	claims := Claims{Newsletter: 1, Subscriber: 2}
	link, sender := k.Sign(View, claims, time.Time{}), k.VERP(3, 4)
	if err := k.Renew(); err == nil {
		t.Error("a keyring without keys is taken")
	}
	if err := k.Renew(fresh, Key{2, old.Secret}); err == nil || k.Sign(View, claims, time.Time{}) != link {
		t.Errorf("a refused renewal changed the keyring, %v", err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if _, err := k.Verify(View, k.Sign(View, claims, time.Time{}), time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 50 {
		if err := k.Renew(fresh, old); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if k.Sign(View, claims, time.Time{}) == link || k.VERP(3, 4) == sender {
		t.Error("the new key does not sign")
	}
	if got, err := k.Verify(View, link, time.Now()); err != nil || got != claims {
		t.Errorf("the old link reads %v, %v", got, err)
	}
	if b, p, err := k.ParseVERP(sender); err != nil || b != 3 || p != 4 {
		t.Errorf("the old sender reads %d, %d, %v", b, p, err)
	}
}
