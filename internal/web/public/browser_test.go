package public

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"epistle/internal/judge"
	"epistle/internal/token"
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
		for _, width := range []int{320, 1200} {
			for _, dark := range []bool{false, true} {
				seen := browser.See(t, webtest.Visit{URL: w.server.URL + path, Width: width, Dark: dark})
				label := fmt.Sprintf("%s-%d-dark-%v", name, width, dark)
				seen.Keep(t, label)
				// The browser itself reports a page with status 404 as a problem.
				problems := slices.DeleteFunc(seen.Problems, func(p string) bool {
					return strings.Contains(p, "Failed to load resource: the server responded with a status of 4")
				})
				if seen.ScrollWidth > width || len(seen.SmallTargets) > 0 || len(problems) > 0 {
					t.Errorf("%s: %d px wide, small targets %q, problems %q", label, seen.ScrollWidth, seen.SmallTargets, problems)
				}
				for _, url := range seen.Requests {
					if !strings.HasPrefix(url, w.server.URL+"/") {
						t.Errorf("%s asks for %s", label, url)
					}
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
