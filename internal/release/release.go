// Package release holds the rules by which a bulletin leaves: what must hold
// before it may, and who stops it.
//
// Send goes in order: the bulletin is approved for the hash it has now, the
// preflight is run on the real message, and only then does the state change that
// makes package delivery send it. Proofs, pause, resume and cancel change rows in
// the same way. Commands, the schedule and later the console all come through
// here, so that a rule cannot be walked around.
package release

import (
	"context"
	"fmt"

	"epistle/internal/database"
	"epistle/internal/delivery"
	"epistle/internal/filter"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/preflight"
	"epistle/internal/store"
)

// Desk is where a bulletin is let go.
type Desk struct {
	store     *store.Store
	ledger    *ledger.Ledger
	composer  *delivery.Composer
	publicURL string
}

// New makes a Desk. publicURL is where readers reach the pages.
func New(s *store.Store, l *ledger.Ledger, c *delivery.Composer, publicURL string) *Desk {
	return &Desk{store: s, ledger: l, composer: c, publicURL: publicURL}
}

// Check runs the preflight on a bulletin as it stands.
func (d *Desk) Check(ctx context.Context, b *store.Bulletin) ([]preflight.Result, error) {
	results, _, err := d.check(ctx, b)
	return results, err
}

// check is Check, and tells the newest protected entry that its gate knew.
func (d *Desk) check(ctx context.Context, b *store.Bulletin) (results []preflight.Result, last int64, err error) {
	return d.checkWith(ctx, b, nil)
}

func (d *Desk) checkWith(ctx context.Context, b *store.Bulletin, online *preflight.Online) (results []preflight.Result, last int64, err error) {
	gate, last, err := d.store.Gate(ctx, b.NewsletterID)
	if err != nil {
		return nil, 0, err
	}
	in, err := d.input(ctx, b)
	if err != nil {
		// The error may repeat words of the bulletin, so the gate speaks first.
		if doc, other := d.store.Document(ctx, b.ID, 0); other == nil {
			results = preflight.Guard(gate, doc)
		}
		if len(results) > 0 {
			err = nil
		}
		return results, last, err
	}
	in.Gate, in.Online = gate, online
	return preflight.Check(in), last, nil
}

// input gathers what the preflight looks at, but for the gate.
func (d *Desk) input(ctx context.Context, b *store.Bulletin) (in preflight.Input, err error) {
	n, err := d.store.NewsletterByID(ctx, b.NewsletterID)
	if err != nil {
		return in, err
	}
	edition, err := d.composer.Edition(ctx, b, 0)
	if err != nil {
		return in, err
	}
	// The sample is written like any other message, to the newsletter itself; it
	// goes nowhere.
	sample, err := edition.Message(ledger.Delivery{Ref: ledger.Ref{BulletinID: b.ID}, Email: n.From.Email})
	if err != nil {
		return in, fmt.Errorf("write a sample message: %w", err)
	}
	in = preflight.Input{
		Newsletter: n, Document: edition.Document(), Rendered: edition.Rendered(), Message: sample,
		PublicURL: d.publicURL, SignerDomains: d.composer.Signs(),
	}
	if in.Items, err = d.items(ctx, b); err != nil {
		return in, err
	}
	if in.Overrides, err = d.overrides(ctx, b); err != nil {
		return in, err
	}
	if in.Audience, err = d.audience(ctx, n.ID, in.Document.Audience); err != nil {
		return in, err
	}
	if in.Previous, err = d.previous(ctx, b); err != nil {
		return in, err
	}
	return in, nil
}

// audience counts those who would get a bulletin with this filter.
func (d *Desk) audience(ctx context.Context, newsletterID int64, where string) (int, error) {
	if where == "" {
		counts, err := d.store.CountSubscriptions(ctx, newsletterID)
		return counts[newsletter.SubscriptionActive], err
	}
	chosen, err := filter.Parse(where)
	if err != nil {
		return 0, err
	}
	return d.store.Count(ctx, store.Selection{NewsletterID: newsletterID, State: newsletter.SubscriptionActive, Where: chosen})
}

func (d *Desk) items(ctx context.Context, b *store.Bulletin) ([]preflight.ItemState, error) {
	items, err := d.store.Items(ctx, store.ItemFilter{BulletinID: b.ID})
	if err != nil {
		return nil, err
	}
	states := make([]preflight.ItemState, len(items))
	for i, item := range items {
		state := item.State
		if state == newsletter.ItemUsed && item.ApprovedBy == "" {
			state = newsletter.ItemDraft
		}
		states[i] = preflight.ItemState{ID: item.ID, State: state, Section: item.Section, Expired: !item.ValidOn(b.Date)}
	}
	return states, nil
}

