// Package staff serves the pages behind the links in letters to a newsletter's
// staff: to approve a bulletin, to send one that is late, to stop one.
//
// An address carries a signed token, which names the letter and so the person. A
// request passes through the kit's protection (package web), the check of the
// token, and one of the two functions in Options: Describe, which changes nothing,
// or Follow, which acts. GET shows a page with a button; only the button's POST
// acts, so that a program that follows every link of a mail approves nothing.
//
// It knows no rule: whether the person may, and whether the bulletin is still what
// the letter showed, is said by those functions. Words are in words.go.
package staff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"epistle/internal/token"
	"epistle/internal/web"
	"epistle/templates"
)

// Prefix is what the address of every page here begins with.
const Prefix = "/staff/"

// What a link is for.
const (
	ActApprove = "approve"
	ActSend    = "send"
	ActStop    = "stop"
)

// What a link can still do.
const (
	Open    = "open"    // pressing the button acts
	Done    = "done"    // it was pressed just now, and has acted
	Already = "already" // what it would do is done
	Changed = "changed" // the bulletin is not what the letter showed any more
	Over    = "over"    // the bulletin has left, or was cancelled
	Barred  = "barred"  // a rule refuses it
)

// Matter is what a link is about, as things stand.
type Matter struct {
	Newsletter, Language string
	Number               int
	Ref                  string // how commands name the bulletin: weekly/214
	Date                 string // as a reader writes it
	Title                string
	Hash                 string // of what the letter showed, shortened
	Person               string
	Act, Standing        string
	State                string   // of the bulletin: review, approved, sending …
	Approved             []string // who has approved what the letter showed
	Needed               int      // how many must
	Why                  string   // a refusal in words
}

// Options is what the pages are made of. Both functions may be called at the same
// time as any other.
type Options struct {
	// Tokens checks the tokens of all addresses.
	Tokens *token.Keyring
	// Describe says what a link is about. It changes nothing.
	Describe func(ctx context.Context, p token.Purpose, c token.Claims) (Matter, error)
	// Follow does what the link is for and says what became of it. Its context
	// lives on when the client hangs up.
	Follow func(ctx context.Context, p token.Purpose, c token.Claims) (Matter, error)
	// PublicURL is the site's own address, as in the configuration.
	PublicURL string
	// Log gets failures; nil discards them. No token and no address is logged.
	Log *slog.Logger
	// Now is the clock for tokens that expire; nil means time.Now.
	Now func() time.Time
}

type site struct {
	Options
	kit  *web.Kit
	page web.View[page]
}

// page is the data of templates/staff/matter.html.
type page struct {
	web.Frame
	Masthead             web.Masthead
	Heading              string
	Paragraphs, Quiet    []string
	Button               string
	Action, Field, Value string
}

// Handler serves the pages, which all begin with Prefix.
func Handler(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &site{
		Options: o,
		kit:     web.New(web.Options{Log: o.Log, PublicURL: o.PublicURL}),
		page:    web.NewView[page](templates.Staff, "staff/matter.html"),
	}
	return s.kit.Protect(s.routes())
}

// routes lists every address:
//
//	GET, HEAD  /staff/approve/{token}  the page with the button; changes nothing
//	POST       /staff/approve/{token}  approves, or sends what is late
//	GET, HEAD  /staff/stop/{token}     the page with the button; changes nothing
//	POST       /staff/stop/{token}     holds or pauses the bulletin
//	GET, HEAD  /assets/style-*         the style sheet, its hash in its name
func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, s.kit.Handle(h)) }
	for path, purpose := range map[string]token.Purpose{"approve": token.Approve, "stop": token.Stop} {
		for _, end := range []string{"", "/{$}"} {
			address := Prefix + path + "/{token}" + end
			handle("GET "+address, func(w http.ResponseWriter, r *http.Request) error { return s.show(w, r, path, purpose) })
			handle("POST "+address, func(w http.ResponseWriter, r *http.Request) error { return s.follow(w, r, path, purpose) })
			handle(address, web.NotAllowed("GET, HEAD, POST"))
		}
	}
	handle("GET "+s.kit.StylePath(), s.kit.Style)
	handle("/", web.NotFound)
	return mux
}

// The hidden field that only the page's own button sends.
const (
	pageField = "page"
	pageValue = "1"
)

// followTimeout is how long acting may take once the button was pressed: sending
// runs the preflight.
const followTimeout = 30 * time.Second

// show answers GET and HEAD.
func (s *site) show(w http.ResponseWriter, r *http.Request, path string, purpose token.Purpose) error {
	claims, err := s.verify(r, purpose)
	if err != nil {
		return err
	}
	m, err := s.Describe(r.Context(), purpose, claims)
	if err != nil {
		return fmt.Errorf("describe what a link to the staff is about: %w", err)
	}
	return s.write(w, r, path, m)
}

// follow answers POST. One that does not come from the page's button gets the page.
func (s *site) follow(w http.ResponseWriter, r *http.Request, path string, purpose token.Purpose) error {
	claims, err := s.verify(r, purpose)
	if err != nil {
		return err
	}
	if !pressed(r) {
		return s.show(w, r, path, purpose)
	}
	// The wish counts from here on, even if the client hangs up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), followTimeout)
	defer cancel()
	m, err := s.Follow(ctx, purpose, claims)
	if err != nil {
		return fmt.Errorf("follow a link to the staff: %w", err)
	}
	return s.write(w, r, path, m)
}

// pressed says whether the request is the page's own form.
func pressed(r *http.Request) bool {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return false
	}
	r.URL = &url.URL{Path: r.URL.Path} // what stands in the address is no form
	return r.ParseForm() == nil && r.PostForm.Get(pageField) == pageValue
}

func (s *site) write(w http.ResponseWriter, r *http.Request, path string, m Matter) error {
	p := words(m)
	lang := web.LanguageOf("en")
	p.Frame = s.kit.Frame(lang, p.Heading)
	p.Masthead = web.Masthead{Name: m.Newsletter}
	if !strings.HasPrefix(strings.ToLower(m.Language), "en") {
		p.Masthead.NameLang = m.Language
	}
	p.Action, p.Field, p.Value = Prefix+path+"/"+r.PathValue("token"), pageField, pageValue
	return s.page.Write(w, http.StatusOK, p)
}

// verify checks the token in the address.
func (s *site) verify(r *http.Request, purpose token.Purpose) (token.Claims, error) {
	claims, err := s.Tokens.Verify(purpose, r.PathValue("token"), s.Now())
	if err == nil {
		return claims, nil
	}
	problem := &web.Problem{
		Status: http.StatusNotFound, Lang: web.LanguageOf("en"), Err: err, Heading: "This link does not work",
		Text: "It may have lost a piece on its way, as happens when a mail program breaks it over two lines. Open it once more from the letter.",
	}
	if errors.Is(err, token.ErrExpired) {
		problem.Status, problem.Heading = http.StatusGone, "This link has run out"
		problem.Text = "It worked for two weeks. Nothing was done. The newest letter about the bulletin has a link that works."
	}
	return token.Claims{}, problem
}
