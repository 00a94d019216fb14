package public

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"epistle/internal/archive"
	"epistle/internal/newsletter"
	"epistle/internal/render"
	"epistle/internal/store"
	"epistle/internal/web"
)

// frontPage is the data of templates/public/front.html.
type frontPage struct {
	web.Frame
	Heading     string
	Newsletters []frontEntry
}

// frontEntry is a newsletter with the ways to it.
type frontEntry struct {
	Name, Lang string
	Ways       []frontWay
}

// frontWay leads to a newsletter's archive or to the form for subscribing.
type frontWay struct {
	Label web.Sentence
	Href  string
}

// archivePage is the data of templates/public/archive.html.
type archivePage struct {
	web.Frame
	Meta     meta
	Masthead web.Masthead
	Heading  string
	Empty    string // instead of months
	Months   []archiveMonth
	YearsAre string // the name of the list of years
	Years    []archiveYear
	FeedLink web.Link
	// Subscribe is nil when people cannot.
	Subscribe *web.Link
}

// archiveYear is a link to a year; the one that is shown is Current.
type archiveYear struct {
	Label, Count, Href string
	Current            bool
}

// archiveMonth is a month with its bulletins, the newest first.
type archiveMonth struct {
	Heading, Count string
	Bulletins      []archiveEntry
}

// archiveEntry is one line of the list. Subject is empty where it says no more
// than the newsletter's name.
type archiveEntry struct {
	Href, Dateline, DatelineLang string
	Subject, Description         string
	Lang, Dir                    string
}

// mostPages bounds the pages that are kept; one takes some 50 KB at most.
const mostPages = 256

// page gives a page that was made from this version, or makes it. Only one is made
// at a time: when a bulletin has just left, many ask for the same page at once.
func (s *site) page(path, version string, build func() (*web.Document, error)) (*web.Document, error) {
	if d, ok := s.pages.Get(path, version); ok {
		return d, nil
	}
	s.building.Lock()
	defer s.building.Unlock()
	if d, ok := s.pages.Get(path, version); ok {
		return d, nil
	}
	d, err := build()
	if err != nil {
		return nil, err
	}
	s.pages.Put(path, version, d)
	return d, nil
}

// frontEntryOf has the ways that the newsletter's definition opens.
func frontEntryOf(n *newsletter.Newsletter, words *archiveWords, nameLang string) frontEntry {
	e := frontEntry{Name: n.Name, Lang: nameLang}
	if n.Public.Archive {
		e.Ways = append(e.Ways, frontWay{Label: web.Fill(words.Read, n.Name, nameLang), Href: archivePath(n.Slug)})
	}
	if n.Public.Subscribe {
		e.Ways = append(e.Ways, frontWay{Label: web.Fill(words.SubscribeTo, n.Name, nameLang), Href: SubscribePath(n.Slug)})
	}
	return e
}

// showFront answers GET / with the newsletters that can be read or subscribed to.
func (s *site) showFront(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Archive.Newsletters(r.Context())
	if err != nil {
		return fmt.Errorf("list the public newsletters: %w", err)
	}
	if len(all) == 0 {
		return newsletter.Errorf(newsletter.NotFound, "no newsletter is public")
	}
	words, lang := s.archiveWords.ForRequest(r)
	page := frontPage{Frame: s.kit.Frame(lang, words.Front), Heading: words.Front}
	page.Indexed = true
	for _, n := range all {
		page.Newsletters = append(page.Newsletters, frontEntryOf(n, words, foreign(n.Language, lang)))
	}
	w.Header().Del("X-Robots-Tag")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Vary", "Accept-Language")
	return s.front.Write(w, http.StatusOK, page)
}

