package audience

import (
	"fmt"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// SuspendTx stops a subscription because mail to the address bounced, until
// somebody resumes it. Only one that is active or paused is suspended; suspended
// says whether it was.
func (a *Audience) SuspendTx(tx *database.Tx, subscriberID, newsletterID int64, how, by string) (suspended bool, err error) {
	now, err := a.store.StandingTx(tx, subscriberID, newsletterID)
	if err != nil || now != newsletter.SubscriptionActive && now != newsletter.SubscriptionPaused {
		return false, err
	}
	if _, _, err := a.store.SetSubscriptionTx(tx, subscriberID, newsletterID, newsletter.SubscriptionSuspended, how); err != nil {
		return false, err
	}
	if _, err := a.ledger.SkipTx(tx, subscriberID, newsletterID, "suspended"); err != nil {
		return false, err
	}
	return true, a.turnedTx(tx, "subscription.suspend", subscriberID, newsletterID, now, newsletter.SubscriptionSuspended, how, by)
}

// ComplainTx ends every subscription of a person who has called a mail unwanted,
// and keeps all mail from the address for good. ended counts the subscriptions.
func (a *Audience) ComplainTx(tx *database.Tx, p *store.Subscriber, by string) (ended int, err error) {
	addr, err := address.Parse(p.Email)
	if err != nil {
		return 0, fmt.Errorf("suppress subscriber %d: %w", p.ID, err)
	}
	if _, err := a.suppressTx(tx, store.Suppression{
		Email: addr.String(), Hash: a.hash.AddressHash(addr.Key()), Reason: store.Complained, By: by,
	}); err != nil {
		return 0, err
	}
	newsletters, err := a.store.SubscribedToTx(tx, p.ID)
	if err != nil {
		return 0, err
	}
	for _, id := range newsletters {
		already, err := a.LeaveTx(tx, p.ID, id, "complaint", by)
		if err != nil {
			return 0, err
		}
		if !already {
			ended++
		}
	}
	return ended, nil
}

// ErasedTx says whether an address was erased at its owner's wish.
func (a *Audience) ErasedTx(tx *database.Tx, addr address.Address) (bool, error) {
	reason, err := a.store.SuppressedTx(tx, a.hash.AddressHash(addr.Key()), 0)
	return reason == store.Erased, err
}

func (a *Audience) turnedTx(tx *database.Tx, action string, subscriberID, newsletterID int64, before, after newsletter.SubscriptionState, how, by string) error {
	return a.store.AuditTx(tx, store.Entry{
		Actor: by, Action: action, NewsletterID: newsletterID, SubscriberID: subscriberID,
		Detail: string(before) + " → " + string(after) + ", " + how,
		Before: values(map[string]string{"state": string(before)}), After: values(map[string]string{"state": string(after)}),
	})
}
