package public

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"epistle/internal/judge"
	"epistle/internal/newsletter"
	"epistle/internal/token"
	"epistle/internal/web/webtest"
)

// ownPages are the pages of a reader's own, by the path that shows them, in
// English, German and with names that are written from right to left.
func (o *office) ownPages() map[string]string {
	o.post(o.choose(o.weekly), "do", "choose", "shown", "northern-coast", "shown", "river-towns", "section", "river-towns")
	o.post(o.choose(o.monthly), "do", "pause", "days", "30")
	pages := map[string]string{
		"choose": o.choose(o.weekly), "choose-german-paused": o.choose(o.monthly),
		"you": o.choose(o.weekly) + "/you",
	}
	arabic := o.newsletter("arabic", "الفانوس الأسبوعي", "ar", "بلدات النهر", "Lighthouse Towns")
	o.subscribe(arabic, ana)
	pages["choose-arabic"] = o.choose(arabic)
	for _, do := range []string{"erase", "download", "address"} {
		o.post(o.choose(o.weekly)+"/you", "do", do, "address", "new@harbour.example")
		_, pages[do] = o.last()
	}
	pages["over"] = "/erase/" + o.secrets.Links.Sign(token.Erase, token.Claims{Newsletter: 1, Subscriber: 1, Row: 99}, time.Time{})
	return pages
}

func TestReadersOwnPagesFitEveryScreen(t *testing.T) {
	o := newOffice(t)
	browser := webtest.Chromium(t)
	for name, path := range o.ownPages() {
		fits(t, browser, o.server.URL, path, name)
	}
}

func TestReadersOwnPagesPassTheJudges(t *testing.T) {
	o := newOffice(t)
	browser := judge.Chromium(t)
	var all []string
	for name, path := range o.ownPages() {
		page := webtest.Standalone(t, o.server.URL, path)
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

func TestReaderChoosesWithTheKeyboardAlone(t *testing.T) {
	o := newOffice(t)
	seen := webtest.Chromium(t).See(t, webtest.Visit{
		URL: o.server.URL + o.choose(o.weekly), Width: 320,
		Steps: []chromedp.Action[chromedp.Void]{
			chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(" "), // the first section
			chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter),
			chromedp.WaitVisible(chromedp.CSS("[role=status]")),
		},
	})
	seen.Keep(t, "chosen")
	if c := o.person().Subscriptions[1].Choice; c == nil || *c != newsletter.NewChoice([]string{"northern-coast"}, false) {
		t.Errorf("the choice is %v; problems %q", c, seen.Problems)
	}
}
