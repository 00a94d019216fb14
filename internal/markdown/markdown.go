// Package markdown reads the text of an item: a safe subset of CommonMark.
//
// Its steps, in order: limits (size, control characters, nesting) are checked
// on the source; goldmark parses it with a chosen set of block and inline
// parsers; its syntax tree is turned into this package's own small tree, and
// everything outside the subset is refused with its place; the tree is brought
// into one normal form. Doc.Format writes that form back as canonical Markdown,
// so that reading, writing and reading again gives the same tree.
//
// The subset is paragraphs, lists, quotes, emphasis, strong emphasis, code
// spans, links (http, https, mailto), images (https) and hard line breaks.
// Headings, code blocks, thematic breaks, tables and raw HTML are refused. Bare
// http and https addresses become links.
//
// It differs from CommonMark in one point. An asterisk directly after a letter,
// a digit or a mark never opens emphasis, because offices mark the names of
// protected people that way ("Maria* and Jon*"); it may still close.
//
// Turning the tree into HTML or into typeset text is the work of package render.
package markdown

import (
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Doc is the text of one item.
type Doc struct {
	Blocks []Block
}

// BlockKind says what a Block is.
type BlockKind int

const (
	// Paragraph holds Inlines.
	Paragraph BlockKind = iota
	// BulletList holds Items.
	BulletList
	// OrderedList holds Items, numbered from Start without gaps.
	OrderedList
	// Quote holds Blocks.
	Quote
)

// Block is a paragraph, a list or a quotation.
type Block struct {
	Kind    BlockKind
	Inlines []Inline
	Items   [][]Block
	Blocks  []Block
	Start   int
}

// InlineKind says what an Inline is.
type InlineKind int

const (
	// Text holds Text, exactly as it is read: double spaces, no-break spaces
	// and typographic marks are kept. A line break in the source is one space.
	Text InlineKind = iota
	// Emphasis holds Children.
	Emphasis
	// Strong holds Children.
	Strong
	// Code holds Text.
	Code
	// Link holds Children and Href; no link stands inside another.
	Link
	// Image holds the alternative text in Text and its address in Href.
	Image
	// Break is a line break that the writer asked for.
	Break
)

// Inline is a piece of a paragraph. The tree is in normal form: neighbours of
// one kind are merged, emphasis never stands inside emphasis, and spaces stand
// outside it.
type Inline struct {
	Kind     InlineKind
	Text     string
	Href     string
	Children []Inline
}

// Parse reads Markdown. Everything that is not in the subset is refused at
// once: newsletter.Faults, whose places are "line:column", both from 1, columns
// in characters.
func Parse(source string) (*Doc, error) {
	src, faults := check(source)
	if len(faults) > 0 {
		return nil, faults
	}
	c := &converter{source: src, entities: true}
	root := fullParser(c).Parse(text.NewReader(src))
	doc := &Doc{Blocks: c.blocks(root, 0)}
	if err := c.sorted().Err(); err != nil {
		return nil, err
	}
	return doc, nil
}

// ParsePlain reads text in which only the inline marks mean something:
// *emphasis*, **strong**, [label](https://…), bare addresses, and a backslash
// that takes a mark's meaning away. Everything else stands for itself. Blank
// lines separate paragraphs. Errors are those of Parse.
func ParsePlain(source string) (*Doc, error) {
	src, faults := check(unwrap(source))
	if len(faults) > 0 {
		return nil, faults
	}
	c := &converter{source: src}
	root := plainParser(c).Parse(text.NewReader(src))
	doc := &Doc{Blocks: c.blocks(root, 0)}
	if err := c.sorted().Err(); err != nil {
		return nil, err
	}
	return doc, nil
}

// fullParser has parsers for headings, code blocks and thematic breaks only so
// that they are recognised and refused.
func fullParser(c *converter) parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(&htmlParser{c}, 400),
			util.Prioritized(&emphasisParser{c: c}, 500),
			util.Prioritized(&addressParser{}, 600),
		),
	)
}

func plainParser(c *converter) parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1000)),
		parser.WithInlineParsers(
			util.Prioritized(&plainLinkParser{}, 200),
			util.Prioritized(&emphasisParser{c: c}, 500),
			util.Prioritized(&addressParser{}, 600),
		),
	)
}
