package markdown

import (
	"strconv"
	"strings"
)

// DocLink is a link or an image of a Doc; Text is its label without marks.
type DocLink struct {
	Text, Href string
	Image      bool
}

// Text gives the words only: paragraphs separated by a blank line, entries of a
// numbered list with their numbers, images by their alternative text.
func (d *Doc) Text() string {
	return strings.Join(blockTexts(nil, d.Blocks), "\n\n")
}

func blockTexts(out []string, blocks []Block) []string {
	for _, b := range blocks {
		switch b.Kind {
		case Paragraph:
			out = append(out, plain(b.Inlines))
		case Quote:
			out = blockTexts(out, b.Blocks)
		default:
			for i, item := range b.Items {
				first := len(out)
				out = blockTexts(out, item)
				if b.Kind == OrderedList && len(out) > first {
					out[first] = strconv.Itoa(b.Start+i) + ". " + out[first]
				}
			}
		}
	}
	return out
}

func plain(in []Inline) string {
	var b strings.Builder
	for _, n := range in {
		switch n.Kind {
		case Text, Code, Image:
			b.WriteString(n.Text)
		case Break:
			b.WriteByte('\n')
		default:
			b.WriteString(plain(n.Children))
		}
	}
	return b.String()
}

// Links gives every link and image in the order in which they stand.
func (d *Doc) Links() []DocLink { return blockLinks(nil, d.Blocks) }

func blockLinks(out []DocLink, blocks []Block) []DocLink {
	for _, b := range blocks {
		out = inlineLinks(out, b.Inlines)
		out = blockLinks(out, b.Blocks)
		for _, item := range b.Items {
			out = blockLinks(out, item)
		}
	}
	return out
}

func inlineLinks(out []DocLink, in []Inline) []DocLink {
	for _, n := range in {
		switch n.Kind {
		case Link:
			out = append(out, DocLink{Text: plain(n.Children), Href: n.Href})
		case Image:
			out = append(out, DocLink{Text: n.Text, Href: n.Href, Image: true})
		}
		out = inlineLinks(out, n.Children)
	}
	return out
}
