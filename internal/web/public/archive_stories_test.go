package public

import (
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"epistle/internal/render"
	"epistle/internal/web"
	"epistle/templates"
)

// foreignAddresses are the whole addresses that a page's head names for other
// programs; a browser asks for none of them.
var foreignAddresses = regexp.MustCompile(`<(?:meta property="og:(?:url|image)" content|link rel="canonical" href)="[^"]*">`)

const storyName = "الفانوس الأسبوعي & The Weekly Lantern"

func storyMeta() meta {
	return meta{
		Type: "article", Title: storyName, Description: `The "light" & the sea`, URL: "https://news.example.org/a/weekly/214", Site: storyName,
		Locale: "ar_EG", Image: "https://news.example.org/logo.png", Published: "2027-03-12T08:00:00Z", Feed: "/a/weekly/feed.atom", FeedTitle: storyName,
	}
}

func storyFront(k *web.Kit, lang web.Language) func(*httptest.ResponseRecorder) error {
	return func(rec *httptest.ResponseRecorder) error {
		words, _ := newArchiveCatalogue().For(lang.Tag)
		return web.NewView[frontPage](templates.Public, "public/front.html").Write(rec, 200, frontPage{
			Frame: k.Frame(lang, words.Front), Heading: words.Front,
			Newsletters: []frontEntry{
				{"The Weekly Lantern", "", []frontWay{{web.Fill(words.Read, "The Weekly Lantern", ""), "/a/weekly"}}},
				{storyName, "ar", []frontWay{{web.Fill(words.Read, storyName, "ar"), "/a/arabic"}, {web.Fill(words.SubscribeTo, storyName, "ar"), "/subscribe/arabic"}}},
			},
		})
	}
}

func storyArchive(k *web.Kit, lang web.Language) func(*httptest.ResponseRecorder) error {
	return func(rec *httptest.ResponseRecorder) error {
		words, _ := newArchiveCatalogue().For(lang.Tag)
		return web.NewView[archivePage](templates.Public, "public/archive.html").Write(rec, 200, archivePage{
			Frame: k.Frame(lang, words.Bulletins), Meta: storyMeta(), Masthead: web.Masthead{Name: storyName, NameLang: "ar"},
			Heading: words.Bulletins, Empty: words.None, YearsAre: words.Years,
			Months: []archiveMonth{{Heading: "March 2027", Count: words.count(1), Bulletins: []archiveEntry{
				{Href: "/a/weekly/214", Dateline: "No. 214", DatelineLang: "en", Subject: storyName, Description: "The light.", Lang: "ar", Dir: "rtl"},
			}}},
			Years:     []archiveYear{{"2027", words.count(1), "/a/weekly/year/2027", true}, {"2026", words.count(2), "/a/weekly/year/2026", false}},
			Subscribe: &web.Link{Label: words.Subscribe, Href: "/subscribe/weekly"}, FeedLink: web.Link{Label: words.Feed, Href: "/a/weekly/feed.atom"},
		})
	}
}

func storyBulletin(k *web.Kit, lang web.Language) func(*httptest.ResponseRecorder) error {
	return func(rec *httptest.ResponseRecorder) error {
		words, _ := newArchiveCatalogue().For(lang.Tag)
		m := storyMeta()
		return web.NewView[bulletinPage](templates.Public, "public/bulletin.html").Write(rec, 200, bulletinPage{
			Frame: k.Frame(lang, storyName), Meta: &m, WordsLang: "en", WordsDir: "ltr",
			Article:   &render.Article{Title: storyName, Dateline: "No. 214", DatelineLang: "en", Body: "<p>The light.</p>", Name: storyName, Postal: []string{"1 Quay"}},
			Subscribe: &web.Link{Label: words.Subscribe, Href: "/subscribe/weekly"},
			Neighbours: &neighbours{
				Label: words.Neighbours, Earlier: web.Link{Label: words.Earlier, Href: "/a/weekly/213"},
				Later: web.Link{Label: words.Later, Href: "/a/weekly/215"}, All: web.Link{Label: words.All, Href: "/a/weekly"},
			},
		})
	}
}

func TestArchiveWordsAreCompleteInEveryLanguage(t *testing.T) {
	t.Parallel()
	all := newArchiveCatalogue().All()
	first := reflect.ValueOf(all[0].Words)
	for _, tr := range all {
		v := reflect.ValueOf(tr.Words)
		for i := range v.NumField() {
			text, name := v.Field(i).String(), v.Type().Field(i).Name
			if strings.TrimSpace(text) == "" || strings.Count(text, "%s") != strings.Count(first.Field(i).String(), "%s") {
				t.Errorf("%s: %s is %q", tr.Tag, name, text)
			}
		}
	}
}
