// Package archive decides what of a newsletter everybody may read, and gives it
// in the form in which pages and feeds show it.
//
// A newsletter is public when its definition says so. Of a public newsletter a
// bulletin is shown once it has begun to leave (the view "published" has the
// rule): never one that a person has stopped or cancelled, an extra one, or one
// that a filter kept from a part of the readers. Of a shown bulletin the items for
// the e-mail alone are left out (newsletter.Document.Public).
//
// Every answer is asked of the database anew, so that a withdrawal, a pause or a
// changed definition is effective with the next view; only the rendering of words
// is kept, beside the hash of the document that it was made from. Version names
// all that an answer was made from: as long as it is the same, a page made of the
// answer is the same.
//
// Addresses, headers and the pages themselves are left to web/public.
package archive

import (
	"context"
	"strconv"
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/recent"
	"epistle/internal/render"
	"epistle/internal/store"
)

// Archive gives what is public. It is safe for concurrent use.
type Archive struct {
	store    *store.Store
	articles *recent.Cache[int64, *render.Article] // by bulletin, made from its hash
}

// articles are at most some 40 KB each: this many hold two years of a list.
const mostArticles = 128

// New makes an Archive on a store.
func New(s *store.Store) *Archive {
	return &Archive{store: s, articles: recent.New[int64, *render.Article](mostArticles)}
}

// Newsletters gives, by short name, the newsletters that everybody may know of: those
// with a public archive, and those that take sign-ups.
func (a *Archive) Newsletters(ctx context.Context) ([]*newsletter.Newsletter, error) {
	all, err := a.store.Newsletters(ctx)
	if err != nil {
		return nil, err
	}
	var public []*newsletter.Newsletter
	for _, n := range all {
		if n.Public.Archive || n.Public.Subscribe {
			public = append(public, n)
		}
	}
	return public, nil
}

// read runs fn on a public newsletter, everything of one moment. changed is when
// its definition was.
func (a *Archive) read(ctx context.Context, slug string, fn func(tx *database.Tx, n *newsletter.Newsletter, changed time.Time) error) error {
	return a.store.DB().Read(ctx, func(tx *database.Tx) error {
		n, changed, ok, err := a.store.NewsletterOfTx(tx, slug)
		if err != nil {
			return err
		}
		if !ok || !n.Public.Archive {
			return newsletter.Errorf(newsletter.NotFound, "no public newsletter has this name")
		}
		return fn(tx, n, changed)
	})
}

// version begins the Version of an answer with that of the definition.
func version(changed time.Time) string { return strconv.FormatInt(changed.UnixMilli(), 36) }

// Year is a year of an archive.
type Year struct {
	Newsletter *newsletter.Newsletter
	Year       int
	// Years are all that have bulletins, the newest first; Bulletins those of Year.
	Years     []store.YearCount
	Bulletins []store.Published
	Version   string
}

// mostInYear is more than one bulletin a day.
const mostInYear = 400

// Year gives a year of a public newsletter; 0 means the newest one that has
// bulletins, and is empty without any.
func (a *Archive) Year(ctx context.Context, slug string, year int) (*Year, error) {
	out := &Year{Year: year}
	err := a.read(ctx, slug, func(tx *database.Tx, n *newsletter.Newsletter, changed time.Time) (err error) {
		out.Newsletter, out.Version = n, version(changed)
		if out.Years, err = a.store.PublishedYearsTx(tx, n.ID); err != nil {
			return err
		}
		if year == 0 && len(out.Years) > 0 {
			out.Year = out.Years[0].Year
		}
		for _, y := range out.Years {
			out.Version += " " + strconv.Itoa(y.Year) + ":" + strconv.Itoa(y.Count)
		}
		out.Bulletins, err = a.store.PublishedTx(tx, n.ID, newsletter.Date{Year: out.Year, Month: time.January, Day: 1},
			newsletter.Date{Year: out.Year, Month: time.December, Day: 31}, mostInYear)
		return err
	})
	if err != nil {
		return nil, err
	}
	if year != 0 && len(out.Bulletins) == 0 {
		return nil, newsletter.Errorf(newsletter.NotFound, "the archive of %s has nothing of %d", slug, year)
	}
	out.Version += versions(out.Bulletins)
	return out, nil
}

