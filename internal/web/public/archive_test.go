package public

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/web"
)

func TestArchiveShowsWhatWasSentToEveryone(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.newsletter("weekly", nil)
	l.newsletter("members", func(n *newsletter.Newsletter) { n.Public.Archive = false })
	number := 0
	days := func() string { number++; return fmt.Sprintf("2027-03-%02d", number) }
	shown := map[newsletter.BulletinState]bool{newsletter.BulletinSending: true, newsletter.BulletinSent: true}
	for _, state := range []newsletter.BulletinState{
		newsletter.BulletinReview, newsletter.BulletinApproved, newsletter.BulletinHeld, newsletter.BulletinSending,
		newsletter.BulletinPaused, newsletter.BulletinSent, newsletter.BulletinCancelled,
	} {
		at := days()
		reach := state
		if state == newsletter.BulletinHeld {
			reach = newsletter.BulletinReview
		}
		b := l.bulletin(n, number, at, reach, nil)
		if reach != state {
			l.move(b, state)
		}
		want := http.StatusNotFound
		if shown[state] {
			want = http.StatusOK
		}
		if resp, _ := l.get(fmt.Sprintf("/a/weekly/%d", b.Number), nil); resp.StatusCode != want {
			t.Errorf("one that is %s: status %d, want %d", state, resp.StatusCode, want)
		}
		if resp, _ := l.get("/a/weekly/"+at, nil); shown[state] != (resp.StatusCode == http.StatusFound) {
			t.Errorf("by the date of one that is %s: status %d", state, resp.StatusCode)
		}
	}
	l.bulletin(n, 20, "2027-03-20", newsletter.BulletinSent, func(b *store.Bulletin, _ *newsletter.Document) { b.Extra = 1 })
	l.bulletin(n, 21, "2027-03-21", newsletter.BulletinSent, func(_ *store.Bulletin, d *newsletter.Document) { d.Audience = "tag:board" })
	_, list := l.get("/a/weekly", nil)
	_, feed := l.get("/a/weekly/feed.atom", nil)
	for hidden, page := range map[string]string{"/a/weekly/20": list, "/a/weekly/21": list, "a/weekly/20<": feed, "/a/weekly/3\"": list, "/a/weekly/5\"": list} {
		if strings.Contains(page, hidden) {
			t.Errorf("%s is listed: %s", hidden, page)
		}
	}
	for _, path := range []string{"/a/weekly/20", "/a/weekly/21", "/a/weekly/99", "/a/members", "/a/members/1", "/a/members/feed.atom", "/a/nobody", "/a/weekly/year/2026"} {
		if resp, page := l.get(path, nil); resp.StatusCode != http.StatusNotFound || !strings.Contains(page, "<h1>") {
			t.Errorf("%s: status %d", path, resp.StatusCode)
		}
	}
	if !strings.Contains(list, `href="/a/weekly/4"`) || !strings.Contains(list, `href="/a/weekly/6"`) || strings.Count(list, "2 bulletins") != 1 {
		t.Errorf("the list is %s", list)
	}
}

func TestArchiveIsListedByMonthTheNewestFirst(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.newsletter("weekly", func(n *newsletter.Newsletter) { n.Language = "de" })
	for i, date := range []string{"2026-12-25", "2027-01-01", "2027-02-26", "2027-03-05", "2027-03-12"} {
		l.bulletin(n, 210+i, date, newsletter.BulletinSent, func(_ *store.Bulletin, d *newsletter.Document) {
			if i == 4 {
				d.Subject = "Drei stille Nächte"
			}
		})
	}
	resp, page := l.get("/a/weekly", nil)
	last := -1
	for _, want := range []string{
		"Ausgaben von 2027", "März 2027", "2 Ausgaben", "/a/weekly/214", "Freitag, 12. März 2027", "Drei stille Nächte", "The harbour school opened",
		"/a/weekly/213", "Februar 2027", "1 Ausgabe<", "/a/weekly/212", "Januar 2027", "/a/weekly/211", "2027", `href="/a/weekly/year/2026"`, "feed.atom",
	} {
		at := strings.Index(page[last+1:], want)
		if at < 0 {
			t.Fatalf("%q does not follow in %s", want, page)
		}
		last += 1 + at
	}
	if strings.Contains(page, "/a/weekly/210") || resp.Header.Get("X-Robots-Tag") != "" || strings.Contains(page, "noindex") {
		t.Errorf("the year shows another year's, or keeps search engines away: %v", resp.Header)
	}
	if _, older := l.get("/a/weekly/year/2026", nil); !strings.Contains(older, `href="/a/weekly/210"`) || !strings.Contains(older, "Dezember 2026") {
		t.Errorf("2026 is %s", older)
	}
}

