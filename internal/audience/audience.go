// Package audience decides who belongs to a newsletter: it adds people, reads
// lists of them, tags, edits and pauses them, lets them leave, keeps mail from
// suppressed addresses and domains, tells a person's story, and erases.
//
// An import is a plan first; import.go has its steps. While a list is applied or
// taken back nobody sees any of it (the views people and memberships leave it
// out), and only one such change is made at a time.
//
// Whoever leaves or is suppressed is taken out of every send that is under way in
// the same transaction, so that it is effective at once; no list ever brings back
// who left, complained, bounced or was erased. The tables are those of packages
// store and ledger.
package audience

import (
	"context"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Audience changes who gets what.
type Audience struct {
	store  *store.Store
	ledger *ledger.Ledger
	hash   token.Fixed
}

// New makes an Audience. hash is the key of the suppression list.
func New(s *store.Store, l *ledger.Ledger, hash token.Fixed) *Audience {
	return &Audience{store: s, ledger: l, hash: hash}
}

// Entry is one person to be added, with the consent that is on record.
type Entry struct {
	Address   address.Address
	Person    store.Subscriber // Name, Language, TimeZone, Tags, Fields
	ConsentAt time.Time        // zero: now
}

// Consent is the record kept for new subscriptions.
type Consent struct {
	Source string    // where it came from: a file's name, "command line"
	Text   string    // the words that were agreed to; may be empty
	At     time.Time // when; zero: now
}

// Counts tells what adding people changed.
type Counts struct {
	Added      int `json:"added"`        // people not known before
	Subscribed int `json:"subscribed"`   // new subscriptions, of known people too
	Known      int `json:"known"`        // had a subscription already
	Changed    int `json:"changed"`      // of the known, of whom the list knew more
	Revived    int `json:"revived"`      // of the known, leavers who came back
	Alone      int `json:"alone"`        // left as they are: nothing new, left, bounced, complained or erased
	Suppressed int `json:"suppressed"`   // of the new and revived ones, how many will get nothing
	Refused    int `json:"refused_rows"` // rows that cannot be taken
}

// decided counts one row of a list.
func (c *Counts) decided(d decision) {
	switch d.verdict {
	case verdictAdded:
		c.Added++
		c.Subscribed++
	case verdictSubscribed:
		c.Subscribed++
	case verdictChanged:
		c.Known++
		c.Changed++
	case verdictRevived:
		c.Known++
		c.Revived++
	case verdictAlone:
		c.Known++
		c.Alone++
	}
	if d.suppressed {
		c.Suppressed++
	}
}

// Add stores people and subscribes them to a newsletter, all or none. An existing
// subscription is left as it is, whatever its state: no list brings back who left.
func (a *Audience) Add(ctx context.Context, n *newsletter.Newsletter, entries []Entry, c Consent, by string) (Counts, error) {
	var counts Counts
	err := a.store.DB().Write(ctx, func(tx *database.Tx) error {
		counts = Counts{}
		var only int64 // the one person, so that their story has this line
		for _, e := range entries {
			id, err := a.addTx(tx, n, e, c, by, &counts)
			if err != nil {
				return err
			}
			if len(entries) == 1 {
				only = id
			}
		}
		return a.store.AuditTx(tx, store.Entry{
			Actor: by, Action: "subscribers.add", NewsletterID: n.ID, SubscriberID: only,
			Detail: counts.String() + ", from " + c.Source,
		})
	})
	return counts, err
}

func (a *Audience) addTx(tx *database.Tx, n *newsletter.Newsletter, e Entry, c Consent, by string, counts *Counts) (id int64, err error) {
	hash := a.hash.AddressHash(e.Address.Key())
	reason, err := a.suppressedTx(tx, e.Address, n.ID)
	if err != nil {
		return 0, err
	}
	if reason == store.Erased {
		return 0, newsletter.Errorf(newsletter.Refused, "this address was erased at its owner's wish").
			With("Only the person's own, confirmed sign-up brings the address back.")
	}
	person := e.Person
	added, err := a.store.PutSubscriberTx(tx, &person, e.Address, hash)
	if err != nil {
		return 0, err
	}
	consentAt := e.ConsentAt
	if consentAt.IsZero() {
		consentAt = a.store.Now()
	}
	subscribed, err := a.store.SubscribeTx(tx, person.ID, n.ID, store.Subscription{
		State: n.Policy.ImportState, How: c.Source, ConsentAt: consentAt, ConsentSource: c.Source, ConsentText: c.Text, ConsentBy: by,
	})
	if err != nil {
		return 0, err
	}
	counts.count(added, subscribed, subscribed && reason != "")
	return person.ID, nil
}

func (c *Counts) count(added, subscribed, suppressed bool) {
	if added {
		c.Added++
	}
	if suppressed {
		c.Suppressed++
	}
	if subscribed {
		c.Subscribed++
	} else {
		c.Known++
	}
}

// Reader is who acts when a subscriber does.
const Reader = "reader"
