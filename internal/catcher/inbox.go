package catcher

import (
	"log/slog"
	"net/http"
	"regexp"
	"strconv"

	"epistle/internal/newsletter"
	"epistle/internal/web"
	"epistle/templates"
)

// pageSize is how many messages one page of the inbox lists.
const pageSize = 50

// InboxOptions is what the inbox's pages are made of.
type InboxOptions struct {
	// Prefix is the path below which the inbox is served; it begins and ends
	// with a slash. Empty means "/".
	Prefix string
	// Note stands under the title: what is being caught here, and until when.
	// Empty means a general sentence.
	Note string
	// Links stand on top of the list, such as the page for leaving.
	Links []web.Link
	// Log gets failures; nil discards them.
	Log *slog.Logger
}

// headTag finds the start of an HTML document's head.
var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

// inbox is the pages over what a Catcher keeps.
type inbox struct {
	InboxOptions
	catcher *Catcher
	kit     *web.Kit
	list    web.View[listPage]
	message web.View[messagePage]
}

// Inbox serves pages for looking at what was caught. It shows everything to
// everybody who can reach it: serve it on a loopback address only.
//
// Mail is shown as hostile: in a sandbox, without script, without a request to
// any other host.
func (c *Catcher) Inbox(o InboxOptions) http.Handler {
	if o.Prefix == "" {
		o.Prefix = "/"
	}
	if o.Note == "" {
		o.Note = "Everything the catcher was sent. Nothing here was delivered to anybody."
	}
	i := &inbox{
		InboxOptions: o,
		catcher:      c,
		kit:          web.New(web.Options{Log: o.Log, Prefix: o.Prefix, Home: web.Link{Label: "All messages", Href: o.Prefix}}),
		list:         web.NewView[listPage](templates.Inbox, "inbox/list.html"),
		message:      web.NewView[messagePage](templates.Inbox, "inbox/message.html"),
	}
	return i.kit.Protect(i.routes())
}

// routes lists every address, below the prefix:
//
//	GET  /                 the list; ?q= searches, ?from= is the first message's place
//	GET  /{id}             one message; ?show= phone, desktop, text or source
//	GET  /{id}/html        its HTML alone, for the frame
//	GET  /{id}/raw.eml     its bytes, to keep
//	GET  /assets/style-*   the style sheet
//
// and, where the handler has a server to itself, /favicon.ico.
func (i *inbox) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, i.kit.Handle(h)) }
	handle("GET "+i.Prefix+"{$}", i.showList)
	handle("GET "+i.Prefix+"{id}", i.showMessage)
	handle("GET "+i.Prefix+"{id}/html", i.showHTML)
	handle("GET "+i.Prefix+"{id}/raw.eml", i.download)
	handle("GET "+i.kit.StylePath(), i.kit.Style)
	handle("GET /favicon.ico", web.NoIcon)
	handle("/", web.NotFound)
	return mux
}

// named finds the message that the path names.
func (i *inbox) named(r *http.Request) (Entry, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return Entry{}, newsletter.Errorf(newsletter.NotFound, "%q is not the number of a message", r.PathValue("id"))
	}
	return i.catcher.Entry(id)
}
