package public

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"epistle/internal/judge"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/web/webtest"
)

// stocked is a library with everything that is hard to set, and the pages in it.
func stocked(t testing.TB) (l *library, pages map[string]string) {
	t.Helper()
	l = newLibrary(t)
	n := l.newsletter("weekly", func(n *newsletter.Newsletter) { n.Public.Subscribe = true })
	l.newsletter("empty", func(n *newsletter.Newsletter) { n.Name, n.Language = "Die Hafenpost", "de" })
	arabic := l.newsletter("arabic", func(n *newsletter.Newsletter) {
		n.Name, n.Language, n.Design.Accent = "الفانوس الأسبوعي", "ar", "#0b5e6b"
	})
	words := "فتحت مدرسة الميناء أبوابها من جديد يوم الثلاثاء، بعد أحد عشر أسبوعًا من الفيضان."
	for i, date := range []string{"2026-12-25", "2027-02-26", "2027-03-05", "2027-03-12", "2027-03-19"} {
		l.bulletin(n, 211+i, date, newsletter.BulletinSent, func(_ *store.Bulletin, d *newsletter.Document) {
			if i%2 == 0 {
				d.Subject = "Three quiet nights at sea, and what the harbour school did with them"
			}
			d.Content.Note = "Names marked with an asterisk have been changed."
			d.Content.Sections[1].Items[1].Text = "Maren\\* keeps it, and reads *aloud* on **Mondays**:\n\n> Who trims the lamp?\n\n1. first\n2. second\n\n" + strings.Repeat("Donaudampfschifffahrtsgesellschaft", 3)
			d.Content.Sections[0].Items[0].Text += "\n\n" + strings.Repeat("Forty-three children came, six more than before, and the first thing they asked for was the tide table. ", 4)
		})
		l.bulletin(arabic, 1+i, date, newsletter.BulletinSent, func(_ *store.Bulletin, d *newsletter.Document) {
			d.Content.Epigraph = &newsletter.Epigraph{Text: words, Source: "حارس المنارة"}
			d.Content.Sections = []newsletter.ContentSection{
				{Key: "lead", Items: []newsletter.ContentItem{{Text: words}}},
				{Key: "x", Heading: "بلدات النهر", Items: []newsletter.ContentItem{{Text: words}, {Text: words}}},
			}
		})
	}
	mailed := l.bulletin(n, 216, "2027-03-26", newsletter.BulletinReview, nil)
	return l, map[string]string{
		"front": "/", "archive": "/a/weekly", "archive-arabic": "/a/arabic", "archive-empty": "/a/empty",
		"bulletin": "/a/weekly/214", "bulletin-arabic": "/a/arabic/3", "bulletin-mailed": l.viewPath(mailed),
	}
}

func TestArchiveFitsEveryScreenAndStandsStill(t *testing.T) {
	l, pages := stocked(t)
	browser := webtest.Chromium(t)
	for name, path := range pages {
		fits(t, browser, l.server.URL, path, name)
	}
}

func TestArchiveCanBeWalkedWithTheKeyboardAlone(t *testing.T) {
	l, _ := stocked(t)
	seen := webtest.Chromium(t).See(t, webtest.Visit{
		URL: l.server.URL + "/a/weekly", Width: 600,
		Steps: []chromedp.Action[chromedp.Void]{
			chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("article")),
		},
	})
	seen.Keep(t, "archive-walked")
	if seen.Heading != "The Weekly Lantern" || len(seen.Problems) > 0 {
		t.Errorf("heading %q, problems %q", seen.Heading, seen.Problems)
	}
}

// TestBulletinsAreSetForPaper looks at what is printed, also by who prefers the dark:
// black on white, no ways to click, and links that say where they lead.
func TestBulletinsAreSetForPaper(t *testing.T) {
	l, pages := stocked(t)
	browser := webtest.Chromium(t)
	const a4 = 718 // px between its margins
	for _, name := range []string{"bulletin", "bulletin-arabic", "bulletin-mailed", "archive"} {
		var found string
		seen := browser.See(t, webtest.Visit{
			URL: l.server.URL + pages[name], Width: a4, Dark: true, Paper: true,
			Steps: []chromedp.Action[chromedp.Void]{chromedp.Func(func(ctx context.Context, _ *chromedp.Target) (err error) {
				found, err = chromedp.Run(ctx, chromedp.Evaluate[string](onPaper))
				return err
			})},
		})
		seen.Keep(t, "paper-"+name)
		want := "rgb(0, 0, 0) on rgb(255, 255, 255)"
		if name == "bulletin" || name == "bulletin-mailed" {
			want += `, " (https://elsewhere.example/plan?a=1&b=2)", " (https://elsewhere.example/boat.png)"`
		}
		if found != want || seen.ScrollWidth > a4 || len(seen.Problems) > 0 {
			t.Errorf("%s: %s, want %s; %d px wide, problems %q", name, found, want, seen.ScrollWidth, seen.Problems)
		}
	}
}

// onPaper tells the colours, what is said after links, and what should not be there.
const onPaper = `[
	getComputedStyle(document.body).color + ' on ' + getComputedStyle(document.body).backgroundColor,
	...[...document.querySelectorAll('article a, h2, header')].map(e => getComputedStyle(e)).flatMap(s => [s.color, s.borderBlockEndColor]).filter(c => c != 'rgb(0, 0, 0)'),
	...[...document.querySelectorAll('article a')].map(a => getComputedStyle(a, '::after').content),
	...[...document.querySelectorAll('nav, form, .ways')].filter(e => e.checkVisibility()).map(e => e.outerHTML),
].join(', ')`

func TestArchivePassesTheJudges(t *testing.T) {
	l, pages := stocked(t)
	browser := judge.Chromium(t)
	var all []string
	for name, path := range pages {
		page := webtest.Standalone(t, l.server.URL, path)
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
	if found := judge.Vnu(t, all...); len(found) > 0 {
		t.Errorf("the Nu validator finds %s", strings.Join(found, "\n"))
	}
}
