package audience

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// Story is all that is known of one person.
type Story struct {
	*store.Subscriber
	Suppressed []store.Suppression `json:"suppressed,omitempty"`
	Deliveries []ledger.Told       `json:"deliveries,omitempty"`
	CameBack   []*store.Inbound    `json:"came_back,omitempty"` // mail about them that came in
	Departures []store.Departure   `json:"departures,omitempty"`
	Wishes     []*store.Wish       `json:"wishes,omitempty"` // what waits for a link in a mail, or did
	History    []store.Entry       `json:"history,omitempty"`
}

// Story gathers a person's profile, subscriptions with their consent, every
// bulletin, and who did what.
func (a *Audience) Story(ctx context.Context, addr address.Address) (*Story, error) {
	p, err := a.store.Subscriber(ctx, addr)
	if err != nil {
		return nil, err
	}
	s := &Story{Subscriber: p}
	if s.Suppressed, err = a.store.SuppressionsOf(ctx, a.hash.AddressHash(addr.Key()), addr.Domain); err != nil {
		return nil, err
	}
	if s.Deliveries, err = a.ledger.Deliveries(ctx, p.ID, 0); err != nil {
		return nil, err
	}
	if s.CameBack, err = a.store.InboundOf(ctx, p.ID, addr.String()); err != nil {
		return nil, err
	}
	if s.Departures, err = a.store.Departures(ctx, p.ID); err != nil {
		return nil, err
	}
	if err := a.store.DB().Read(ctx, func(tx *database.Tx) (err error) {
		s.Wishes, err = a.store.WishesTx(tx, p.ID)
		return err
	}); err != nil {
		return nil, err
	}
	s.History, err = a.store.History(ctx, p.ID)
	return s, err
}

// Edit is what shall be changed of a person. Nil leaves a value as it is; an
// empty field goes.
type Edit struct {
	Email                    *address.Address
	Name, Language, TimeZone *string
	Fields                   map[string]string
}

// Edit changes a person's profile. The address of somebody else is refused.
func (a *Audience) Edit(ctx context.Context, addr address.Address, e Edit, by string) error {
	release, err := a.job(ctx) // an import that is being applied may be about the same person
	if err != nil {
		return err
	}
	defer release()
	p, err := a.store.Subscriber(ctx, addr)
	if err != nil {
		return err
	}
	before, after := map[string]string{}, map[string]string{}
	set := func(name string, to *string, value *string) {
		if value != nil && *value != *to {
			before[name], after[name] = *to, *value
			*to = *value
		}
	}
	set("name", &p.Name, e.Name)
	set("language", &p.Language, e.Language)
	set("time_zone", &p.TimeZone, e.TimeZone)
	now := addr
	if e.Email != nil {
		now = *e.Email
		text := now.String()
		set("email", &p.Email, &text)
	}
	fields := map[string]string{}
	for name, value := range e.Fields {
		if value != p.Fields[name] {
			before[name], after[name], fields[name] = p.Fields[name], value, value
		}
	}
	if len(after) == 0 {
		return nil
	}
	p.Fields = fields
	return a.store.DB().Write(ctx, func(tx *database.Tx) error {
		if e.Email != nil {
			reason, err := a.suppressedTx(tx, now, 0)
			if err != nil {
				return err
			}
			if reason == store.Erased || reason == store.Complained {
				return newsletter.Errorf(newsletter.Refused, "the new address is suppressed (%s)", reason).With("Ask the person for another one.")
			}
		}
		err := a.store.EditSubscriberTx(tx, p, now.Key(), a.hash.AddressHash(now.Key()))
		if database.IsUnique(err) {
			return newsletter.Errorf(newsletter.Conflict, "somebody has the address %s already", now).With("See: epistle subscribers show " + now.String())
		}
		if err != nil {
			return fmt.Errorf("edit subscriber %d: %w", p.ID, err)
		}
		return a.store.AuditTx(tx, store.Entry{
			Actor: by, Action: "subscriber.edit", SubscriberID: p.ID, Before: values(before), After: values(after),
		})
	})
}

func values(m map[string]string) string {
	data, err := json.Marshal(m)
	if err != nil {
		return "" // strings always marshal
	}
	return string(data)
}

// tagBatch is how many people are tagged in one transaction.
const tagBatch = 500

