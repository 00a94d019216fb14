package public

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
	"epistle/internal/token"
	"epistle/internal/web"
)

// answer is what one of the site's addresses answered.
type answer struct {
	*http.Response
	request, pattern, page string
}

// tour asks the site for everything that it has.
type tour struct {
	*village
	site    *site
	mux     *http.ServeMux // tells which route an address takes
	all     []string       // the routes
	answers []answer
}

func newTour(t *testing.T) *tour {
	t.Helper()
	o := &tour{village: newVillage(t), mux: http.NewServeMux()}
	o.site = newSite(o.options)
	o.site.register(func(pattern string, _ web.HandlerFunc) {
		o.all = append(o.all, pattern)
		o.mux.Handle(pattern, http.NotFoundHandler())
	})
	return o
}

// visit makes one request, and of what it got by GET a further one by HEAD, with a
// slash at the end, and by a method that no page has.
func (o *tour) visit(method, path string, form url.Values) answer {
	o.Helper()
	a := o.once(method, path, form)
	if method == http.MethodGet {
		o.once(http.MethodHead, path, nil)
		o.once(http.MethodGet, strings.TrimSuffix(path, "/")+"/", nil)
		o.once(http.MethodPut, path, nil)
		o.once(http.MethodPut, strings.TrimSuffix(path, "/")+"/", nil)
	}
	return a
}

func (o *tour) once(method, path string, form url.Values) answer {
	o.Helper()
	r, err := http.NewRequest(method, o.server.URL+path, nil)
	o.must(err)
	_, pattern := o.mux.Handler(r)
	resp, page := o.send(method, path, form)
	a := answer{resp, method + " " + path, pattern, page}
	o.answers = append(o.answers, a)
	return a
}

// form sends a form, also to the address with a slash at its end. Two fields are
// one name and one value.
func (o *tour) form(path string, fields ...string) answer {
	o.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	o.once(http.MethodPost, path+"/", form)
	return o.visit(http.MethodPost, path, form)
}

// newest is where the first link of the newest letter leads.
func (o *tour) newest() string {
	o.Helper()
	all := o.mail()
	return o.path(all[len(all)-1])
}

// walk goes everywhere.
func (o *tour) walk() {
	o.read()
	o.arrive()
	o.change()
	o.goAway()
}

func (o *tour) read() {
	lib := &library{t: o.T, store: o.store, keys: o.options.Tokens, server: o.server}
	b := lib.bulletin(o.list, 214, "2027-03-05", newsletter.BulletinSent, nil)
	for _, path := range []string{"/", "/a/weekly", "/a/weekly/214", "/a/weekly/year/2027", "/a/weekly/feed.atom", "/nothing", "/v/AAAA", lib.viewPath(b), "/healthz", "/robots.txt", "/favicon.ico"} {
		o.visit(http.MethodGet, path, nil)
	}
	_, page := o.get("/a/weekly/214")
	for _, sheet := range strings.Split(page, `rel="stylesheet" href="`)[1:] {
		sheet, _, _ = strings.Cut(sheet, `"`)
		o.visit(http.MethodGet, sheet, nil)
	}
}

func (o *tour) arrive() {
	o.visit(http.MethodGet, "/subscribe/weekly", nil)
	o.form("/subscribe/weekly", "address", "keeper@")
	form := o.village.form("keeper@harbour.example")
	o.wait(10 * time.Second)
	o.once(http.MethodPost, "/subscribe/weekly", form)
	confirm := o.newest()
	o.visit(http.MethodGet, confirm, nil)
	o.form(confirm)
	o.visit(http.MethodGet, confirm, nil)
}

func (o *tour) change() {
	choose := o.options.Preferences.Link(o.list.ID, o.reader)
	o.visit(http.MethodGet, choose, nil)
	o.form(choose, "do", "choose", "shown", "river-towns")
	o.form(choose, "do", "pause", "until", "never")
	you := choose + "/you"
	o.visit(http.MethodGet, you, nil)
	o.form(you, "do", "address", "address", "nobody")
	for _, do := range []string{"download", "erase", "address"} {
		o.once(http.MethodPost, you, url.Values{"do": {do}, "address": {"new@harbour.example"}})
		link := o.newest()
		o.visit(http.MethodGet, link, nil)
		if do != "erase" {
			o.form(link)
		}
		if do == "address" {
			o.visit(http.MethodGet, o.newest(), nil) // the way back
		}
	}
}

func (o *tour) goAway() {
	leave := o.leavePath()
	o.visit(http.MethodGet, leave, nil)
	left := o.once(http.MethodPost, leave, leaveForm("Too much to read."))
	o.form(leave, "List-Unsubscribe", "One-Click")
	o.visit(http.MethodGet, leave, nil)
	undo := between(o.T, left.page, `<form method="post" action="`, `"`)
	o.visit(http.MethodGet, undo, nil)
	o.form(undo)
	o.form(o.erase())
}

// erase is the way to be forgotten, of the letter that was asked for before.
func (o *tour) erase() string {
	o.Helper()
	for _, n := range o.mail() {
		if strings.Contains(n.Letter.Links[0].URL, token.Erase.Path()) {
			return o.path(n)
		}
	}
	o.Fatal("no letter leads to erasing")
	return ""
}

func TestNoAddressOfTheSiteTellsAnybodyWhoReads(t *testing.T) {
	t.Parallel()
	o := newTour(t)
	o.walk()
	visited, seen := map[string]bool{}, map[string]int{}
	for _, a := range o.answers {
		visited[a.pattern] = true
		seen[a.Header.Get("Content-Type")]++
		page := ""
		if a.Header.Get("Content-Type") == web.HTML {
			page = a.page
		}
		for _, f := range intruders(t, page, a.Header) {
			t.Errorf("%s: %s", a.request, f)
		}
		if h := a.Header; h.Get("Content-Security-Policy") != web.PageCSP || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", a.request, h)
		}
		if strings.Contains(a.page, "<h1></h1>") || a.StatusCode >= 500 {
			t.Errorf("%s: %s, %s", a.request, a.Status, a.page)
		}
	}
	for _, pattern := range o.all {
		if !visited[pattern] {
			t.Errorf("nobody looked at %s", pattern)
		}
	}
	if seen[web.HTML] < 40 || !slices.Contains(o.all, "POST /erase/{token}") {
		t.Errorf("seen were %v of %q", seen, o.all)
	}
}
