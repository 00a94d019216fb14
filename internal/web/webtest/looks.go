package webtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Look is a page on one of the screens that every page has to fit.
type Look struct {
	Width int
	Dark  bool
	Shot  []byte
	// Faults say how the page does not fit: too wide, or with small targets.
	Faults []string
}

// Press is a step that clicks on an element and waits for the page that comes of it.
func Press(css string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		return chromedp.Do(ctx,
			chromedp.WaitVisible(chromedp.CSS(css)),
			chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.id = 'before', true`))
				return err
			}),
			chromedp.Click(chromedp.CSS(css)),
			chromedp.WaitNotPresent(chromedp.CSS("#before")),
			chromedp.WaitVisible(chromedp.CSS("h1")),
		)
	})
}

// Type is a step that fills in an empty field.
func Type(css, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(css), text)
}

// looks are those at the page that a tab shows now, at 320 and 1200 px, light and
// dark.
func looks(ctx context.Context, t testing.TB) (all []Look) {
	t.Helper()
	for _, width := range []int{320, 1200} {
		for _, dark := range []bool{false, true} {
			if err := chromedp.Do(ctx, screen(width, dark, false)...); err != nil {
				t.Fatalf("change the screen: %v", err)
			}
			ask(ctx, t, chromedp.Evaluate[bool](painted, chromedp.EvalAwaitPromise))
			l := Look{Width: width, Dark: dark, Shot: shot(ctx, t, width), Faults: ask(ctx, t, chromedp.Evaluate[[]string](smallTargets))}
			if wide := ask(ctx, t, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); wide > width {
				l.Faults = append(l.Faults, fmt.Sprintf("%d px wide", wide))
			}
			all = append(all, l)
		}
	}
	return all
}

// shot is the whole page in a window as high as it is: what a browser captures beyond
// its window is shifted on pages that are written from right to left.
func shot(ctx context.Context, t testing.TB, width int) []byte {
	t.Helper()
	high := ask(ctx, t, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), high)); err != nil {
		t.Fatalf("make the window higher: %v", err)
	}
	ask(ctx, t, chromedp.Evaluate[bool](painted, chromedp.EvalAwaitPromise))
	return ask(ctx, t, chromedp.CaptureScreenshot())
}

// screen makes a tab this wide and sets its colours, or makes it paper.
func screen(width int, dark, paper bool) []chromedp.Action[chromedp.Void] {
	scheme, media := "light", ""
	if paper {
		media = "print"
	}
	if dark {
		scheme = "dark"
	}
	return []chromedp.Action[chromedp.Void]{
		chromedp.EmulateViewport(int64(width), 800),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}),
	}
}
