package markdown

import (
	"net/url"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"

	"epistle/internal/newsletter"
)

// converter turns goldmark's tree into ours and collects what is refused.
type converter struct {
	source   []byte
	entities bool // whether &amp; and its like are read
	faults   []placed
}

type placed struct {
	offset          int
	message, remedy string
}

// maxFaults is how many faults are reported at once.
const maxFaults = 50

func (c *converter) refuse(offset int, message, remedy string) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, placed{offset, message, remedy})
	}
}

// sorted gives the faults in the order of the source, each once.
func (c *converter) sorted() newsletter.Faults {
	sort.SliceStable(c.faults, func(i, j int) bool { return c.faults[i].offset < c.faults[j].offset })
	var out newsletter.Faults
	for i, f := range c.faults {
		if i > 0 && f == c.faults[i-1] {
			continue
		}
		line, column := position(c.source, f.offset)
		out = append(out, fault(line, column, f.message, f.remedy))
	}
	return out
}

// blocks converts the children of a block.
func (c *converter) blocks(parent ast.Node, depth int) []Block {
	if depth > MaxNesting {
		c.refuse(offsetOf(parent), tooDeep, tooDeepRemedy)
		return nil
	}
	var out []Block
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Paragraph, *ast.TextBlock:
			c.refuseTable(n)
			if inlines := tidyParagraph(c.inlines(n)); len(inlines) > 0 {
				out = append(out, Block{Kind: Paragraph, Inlines: inlines})
			}
		case *ast.List:
			out = c.list(out, n, depth)
		case *ast.Blockquote:
			out = appendQuote(out, c.blocks(n, depth+1))
		default:
			c.refuseBlock(n)
		}
	}
	return out
}

func (c *converter) list(out []Block, n *ast.List, depth int) []Block {
	list := Block{Kind: BulletList}
	if n.IsOrdered() {
		list.Kind, list.Start = OrderedList, n.Start
	}
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		if n.IsOrdered() {
			c.checkNumber(item, n.Start+len(list.Items))
		}
		blocks := c.blocks(item, depth+1)
		if len(blocks) > 0 {
			list.Items = append(list.Items, blocks)
		} else if n.IsOrdered() {
			c.refuse(offsetOf(item), "a numbered entry has no text", "Write its text, or remove it.")
			break
		}
	}
	if len(list.Items) == 0 {
		return out
	}
	if last := len(out) - 1; last >= 0 && list.Kind == BulletList && out[last].Kind == BulletList {
		out[last].Items = append(out[last].Items, list.Items...)
		return out
	}
	return append(out, list)
}

var itemNumber = regexp.MustCompile(`^[ \t]*([0-9]+)[.)]`)

// checkNumber refuses a list whose written numbers are not the ones it would be
// shown with: no word of an item may change on its way.
func (c *converter) checkNumber(item ast.Node, want int) {
	offset := offsetOf(item)
	m := itemNumber.FindSubmatch(c.source[offset:])
	if m != nil && string(m[1]) != strconv.Itoa(want) {
		c.refuse(offset, "the list's entry "+strconv.Itoa(want)+" is numbered "+string(m[1]),
			`Number the entries one after the other, or write \. after the number to keep it as text.`)
	}
}

// appendQuote adds a quotation; two in a row are one.
func appendQuote(out, blocks []Block) []Block {
	if len(blocks) == 0 {
		return out
	}
	if last := len(out) - 1; last >= 0 && out[last].Kind == Quote {
		out[last].Blocks = join(out[last].Blocks, blocks)
		return out
	}
	return append(out, Block{Kind: Quote, Blocks: blocks})
}

// join appends blocks; bullet lists and quotes that meet become one.
func join(a, b []Block) []Block {
	last := len(a) - 1
	switch {
	case last >= 0 && a[last].Kind == BulletList && b[0].Kind == BulletList:
		a[last].Items = append(a[last].Items, b[0].Items...)
		b = b[1:]
	case last >= 0 && a[last].Kind == Quote && b[0].Kind == Quote:
		a[last].Blocks = join(a[last].Blocks, b[0].Blocks)
		b = b[1:]
	}
	return append(a, b...)
}

func (c *converter) refuseBlock(n ast.Node) {
	offset := offsetOf(n)
	switch n.(type) {
	case *ast.Heading:
		c.refuse(offset, "a heading is not allowed in an item", "Sections give the headings; write the line as a paragraph.")
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		c.refuse(offset, "a block of code is not allowed", "Begin the lines with fewer than four spaces, and without ``` or ~~~.")
	case *ast.ThematicBreak:
		c.refuse(offset, "a dividing line is not allowed in an item", "Remove it; items are set apart by themselves.")
	default:
		c.refuse(offset, "this is not allowed in an item", "Write it as a paragraph or a list.")
	}
}

// offsetOf is where a node begins in the source.
func offsetOf(n ast.Node) int {
	if p := n.Pos(); p >= 0 {
		return p
	}
	if n.Type() != ast.TypeInline && n.Lines() != nil && n.Lines().Len() > 0 {
		return n.Lines().At(0).Start
	}
	if child := n.FirstChild(); child != nil {
		return offsetOf(child)
	}
	return 0
}

var tableRule = regexp.MustCompile(`^[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-*:?[ \t]*)*$`)

func isTableRule(line string) bool {
	return strings.Contains(line, "|") && tableRule.MatchString(line)
}

// refuseTable refuses a line of a table's dashes below another line.
func (c *converter) refuseTable(n ast.Node) {
	if !c.entities {
		return
	}
	for i := 1; i < n.Lines().Len(); i++ {
		segment := n.Lines().At(i)
		if isTableRule(strings.TrimSpace(string(segment.Value(c.source)))) {
			c.refuse(segment.Start, "a table is not allowed", "Write its rows as a list.")
			return
		}
	}
}

