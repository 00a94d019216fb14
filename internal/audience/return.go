package audience

import (
	"context"
	"strings"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Undoing is how a leaving stands that a link can undo.
type Undoing struct {
	Newsletter *newsletter.Newsletter
	// Open says that the leaving can be undone.
	Open bool
	// Back says that the subscription is again what it was before.
	Back bool
}

// Undoing looks at a leaving without changing anything.
func (d *Door) Undoing(ctx context.Context, c token.Claims) (out *Undoing, err error) {
	err = d.audience.store.DB().Read(ctx, func(tx *database.Tx) error {
		_, out, err = d.undoingTx(tx, c)
		return err
	})
	return out, err
}

func (d *Door) undoingTx(tx *database.Tx, c token.Claims) (*store.Departure, *Undoing, error) {
	a := d.audience
	x, err := a.store.DepartureTx(tx, c.Row)
	if err != nil {
		return nil, nil, err
	}
	if x == nil || x.NewsletterID != c.Newsletter || x.SubscriberID != c.Subscriber {
		return nil, nil, newsletter.Errorf(newsletter.NotFound, "the leaving %d was erased", c.Row)
	}
	out := &Undoing{}
	if out.Newsletter, err = a.store.NewsletterTx(tx, c.Newsletter); err != nil {
		return nil, nil, err
	}
	state, err := a.store.SubscriptionStateTx(tx, c.Subscriber, c.Newsletter)
	if err != nil {
		return nil, nil, err
	}
	_, suppressed, err := a.reachTx(tx, c.Subscriber, c.Newsletter)
	gone := state == newsletter.SubscriptionUnsubscribed || state == ""
	out.Back = !gone
	out.Open = gone && x.UndoneAt.IsZero() && suppressed == ""
	return x, out, err
}

// Return undoes a leaving: the subscription is again exactly what it was, with its
// state and its consent. It is idempotent. Whoever complained since, or must get
// nothing for another reason, is not brought back, nor is who has come and left
// again since.
func (d *Door) Return(ctx context.Context, c token.Claims) (out *Undoing, err error) {
	a := d.audience
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		var x *store.Departure
		if x, out, err = d.undoingTx(tx, c); err != nil || !out.Open {
			return err
		}
		done, err := a.store.ReturnTx(tx, x)
		if err != nil {
			return err
		}
		if out.Open = false; !done {
			return nil
		}
		out.Back = true
		return a.store.AuditTx(tx, store.Entry{
			Actor: Reader, Action: "subscription.undo", NewsletterID: x.NewsletterID, SubscriberID: x.SubscriberID,
			Detail: "unsubscribed → " + string(x.WasState) + ", took back having left",
			Before: values(map[string]string{"state": "unsubscribed"}), After: values(map[string]string{"state": string(x.WasState)}),
		})
	})
	return out, err
}

// reachTx finds a person and why their present address gets nothing from a
// newsletter; p is nil when there is nobody any more.
func (a *Audience) reachTx(tx *database.Tx, subscriberID, newsletterID int64) (p *store.Subscriber, suppressed string, err error) {
	if p, err = a.store.SubscriberTx(tx, subscriberID); err != nil || p == nil {
		return nil, "", err
	}
	addr, err := address.Parse(p.Email)
	if err != nil {
		return nil, "", err
	}
	reasons, err := a.store.SuppressionReasonsTx(tx, a.hash.AddressHash(addr.Key()), addr.Domain, newsletterID)
	return p, strings.Join(reasons, ", "), err
}
