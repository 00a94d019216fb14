package public

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// node is an element of a feed.
type node struct {
	name  xml.Name
	attrs map[string]string
	text  string
	kids  []*node
}

func (n *node) all(local string) (found []*node) {
	for _, k := range n.kids {
		if k.name.Local == local {
			found = append(found, k)
		}
	}
	return found
}

func (n *node) value(local string) string {
	if found := n.all(local); len(found) > 0 {
		return found[0].text
	}
	return ""
}

// readXML reads a well-formed document or fails.
func readXML(t *testing.T, document string) *node {
	t.Helper()
	root := &node{}
	path := []*node{root}
	d := xml.NewDecoder(strings.NewReader(document))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v in %s", err, document)
		}
		top := path[len(path)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &node{name: tok.Name, attrs: map[string]string{}}
			for _, a := range tok.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			top.kids = append(top.kids, n)
			path = append(path, n)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			top.text += string(tok)
		}
	}
	if len(root.kids) != 1 {
		t.Fatalf("%d root elements in %s", len(root.kids), document)
	}
	return root.kids[0]
}

const atomSpace = "http://www.w3.org/2005/Atom"

// atomFaults holds a feed against what RFC 4287 demands.
func atomFaults(feed *node) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if feed.name != (xml.Name{Space: atomSpace, Local: "feed"}) {
		fault("§4.1.1: the root is %v", feed.name)
	}
	allowed := map[string][]string{
		"feed":  {"author", "category", "contributor", "generator", "icon", "id", "link", "logo", "rights", "subtitle", "title", "updated", "entry"},
		"entry": {"author", "category", "content", "contributor", "id", "link", "published", "rights", "source", "summary", "title", "updated"},
	}
	check := func(n *node) {
		for _, k := range n.kids {
			if k.name.Space != atomSpace || !slices.Contains(allowed[n.name.Local], k.name.Local) {
				fault("§4.1: %s holds %v", n.name.Local, k.name)
			}
		}
		for _, once := range []string{"id", "title", "updated"} {
			if len(n.all(once)) != 1 {
				fault("§4.1: %s has %d of %s", n.name.Local, len(n.all(once)), once)
			}
		}
		for _, atMost := range []string{"published", "summary", "content", "generator", "icon", "logo", "rights", "subtitle"} {
			if len(n.all(atMost)) > 1 {
				fault("§4.1: %s has several of %s", n.name.Local, atMost)
			}
		}
		if u, err := url.Parse(n.value("id")); err != nil || !u.IsAbs() {
			fault("§4.2.6: the id %q is no IRI", n.value("id"))
		}
		for _, date := range append(n.all("updated"), n.all("published")...) {
			if _, err := time.Parse(time.RFC3339, date.text); err != nil || strings.ToUpper(date.text) != date.text {
				fault("§3.3: %q is no date", date.text)
			}
		}
		faults = append(faults, linkFaults(n)...)
	}
	check(feed)
	ids := map[string]bool{}
	for _, entry := range feed.all("entry") {
		check(entry)
		if ids[entry.value("id")] {
			fault("§4.1.1: two entries have the id %s", entry.value("id"))
		}
		ids[entry.value("id")] = true
		if len(entry.all("author"))+len(feed.all("author")) == 0 {
			fault("§4.1.1: nobody is the author")
		}
		faults = append(faults, contentFaults(entry)...)
	}
	for _, author := range feed.all("author") {
		if len(author.all("name")) != 1 || author.value("name") == "" {
			fault("§3.2.1: an author has no name")
		}
	}
	return faults
}

func linkFaults(n *node) (faults []string) {
	alternates := map[string]bool{}
	for _, link := range n.all("link") {
		if u, err := url.Parse(link.attrs["href"]); err != nil || !u.IsAbs() || u.Host == "" {
			faults = append(faults, fmt.Sprintf("§4.2.7.1: the link to %q is not absolute", link.attrs["href"]))
		}
		kind := link.attrs["type"] + " " + link.attrs["hreflang"]
		if link.attrs["rel"] == "alternate" && alternates[kind] {
			faults = append(faults, "§4.1: two alternates of the same type")
		}
		alternates[kind] = alternates[kind] || link.attrs["rel"] == "alternate"
	}
	return faults
}

// contentFaults holds an entry's HTML against §4.1.3.3: markup that may stand in a
// div; and its links must lead somewhere from anywhere.
func contentFaults(entry *node) (faults []string) {
	contents := entry.all("content")
	if len(contents) == 0 {
		if len(entry.all("link")) == 0 {
			return []string{"§4.1.2: an entry without content has no link"}
		}
		return nil
	}
	if contents[0].attrs["type"] != "html" || len(contents[0].kids) > 0 {
		return []string{"§4.1.3.3: the content is not escaped HTML"}
	}
	z := html.NewTokenizer(strings.NewReader(contents[0].text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return faults
		case html.StartTagToken:
			for _, a := range z.Token().Attr {
				if u, err := url.Parse(a.Val); (a.Key == "href" || a.Key == "src") && (err != nil || !u.IsAbs()) {
					faults = append(faults, "a link in the content is relative: "+a.Val)
				}
			}
		}
	}
}

