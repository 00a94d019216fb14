package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
	"epistle/templates"
)

// serve answers one request through Protect and Handle and gives what was logged.
func serve(o Options, r *http.Request, h HandlerFunc) (*http.Response, string, string) {
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	k := New(o)
	w := httptest.NewRecorder()
	k.Protect(k.Handle(h)).ServeHTTP(w, r)
	return w.Result(), w.Body.String(), log.String()
}

func TestErrorBecomesPageByItsKind(t *testing.T) {
	t.Parallel()
	kind := func(k newsletter.Kind) error {
		return fmt.Errorf("outer: %w", newsletter.Errorf(k, "secret detail").At("secret place"))
	}
	tests := map[string]struct {
		err    error
		status int
		says   string
		level  string
	}{
		"plain error": {errors.New("secret detail"), 500, "This did not work", "ERROR"},
		"failed":      {kind(newsletter.Failed), 500, "This did not work", "ERROR"},
		"usage":       {kind(newsletter.Usage), 400, "could not be understood", "DEBUG"},
		"invalid":     {kind(newsletter.Invalid), 400, "could not be understood", "DEBUG"},
		"refused":     {kind(newsletter.Refused), 403, "not allowed", "DEBUG"},
		"not found":   {kind(newsletter.NotFound), 404, "no page here", "DEBUG"},
		"conflict":    {kind(newsletter.Conflict), 409, "changed in between", "DEBUG"},
		"unavailable": {kind(newsletter.Unavailable), 503, "Not just now", "ERROR"},
		"too large":   {fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 1}), 413, "too much at once", "DEBUG"},
		"timed out":   {fmt.Errorf("query: %w", context.DeadlineExceeded), 503, "Not just now", "ERROR"},
		"client gone": {writeError(errors.New("broken pipe, secret detail")), 500, "This did not work", "DEBUG"},
		"problem":     {&Problem{Status: 410, Heading: "A heading", Text: "A text", Lang: Language{"de", "ltr"}, Err: errors.New("secret detail")}, 410, `<html lang="de" dir="ltr">`, "DEBUG"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, page, log := serve(Options{}, httptest.NewRequest("GET", "/", nil), func(http.ResponseWriter, *http.Request) error { return tt.err })
			if resp.StatusCode != tt.status || !strings.Contains(page, tt.says) {
				t.Errorf("status %d, want %d with %q: %s", resp.StatusCode, tt.status, tt.says, page)
			}
			if strings.Contains(page, "secret") {
				t.Errorf("the page shows the error: %s", page)
			}
			id := resp.Header.Get("X-Request-Id")
			if len(id) != 8 || !strings.Contains(log, "level="+tt.level+` msg="request failed" request=`+id) {
				t.Errorf("not logged at %s beside %q: %s", tt.level, id, log)
			}
			if shown := strings.Contains(page, id); shown != (tt.status >= 500) {
				t.Errorf("the request's id is shown: %v", shown)
			}
			if again := resp.Header.Get("Retry-After") != ""; again != (tt.status == 503) {
				t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
			}
		})
	}
}

func TestErrorPageOffersTheWayHome(t *testing.T) {
	t.Parallel()
	_, page, _ := serve(Options{Home: Link{"All messages", "/inbox/"}}, httptest.NewRequest("GET", "/", nil), NotFound)
	if !strings.Contains(page, `<a href="/inbox/">All messages</a>`) {
		t.Errorf("page %s", page)
	}
}

func TestPanicBecomesPageAndIsLogged(t *testing.T) {
	t.Parallel()
	resp, page, log := serve(Options{}, httptest.NewRequest("GET", "/", nil), func(http.ResponseWriter, *http.Request) error { panic("secret boom") })
	if resp.StatusCode != 500 || strings.Contains(page, "secret") || !strings.Contains(log, "secret boom") || !strings.Contains(log, "web_test.go") {
		t.Errorf("status %d, page %s, log %s", resp.StatusCode, page, log)
	}
}

func TestAbortedRequestStaysAborted(t *testing.T) {
	t.Parallel()
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler {
			t.Errorf("recovered %v", cause)
		}
	}()
	serve(Options{}, httptest.NewRequest("GET", "/", nil), func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) })
}

