package store

import (
	"fmt"
	"time"

	"epistle/internal/database"
)

// WishKind is what a reader asked for on a page and has to confirm by a link in a
// mail.
type WishKind string

// The kinds of wishes.
const (
	WishAddress     WishKind = "address"      // to get mail at another address
	WishAddressBack WishKind = "address back" // to take such a change back
	WishDownload    WishKind = "download"     // to get what is kept about them
	WishErase       WishKind = "erase"        // to be forgotten
)

// Outcomes of a wish.
const (
	WishDone = "done"
	WishVoid = "void" // overtaken by something else
)

// Wish waits for its link to be used. The link carries its number.
type Wish struct {
	ID           int64     `json:"-"`
	Kind         WishKind  `json:"kind"`
	SubscriberID int64     `json:"-"`
	NewsletterID int64     `json:"-"`
	Email        string    `json:"email,omitempty"` // of an address: the one to be used
	EmailKey     string    `json:"-"`
	MadeAt       time.Time `json:"made_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	EndedAt      time.Time `json:"ended_at,omitzero"`
	Outcome      string    `json:"outcome,omitempty"`
}

// AddWishTx keeps a wish and sets its number and when it was made.
func (s *Store) AddWishTx(tx *database.Tx, w *Wish) error {
	w.MadeAt = s.now()
	err := tx.QueryRow(`INSERT INTO wishes (kind, subscriber_id, newsletter_id, email, email_key, made_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		string(w.Kind), w.SubscriberID, w.NewsletterID, w.Email, w.EmailKey, millis(w.MadeAt), millis(w.ExpiresAt)).Scan(&w.ID)
	if err != nil {
		return fmt.Errorf("keep a wish: %w", err)
	}
	return nil
}

const wishColumns = `id, kind, subscriber_id, newsletter_id, email, email_key, made_at, expires_at, ended_at, outcome`

func scanWish(r row) (*Wish, error) {
	var w Wish
	var made, expires, ended int64
	err := r.Scan(&w.ID, &w.Kind, &w.SubscriberID, &w.NewsletterID, &w.Email, &w.EmailKey, &made, &expires, &ended, &w.Outcome)
	w.MadeAt, w.ExpiresAt, w.EndedAt = fromMillis(made), fromMillis(expires), fromMillis(ended)
	return &w, err
}

// WishTx gives a person's wish; nil when there is none with this number.
func (s *Store) WishTx(tx *database.Tx, id, subscriberID int64) (*Wish, error) {
	w, err := scanWish(tx.QueryRow(`SELECT `+wishColumns+` FROM wishes WHERE id = $1 AND subscriber_id = $2`, id, subscriberID))
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read wish %d: %w", id, err)
	}
	return w, nil
}

// WishesTx gives all wishes of a person, the oldest first.
func (s *Store) WishesTx(tx *database.Tx, subscriberID int64) ([]*Wish, error) {
	return collect(tx, scanWish, `SELECT `+wishColumns+` FROM wishes WHERE subscriber_id = $1 ORDER BY id`, subscriberID)
}

// EndWishTx ends a wish that is still open, and says whether it was.
func (s *Store) EndWishTx(tx *database.Tx, id int64, outcome string) (open bool, err error) {
	n, err := tx.Exec(`UPDATE wishes SET ended_at = $2, outcome = $3 WHERE id = $1 AND ended_at = 0`, id, millis(s.now()), outcome)
	if err != nil {
		return false, fmt.Errorf("end wish %d: %w", id, err)
	}
	return n == 1, nil
}

// VoidWishesTx ends what a person has open of some kinds.
func (s *Store) VoidWishesTx(tx *database.Tx, subscriberID int64, kinds ...WishKind) error {
	for _, kind := range kinds {
		_, err := tx.Exec(`UPDATE wishes SET ended_at = $2, outcome = $3 WHERE subscriber_id = $1 AND kind = $4 AND ended_at = 0`,
			subscriberID, millis(s.now()), WishVoid, string(kind))
		if err != nil {
			return fmt.Errorf("void the wishes of subscriber %d: %w", subscriberID, err)
		}
	}
	return nil
}

// WishesForTx counts how often an address was wished for since a time, by whomever.
func (s *Store) WishesForTx(tx *database.Tx, key string, since time.Time) (n int, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM wishes WHERE email_key = $1 AND email_key <> '' AND kind = $3 AND made_at > $2`,
		key, millis(since), string(WishAddress)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the wishes for an address: %w", err)
	}
	return n, nil
}

// ForgetWishesTx removes up to limit wishes whose link ran out before a time, and
// gives their numbers.
func (s *Store) ForgetWishesTx(tx *database.Tx, before time.Time, limit int) (ids []int64, err error) {
	ids, err = collect(tx, func(r row) (id int64, err error) { return id, r.Scan(&id) },
		`DELETE FROM wishes WHERE id IN (SELECT id FROM wishes WHERE expires_at < $1 ORDER BY expires_at LIMIT $2) RETURNING id`, millis(before), limit)
	if err != nil {
		return nil, fmt.Errorf("forget wishes: %w", err)
	}
	return ids, nil
}
