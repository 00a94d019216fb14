// Package webtest shows pages that are served over HTTP to a real browser and
// tells what happened: how they look, what they asked for, what their own
// security policy forbade. Package judge judges documents; here the answer with
// its headers counts.
//
// It is for tests only. Without Chromium a test says so and is skipped, unless
// the environment has CI=true, where absence fails.
package webtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one visit may take on a slow machine before the test
// gives up; nothing is measured by it.
const patience = 2 * time.Minute

// Browser is a headless Chromium that reaches this machine only.
type Browser struct{ ctx context.Context }

// Chromium starts a browser that ends with the test.
func Chromium(t testing.TB) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not installed here, and CI needs it")
		}
		t.Skip("chromium is not installed here")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
	)
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(func() { end(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &Browser{ctx}
}

// Visit is one look at a page.
type Visit struct {
	URL string
	// Width of the window in CSS pixels; 0 means 600.
	Width int
	// Dark prefers the dark colour scheme.
	Dark bool
	// Paper sets the page as for printing.
	Paper bool
	// Steps are taken once the page has loaded.
	Steps []chromedp.Action[chromedp.Void]
	// Everywhere has the last page looked at on every screen (Seen.Looks).
	Everywhere bool
}

// Seen is what came of a visit.
type Seen struct {
	// Shot is the whole page as PNG after the last step.
	Shot []byte
	// ScrollWidth is how wide the page wants to be, in CSS pixels.
	ScrollWidth int
	// SmallTargets are links in lists, buttons and fields less than 44 px high.
	SmallTargets []string
	// Heading is the text of the page's h1.
	Heading string
	// Shift is how far the page's parts have moved while it was loading: the
	// browser's own measure of layout shift, 0 when nothing did.
	Shift float64
	// Requests are the URLs that were asked for, in order.
	Requests []string
	// Problems are violations of the page's policy, script errors and the like.
	Problems []string
	// Looks are the last page's on all screens, of a visit Everywhere.
	Looks []Look
}

// See makes a visit in a tab of its own.
func (b *Browser) See(t testing.TB, v Visit) Seen {
	t.Helper()
	if v.Width == 0 {
		v.Width = 600
	}
	tab, closeTab := chromedp.NewContext(b.ctx)
	defer closeTab()
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	var heard hearing
	if err := chromedp.Listen(ctx, heard.hear); err != nil {
		t.Fatalf("listen to a tab: %v", err)
	}
	steps := append(setUp(v), chromedp.Navigate(v.URL))
	if err := chromedp.Do(ctx, append(steps, v.Steps...)...); err != nil {
		t.Fatalf("visit %s: %v", v.URL, err)
	}
	ask(ctx, t, chromedp.Evaluate[bool](painted, chromedp.EvalAwaitPromise))
	seen := Seen{
		// The shot comes later: it makes the window as high as the page.
		Shift:        ask(ctx, t, chromedp.Evaluate[float64](layoutShift, chromedp.EvalAwaitPromise)),
		Shot:         shot(ctx, t, v.Width),
		ScrollWidth:  ask(ctx, t, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)),
		SmallTargets: ask(ctx, t, chromedp.Evaluate[[]string](smallTargets)),
		Heading:      ask(ctx, t, chromedp.Evaluate[string](`document.querySelector('h1')?.innerText ?? ''`)),
	}
	if v.Everywhere {
		seen.Looks = looks(ctx, t)
	}
	seen.Requests, seen.Problems = heard.all()
	return seen
}

// painted waits until a frame inside the page, which has a process of its own
// and paints when it likes, has had two turns to be drawn.
const painted = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`

// layoutShift sums up what the browser has noted since the page began to load.
const layoutShift = `new Promise(done => {
	let sum = 0;
	new PerformanceObserver(list => list.getEntries().forEach(e => sum += e.value)).observe({type: 'layout-shift', buffered: true});
	requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})`

// smallTargets leaves out links inside running text (WCAG 2.2, 2.5.8), which is
// what an article is.
const smallTargets = `[...document.querySelectorAll('button, input:not([type=hidden]), li a')]
	.filter(e => !e.closest('article') && e.getBoundingClientRect().height < 44)
	.map(e => e.outerHTML.slice(0, 80) + ' is ' + e.getBoundingClientRect().height + ' px high')`

// Keep writes the shot, and those of all looks, into the folder that the environment
// names in EPISTLE_SHOTS, for people to look at; without it nothing is written.
func (s Seen) Keep(t testing.TB, name string) {
	t.Helper()
	dir := os.Getenv("EPISTLE_SHOTS")
	if dir == "" {
		return
	}
	shots := map[string][]byte{name: s.Shot}
	for _, l := range s.Looks {
		shots[fmt.Sprintf("%s-%d-dark-%v", name, l.Width, l.Dark)] = l.Shot
	}
	for name, shot := range shots {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// styleLink is one of the layout's links to a style sheet.
var styleLink = regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)">`)

// Standalone is a page with its style sheets put in, for the judges of documents
// in package judge. Path begins with a slash.
func Standalone(t testing.TB, server, path string) string {
	t.Helper()
	page := fetch(t, server+path)
	links := styleLink.FindAllStringSubmatch(page, -1)
	if links == nil {
		t.Fatalf("%s has no style sheet: %s", path, page)
	}
	for _, link := range links {
		page = strings.Replace(page, link[0], "<style>"+fetch(t, server+link[1])+"</style>", 1)
	}
	return page
}

func fetch(t testing.TB, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func setUp(v Visit) []chromedp.Action[chromedp.Void] {
	return append([]chromedp.Action[chromedp.Void]{
		command(network.Enable, network.EnableParams{}),
		command(log.Enable, cdp.Empty{}),
	}, screen(v.Width, v.Dark, v.Paper)...)
}

func ask[T any](ctx context.Context, t testing.TB, question chromedp.Action[T]) T {
	t.Helper()
	answer, err := chromedp.Run(ctx, question)
	if err != nil {
		t.Fatalf("ask a page: %v", err)
	}
	return answer
}

// command is a protocol command as a step without an answer.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}

// hearing collects what a tab reports.
type hearing struct {
	mu                 sync.Mutex
	requests, problems []string
}

func (h *hearing) hear(event any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		h.requests = append(h.requests, e.Request.URL)
	case *log.EventEntryAdded:
		h.problems = append(h.problems, fmt.Sprintf("%s: %s", e.Entry.Level, e.Entry.Text))
	case *runtime.EventExceptionThrown:
		h.problems = append(h.problems, e.ExceptionDetails.Text)
	}
}

func (h *hearing) all() (requests, problems []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.requests, h.problems
}
