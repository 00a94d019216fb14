package store

import (
	"fmt"
	"time"

	"epistle/internal/database"
)

// Signup is somebody's wish, made on a page, to get a newsletter.
type Signup struct {
	ID           int64
	NewsletterID int64
	Email        string // only with the answer SignupConfirm
	Hash         []byte // of the address
	Domain       string
	Answer       string // SignupConfirm, SignupKnown or SignupNothing
	Source       string // where the wish came from
	ConsentText  string // the words that were agreed to
	AskedAt      time.Time
	ExpiresAt    time.Time // when it is forgotten, and its link runs out
	ConfirmedAt  time.Time // zero: not confirmed
}

// What a wish was answered with, by mail.
const (
	SignupConfirm = "confirm" // the question whether the owner wants it
	SignupKnown   = "known"   // that the owner gets it already
	SignupNothing = "nothing" // nothing: the address gets no mail
)

// AddSignupTx stores a wish and sets x.ID and x.AskedAt.
func (s *Store) AddSignupTx(tx *database.Tx, x *Signup) error {
	x.AskedAt = s.now()
	err := tx.QueryRow(`INSERT INTO signups (newsletter_id, email, email_hash, domain, answer, source, consent_text, asked_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		x.NewsletterID, x.Email, x.Hash, x.Domain, x.Answer, x.Source, x.ConsentText, millis(x.AskedAt), millis(x.ExpiresAt)).Scan(&x.ID)
	if err != nil {
		return fmt.Errorf("store a sign-up: %w", err)
	}
	return nil
}

// SignupTx finds a wish; nil when it was forgotten.
func (s *Store) SignupTx(tx *database.Tx, id int64) (*Signup, error) {
	x := &Signup{ID: id}
	var asked, expires, confirmed int64
	err := tx.QueryRow(`SELECT newsletter_id, email, email_hash, domain, answer, source, consent_text, asked_at, expires_at, confirmed_at
		FROM signups WHERE id = $1`, id).Scan(&x.NewsletterID, &x.Email, &x.Hash, &x.Domain, &x.Answer, &x.Source, &x.ConsentText, &asked, &expires, &confirmed)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read sign-up %d: %w", id, err)
	}
	x.AskedAt, x.ExpiresAt, x.ConfirmedAt = fromMillis(asked), fromMillis(expires), fromMillis(confirmed)
	return x, nil
}

// SignupsAsked is how often something was wished of late.
type SignupsAsked struct {
	JustNow        int // of this address for this newsletter, in the last minute
	AddressHour    int // of this address, for any newsletter
	AddressDay     int
	DomainHour     int // of this domain, for any newsletter
	NewsletterHour int
}

// SignupsAskedTx counts what was wished up to now.
func (s *Store) SignupsAskedTx(tx *database.Tx, x *Signup) (n SignupsAsked, err error) {
	now := s.now()
	minute, hour, day := millis(now.Add(-time.Minute)), millis(now.Add(-time.Hour)), millis(now.Add(-24*time.Hour))
	err = tx.QueryRow(`SELECT
		(SELECT COUNT(*) FROM signups WHERE email_hash = $1 AND asked_at > $4 AND newsletter_id = $3),
		(SELECT COUNT(*) FROM signups WHERE email_hash = $1 AND asked_at > $5),
		(SELECT COUNT(*) FROM signups WHERE email_hash = $1 AND asked_at > $6),
		(SELECT COUNT(*) FROM signups WHERE domain = $2 AND asked_at > $5),
		(SELECT COUNT(*) FROM signups WHERE newsletter_id = $3 AND asked_at > $5)`,
		x.Hash, x.Domain, x.NewsletterID, minute, hour, day).
		Scan(&n.JustNow, &n.AddressHour, &n.AddressDay, &n.DomainHour, &n.NewsletterHour)
	if err != nil {
		return n, fmt.Errorf("count sign-ups: %w", err)
	}
	return n, nil
}

// ConfirmSignupsTx marks all wishes of an address for a newsletter as confirmed, so
// that no second link of them brings the reader back after leaving.
func (s *Store) ConfirmSignupsTx(tx *database.Tx, x *Signup) error {
	_, err := tx.Exec(`UPDATE signups SET confirmed_at = $3 WHERE newsletter_id = $1 AND email_hash = $2 AND answer = 'confirm' AND confirmed_at = 0`,
		x.NewsletterID, x.Hash, millis(s.now()))
	if err != nil {
		return fmt.Errorf("confirm a sign-up: %w", err)
	}
	return nil
}

// ForgetSignupsTx removes up to limit wishes whose time is over and gives the
// numbers of those, and how many that were.
func (s *Store) ForgetSignupsTx(tx *database.Tx, limit int) (ids []int64, err error) {
	ids, err = collect(tx, func(r row) (id int64, err error) { return id, r.Scan(&id) },
		`DELETE FROM signups WHERE id IN (SELECT id FROM signups WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2) RETURNING id`,
		millis(s.now()), limit)
	if err != nil {
		return nil, fmt.Errorf("forget sign-ups: %w", err)
	}
	return ids, nil
}

// EraseSignupsTx removes all wishes of an address.
func (s *Store) EraseSignupsTx(tx *database.Tx, hash []byte) error {
	if _, err := tx.Exec(`DELETE FROM signups WHERE email_hash = $1`, hash); err != nil {
		return fmt.Errorf("erase sign-ups: %w", err)
	}
	return nil
}
