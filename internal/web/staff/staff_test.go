package staff

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"epistle/internal/judge"
	"epistle/internal/token"
	"epistle/internal/web/webtest"
)

// world is the pages over one matter.
type world struct {
	keys   *token.Keyring
	server *httptest.Server

	mu       sync.Mutex
	matter   Matter
	followed []token.Purpose
}

var claims = token.Claims{Newsletter: 3, Bulletin: 214, Row: 9}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys, err := token.NewKeyring(token.Key{ID: 1, Secret: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{keys: keys, matter: Matter{
		Newsletter: "The Weekly Lantern", Language: "en", Number: 214, Ref: "weekly/214", Date: "12 March 2027",
		Title: "The Weekly Lantern", Hash: "3f9a2c0d1e5b", Person: "Teresa Vilar", Act: ActApprove, Standing: Open, State: "review", Needed: 2,
	}}
	w.server = httptest.NewServer(Handler(Options{
		Tokens: keys, PublicURL: "https://news.example.org", Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
		Describe: func(context.Context, token.Purpose, token.Claims) (Matter, error) { return w.now(), nil },
		Follow: func(_ context.Context, p token.Purpose, c token.Claims) (Matter, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if c != claims {
				return Matter{}, fmt.Errorf("the claims are %+v", c)
			}
			w.followed = append(w.followed, p)
			m := w.matter
			m.Standing, m.Approved = Done, []string{"Teresa Vilar"}
			return m, nil
		},
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) now() Matter {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.matter
}

func (w *world) set(change func(*Matter)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.matter)
}

func (w *world) path(p token.Purpose) string {
	name := map[token.Purpose]string{token.Approve: "approve/", token.Stop: "stop/"}[p]
	return Prefix + name + w.keys.Sign(p, claims, time.Unix(1_800_000_100, 0))
}

func (w *world) ask(t *testing.T, method, path, form string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestOnlyTheButtonActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []token.Purpose{token.Approve, token.Stop} {
		path := w.path(p)
		for _, c := range []struct{ method, path, form string }{
			{http.MethodGet, path, ""},
			{http.MethodGet, path + "/", ""},
			{http.MethodHead, path, ""},
			{http.MethodGet, path + "?page=1", ""},
			{http.MethodPost, path, ""},
			{http.MethodPost, path + "?page=1", ""},
			{http.MethodPost, path, "List-Unsubscribe=One-Click"},
		} {
			if code, body := w.ask(t, c.method, c.path, c.form); code != http.StatusOK || c.method != http.MethodHead && !strings.Contains(body, "<button") {
				t.Errorf("%s %s %q: %d\n%s", c.method, c.path, c.form, code, body)
			}
		}
	}
	if len(w.followed) != 0 {
		t.Fatalf("it acted %v", w.followed)
	}
	code, body := w.ask(t, http.MethodPost, w.path(token.Approve), "page=1")
	if code != http.StatusOK || !strings.Contains(body, "You have approved bulletin 214") || !strings.Contains(body, "1 more must approve") {
		t.Errorf("%d %s", code, body)
	}
	if !slices.Equal(w.followed, []token.Purpose{token.Approve}) {
		t.Errorf("it acted %v", w.followed)
	}
	if code, _ := w.ask(t, http.MethodPut, w.path(token.Stop), ""); code != http.StatusMethodNotAllowed {
		t.Errorf("PUT is answered with %d", code)
	}
}

func TestATokenIsGoodForOnePurposeAndForItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	approve := w.keys.Sign(token.Approve, claims, time.Unix(1_800_000_100, 0))
	for path, want := range map[string]int{
		Prefix + "stop/" + approve:                                                            http.StatusNotFound,
		Prefix + "approve/" + approve[:len(approve)-1]:                                        http.StatusNotFound,
		Prefix + "approve/" + url.PathEscape("../stop"):                                       http.StatusNotFound,
		Prefix + "approve/" + w.keys.Sign(token.Approve, claims, time.Unix(1_700_000_000, 0)): http.StatusGone,
		Prefix + "approve": http.StatusNotFound,
	} {
		if code, body := w.ask(t, http.MethodPost, path, "page=1"); code != want || strings.Contains(body, "<button") {
			t.Errorf("%s: %d, want %d\n%s", path, code, want, body)
		}
	}
	if len(w.followed) != 0 {
		t.Errorf("it acted %v", w.followed)
	}
}

// stories is every page, by what brings it.
func stories() map[string]func(*Matter) {
	all := map[string]func(*Matter){}
	for _, act := range []string{ActApprove, ActSend, ActStop} {
		for _, standing := range []string{Open, Done, Already, Changed, Over, Barred} {
			all[act+" "+standing] = func(m *Matter) {
				m.Act, m.Standing, m.State = act, standing, "review"
				m.Why = "Ofelia Paredes is a contributor and may not approve bulletins."
				if standing == Over {
					m.State = "sent"
				}
			}
		}
	}
	all["stop open, sending"] = func(m *Matter) { m.Act, m.Standing, m.State = ActStop, Open, "sending" }
	all["stop done, sending"] = func(m *Matter) { m.Act, m.Standing, m.State = ActStop, Done, "paused" }
	return all
}

func TestAPageWithoutAnythingToDoHasNoButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, story := range stories() {
		w.set(story)
		_, body := w.ask(t, http.MethodGet, w.path(token.Approve), "")
		if has, want := strings.Contains(body, "<button"), strings.Contains(name, Open); has != want {
			t.Errorf("%s: a button %t, want %t", name, has, want)
		}
		if strings.Contains(body, "<h1></h1>") || strings.Contains(body, "ZgotmplZ") || strings.Contains(body, "%!") {
			t.Errorf("%s:\n%s", name, body)
		}
	}
}

func TestAnEditorApprovesWithTheKeyboardAlone(t *testing.T) {
	w := newWorld(t)
	seen := webtest.Chromium(t).See(t, webtest.Visit{
		URL: w.server.URL + w.path(token.Approve), Width: 320,
		Steps: []chromedp.Action[chromedp.Void]{
			chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter),
			chromedp.WaitNotPresent(chromedp.CSS("button")), chromedp.WaitVisible(chromedp.CSS("h1")),
		},
	})
	seen.Keep(t, "approved")
	if seen.Heading != "You have approved bulletin 214" || seen.ScrollWidth > 320 || len(seen.SmallTargets) > 0 {
		t.Errorf("heading %q, %d px wide, small targets %q, problems %q", seen.Heading, seen.ScrollWidth, seen.SmallTargets, seen.Problems)
	}
	for _, asked := range seen.Requests {
		if !strings.HasPrefix(asked, w.server.URL+"/") {
			t.Errorf("it asks for %s", asked)
		}
	}
}

func TestPagesPassTheJudges(t *testing.T) {
	w := newWorld(t)
	browser := judge.Chromium(t)
	var all []string
	for name, story := range stories() {
		w.set(story)
		page := webtest.Standalone(t, w.server.URL, w.path(token.Stop))
		all = append(all, page)
		if found := browser.Axe(t, page, judge.View{Width: 320, Dark: strings.Contains(name, "stop")}); len(found) > 0 {
			t.Errorf("%s: axe-core finds %s", name, strings.Join(found, "\n"))
		}
	}
	if found := judge.HTMLValidate(t, all...); len(found) > 0 {
		t.Errorf("html-validate finds %s", strings.Join(found, "\n"))
	}
}
