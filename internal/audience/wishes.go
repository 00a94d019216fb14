package audience

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// How long the links in these letters are good.
const (
	AddressFor     = 3 * 24 * time.Hour
	AddressBackFor = 7 * 24 * time.Hour
	DownloadFor    = 24 * time.Hour
	EraseFor       = 24 * time.Hour
)

// How often such a letter may be asked for within wishTime: each kind by one
// person, and about one new address by whomever.
const (
	wishTime      = 24 * time.Hour
	PerReaderDay  = 3
	PerAddressDay = 3
)

// Kinds of notices.
const (
	noticeAddress  = "address"
	noticeTaken    = "address taken"
	noticeChanged  = "address changed"
	noticeBack     = "address back"
	noticeDownload = "download"
	noticeErase    = "erase"
)

// AskAddress has a letter sent to the address that a reader typed: by the link in
// it the reader confirms to be its owner. The caller learns nothing about the
// address. One that somebody has already gets a letter that says so, and one that
// must get nothing gets nothing.
func (p *Preferences) AskAddress(ctx context.Context, c token.Claims, typed string) error {
	addr, err := address.Parse(strings.TrimSpace(typed))
	if err != nil {
		return ErrAddress
	}
	return p.change(ctx, c, func(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter) (*store.Entry, error) {
		w := &store.Wish{Kind: store.WishAddress, SubscriberID: person.ID, NewsletterID: n.ID, Email: addr.String(), EmailKey: addr.Key()}
		before, err := p.audience.store.WishesForTx(tx, w.EmailKey, p.audience.store.Now().Add(-wishTime))
		if err != nil {
			return nil, err
		}
		if err := p.addTx(tx, w, AddressFor); err != nil {
			return nil, err
		}
		if before >= PerAddressDay {
			return asked(w), nil
		}
		return asked(w), p.answerTx(tx, person, n, w, addr)
	})
}

// answerTx writes to an address that somebody wants to be theirs.
func (p *Preferences) answerTx(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter, w *store.Wish, addr address.Address) error {
	reason, err := p.audience.suppressedTx(tx, addr, n.ID)
	if err != nil || reason != "" {
		return err
	}
	owner, err := p.audience.store.SubscriberByKeyTx(tx, addr.Key())
	if err != nil {
		return err
	}
	if owner != 0 {
		if _, err := p.audience.store.EndWishTx(tx, w.ID, store.WishVoid); err != nil {
			return err
		}
		return p.mailTx(tx, noticeTaken, w, owner, w.Email, "", p.letters.Taken(n, ""))
	}
	link := p.link(token.Address, claimsOf(w), w.ExpiresAt)
	return p.mailTx(tx, noticeAddress, w, person.ID, w.Email, "", p.letters.Address(n, person.Language, link))
}

// AskDownload has a link mailed with which a reader gets all that is kept about
// them.
func (p *Preferences) AskDownload(ctx context.Context, c token.Claims) error {
	return p.ask(ctx, c, store.WishDownload, DownloadFor, func(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter, w *store.Wish) error {
		link := p.link(token.Download, claimsOf(w), w.ExpiresAt)
		return p.mailTx(tx, noticeDownload, w, person.ID, person.Email, person.Name, p.letters.Download(n, person.Language, link))
	})
}

// AskErase has a link mailed with which a reader is forgotten.
func (p *Preferences) AskErase(ctx context.Context, c token.Claims) error {
	return p.ask(ctx, c, store.WishErase, EraseFor, func(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter, w *store.Wish) error {
		link := p.link(token.Erase, claimsOf(w), w.ExpiresAt)
		return p.mailTx(tx, noticeErase, w, person.ID, person.Email, person.Name, p.letters.Erase(n, person.Language, link))
	})
}

// ask keeps a wish about the person and mails its link. It is refused for as long
// as a change of address can be taken back: the new address may be a stranger's.
func (p *Preferences) ask(ctx context.Context, c token.Claims, kind store.WishKind, good time.Duration,
	mail func(*database.Tx, *store.Subscriber, *newsletter.Newsletter, *store.Wish) error,
) error {
	return p.change(ctx, c, func(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter) (*store.Entry, error) {
		w := &store.Wish{Kind: kind, SubscriberID: person.ID, NewsletterID: n.ID}
		if err := p.addTx(tx, w, good); err != nil {
			return nil, err
		}
		return asked(w), mail(tx, person, n, w)
	})
}

// addTx keeps a wish unless there were too many of its kind.
func (p *Preferences) addTx(tx *database.Tx, w *store.Wish, good time.Duration) error {
	all, err := p.audience.store.WishesTx(tx, w.SubscriberID)
	if err != nil {
		return err
	}
	now, n := p.audience.store.Now(), 0
	for _, other := range all {
		switch {
		case other.Kind == store.WishAddressBack && other.EndedAt.IsZero() && now.Before(other.ExpiresAt) && w.Kind != store.WishAddress:
			return ErrLately
		case other.Kind == w.Kind && now.Sub(other.MadeAt) < wishTime:
			n++
		}
	}
	if n >= PerReaderDay {
		return ErrOften
	}
	w.ExpiresAt = now.Add(good)
	return p.audience.store.AddWishTx(tx, w)
}

