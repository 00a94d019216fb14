package release

import (
	"context"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/preflight"
	"epistle/internal/store"
)

// pass asks the protection gate alone, on the bulletin as it would leave, and tells
// the newest protected entry that it knew. Everything that leaves this machine goes
// through it or through the whole preflight.
func (d *Desk) pass(ctx context.Context, b *store.Bulletin) (last int64, err error) {
	results, last, err := d.check(ctx, b)
	if err != nil {
		return 0, err
	}
	var found []preflight.Result
	for _, r := range results {
		if r.Name == preflight.ProtectionGate {
			found = append(found, r)
		}
	}
	return last, Refusal(b, found)
}

// unchanged reads a bulletin again and refuses when it is not as it was checked, or
// when something was protected since, of which the newest entry was last.
func (d *Desk) unchanged(tx *database.Tx, checked *store.Bulletin, last int64) (*store.Bulletin, error) {
	b, err := d.store.BulletinTx(tx, checked.ID)
	if err != nil {
		return nil, err
	}
	if b.Hash != checked.Hash || b.State != checked.State {
		return nil, newsletter.Errorf(newsletter.Conflict, "bulletin %d has changed at this moment", b.Number).
			With("See where it stands with: epistle bulletins status " + b.Ref())
	}
	now, err := d.store.LastProtectedTx(tx, b.NewsletterID)
	if err != nil {
		return nil, err
	}
	if now > last {
		return nil, newsletter.Errorf(newsletter.Conflict, "something was protected while bulletin %d was being checked", b.Number).
			With("Try again, so that it is checked for that too.")
	}
	return b, nil
}
