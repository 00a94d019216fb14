package token

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrForged is the answer to a token that no key of ours has signed for this
// purpose, or that is written in another way than ours.
var ErrForged = errors.New("the token is not one of ours")

// ErrExpired is the answer to a genuine token whose time is over.
var ErrExpired = errors.New("the token has expired")

// MinSecret is the shortest secret of a Key in bytes: the output of SHA-256,
// below which RFC 2104 §3 advises against going.
const MinSecret = 32

const (
	linkMAC = 16 // bytes; RFC 2104 §5 asks for at least half of the hash
	verpMAC = 10 // bytes; shorter, because a local part has 64 octets and no secrecy to lose
	maxLink = 1 + 5*binary.MaxVarintLen64 + linkMAC
	maxVERP = 1 + 2*binary.MaxVarintLen64 + verpMAC
)

// Labels that keep the uses of one secret apart. They are part of every token
// ever mailed and must not change.
const (
	labelLink      = "epistle link 1"
	labelVERP      = "epistle verp 1"
	labelMessageID = "epistle message-id 1"
	labelAddress   = "epistle address 1"
)

// Key is one secret of a Keyring. ID, from 1 to 255, goes into each token to
// say which key signed it; it must never be given to another secret.
type Key struct {
	ID     int64
	Secret []byte
}

// Keyring holds the keys of links and envelope senders: the first signs, all
// verify. It is safe for concurrent use.
type Keyring struct{ keys atomic.Pointer[keys] }

// keys are the keys of one moment; they are never changed.
type keys struct {
	signing byte // which of them
	byID    map[byte]*secret
}

// NewKeyring takes the signing key first and then the older ones, in any order.
// It copies the secrets. No key, a key outside 1 to 255, two keys with one ID,
// and a secret under MinSecret bytes are errors.
func NewKeyring(list ...Key) (*Keyring, error) {
	k := &Keyring{}
	if err := k.Renew(list...); err != nil {
		return nil, err
	}
	return k, nil
}

// Renew puts other keys in the place of all, for whoever holds the keyring, under
// the rules of NewKeyring. With an error the keyring stays as it was.
func (k *Keyring) Renew(list ...Key) error {
	made, err := newKeys(list)
	if err != nil {
		return err
	}
	k.keys.Store(made)
	return nil
}

func newKeys(list []Key) (*keys, error) {
	if len(list) == 0 {
		return nil, errors.New("a keyring needs at least one key")
	}
	k := &keys{signing: byte(list[0].ID), byID: make(map[byte]*secret, len(list))}
	for _, key := range list {
		if key.ID < 1 || key.ID > 255 {
			return nil, fmt.Errorf("key %d: the number of a key is from 1 to 255", key.ID)
		}
		if len(key.Secret) < MinSecret {
			return nil, fmt.Errorf("key %d: a secret of %d bytes is too short, the least is %d", key.ID, len(key.Secret), MinSecret)
		}
		if _, twice := k.byID[byte(key.ID)]; twice {
			return nil, fmt.Errorf("key %d stands in the keyring twice", key.ID)
		}
		k.byID[byte(key.ID)] = newSecret(key.Secret)
	}
	return k, nil
}

// Purpose is what a link token is good for; it is signed but not written, so a
// token for one purpose is forged for every other.
type Purpose byte

// The purposes. The numbers are part of every token ever mailed.
const (
	Unsubscribe Purpose = 1  // leave the newsletter
	View        Purpose = 2  // read the bulletin in the browser
	Proof       Purpose = 3  // look at a bulletin before it leaves
	Confirm     Purpose = 4  // begin to get the newsletter
	Undo        Purpose = 5  // take back having left
	Choose      Purpose = 6  // the page of choices
	Address     Purpose = 7  // make a new address the one that is used
	Erase       Purpose = 8  // be forgotten
	Download    Purpose = 9  // get what is kept about oneself
	Approve     Purpose = 10 // approve a bulletin
	Stop        Purpose = 11 // stop a bulletin
	SignupForm  Purpose = 12 // a form for subscribing was shown; Row is when, in Unix milliseconds
)

// withRow says whether tokens of the purpose carry Claims.Row; the first three
// were mailed before there was one.
func (p Purpose) withRow() bool { return p >= Confirm }

// Claims is what a link token says: who, in which newsletter, about which
// bulletin. Zero means "not said".
type Claims struct {
	Newsletter, Bulletin, Subscriber int64
	// Row is the number of a thing that waits for the link, such as a change of
	// address. Purposes before Confirm do not carry it.
	Row int64
}

// Sign gives a token that is good until expires (to the second, rounded down),
// or for ever when expires is the zero time. It is one clean segment of a URL's
// path: letters, digits, "-" and "_".
func (k *Keyring) Sign(p Purpose, c Claims, expires time.Time) string {
	keys := k.keys.Load()
	b := append(make([]byte, 0, maxLink), keys.signing)
	for _, n := range [...]int64{c.Newsletter, c.Bulletin, c.Subscriber, expirySeconds(expires)} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	if p.withRow() {
		b = binary.AppendUvarint(b, uint64(c.Row))
	}
	b = appendLinkSum(b, keys.byID[keys.signing], p, b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Verify reads what Sign wrote for the same purpose with any key of the
// keyring. The error is ErrForged or ErrExpired, and the claims are then zero.
func (k *Keyring) Verify(p Purpose, tok string, now time.Time) (Claims, error) {
	b, ok := decodeLink(tok)
	if !ok {
		return Claims{}, ErrForged
	}
	payload, sum := b[:len(b)-linkMAC], b[len(b)-linkMAC:]
	secret, known := k.keys.Load().byID[payload[0]]
	if !known || !hmac.Equal(sum, appendLinkSum(nil, secret, p, payload)) {
		return Claims{}, ErrForged
	}
	var n [5]int64
	numbers := n[:4]
	if p.withRow() {
		numbers = n[:]
	}
	if !readVarints(payload[1:], numbers) {
		return Claims{}, ErrForged
	}
	if expires := n[3]; expires != 0 && now.Unix() >= expires {
		return Claims{}, ErrExpired
	}
	return Claims{Newsletter: n[0], Bulletin: n[1], Subscriber: n[2], Row: n[4]}, nil
}

// decodeLink refuses what cannot be a token before any hashing. Go's decoder
// skips line breaks and, unless strict, stray bits at the end; encoding again
// and comparing leaves one spelling only.
func decodeLink(tok string) ([]byte, bool) {
	if len(tok) > base64.RawURLEncoding.EncodedLen(maxLink) {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(tok)
	if err != nil || len(b) < 1+linkMAC || base64.RawURLEncoding.EncodeToString(b) != tok {
		return nil, false
	}
	return b, true
}

// expirySeconds gives 0 for "never" only. A time at or before 1970 is long
// over and must not turn into "never" or into a huge number.
func expirySeconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.Unix(), 1)
}

func appendLinkSum(dst []byte, s *secret, p Purpose, payload []byte) []byte {
	return s.appendSum(dst, linkMAC, labelLink, []byte{byte(p)}, payload)
}

// readVarints fills all of n from all of b, each number in its shortest form.
func readVarints(b []byte, n []int64) bool {
	for i := range n {
		v, size := binary.Uvarint(b)
		if size <= 0 || size > 1 && b[size-1] == 0 {
			return false
		}
		n[i], b = int64(v), b[size:]
	}
	return len(b) == 0
}
