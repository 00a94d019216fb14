package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"epistle/internal/database"
	"epistle/internal/token"
)

// Secrets are the database's keys, ready for use. They never leave it but in a
// backup.
type Secrets struct {
	Links     *token.Keyring // links in mails and pages
	VERP      *token.Keyring // envelope senders
	MessageID token.Fixed    // Message-IDs; never rotates, so that a retry has the same one
	Address   token.Fixed    // hashes of suppressed addresses; never rotates, so that they stay comparable
	Protect   []byte         // key of the hashes of protected phrases; never rotates, because the phrases are not kept
}

// Secrets reads all keys. Of a rotating purpose the newest whose time has come
// signs, all of them verify.
func (s *Store) Secrets(ctx context.Context) (*Secrets, error) {
	keys, err := s.keys(ctx)
	if err != nil {
		return nil, err
	}
	out := &Secrets{}
	messageID, err1 := oldest(keys, "message-id")
	address, err2 := oldest(keys, "address")
	protect, err3 := oldest(keys, "protect")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	out.MessageID, out.Address, out.Protect = token.NewFixed(messageID), token.NewFixed(address), protect
	if out.Links, err = token.NewKeyring(keys[linkPurpose]...); err != nil {
		return nil, fmt.Errorf("link keys: %w", err)
	}
	if out.VERP, err = token.NewKeyring(keys[verpPurpose]...); err != nil {
		return nil, fmt.Errorf("envelope sender keys: %w", err)
	}
	return out, nil
}

// oldest gives the first key of a purpose that never rotates.
func oldest(keys map[string][]token.Key, purpose string) ([]byte, error) {
	if len(keys[purpose]) == 0 {
		return nil, fmt.Errorf("the database has no %s key", purpose)
	}
	return slices.MinFunc(keys[purpose], func(a, b token.Key) int { return cmp.Compare(a.ID, b.ID) }).Secret, nil
}

// RenewSecrets brings the keyrings of secrets that were read before up to date, for
// all who hold them.
func (s *Store) RenewSecrets(ctx context.Context, old *Secrets) error {
	keys, err := s.keys(ctx)
	if err != nil {
		return err
	}
	if err := old.Links.Renew(keys[linkPurpose]...); err != nil {
		return fmt.Errorf("link keys: %w", err)
	}
	if err := old.VERP.Renew(keys[verpPurpose]...); err != nil {
		return fmt.Errorf("envelope sender keys: %w", err)
	}
	return nil
}

// The purposes whose keys rotate.
const (
	linkPurpose = "link"
	verpPurpose = "verp"
)

// keys gives all keys by purpose, first the one that signs now.
func (s *Store) keys(ctx context.Context) (map[string][]token.Key, error) {
	keys := map[string][]token.Key{}
	err := s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var purpose string
			var k token.Key
			if err := r.Scan(&k.ID, &purpose, &k.Secret); err != nil {
				return err
			}
			keys[purpose] = append(keys[purpose], k)
			return nil
		}, `SELECT id, purpose, key FROM secrets ORDER BY made_at > $1, CASE WHEN made_at > $1 THEN id ELSE -id END`, millis(s.now()))
	})
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	return keys, nil
}

// EnvelopeKeys gives the keyring for the envelope senders of mail that was begun
// at a time. The newest key that signed by then signs, so that a retry has the same
// sender although a newer key was made meanwhile; all keys verify.
func (s *Store) EnvelopeKeys(ctx context.Context, begun time.Time) (*token.Keyring, error) {
	var keys []token.Key
	err := s.db.Read(ctx, func(tx *database.Tx) (err error) {
		keys, err = collect(tx, func(r row) (k token.Key, err error) { return k, r.Scan(&k.ID, &k.Secret) },
			`SELECT id, key FROM secrets WHERE purpose = 'verp'
			ORDER BY made_at > $1, CASE WHEN made_at > $1 THEN id ELSE -id END`, millis(begun))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the envelope sender keys: %w", err)
	}
	keyring, err := token.NewKeyring(keys...)
	if err != nil {
		return nil, fmt.Errorf("envelope sender keys: %w", err)
	}
	return keyring, nil
}
