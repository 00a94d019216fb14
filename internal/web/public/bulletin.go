package public

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"epistle/internal/archive"
	"epistle/internal/newsletter"
	"epistle/internal/render"
	"epistle/internal/token"
	"epistle/internal/web"
)

// bulletinPage is the data of templates/public/bulletin.html. The page speaks the
// bulletin's language; WordsLang and WordsDir mark our own words where they speak
// another one.
type bulletinPage struct {
	web.Frame
	Meta                *meta // nil for a page that nothing refers to
	Article             *render.Article
	WordsLang, WordsDir string
	Neighbours          *neighbours
	Subscribe           *web.Link // nil when people cannot subscribe
}

// neighbours are the ways on from a bulletin of the archive; one without Href is
// not there.
type neighbours struct {
	Label               string
	Earlier, Later, All web.Link
}

// meta is what other programs show of a page: search engines, and whatever makes a
// preview of a link (https://ogp.me).
type meta struct {
	Type, Title, Description, URL, Site, Locale string
	Image                                       string // empty: none
	Published                                   string // empty: not an article
	Feed, FeedTitle                             string
}

// meta describes a page of a newsletter's archive. The image is named for such
// programs alone; the page does not load it.
func (s *site) meta(n *newsletter.Newsletter, path, kind, title, description string) meta {
	return meta{
		Type: kind, Title: title, Description: description, URL: s.PublicURL + path, Site: n.Name, Locale: locale(n.Language),
		Image: n.Design.Logo, Feed: feedPath(n.Slug), FeedTitle: n.Name,
	}
}

// locale is a language as Open Graph wants it, with a territory: "en_GB". The most
// likely one is taken where the tag has none.
func locale(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return ""
	}
	base, _ := t.Base()
	region, _ := t.Region()
	return base.String() + "_" + region.String()
}

// showMailed answers GET and HEAD with the bulletin that a mail's token names:
// what the archive would show of it, for those to whom the link was given, whether
// the newsletter has an archive or not.
func (s *site) showMailed(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.View)
	if err != nil {
		return err
	}
	mailed, err := s.Archive.Mailed(r.Context(), claims.Bulletin)
	if err != nil {
		return fmt.Errorf("show a bulletin in the browser: %w", err)
	}
	article, err := s.Archive.Article(r.Context(), mailed.ID, mailed.Hash)
	if err != nil {
		return fmt.Errorf("show a bulletin in the browser: %w", err)
	}
	page, err := s.articlePage(mailed.Newsletter, article)
	if err != nil {
		return fmt.Errorf("show a bulletin in the browser: %w", err)
	}
	w.Header().Set("Content-Language", article.Lang)
	return s.bulletin.Write(w, http.StatusOK, page)
}

// articlePage is the page around an article.
func (s *site) articlePage(n *newsletter.Newsletter, a *render.Article) (bulletinPage, error) {
	words, lang := s.archiveWords.For(a.Lang)
	title := a.Subject
	if a.Dateline != "" {
		title += " · " + a.Dateline
	}
	page := bulletinPage{Frame: s.kit.Frame(web.Language{Tag: a.Lang, Dir: a.Dir}, title), Article: a, Subscribe: subscribeLink(n, words)}
	if foreign(a.Lang, lang) != "" {
		page.WordsLang, page.WordsDir = lang.Tag, lang.Dir
	}
	var err error
	page.Colours, err = coloursPath(a.Accent)
	return page, err
}

// subscribeLink leads to where people subscribe; nil when they cannot.
func subscribeLink(n *newsletter.Newsletter, words *archiveWords) *web.Link {
	if !n.Public.Subscribe {
		return nil
	}
	return &web.Link{Label: words.Subscribe, Href: SubscribePath(n.Slug)}
}

// showPublished answers GET and HEAD with a bulletin of the archive, which its
// number names for ever. A date in the place of the number leads there.
func (s *site) showPublished(w http.ResponseWriter, r *http.Request) error {
	slug, ref := r.PathValue("slug"), r.PathValue("bulletin")
	number, err := strconv.Atoi(ref)
	if err != nil || strconv.Itoa(number) != ref || number < 1 {
		return s.redirectDate(w, r, slug, ref)
	}
	b, err := s.Archive.Bulletin(r.Context(), slug, number)
	if err != nil {
		return fmt.Errorf("show a published bulletin: %w", err)
	}
	path := bulletinPath(slug, number)
	d, err := s.page(path, b.Version, func() (*web.Document, error) { return s.bulletinDocument(r.Context(), b, path) })
	if err != nil {
		return fmt.Errorf("show a published bulletin: %w", err)
	}
	w.Header().Del("X-Robots-Tag")
	return d.Serve(w, r)
}

func (s *site) redirectDate(w http.ResponseWriter, r *http.Request, slug, ref string) error {
	date, err := newsletter.ParseDate(ref)
	if err != nil {
		return newsletter.Errorf(newsletter.NotFound, "the path names no bulletin")
	}
	number, err := s.Archive.NumberOn(r.Context(), slug, date)
	if err != nil {
		return fmt.Errorf("find a bulletin by its date: %w", err)
	}
	w.Header().Set("Cache-Control", "no-cache")
	http.Redirect(w, r, bulletinPath(slug, number), http.StatusFound)
	return nil
}

func (s *site) bulletinDocument(ctx context.Context, b *archive.Bulletin, path string) (*web.Document, error) {
	article, err := s.Archive.Article(ctx, b.ID, b.Hash)
	if err != nil {
		return nil, err
	}
	page, err := s.articlePage(b.Newsletter, article)
	if err != nil {
		return nil, err
	}
	page.Indexed = true
	m := s.meta(b.Newsletter, path, "article", article.Subject, article.Description)
	m.Published = b.StartedAt.UTC().Format(time.RFC3339)
	page.Meta = &m
	words, _ := s.archiveWords.For(article.Lang)
	page.Neighbours = &neighbours{Label: words.Neighbours, All: web.Link{Label: words.All, Href: archivePath(b.Newsletter.Slug)}}
	if b.Earlier > 0 {
		page.Neighbours.Earlier = numbered(words.Earlier, b.Newsletter.Slug, b.Earlier)
	}
	if b.Later > 0 {
		page.Neighbours.Later = numbered(words.Later, b.Newsletter.Slug, b.Later)
	}
	body, err := s.bulletin.Execute(page)
	if err != nil {
		return nil, err
	}
	return web.NewDocument(web.HTML, body, time.Time{})
}

func numbered(format, slug string, number int) web.Link {
	return web.Link{Label: strings.Replace(format, "%s", strconv.Itoa(number), 1), Href: bulletinPath(slug, number)}
}
