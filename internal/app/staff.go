package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"epistle/internal/release"
	"epistle/internal/token"
	"epistle/internal/web/staff"
)

// Staff makes the pages behind the links in letters to the staff.
func (a *App) Staff(desk *release.Desk) http.Handler {
	return staff.Handler(staff.Options{
		Tokens: a.Secrets.Links, PublicURL: a.Config.Web.PublicURL, Log: a.Log, Now: a.Store.Now,
		Describe: func(ctx context.Context, p token.Purpose, c token.Claims) (staff.Matter, error) {
			return matter(desk.Matter(ctx, p, c))
		},
		Follow: func(ctx context.Context, p token.Purpose, c token.Claims) (staff.Matter, error) {
			return matter(desk.Follow(ctx, p, c))
		},
	})
}

// matter hands over what the pages show.
func matter(m *release.Matter, err error) (staff.Matter, error) {
	if err != nil {
		return staff.Matter{}, err
	}
	out := staff.Matter{
		Newsletter: m.Newsletter.Name, Language: m.Newsletter.Language,
		Number: m.Bulletin.Number, Ref: m.Bulletin.Ref(), Date: m.Bulletin.Date.In(time.UTC).Format("2 January 2006"),
		Title: m.Bulletin.Title, Hash: m.Hash[:12], Person: m.Person.Name,
		Act: string(m.Act), Standing: string(m.Standing), State: string(m.Bulletin.State), Needed: m.Needed, Why: m.Why,
	}
	for _, a := range m.Given {
		out.Approved = append(out.Approved, m.Newsletter.Known(a.By))
	}
	return out, nil
}

// beside serves the staff's pages beside the readers'. The choice is made by the
// path alone, before anything redirects or cleans it.
func beside(pages, staffPages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, staff.Prefix) {
			staffPages.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}
