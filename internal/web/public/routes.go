package public

import (
	"net/http"

	"epistle/internal/token"
	"epistle/internal/web"
)

// routes lists every address of the readers' site:
//
//	GET, HEAD  /u/{token}       the page with the button for leaving; changes nothing
//	POST       /u/{token}       leaves: one-click, or the page's button
//	GET, HEAD  /v/{token}       a bulletin in the browser
//	GET, HEAD  /subscribe/{slug}  the form for subscribing to a newsletter
//	POST       /subscribe/{slug}  takes the form, from any site
//	GET, HEAD  /confirm/{token} asks whether a sign-up is meant; changes nothing
//	POST       /confirm/{token} subscribes
//	GET, HEAD  /undo/{token}    asks whether a leaving shall be undone; changes nothing
//	POST       /undo/{token}    undoes it
//	GET, HEAD  /                            the public newsletters, if any
//	GET, HEAD  /a/{slug}                    a newsletter's archive: its newest year
//	GET, HEAD  /a/{slug}/year/{year}        another year
//	GET, HEAD  /a/{slug}/{number}           a bulletin, for ever; a date leads there
//	GET, HEAD  /a/{slug}/feed.atom          the newest bulletins as a feed
//	GET, HEAD  /colours/{sheet}             a newsletter's colours, their hash in the name
//	GET, HEAD  /choose/{token}      a reader's own page
//	POST       /choose/{token}      what comes, and when
//	GET, HEAD  /choose/{token}/you  address and data; POST has a link mailed
//	GET, HEAD  /address/{token}     a new address, or the way back; POST uses it
//	GET, HEAD  /download/{token}    what is kept; POST gives it as a file
//	GET, HEAD  /erase/{token}       to be forgotten; POST erases
//	GET, HEAD  /healthz         "ok", or 503
//	GET, HEAD  /robots.txt      keeps robots off the addresses with tokens
//	GET, HEAD  /favicon.ico     204: there is none
//	GET, HEAD  /assets/style-*  the style sheet, its hash in its name
//
// Anything else is a page with status 404, or 405 for another method. Addresses
// with a token are served with a slash at the end as well: http.ServeMux would
// redirect or lose them otherwise, and a POST to /u/ must never be redirected
// (RFC 8058 §3.1).
func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	s.register(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, s.kit.Handle(h)) })
	return mux
}

// register hands every pattern with what answers it to handle.
func (s *site) register(handle func(pattern string, h web.HandlerFunc)) {
	for _, end := range []string{"", "/{$}"} {
		handle("GET /u/{token}"+end, s.showLeave)
		handle("POST /u/{token}"+end, s.doLeave)
		handle("/u/{token}"+end, web.NotAllowed("GET, HEAD, POST"))
		handle("GET /v/{token}"+end, s.showMailed)
		handle("/v/{token}"+end, web.NotAllowed("GET, HEAD"))
		handle("GET /subscribe/{slug}"+end, s.showSubscribe)
		handle("POST /subscribe/{slug}"+end, s.kit.Limited(s.signups, s.doSubscribe))
		handle("/subscribe/{slug}"+end, web.NotAllowed("GET, HEAD, POST"))
		handle("GET /confirm/{token}"+end, s.showConfirm)
		handle("POST /confirm/{token}"+end, s.kit.Limited(s.writes, s.doConfirm))
		handle("/confirm/{token}"+end, web.NotAllowed("GET, HEAD, POST"))
		handle("GET /undo/{token}"+end, s.showUndo)
		handle("POST /undo/{token}"+end, s.kit.Limited(s.writes, s.doUndo))
		handle("/undo/{token}"+end, web.NotAllowed("GET, HEAD, POST"))
	}
	s.archiveRoutes(handle)
	if s.Preferences != nil {
		s.preferences(handle)
	}
	handle("GET /healthz", web.Health(s.Health))
	handle("GET /robots.txt", robots)
	handle("GET /favicon.ico", web.NoIcon)
	handle("GET "+s.kit.StylePath(), s.kit.Style)
	handle("/", web.NotFound)
}

// archiveRoutes are those of the pages that anybody may read.
func (s *site) archiveRoutes(handle func(pattern string, h web.HandlerFunc)) {
	read := func(path string, h web.HandlerFunc) {
		handle("GET "+path, h)
		handle(path, web.NotAllowed("GET, HEAD"))
	}
	read("/{$}", s.showFront)
	for _, end := range []string{"", "/{$}"} {
		read("/a/{slug}"+end, s.showArchive)
		read("/a/{slug}/{bulletin}"+end, s.showPublished)
	}
	read("/a/{slug}/year/{year}", s.showArchive)
	// The routes above refuse its other methods.
	handle("GET /a/{slug}/feed.atom", s.showFeed)
	read("/colours/{sheet}", s.showColours)
}

// preferences adds the reader's own page and the links that it has mailed.
func (s *site) preferences(handle func(string, web.HandlerFunc)) {
	for _, page := range []struct {
		path     string
		show, do web.HandlerFunc
	}{
		{token.Choose.Path() + "{token}", s.showChoose, s.doChoose},
		{token.Choose.Path() + "{token}/you", s.showYou, s.doYou},
		{token.Address.Path() + "{token}", s.showWish(token.Address), s.doMove},
		{token.Download.Path() + "{token}", s.showWish(token.Download), s.doDownload},
		{token.Erase.Path() + "{token}", s.showWish(token.Erase), s.doErase},
	} {
		for _, end := range []string{"", "/{$}"} {
			handle("GET "+page.path+end, page.show)
			handle("POST "+page.path+end, s.kit.Limited(s.writes, page.do))
			handle(page.path+end, web.NotAllowed("GET, HEAD, POST"))
		}
	}
}

// robots keeps well-behaved robots off the addresses with tokens (RFC 9309
// §2.2.2); the header X-Robots-Tag keeps out of the index what they fetch all
// the same.
func robots(w http.ResponseWriter, _ *http.Request) error {
	return web.Write(w, web.PlainText, "User-agent: *\nDisallow: /u/\nDisallow: /v/\nDisallow: /confirm/\nDisallow: /undo/\nDisallow: /choose/\nDisallow: /address/\nDisallow: /download/\nDisallow: /erase/\nDisallow: /staff/\n")
}
