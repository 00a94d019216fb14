package preflight

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// page is what a reader sees of the HTML.
type page struct {
	// text is the visible words; images stand in it by their alternative text.
	text  string
	hrefs map[string]bool // of visible links
}

// phrasing are the elements that do not end a word.
var phrasing = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Cite: true, atom.Code: true, atom.Em: true, atom.I: true,
	atom.Mark: true, atom.Q: true, atom.S: true, atom.Small: true, atom.Span: true, atom.Strong: true,
	atom.Sub: true, atom.Sup: true, atom.U: true, atom.Font: true, atom.Bdi: true, atom.Bdo: true,
}

// unseen are the elements whose text is never shown.
var unseen = map[atom.Atom]bool{
	atom.Head: true, atom.Style: true, atom.Script: true, atom.Title: true, atom.Template: true, atom.Noscript: true,
}

func readPage(source string) (*page, error) {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return nil, fmt.Errorf("read the HTML: %w", err)
	}
	p := &page{hrefs: map[string]bool{}}
	var b strings.Builder
	p.walk(root, &b)
	p.text = b.String()
	return p, nil
}

// linksTo says whether a link that can be seen leads to an address.
func (p *page) linksTo(address string) bool { return p.hrefs[address] }

// walk needs no limit of depth: html.Parse refuses more than 512 open elements.
func (p *page) walk(n *html.Node, b *strings.Builder) {
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
		return
	}
	if n.Type == html.ElementNode {
		if unseen[n.DataAtom] || hidden(n) {
			return
		}
		if !phrasing[n.DataAtom] {
			b.WriteByte('\n')
			defer b.WriteByte('\n')
		}
		if n.DataAtom == atom.Img {
			b.WriteString(attribute(n, "alt"))
		}
	}
	before := b.Len()
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c, b)
	}
	if n.DataAtom == atom.A && strings.TrimSpace(b.String()[before:]) != "" {
		p.hrefs[attribute(n, "href")] = true
	}
}

// hidden knows the ways in which mail hides an element.
func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			style := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") {
				return true
			}
		}
	}
	return false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
