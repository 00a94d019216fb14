package render

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"epistle/internal/judge"
	"epistle/internal/newsletter"
)

func mustArticle(t *testing.T, doc *newsletter.Document) *Article {
	t.Helper()
	a, err := NewArticle(doc)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// around puts an article's fragment where the page has it.
func around(a *Article) string {
	return "<!DOCTYPE html><html lang=en><title>x</title><body><h1>" + escapeHTML(a.Title) + "</h1>" + string(a.Body)
}

func TestArticleHasEveryWordAndLink(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := around(mustArticle(t, doc))
			want := contentWords(t, doc)
			got := slices.DeleteFunc(judge.PageWords(t, page), func(w string) bool { return name == "feast" && w == "PICTURE" })
			compareWords(t, "article", got, want)
			mail, _ := mustRender(t, doc).For(Personal{})
			links := slices.DeleteFunc(judge.PageLinks(t, page), func(l string) bool { return strings.HasSuffix(l, ".png") })
			if mailed := judge.PageLinks(t, mail); !slices.Equal(links, mailed) {
				t.Errorf("the links are %q, in the mail %q", links, mailed)
			}
		})
	}
}

func TestArticleLoadsNothingAndIsStyledByNobody(t *testing.T) {
	t.Parallel()
	doc := feast()
	doc.Content.Sections[0].Items = append(doc.Content.Sections[0].Items,
		newsletter.ContentItem{Text: "[![Linked](https://elsewhere.example/b.png) words](https://elsewhere.example/page) ![](https://elsewhere.example/c.png)"})
	a := mustArticle(t, doc)
	for n := range parse(t, around(a)).Descendants() {
		if slices.Contains([]atom.Atom{atom.Img, atom.Script, atom.Style, atom.Link, atom.Iframe}, n.DataAtom) {
			t.Errorf("the article has <%s>", n.Data)
		}
		for _, at := range n.Attr {
			if !slices.Contains([]string{"class", "href", "lang", "dir", "start"}, at.Key) {
				t.Errorf("<%s> has %s=%q", n.Data, at.Key, at.Val)
			}
		}
	}
	body := string(a.Body)
	for _, want := range []string{
		`<a href="https://lantern.example/lamp.png">Picture: A lamp &amp; its keeper</a>`,
		`<a href="https://elsewhere.example/page">[Picture: Linked] words</a>`, `<a href="https://elsewhere.example/c.png">Picture</a>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing in %s", want, body)
		}
	}
}

func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestArticleSaysWhatListsAndPreviewsShow(t *testing.T) {
	t.Parallel()
	a := mustArticle(t, arabic())
	if a.Lang != "ar" || a.Dir != "rtl" || a.DatelineLang != "en" || a.Name != "The Weekly Lantern" || !slices.Equal(a.Postal, []string{"Lantern Network", "4 Quay Street, Saltby Harbour"}) {
		t.Errorf("got %+v", a)
	}
	if long := mustArticle(t, lantern()); !strings.HasPrefix(long.Description, "On Tuesday the harbour school") || !strings.HasSuffix(long.Description, "…") || len([]rune(long.Description)) > DescriptionLength+1 {
		t.Errorf("description %q", long.Description)
	}
	if given := mustArticle(t, feast()); given.Description != `A preview with "quotes" & <angles>` || given.Logo == "" {
		t.Errorf("got %+v", given)
	}
	doc := lantern()
	doc.Content.Sections[0].Items = append([]newsletter.ContentItem{{Text: "SECRET", EmailOnly: true}}, doc.Content.Sections[0].Items...)
	doc.Preheader = "SECRET"
	if a := mustArticle(t, doc); strings.Contains(around(a)+a.Description+a.Subject, "SECRET") || !strings.HasPrefix(a.Description, "On Tuesday") {
		t.Errorf("an item for the e-mail alone is public: %+v", a)
	}
}

// TestPagesColoursCanBeRead holds every accent against the paper of the pages, which
// is that of the bulletin, in both schemes.
func TestPagesColoursCanBeRead(t *testing.T) {
	t.Parallel()
	for _, accent := range []string{"", "#ffee00", "#00ff88", "#0000ff", "#000000", "#ffffff", "#9a4a00", "#808080"} {
		light, dark, err := Schemes(accent)
		if err != nil {
			t.Fatal(err)
		}
		day, night, err := palettes(accent)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ what, a, b string }{
			{"accent, light", light.Accent, day.Paper},
			{"strong, light", light.Strong, day.Paper},
			{"on accent, light", light.On, light.Accent},
			{"on strong, light", light.On, light.Strong},
			{"accent, dark", dark.Accent, night.Paper},
			{"strong, dark", dark.Strong, night.Paper},
			{"on accent, dark", dark.On, dark.Accent},
			{"on strong, dark", dark.On, dark.Strong},
		} {
			a, errA := parseColour(c.a)
			b, errB := parseColour(c.b)
			if errA != nil || errB != nil || contrast(a, b) < MinContrast {
				t.Errorf("%s of %s: %s and %s", c.what, accent, c.a, c.b)
			}
		}
	}
	if _, _, err := Schemes("red"); err == nil {
		t.Error("a word is taken for a colour")
	}
}
