package public

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"epistle/internal/judge"
	"epistle/internal/newsletter"
	"epistle/internal/token"
	"epistle/internal/web"
	"epistle/internal/web/webtest"
)

// pages are the pages that a reader can come to, by the path that shows them.
func (w *world) pages() map[string]string {
	return map[string]string{
		"leave":   "/u/" + w.leaveToken(),
		"broken":  "/u/AAAA",
		"missing": "/nothing",
		"expired": "/v/" + w.keys.Sign(token.View, claims, time.Unix(1_700_000_000, 0)),
	}
}

func TestPagesFitEveryScreenAndAskForNothingElsewhere(t *testing.T) {
	w := newWorld(t)
	browser := webtest.Chromium(t)
	for name, path := range w.pages() {
		fits(t, browser, w.server.URL, path, name)
	}
}

// fits looks at a page on every screen: it must not be wider than the screen, have no
// target too small for a finger, move while it loads, break its own policy, or ask
// for anything elsewhere.
func fits(t *testing.T, browser *webtest.Browser, site, path, name string) {
	t.Helper()
	for _, width := range []int{320, 1200} {
		for _, dark := range []bool{false, true} {
			seen := browser.See(t, webtest.Visit{URL: site + path, Width: width, Dark: dark})
			label := fmt.Sprintf("%s-%d-dark-%v", name, width, dark)
			seen.Keep(t, label)
			// A checkbox has its label as its target.
			small := slices.DeleteFunc(seen.SmallTargets, func(s string) bool { return strings.Contains(s, `type="checkbox"`) })
			if problems := problems(seen); seen.ScrollWidth > width || len(small) > 0 || len(problems) > 0 || seen.Shift != 0 {
				t.Errorf("%s: %d px wide, small targets %q, problems %q, layout shift %v", label, seen.ScrollWidth, small, problems, seen.Shift)
			}
			if len(seen.Requests) < 2 {
				t.Errorf("%s: the browser asked for %q only", label, seen.Requests)
			}
			for _, url := range seen.Requests {
				if !strings.HasPrefix(url, site+"/") && !strings.HasPrefix(url, "data:image/svg+xml;") { // the browser's own sign for dates
					t.Errorf("%s asks for %s", label, url)
				}
			}
		}
	}
}

func TestReaderLeavesWithTheKeyboardAlone(t *testing.T) {
	w := newWorld(t)
	seen := webtest.Chromium(t).See(t, webtest.Visit{
		URL: w.server.URL + "/u/" + w.leaveToken(), Width: 320,
		Steps: []chromedp.Action[chromedp.Void]{
			chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter),
			chromedp.WaitNotPresent(chromedp.CSS("button")), chromedp.WaitVisible(chromedp.CSS("h1")),
		},
	})
	seen.Keep(t, "left")
	if seen.Heading != "You have left The Weekly Lantern" {
		t.Errorf("heading %q, problems %q", seen.Heading, seen.Problems)
	}
	if hows := w.taken(); len(hows) != 1 || hows[0] != HowPage {
		t.Errorf("left by %q, want once by the page", hows)
	}
}

// problems are what the browser complained of, but for the status of a page that is
// meant to have one.
func problems(s webtest.Seen) []string {
	return slices.DeleteFunc(s.Problems, func(p string) bool {
		return strings.Contains(p, "Failed to load resource: the server responded with a status of 4")
	})
}

// pages are the pages of coming and going, by the path that shows them.
func (v *village) pages() map[string]string {
	v.subscribe("keeper@harbour.example")
	v.post(v.leavePath(), leaveForm(""))
	mail := v.mail()
	used := v.path(mail[0])
	v.subscribe("second@harbour.example")
	v.post(v.path(v.mail()[2]), nil)
	return map[string]string{
		"subscribe": "/subscribe/weekly", "confirm": used, "confirmed": v.path(v.mail()[2]),
		"undo": v.path(mail[1]), "already left": v.leavePath(), "closed": "/subscribe/nothing",
	}
}

func TestVillagePagesFitEveryScreenAndPassTheJudges(t *testing.T) {
	v := newVillage(t)
	browser, judges := webtest.Chromium(t), judge.Chromium(t)
	pages := v.pages()
	for name, path := range pages {
		fits(t, browser, v.server.URL, path, name)
	}
	var all []string
	for name, path := range pages {
		page := webtest.Standalone(t, v.server.URL, path)
		all = append(all, page)
		for _, dark := range []bool{false, true} {
			if found := judges.Axe(t, page, judge.View{Width: 320, Dark: dark}); len(found) > 0 {
				t.Errorf("%s, dark %v: axe-core finds %s", name, dark, strings.Join(found, "\n"))
			}
		}
	}
	if found := judge.HTMLValidate(t, all...); len(found) > 0 {
		t.Errorf("html-validate finds %s", strings.Join(found, "\n"))
	}
}

