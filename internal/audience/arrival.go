package audience

import (
	"context"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// howConfirmed is how a subscription came to be that a reader made alone.
const howConfirmed = "signed up on the page, confirmed by the link in a mail"

// Arrival is how the wish that a link to confirm names stands.
type Arrival struct {
	Newsletter *newsletter.Newsletter
	// Open says that the link still waits to be used.
	Open bool
	// Active says that the owner of the address gets the newsletter now.
	Active bool
}

// Arrival looks at the wish without changing anything.
func (d *Door) Arrival(ctx context.Context, c token.Claims) (out *Arrival, err error) {
	err = d.audience.store.DB().Read(ctx, func(tx *database.Tx) error {
		_, out, err = d.arrivalTx(tx, c)
		return err
	})
	return out, err
}

func (d *Door) arrivalTx(tx *database.Tx, c token.Claims) (*store.Signup, *Arrival, error) {
	s := d.audience.store
	x, err := s.SignupTx(tx, c.Row)
	if err != nil {
		return nil, nil, err
	}
	if x == nil || x.NewsletterID != c.Newsletter || x.Answer != store.SignupConfirm {
		return nil, nil, newsletter.Errorf(newsletter.NotFound, "the sign-up %d was forgotten", c.Row)
	}
	out := &Arrival{Open: x.ConfirmedAt.IsZero()}
	if out.Newsletter, err = s.NewsletterTx(tx, c.Newsletter); err != nil {
		return nil, nil, err
	}
	id, err := s.SubscriberByKeyTx(tx, key(x.Email))
	if err != nil {
		return nil, nil, err
	}
	state, err := s.SubscriptionStateTx(tx, id, x.NewsletterID)
	out.Active = state == newsletter.SubscriptionActive
	return x, out, err
}

// Confirm takes the yes of an address's owner: the reader gets the newsletter from
// now on, with the consent on record. It is idempotent; a link that was used does
// not bring back who has left since. Refused is a reader whose address must get
// nothing all the same, such as after a complaint.
func (d *Door) Confirm(ctx context.Context, c token.Claims) (out *Arrival, err error) {
	a := d.audience
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		var x *store.Signup
		if x, out, err = d.arrivalTx(tx, c); err != nil || !out.Open {
			return err
		}
		addr, err := address.Parse(x.Email)
		if err != nil {
			return err
		}
		consent := Consent{Source: x.Source, Text: x.ConsentText, At: x.AskedAt}
		if err := a.confirmTx(tx, out.Newsletter, addr, consent, howConfirmed); err != nil {
			return err
		}
		out.Active = true
		return a.store.ConfirmSignupsTx(tx, x)
	})
	return out, err
}

// confirmTx subscribes an address at its owner's wish, unless it must get nothing
// for a reason that this wish does not end.
func (a *Audience) confirmTx(tx *database.Tx, n *newsletter.Newsletter, addr address.Address, c Consent, how string) error {
	hash := a.hash.AddressHash(addr.Key())
	if _, err := a.store.LiftTx(tx, hash, n.ID); err != nil {
		return err
	}
	reason, err := a.suppressedTx(tx, addr, n.ID)
	if err != nil {
		return err
	}
	if reason != "" {
		return newsletter.Errorf(newsletter.Refused, "the address must get nothing: %s", reason)
	}
	p := store.Subscriber{}
	if _, err := a.store.PutSubscriberTx(tx, &p, addr, hash); err != nil {
		return err
	}
	if err := a.store.ConfirmTx(tx, p.ID, n.ID, store.Subscription{
		How: how, ConsentAt: c.At, ConsentSource: c.Source, ConsentText: c.Text, ConsentBy: Reader, ConfirmedHow: how,
	}); err != nil {
		return err
	}
	return a.store.AuditTx(tx, store.Entry{Actor: Reader, Action: "subscription.confirm", NewsletterID: n.ID, SubscriberID: p.ID, Detail: how})
}
