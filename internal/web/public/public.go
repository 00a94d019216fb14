// Package public serves the readers' pages: subscribing and confirming it, leaving a
// newsletter and undoing that, reading a bulletin in the browser, and what anybody may
// read: a newsletter's archive and its feed.
//
// Every address that is about a reader carries a signed token, and the token is the
// only authority: there is no session, no cookie and no look at where a request
// came from (RFC 8058 §3.1). A request passes through, in this order: the kit's
// protection (package web), the routes (routes.go lists all of them), the limit of
// the visitor's network, the check of the token, and one of the functions in
// Options, which hold whatever is known about newsletters and readers.
//
// It stores nothing and sends nothing: storing is left to those functions,
// sending to package delivery.
package public

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"epistle/internal/archive"
	"epistle/internal/audience"
	"epistle/internal/recent"
	"epistle/internal/token"
	"epistle/internal/web"
	"epistle/templates"
)

// How a reader left. The words are stored with the subscription.
const (
	// HowOneClick is the POST that a mail program or a mailbox provider sends
	// for its reader (RFC 8058 §3.1).
	HowOneClick = audience.HowOneClick
	// HowPage is the button of the page at the same address.
	HowPage = audience.HowPage
)

// Description is what the page for leaving says. It has no address: a
// forwarded link must not tell a stranger whose it is.
type Description struct {
	// NewsletterName is the newsletter's present name.
	NewsletterName string
	// Language is the newsletter's language tag.
	Language string
	// Left says that nothing is being sent under this link any more: then the
	// page says so and shows no button.
	Left bool
	// Subscribe is the path where people subscribe; empty when they cannot.
	Subscribe string
}

// LeaveResult is what became of a reader's wish to leave.
type LeaveResult struct {
	NewsletterName string
	Language       string
	// Already says that the reader had left before.
	Already bool
	// Undo is the token that takes it back; empty with Already.
	Undo string
	// Mailed says that the reader gets a mail about it.
	Mailed bool
	// Subscribe is the path where people subscribe; empty when they cannot.
	Subscribe string
}

// Options is what the pages are made of. Every function may be called at the
// same time as any other; errors are shown by their newsletter.Kind.
type Options struct {
	// Tokens checks the tokens of all addresses.
	Tokens *token.Keyring
	// Leave ends the subscription that a token names, durably and at once,
	// also for a send under way. How is HowOneClick or HowPage, reason what the
	// reader wrote. It is called again for repeated requests and then reports
	// Already; a subscriber who was erased has left too. Its context lives on when
	// the client hangs up.
	Leave func(ctx context.Context, c token.Claims, how, reason string) (LeaveResult, error)
	// Describe says what the page for leaving shows. It changes nothing.
	Describe func(ctx context.Context, c token.Claims) (Description, error)
	// Door is where readers subscribe, confirm that, and undo having left.
	Door *audience.Door
	// Archive gives what everybody may read.
	Archive *archive.Archive
	// Preferences are what readers change on their own page; nil: there is none.
	Preferences *audience.Preferences
	// Health is asked by GET /healthz; nil means that serving is enough.
	Health func(ctx context.Context) error
	// PublicURL is the site's own address, as in the configuration.
	PublicURL string
	// Proxies are the networks of the proxies whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Log gets failures; nil discards them. No token and no address is logged.
	Log *slog.Logger
	// Now is the clock for tokens that expire; nil means time.Now.
	Now func() time.Time
}

// Limits for one network (web.Network). Behind one address of a school or a company
// there are many readers, so they are wide: they stop programs, not people. A POST
// with a valid token for leaving is under no limit.
const (
	writesAtOnce = 30
	writesEvery  = 10 * time.Second
	wrongAtOnce  = 120
	wrongEvery   = time.Second
)

// site is the handlers' common ground.
type site struct {
	Options
	kit   *web.Kit
	words *web.Catalogue[words]
	// writes bounds what one network may change, wrong what links that do not work
	// it may try.
	writes, wrong *web.Limiter
	// signups bounds the forms for subscribing from one network, addresses those
	// for one address.
	signups, addresses *web.Limiter
	stamps             *web.Stamps
	leave              web.View[leavePage]
	left               web.View[leftPage]
	subscribe          web.View[subscribePage]
	question           web.View[questionPage]
	told               web.View[toldPage]
	choose             web.View[choosePage]
	you                web.View[youPage]
	wish               web.View[wishPage]

	archiveWords *web.Catalogue[archiveWords]
	front        web.View[frontPage]
	archive      web.View[archivePage]
	bulletin     web.View[bulletinPage]
	pages        *recent.Cache[string, *web.Document] // of the archive, by path
	building     sync.Mutex                           // held while one of them is made
}

// Handler serves the readers' pages. Inside another http.ServeMux it must not
// stand bare, because that mux redirects unclean paths before this handler sees
// them: put web.Kit.Protect around the outer mux.
func Handler(o Options) http.Handler {
	s := newSite(o)
	return s.kit.Protect(s.routes())
}

func newSite(o Options) *site {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &site{
		Options:   o,
		kit:       web.New(web.Options{Log: o.Log, PublicURL: o.PublicURL, Proxies: o.Proxies}),
		words:     newCatalogue(),
		writes:    web.NewLimiter(writesAtOnce, writesEvery, o.Now),
		wrong:     web.NewLimiter(wrongAtOnce, wrongEvery, o.Now),
		signups:   web.NewLimiter(signupsAtOnce, signupsEvery, o.Now),
		addresses: web.NewLimiter(perAddress, perAddressWait, o.Now),
		stamps:    web.NewStamps(o.Tokens, o.Now),
		leave:     web.NewView[leavePage](templates.Public, "public/leave.html"),
		left:      web.NewView[leftPage](templates.Public, "public/left.html"),
		subscribe: web.NewView[subscribePage](templates.Public, "public/subscribe.html"),
		question:  web.NewView[questionPage](templates.Public, "public/question.html"),
		told:      web.NewView[toldPage](templates.Public, "public/told.html"),
		choose:    web.NewView[choosePage](templates.Public, "public/choose.html"),
		you:       web.NewView[youPage](templates.Public, "public/you.html"),
		wish:      web.NewView[wishPage](templates.Public, "public/wish.html"),

		archiveWords: newArchiveCatalogue(),
		front:        web.NewView[frontPage](templates.Public, "public/front.html"),
		archive:      web.NewView[archivePage](templates.Public, "public/archive.html"),
		bulletin:     web.NewView[bulletinPage](templates.Public, "public/bulletin.html"),
		pages:        recent.New[string, *web.Document](mostPages),
	}
}
