// Package archive decides what of a newsletter everybody may read, and gives it
// in the form in which pages and feeds show it.
//
// A newsletter is public when its definition says so. Of a public newsletter a
// bulletin is shown once it has begun to leave (the view "published" has the
// rule): never one that a person has stopped or cancelled, an extra one, or one
// that a filter kept from a part of the readers. Of a shown bulletin the items for
// the e-mail alone are left out (newsletter.Document.Public).
//
// Every answer is asked of the database after the question came, so that a
// withdrawal, a pause or a changed definition is effective with the next view. Those
// who ask at the same time share one reading transaction, and the answer where they
// ask the same; nobody may change it. Only the rendering of words is kept, beside the
// hash of the document that it was made from. Version names all that an answer was
// made from: as long as it is the same, a page made of the answer is the same.
//
// Addresses, headers and the pages themselves are left to web/public.
package archive

import (
	"context"
	"strconv"
	"strings"
	"time"

	"epistle/internal/coalesce"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/recent"
	"epistle/internal/render"
	"epistle/internal/store"
)

// Archive gives what is public. It is safe for concurrent use.
type Archive struct {
	store    *store.Store
	asked    *coalesce.Group[question, any]
	articles *recent.Cache[int64, *render.Article] // by bulletin, made from its hash
}

// articles are at most some 40 KB each: this many hold two years of a list.
const mostArticles = 128

// New makes an Archive on a store.
func New(s *store.Store) *Archive {
	a := &Archive{store: s, articles: recent.New[int64, *render.Article](mostArticles)}
	a.asked = coalesce.New(a.answer)
	return a
}

// question is something that is asked of the database; the types of questions stand
// beside their answers.
type question interface {
	of(m *moment) (any, error)
}

// moment is one reading transaction, and the newsletters that were read in it.
type moment struct {
	store *store.Store
	tx    *database.Tx
	read  map[string]public
}

// public is a newsletter that everybody may read, and when its definition was
// changed.
type public struct {
	newsletter *newsletter.Newsletter
	changed    time.Time
}

// answer answers questions that were asked at the same time, all of one moment.
func (a *Archive) answer(questions []question, give func(question, any, error)) error {
	return a.store.DB().Read(context.Background(), func(tx *database.Tx) error {
		m := &moment{store: a.store, tx: tx, read: map[string]public{}}
		for _, q := range questions {
			value, err := q.of(m)
			give(q, value, err)
		}
		return nil
	})
}

// ask gives the answer to a question, of the type that it has.
func ask[T any](ctx context.Context, a *Archive, q question) (answer T, err error) {
	value, err := a.asked.Do(ctx, q)
	if err != nil {
		return answer, err
	}
	return value.(T), nil
}

// public finds a public newsletter.
func (m *moment) public(slug string) (public, error) {
	if p, ok := m.read[slug]; ok {
		return p, nil
	}
	n, changed, ok, err := m.store.NewsletterOfTx(m.tx, slug)
	if err != nil {
		return public{}, err
	}
	if !ok || !n.Public.Archive {
		return public{}, newsletter.Errorf(newsletter.NotFound, "no public newsletter has this name")
	}
	m.read[slug] = public{n, changed}
	return m.read[slug], nil
}

// version begins the Version of an answer with that of the definition.
func (p public) version() string { return strconv.FormatInt(p.changed.UnixMilli(), 36) }

// Newsletters gives, by short name, the newsletters that everybody may know of: those
// with a public archive, and those that take sign-ups.
func (a *Archive) Newsletters(ctx context.Context) ([]*newsletter.Newsletter, error) {
	all, err := a.store.Newsletters(ctx)
	if err != nil {
		return nil, err
	}
	var shown []*newsletter.Newsletter
	for _, n := range all {
		if n.Public.Archive || n.Public.Subscribe {
			shown = append(shown, n)
		}
	}
	return shown, nil
}

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
	return ask[*Year](ctx, a, yearOf{slug, year})
}

