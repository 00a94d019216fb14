package audience

import (
	"context"
	"fmt"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/letters"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Door is where readers come in and go out by themselves: they ask to get a
// newsletter, confirm that by the link in a mail, leave, and undo that. What is to
// be mailed is queued as a notice in the same transaction as the change; package
// delivery sends it.
type Door struct {
	audience *Audience
	keys     *token.Keyring
	site     string
	letters  *letters.Letters
}

// Door makes the door. keys sign the links in mails; site is the address of the
// readers' pages without a slash at its end.
func (a *Audience) Door(keys *token.Keyring, site string) *Door {
	return &Door{audience: a, keys: keys, site: site, letters: letters.New()}
}

// How long links are good, and what is known of a wish is kept.
const (
	ConfirmFor = 7 * 24 * time.Hour
	UndoFor    = 30 * 24 * time.Hour
	// answeredFor covers the longest of the limits below.
	answeredFor = 24 * time.Hour
)

// How often mail may be asked for. The first three keep one person's mailbox from
// being flooded, over all newsletters; at them the answer looks as always and no
// mail leaves. The last two keep many mailboxes, or those of one small domain, from
// being flooded through us; at them sign-ups are closed for a while, which says
// nothing about any address. They are counted in the database, so that a restart
// changes nothing.
const (
	perAddressMinute  = 1 // for one newsletter: a form that is sent twice by a nervous finger
	perAddressHour    = 3
	perAddressDay     = 6
	PerDomainHour     = 100
	PerNewsletterHour = 500
)

// Asking is a wish to get a newsletter, as a page took it.
type Asking struct {
	Newsletter *newsletter.Newsletter
	Address    address.Address
	Text       string // the words that were agreed to, as they were shown
	Source     string // where
}

// Open gives a newsletter that takes sign-ups; every other is not found.
func (d *Door) Open(ctx context.Context, slug string) (*newsletter.Newsletter, error) {
	n, err := d.audience.store.Newsletter(ctx, slug)
	if err != nil {
		return nil, err
	}
	if !n.Public.Subscribe {
		return nil, newsletter.Errorf(newsletter.NotFound, "%s takes no sign-ups", n.Slug)
	}
	return n, nil
}

// Ask answers a wish by one mail at most: the question whether it is meant, or to
// whom gets the newsletter already a note that says so. The caller learns nothing
// about the address, not even by the time that it takes: in every case one row is
// stored. Addresses and domains that must get nothing get nothing, but an owner who
// was erased, or whose mailbox refused us once, may come back.
func (d *Door) Ask(ctx context.Context, w Asking) error {
	a := d.audience
	return a.store.DB().Write(ctx, func(tx *database.Tx) error {
		x := &store.Signup{
			NewsletterID: w.Newsletter.ID, Hash: a.hash.AddressHash(w.Address.Key()), Domain: w.Address.Domain,
			Source: w.Source, ConsentText: w.Text,
		}
		asked, err := a.store.SignupsAskedTx(tx, x)
		if err != nil {
			return err
		}
		switch {
		case asked.NewsletterHour >= PerNewsletterHour, asked.DomainHour >= PerDomainHour:
			return newsletter.Errorf(newsletter.Unavailable, "%d sign-ups for %s came within an hour, %d of them or others at one domain",
				asked.NewsletterHour, w.Newsletter.Slug, asked.DomainHour)
		case asked.JustNow >= perAddressMinute, asked.AddressHour >= perAddressHour, asked.AddressDay >= perAddressDay:
			return nil
		}
		subscriber, err := d.answerTx(tx, x, w.Address)
		if err != nil {
			return err
		}
		if err := a.store.AddSignupTx(tx, x); err != nil {
			return err
		}
		return d.replyTx(tx, x, w, subscriber)
	})
}

// answerTx decides what a wish is answered with. subscriber is who gets the
// newsletter already, with SignupKnown.
func (d *Door) answerTx(tx *database.Tx, x *store.Signup, addr address.Address) (subscriber int64, err error) {
	a, now := d.audience, d.audience.store.Now()
	x.Answer, x.ExpiresAt = store.SignupNothing, now.Add(answeredFor)
	reasons, err := a.store.SuppressionReasonsTx(tx, x.Hash, x.Domain, x.NewsletterID)
	if err != nil {
		return 0, err
	}
	for _, reason := range reasons {
		if !ownerMayReturn(reason) {
			return 0, nil
		}
	}
	id, err := a.store.SubscriberByKeyTx(tx, addr.Key())
	if err != nil {
		return 0, err
	}
	state, err := a.store.SubscriptionStateTx(tx, id, x.NewsletterID)
	if err != nil {
		return 0, err
	}
	if len(reasons) == 0 && state == newsletter.SubscriptionActive {
		x.Answer = store.SignupKnown
		return id, nil
	}
	x.Answer, x.Email, x.ExpiresAt = store.SignupConfirm, addr.String(), now.Add(ConfirmFor)
	return 0, nil
}

// ownerMayReturn says for which suppressions one letter may ask the owner of the
// address: those that the owner's own wish ends (Confirm) and that no person of the
// staff, no complaint and no domain has decided.
func ownerMayReturn(reason string) bool { return reason == store.Erased || reason == store.Bounced }

// replyTx queues the mail that answers a wish.
func (d *Door) replyTx(tx *database.Tx, x *store.Signup, w Asking, subscriber int64) error {
	// Written in every case, so that every answer takes as long.
	link := d.link(token.Confirm, token.Claims{Newsletter: x.NewsletterID, Row: x.ID}, x.ExpiresAt)
	letter := d.letters.Confirm(w.Newsletter, link)
	switch x.Answer {
	case store.SignupNothing:
		return nil
	case store.SignupKnown:
		claims := token.Claims{Newsletter: x.NewsletterID, Subscriber: subscriber}
		letter = d.letters.Known(w.Newsletter, d.link(token.Choose, claims, time.Time{}), d.link(token.Unsubscribe, claims, time.Time{}))
	}
	_, err := d.audience.ledger.AddNoticeTx(tx, &ledger.Notice{
		Key: signupKey(x.ID), Kind: x.Answer, NewsletterID: x.NewsletterID, SubscriberID: subscriber,
		Email: w.Address.String(), MadeBy: Reader, Letter: letter,
	})
	if err != nil {
		return err
	}
	return d.audience.store.AuditTx(tx, store.Entry{
		Actor: Reader, Action: "signup.ask", NewsletterID: x.NewsletterID, SubscriberID: subscriber, Detail: x.Source,
	})
}

func signupKey(id int64) string { return fmt.Sprintf("signup/%d", id) }

// link is an address of the readers' pages.
func (d *Door) link(p token.Purpose, c token.Claims, expires time.Time) string {
	return d.site + p.Path() + d.keys.Sign(p, c, expires)
}

// forgetStep is how many wishes one transaction forgets.
const forgetStep = 200

// Forget removes the wishes whose time is over, and the addresses of those who
// never confirmed. It is to be called now and then.
func (d *Door) Forget(ctx context.Context) error {
	a := d.audience
	for {
		var ids []int64
		err := a.store.DB().Write(ctx, func(tx *database.Tx) (err error) {
			if ids, err = a.store.ForgetSignupsTx(tx, forgetStep); err != nil {
				return err
			}
			for _, id := range ids {
				if err := a.ledger.ForgetNoticeTx(tx, signupKey(id)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(ids) < forgetStep {
			return err
		}
	}
}
