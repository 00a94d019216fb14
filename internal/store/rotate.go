package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// RotationLead is how long after its making a new key signs for the first time.
// Programs that run meanwhile look for new keys more often than that, so that none
// meets a link whose key it does not know.
const RotationLead = time.Minute

// maxKeyID is the highest number that a token can name (token.Key).
const maxKeyID = 255

// KeyInfo tells of a key without telling the key.
type KeyInfo struct {
	ID      int64  `json:"id"`
	Purpose string `json:"purpose"` // link or verp
	// SignsFrom is when it signs, or began to; until a newer one does.
	SignsFrom time.Time `json:"signs_from"`
}

// Rotation is the keys that rotate, the newest of each purpose first.
type Rotation struct {
	Keys []KeyInfo `json:"keys"`
	// Left is how often they can be rotated still.
	Left int `json:"rotations_left"`
}

// Signing is the key of a purpose that signs at a time.
func (r *Rotation) Signing(purpose string, now time.Time) (signing KeyInfo) {
	for _, k := range r.Keys {
		if k.Purpose == purpose && (signing.ID == 0 || signing.SignsFrom.After(now)) {
			signing = k
		}
	}
	return signing
}

// Rotation tells which keys there are.
func (s *Store) Rotation(ctx context.Context) (r *Rotation, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		r, err = rotationTx(tx)
		return err
	})
	return r, err
}

func rotationTx(tx *database.Tx) (*Rotation, error) {
	r := &Rotation{}
	var err error
	r.Keys, err = collect(tx, func(row row) (k KeyInfo, err error) {
		var from int64
		err = row.Scan(&k.ID, &k.Purpose, &from)
		k.SignsFrom = fromMillis(from)
		return k, err
	}, `SELECT id, purpose, made_at FROM secrets WHERE purpose IN ('link', 'verp') ORDER BY purpose, id DESC`)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	var highest int64
	for _, k := range r.Keys {
		highest = max(highest, k.ID)
	}
	r.Left = int(max(0, maxKeyID-highest) / int64(len(rotating)))
	return r, nil
}

var rotating = [...]string{linkPurpose, verpPurpose}

// Rotate makes new keys for links and envelope senders. They sign from RotationLead
// on; all older ones stay, because links that were mailed never end. A token has
// room for 255 keys, after which it is refused.
func (s *Store) Rotate(ctx context.Context, by string) (r *Rotation, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		if r, err = rotationTx(tx); err != nil {
			return err
		}
		if r.Left == 0 {
			return newsletter.Errorf(newsletter.Refused, "the numbers for keys are used up").
				With("The present keys stay good; links that are out need every key there is.")
		}
		from := s.now().Add(RotationLead)
		detail := ""
		for _, purpose := range rotating {
			key := make([]byte, 32)
			if _, err := rand.Read(key); err != nil {
				return fmt.Errorf("make a key: %w", err)
			}
			var id int64
			if err := tx.QueryRow(`INSERT INTO secrets (purpose, key, made_at) VALUES ($1, $2, $3) RETURNING id`, purpose, key, millis(from)).Scan(&id); err != nil {
				return fmt.Errorf("store a key: %w", err)
			}
			detail += fmt.Sprintf("%s key %d, ", purpose, id)
		}
		if r, err = rotationTx(tx); err != nil {
			return err
		}
		return s.AuditTx(tx, Entry{Actor: by, Action: "secrets.rotate", Detail: detail + "signing from " + from.UTC().Format(time.RFC3339)})
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}
