package release

import (
	"context"
	"fmt"
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Departure is a send by the clock.
type Departure struct {
	// Key is the run's: the letters about it are made once.
	Key string
	// PullBack is how long the bulletin waits, to be stopped, before it leaves.
	PullBack time.Duration
	// LocalWall is the time that each reader's own clock is to show at delivery
	// (newsletter.WallLayout); empty: all get it at once.
	LocalWall string
	By        string
}

// Depart lets a bulletin whose time has come leave: it must be approved and pass
// preflight, as with Send. With a PullBack the editors get a letter with a link to
// stop it, and the time at which it leaves is given; Depart is called again then,
// and everything is checked again.
func (d *Desk) Depart(ctx context.Context, b *store.Bulletin, dep Departure) (leaves time.Time, err error) {
	if dep.LocalWall != b.LocalWall {
		// Kept also when the bulletin is held now: sent by hand later, the readers
		// whose hour is still to come get it then.
		err := d.store.DB().Write(ctx, func(tx *database.Tx) error { return d.store.SetLocalWallTx(tx, b, dep.LocalWall) })
		if err != nil {
			return time.Time{}, err
		}
	}
	last, err := d.ready(ctx, b)
	if err != nil {
		return time.Time{}, err
	}
	if dep.PullBack <= 0 || !b.LeavesAt.IsZero() {
		_, err := d.start(ctx, b, last, dep.By)
		return time.Time{}, err
	}
	leaves = d.store.Now().Add(dep.PullBack)
	return leaves, d.store.DB().Write(ctx, func(tx *database.Tx) error { return d.announce(tx, b, last, leaves, dep) })
}

// announce begins the time in which a send may be stopped.
func (d *Desk) announce(tx *database.Tx, checked *store.Bulletin, last int64, leaves time.Time, dep Departure) error {
	b, err := d.unchanged(tx, checked, last)
	if err != nil {
		return err
	}
	if b.State == newsletter.BulletinReview {
		if err := d.store.MoveBulletinTx(tx, b, newsletter.BulletinApproved, "", dep.By); err != nil {
			return err
		}
	}
	if err := d.store.SetLeavesAtTx(tx, b, leaves, dep.By); err != nil {
		return err
	}
	n, err := d.store.NewsletterTx(tx, b.NewsletterID)
	if err != nil {
		return err
	}
	loc, err := n.Location()
	if err != nil {
		return err
	}
	at := leaves.In(loc).Format("15:04 MST on 2 January 2006")
	return d.tellTx(tx, n, b, circular{
		kind: noticeLeaving, key: dep.Key, by: dep.By,
		words: Words{
			Subject:    fmt.Sprintf("Bulletin %d leaves at %s", b.Number, leaves.In(loc).Format("15:04")),
			Heading:    fmt.Sprintf("Bulletin %d is about to leave", b.Number),
			Paragraphs: []string{fmt.Sprintf("The bulletin of %s, hash %s, is approved and begins to leave at %s, unless somebody stops it before.", b.Date, b.Hash[:shownHash], at)},
			Closing:    []string{"It can also be stopped with: epistle bulletins unschedule " + b.Ref()},
		},
		links: []staffLink{{token.Stop, "Stop this bulletin"}},
	})
}

// Withheld is why a bulletin is kept back.
type Withheld struct {
	Why string
	// Key is the run's: the letters about it are made once.
	Key string
	// Ask gives the editors a link to send it all the same.
	Ask bool
}

// Withhold keeps a bulletin back for a person to decide, and tells the editors.
func (d *Desk) Withhold(ctx context.Context, b *store.Bulletin, w Withheld, by string) error {
	return d.store.DB().Write(ctx, func(tx *database.Tx) error {
		b, err := d.store.BulletinTx(tx, b.ID)
		if err != nil {
			return err
		}
		if err := d.store.MoveBulletinTx(tx, b, newsletter.BulletinHeld, w.Why, by); err != nil {
			return err
		}
		n, err := d.store.NewsletterTx(tx, b.NewsletterID)
		if err != nil {
			return err
		}
		c := circular{
			kind: noticeWarning, key: w.Key, by: by,
			words: Words{
				Subject:    fmt.Sprintf("Bulletin %d is held and has not left", b.Number),
				Heading:    fmt.Sprintf("Bulletin %d is held", b.Number),
				Paragraphs: append([]string{"The time to send it has come, and it has not left:"}, strings.Split(w.Why, "\n")...),
				Closing:    []string{"Once that is mended, approve it where it changed, and send it with: epistle bulletins send " + b.Ref()},
			},
		}
		if w.Ask {
			c.kind = noticeLate
			c.words.Paragraphs = append(c.words.Paragraphs, "It waits for your decision.")
			c.links = []staffLink{{token.Approve, "Send it now"}, {token.Stop, "Keep it back"}}
		}
		return d.tellTx(tx, n, b, c)
	})
}

// Tell writes to the editors about the schedule; each gets it once for a key.
func (d *Desk) Tell(ctx context.Context, n *newsletter.Newsletter, key string, words Words, by string) error {
	return d.store.DB().Write(ctx, func(tx *database.Tx) error {
		return d.tellTx(tx, n, nil, circular{kind: noticeWarning, key: key, by: by, words: words})
	})
}
