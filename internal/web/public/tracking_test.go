package public

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// loaded are the links that a browser follows by itself.
var loaded = []string{"stylesheet", "icon", "shortcut", "apple-touch-icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}

// cssTargets are what a style sheet makes a browser load.
var cssTargets = regexp.MustCompile(`(?i)(?:url\s*\(|@import)\s*['"]?([^'")\s;]+)`)

// intruders are all that a page makes a browser ask for elsewhere, tell somebody,
// or remember.
func intruders(t *testing.T, page string, header http.Header) (found []string) {
	t.Helper()
	for _, name := range []string{"Set-Cookie", "Refresh", "Report-To", "Reporting-Endpoints", "Nel", "Link"} {
		if header.Get(name) != "" {
			found = append(found, name+": "+header.Get(name))
		}
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	here := func(what, target string) {
		if u, err := url.Parse(strings.TrimSpace(target)); err != nil || u.IsAbs() || u.Host != "" {
			found = append(found, what+" "+target)
		}
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.DataAtom == atom.Style {
			for _, m := range cssTargets.FindAllStringSubmatch(n.Data, -1) {
				here("style", m[1])
			}
		}
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]atom.Atom{atom.Script, atom.Iframe, atom.Object, atom.Embed, atom.Base}, n.DataAtom) {
			found = append(found, "<"+n.Data+">")
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "src", "srcset", "poster", "data", "background", "action", "formaction":
				here(n.Data+" "+a.Key, a.Val)
			case "ping", "http-equiv", "style":
				found = append(found, n.Data+" "+a.Key)
			case "href":
				if n.DataAtom == atom.Link && slices.ContainsFunc(loaded, func(rel string) bool { return slices.Contains(strings.Fields(attr(n, "rel")), rel) }) {
					here("link", a.Val)
				}
			}
		}
	}
	return found
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestNoPageTellsAnybodyWhoReadsIt(t *testing.T) {
	t.Parallel()
	l, pages := stocked(t)
	pages["missing"], pages["broken"], pages["feed"] = "/nothing", "/v/AAAA", "/a/weekly/feed.atom"
	for name, path := range pages {
		resp, page := l.get(path, nil)
		if name == "feed" {
			page = ""
		}
		for _, f := range intruders(t, page, resp.Header) {
			t.Errorf("%s: %s", name, f)
		}
		for _, m := range regexp.MustCompile(`rel="stylesheet" href="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			resp, sheet := l.get(m[1], nil)
			for _, f := range intruders(t, "<style>"+sheet+"</style>", resp.Header) {
				t.Errorf("%s: %s", m[1], f)
			}
		}
	}
	w := newWorld(t)
	for name, path := range w.pages() {
		resp, page := w.do(t, "GET", path, nil, nil)
		for _, f := range intruders(t, page, resp.Header) {
			t.Errorf("%s: %s", name, f)
		}
	}
	resp, err := http.PostForm(w.server.URL+"/u/"+w.leaveToken(), url.Values{pageField: {pageValue}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range intruders(t, string(page), resp.Header) {
		t.Errorf("after leaving: %s", f)
	}
}

func TestLinksOfABulletinAreNotRewritten(t *testing.T) {
	t.Parallel()
	l, pages := stocked(t)
	for _, name := range []string{"bulletin", "bulletin-mailed"} {
		_, page := l.get(pages[name], nil)
		article := between(t, page, "<article", "</article>")
		for _, want := range []string{`href="https://elsewhere.example/plan?a=1&amp;b=2"`, `href="https://elsewhere.example/boat.png"`} {
			if !strings.Contains(article, want) {
				t.Errorf("%s: %s is missing", name, want)
			}
		}
		if n := strings.Count(article, "href="); n != 2 {
			t.Errorf("%s has %d links", name, n)
		}
	}
}

func TestIntrudersAreFound(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"pixel": `<img src="https://x.example/p.gif">`, "without scheme": `<img src="//x.example/p.gif">`, "script": `<script src="/x.js"></script>`,
		"sheet": `<link rel="stylesheet" href="https://x.example/s.css">`, "font": `<style>@import "https://x.example/f.css";</style>`,
		"image of a sheet": `<style>p { background: url(https://x.example/p.gif) }</style>`, "ping": `<a ping="https://x.example" href="/">x</a>`,
		"refresh": `<meta http-equiv="refresh" content="0">`, "form": `<form action="https://x.example"></form>`, "connection": `<link rel="dns-prefetch" href="//x.example">`,
		"set of images": `<img srcset="https://x.example/p.gif 2x">`,
	} {
		if len(intruders(t, page, nil)) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	if len(intruders(t, "", http.Header{"Set-Cookie": {"a=b"}})) == 0 {
		t.Error("a cookie is not found")
	}
	if found := intruders(t, `<a href="https://x.example">x</a><link rel="canonical" href="https://x.example">`, nil); len(found) > 0 {
		t.Errorf("links that people follow are taken for requests: %q", found)
	}
}
