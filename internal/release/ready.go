package release

import (
	"context"

	"epistle/internal/delivery"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// guard refuses to go on with a send that this database seems to be an old copy of.
func (d *Desk) guard(ctx context.Context, b *store.Bulletin) error {
	held, err := delivery.Guard(ctx, d.store, d.ledger)
	if err != nil {
		return err
	}
	for _, h := range held {
		if h.ID == b.ID {
			return Guarded(h)
		}
	}
	return nil
}

// Guarded is the refusal to go on with a bulletin that was paused because this
// database seems to be an old copy.
func Guarded(b *store.Bulletin) error {
	return newsletter.Errorf(newsletter.Refused, "the send of bulletin %s is held by the restore guard: %s", b.Ref(), b.Note).
		With("If nothing else has gone on with it, let it go on: epistle bulletins resume " + b.Ref() + ". If it has, end it here: epistle bulletins cancel " + b.Ref())
}

// ready refuses a bulletin that is not approved for its current hash or that
// preflight does not let go. It tells the newest protected entry that was known.
func (d *Desk) ready(ctx context.Context, b *store.Bulletin) (last int64, err error) {
	if b.State == newsletter.BulletinReview || b.State == newsletter.BulletinHeld {
		approved, err := d.approvedEnough(ctx, b)
		if err != nil {
			return 0, err
		}
		if !approved {
			return 0, newsletter.Errorf(newsletter.Refused, "bulletin %d is not approved", b.Number).
				With("Look at it (epistle bulletins show " + b.Ref() + "), then: epistle bulletins approve " + b.Ref())
		}
	}
	if err := d.sameTemplate(ctx, b); err != nil {
		return 0, err
	}
	results, last, err := d.check(ctx, b)
	if err != nil {
		return 0, err
	}
	return last, Refusal(b, results)
}

// sameTemplate refuses a bulletin that was frozen for other e-mail templates than
// this program has: readers would see something else than was approved.
func (d *Desk) sameTemplate(ctx context.Context, b *store.Bulletin) error {
	doc, err := d.store.Document(ctx, b.ID, 0)
	if err != nil || doc.Format == newsletter.DocumentFormat {
		return err
	}
	return newsletter.Errorf(newsletter.Refused, "bulletin %d was frozen for version %d of the e-mail template, and this program has version %d; its approval is void",
		b.Number, doc.Format, newsletter.DocumentFormat).
		With("Make a new revision of it (epistle bulletins assemble, or edit), look at it, and approve that.")
}
