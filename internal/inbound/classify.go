package inbound

import (
	"context"
	"fmt"
	"strings"

	"epistle/internal/database"
	"epistle/internal/inbound/bounce"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Classes are the words that a person may decide for.
func Classes() []bounce.Class {
	return []bounce.Class{
		bounce.UnknownUser, bounce.DomainGone, bounce.MailboxFull, bounce.MailboxDisabled, bounce.Policy, bounce.ContentRefused,
		bounce.TooBig, bounce.Temporary, bounce.Automatic, bounce.Complained, bounce.Unsubscribed, bounce.Unknown,
	}
}

// Classify is a person's decision about a message. It is acted on as if the message
// had said so, for whomever its token names, else for whoever has the address that
// it names: the person's word stands for the proof. bounce.Unknown puts it aside. What followed from an earlier
// judgement is not taken back.
func (i *Intake) Classify(ctx context.Context, id int64, class bounce.Class, by string) (*store.Inbound, error) {
	j, err := i.judge(ctx)
	if err != nil {
		return nil, err
	}
	m, _, err := i.store.InboundByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if m.State == store.InboundWaiting {
		return nil, newsletter.Errorf(newsletter.Conflict, "message %d has not been read yet", id).With("Try again in a moment.")
	}
	v := m.InboundVerdict
	err = i.store.DB().Write(ctx, func(tx *database.Tx) error {
		ok, err := i.store.ClaimInboundTx(tx, id, m.State)
		if err != nil {
			return err
		}
		if !ok {
			return newsletter.Errorf(newsletter.Conflict, "message %d has changed at this moment", id).With("Try again.")
		}
		before := v.Class
		v = m.InboundVerdict
		v.Kind, v.Class, v.Hard, v.DecidedBy, v.Reason = string(kindOf(class)), string(class), class.Hard(), by, ""
		a := &act{Intake: i, judge: j, tx: tx, by: by, byHand: true, id: id, v: &v}
		if v.SubscriberID != 0 {
			if err := a.meet(v.SubscriberID); err != nil {
				return err
			}
		}
		if err := a.follow(); err != nil {
			return err
		}
		if err := a.settle(); err != nil {
			return err
		}
		return i.store.AuditTx(tx, store.Entry{
			Actor: by, Action: "bounce.classify", NewsletterID: v.NewsletterID, BulletinID: v.BulletinID, SubscriberID: v.SubscriberID,
			Detail: strings.TrimSpace(fmt.Sprintf("message %d: %s → %s", id, before, class)),
		})
	})
	if err != nil {
		return nil, err
	}
	if err := i.watch(ctx, j); err != nil {
		return nil, err
	}
	m, _, err = i.store.InboundByID(ctx, id)
	return m, err
}

// kindOf is the kind of message that has a class.
func kindOf(class bounce.Class) bounce.Kind {
	switch class {
	case bounce.Automatic:
		return bounce.AutoReply
	case bounce.Complained:
		return bounce.Complaint
	case bounce.Unsubscribed:
		return bounce.Unsubscribe
	case bounce.Unknown:
		return bounce.Other
	}
	return bounce.Bounce
}
