package inbound

import (
	"fmt"
	"strings"
	"time"

	"epistle/internal/audience"
	"epistle/internal/inbound/bounce"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// bounced is a failure: of the delivery, and perhaps of the address.
func (a *act) bounced() error {
	class := bounce.Class(a.v.Class)
	if err := a.late(newsletter.DeliveryFailed, ledgerWords(class)); err != nil {
		return err
	}
	if a.v.Class == string(bounce.Unknown) && !a.byHand {
		a.leaveToPerson("nothing in it says why the delivery failed")
	}
	what := consequenceOf(class, a.v.Status, a.v.Code)
	if what == sender {
		return a.warn()
	}
	if a.person == nil { // a notice to the staff, or a person's word about nobody
		return nil
	}
	newsletters, err := a.concerned()
	if err != nil {
		return err
	}
	for _, id := range newsletters {
		if n := a.newsletters[id]; n != nil {
			if err := a.punish(n, strings.ReplaceAll(string(class), "-", " "), what); err != nil {
				return err
			}
		}
	}
	return nil
}

// concerned are the newsletters that the message is about: the one it names, or,
// where a person has decided about an address alone, all that the reader has.
func (a *act) concerned() ([]int64, error) {
	if a.v.NewsletterID != 0 {
		return []int64{a.v.NewsletterID}, nil
	}
	return a.store.SubscribedToTx(a.tx, a.person.ID)
}

// punish lets a newsletter's policy follow a failure; words say which.
func (a *act) punish(n *newsletter.Newsletter, words string, what consequence) error {
	policy := n.Bounces
	if what == atOnce || what == onRepeat {
		return a.punishHard(n, words, what)
	}
	if what != counted || policy.Soft == 0 {
		return nil
	}
	now := a.store.Now()
	outcomes, err := a.ledger.OutcomesTx(a.tx, a.person.ID, n.ID, now.Add(-time.Duration(policy.Weeks)*7*24*time.Hour))
	if err != nil {
		return err
	}
	failed := streak(outcomes, countsAgainst, now)
	if failed < policy.Soft {
		a.did("%d of %d failures in %s", failed, policy.Soft, n.Slug)
		return nil
	}
	return a.suspend(n, fmt.Sprintf("mail bounced %s within %s: %s", terminal.Times(failed), weeks(policy.Weeks), words))
}

func (a *act) punishHard(n *newsletter.Newsletter, words string, what consequence) error {
	if n.Bounces.Hard == newsletter.HardNothing {
		return nil
	}
	if what == onRepeat && !a.byHand {
		now := a.store.Now()
		outcomes, err := a.ledger.OutcomesTx(a.tx, a.person.ID, n.ID, now.Add(-repeatWithin))
		if err != nil {
			return err
		}
		if streak(outcomes, isDomainGone, now) < 2 {
			a.did("the address is given a second chance in %s", n.Slug)
			return nil
		}
	}
	how := "mail bounced: " + words
	if n.Bounces.Hard == newsletter.HardUnsubscribe {
		already, err := a.audience.LeaveTx(a.tx, a.person.ID, n.ID, how, a.by)
		if err == nil && !already {
			a.did("the subscription to %s is ended", n.Slug)
		}
		return err
	}
	return a.suspend(n, how)
}

// repeatWithin is how far back the first of two failures may lie.
const repeatWithin = 90 * 24 * time.Hour

func (a *act) suspend(n *newsletter.Newsletter, how string) error {
	done, err := a.audience.SuspendTx(a.tx, a.person.ID, n.ID, how, a.by)
	if err == nil && done {
		a.did("the subscription to %s is suspended", n.Slug)
	}
	return err
}

func weeks(n int) string {
	if n == 1 {
		return "a week"
	}
	return fmt.Sprintf("%d weeks", n)
}

// late writes what is now known of the delivery.
func (a *act) late(state newsletter.DeliveryState, class string) error {
	ref := ledger.Ref{BulletinID: a.v.BulletinID, SubscriberID: a.v.SubscriberID, NoticeID: a.v.NoticeID}
	if ref.BulletinID == 0 && ref.NoticeID == 0 {
		return nil
	}
	changed, err := a.ledger.LateTx(a.tx, ref, ledger.Late{
		State: state, Code: a.v.Code, Enhanced: a.v.Status, Reply: a.v.Diagnostic, Class: class,
	}, a.byHand)
	if err != nil || !changed {
		return err
	}
	what := "the delivery"
	if ref.NoticeID != 0 {
		what = "the notice"
	}
	a.did("%s is %s now", what, state)
	return a.store.AuditTx(a.tx, store.Entry{
		Actor: a.by, Action: "delivery." + state.String(), NewsletterID: a.v.NewsletterID, BulletinID: a.v.BulletinID,
		SubscriberID: a.v.SubscriberID, Detail: strings.TrimSpace(fmt.Sprintf("%s, by message %d", class, a.id)),
	})
}

// settled is the class of a delivery that a report has shown to have arrived.
const settled = "settled by a report"

// arrived is a report that a server has, or still tries to hand on: an uncertain
// delivery was taken.
func (a *act) arrived(kind bounce.Kind) error {
	if kind == bounce.Delayed {
		a.v.Reason = "a server still tries; a delay is no bounce"
	}
	return a.late(newsletter.DeliverySent, settled)
}

// complained is a reader who called a mail unwanted.
func (a *act) complained() error {
	if a.report != nil && a.report.CFBL && !a.report.Aligned {
		a.v.Reason = "the report is not signed by its sender's domain (RFC 9477 §3.1)"
		return nil
	}
	if err := a.late(newsletter.DeliverySent, settled); err != nil {
		return err
	}
	if a.person == nil {
		a.leaveToPerson("it is about a mail to the staff")
		return nil
	}
	ended, err := a.audience.ComplainTx(a.tx, a.person, a.by)
	if err != nil {
		return err
	}
	a.did("the address is suppressed everywhere")
	if ended > 0 {
		a.did("%s ended", terminal.Plural(ended, "subscription is", "subscriptions are"))
	}
	return nil
}

// leaves is a reader's wish to leave by mail. What comes from "<>" was not written
// by a reader.
func (a *act) leaves() error {
	if a.report != nil && a.report.NullSender {
		a.leaveToPerson(`a wish to leave came from "<>", which no reader writes from`)
		return nil
	}
	if a.person == nil {
		a.leaveToPerson("it is about a mail to the staff")
		return nil
	}
	newsletters, err := a.concerned()
	if err != nil {
		return err
	}
	by := a.by
	if !a.byHand {
		by = audience.Reader
	}
	for _, id := range newsletters {
		already, err := a.audience.LeaveTx(a.tx, a.person.ID, id, byMail, by)
		if err != nil {
			return err
		}
		slug := "the newsletter"
		if n := a.newsletters[id]; n != nil {
			slug = n.Slug
		}
		if already {
			a.v.Reason = "they had left " + slug + " before"
			continue
		}
		a.did("the subscription to %s is ended", slug)
	}
	return nil
}

// byMail is how somebody left who wrote to the address in List-Unsubscribe.
const byMail = "mailto"
