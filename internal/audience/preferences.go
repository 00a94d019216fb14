package audience

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/letters"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Preferences is what readers change on their own page: which parts of a bulletin
// they get, and when; and, by a link that is mailed to them first, their address
// and what is kept about them.
//
// Whoever has a bulletin that was forwarded has the link to that page too. So the
// page never shows the address, and what is more than a matter of taste goes the
// way of a wish: a row that waits for the link in a mail (wishes.go).
type Preferences struct {
	audience *Audience
	keys     *token.Keyring
	site     string
	letters  *letters.Choices
	door     *Door
}

// Preferences makes them. keys sign the links in mails; site is the address of the
// readers' pages without a slash at its end.
func (a *Audience) Preferences(keys *token.Keyring, site string) *Preferences {
	return &Preferences{audience: a, keys: keys, site: site, letters: letters.NewChoices(), door: a.Door(keys, site)}
}

// What a reader wrote and must write otherwise. Pages have their own words for each.
var (
	ErrNoDate  = errors.New("this is not a date")
	ErrPast    = errors.New("the date is not after today")
	ErrFar     = errors.New("the date is more than a year away")
	ErrAddress = errors.New("this is not an address")
	ErrOften   = errors.New("this was asked for too often of late")
	ErrLately  = errors.New("the address was changed a few days ago")
)

// Wanted is what a reader's page shows.
type Wanted struct {
	Newsletter *newsletter.Newsletter
	// Language is that of the reader's pages; empty: the newsletter's.
	Language string
	// Address is shortened so that its owner knows it and nobody else learns it.
	Address string
	// State is how the reader stands to the newsletter; empty: not at all.
	State  newsletter.SubscriptionState
	Choice newsletter.Choice
	// Back is the first day on which bulletins come again; zero when there is no
	// pause, or no end of it.
	Back newsletter.Date
	// Today is the day it is for the newsletter.
	Today newsletter.Date
	// Others are the reader's other newsletters, and Open those that take sign-ups
	// and do not come to the reader.
	Others, Open []*newsletter.Newsletter
}

// Paused says that no bulletins come for a while.
func (w *Wanted) Paused() bool { return w.State == newsletter.SubscriptionPaused }

// Gets says whether bulletins come, now or after the pause, so that there is
// something to choose.
func (w *Wanted) Gets() bool { return w.State == newsletter.SubscriptionActive || w.Paused() }

// Wanted gathers what a reader's page shows.
func (p *Preferences) Wanted(ctx context.Context, c token.Claims) (w *Wanted, err error) {
	all, err := p.audience.store.Newsletters(ctx)
	if err != nil {
		return nil, err
	}
	err = p.audience.store.DB().Read(ctx, func(tx *database.Tx) error {
		person, n, err := p.personTx(tx, c)
		if err != nil {
			return err
		}
		if w, err = p.wantedTx(tx, person, n); err != nil {
			return err
		}
		for _, other := range all {
			if open(person, other) {
				w.Open = append(w.Open, other)
			}
		}
		return nil
	})
	return w, err
}

// open says whether a newsletter takes sign-ups and is not the person's already; one
// that waits for its confirmation, or whose mail bounced, is.
func open(person *store.Subscriber, n *newsletter.Newsletter) bool {
	if !n.Public.Subscribe {
		return false
	}
	for _, sub := range person.Subscriptions {
		if sub.NewsletterID == n.ID {
			return sub.State == newsletter.SubscriptionUnsubscribed
		}
	}
	return true
}

func (p *Preferences) wantedTx(tx *database.Tx, person *store.Subscriber, n *newsletter.Newsletter) (*Wanted, error) {
	zone, err := n.Location()
	if err != nil {
		return nil, err
	}
	w := &Wanted{
		Newsletter: n, Language: person.Language, Address: shortened(person.Email),
		Today: newsletter.DateOf(p.audience.store.Now().In(zone)),
	}
	for _, sub := range person.Subscriptions {
		switch {
		case sub.NewsletterID == n.ID:
			w.State = sub.State
			if sub.Choice != nil {
				w.Choice = *sub.Choice
			}
			if !sub.PausedUntil.IsZero() {
				w.Back = newsletter.DateOf(sub.PausedUntil.In(zone))
			}
		case sub.State == newsletter.SubscriptionActive || sub.State == newsletter.SubscriptionPaused:
			other, err := p.audience.store.NewsletterTx(tx, sub.NewsletterID)
			if err != nil {
				return nil, err
			}
			w.Others = append(w.Others, other)
		}
	}
	return w, nil
}

// personTx finds whom a link names, and the newsletter.
func (p *Preferences) personTx(tx *database.Tx, c token.Claims) (*store.Subscriber, *newsletter.Newsletter, error) {
	n, err := p.audience.store.NewsletterTx(tx, c.Newsletter)
	if err != nil {
		return nil, nil, err
	}
	person, err := p.audience.store.PersonTx(tx, c.Subscriber)
	if err != nil {
		return nil, nil, err
	}
	if person == nil {
		return nil, nil, newsletter.Errorf(newsletter.NotFound, "subscriber %d was erased", c.Subscriber)
	}
	return person, n, nil
}

// shortened leaves of an address what its owner knows it by.
func shortened(email string) string {
	a, err := address.Parse(email)
	if err != nil {
		return "…"
	}
	first := func(s string) string {
		r, _ := utf8.DecodeRuneInString(s)
		return string(r)
	}
	end := ""
	if i := strings.LastIndexByte(a.Domain, '.'); i > 0 {
		end = a.Domain[i:]
	}
	return first(a.Local) + "…@" + first(a.Domain) + "…" + end
}

// link is an address of the readers' pages.
func (p *Preferences) link(purpose token.Purpose, c token.Claims, expires time.Time) string {
	return p.site + purpose.Path() + p.keys.Sign(purpose, c, expires)
}

// Link is the way to a reader's page for a newsletter, without the site. It never
// expires, as the link to leave does not.
func (p *Preferences) Link(newsletterID, subscriberID int64) string {
	return token.Choose.Path() + p.keys.Sign(token.Choose, token.Claims{Newsletter: newsletterID, Subscriber: subscriberID}, time.Time{})
}

// LeaveLink is the way to leave, without the site.
func (p *Preferences) LeaveLink(c token.Claims) string {
	return token.Unsubscribe.Path() + p.keys.Sign(token.Unsubscribe, token.Claims{Newsletter: c.Newsletter, Subscriber: c.Subscriber}, time.Time{})
}

// mailTx queues a letter.
func (p *Preferences) mailTx(tx *database.Tx, kind string, w *store.Wish, subscriberID int64, email, name string, letter *newsletter.Letter) error {
	_, err := p.audience.ledger.AddNoticeTx(tx, &ledger.Notice{
		Key: noticeKey(kind, w.ID), Kind: kind, NewsletterID: w.NewsletterID, SubscriberID: subscriberID,
		Email: email, Name: name, MadeBy: Reader, Letter: letter,
	})
	return err
}

func noticeKey(kind string, wish int64) string { return fmt.Sprintf("wish/%d/%s", wish, kind) }
