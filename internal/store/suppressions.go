package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"epistle/internal/database"
)

// Suppression is an address or a domain that must get nothing, whatever a list
// says.
type Suppression struct {
	Email        string    `json:"email,omitempty"`  // empty for a domain, and after an erasure
	Domain       string    `json:"domain,omitempty"` // its subdomains are other domains
	Hash         []byte    `json:"-"`                // of an address
	NewsletterID int64     `json:"-"`                // 0: all
	Newsletter   string    `json:"newsletter,omitempty"`
	Reason       string    `json:"reason"`
	By           string    `json:"by,omitempty"`
	At           time.Time `json:"at"`
}

// SuppressTx adds a suppression and says whether it is new. A graver reason takes
// the place of a lighter one; an erasure stays one.
func (s *Store) SuppressTx(tx *database.Tx, x Suppression) (added bool, err error) {
	if x.At.IsZero() {
		x.At = s.now()
	}
	if x.Domain != "" {
		n, err := tx.Exec(`INSERT INTO suppressed_domains (domain, newsletter_id, reason, made_by, made_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT DO NOTHING`, x.Domain, x.NewsletterID, x.Reason, x.By, millis(x.At))
		if err != nil {
			return false, fmt.Errorf("suppress the domain %s: %w", x.Domain, err)
		}
		return n == 1, nil
	}
	n, err := tx.Exec(`INSERT INTO suppressions (email_hash, newsletter_id, email, reason, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`, x.Hash, x.NewsletterID, x.Email, x.Reason, x.By, millis(x.At))
	if err != nil {
		return false, fmt.Errorf("suppress an address: %w", err)
	}
	if n == 1 {
		return true, nil
	}
	var before string
	err = tx.QueryRow(`SELECT reason FROM suppressions WHERE email_hash = $1 AND newsletter_id = $2`, x.Hash, x.NewsletterID).Scan(&before)
	if err != nil || !graver(x.Reason, before) {
		return false, err
	}
	_, err = tx.Exec(`UPDATE suppressions SET reason = $3, email = $4, made_by = $5 WHERE email_hash = $1 AND newsletter_id = $2`,
		x.Hash, x.NewsletterID, x.Reason, x.Email, x.By)
	return false, err
}

// UnsuppressTx removes a suppression of exactly this scope and says whether there
// was one.
func (s *Store) UnsuppressTx(tx *database.Tx, x Suppression) (removed bool, err error) {
	var n int64
	if x.Domain != "" {
		n, err = tx.Exec(`DELETE FROM suppressed_domains WHERE domain = $1 AND newsletter_id = $2`, x.Domain, x.NewsletterID)
	} else {
		n, err = tx.Exec(`DELETE FROM suppressions WHERE email_hash = $1 AND newsletter_id = $2`, x.Hash, x.NewsletterID)
	}
	if err != nil {
		return false, fmt.Errorf("remove a suppression: %w", err)
	}
	return n > 0, nil
}

// SuppressionReasonTx gives the reason of a suppression of exactly this scope;
// empty when there is none.
func (s *Store) SuppressionReasonTx(tx *database.Tx, x Suppression) (reason string, err error) {
	if x.Domain != "" {
		err = tx.QueryRow(`SELECT reason FROM suppressed_domains WHERE domain = $1 AND newsletter_id = $2`, x.Domain, x.NewsletterID).Scan(&reason)
	} else {
		err = tx.QueryRow(`SELECT reason FROM suppressions WHERE email_hash = $1 AND newsletter_id = $2`, x.Hash, x.NewsletterID).Scan(&reason)
	}
	if missing(err) {
		return "", nil
	}
	return reason, err
}

// SuppressionReasonsTx gives every reason why an address gets nothing from a
// newsletter, those of its domain too; "domain" stands for the latter.
func (s *Store) SuppressionReasonsTx(tx *database.Tx, hash []byte, domain string, newsletterID int64) ([]string, error) {
	reasons, err := collect(tx, func(r row) (reason string, err error) { return reason, r.Scan(&reason) },
		`SELECT reason FROM suppressions WHERE email_hash = $1 AND newsletter_id IN (0, $3) UNION
		SELECT 'domain' FROM suppressed_domains WHERE domain = $2 AND newsletter_id IN (0, $3)`, hash, domain, newsletterID)
	if err != nil {
		return nil, fmt.Errorf("read the suppressions of an address: %w", err)
	}
	return reasons, nil
}

// LiftTx removes every suppression of an address for a newsletter, and those for
// all newsletters, but not a complaint, nor those of its domain.
func (s *Store) LiftTx(tx *database.Tx, hash []byte, newsletterID int64) (lifted int64, err error) {
	return tx.Exec(`DELETE FROM suppressions WHERE email_hash = $1 AND newsletter_id IN (0, $2) AND reason <> $3`, hash, newsletterID, Complained)
}

// Suppressions calls fn for each suppression, domains first, then by address.
func (s *Store) Suppressions(ctx context.Context, fn func(Suppression) error) error {
	return s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var x Suppression
			var at int64
			if err := r.Scan(&x.Domain, &x.Hash, &x.Email, &x.NewsletterID, &x.Newsletter, &x.Reason, &x.By, &at); err != nil {
				return err
			}
			x.At = fromMillis(at)
			return fn(x)
		}, `SELECT u.domain, u.hash, u.email, u.newsletter_id, COALESCE(n.slug, ''), u.reason, u.made_by, u.made_at FROM
			(SELECT domain, NULL AS hash, '' AS email, newsletter_id, reason, made_by, made_at FROM suppressed_domains UNION ALL
			 SELECT '', email_hash, email, newsletter_id, reason, made_by, made_at FROM suppressions) u
			LEFT JOIN newsletters n ON n.id = u.newsletter_id ORDER BY u.domain = '', u.domain, u.email = '', u.email, u.hash, u.newsletter_id`)
	})
}

// SuppressionsOf gives the suppressions of one address and of its domain.
func (s *Store) SuppressionsOf(ctx context.Context, hash []byte, domain string) (list []Suppression, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		list, err = collect(tx, func(r row) (x Suppression, err error) {
			var at int64
			err = r.Scan(&x.Domain, &x.Email, &x.NewsletterID, &x.Newsletter, &x.Reason, &x.By, &at)
			x.At = fromMillis(at)
			return x, err
		}, `SELECT u.domain, u.email, u.newsletter_id, COALESCE(n.slug, ''), u.reason, u.made_by, u.made_at FROM
			(SELECT domain, '' AS email, newsletter_id, reason, made_by, made_at FROM suppressed_domains WHERE domain = $2 UNION ALL
			 SELECT '', email, newsletter_id, reason, made_by, made_at FROM suppressions WHERE email_hash = $1) u
			LEFT JOIN newsletters n ON n.id = u.newsletter_id ORDER BY u.domain, u.newsletter_id`, hash, domain)
		return err
	})
	return list, err
}