// inlines converts the children of a paragraph or of an inline node.
func (c *converter) inlines(parent ast.Node) []Inline {
	var out []Inline
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			out = append(out, Inline{Kind: Text, Text: c.unescape(n.Segment.Value(c.source))})
			if n.HardLineBreak() {
				out = append(out, Inline{Kind: Break})
			} else if n.SoftLineBreak() {
				out = append(out, Inline{Kind: Text, Text: " "})
			}
		case *ast.Emphasis:
			kind := Emphasis
			if n.Level == 2 {
				kind = Strong
			}
			out = append(out, Inline{Kind: kind, Children: c.inlines(n)})
		case *ast.CodeSpan:
			out = append(out, Inline{Kind: Code, Text: c.code(n)})
		case *ast.Link:
			out = append(out, c.link(n))
		case *ast.Image:
			out = append(out, c.image(n))
		case *ast.AutoLink:
			out = append(out, c.autoLink(n))
		default:
			c.refuse(offsetOf(n), "this is not allowed in an item", "Write it as plain words.")
		}
	}
	return out
}

func (c *converter) code(n *ast.CodeSpan) string {
	var b strings.Builder
	for t := n.FirstChild(); t != nil; t = t.NextSibling() {
		if t, ok := t.(*ast.Text); ok {
			b.Write(t.Segment.Value(c.source))
		}
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

func (c *converter) link(n *ast.Link) Inline {
	offset := offsetOf(n)
	href := c.unescape(n.Destination)
	if reason := refuseHref(href); reason != "" {
		c.refuse(offset, "the link "+reason, "Give the whole address, for example [the harbour](https://example.org/harbour).")
	}
	c.refuseTitle(offset, n.Title)
	children := tidyLabel(c.inlines(n))
	if blank(children) {
		c.refuse(offset, "the link has no words", "Write the words that a reader clicks between the square brackets.")
	}
	return Inline{Kind: Link, Href: href, Children: children}
}

func (c *converter) image(n *ast.Image) Inline {
	offset := offsetOf(n)
	href := c.unescape(n.Destination)
	if reason := refuseImage(href); reason != "" {
		c.refuse(offset, "the image "+reason, "Mail programs load images only from https addresses; upload it there and give that address.")
	}
	c.refuseTitle(offset, n.Title)
	return Inline{Kind: Image, Text: plain(tidyLabel(c.inlines(n))), Href: href}
}

// refuseTitle refuses the words that only show up below a mouse pointer.
func (c *converter) refuseTitle(offset int, title []byte) {
	if len(title) > 0 {
		c.refuse(offset, "a link's title is not shown in a mail", "Remove the words in quotation marks after the address.")
	}
}

func (c *converter) autoLink(n *ast.AutoLink) Inline {
	label := string(n.Label(c.source))
	href := label
	if n.AutoLinkType == ast.AutoLinkEmail {
		href = "mailto:" + label
	}
	if reason := refuseHref(href); reason != "" {
		c.refuse(offsetOf(n), "the link "+reason, "Links are allowed to http, https and mailto addresses.")
	}
	return Inline{Kind: Link, Href: href, Children: []Inline{{Kind: Text, Text: label}}}
}

// refuseHref says why an address cannot be linked; empty if it can.
func refuseHref(href string) string {
	if strings.ContainsFunc(href, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return "has a space in its address"
	}
	u, err := url.Parse(href)
	if err != nil {
		return "has a malformed address"
	}
	switch u.Scheme {
	case "http", "https":
		if u.Hostname() == "" {
			return "has an address without a host"
		}
	case "mailto":
		if !strings.Contains(u.Opaque, "@") {
			return "has a mailto address without a mailbox"
		}
	case "":
		return "has no complete address"
	default:
		return "leads to a " + u.Scheme + " address"
	}
	return ""
}

func refuseImage(href string) string {
	if reason := refuseHref(href); reason != "" {
		return reason
	}
	if u, err := url.Parse(href); err != nil || u.Scheme != "https" {
		return "is not on an https address"
	}
	return ""
}

// unescape takes backslashes away and, in Markdown, puts characters in the place
// of entities, in one pass, so that nothing is resolved twice.
func (c *converter) unescape(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); {
		if b[i] == '\\' && i+1 < len(b) && util.IsPunct(b[i+1]) {
			out.WriteByte(b[i+1])
			i += 2
			continue
		}
		if b[i] == '&' && c.entities {
			if value, n := entity(string(b[i:min(i+40, len(b))])); n > 0 {
				out.WriteString(value)
				i += n
				continue
			}
		}
		out.WriteByte(b[i])
		i++
	}
	return out.String()
}

var entityForm = regexp.MustCompile(`^&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]*));`)

// entity resolves the entity that begins s; n is its length, 0 if there is none.
// One that stands for a control character or a line break is left as text.
func entity(s string) (value string, n int) {
	m := entityForm.FindStringSubmatch(s)
	if m == nil {
		return "", 0
	}
	switch {
	case m[3] != "":
		named, ok := util.LookUpHTML5EntityByName(m[3])
		if !ok {
			return "", 0
		}
		value = string(named.Characters)
	default:
		base, digits := 10, m[1]
		if digits == "" {
			base, digits = 16, m[2]
		}
		code, err := strconv.ParseInt(digits, base, 32)
		if err != nil || code == 0 || code > unicode.MaxRune || code >= 0xD800 && code < 0xE000 {
			return "", 0
		}
		value = string(rune(code))
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		return "", 0
	}
	return value, len(m[0])
}
