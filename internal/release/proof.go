package release

import (
	"context"
	"fmt"
	"strings"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Proof queues the bulletin as it stands now, marked as a proof, for the given
// people; for its editors and administrators when none are given. A person gets
// each revision once. It gives how many were queued. A proof leaves this machine
// too: one with something protected in it is refused.
func (d *Desk) Proof(ctx context.Context, b *store.Bulletin, to []newsletter.Address, by string) (queued int, err error) {
	if b, err = d.store.BulletinByID(ctx, b.ID); err != nil {
		return 0, err
	}
	last, err := d.pass(ctx, b)
	if err != nil {
		return 0, err
	}
	err = d.store.DB().Write(ctx, func(tx *database.Tx) error {
		queued = 0
		now, err := d.unchanged(tx, b, last)
		if err != nil {
			return err
		}
		people, err := d.readersOfProof(tx, now, to)
		if err != nil {
			return err
		}
		for _, a := range people {
			made, err := d.ledger.AddNoticeTx(tx, proofFor(now, a, by))
			if err != nil {
				return err
			}
			if made {
				queued++
			}
		}
		return d.store.AuditTx(tx, store.Entry{
			Actor: by, Action: "bulletin.proof", NewsletterID: now.NewsletterID, BulletinID: now.ID,
			Detail: fmt.Sprintf("revision %d, %d queued", now.Revision, queued),
		})
	})
	return queued, err
}

// readersOfProof are the people who were asked for, or the newsletter's own.
func (d *Desk) readersOfProof(tx *database.Tx, b *store.Bulletin, to []newsletter.Address) ([]newsletter.Address, error) {
	if len(to) > 0 {
		return to, nil
	}
	n, err := d.store.NewsletterTx(tx, b.NewsletterID)
	if err != nil {
		return nil, err
	}
	for _, p := range n.Staff {
		if p.Role == newsletter.RoleEditor || p.Role == newsletter.RoleAdministrator {
			to = append(to, newsletter.Address{Name: p.Name, Email: p.Email})
		}
	}
	if len(to) == 0 {
		return nil, newsletter.Errorf(newsletter.NotFound, "the newsletter %s has no editor or administrator to send a proof to", n.Slug).
			With("Add one under [[staff]] in its file, or name an address with --to.")
	}
	return to, nil
}

// proofFor is the notice of a proof. Its key has no capitals, because hardly any
// server tells addresses apart by them.
func proofFor(b *store.Bulletin, a newsletter.Address, by string) *ledger.Notice {
	return &ledger.Notice{
		Key:  fmt.Sprintf("proof/%d/%s/%s", b.ID, b.Hash, strings.ToLower(a.Email)),
		Kind: ledger.NoticeProof, NewsletterID: b.NewsletterID, BulletinID: b.ID, Revision: b.Revision,
		Email: a.Email, Name: a.Name, MadeBy: by,
	}
}