// TestReaderSubscribesLeavesAndComesBack is the whole way in a browser, by keyboard,
// on a telephone's screen, with the database behind it. The letters are taken from
// the queue.
func TestReaderSubscribesLeavesAndComesBack(t *testing.T) {
	v := newVillage(t)
	browser := webtest.Chromium(t)
	// go presses what has the focus after some tabs, and waits for the next page.
	visit := func(label, path, text string, tabs int, want string) {
		t.Helper()
		steps := []chromedp.Action[chromedp.Void]{}
		for range tabs {
			steps = append(steps, chromedp.KeyEvent(kb.Tab))
		}
		if text != "" {
			steps = append(steps, chromedp.KeyEvent(text))
		}
		steps = append(steps, chromedp.Func(func(context.Context, *chromedp.Target) error { v.wait(time.Minute); return nil }),
			chromedp.KeyEvent(kb.Enter), chromedp.WaitNotPresent(chromedp.CSS("#before")), chromedp.WaitVisible(chromedp.CSS("h1")))
		mark := chromedp.Evaluate[bool](`document.querySelector('h1').id = 'before', true`)
		steps = append([]chromedp.Action[chromedp.Void]{chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Run(ctx, mark)
			return err
		})}, steps...)
		seen := browser.See(t, webtest.Visit{URL: v.server.URL + path, Width: 320, Steps: steps})
		seen.Keep(t, "way-"+label)
		if problems := problems(seen); seen.Heading != want || len(problems) > 0 || seen.ScrollWidth > 320 {
			t.Errorf("%s: heading %q, want %q; %d px wide, problems %q", label, seen.Heading, want, seen.ScrollWidth, problems)
		}
	}
	visit("fault", "/subscribe/weekly", "keeper", 1, "Subscribe to The Weekly Lantern")
	visit("asked", "/subscribe/weekly", "keeper@harbour.example", 1, "Look into your mailbox")
	visit("confirmed", v.path(v.mail()[0]), "", 1, "You now get The Weekly Lantern")
	if got := v.state("keeper@harbour.example"); got != newsletter.SubscriptionActive {
		t.Errorf("the subscription is %s", got)
	}
	visit("left", v.leavePath(), "", 1, "You have left The Weekly Lantern")
	visit("back", v.path(v.mail()[1]), "", 1, "You have not left The Weekly Lantern")
	if got := v.state("reader@harbour.example"); got != newsletter.SubscriptionActive {
		t.Errorf("the subscription is %s", got)
	}
}

// TestFormOnAnotherSiteSubscribes posts the form as another site embeds it: without a
// stamp of ours, and from another origin. One more press on our own page is enough.
func TestFormOnAnotherSiteSubscribes(t *testing.T) {
	v := newVillage(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNoContent) // the browser asks for an icon
			return
		}
		w.Header().Set("Content-Type", web.HTML)
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>Harbour school</title><form method="post" action="%s/subscribe/weekly"><input name="address"><button>Subscribe</button></form>`, v.server.URL)
	}))
	t.Cleanup(elsewhere.Close)
	later := chromedp.Func(func(context.Context, *chromedp.Target) error { v.wait(time.Minute); return nil })
	seen := webtest.Chromium(t).See(t, webtest.Visit{URL: elsewhere.URL, Steps: []chromedp.Action[chromedp.Void]{
		webtest.Type("input", "keeper@harbour.example"), webtest.Press("button"),
		chromedp.Func(func(context.Context, *chromedp.Target) error {
			if n := len(v.mail()); n != 0 {
				return fmt.Errorf("%d letters were written before the press on our page", n)
			}
			return nil
		}),
		later, webtest.Press("button"),
	}})
	if problems := problems(seen); seen.Heading != "Look into your mailbox" || len(problems) > 0 || len(v.mail()) != 1 {
		t.Errorf("heading %q, problems %q, %d letters", seen.Heading, problems, len(v.mail()))
	}
}

func TestPagesPassTheJudges(t *testing.T) {
	w := newWorld(t)
	browser := judge.Chromium(t)
	pages := w.pages()
	pages["already left"] = pages["leave"]
	var all []string
	for name, path := range pages {
		w.mu.Lock()
		w.left = name == "already left"
		w.mu.Unlock()
		page := webtest.Standalone(t, w.server.URL, path)
		all = append(all, page)
		for _, dark := range []bool{false, true} {
			if found := browser.Axe(t, page, judge.View{Width: 320, Dark: dark}); len(found) > 0 {
				t.Errorf("%s, dark %v: axe-core finds %s", name, dark, strings.Join(found, "\n"))
			}
		}
	}
	if found := judge.HTMLValidate(t, all...); len(found) > 0 {
		t.Errorf("html-validate finds %s", strings.Join(found, "\n"))
	}
}