func TestFeedIsAtom(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.newsletter("weekly", func(n *newsletter.Newsletter) { n.Name = `Lantern & <Sons> "weekly"` })
	_, empty := l.get("/a/weekly/feed.atom", nil)
	for _, f := range atomFaults(readXML(t, empty)) {
		t.Errorf("without bulletins: %s", f)
	}
	for i := range feedLength + 3 {
		l.pass(time.Hour)
		l.bulletin(n, 1+i, fmt.Sprintf("2027-01-%02d", 1+i), newsletter.BulletinSent, func(_ *store.Bulletin, d *newsletter.Document) {
			d.Content.Sections[0].Items[0].Text += " \\<b> & ]]> \u202e … é"
		})
	}
	resp, text := l.get("/a/weekly/feed.atom", nil)
	if resp.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" || !utf8.ValidString(text) || !strings.HasPrefix(text, "<?xml") {
		t.Errorf("headers %v", resp.Header)
	}
	feed := readXML(t, text)
	for _, f := range atomFaults(feed) {
		t.Error(f)
	}
	entries := feed.all("entry")
	if len(entries) != feedLength || feed.value("updated") != "2027-03-12T23:00:00Z" || feed.value("title") != n.Name || feed.attrs["lang"] != "en" {
		t.Fatalf("%d entries in %s", len(entries), text)
	}
	newest := entries[0]
	if newest.all("link")[0].attrs["href"] != "https://news.example.org/a/weekly/15" || newest.value("published") != "2027-03-12T23:00:00Z" ||
		newest.value("title") != "No.\u00a015 · Friday, 15 January 2027" || !strings.Contains(newest.value("content"), "&lt;b&gt; &amp; ]]&gt;") ||
		!strings.Contains(newest.value("content"), `<h2>River Towns</h2>`) || !strings.HasPrefix(newest.value("summary"), "The harbour school") {
		t.Errorf("the newest entry is %+v", newest)
	}
	if modified := resp.Header.Get("Last-Modified"); modified != "Fri, 12 Mar 2027 23:00:00 GMT" {
		t.Errorf("last modified %s", modified)
	}
}

func TestFaultyFeedIsFound(t *testing.T) {
	t.Parallel()
	const sound = `<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:a</id><title>t</title><updated>2027-03-12T08:00:00Z</updated><author><name>n</name></author>` +
		`<entry><id>urn:b</id><title>t</title><updated>2027-03-12T08:00:00Z</updated><link rel="alternate" href="https://a.example/1"/><content type="html">&lt;p&gt;</content></entry></feed>`
	if faults := atomFaults(readXML(t, sound)); len(faults) > 0 {
		t.Fatal(faults)
	}
	for from, to := range map[string]string{
		"2005/Atom": "2005/Atm", "<id>urn:a</id>": "", "urn:b": "b", "2027-03-12T08": "2027-03-12 08", "<author><name>n</name></author>": "",
		"<title>t</title>": "<title>t</title><title>t</title>", "https://a.example/1": "/1", `type="html"`: `type="text"`, "&lt;p&gt;": "&lt;a href='/x'&gt;",
		"<name>n</name>": "<name></name>", "<content": "<mystery/><content",
	} {
		if faults := atomFaults(readXML(t, strings.Replace(sound, from, to, 1))); len(faults) == 0 {
			t.Errorf("%q in the place of %q is not found", to, from)
		}
	}
}

func TestFeedReaderIsToldThatNothingIsNew(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.bulletin(l.newsletter("weekly", nil), 214, "2027-03-12", newsletter.BulletinSent, nil)
	resp, _ := l.get("/a/weekly/feed.atom", nil)
	for _, header := range []http.Header{
		{"If-None-Match": {resp.Header.Get("ETag")}}, {"If-Modified-Since": {resp.Header.Get("Last-Modified")}},
	} {
		if resp, body := l.get("/a/weekly/feed.atom", header); resp.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%v: status %d", header, resp.StatusCode)
		}
	}
	for method, status := range map[string]int{"HEAD": 200, "POST": 405, "DELETE": 405} {
		req, err := http.NewRequest(method, l.server.URL+"/a/weekly/feed.atom", nil)
		l.must(err)
		resp, err := http.DefaultClient.Do(req)
		l.must(err)
		l.must(resp.Body.Close())
		if resp.StatusCode != status {
			t.Errorf("%s: status %d, want %d", method, resp.StatusCode, status)
		}
	}
}

func TestWithdrawalIsNewsToFeedReaders(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	b := l.bulletin(l.newsletter("weekly", nil), 214, "2027-03-12", newsletter.BulletinSent, nil)
	resp, before := l.get("/a/weekly/feed.atom", nil)
	l.pass(time.Hour)
	doc, err := l.store.Document(t.Context(), b.ID, 0)
	l.must(err)
	doc.Content.Sections[0].Items[0] = newsletter.ContentItem{Text: "This item was withdrawn.", Withdrawn: true}
	l.must(l.store.DB().Write(t.Context(), func(tx *database.Tx) error { return l.store.ReplaceBegunTx(tx, b, doc, "", "ana") }))
	resp, after := l.get("/a/weekly/feed.atom", http.Header{"If-None-Match": {resp.Header.Get("ETag")}, "If-Modified-Since": {resp.Header.Get("Last-Modified")}})
	old, feed := readXML(t, before).all("entry")[0], readXML(t, after)
	entry := feed.all("entry")[0]
	if resp.StatusCode != http.StatusOK || strings.Contains(after, "harbour school") || entry.value("id") != old.value("id") || entry.value("published") != old.value("published") ||
		entry.value("updated") != "2027-03-12T09:00:00Z" || feed.value("updated") != entry.value("updated") || resp.Header.Get("Last-Modified") != "Fri, 12 Mar 2027 09:00:00 GMT" {
		t.Errorf("status %d: %s", resp.StatusCode, after)
	}
}

func TestIDsAreUUIDsAndStayTheSame(t *testing.T) {
	t.Parallel()
	// The example of RFC 9562, appendix A.4.
	if got := stableID("www.example.com"); got != "urn:uuid:2ed6657d-e927-568b-95e1-2665a8aea6a2" {
		t.Errorf("got %s", got)
	}
}
