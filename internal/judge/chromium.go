package judge

import (
	"context"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience is how long one look at a page may take on a slow machine before the
// test gives up; nothing is measured by it.
const patience = 2 * time.Minute

// Browser is a headless Chromium without network.
type Browser struct{ ctx context.Context }

// Chromium starts a browser that ends with the test.
func Chromium(t testing.TB) *Browser {
	t.Helper()
	path := program(t, "chromium", "chromium-browser", "google-chrome")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"),
		chromedp.Flag("font-render-hinting", "none"),
	)
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocated)
	t.Cleanup(func() { closeBrowser(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &Browser{ctx}
}

// View is one way of looking at a page.
type View struct {
	// Width of the window in CSS pixels; 0 means 600.
	Width int
	// Dark prefers the dark colour scheme.
	Dark bool
	// Forced lets the browser turn the light colours over by itself, as some
	// mail programs do.
	Forced bool
	// Bare takes every style sheet out first, as some mail programs do.
	Bare bool
}

var styleElement = regexp.MustCompile(`(?s)<style[ >].*?</style>`)

// look opens a page in a tab of its own and asks one thing of it.
func look[T any](t testing.TB, b *Browser, html string, v View, ask chromedp.Action[T]) T {
	t.Helper()
	if v.Bare {
		html = styleElement.ReplaceAllString(html, "")
	}
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	if v.Width == 0 {
		v.Width = 600
	}
	file := writePage(t, html)
	tab, closeTab := chromedp.NewContext(b.ctx)
	defer closeTab()
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	err := chromedp.Do(ctx,
		chromedp.EmulateViewport(int64(v.Width), 900),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}),
		command(emulation.SetAutoDarkModeOverride, emulation.SetAutoDarkModeOverrideParams{Enabled: &v.Forced}),
		chromedp.Navigate("file://"+file))
	if err != nil {
		t.Fatalf("look at the page: %v", err)
	}
	answer, err := chromedp.Run(ctx, ask)
	if err != nil {
		t.Fatalf("ask the page: %v", err)
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

// Screenshot is the whole page as PNG.
func (b *Browser) Screenshot(t testing.TB, html string, v View) []byte {
	t.Helper()
	return look(t, b, html, v, chromedp.FullScreenshot(100))
}

// ScrollWidth is how wide the page wants to be: more than the view's width
// means that a reader has to push it sideways.
func (b *Browser) ScrollWidth(t testing.TB, html string, v View) int {
	t.Helper()
	return look(t, b, html, v, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
}

// SmallestText is the smallest font size of visible text in CSS pixels.
func (b *Browser) SmallestText(t testing.TB, html string, v View) float64 {
	t.Helper()
	return look(t, b, html, v, chromedp.Evaluate[float64](smallestText))
}

const smallestText = `(() => {
	let least = 1000;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const parent = walk.currentNode.parentElement;
		if (/[\p{L}\p{N}]/u.test(walk.currentNode.data) && parent.getClientRects().length)
			least = Math.min(least, parseFloat(getComputedStyle(parent).fontSize));
	}
	return least;
})()`

// Styles is the computed style of every element of the body, one line each, for
// comparing a page before and after inlining.
func (b *Browser) Styles(t testing.TB, html string, v View) []string {
	t.Helper()
	return look(t, b, html, v, chromedp.Evaluate[[]string](computedStyles))
}

const computedStyles = `[...document.body.querySelectorAll('*')].map(e => {
	const style = getComputedStyle(e);
	return e.tagName + '.' + e.className + ' ' + [...style].map(p => p + ':' + style.getPropertyValue(p)).join(';');
})`

// Axe gives what axe-core finds against WCAG 2.2 A and AA, one line a node.
// Rules beyond WCAG are left out: two of them want landmarks that belong to the
// mail program's page, not to the letter.
func (b *Browser) Axe(t testing.TB, html string, v View) []string {
	t.Helper()
	script, err := os.ReadFile(tool(t, "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return look(t, b, html, v, chromedp.Evaluate[[]string](string(script)+`;
		axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(r => r.violations.flatMap(
			v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary)))`, chromedp.EvalAwaitPromise))
}