// showArchive answers GET with a year of a newsletter's bulletins, without a year
// in the path with the newest.
func (s *site) showArchive(w http.ResponseWriter, r *http.Request) error {
	wanted, ok := yearOf(r.PathValue("year"))
	if !ok {
		return newsletter.Errorf(newsletter.NotFound, "the path names no year")
	}
	y, err := s.Archive.Year(r.Context(), r.PathValue("slug"), wanted)
	if err != nil {
		return fmt.Errorf("show an archive: %w", err)
	}
	path := archivePath(y.Newsletter.Slug)
	if wanted != 0 {
		path = yearPath(y.Newsletter.Slug, wanted)
	}
	d, err := s.page(path, y.Version, func() (*web.Document, error) { return s.archiveDocument(r.Context(), y, path) })
	if err != nil {
		return fmt.Errorf("show an archive: %w", err)
	}
	w.Header().Del("X-Robots-Tag")
	return d.Serve(w, r)
}

// yearOf reads a year as it is written in a path; 0 for none.
func yearOf(text string) (year int, ok bool) {
	if text == "" {
		return 0, true
	}
	year, err := strconv.Atoi(text)
	return year, err == nil && len(text) == 4 && year > 0
}

func archivePath(slug string) string              { return "/a/" + slug }
func yearPath(slug string, year int) string       { return fmt.Sprintf("/a/%s/year/%04d", slug, year) }
func bulletinPath(slug string, number int) string { return fmt.Sprintf("/a/%s/%d", slug, number) }
func feedPath(slug string) string                 { return "/a/" + slug + "/feed.atom" }

func (s *site) archiveDocument(ctx context.Context, y *archive.Year, path string) (*web.Document, error) {
	n := y.Newsletter
	words, lang := s.archiveWords.For(n.Language)
	page := archivePage{
		Masthead: web.Masthead{Name: n.Name, NameLang: foreign(n.Language, lang)},
		Heading:  words.Bulletins, YearsAre: words.Years,
		FeedLink: web.Link{Label: words.Feed, Href: feedPath(n.Slug)}, Subscribe: subscribeLink(n, words),
	}
	if len(y.Bulletins) == 0 {
		page.Empty = words.None
	} else {
		page.Heading = strings.Replace(words.BulletinsOf, "%s", fmt.Sprint(y.Year), 1)
	}
	for _, other := range y.Years {
		page.Years = append(page.Years, archiveYear{
			Label: fmt.Sprint(other.Year), Count: words.count(other.Count), Href: yearPath(n.Slug, other.Year), Current: other.Year == y.Year,
		})
	}
	var err error
	if page.Months, err = s.months(ctx, y, words, lang); err != nil {
		return nil, err
	}
	page.Frame = s.kit.Frame(lang, page.Heading+" · "+n.Name)
	page.Indexed = true
	if page.Colours, err = coloursPath(n.Design.Accent); err != nil {
		return nil, err
	}
	page.Meta = s.meta(n, path, "website", n.Name, page.Heading)
	body, err := s.archive.Execute(page)
	if err != nil {
		return nil, err
	}
	return web.NewDocument(web.HTML, body, time.Time{})
}

// months gathers a year's bulletins by month.
func (s *site) months(ctx context.Context, y *archive.Year, words *archiveWords, lang web.Language) (months []archiveMonth, err error) {
	for _, p := range y.Bulletins {
		entry, err := s.entry(ctx, y.Newsletter, p)
		if err != nil {
			return nil, err
		}
		heading := render.Month(p.Date, lang.Tag)
		if len(months) == 0 || months[len(months)-1].Heading != heading {
			months = append(months, archiveMonth{Heading: heading})
		}
		last := &months[len(months)-1]
		last.Bulletins = append(last.Bulletins, entry)
	}
	for i := range months {
		months[i].Count = words.count(len(months[i].Bulletins))
	}
	return months, nil
}

func (s *site) entry(ctx context.Context, n *newsletter.Newsletter, p store.Published) (archiveEntry, error) {
	a, err := s.Archive.Article(ctx, p.ID, p.Hash)
	if err != nil {
		return archiveEntry{}, err
	}
	e := archiveEntry{
		Href: bulletinPath(n.Slug, p.Number), Dateline: a.Dateline, DatelineLang: a.DatelineLang,
		Subject: a.Subject, Description: a.Description, Lang: a.Lang, Dir: a.Dir,
	}
	if e.Subject == n.Name || e.Subject == n.Title {
		e.Subject = ""
	}
	return e, nil
}