// lookBack is how many earlier bulletins a repetition is looked for in.
const lookBack = 8

// previous are the newsletter's bulletins that left before this one, newest first.
func (d *Desk) previous(ctx context.Context, b *store.Bulletin) ([]preflight.Previous, error) {
	list, err := d.store.Bulletins(ctx, b.NewsletterID, 3*lookBack)
	if err != nil {
		return nil, err
	}
	var previous []preflight.Previous
	for _, p := range list {
		if p.ID == b.ID || p.State != newsletter.BulletinSent || len(previous) == lookBack {
			continue
		}
		doc, err := d.store.Document(ctx, p.ID, 0)
		if err != nil {
			return nil, err
		}
		before := preflight.Previous{Document: doc}
		if len(previous) == 0 { // to count a large ledger takes its time
			balance, err := d.ledger.Balance(ctx, p.ID)
			if err != nil {
				return nil, err
			}
			before.Audience = balance.Audience()
		}
		previous = append(previous, before)
	}
	return previous, nil
}

// Refusal is the error of a bulletin that preflight does not let go.
func Refusal(b *store.Bulletin, results []preflight.Result) error {
	var faults newsletter.Faults
	for _, r := range results {
		if r.Verdict == preflight.Error {
			faults = append(faults, newsletter.Errorf(newsletter.Refused, "%s: %s", r.Name, r.Message).At(r.Place).With(r.Remedy))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	separator := " "
	if len(faults) > 1 {
		separator = "\n"
	}
	return newsletter.Errorf(newsletter.Refused, "preflight does not let bulletin %d go:%s%w", b.Number, separator, faults)
}

// Send lets a bulletin leave: it must be approved for its current hash and pass
// preflight. On one that is being sent or was sent it changes nothing, a paused
// one goes on.
func (d *Desk) Send(ctx context.Context, b *store.Bulletin, by string) (*store.Bulletin, error) {
	switch b.State {
	case newsletter.BulletinSending:
		return b, d.guard(ctx, b)
	case newsletter.BulletinSent:
		return b, nil
	case newsletter.BulletinPaused:
		return d.Resume(ctx, b, by)
	case newsletter.BulletinCancelled:
		return nil, newsletter.Errorf(newsletter.Refused, "bulletin %d is cancelled and will not leave", b.Number).
			With("Make another one for the same date with --extra.")
	}
	last, err := d.ready(ctx, b)
	if err != nil {
		return nil, err
	}
	return d.start(ctx, b, last, by)
}

// start moves the bulletin, unless it changed since it was checked, or something
// was protected since, of which the newest entry was last. Where somebody else has
// started it meanwhile, nothing is left to do.
func (d *Desk) start(ctx context.Context, checked *store.Bulletin, last int64, by string) (b *store.Bulletin, err error) {
	err = d.store.DB().Write(ctx, func(tx *database.Tx) error {
		if b, err = d.store.BulletinTx(tx, checked.ID); err != nil {
			return err
		}
		if b.Hash == checked.Hash && b.State == newsletter.BulletinSending {
			return nil
		}
		if b, err = d.unchanged(tx, checked, last); err != nil {
			return err
		}
		if b.State == newsletter.BulletinReview {
			if err := d.store.MoveBulletinTx(tx, b, newsletter.BulletinApproved, "", by); err != nil {
				return err
			}
		}
		return d.store.MoveBulletinTx(tx, b, newsletter.BulletinSending, "", by)
	})
	return b, err
}

// approvedEnough says whether the current hash has the approvals that the
// newsletter asks for; none may be asked for.
func (d *Desk) approvedEnough(ctx context.Context, b *store.Bulletin) (ok bool, err error) {
	err = d.store.DB().Read(ctx, func(tx *database.Tx) error {
		n, err := d.store.NewsletterTx(tx, b.NewsletterID)
		if err != nil {
			return err
		}
		given, err := d.store.ApprovalsTx(tx, b.ID, b.Hash)
		ok = store.CountApprovals(n, given) >= n.Policy.Approvals
		return err
	})
	return ok, err
}

// Pause stops a send within a second, until Resume. A pause that would have ended
// by itself no longer does.
func (d *Desk) Pause(ctx context.Context, b *store.Bulletin, by string) (paused *store.Bulletin, err error) {
	err = d.store.DB().Write(ctx, func(tx *database.Tx) error {
		if paused, err = d.store.BulletinTx(tx, b.ID); err != nil {
			return err
		}
		return d.pauseTx(tx, paused, by)
	})
	return paused, err
}

func (d *Desk) pauseTx(tx *database.Tx, b *store.Bulletin, by string) error {
	if b.State == newsletter.BulletinPaused {
		if b.ResumeAt.IsZero() {
			return nil
		}
		// Only a bulletin that is being sent can be paused.
		if err := d.store.MoveBulletinTx(tx, b, newsletter.BulletinSending, "", by); err != nil {
			return err
		}
	}
	return d.store.MoveBulletinTx(tx, b, newsletter.BulletinPaused, "paused by "+by, by)
}

// Resume goes on with a paused send. What it says now must be approved, which it is
// unless something was withdrawn from it meanwhile, and pass the protection gate,
// also for what has been protected since it began to leave.
func (d *Desk) Resume(ctx context.Context, b *store.Bulletin, by string) (*store.Bulletin, error) {
	if b.State != newsletter.BulletinPaused {
		return nil, newsletter.Errorf(newsletter.Refused, "bulletin %d is %s, not paused", b.Number, b.State).
			With("Start a send with: epistle bulletins send " + b.Ref())
	}
	approved, err := d.approvedEnough(ctx, b)
	if err != nil {
		return nil, err
	}
	if !approved {
		return nil, newsletter.Errorf(newsletter.Refused, "what bulletin %d says now is not approved", b.Number).
			With("Look at it (epistle bulletins diff " + b.Ref() + "), then: epistle bulletins approve " + b.Ref())
	}
	last, err := d.pass(ctx, b)
	if err != nil {
		return nil, err
	}
	var moved *store.Bulletin
	err = d.store.DB().Write(ctx, func(tx *database.Tx) error {
		if moved, err = d.unchanged(tx, b, last); err != nil {
			return err
		}
		return d.store.MoveBulletinTx(tx, moved, newsletter.BulletinSending, "", by)
	})
	return moved, err
}

// Cancel ends a bulletin for good. Deliveries that were not begun become
// cancelled; before the first delivery its items are given back. Cancelling again
// ends what an earlier call could not: it takes several transactions.
func (d *Desk) Cancel(ctx context.Context, b *store.Bulletin, by string) (*store.Bulletin, error) {
	b, err := d.toCancelled(ctx, b.ID, by)
	if err != nil {
		return nil, err
	}
	// Whatever its state was when the caller read it: it may have begun since.
	if err := d.ledger.Cancel(ctx, b.ID); err != nil {
		return nil, err
	}
	status, err := d.ledger.Status(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	reached := status.Balance[newsletter.DeliverySent] + status.Balance[newsletter.DeliveryUncertain] + status.Balance[newsletter.DeliveryInFlight]
	if reached > 0 {
		return b, nil
	}
	return b, d.store.DB().Write(ctx, func(tx *database.Tx) error { return d.store.ReleaseItemsTx(tx, b.ID) })
}

func (d *Desk) toCancelled(ctx context.Context, id int64, by string) (b *store.Bulletin, err error) {
	err = d.store.DB().Write(ctx, func(tx *database.Tx) error {
		if b, err = d.store.BulletinTx(tx, id); err != nil || b.State == newsletter.BulletinCancelled {
			return err
		}
		return d.store.MoveBulletinTx(tx, b, newsletter.BulletinCancelled, "cancelled by "+by, by)
	})
	return b, err
}

// Settle decides the uncertain deliveries of a bulletin: taken as sent, or sent
// again. Sending again opens a bulletin that was sent; one that was cancelled is
// not opened any more.
func (d *Desk) Settle(ctx context.Context, b *store.Bulletin, resend bool, by string) (settled int64, err error) {
	err = d.store.DB().Write(ctx, func(tx *database.Tx) error {
		if b, err = d.store.BulletinTx(tx, b.ID); err != nil {
			return err
		}
		decision := "accepted"
		if resend && b.State == newsletter.BulletinCancelled {
			return newsletter.Errorf(newsletter.Refused, "bulletin %d is cancelled; nothing of it is sent again", b.Number).
				With("Take the deliveries as sent with: epistle bulletins uncertain " + b.Ref() + " --accept")
		}
		if resend {
			decision = "to be sent again"
			settled, err = d.ledger.ResendUncertainTx(tx, b.ID)
		} else {
			settled, err = d.ledger.AcceptUncertainTx(tx, b.ID)
		}
		if err != nil {
			return err
		}
		if resend && settled > 0 && b.State == newsletter.BulletinSent {
			if err := d.store.MoveBulletinTx(tx, b, newsletter.BulletinSending, "", by); err != nil {
				return err
			}
		}
		if settled == 0 {
			return nil
		}
		return d.store.AuditTx(tx, store.Entry{
			Actor: by, Action: "bulletin.uncertain", NewsletterID: b.NewsletterID, BulletinID: b.ID,
			Detail: fmt.Sprintf("%d %s", settled, decision),
		})
	})
	return settled, err
}
