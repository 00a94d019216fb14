// Package web is the HTTP kit that all pages share. It knows no newsletter and
// no database.
//
// A request passes through, in this order:
//
//  1. Protect: a request id, recovery from panics, the path made straight
//     without a redirect, a limit for the body and one for the time, and the
//     security headers of every answer.
//  2. The routes of the package that uses the kit.
//  3. Handle: runs a HandlerFunc and turns the error it returns into a page for
//     a person, with a status by the error's kind. The error itself goes to the
//     log, never to the visitor.
//  4. View: one template bound to one Go type, inside the shared layout.
//
// Serve runs a handler as a server with every timeout set and ends it
// gracefully. Limiter bounds how often a network may ask, Client says who asks also
// behind a proxy, and Stamps tells forms of ours from others. Catalogue holds the sentences of the pages by language.
//
// Pages need no JavaScript, set no cookie and load nothing from elsewhere. What
// the pages say and do is left to web/public and the catcher's inbox.
package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"epistle/templates"
)

// Limits of one request. A reader's form is some hundred bytes and a page takes
// milliseconds: whoever needs more is not a reader.
const (
	// DefaultMaxBody is the longest body that is read, in bytes.
	DefaultMaxBody = 64 << 10
	// DefaultMaxTime is how long a handler may work on one request.
	DefaultMaxTime = 10 * time.Second
)

// Options is what a Kit is made of.
type Options struct {
	// Log gets failures (error), refused requests and every request (debug).
	// Nil discards them.
	Log *slog.Logger
	// PublicURL is the address under which readers reach the site. Only its
	// scheme is used: https switches Strict-Transport-Security on.
	PublicURL string
	// Prefix is the path below which the site's own files are served; it begins
	// and ends with a slash. Empty means "/".
	Prefix string
	// Home is the way on that error pages offer; without a label they offer none.
	Home Link
	// MaxBody and MaxTime replace the defaults; 0 means the default.
	MaxBody int64
	MaxTime time.Duration
	// Proxies are the networks of the proxies whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
}

// Link is a link with its words.
type Link struct{ Label, Href string }

// Kit is made once for each site and used by its handlers at the same time.
type Kit struct {
	log     *slog.Logger
	https   bool
	style   asset
	prefix  string
	home    Link
	maxBody int64
	maxTime time.Duration
	proxies []netip.Prefix
	strange sync.Once // warns of a proxy that is not believed
	words   *Catalogue[errorWords]
	failure View[errorPage]
}

// New makes a kit.
func New(o Options) *Kit {
	k := &Kit{
		log:     o.Log,
		https:   strings.HasPrefix(o.PublicURL, "https://"),
		prefix:  o.Prefix,
		home:    o.Home,
		maxBody: o.MaxBody,
		maxTime: o.MaxTime,
		proxies: o.Proxies,
		words:   newErrorCatalogue(),
		failure: NewView[errorPage](templates.Public, "public/error.html"),
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if k.prefix == "" {
		k.prefix = "/"
	}
	if k.maxBody == 0 {
		k.maxBody = DefaultMaxBody
	}
	if k.maxTime == 0 {
		k.maxTime = DefaultMaxTime
	}
	k.style = loadStyle(k.prefix)
	return k
}

// Protect puts everything around next that holds for all requests. Handlers
// that are mounted inside each other may each be protected: the outermost wins.
func (k *Kit) Protect(next http.Handler) http.Handler {
	inner := k.withRecovery(k.withHeaders(k.withLimits(straighten(next))))
	return k.withRequestID(next, inner)
}