func TestBulletinOfTheArchiveHasAStableAddress(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.newsletter("weekly", func(n *newsletter.Newsletter) {
		n.Design.Logo, n.Design.LogoWidth = "https://elsewhere.example/logo.png", 120
	})
	for i, date := range []string{"2027-03-05", "2027-03-12", "2027-03-19"} {
		l.bulletin(n, 213+i, date, newsletter.BulletinSent, nil)
	}
	resp, _ := l.get("/a/weekly/2027-03-12", nil)
	if resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != "/a/weekly/214" {
		t.Errorf("the date leads to %d %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	resp, page := l.get("/a/weekly/214", nil)
	for _, want := range []string{
		`<html lang="en" dir="ltr">`, `<title>The Weekly Lantern · No.` + "\u00a0" + `214 · Friday, 12 March 2027</title>`,
		`<link rel="canonical" href="https://news.example.org/a/weekly/214">`,
		`<link rel="alternate" type="application/atom+xml" title="The Weekly Lantern" href="/a/weekly/feed.atom">`,
		`<meta property="og:type" content="article">`, `<meta property="og:url" content="https://news.example.org/a/weekly/214">`,
		`<meta property="og:title" content="The Weekly Lantern">`, `<meta property="og:locale" content="en_US">`,
		`<meta property="og:description" content="The harbour school opened its doors again. See the plan.">`,
		`<meta property="og:image" content="https://elsewhere.example/logo.png">`,
		`<meta property="article:published_time" content="2027-03-12T08:00:00Z">`,
		`rel="prev" href="/a/weekly/213"`, `rel="next" href="/a/weekly/215"`,
		`<a href="https://elsewhere.example/plan?a=1&amp;b=2">See the plan</a>`,
		`<a href="https://elsewhere.example/boat.png">Picture: The late boat</a>`,
		`<h2>River Towns</h2>`, "4 Quay Street",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing in %s", want, page)
		}
	}
	if resp.Header.Get("Content-Security-Policy") != web.PageCSP || strings.Contains(page, "<img") || resp.Header.Get("X-Robots-Tag") != "" {
		t.Errorf("headers %v", resp.Header)
	}
	if resp, _ := l.get("/a/weekly/214/", nil); resp.StatusCode != http.StatusOK {
		t.Errorf("with a slash at the end: status %d", resp.StatusCode)
	}
	for _, path := range []string{"/a/weekly/0214", "/a/weekly/+214", "/a/weekly/-1", "/a/weekly/0", "/a/weekly/2027-3-12", "/a/weekly/x", "/a/weekly/year/27", "/a/weekly/year/", "/a/weekly/99999999999999999999", "/a/", "/a//214"} {
		if resp, _ := l.get(path, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, resp.StatusCode)
		}
	}
}

func TestChangesAreSeenWithTheNextView(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.newsletter("weekly", nil)
	b := l.bulletin(n, 214, "2027-03-12", newsletter.BulletinSent, nil)
	paths := []string{"/a/weekly/214", "/a/weekly", "/a/weekly/feed.atom", l.viewPath(b)}
	tags := map[string]string{}
	for _, path := range paths {
		resp, page := l.get(path, nil)
		if !strings.Contains(page, "harbour school") {
			t.Fatalf("%s does not have it: %s", path, page)
		}
		tags[path] = resp.Header.Get("ETag")
	}
	l.rewrite(b, func(d *newsletter.Document) { d.Content.Sections[0].Items[0].Text = "This contribution was withdrawn." })
	for _, path := range paths {
		resp, page := l.get(path, http.Header{"If-None-Match": {tags[path]}})
		if resp.StatusCode != http.StatusOK || strings.Contains(page, "harbour school") || !strings.Contains(page, "was withdrawn") {
			t.Errorf("%s after the withdrawal: status %d, %s", path, resp.StatusCode, page)
		}
	}
	n.Name = "The Daily Lantern"
	l.pass(time.Second)
	l.must(l.store.EditNewsletter(t.Context(), n, "ana"))
	if _, page := l.get("/a/weekly", nil); !strings.Contains(page, "The Daily Lantern") {
		t.Errorf("the new name is missing: %s", page)
	}
	n.Public.Archive = false
	l.must(l.store.EditNewsletter(t.Context(), n, "ana"))
	for _, path := range paths[:3] {
		if resp, _ := l.get(path, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s of a newsletter that is no longer public: status %d", path, resp.StatusCode)
		}
	}
	if resp, _ := l.get(paths[3], nil); resp.StatusCode != http.StatusOK {
		t.Errorf("the reader's own link: status %d", resp.StatusCode)
	}
}

