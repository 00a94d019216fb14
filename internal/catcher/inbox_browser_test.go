package catcher

import (
	"fmt"
	"strings"
	"testing"

	"epistle/internal/judge"
	"epistle/internal/web"
	"epistle/internal/web/webtest"
)

// inboxPages are the inbox's pages, below its prefix.
var inboxPages = map[string]string{
	"list": "", "search": "?q=harbour", "nothing": "?q=nowhere", "desktop": "2", "phone": "2?show=phone",
	"text": "2?show=text", "source": "2?show=source", "missing": "9999",
}

func TestInboxFitsEveryScreen(t *testing.T) {
	server := inboxOver(t, InboxOptions{Prefix: "/inbox/", Links: []web.Link{{Label: "The page for leaving", Href: "/u/TOKEN"}, {Label: "The bulletin in the browser", Href: "/v/TOKEN"}}}, many()...)
	browser := webtest.Chromium(t)
	for name, path := range inboxPages {
		for _, width := range []int{320, 1200} {
			for _, dark := range []bool{false, true} {
				seen := browser.See(t, webtest.Visit{URL: server.URL + "/inbox/" + path, Width: width, Dark: dark})
				label := fmt.Sprintf("inbox-%s-%d-dark-%v", name, width, dark)
				seen.Keep(t, label)
				if seen.ScrollWidth > width || len(seen.SmallTargets) > 0 || len(seen.Problems) > 0 && name != "missing" {
					t.Errorf("%s: %d px wide, small targets %q, problems %q", label, seen.ScrollWidth, seen.SmallTargets, seen.Problems)
				}
				for _, url := range seen.Requests {
					if !strings.HasPrefix(url, server.URL+"/") && !strings.HasPrefix(url, "data:") {
						t.Errorf("%s asks for %s", label, url)
					}
				}
			}
		}
	}
}

func TestInboxPassesTheJudges(t *testing.T) {
	server := inboxOver(t, InboxOptions{Prefix: "/inbox/"}, many()...)
	browser := judge.Chromium(t)
	var all []string
	for name, path := range inboxPages {
		page := webtest.Standalone(t, server.URL, "/inbox/"+path)
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

// many is a full page and a bit of messages; the second is a real letter.
func many() []string {
	messages := []string{"Subject: first\r\n\r\nx", caught}
	for i := range 60 {
		messages = append(messages, fmt.Sprintf("X-Envelope-To: <reader-with-a-rather-long-address-%d@lighthouse-towns.example.org>\r\nSubject: The Weekly Lantern, 12 March\r\n\r\nx", i))
	}
	return messages
}
