package delivery

import (
	"context"
	"fmt"

	"epistle/internal/newsletter"
	"epistle/internal/protect"
	"epistle/internal/store"
)

// guard asks the protection gate about what leaves without a person's word at this
// moment: a proof that has waited, and a pause that ends by itself. Something may
// have been protected since. The error names the place and the label, never words.
func (c *Composer) guard(ctx context.Context, b *store.Bulletin, doc *newsletter.Document) error {
	gate, _, err := c.store.Gate(ctx, b.NewsletterID)
	if err != nil {
		return err
	}
	found := gate.Search(protect.Texts(doc))
	if len(found) == 0 {
		return nil
	}
	return newsletter.Errorf(newsletter.Refused, "something protected stands in bulletin %s (%s), labelled %q", b.Ref(), found[0].Place, found[0].Label).
		With("See: epistle bulletins check " + b.Ref())
}

// mayGoOn asks the gate before a pause ends by itself. What it refuses stays paused
// for a person.
func (s *Sender) mayGoOn(ctx context.Context, b *store.Bulletin) (bool, error) {
	doc, err := s.store.Document(ctx, b.ID, 0)
	if err != nil {
		return false, err
	}
	refusal := s.composer.guard(ctx, b, doc)
	if refusal == nil {
		return true, nil
	}
	if newsletter.KindOf(refusal) != newsletter.Refused {
		return false, refusal
	}
	if err := s.store.StayPaused(ctx, b.ID, refusal.Error(), systemActor); err != nil {
		return false, fmt.Errorf("keep bulletin %s paused: %w", b.Ref(), err)
	}
	s.log.Warn("sending stays paused", "bulletin", b.Ref(), "reason", refusal)
	return false, nil
}