func versions(list []store.Published) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(" " + strconv.Itoa(p.Number) + ":" + p.Hash)
	}
	return b.String()
}

// Bulletin is one bulletin of an archive.
type Bulletin struct {
	Newsletter *newsletter.Newsletter
	store.Shelved
	Version string
}

// Bulletin gives a public bulletin by its number.
func (a *Archive) Bulletin(ctx context.Context, slug string, number int) (*Bulletin, error) {
	out := &Bulletin{}
	err := a.read(ctx, slug, func(tx *database.Tx, n *newsletter.Newsletter, changed time.Time) error {
		shelved, ok, err := a.store.PublishedNumberTx(tx, n.ID, number)
		if err != nil {
			return err
		}
		if !ok {
			return newsletter.Errorf(newsletter.NotFound, "bulletin %d of %s is not public", number, slug)
		}
		out.Newsletter, out.Shelved = n, shelved
		out.Version = version(changed) + " " + shelved.Hash + " " + strconv.Itoa(shelved.Earlier) + " " + strconv.Itoa(shelved.Later)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// NumberOn gives the number of the public bulletin of a date.
func (a *Archive) NumberOn(ctx context.Context, slug string, date newsletter.Date) (number int, err error) {
	err = a.read(ctx, slug, func(tx *database.Tx, n *newsletter.Newsletter, _ time.Time) error {
		list, err := a.store.PublishedTx(tx, n.ID, date, date, 1)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return newsletter.Errorf(newsletter.NotFound, "no public bulletin of %s is of %s", slug, date)
		}
		number = list[0].Number
		return nil
	})
	return number, err
}

// Latest is the newest bulletins of a newsletter.
type Latest struct {
	Newsletter *newsletter.Newsletter
	Bulletins  []store.Published
	// Since is when the newsletter's definition last changed.
	Since   time.Time
	Version string
}

// Latest gives the newest public bulletins, at most limit.
func (a *Archive) Latest(ctx context.Context, slug string, limit int) (*Latest, error) {
	out := &Latest{}
	err := a.read(ctx, slug, func(tx *database.Tx, n *newsletter.Newsletter, changed time.Time) (err error) {
		out.Newsletter, out.Since, out.Version = n, changed, version(changed)
		out.Bulletins, err = a.store.PublishedTx(tx, n.ID, newsletter.Date{}, newsletter.Date{Year: 9999, Month: time.December, Day: 31}, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Version += versions(out.Bulletins)
	return out, nil
}

// Article gives the words of a bulletin whose hash was just asked for.
func (a *Archive) Article(ctx context.Context, bulletinID int64, hash string) (*render.Article, error) {
	if article, ok := a.articles.Get(bulletinID, hash); ok {
		return article, nil
	}
	doc, err := a.store.Document(ctx, bulletinID, 0)
	if err != nil {
		return nil, err
	}
	article, err := render.NewArticle(doc)
	if err != nil {
		return nil, err
	}
	if hash, err = doc.Hash(); err != nil {
		return nil, err
	}
	a.articles.Put(bulletinID, hash, article)
	return article, nil
}

// Mailed is a bulletin as those may read it whom a mail brought a link.
type Mailed struct {
	Newsletter *newsletter.Newsletter
	ID         int64
	Hash       string
}

// Mailed gives a bulletin in whichever state, of a newsletter that need not be
// public.
func (a *Archive) Mailed(ctx context.Context, bulletinID int64) (m *Mailed, err error) {
	err = a.store.DB().Read(ctx, func(tx *database.Tx) error {
		b, err := a.store.BulletinTx(tx, bulletinID)
		if err != nil {
			return err
		}
		n, err := a.store.NewsletterTx(tx, b.NewsletterID)
		m = &Mailed{Newsletter: n, ID: b.ID, Hash: b.Hash}
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}
