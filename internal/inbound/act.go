package inbound

import (
	"time"

	"epistle/internal/database"
	"epistle/internal/inbound/bounce"
	"epistle/internal/store"
)

// actTx acts on one message in the transaction that also notes it. ok is false
// when somebody else has acted on it.
func (i *Intake) actTx(tx *database.Tx, j *judge, m judged) (ok bool, err error) {
	if ok, err = i.store.ClaimInboundTx(tx, m.ID, store.InboundWaiting); err != nil || !ok {
		return false, err
	}
	v := verdictOf(m.report)
	state, until := store.InboundDone, i.store.Now().Add(RawFor)
	if m.report.Kind == bounce.Other {
		state, until = store.InboundPerson, time.Time{}
		v.Reason = m.report.NotIdentifiable
	}
	return true, i.store.SettleInboundTx(tx, m.ID, &v, state, until)
}

// verdictOf is what a report says, as it is kept.
func verdictOf(r *bounce.Report) store.InboundVerdict {
	p := r.Verdict()
	return store.InboundVerdict{
		Kind: string(r.Kind), Class: string(p.Class), Hard: p.Hard, Action: string(p.Action), Status: p.Status, Code: p.Code,
		Diagnostic: p.Diagnostic, Evidence: p.Evidence, Remote: p.RemoteMTA, Address: p.Address, Final: p.Final,
		FoundBy: string(p.Source), Verified: p.Verified, NewsletterID: p.Identity.Newsletter, BulletinID: p.Identity.Bulletin,
		SubscriberID: p.Identity.Subscriber, Subject: r.Subject, From: r.From, ReturnedID: r.ReturnedMessageID, Forged: r.ForgedTokens,
	}
}
