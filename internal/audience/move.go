package audience

import (
	"context"
	"errors"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Move makes the address that a link names the reader's own, or takes such a change
// back. Links in mails that were sent before name the reader and go on to work. The
// former address is remembered for an erasure, and is told; for AddressBackFor it
// can take the change back.
func (p *Preferences) Move(ctx context.Context, c token.Claims) (out *Waiting, err error) {
	release, err := p.audience.job(ctx) // an import that is being applied may be about the same person
	if err != nil {
		return nil, busy(err)
	}
	defer release()
	err = p.audience.store.DB().Write(ctx, func(tx *database.Tx) error {
		person, w, x, err := p.waitingTx(tx, c, token.Address)
		if err != nil {
			return err
		}
		if out = x; !x.Open {
			return nil
		}
		usable, err := p.usableTx(tx, person, w)
		if err != nil {
			return err
		}
		x.Open = false
		if !usable {
			_, err := p.audience.store.EndWishTx(tx, w.ID, store.WishVoid)
			return err
		}
		x.Done = true
		return p.moveTx(tx, person, x.Newsletter, w)
	})
	return out, err
}

// usableTx says whether an address can still become a person's: nobody else has it,
// and it is not one that must get nothing.
func (p *Preferences) usableTx(tx *database.Tx, person *store.Subscriber, w *store.Wish) (bool, error) {
	addr, err := address.Parse(w.Email)
	if err != nil {
		return false, err
	}
	owner, err := p.audience.store.SubscriberByKeyTx(tx, addr.Key())
	if err != nil || owner != 0 && owner != person.ID {
		return false, err
	}
	reason, err := p.audience.suppressedTx(tx, addr, 0)
	return reason != store.Erased && reason != store.Complained, err
}

func (p *Preferences) moveTx(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter, w *store.Wish) error {
	a, former := p.audience, person.Email
	addr, err := address.Parse(w.Email)
	if err != nil {
		return err
	}
	person.Email, person.Fields = addr.String(), nil
	if err := a.store.EditSubscriberTx(tx, person, addr.Key(), a.hash.AddressHash(addr.Key())); err != nil {
		return err
	}
	if _, err := a.store.EndWishTx(tx, w.ID, store.WishDone); err != nil {
		return err
	}
	// What was asked for at an address that is theirs no longer ends. An earlier way
	// back stays open, or a second change would take it away.
	void := []store.WishKind{store.WishAddress, store.WishDownload, store.WishErase}
	if w.Kind == store.WishAddressBack {
		void = append(void, store.WishAddressBack)
	}
	return errors.Join(
		a.store.VoidWishesTx(tx, person.ID, void...),
		p.tellTx(tx, person, n, w, former),
		a.store.AuditTx(tx, store.Entry{
			Actor: Reader, Action: "subscriber.address", NewsletterID: n.ID, SubscriberID: person.ID,
			Before: values(map[string]string{"email": former}), After: values(map[string]string{"email": person.Email}),
		}))
}

// tellTx writes to the address that bulletins do not go to any more.
func (p *Preferences) tellTx(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter, w *store.Wish, former string) error {
	if w.Kind == store.WishAddressBack {
		return p.mailTx(tx, noticeBack, w, person.ID, former, "", p.letters.Back(n, person.Language))
	}
	addr, err := address.Parse(former)
	if err != nil {
		return err
	}
	back := &store.Wish{
		Kind: store.WishAddressBack, SubscriberID: person.ID, NewsletterID: n.ID, Email: former, EmailKey: addr.Key(),
		ExpiresAt: p.audience.store.Now().Add(AddressBackFor),
	}
	if err := p.audience.store.AddWishTx(tx, back); err != nil {
		return err
	}
	link := p.link(token.Address, claimsOf(back), back.ExpiresAt)
	return p.mailTx(tx, noticeChanged, back, person.ID, former, person.Name, p.letters.Changed(n, person.Language, shortened(person.Email), link))
}