// TestAWithdrawalReachesWhoeverAsksAfterIt: many who ask at the same time share
// answers, but none that were begun before they asked.
func TestAWithdrawalReachesWhoeverAsksAfterIt(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.newsletter("weekly", nil)
	b := l.bulletin(n, 214, "2027-03-12", newsletter.BulletinSent, nil)
	paths := []string{"/a/weekly/214", "/a/weekly", "/a/weekly/feed.atom", l.viewPath(b)}
	const readers, views = 16, 10
	var withdrawn atomic.Bool
	var before, all sync.WaitGroup
	before.Add(readers)
	for i := range readers {
		all.Go(func() {
			for view := range 3 * views {
				gone := withdrawn.Load()
				resp, page := l.get(paths[(i+view)%len(paths)], nil)
				if resp.StatusCode != http.StatusOK || gone && strings.Contains(page, "harbour school") {
					t.Errorf("%s: status %d, withdrawn %t: %s", paths[(i+view)%len(paths)], resp.StatusCode, gone, page)
				}
				if view == views {
					before.Done()
				}
			}
		})
	}
	before.Wait()
	l.rewrite(b, func(d *newsletter.Document) { d.Content.Sections[0].Items[0].Text = "This contribution was withdrawn." })
	withdrawn.Store(true)
	all.Wait()
}

func TestPauseTakesABulletinOutOfTheArchive(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	b := l.bulletin(l.newsletter("weekly", nil), 214, "2027-03-12", newsletter.BulletinSending, nil)
	for _, step := range []struct {
		to     newsletter.BulletinState
		status int
	}{{newsletter.BulletinPaused, 404}, {newsletter.BulletinSending, 200}, {newsletter.BulletinCancelled, 404}} {
		l.move(b, step.to)
		if resp, _ := l.get("/a/weekly/214", nil); resp.StatusCode != step.status {
			t.Errorf("once it is %s: status %d, want %d", step.to, resp.StatusCode, step.status)
		}
	}
}

func TestWayToSubscribeIsShownWhenThereIsOne(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	for slug, open := range map[string]bool{"open": true, "closed": false} {
		n := l.newsletter(slug, func(n *newsletter.Newsletter) { n.Public.Subscribe = open })
		b := l.bulletin(n, 1, "2027-03-12", newsletter.BulletinSent, nil)
		for _, path := range []string{"/a/" + slug, "/a/" + slug + "/1", l.viewPath(b)} {
			if _, page := l.get(path, nil); strings.Contains(page, `href="/subscribe/`+slug+`"`) != open {
				t.Errorf("%s: %s", path, page)
			}
		}
	}
}

// TestWhatIsForTheEmailAloneIsNowhereElse asks for every public address and looks
// for every word of such an item.
func TestWhatIsForTheEmailAloneIsNowhereElse(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	b := l.bulletin(l.newsletter("weekly", nil), 214, "2027-03-12", newsletter.BulletinSent, func(_ *store.Bulletin, d *newsletter.Document) {
		d.Subject, d.Preheader, d.Content.Note = "SECRET subject", "SECRET preheader", "SECRET footnote"
		d.Pseudonyms = []string{"SECRETname"}
		d.Content.Epigraph = &newsletter.Epigraph{Text: "SECRET opening words", Source: "SECRET source", EmailOnly: true}
		first := newsletter.ContentItem{Text: "SECRET opening by SECRETname\\*", EmailOnly: true}
		d.Content.Sections[0].Items = append([]newsletter.ContentItem{first}, d.Content.Sections[0].Items...)
		d.Content.Sections = append(d.Content.Sections, newsletter.ContentSection{
			Key: "s", Heading: "SECRET heading", Introduction: "SECRET introduction", Items: []newsletter.ContentItem{{Text: "[SECRET](https://secret.example)", EmailOnly: true}},
		})
	})
	for _, path := range []string{"/", "/a/weekly", "/a/weekly/year/2027", "/a/weekly/214", "/a/weekly/feed.atom", l.viewPath(b)} {
		resp, page := l.get(path, nil)
		if resp.StatusCode != http.StatusOK || strings.Contains(strings.ToLower(page), "secret") {
			t.Errorf("%s, status %d: %s", path, resp.StatusCode, page)
		}
		if path != "/" && !strings.Contains(page, "harbour school") {
			t.Errorf("%s has lost the rest: %s", path, page)
		}
	}
}