// claimsOf is what the link to a wish says.
func claimsOf(w *store.Wish) token.Claims {
	return token.Claims{Newsletter: w.NewsletterID, Subscriber: w.SubscriberID, Row: w.ID}
}

// asked is the audit log's line of a wish. It names no address.
func asked(w *store.Wish) *store.Entry {
	return &store.Entry{Action: "reader.ask", Detail: string(w.Kind)}
}

// Waiting is how the wish stands that a link names.
type Waiting struct {
	Newsletter *newsletter.Newsletter
	// Language is that of the reader's pages; empty: the newsletter's.
	Language string
	// Open says that the link can be used.
	Open bool
	// Done says that what was wished has been done.
	Done bool
	// Back says that an earlier change of the address is taken back.
	Back bool
}

// Waiting looks at a wish without changing anything.
func (p *Preferences) Waiting(ctx context.Context, c token.Claims, purpose token.Purpose) (out *Waiting, err error) {
	err = p.audience.store.DB().Read(ctx, func(tx *database.Tx) error {
		_, _, out, err = p.waitingTx(tx, c, purpose)
		return err
	})
	return out, err
}

func (p *Preferences) waitingTx(tx *database.Tx, c token.Claims, purpose token.Purpose) (*store.Subscriber, *store.Wish, *Waiting, error) {
	person, n, err := p.personTx(tx, c)
	if err != nil {
		return nil, nil, nil, err
	}
	w, err := p.audience.store.WishTx(tx, c.Row, person.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	if w == nil || !fits(w.Kind, purpose) {
		return nil, nil, nil, newsletter.Errorf(newsletter.NotFound, "the wish %d is not there any more", c.Row)
	}
	return person, w, &Waiting{
		Newsletter: n, Language: person.Language, Open: w.EndedAt.IsZero() && p.audience.store.Now().Before(w.ExpiresAt),
		Done: w.Outcome == store.WishDone, Back: w.Kind == store.WishAddressBack,
	}, nil
}

// fits says whether a link of a purpose is about a kind of wish.
func fits(kind store.WishKind, purpose token.Purpose) bool {
	switch purpose {
	case token.Address:
		return kind == store.WishAddress || kind == store.WishAddressBack
	case token.Download:
		return kind == store.WishDownload
	case token.Erase:
		return kind == store.WishErase
	}
	return false
}

// errOver is what a link gets whose wish has ended.
func errOver(w *store.Wish) error {
	return newsletter.Errorf(newsletter.Conflict, "the wish %d has ended", w.ID)
}

// Download gives all that is kept about a reader. The link can be used again until
// it runs out.
func (p *Preferences) Download(ctx context.Context, c token.Claims) (*Story, error) {
	addr, err := p.readyTo(ctx, c, token.Download)
	if err != nil {
		return nil, err
	}
	return p.audience.Story(ctx, addr)
}

// Erase forgets a reader, as the command does.
func (p *Preferences) Erase(ctx context.Context, c token.Claims) error {
	addr, err := p.readyTo(ctx, c, token.Erase)
	if err != nil {
		return err
	}
	_, err = p.audience.Erase(ctx, addr, Reader)
	return busy(err)
}

// readyTo gives the address of whom an open wish is about.
func (p *Preferences) readyTo(ctx context.Context, c token.Claims, purpose token.Purpose) (addr address.Address, err error) {
	err = p.audience.store.DB().Read(ctx, func(tx *database.Tx) error {
		person, w, x, err := p.waitingTx(tx, c, purpose)
		if err != nil {
			return err
		}
		if !x.Open {
			return errOver(w)
		}
		addr, err = address.Parse(person.Email)
		return err
	})
	return addr, err
}

// busy says of an import that is under way what a reader should do about it.
func busy(err error) error {
	if newsletter.KindOf(err) == newsletter.Conflict {
		return newsletter.Errorf(newsletter.Unavailable, "%w", err)
	}
	return err
}

// Forget removes the wishes whose time was over long ago, and the addresses in them
// that nobody confirmed. It is to be called now and then.
func (p *Preferences) Forget(ctx context.Context) error {
	const step = 200
	for {
		var ids []int64
		err := p.audience.store.DB().Write(ctx, func(tx *database.Tx) (err error) {
			ids, err = p.audience.store.ForgetWishesTx(tx, p.audience.store.Now().Add(-keptFor), step)
			for _, id := range ids {
				err = errors.Join(err, p.audience.ledger.ForgetNoticeTx(tx, noticeKey(noticeAddress, id)),
					p.audience.ledger.ForgetNoticeTx(tx, noticeKey(noticeTaken, id)))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("forget wishes: %w", err)
		}
		if len(ids) < step {
			return nil
		}
	}
}

// keptFor is how long a wish is remembered after its link ran out: longer than any
// limit looks back.
const keptFor = 24 * time.Hour
