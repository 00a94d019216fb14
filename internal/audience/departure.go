package audience

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Leave ends a person's subscription to a newsletter and takes them out of every
// send of it that has not reached them. how says by which way they left. It is
// idempotent: already says that they had left before. A subscriber or
// subscription that is gone counts as left.
func (a *Audience) Leave(ctx context.Context, subscriberID, newsletterID int64, how, by string) (already bool, err error) {
	err = a.store.DB().WriteTogether(ctx, func(tx *database.Tx) error {
		already, err = a.LeaveTx(tx, subscriberID, newsletterID, how, by)
		return err
	})
	return already, err
}

// LeaveTx is Leave within the caller's transaction.
func (a *Audience) LeaveTx(tx *database.Tx, subscriberID, newsletterID int64, how, by string) (already bool, err error) {
	done, err := a.leaveTx(tx, &store.Departure{NewsletterID: newsletterID, SubscriberID: subscriberID, How: how}, by)
	return !done, err
}

func (a *Audience) leaveTx(tx *database.Tx, d *store.Departure, by string) (done bool, err error) {
	if done, err = a.store.DepartTx(tx, d); err != nil || !done {
		return false, err
	}
	if _, err := a.ledger.SkipTx(tx, d.SubscriberID, d.NewsletterID, "unsubscribed"); err != nil {
		return false, err
	}
	after := map[string]string{"state": "unsubscribed"}
	if d.Reason != "" {
		after["reason"] = d.Reason
	}
	return true, a.store.AuditTx(tx, store.Entry{
		Actor: by, Action: "subscription.leave", NewsletterID: d.NewsletterID, SubscriberID: d.SubscriberID,
		Detail: string(d.WasState) + " → unsubscribed, " + d.How,
		Before: values(map[string]string{"state": string(d.WasState)}), After: values(after),
	})
}

// How a reader left. The words are stored with the subscription.
const (
	// HowOneClick is the POST that a mail program or a mailbox provider sends
	// for its reader (RFC 8058 §3.1).
	HowOneClick = "one-click"
	// HowPage is the button of the page at the same address.
	HowPage = "page"
)

// Subscribed is how the subscription that a link for leaving names stands.
type Subscribed struct {
	Newsletter *newsletter.Newsletter
	// Left says that nothing is sent under this link any more.
	Left bool
}

// Subscribed looks at a subscription without changing anything. A subscriber who
// is gone has left.
func (d *Door) Subscribed(ctx context.Context, c token.Claims) (out Subscribed, err error) {
	s := d.audience.store
	if out.Newsletter, err = s.NewsletterByID(ctx, c.Newsletter); err != nil {
		return out, err
	}
	state, err := s.SubscriptionState(ctx, c.Subscriber, c.Newsletter)
	out.Left = state == "" || state == newsletter.SubscriptionUnsubscribed
	return out, err
}

// Left is what became of a reader's wish to leave.
type Left struct {
	Newsletter *newsletter.Newsletter
	// Already says that the reader had left before.
	Already bool
	// Undo is the token that takes it back; empty with Already.
	Undo string
	// Mailed says that the reader gets a mail about it.
	Mailed bool
}

// undoLetters is how many letters about leaving one subscription gets in a day.
const undoLetters = 3

// Leave ends the subscription that a link names, at once, also for a send under
// way. A press of the page's button, which anybody can do who has a forwarded
// bulletin, is told to the reader by a mail with the way back; a one-click POST,
// which the reader's own mail program sends, is not. It is idempotent.
func (d *Door) Leave(ctx context.Context, c token.Claims, how, reason string) (out Left, err error) {
	a := d.audience
	err = a.store.DB().WriteTogether(ctx, func(tx *database.Tx) error {
		out = Left{}
		if out.Newsletter, err = a.store.NewsletterTx(tx, c.Newsletter); err != nil {
			return err
		}
		departure := &store.Departure{NewsletterID: c.Newsletter, SubscriberID: c.Subscriber, How: how, Reason: plainReason(reason)}
		done, err := a.leaveTx(tx, departure, Reader)
		if err != nil {
			return err
		}
		if out.Already = !done; out.Already {
			return nil
		}
		expires := departure.At.Add(UndoFor)
		claims := token.Claims{Newsletter: c.Newsletter, Subscriber: c.Subscriber, Row: departure.ID}
		out.Undo = d.keys.Sign(token.Undo, claims, expires)
		if how != HowPage {
			return nil
		}
		out.Mailed, err = d.tellTx(tx, out.Newsletter, departure, d.link(token.Undo, claims, expires))
		return err
	})
	return out, err
}

// tellTx queues the mail about a leaving, unless the address must get nothing.
func (d *Door) tellTx(tx *database.Tx, n *newsletter.Newsletter, x *store.Departure, link string) (mailed bool, err error) {
	a := d.audience
	p, reason, err := a.reachTx(tx, x.SubscriberID, x.NewsletterID)
	if err != nil || p == nil || reason != "" {
		return false, err
	}
	// This one is written down already.
	told, err := a.store.DepartedSinceTx(tx, x, x.At.Add(-24*time.Hour))
	if err != nil || told > undoLetters {
		return false, err
	}
	return a.ledger.AddNoticeTx(tx, &ledger.Notice{
		Key: fmt.Sprintf("undo/%d", x.ID), Kind: "undo", NewsletterID: n.ID, SubscriberID: p.ID,
		Email: p.Email, Name: p.Name, MadeBy: Reader, Letter: d.letters.Undo(n, link),
	})
}

// maxReason is the longest reason for leaving that is kept, in characters.
const maxReason = 500

// plainReason makes what a reader wrote one paragraph without marks that a terminal
// could take for commands.
func plainReason(text string) string {
	if !utf8.ValidString(text) {
		return ""
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != 0x200c && r != 0x200d
	}), " ")
	if letters := []rune(text); len(letters) > maxReason {
		text = string(letters[:maxReason])
	}
	return text
}
