package public

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/address"
	"epistle/internal/archive"
	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// village is a whole site over a real database: one newsletter that takes sign-ups,
// with one reader.
type village struct {
	*testing.T
	db       *database.DB
	store    *store.Store
	ledger   *ledger.Ledger
	audience *audience.Audience
	list     *newsletter.Newsletter
	reader   int64
	log      *safeBuffer
	server   *httptest.Server
	at       atomic.Pointer[time.Time]
	proxies  []netip.Prefix
	options  Options // of the site as it was opened last
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{T: t, db: databasetest.New(t), log: &safeBuffer{}}
	noon := time.Date(2027, 3, 12, 12, 0, 0, 0, time.UTC)
	v.at.Store(&noon)
	log := slog.New(slog.NewTextHandler(v.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	v.store = store.New(v.db, v.now)
	v.ledger = ledger.New(v.db, v.now, log)
	secrets, err := v.store.Secrets(t.Context())
	v.must(err)
	v.audience = audience.New(v.store, v.ledger, secrets.Address)
	v.list = &newsletter.Newsletter{
		Slug: "weekly", Name: "The Weekly Lantern", From: newsletter.Address{Email: "lantern@example.org"}, ListID: "weekly.example.org",
		Language: "en", TimeZone: "UTC", Policy: newsletter.DefaultPolicy(), Public: newsletter.Public{Subscribe: true, Archive: true},
		Sections: []newsletter.Section{{Name: "River Towns"}}, Design: newsletter.Design{Accent: "#9a4a00"},
	}
	v.must(v.store.AddNewsletter(t.Context(), v.list, "ana"))
	_, err = v.audience.Add(t.Context(), v.list, []audience.Entry{{Address: v.parse("reader@harbour.example")}}, audience.Consent{Source: "list"}, "ana")
	v.must(err)
	v.reader = v.person("reader@harbour.example").ID
	v.open(t)
	return v
}

// open starts the site anew, with the keys that the database has now and limits
// that nobody has used.
func (v *village) open(t *testing.T) {
	t.Helper()
	secrets, err := v.store.Secrets(t.Context())
	v.must(err)
	v.server = httptest.NewUnstartedServer(nil)
	site := "http://" + v.server.Listener.Addr().String()
	door := v.audience.Door(secrets.Links, site)
	v.options = Options{
		Tokens: secrets.Links, Leave: LeaveBy(door), Describe: DescribeBy(door), Door: door, Proxies: v.proxies,
		Archive: archive.New(v.store), Preferences: v.audience.Preferences(secrets.Links, site),
		PublicURL: site, Log: slog.New(slog.NewTextHandler(v.log, nil)), Now: v.store.Now,
	}
	v.server.Config.Handler = Handler(v.options)
	v.server.Start()
	t.Cleanup(v.server.Close)
}

func (v *village) now() time.Time { return *v.at.Load() }

// wait lets time pass.
func (v *village) wait(d time.Duration) {
	later := v.now().Add(d)
	v.at.Store(&later)
}

func (v *village) must(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

func (v *village) parse(s string) address.Address {
	v.Helper()
	a, err := address.Parse(s)
	v.must(err)
	return a
}

// person is who has an address; nil when nobody has.
func (v *village) person(s string) *store.Subscriber {
	v.Helper()
	p, err := v.store.Subscriber(v.Context(), v.parse(s))
	if newsletter.KindOf(err) == newsletter.NotFound {
		return nil
	}
	v.must(err)
	return p
}

func (v *village) state(s string) newsletter.SubscriptionState {
	v.Helper()
	p := v.person(s)
	if p == nil || len(p.Subscriptions) == 0 {
		return ""
	}
	return p.Subscriptions[0].State
}

// mail gives the notices that wait, the oldest first.
func (v *village) mail() []*ledger.Notice {
	v.Helper()
	list, err := v.ledger.DueNotices(v.Context(), 1000)
	v.must(err)
	return list
}

// path is where the link of a letter leads.
func (v *village) path(n *ledger.Notice) string {
	v.Helper()
	path, ok := strings.CutPrefix(n.Letter.Links[0].URL, v.server.URL)
	if !ok {
		v.Fatalf("the letter leads to %s", n.Letter.Links[0].URL)
	}
	return path
}

// leavePath is the reader's link for leaving, as every bulletin has it.
func (v *village) leavePath() string {
	v.Helper()
	secrets, err := v.store.Secrets(v.Context())
	v.must(err)
	return "/u/" + secrets.Links.Sign(token.Unsubscribe, token.Claims{Newsletter: v.list.ID, Bulletin: 1, Subscriber: v.reader}, time.Time{})
}

func (v *village) get(path string) (*http.Response, string) {
	v.Helper()
	return v.send("GET", path, nil)
}

// post sends a form.
func (v *village) post(path string, form url.Values) (*http.Response, string) {
	v.Helper()
	return v.send("POST", path, form)
}

func (v *village) send(method, path string, form url.Values) (*http.Response, string) {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, v.server.URL+path, strings.NewReader(form.Encode()))
	v.must(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.do(r)
}

func (v *village) do(r *http.Request) (*http.Response, string) {
	v.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	v.must(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	v.must(err)
	return resp, string(body)
}

// form is the page's form for subscribing, as it was shown, for an address.
func (v *village) form(address string) url.Values {
	v.Helper()
	_, page := v.get("/subscribe/weekly")
	return url.Values{"address": {address}, "stamp": {between(v.T, page, `name="stamp" value="`, `"`)}, "topic": {""}}
}

// subscribe fills in the form as a person does.
func (v *village) subscribe(address string) (*http.Response, string) {
	v.Helper()
	form := v.form(address)
	v.wait(10 * time.Second)
	return v.post("/subscribe/weekly", form)
}

// heading is the page's heading without markup.
func heading(page string) string {
	_, rest, _ := strings.Cut(page, "<h1>")
	text, _, _ := strings.Cut(rest, "</h1>")
	return strings.NewReplacer("<bdi>", "", "</bdi>", "").Replace(text)
}

// told fails unless the answer has a status and a heading.
func (v *village) told(resp *http.Response, page string, status int, want string) {
	v.Helper()
	if resp.StatusCode != status || heading(page) != want {
		v.Errorf("%s: status %d with %q, want %d with %q\n%s", resp.Request.URL.Path, resp.StatusCode, heading(page), status, want, page)
	}
}

// crowd stores wishes of many addresses, which got no mail.
func (v *village) crowd(n int) {
	v.Helper()
	v.must(v.db.Write(v.Context(), func(tx *database.Tx) error {
		for i := range n {
			name := []byte{byte(i), byte(i >> 8)}
			x := &store.Signup{NewsletterID: v.list.ID, Hash: name, Domain: string(name), Answer: store.SignupNothing, ExpiresAt: v.now().Add(time.Hour)}
			if err := v.store.AddSignupTx(tx, x); err != nil {
				return err
			}
		}
		return nil
	}))
}