func TestReadersOwnLinkShowsTheBulletinToThemAlone(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.newsletter("members", func(n *newsletter.Newsletter) { n.Public.Archive = false })
	for i, state := range []newsletter.BulletinState{newsletter.BulletinReview, newsletter.BulletinPaused, newsletter.BulletinSent} {
		b := l.bulletin(n, 1+i, fmt.Sprintf("2027-03-%02d", 1+i), state, nil)
		resp, page := l.get(l.viewPath(b), http.Header{"Accept-Encoding": {"gzip"}})
		if resp.StatusCode != http.StatusOK || !strings.Contains(page, "River Towns") || strings.Contains(page, "<nav") || strings.Contains(page, "og:") {
			t.Errorf("one that is %s: status %d, %s", state, resp.StatusCode, page)
		}
		if h := resp.Header; h.Get("Cache-Control") != "no-store" || h.Get("X-Robots-Tag") != "noindex, nofollow" ||
			h.Get("Content-Encoding") != "" || h.Get("Content-Security-Policy") != web.PageCSP || !strings.Contains(page, `content="noindex"`) {
			t.Errorf("headers %v", h)
		}
	}
}

func TestFrontPageListsWhatIsOpen(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	if resp, page := l.get("/", nil); resp.StatusCode != http.StatusNotFound || !strings.Contains(page, "There is no page here") {
		t.Errorf("without any: status %d, %s", resp.StatusCode, page)
	}
	l.newsletter("weekly", nil)
	l.newsletter("arabic", func(n *newsletter.Newsletter) { n.Name, n.Language, n.Public.Subscribe = "الفانوس", "ar", true })
	l.newsletter("members", func(n *newsletter.Newsletter) { n.Name, n.Public.Archive = "Board", false })
	l.newsletter("night", func(n *newsletter.Newsletter) {
		n.Name, n.Public = "Night <Post>", newsletter.Public{Subscribe: true}
	})
	resp, page := l.get("/", http.Header{"Accept-Language": {"de"}})
	if resp.StatusCode != http.StatusOK || strings.Contains(page, "Board") {
		t.Errorf("status %d, %s", resp.StatusCode, page)
	}
	for want, times := range map[string]int{
		`<bdi lang="ar">الفانوس</bdi>`: 3, `href="/a/weekly"`: 1, `href="/subscribe/weekly"`: 0, `href="/a/arabic"`: 1, `href="/subscribe/arabic"`: 1,
		`href="/a/night"`: 0, `<a href="/subscribe/night"><bdi lang="en">Night &lt;Post&gt;</bdi> bestellen</a>`: 1,
	} {
		if n := strings.Count(page, want); n != times {
			t.Errorf("%s stands there %d times, want %d: %s", want, n, times, page)
		}
	}
	if _, empty := l.get("/a/weekly", nil); !strings.Contains(empty, "Nothing has been published here yet") {
		t.Errorf("an empty archive: %s", empty)
	}
}

func TestColoursAreThoseOfTheNewsletter(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.newsletter("weekly", nil)
	_, page := l.get("/a/weekly", nil)
	path := "/colours/" + between(t, page, `href="/colours/`, `"`)
	resp, sheet := l.get(path, nil)
	if resp.StatusCode != http.StatusOK || !strings.Contains(sheet, "--accent: #9a4a00") || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s: status %d, %s", path, resp.StatusCode, sheet)
	}
	for _, wrong := range []string{strings.Replace(path, "9a4a00", "9a4a01", 1), "/colours/red.css", "/colours/", "/colours/9A4A00" + path[len("/colours/9a4a00"):]} {
		if resp, _ := l.get(wrong, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", wrong, resp.StatusCode)
		}
	}
}