type yearOf struct {
	slug string
	year int
}

func (q yearOf) of(m *moment) (any, error) {
	p, err := m.public(q.slug)
	if err != nil {
		return nil, err
	}
	out := &Year{Newsletter: p.newsletter, Year: q.year, Version: p.version()}
	if out.Years, err = m.store.PublishedYearsTx(m.tx, p.newsletter.ID); err != nil {
		return nil, err
	}
	if q.year == 0 && len(out.Years) > 0 {
		out.Year = out.Years[0].Year
	}
	for _, y := range out.Years {
		out.Version += " " + strconv.Itoa(y.Year) + ":" + strconv.Itoa(y.Count)
	}
	out.Bulletins, err = m.store.PublishedTx(m.tx, p.newsletter.ID, newsletter.Date{Year: out.Year, Month: time.January, Day: 1},
		newsletter.Date{Year: out.Year, Month: time.December, Day: 31}, mostInYear)
	if err != nil {
		return nil, err
	}
	if q.year != 0 && len(out.Bulletins) == 0 {
		return nil, newsletter.Errorf(newsletter.NotFound, "the archive of %s has nothing of %d", q.slug, q.year)
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
	return ask[*Bulletin](ctx, a, bulletinOf{slug, number})
}

type bulletinOf struct {
	slug   string
	number int
}

func (q bulletinOf) of(m *moment) (any, error) {
	p, err := m.public(q.slug)
	if err != nil {
		return nil, err
	}
	shelved, ok, err := m.store.PublishedNumberTx(m.tx, p.newsletter.ID, q.number)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, newsletter.Errorf(newsletter.NotFound, "bulletin %d of %s is not public", q.number, q.slug)
	}
	return &Bulletin{
		Newsletter: p.newsletter, Shelved: shelved,
		Version: p.version() + " " + shelved.Hash + " " + strconv.Itoa(shelved.Earlier) + " " + strconv.Itoa(shelved.Later),
	}, nil
}

// NumberOn gives the number of the public bulletin of a date.
func (a *Archive) NumberOn(ctx context.Context, slug string, date newsletter.Date) (number int, err error) {
	return ask[int](ctx, a, numberOn{slug, date})
}

type numberOn struct {
	slug string
	date newsletter.Date
}

func (q numberOn) of(m *moment) (any, error) {
	p, err := m.public(q.slug)
	if err != nil {
		return nil, err
	}
	list, err := m.store.PublishedTx(m.tx, p.newsletter.ID, q.date, q.date, 1)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, newsletter.Errorf(newsletter.NotFound, "no public bulletin of %s is of %s", q.slug, q.date)
	}
	return list[0].Number, nil
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
	return ask[*Latest](ctx, a, latestOf{slug, limit})
}

type latestOf struct {
	slug  string
	limit int
}

func (q latestOf) of(m *moment) (any, error) {
	p, err := m.public(q.slug)
	if err != nil {
		return nil, err
	}
	list, err := m.store.PublishedTx(m.tx, p.newsletter.ID, newsletter.Date{}, newsletter.Date{Year: 9999, Month: time.December, Day: 31}, q.limit)
	if err != nil {
		return nil, err
	}
	return &Latest{Newsletter: p.newsletter, Bulletins: list, Since: p.changed, Version: p.version() + versions(list)}, nil
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
func (a *Archive) Mailed(ctx context.Context, bulletinID int64) (*Mailed, error) {
	return ask[*Mailed](ctx, a, mailedAs{bulletinID})
}

type mailedAs struct{ bulletin int64 }

func (q mailedAs) of(m *moment) (any, error) {
	b, err := m.store.BulletinTx(m.tx, q.bulletin)
	if err != nil {
		return nil, err
	}
	n, err := m.store.NewsletterTx(m.tx, b.NewsletterID)
	if err != nil {
		return nil, err
	}
	return &Mailed{Newsletter: n, ID: b.ID, Hash: b.Hash}, nil
}
