package audience

import (
	"context"
	"slices"
	"strings"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Choosing is what a reader marked on the page.
type Choosing struct {
	// Shown are the keys of the sections that were there to be chosen, and Wanted
	// those of them that were marked. A section that was not shown, because it was
	// added since, stays as it is.
	Shown, Wanted []string
	TextOnly      bool
}

// Choose keeps which sections a reader wants, from the next message on that is
// written to them, also in a send that is under way.
func (p *Preferences) Choose(ctx context.Context, c token.Claims, x Choosing) error {
	return p.change(ctx, c, func(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter) (*store.Entry, error) {
		before, err := p.audience.store.ChoiceTx(tx, person.ID, n.ID)
		if err != nil {
			return nil, err
		}
		after := x.choice(before, n)
		if after == before {
			return nil, nil
		}
		if err := p.audience.store.SetChoiceTx(tx, person.ID, n.ID, after); err != nil {
			return nil, err
		}
		return &store.Entry{
			Action: "subscription.choose",
			Before: values(map[string]string{"gets": before.String()}), After: values(map[string]string{"gets": after.String()}),
		}, nil
	})
}

// choice is what was declined before and not asked about, and what was shown and
// not marked. Only sections that the newsletter has can be declined.
func (x Choosing) choice(before newsletter.Choice, n *newsletter.Newsletter) newsletter.Choice {
	var declined []string
	for _, key := range before.Declined() {
		if !slices.Contains(x.Shown, key) {
			declined = append(declined, key)
		}
	}
	for _, key := range x.Shown {
		if _, there := n.SectionByKey(key); there && !slices.Contains(x.Wanted, key) {
			declined = append(declined, key)
		}
	}
	return newsletter.NewChoice(declined, x.TextOnly)
}

// change makes one change of a reader's, with its line in the audit log; nil when
// nothing changed.
func (p *Preferences) change(ctx context.Context, c token.Claims, make func(*database.Tx, *store.Subscriber, *newsletter.Newsletter) (*store.Entry, error)) error {
	return p.audience.store.DB().Write(ctx, func(tx *database.Tx) error {
		person, n, err := p.personTx(tx, c)
		if err != nil {
			return err
		}
		e, err := make(tx, person, n)
		if err != nil || e == nil {
			return err
		}
		e.Actor, e.NewsletterID, e.SubscriberID = Reader, n.ID, person.ID
		return p.audience.store.AuditTx(tx, *e)
	})
}

// longestPause is how far away the end of a pause may be; who wants longer leaves.
const longestPause = 366 // days

// Pause keeps bulletins from a reader until a day, on which they come again by
// themselves. typed is that day as YYYY-MM-DD.
func (p *Preferences) Pause(ctx context.Context, c token.Claims, typed string) error {
	day, err := newsletter.ParseDate(strings.TrimSpace(typed))
	if err != nil {
		return ErrNoDate
	}
	return p.pause(ctx, c, func(newsletter.Date) newsletter.Date { return day })
}

// PauseFor is Pause for a number of days.
func (p *Preferences) PauseFor(ctx context.Context, c token.Claims, days int) error {
	return p.pause(ctx, c, func(today newsletter.Date) newsletter.Date { return today.AddDays(days) })
}

func (p *Preferences) pause(ctx context.Context, c token.Claims, until func(today newsletter.Date) newsletter.Date) error {
	return p.change(ctx, c, func(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter) (*store.Entry, error) {
		w, err := p.wantedTx(tx, person, n)
		if err != nil {
			return nil, err
		}
		day := until(w.Today)
		switch {
		case !w.Today.Before(day):
			return nil, ErrPast
		case w.Today.AddDays(longestPause).Before(day):
			return nil, ErrFar
		case !w.Gets():
			return nil, newsletter.Errorf(newsletter.Conflict, "the subscription is %s and cannot be paused", w.State)
		case w.Paused() && w.Back == day:
			return nil, nil
		}
		zone, err := n.Location()
		if err != nil {
			return nil, err
		}
		return p.pauseTx(tx, person.ID, n.ID, w, day, day.In(zone))
	})
}

func (p *Preferences) pauseTx(tx *database.Tx, subscriberID, newsletterID int64, w *Wanted, day newsletter.Date, until time.Time) (*store.Entry, error) {
	s := p.audience.store
	if _, _, err := s.SetSubscriptionTx(tx, subscriberID, newsletterID, newsletter.SubscriptionPaused, "paused by the reader"); err != nil {
		return nil, err
	}
	if err := s.SetPauseTx(tx, subscriberID, newsletterID, until); err != nil {
		return nil, err
	}
	if _, err := p.audience.ledger.SkipTx(tx, subscriberID, newsletterID, string(newsletter.SubscriptionPaused)); err != nil {
		return nil, err
	}
	return &store.Entry{
		Action: "subscription.paused",
		Before: values(map[string]string{"state": string(w.State), "until": w.Back.String()}),
		After:  values(map[string]string{"state": "paused", "until": day.String()}),
	}, nil
}

// Resume ends a pause. Whose mail bounced, or who has left, is not brought back.
func (p *Preferences) Resume(ctx context.Context, c token.Claims) error {
	return p.change(ctx, c, func(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter) (*store.Entry, error) {
		w, err := p.wantedTx(tx, person, n)
		if err != nil {
			return nil, err
		}
		switch {
		case w.State == newsletter.SubscriptionActive:
			return nil, nil
		case !w.Paused():
			return nil, newsletter.Errorf(newsletter.Conflict, "the subscription is %s, not paused", w.State)
		}
		if _, _, err := p.audience.store.SetSubscriptionTx(tx, person.ID, n.ID, newsletter.SubscriptionActive, "resumed by the reader"); err != nil {
			return nil, err
		}
		return &store.Entry{
			Action: "subscription.resumed",
			Before: values(map[string]string{"state": "paused", "until": w.Back.String()}), After: values(map[string]string{"state": "active"}),
		}, nil
	})
}

// Speak sets the language of a reader's pages and letters; empty is that of each
// newsletter.
func (p *Preferences) Speak(ctx context.Context, c token.Claims, tag string) error {
	if tag != "" && !newsletter.ValidLanguage(tag) {
		return newsletter.Errorf(newsletter.Invalid, "%q is not a language", tag)
	}
	return p.change(ctx, c, func(tx *database.Tx, person *store.Subscriber, _ *newsletter.Newsletter) (*store.Entry, error) {
		if person.Language == tag {
			return nil, nil
		}
		if err := p.audience.store.SetLanguageTx(tx, person.ID, tag); err != nil {
			return nil, err
		}
		return &store.Entry{
			Action: "subscriber.edit",
			Before: values(map[string]string{"language": person.Language}), After: values(map[string]string{"language": tag}),
		}, nil
	})
}

// sourcePreferences is where a consent came from.
const sourcePreferences = "the reader's own page"

// Join asks for a further newsletter in a reader's name. text is what they agreed
// to. As with every sign-up the owner of the address confirms it by a link in a
// letter: who has the link to the page need not be the reader.
func (p *Preferences) Join(ctx context.Context, c token.Claims, slug, text string) error {
	n, err := p.door.Open(ctx, slug)
	if err != nil {
		return err
	}
	var addr address.Address
	err = p.audience.store.DB().Read(ctx, func(tx *database.Tx) error {
		person, _, err := p.personTx(tx, c)
		if err != nil {
			return err
		}
		if !open(person, n) {
			return newsletter.Errorf(newsletter.Conflict, "subscriber %d gets %s already", person.ID, n.Slug)
		}
		addr, err = address.Parse(person.Email)
		return err
	})
	if err != nil {
		return err
	}
	return p.door.Ask(ctx, Asking{Newsletter: n, Address: addr, Text: text, Source: sourcePreferences})
}
