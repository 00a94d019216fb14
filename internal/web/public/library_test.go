package public

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"epistle/internal/archive"
	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// library is the readers' site over a real database with published bulletins.
type library struct {
	t      testing.TB
	store  *store.Store
	keys   *token.Keyring
	server *httptest.Server
	log    *safeBuffer

	mu  sync.Mutex
	now time.Time
}

func newLibrary(t testing.TB) *library {
	t.Helper()
	keys, err := token.NewKeyring(token.Key{ID: 1, Secret: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	l := &library{t: t, keys: keys, log: &safeBuffer{}, now: time.Date(2027, 3, 12, 8, 0, 0, 0, time.UTC)}
	l.store = store.New(databasetest.New(t), l.clock)
	l.server = httptest.NewServer(Handler(Options{
		Tokens: keys, Archive: archive.New(l.store), PublicURL: "https://news.example.org", Now: l.clock,
		Log: slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}))
	t.Cleanup(l.server.Close)
	return l
}

func (l *library) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *library) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

func (l *library) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// newsletter adds a public newsletter, changed by edit.
func (l *library) newsletter(slug string, edit func(*newsletter.Newsletter)) *newsletter.Newsletter {
	l.t.Helper()
	n := &newsletter.Newsletter{
		Slug: slug, Name: "The Weekly Lantern", From: newsletter.Address{Email: "letters@lantern.example"}, ListID: slug + ".lantern.example",
		Language: "en", TimeZone: "UTC", Policy: newsletter.DefaultPolicy(), PostalAddress: "Lantern Network\n4 Quay Street, Saltby Harbour",
		Design: newsletter.Design{Accent: "#9a4a00"}, Public: newsletter.Public{Archive: true},
	}
	if edit != nil {
		edit(n)
	}
	l.must(l.store.AddNewsletter(l.t.Context(), n, "ana"))
	return n
}

// bulletin freezes a bulletin of a date and moves it as far as state.
func (l *library) bulletin(n *newsletter.Newsletter, number int, date string, state newsletter.BulletinState, edit func(*store.Bulletin, *newsletter.Document)) *store.Bulletin {
	l.t.Helper()
	day, err := newsletter.ParseDate(date)
	l.must(err)
	b := &store.Bulletin{NewsletterID: n.ID, Slug: n.Slug, Number: number, Date: day}
	doc := &newsletter.Document{
		Format: newsletter.DocumentFormat, Identity: n.Identity(), Number: number, Date: day, Subject: n.Name,
		Content: newsletter.Content{
			Title: n.Name, Epigraph: &newsletter.Epigraph{Text: "A lamp does not ask who is at sea.", Source: "Keeper’s log, 1871"},
			Sections: []newsletter.ContentSection{
				{Key: "lead", Items: []newsletter.ContentItem{{Text: "The harbour school opened its doors again. [See the plan](https://elsewhere.example/plan?a=1&b=2)."}}},
				{Key: "river", Heading: "River Towns", Introduction: "Each writes once a month.", Items: []newsletter.ContentItem{
					{Text: "The ferry runs late.\n\n![The late boat](https://elsewhere.example/boat.png)"}, {Text: "A reading room with one stove."},
				}},
			},
		},
	}
	if edit != nil {
		edit(b, doc)
	}
	l.must(l.store.DB().Write(l.t.Context(), func(tx *database.Tx) error { return l.store.CreateBulletinTx(tx, b, doc, "ana") }))
	for _, to := range []newsletter.BulletinState{newsletter.BulletinApproved, newsletter.BulletinSending, state} {
		if b.State == state || state == newsletter.BulletinApproved && to == newsletter.BulletinSending {
			break
		}
		l.move(b, to)
	}
	return b
}

// move moves a bulletin and remembers its state.
func (l *library) move(b *store.Bulletin, to newsletter.BulletinState) {
	l.t.Helper()
	if to == newsletter.BulletinApproved {
		_, _, err := l.store.ApproveBulletin(l.t.Context(), b.ID, "", "ana")
		l.must(err)
		b.State = to
		return
	}
	moved, err := l.store.MoveBulletin(l.t.Context(), b.ID, to, "", "ana")
	l.must(err)
	b.State = moved.State
}

// rewrite replaces the words of a bulletin that has left, as a withdrawal does.
func (l *library) rewrite(b *store.Bulletin, edit func(*newsletter.Document)) {
	l.t.Helper()
	doc, err := l.store.Document(l.t.Context(), b.ID, 0)
	l.must(err)
	edit(doc)
	body, err := doc.Encode()
	l.must(err)
	hash, err := doc.Hash()
	l.must(err)
	l.must(l.store.DB().Write(l.t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE revisions SET document = $2, hash = $3 WHERE bulletin_id = $1`, b.ID, string(body), hash)
		return err
	}))
}

func (l *library) viewPath(b *store.Bulletin) string {
	return "/v/" + l.keys.Sign(token.View, token.Claims{Newsletter: b.NewsletterID, Bulletin: b.ID}, time.Time{})
}

// get asks without following a redirect.
func (l *library) get(path string, header http.Header) (*http.Response, string) {
	l.t.Helper()
	req, err := http.NewRequest(http.MethodGet, l.server.URL+path, nil)
	l.must(err)
	for key, values := range header {
		req.Header[key] = values
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	l.must(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	l.must(err)
	return resp, string(body)
}
