package render

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"epistle/internal/judge"
	"epistle/internal/newsletter"
)

// TestMailTellsNobodyThatItIsRead holds the mail itself: a mail program that shows
// it asks for nothing but the pictures that the editors put in, under the addresses
// that they wrote; and each link leads where it was written, or is one of those that
// the reader needs.
func TestMailTellsNobodyThatItIsRead(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, text := mustRender(t, doc).For(reader1)
			written := sources(t, doc)
			own := []string{reader1.UnsubscribeURL, reader1.BrowserURL, reader1.ChooseURL, reader1.ChooseURL + "#pause"}
			for n := range parse(t, page).Descendants() {
				if n.Type != html.ElementNode {
					continue
				}
				if slices.Contains([]atom.Atom{atom.Script, atom.Iframe, atom.Object, atom.Embed, atom.Link, atom.Base, atom.Form, atom.Video, atom.Audio}, n.DataAtom) {
					t.Errorf("the mail has <%s>", n.Data)
				}
				for _, a := range n.Attr {
					switch {
					case a.Key == "src" && !strings.Contains(written, a.Val):
						t.Errorf("nobody wrote the picture %s", a.Val)
					case slices.Contains([]string{"srcset", "background", "ping", "poster", "data"}, a.Key), a.Key == "http-equiv":
						t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
					case a.Key == "width" && a.Val == "1", a.Key == "height" && a.Val == "1":
						t.Errorf("<%s> is a single pixel", n.Data)
					}
				}
			}
			if found := regexp.MustCompile(`(?i)url\s*\(|@import|@font-face`).FindString(page); found != "" {
				t.Errorf("a style loads something: %s", found)
			}
			for _, l := range slices.Concat(judge.PageLinks(t, page), judge.TextLinks(text)) {
				if !strings.Contains(written, l) && !slices.Contains(own, l) {
					t.Errorf("nobody wrote the link %s", l)
				}
			}
		})
	}
}

// sources is everything that people wrote, as it stands in the document.
func sources(t *testing.T, doc *newsletter.Document) string {
	t.Helper()
	b, err := doc.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(string(b))
}
