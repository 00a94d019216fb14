package public

import (
	"context"
	"crypto/sha1"
	"encoding/xml"
	"fmt"
	"net/http"
	"time"

	"epistle/internal/archive"
	"epistle/internal/store"
	"epistle/internal/web"
)

// feedLength is how many bulletins a feed holds: a quarter of a year of a weekly.
const feedLength = 12

// feed is an Atom document (RFC 4287 §4.1.1). The element names are those of the
// RFC, in the order in which people read them.
type feed struct {
	XMLName xml.Name   `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string     `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID      string     `xml:"id"`
	Title   string     `xml:"title"`
	Updated string     `xml:"updated"`
	Author  feedAuthor `xml:"author"`
	Links   []feedLink `xml:"link"`
	Entries []feedItem `xml:"entry"`
}

type feedAuthor struct {
	Name string `xml:"name"`
}

type feedLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

// feedItem is one bulletin (RFC 4287 §4.1.2).
type feedItem struct {
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Published string      `xml:"published"`
	Updated   string      `xml:"updated"`
	Link      feedLink    `xml:"link"`
	Summary   string      `xml:"summary,omitempty"`
	Content   feedContent `xml:"content"`
}

// feedContent is HTML as text (RFC 4287 §4.1.3.3).
type feedContent struct {
	Type string `xml:"type,attr"`
	Lang string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	HTML string `xml:",chardata"`
}

// showFeed answers GET and HEAD with the newest bulletins as an Atom feed.
func (s *site) showFeed(w http.ResponseWriter, r *http.Request) error {
	latest, err := s.Archive.Latest(r.Context(), r.PathValue("slug"), feedLength)
	if err != nil {
		return fmt.Errorf("show a feed: %w", err)
	}
	path := feedPath(latest.Newsletter.Slug)
	d, err := s.page(path, latest.Version, func() (*web.Document, error) { return s.feedDocument(r.Context(), latest) })
	if err != nil {
		return fmt.Errorf("show a feed: %w", err)
	}
	w.Header().Del("X-Robots-Tag")
	return d.Serve(w, r)
}

func (s *site) feedDocument(ctx context.Context, latest *archive.Latest) (*web.Document, error) {
	n := latest.Newsletter
	f := feed{
		Lang: n.Language, ID: stableID(n.ListID), Title: n.Name, Author: feedAuthor{n.Name},
		Links: []feedLink{
			{"self", "application/atom+xml", s.PublicURL + feedPath(n.Slug)},
			{"alternate", "text/html", s.PublicURL + archivePath(n.Slug)},
		},
	}
	// A feed without entries has never changed, but must say when it did.
	updated := latest.Since
	for _, p := range latest.Bulletins {
		item, err := s.feedItem(ctx, latest, p)
		if err != nil {
			return nil, err
		}
		f.Entries = append(f.Entries, item)
		if at := p.Updated(); at.After(updated) {
			updated = at
		}
	}
	f.Updated = stamp(updated)
	body, err := xml.MarshalIndent(f, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write a feed: %w", err)
	}
	return web.NewDocument("application/atom+xml; charset=utf-8", append([]byte(xml.Header), append(body, '\n')...), updated)
}

func (s *site) feedItem(ctx context.Context, latest *archive.Latest, p store.Published) (feedItem, error) {
	a, err := s.Archive.Article(ctx, p.ID, p.Hash)
	if err != nil {
		return feedItem{}, err
	}
	n := latest.Newsletter
	title := a.Subject
	if a.Dateline != "" && (title == n.Name || title == n.Title) {
		title = a.Dateline
	}
	return feedItem{
		ID: stableID(fmt.Sprintf("%s/%d", n.ListID, p.Number)), Title: title,
		Published: stamp(p.StartedAt), Updated: stamp(p.Updated()),
		Link:    feedLink{"alternate", "text/html", s.PublicURL + bulletinPath(n.Slug, p.Number)},
		Summary: a.Description,
		Content: feedContent{Type: "html", Lang: a.Lang, HTML: string(a.Body)},
	}, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// stableID names a list or one of its bulletins for ever, wherever its pages are
// served (RFC 4287 §4.2.6): the UUID of its List-Id, which never changes (RFC 9562
// §5.5, in the name space of domain names).
func stableID(name string) string {
	dns := [16]byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	sum := sha1.Sum(append(dns[:], name...))
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
