package public

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"epistle/internal/archive"
	"epistle/internal/database/databasetest"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
	"epistle/internal/web"
)

// world is a site over one subscription that is kept in memory. The functions
// in Options are the seam of the package, so this is its whole surroundings.
type world struct {
	keys   *token.Keyring
	server *httptest.Server
	log    *safeBuffer

	mu       sync.Mutex
	name     string
	language string
	left     bool
	hows     []string
	failure  error
}

var claims = token.Claims{Newsletter: 3, Bulletin: 214, Subscriber: 77}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys, err := token.NewKeyring(token.Key{ID: 1, Secret: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{keys: keys, log: &safeBuffer{}, name: "The Weekly Lantern", language: "en"}
	w.server = httptest.NewServer(Handler(Options{
		Tokens: keys, Leave: w.leave, Describe: w.describe, Archive: archive.New(store.New(databasetest.New(t), time.Now)),
		PublicURL: "https://news.example.org",
		Log:       slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:       func() time.Time { return time.Unix(1_800_000_000, 0) },
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) leave(ctx context.Context, c token.Claims, how, _ string) (LeaveResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure != nil {
		return LeaveResult{}, w.failure
	}
	if err := ctx.Err(); err != nil {
		return LeaveResult{}, err
	}
	if c != claims {
		return LeaveResult{}, newsletter.Errorf(newsletter.NotFound, "no subscription %+v", c)
	}
	already := w.left
	w.left, w.hows = true, append(w.hows, how)
	return LeaveResult{NewsletterName: w.name, Language: w.language, Already: already}, nil
}

func (w *world) describe(_ context.Context, c token.Claims) (Description, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure != nil {
		return Description{}, w.failure
	}
	return Description{NewsletterName: w.name, Language: w.language, Left: w.left}, nil
}

func (w *world) leaveToken() string {
	return w.keys.Sign(token.Unsubscribe, claims, time.Time{})
}

// taken gives how the reader left, each time, and forgets it.
func (w *world) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	hows := w.hows
	w.left, w.hows = false, nil
	return hows
}

// do sends a request and never follows a redirect.
func (w *world) do(t *testing.T, method, path string, body io.Reader, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, w.server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for key, values := range header {
		req.Header[key] = values
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.Header.Values("Set-Cookie")) != 0 {
		t.Errorf("%s %s sets a cookie", method, path)
	}
	return resp, string(text)
}

func TestFailureOfTheStoreIsAHumanPageAndStaysSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := map[string]struct {
		err    error
		status int
	}{
		"internal":    {errors.New("table subscriptions is on fire"), http.StatusInternalServerError},
		"unavailable": {newsletter.Errorf(newsletter.Unavailable, "the database is locked"), http.StatusServiceUnavailable},
		"not found":   {newsletter.Errorf(newsletter.NotFound, "no subscriber 77"), http.StatusNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.failure = tt.err
			for _, request := range [][2]string{{"GET", "/u/" + w.leaveToken()}, {"POST", "/u/" + w.leaveToken()}} {
				resp, text := w.do(t, request[0], request[1], nil, nil)
				if resp.StatusCode != tt.status || !strings.Contains(text, "<h1>") {
					t.Errorf("%s %s: status %d, %s", request[0], request[1][:3], resp.StatusCode, text)
				}
				if strings.Contains(text, tt.err.Error()) {
					t.Errorf("the page shows the raw error: %s", text)
				}
				if id := resp.Header.Get("X-Request-Id"); !strings.Contains(w.log.String(), "request="+id) || !strings.Contains(w.log.String(), tt.err.Error()) {
					t.Errorf("the log does not have the error beside the request's id %q", id)
				}
			}
		})
	}
	if strings.Contains(w.log.String(), w.leaveToken()) {
		t.Error("the log has a token, which is as good as a password")
	}
}

func TestPagesSpeakTheNewslettersLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := map[string]struct{ lang, want string }{
		"English":          {"en-GB", `<html lang="en-GB" dir="ltr">`},
		"German":           {"de", `<html lang="de" dir="ltr">`},
		"Austrian":         {"de-AT", `<html lang="de-AT" dir="ltr">`},
		"not translated":   {"ar", `<html lang="en" dir="ltr">`},
		"its name is told": {"ar", `<bdi lang="ar">`},
		"German button":    {"de", "Diesen Newsletter abbestellen"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.mu.Lock()
			w.language = tt.lang
			w.mu.Unlock()
			// The browser's own wish does not count: the newsletter is known.
			_, text := w.do(t, "GET", "/u/"+w.leaveToken(), nil, http.Header{"Accept-Language": {"fr, de"}})
			if !strings.Contains(text, tt.want) {
				t.Errorf("the page has no %s: %s", tt.want, text)
			}
		})
	}
	_, text := w.do(t, "GET", "/u/AAAA", nil, http.Header{"Accept-Language": {"fr;q=0.9, de;q=0.8, en;q=0.1"}})
	if !strings.Contains(text, `lang="de"`) || !strings.Contains(text, "Dieser Link funktioniert nicht") {
		t.Errorf("a broken link is not told in the browser's language: %s", text)
	}
}

func TestNameIsEscaped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.name = `<script>alert("x")</script> %s & Söhne`
	_, text := w.do(t, "GET", "/u/"+w.leaveToken(), nil, nil)
	if strings.Contains(text, "<script") || !strings.Contains(text, "&lt;script&gt;") {
		t.Errorf("page %s", text)
	}
}

func TestEveryAnswerIsProtected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, page := w.do(t, "GET", "/u/"+w.leaveToken(), nil, nil)
	style := between(t, page, `rel="stylesheet" href="`, `"`)
	tests := map[string]struct {
		path   string
		status int
	}{
		"page": {"/u/" + w.leaveToken(), 200}, "style": {style, 200}, "robots": {"/robots.txt", 200},
		"icon": {"/favicon.ico", 204}, "health": {"/healthz", 200}, "nothing": {"/nothing", 404}, "root": {"/", 404},
		"an old style": {"/assets/style-0000000000000000.css", 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, _ := w.do(t, "GET", tt.path, nil, nil)
			if resp.StatusCode != tt.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.status)
			}
			for key, want := range map[string]string{
				"Content-Security-Policy": web.PageCSP, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
				"Strict-Transport-Security": "max-age=31536000", "X-Robots-Tag": "noindex, nofollow",
			} {
				if got := resp.Header.Get(key); got != want {
					t.Errorf("%s is %q, want %q", key, got, want)
				}
			}
		})
	}
}

// between is what stands after start and before end, for reading pages.
func between(t *testing.T, text, start, end string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, start)
	found, _, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("no %q … %q in %s", start, end, text)
	}
	return found
}

// safeBuffer is a log that is written and read by several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
