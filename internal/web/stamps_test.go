package web

import (
	"bytes"
	"testing"
	"time"

	"epistle/internal/token"
)

func TestStampTellsItsFormAndItsAge(t *testing.T) {
	t.Parallel()
	keys, err := token.NewKeyring(token.Key{ID: 1, Secret: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	clock := newTick()
	s := NewStamps(keys, clock.now)
	about := token.Claims{Newsletter: 3}
	stamp := s.Make(token.SignupForm, about, time.Hour)
	clock.Time = clock.Add(2500 * time.Millisecond)
	if age, ok := s.Age(token.SignupForm, about, stamp); !ok || age != 2500*time.Millisecond {
		t.Errorf("age %v, %v", age, ok)
	}
	for name, try := range map[string]func() (time.Duration, bool){
		"of another form":  func() (time.Duration, bool) { return s.Age(token.Choose, about, stamp) },
		"of another thing": func() (time.Duration, bool) { return s.Age(token.SignupForm, token.Claims{Newsletter: 4}, stamp) },
		"missing":          func() (time.Duration, bool) { return s.Age(token.SignupForm, about, "") },
		"changed":          func() (time.Duration, bool) { return s.Age(token.SignupForm, about, "x"+stamp[1:]) },
	} {
		if age, ok := try(); ok {
			t.Errorf("a stamp %s is taken, of age %v", name, age)
		}
	}
	clock.Time = clock.Add(time.Hour)
	if _, ok := s.Age(token.SignupForm, about, stamp); ok {
		t.Error("an old stamp is taken")
	}
}