func TestErrorAfterTheAnswerBeganIsOnlyLogged(t *testing.T) {
	t.Parallel()
	resp, page, log := serve(Options{}, httptest.NewRequest("GET", "/", nil), func(w http.ResponseWriter, _ *http.Request) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return errors.New("too late")
	})
	if resp.StatusCode != 200 || page != "half" || !strings.Contains(log, "too late") {
		t.Errorf("status %d, page %q, log %s", resp.StatusCode, page, log)
	}
}

func TestErrorPageTakesBackTheHandlersPolicy(t *testing.T) {
	t.Parallel()
	resp, _, _ := serve(Options{}, httptest.NewRequest("GET", "/", nil), func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Security-Policy", "style-src 'unsafe-inline'")
		w.Header().Set("Cache-Control", "public")
		return errors.New("no")
	})
	if resp.Header.Get("Content-Security-Policy") != PageCSP || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", resp.Header)
	}
}

func TestPolicyAllowsNothingInlineAndNoScript(t *testing.T) {
	t.Parallel()
	if strings.Contains(PageCSP, "unsafe") || strings.Contains(PageCSP, "script-src") || !strings.HasPrefix(PageCSP, "default-src 'none'") {
		t.Errorf("policy %q", PageCSP)
	}
}

func TestStrictTransportSecurityOnlyWithHTTPS(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{"https://news.example.org": "max-age=31536000", "http://localhost:8080": "", "": ""} {
		resp, _, _ := serve(Options{PublicURL: url}, httptest.NewRequest("GET", "/", nil), NotFound)
		if got := resp.Header.Get("Strict-Transport-Security"); got != want {
			t.Errorf("public_url %q: %q, want %q", url, got, want)
		}
	}
}

func TestBodyAndTimeAreLimited(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", strings.NewReader("12345"))
	resp, _, _ := serve(Options{MaxBody: 4}, r, func(_ http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		return err
	})
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", resp.StatusCode)
	}
	resp, _, _ = serve(Options{MaxTime: time.Nanosecond}, httptest.NewRequest("GET", "/", nil), func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	})
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", resp.StatusCode)
	}
}

func TestPathIsMadeStraight(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "/", "//": "/", "/a": "/a", "/a/": "/a/", "//a//b//": "/a/b/", "/a/./b": "/a/b", "/a/../b": "/b", "/../../b": "/b",
		"/a%2Fb": "/a/b", "/a%2F..%2Fb": "/b", "/..": "/", "/./": "/",
	} {
		var got string
		r := httptest.NewRequest("GET", path, nil)
		straighten(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.EscapedPath() })).ServeHTTP(nil, r)
		if got != want {
			t.Errorf("%q is served as %q, want %q", path, got, want)
		}
	}
}

func TestOuterProtectionWins(t *testing.T) {
	t.Parallel()
	outer, inner := New(Options{PublicURL: "https://news.example.org"}), New(Options{})
	mux := http.NewServeMux()
	var ids []string
	mux.Handle("/u/{token}", inner.Protect(inner.Handle(func(w http.ResponseWriter, r *http.Request) error {
		ids = append(ids, RequestID(r.Context()))
		return Write(w, PlainText, r.PathValue("token"))
	})))
	w := httptest.NewRecorder()
	outer.Protect(mux).ServeHTTP(w, httptest.NewRequest("POST", "//u//abc", nil))
	if w.Code != 200 || w.Body.String() != "abc" || w.Header().Get("Strict-Transport-Security") == "" || ids[0] != w.Header().Get("X-Request-Id") {
		t.Errorf("status %d, %q, headers %v, ids %v", w.Code, w.Body, w.Header(), ids)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/healthz", nil)
	if resp, body, _ := serve(Options{}, r, Health(nil)); resp.StatusCode != 200 || body != "ok\n" {
		t.Errorf("status %d, %q", resp.StatusCode, body)
	}
	if resp, _, _ := serve(Options{}, r, Health(func(context.Context) error { return errors.New("no disk") })); resp.StatusCode != 503 {
		t.Errorf("status %d, want 503", resp.StatusCode)
	}
}

func TestStyleIsKeptForEverUnderItsHash(t *testing.T) {
	t.Parallel()
	k := New(Options{Prefix: "/inbox/"})
	if !strings.HasPrefix(k.StylePath(), "/inbox/assets/style-") {
		t.Errorf("path %s", k.StylePath())
	}
	css, err := fs.ReadFile(templates.Public, "public/style.css")
	if err != nil {
		t.Fatal(err)
	}
	resp, body, _ := serve(Options{}, httptest.NewRequest("GET", k.StylePath(), nil), k.Style)
	if body != string(css) || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("headers %v, %d bytes", resp.Header, len(body))
	}
	if strings.Contains(body, "url(") || strings.Contains(body, "@import") {
		t.Error("the style sheet asks for something else")
	}
}

func TestWordsAreCompleteInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, tr := range newErrorCatalogue().All() {
		v := reflect.ValueOf(tr.Words)
		for i := range v.NumField() {
			if strings.TrimSpace(v.Field(i).String()) == "" {
				t.Errorf("%s: %s is missing", tr.Tag, v.Type().Field(i).Name)
			}
		}
	}
}

func TestCatalogueChoosesLanguage(t *testing.T) {
	t.Parallel()
	c := NewCatalogue(Translation[string]{"en", "hello"}, Translation[string]{"de", "hallo"}, Translation[string]{"he", "shalom"})
	for tag, want := range map[string]struct{ words, tag, dir string }{
		"en": {"hello", "en", "ltr"}, "en-GB": {"hello", "en-GB", "ltr"}, "de": {"hallo", "de", "ltr"}, "DE-at": {"hallo", "de-AT", "ltr"},
		"he": {"shalom", "he", "rtl"}, "ja": {"hello", "en", "ltr"}, "": {"hello", "en", "ltr"}, "no language!": {"hello", "en", "ltr"},
		"und": {"hello", "en", "ltr"},
	} {
		if words, lang := c.For(tag); *words != want.words || lang != (Language{want.tag, want.dir}) {
			t.Errorf("%q: %q in %v, want %v", tag, *words, lang, want)
		}
	}
	for accept, want := range map[string]string{
		"": "hello", "de": "hallo", "fr, de;q=0.5": "hallo", "de;q=0.1, en;q=0.9": "hello", "ja": "hello", "garbage;;;": "hello", strings.Repeat("de,", 5000): "hallo",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", accept)
		if words, _ := c.ForRequest(r); *words != want {
			t.Errorf("Accept-Language %.40q: %q, want %q", accept, *words, want)
		}
	}
}

func TestDirectionGoesByTheScript(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"ar": "rtl", "fa-AF": "rtl", "he": "rtl", "ur": "rtl", "dv": "rtl", "yi": "rtl", "az": "ltr", "az-Arab": "rtl", "ar-Latn": "ltr", "ja": "ltr", "?": "ltr"} {
		if got := LanguageOf(tag).Dir; got != want {
			t.Errorf("%s is written %s, want %s", tag, got, want)
		}
	}
}

func TestSentenceHoldsItsName(t *testing.T) {
	t.Parallel()
	if s := Fill("Leave %s now", "100 % Light", "de"); s != (Sentence{"Leave ", "100 % Light", " now", "de"}) || s.String() != "Leave 100 % Light now" {
		t.Errorf("%+v", s)
	}
	if s := Fill("No name", "x", "de"); s.String() != "No name" || s.Name != "" {
		t.Errorf("%+v", s)
	}
}

func TestFailingTemplateLeavesNoHalfPage(t *testing.T) {
	t.Parallel()
	v := NewView[struct{ Frame }](templates.Public, "public/left.html") // the wrong type for it
	resp, page, _ := serve(Options{}, httptest.NewRequest("GET", "/", nil), func(w http.ResponseWriter, _ *http.Request) error {
		return v.Write(w, 200, struct{ Frame }{})
	})
	if resp.StatusCode != 500 || strings.Count(page, "<html") != 1 || !strings.Contains(page, "This did not work") {
		t.Errorf("status %d, page %s", resp.StatusCode, page)
	}
}

func TestServerEndsGracefully(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	entered, ended := make(chan struct{}), make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-ctx.Done() // the request is still under way when the server is told to end
		if r.Context().Err() == nil {
			_, _ = io.WriteString(w, "finished") // the client reads it below
		}
	})
	go func() { ended <- Serve(ctx, l, handler, slog.New(slog.DiscardHandler)) }()
	go func() { <-entered; stop() }()
	resp, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "finished" {
		t.Errorf("body %q, error %v", body, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}

func TestServerReportsABrokenListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), l, http.NotFoundHandler(), slog.New(slog.DiscardHandler)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v", err)
	}
}
