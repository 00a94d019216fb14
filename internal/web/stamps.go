package web

import (
	"time"

	"epistle/internal/token"
)

// Stamps tells forms of ours from requests that were never shown one, without a
// cookie: each form carries when it was shown and what it is about, signed. A
// stamp proves no person; a form whose address has a token of its own needs none.
type Stamps struct {
	keys *token.Keyring
	now  func() time.Time
}

// NewStamps makes stamps with the keys of links. now is the clock.
func NewStamps(keys *token.Keyring, now func() time.Time) *Stamps {
	return &Stamps{keys: keys, now: now}
}

// StampField is the name of a form's hidden field with its stamp.
const StampField = "stamp"

// Make stamps a form that is shown now. The purpose says which form it is, about
// what it is for; about.Row must be 0. The stamp is good for the time given.
func (s *Stamps) Make(form token.Purpose, about token.Claims, good time.Duration) string {
	now := s.now()
	about.Row = now.UnixMilli()
	return s.keys.Sign(form, about, now.Add(good))
}

// Age says how long ago the form was shown. ok is false when the stamp is missing,
// too old, or of another form or another thing.
func (s *Stamps) Age(form token.Purpose, about token.Claims, stamp string) (age time.Duration, ok bool) {
	now := s.now()
	claims, err := s.keys.Verify(form, stamp, now)
	if err != nil {
		return 0, false
	}
	shown := time.UnixMilli(claims.Row)
	if claims.Row = 0; claims != about {
		return 0, false
	}
	return now.Sub(shown), true
}
