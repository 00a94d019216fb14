package inbound

import (
	"fmt"
	"strings"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/inbound/bounce"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Actor is who acts, in the audit log, when a message does.
const Actor = "inbound"

// act is the work on one message within its transaction.
type act struct {
	*Intake
	*judge
	tx *database.Tx
	by string
	// byHand is set when a person has decided: their word stands for the proof.
	byHand bool
	id     int64 // of the message
	v      *store.InboundVerdict
	report *bounce.Report // nil when by hand

	person  *store.Subscriber // whom it is about; nil when nobody here is
	effects []string
	// ask is set when a person has to decide.
	ask bool
	// gone is set when it is about somebody who is not here any more: then nothing
	// of them is kept.
	gone bool
}

// actTx acts on one message in the transaction that also notes it. ok is false
// when somebody else has acted on it.
func (i *Intake) actTx(tx *database.Tx, j *judge, m judged) (ok bool, err error) {
	if ok, err = i.store.ClaimInboundTx(tx, m.ID, store.InboundWaiting); err != nil || !ok {
		return false, err
	}
	v := verdictOf(m.report)
	a := &act{Intake: i, judge: j, tx: tx, by: Actor, id: m.ID, v: &v, report: m.report}
	if err := a.identify(); err != nil {
		return false, err
	}
	if err := a.follow(); err != nil {
		return false, err
	}
	if v.Forged > 0 {
		i.log.Warn("a message bore forged tokens; they were refused", "message", m.ID, "tokens", v.Forged)
	}
	return true, a.settle()
}

// verdictOf is what a report says, as it is kept.
func verdictOf(r *bounce.Report) store.InboundVerdict {
	p := r.Verdict()
	v := store.InboundVerdict{
		Kind: string(r.Kind), Class: string(p.Class), Hard: p.Hard, Action: string(p.Action), Status: p.Status, Code: p.Code,
		Diagnostic: p.Diagnostic, Evidence: p.Evidence, Remote: p.RemoteMTA, Address: p.Address, Final: p.Final,
		FoundBy: string(p.Source), Verified: p.Verified, NewsletterID: p.Identity.Newsletter, BulletinID: p.Identity.Bulletin,
		SubscriberID: p.Identity.Subscriber, Subject: r.Subject, From: r.From, ReturnedID: r.ReturnedMessageID,
		Forged: r.ForgedTokens, Reason: r.NotIdentifiable, Unnamed: r.NotIdentifiable,
	}
	for _, p := range r.Recipients {
		v.Recipients = append(v.Recipients, store.InboundRecipient{
			Address: p.Address, Final: p.Final, FoundBy: string(p.Source), Verified: p.Verified, Class: string(p.Class), Hard: p.Hard,
			Action: string(p.Action), Status: p.Status, Code: p.Code, Command: p.Command, Diagnostic: p.Diagnostic, Evidence: p.Evidence, Remote: p.RemoteMTA,
		})
	}
	if class := classOf(r.Kind); class != "" && (v.Class == "" || v.Class == string(bounce.Unknown)) {
		v.Class = string(class)
	}
	if !v.Verified && r.ProvenBy != "" { // a message that is none of the known ones, to an address of ours
		v.Verified, v.FoundBy = true, string(r.ProvenBy)
		v.NewsletterID, v.BulletinID, v.SubscriberID = r.Proven.Newsletter, r.Proven.Bulletin, r.Proven.Subscriber
	}
	return v
}

// classOf is the class of a message of which the kind says all.
func classOf(kind bounce.Kind) bounce.Class {
	switch kind {
	case bounce.Complaint:
		return bounce.Complained
	case bounce.Unsubscribe:
		return bounce.Unsubscribed
	case bounce.AutoReply:
		return bounce.Automatic
	}
	return bounce.Unknown
}

// follow does what the message asks for.
func (a *act) follow() error {
	kind := bounce.Kind(a.v.Kind)
	switch {
	case kind == bounce.AutoReply:
		a.v.Reason = "an automatic answer changes nothing"
		return nil
	case kind == bounce.Other && a.byHand:
		a.v.Reason = "put aside"
		return nil
	case kind == bounce.Other || kind == bounce.Challenge || kind == bounce.AddressChange:
		a.leaveToPerson(map[bounce.Kind]string{
			bounce.Challenge: "somebody's filter wants an answer; nobody is answered", bounce.AddressChange: "a reader may have a new address",
		}[kind])
		return nil
	case a.gone:
		a.v.Reason = "the person is not here any more"
		return nil
	case !a.v.Verified && !a.byHand:
		a.inform(kind)
		return nil
	case a.report != nil && a.report.Loop && kind == bounce.Bounce && !a.isOurs():
		a.v.Reason = "it is a report about a report"
		return nil
	}
	if a.byHand && a.v.SubscriberID == 0 && a.v.NoticeID == 0 {
		a.v.Reason = "it names nobody who is here"
	}
	if kind == bounce.Bounce && !a.byHand {
		kind = ofTheMildest(bounce.Action(a.v.Action))
	}
	switch kind {
	case bounce.Bounce:
		return a.bounced()
	case bounce.Delayed, bounce.Delivered:
		return a.arrived(kind)
	case bounce.Complaint:
		return a.complained()
	case bounce.Unsubscribe:
		return a.leaves()
	}
	return fmt.Errorf("message %d is of the unknown kind %q", a.id, kind)
}

// ofTheMildest is what a report about several forwardings of one reader means for
// the reader: it failed only if all of them did.
func ofTheMildest(action bounce.Action) bounce.Kind {
	switch action {
	case bounce.ActionDelivered, bounce.ActionRelayed, bounce.ActionExpanded:
		return bounce.Delivered
	case bounce.ActionDelayed:
		return bounce.Delayed
	}
	return bounce.Bounce
}

// isOurs says whether the message that came back is the very one the token names.
func (a *act) isOurs() bool {
	left, _, _ := strings.Cut(strings.ToLower(a.v.ReturnedID), "@")
	if a.v.NoticeID != 0 {
		return left == a.secrets.MessageID.MessageID("notice", a.v.NoticeID, 0)
	}
	return left == a.secrets.MessageID.MessageID("bulletin", a.v.BulletinID, a.v.SubscriberID)
}

// leaveToPerson keeps the message for somebody to decide, and says why unless the
// report has.
func (a *act) leaveToPerson(why string) {
	a.ask = true
	if a.v.Reason == "" {
		a.v.Reason = why
	}
}

// inform is for what proves nothing. It changes nothing; a person is asked when it
// speaks of somebody here, or asks for something that must not be missed.
func (a *act) inform(kind bounce.Kind) {
	a.v.Reason = "nothing in it proves whom it is about"
	switch {
	case a.report != nil && a.report.CFBL && !a.report.Aligned:
		a.v.Reason = "the report is not signed by its sender's domain (RFC 9477 §3.1)"
	case kind == bounce.Complaint || kind == bounce.Unsubscribe || kind == bounce.Bounce && a.person != nil:
		a.ask = true
	case kind == bounce.Delayed || kind == bounce.Delivered:
		a.v.Reason = ""
	}
}

// did notes an effect.
func (a *act) did(format string, args ...any) {
	a.effects = append(a.effects, fmt.Sprintf(format, args...))
}

// settle writes what was read and what followed.
func (a *act) settle() error {
	v := a.v
	v.Effect = strings.Join(a.effects, "; ")
	state, until := store.InboundDone, a.store.Now().Add(RawFor)
	switch {
	case a.gone:
		// Of somebody who is gone only what counts is kept.
		v.Recipients = nil
		v.Address, v.Final, v.Diagnostic, v.Evidence, v.Subject, v.From, v.ReturnedID = "", "", "", "", "", "", ""
		until = a.store.Now()
	case a.ask:
		state, until = store.InboundPerson, time.Time{}
	}
	return a.store.SettleInboundTx(a.tx, a.id, v, state, until)
}

// identify finds out whom the message is about: by its tokens, else by the
// Message-ID of the message that came back and the address it names. An address
// alone only says whom to tell a person of.
func (a *act) identify() error {
	if !a.v.Verified {
		return a.identifyByAddress()
	}
	if a.v.BulletinID == 0 && a.v.NewsletterID == 0 { // the envelope sender of a notice
		if err := a.identifyNotice(); err != nil || a.v.SubscriberID == 0 {
			return err
		}
	}
	if a.v.NewsletterID == 0 {
		b, err := a.store.BulletinTx(a.tx, a.v.BulletinID)
		if newsletter.KindOf(err) == newsletter.NotFound {
			a.v.Reason, a.gone = "the bulletin is not here any more", true
			return nil
		}
		if err != nil {
			return err
		}
		a.v.NewsletterID = b.NewsletterID
	}
	return a.meet(a.v.SubscriberID)
}

// identifyNotice reads the token of a notice, which has its number in place of the
// reader's.
func (a *act) identifyNotice() error {
	a.v.NoticeID, a.v.SubscriberID = a.v.SubscriberID, 0
	newsletterID, subscriberID, ok, err := a.ledger.NoticeToTx(a.tx, a.v.NoticeID)
	if err != nil {
		return err
	}
	if !ok {
		a.gone = true
		return nil
	}
	a.v.NewsletterID, a.v.SubscriberID = newsletterID, subscriberID
	return nil
}

// meet reads who somebody is.
func (a *act) meet(id int64) (err error) {
	if a.person, err = a.store.SubscriberTx(a.tx, id); err == nil {
		a.gone = a.person == nil
	}
	return err
}

// candidates is how many bulletins and notices of a person are compared with the Message-ID
// that came back.
const candidates = 60

// identifyByAddress looks for the person by the addresses in the message, and for
// the proof in the Message-ID of what came back: only who got the message, and the
// servers on its way, know it.
func (a *act) identifyByAddress() error {
	left, _, _ := strings.Cut(strings.ToLower(a.v.ReturnedID), "@")
	for _, text := range []string{a.v.Address, a.v.Final} {
		addr, err := address.Parse(text)
		if err != nil {
			continue
		}
		id, err := a.store.SubscriberByKeyTx(a.tx, addr.Key())
		if err != nil {
			return err
		}
		if id == 0 {
			if a.gone, err = a.audience.ErasedTx(a.tx, addr); err != nil || a.gone {
				return err
			}
			continue
		}
		if a.v.SubscriberID == 0 {
			a.v.SubscriberID = id
		}
		proven, err := a.provenBy(left, id)
		if err != nil {
			return err
		}
		if proven {
			a.v.Verified, a.v.FoundBy, a.v.SubscriberID = true, foundByMessageID, id
			break
		}
	}
	if a.v.SubscriberID == 0 {
		return nil
	}
	return a.meet(a.v.SubscriberID)
}

// foundByMessageID is a way to find a person that package bounce cannot know.
const foundByMessageID = "message-id"

// provenBy looks for the bulletin or the notice whose message to a person had this
// Message-ID.
func (a *act) provenBy(left string, subscriberID int64) (proven bool, err error) {
	if left == "" {
		return false, nil
	}
	sent, err := a.ledger.SentToTx(a.tx, subscriberID, candidates)
	if err != nil {
		return false, err
	}
	for _, s := range sent {
		if a.secrets.MessageID.MessageID("bulletin", s.BulletinID, subscriberID) == left {
			a.v.BulletinID, a.v.NewsletterID = s.BulletinID, s.NewsletterID
			return true, nil
		}
	}
	notices, err := a.ledger.NoticesToTx(a.tx, subscriberID, candidates)
	if err != nil {
		return false, err
	}
	for _, n := range notices {
		if a.secrets.MessageID.MessageID("notice", n.ID, 0) == left {
			a.v.NoticeID, a.v.NewsletterID = n.ID, n.NewsletterID
			return true, nil
		}
	}
	return false, nil
}