// Tag gives everyone of a selection a tag, or takes it away, in short
// transactions, and says of how many that changed anything.
func (a *Audience) Tag(ctx context.Context, sel store.Selection, tag string, has bool, by string) (changed int, err error) {
	if tag, err = tagName(tag); err != nil {
		return 0, err
	}
	release, err := a.job(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	var ids []int64
	if err := a.store.Select(ctx, sel, func(l store.Listed) error {
		if n := len(ids); n == 0 || ids[n-1] != l.SubscriberID { // who has several subscriptions comes several times
			ids = append(ids, l.SubscriberID)
		}
		return nil
	}); err != nil {
		return 0, err
	}
	for len(ids) > 0 {
		part := ids[:min(len(ids), tagBatch)]
		ids = ids[len(part):]
		n := 0
		err := a.store.DB().Write(ctx, func(tx *database.Tx) (err error) {
			n, err = a.tagTx(tx, part, tag, has, by)
			return err
		})
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}

func (a *Audience) tagTx(tx *database.Tx, ids []int64, tag string, has bool, by string) (n int, err error) {
	action := "subscriber.untag"
	if has {
		action = "subscriber.tag"
	}
	for _, id := range ids {
		changed, err := a.store.TagTx(tx, id, tag, has)
		if err != nil {
			return 0, err
		}
		if !changed {
			continue
		}
		n++
		e := store.Entry{Actor: by, Action: action, SubscriberID: id, After: values(map[string]string{"tag": tag})}
		if !has {
			e.Before, e.After = e.After, ""
		}
		if err := errors.Join(a.store.ClaimTx(tx, id), a.store.AuditTx(tx, e)); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// Pause keeps bulletins from a subscriber until they are resumed, also those of a
// send that is under way. Only an active subscription is paused.
func (a *Audience) Pause(ctx context.Context, subscriberID, newsletterID int64, by string) error {
	return a.turn(ctx, subscriberID, newsletterID, newsletter.SubscriptionPaused, "paused by staff", by, newsletter.SubscriptionActive)
}

// Resume makes a paused or suspended subscription active again; who has left
// stays away.
func (a *Audience) Resume(ctx context.Context, subscriberID, newsletterID int64, by string) error {
	return a.turn(ctx, subscriberID, newsletterID, newsletter.SubscriptionActive, "resumed by staff", by,
		newsletter.SubscriptionPaused, newsletter.SubscriptionSuspended)
}

func (a *Audience) turn(ctx context.Context, id, newsletterID int64, to newsletter.SubscriptionState, how, by string, from ...newsletter.SubscriptionState) error {
	return a.store.DB().Write(ctx, func(tx *database.Tx) error {
		before, ok, err := a.store.SetSubscriptionTx(tx, id, newsletterID, to, how)
		if err != nil || before == to {
			return err
		}
		allowed := false
		for _, f := range from {
			allowed = allowed || before == f
		}
		if !ok || !allowed {
			state := string(before)
			if !ok {
				state = "not there"
			}
			return newsletter.Errorf(newsletter.Refused, "the subscription is %s", state).
				With("Only the person's own sign-up changes that.")
		}
		if to != newsletter.SubscriptionActive {
			if _, err := a.ledger.SkipTx(tx, id, newsletterID, string(to)); err != nil {
				return err
			}
		}
		return a.store.AuditTx(tx, store.Entry{
			Actor: by, Action: "subscription." + strings.Fields(how)[0], NewsletterID: newsletterID, SubscriberID: id,
			Before: values(map[string]string{"state": string(before)}), After: values(map[string]string{"state": string(to)}),
		})
	})
}

// planStep is how many lines of stored plans one transaction looks at.
const planStep = 20_000

// Explain says in a sentence why an address gets a newsletter or not; with a
// bulletin, why it got that one, did not, or will not. b may be nil.
func (a *Audience) Explain(ctx context.Context, addr address.Address, n *newsletter.Newsletter, b *store.Bulletin) (string, error) {
	var reason string
	err := a.store.DB().Read(ctx, func(tx *database.Tx) (err error) {
		reason, err = a.suppressedTx(tx, addr, n.ID)
		return err
	})
	if err != nil {
		return "", err
	}
	p, err := a.store.Subscriber(ctx, addr)
	if newsletter.KindOf(err) == newsletter.NotFound {
		if reason == store.Erased {
			return fmt.Sprintf("%s gets nothing: the address was erased at its owner's wish.", addr), nil
		}
		return fmt.Sprintf("%s gets nothing: nobody here has this address.", addr), nil
	}
	if err != nil {
		return "", err
	}
	if b != nil {
		told, err := a.ledger.Deliveries(ctx, p.ID, b.ID)
		if err != nil {
			return "", err
		}
		if len(told) == 1 {
			return fmt.Sprintf("%s %s.", addr, delivered(told[0])), nil
		}
	}
	why := standing(p, n, reason)
	if wrote, err := a.reasonToLeave(ctx, p, n); err != nil {
		return "", err
	} else if wrote != "" {
		why += "; the reader wrote: “" + wrote + "”"
	}
	if b != nil {
		doc, err := a.store.Document(ctx, b.ID, 0)
		if err != nil {
			return "", err
		}
		if doc.Audience != "" {
			why += fmt.Sprintf(", and the bulletin is only for those who match: %s", doc.Audience)
		}
	}
	switch {
	case b == nil:
		return fmt.Sprintf("%s %s.", addr, why), nil
	case b.State == newsletter.BulletinSent || b.State == newsletter.BulletinCancelled || b.Frozen:
		return fmt.Sprintf("%s was not in the audience of bulletin %d when it was frozen; today it %s.", addr, b.Number, why), nil
	}
	return fmt.Sprintf("Bulletin %d has not been sent yet; %s %s.", b.Number, addr, why), nil
}

// reasonToLeave is what a person wrote who has left a newsletter; empty when they
// get it, or wrote nothing.
func (a *Audience) reasonToLeave(ctx context.Context, p *store.Subscriber, n *newsletter.Newsletter) (string, error) {
	list, err := a.store.Departures(ctx, p.ID)
	if err != nil {
		return "", err
	}
	for _, d := range list {
		if d.NewsletterID == n.ID { // the latest
			if !d.UndoneAt.IsZero() || !slices.ContainsFunc(p.Subscriptions, func(s store.Subscription) bool {
				return s.NewsletterID == n.ID && s.State == newsletter.SubscriptionUnsubscribed
			}) {
				return "", nil
			}
			return d.Reason, nil
		}
	}
	return "", nil
}

// standing says what a person's subscription means today.
func standing(p *store.Subscriber, n *newsletter.Newsletter, suppressed string) string {
	if suppressed != "" {
		return fmt.Sprintf("gets nothing from %s: the address is suppressed (%s)", n.Name, suppressed)
	}
	for _, s := range p.Subscriptions {
		if s.NewsletterID != n.ID {
			continue
		}
		if s.State == newsletter.SubscriptionActive {
			return fmt.Sprintf("gets %s: subscribed on %s, %s%s", n.Name, day(s.Since), orUnknown(s.How), chose(s.Choice))
		}
		if !s.PausedUntil.IsZero() {
			return fmt.Sprintf("does not get %s: the subscription is paused since %s, %s, until %s", n.Name, day(s.Since), orUnknown(s.How), s.PausedUntil.UTC().Format("2006-01-02 15:04 MST"))
		}
		return fmt.Sprintf("does not get %s: the subscription is %s since %s, %s", n.Name, s.State, day(s.Since), orUnknown(s.How))
	}
	return "does not get " + n.Name + ": there is no subscription"
}

// chose says what a reader declined; nothing when that is nothing.
func chose(c *newsletter.Choice) string {
	if c == nil {
		return ""
	}
	return "; chose: " + c.String()
}

func orUnknown(how string) string {
	if how == "" {
		return "nobody wrote down how"
	}
	return how
}

// delivered says what became of one delivery, with the server's words.
func delivered(t ledger.Told) string {
	words := ""
	if t.Reply != "" || t.Code != 0 {
		words = fmt.Sprintf("; the server said: %d %s", t.Code, strings.TrimSpace(t.Enhanced+" "+t.Reply))
	}
	at := t.At.UTC().Format("2006-01-02 15:04 MST")
	if t.At.Equal(time.Time{}) {
		at = "a time that is not known"
	}
	why := ""
	if t.Class != "" {
		why = " (" + t.Class + ")"
	}
	switch t.State {
	case newsletter.DeliverySent.String():
		return fmt.Sprintf("got bulletin %s: its server took it at %s%s", t.Bulletin, at, words)
	case newsletter.DeliveryFailed.String():
		return fmt.Sprintf("did not get bulletin %s: it was refused at %s%s%s", t.Bulletin, at, why, words)
	case newsletter.DeliveryUncertain.String():
		return fmt.Sprintf("may have got bulletin %s: the connection was lost at %s before the server answered", t.Bulletin, at)
	case newsletter.DeliverySkipped.String(), newsletter.DeliveryCancelled.String():
		return fmt.Sprintf("did not get bulletin %s: it was %s%s", t.Bulletin, t.State, why)
	case newsletter.DeliveryDeferred.String():
		return fmt.Sprintf("has not got bulletin %s yet: %s tried, it will be tried again%s%s", t.Bulletin, terminal.Times(t.Attempts), why, words)
	}
	return fmt.Sprintf("will get bulletin %s: it is %s", t.Bulletin, t.State)
}

// TagOne is Tag for one person.
func (a *Audience) TagOne(ctx context.Context, addr address.Address, tag string, has bool, by string) (changed int, err error) {
	if tag, err = tagName(tag); err != nil {
		return 0, err
	}
	p, err := a.store.Subscriber(ctx, addr)
	if err != nil {
		return 0, err
	}
	err = a.store.DB().Write(ctx, func(tx *database.Tx) (err error) {
		changed, err = a.tagTx(tx, []int64{p.ID}, tag, has, by)
		return err
	})
	return changed, err
}

func tagName(tag string) (string, error) {
	if tag = strings.TrimSpace(tag); tag == "" || legible(tag) != nil || strings.Contains(tag, ",") {
		return "", newsletter.Errorf(newsletter.Usage, "%q cannot be a tag", tag).With("A tag is a word or few, without commas.")
	}
	return tag, nil
}
