package release

import (
	"context"
	"slices"
	"strings"

	"epistle/internal/assembly"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/preflight"
	"epistle/internal/store"
)

// Override lets pass what one check finds in the bulletin as it stands now, for a
// reason that is recorded. Any change of the bulletin voids it. The protection gate
// is never overridden, and what stops nothing needs no override.
func (d *Desk) Override(ctx context.Context, b *store.Bulletin, name, reason, by string) error {
	reason = strings.TrimSpace(reason)
	switch {
	case name == preflight.ProtectionGate:
		return newsletter.Errorf(newsletter.Refused, "the protection gate cannot be overridden").At("--override").
			With("Take out what it found, or remove it from what is protected.")
	case !slices.Contains(newsletter.CheckNames(), name):
		return newsletter.Errorf(newsletter.Usage, "%q is not a check", name).At("--override").
			With("See the checks with: epistle bulletins check " + b.Ref())
	case reason == "":
		return newsletter.Errorf(newsletter.Usage, "an override needs a reason").At("--reason").With("Say in one sentence why it may stay.")
	case b.State.Begun():
		return newsletter.Errorf(newsletter.Refused, "bulletin %d is %s; there is nothing to override any more", b.Number, b.State).
			With("See where it stands with: epistle bulletins status " + b.Ref())
	}
	if err := assembly.CheckReason(ctx, d.store, b.NewsletterID, reason); err != nil {
		return err
	}
	results, last, err := d.check(ctx, b)
	if err != nil {
		return err
	}
	stops := func(r preflight.Result) bool {
		return r.Name == name && (r.Verdict == preflight.Error || r.Override != nil)
	}
	if !slices.ContainsFunc(results, stops) {
		return newsletter.Errorf(newsletter.Refused, "%s does not stop bulletin %d; there is nothing to override", name, b.Number).
			With("See what stops it with: epistle bulletins check " + b.Ref())
	}
	return d.store.DB().Write(ctx, func(tx *database.Tx) error {
		now, err := d.unchanged(tx, b, last)
		if err != nil {
			return err
		}
		return d.store.AddOverrideTx(tx, now, store.Override{Name: name, Reason: reason, By: by})
	})
}

// overrides are those for the bulletin as it stands now.
func (d *Desk) overrides(ctx context.Context, b *store.Bulletin) ([]preflight.Override, error) {
	list, err := d.store.Overrides(ctx, b.ID, b.Hash)
	if err != nil {
		return nil, err
	}
	out := make([]preflight.Override, len(list))
	for i, o := range list {
		out[i] = preflight.Override(o)
	}
	return out, nil
}
