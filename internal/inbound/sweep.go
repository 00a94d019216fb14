package inbound

import (
	"context"
	"fmt"
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/inbound/bounce"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Limits of a sweep.
const (
	// sweepFor is how long after its end a bulletin is followed up: what is older,
	// such as from before there was a policy, is left alone.
	sweepFor = 14 * 24 * time.Hour
	// sweepStep is how many readers are followed up in one transaction.
	sweepStep = 100
	// More than half of the readers, and of at least as many, are not gone all at
	// once: a server that refuses them all is out of order.
	suspicious = 20
)

// sweep lets the newsletter's policy follow for those whom a server refused at
// once, when their bulletin has ended: nothing comes back of them.
func (i *Intake) sweep(ctx context.Context, j *judge) error {
	due, err := i.store.SweepsDue(ctx, i.store.Now().Add(-sweepFor))
	if err != nil {
		return err
	}
	for _, w := range due {
		if n := j.newsletters[w.NewsletterID]; n != nil {
			if err := i.sweepOne(ctx, j, n, w); err != nil {
				return err
			}
		}
		if err := i.store.Swept(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (i *Intake) sweepOne(ctx context.Context, j *judge, n *newsletter.Newsletter, w store.Sweep) error {
	c, err := i.store.CountsOfBulletin(ctx, w.BulletinID)
	if err != nil {
		return err
	}
	if c.Failed >= suspicious && 2*c.Failed > c.Handed {
		i.log.Warn("more than half of the readers were refused; no subscription is changed", "bulletin", c.Of, "refused", c.Failed, "of", c.Handed)
		return i.tellOfRefusals(ctx, n, w.BulletinID, c)
	}
	for after := int64(0); ; {
		list, err := i.ledger.Refused(ctx, w.BulletinID, w.After, after, sweepStep)
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].SubscriberID
		err = i.store.DB().Write(ctx, func(tx *database.Tx) error {
			for _, r := range list {
				if err := i.refusedTx(tx, j, n, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("follow up bulletin %d: %w", w.BulletinID, err)
		}
	}
}

// refusedTx lets the policy follow one refusal.
func (i *Intake) refusedTx(tx *database.Tx, j *judge, n *newsletter.Newsletter, r ledger.Refused) error {
	words := plainClass(r.Class)
	if !countsAgainst(words) {
		return nil
	}
	what := consequenceOf(bounce.Class(strings.ReplaceAll(words, " ", "-")), r.Enhanced, r.Code)
	if what == nothing { // one of package smtp's words that has no class here
		what = counted
	}
	person, err := i.store.SubscriberTx(tx, r.SubscriberID)
	if err != nil || person == nil {
		return err
	}
	a := &act{Intake: i, judge: j, tx: tx, by: Actor, person: person}
	return a.punish(n, words, what)
}

// tellOfRefusals warns the staff that a server seems to be out of order.
func (i *Intake) tellOfRefusals(ctx context.Context, n *newsletter.Newsletter, bulletinID int64, c store.Counts) error {
	return i.store.DB().Write(ctx, func(tx *database.Tx) error {
		_, err := i.tell(tx, n, fmt.Sprintf("warning/%d/refusals", bulletinID), &newsletter.Letter{
			Language: "en",
			Subject:  fmt.Sprintf("%s: most of bulletin %s was refused", n.Name, c.Of),
			Heading:  "Most readers were refused this bulletin",
			Paragraphs: []string{
				fmt.Sprintf("Of %d readers of bulletin %s, %d were refused. So many are not gone at once; a mail server seems to be out of order.", c.Handed, c.Of, c.Failed),
				"No subscription was changed for it. See what the servers said: epistle bulletins status " + c.Of,
			},
			Closing: []string{"This was sent to the editors and administrators of " + n.Name + "."},
		})
		return err
	})
}
