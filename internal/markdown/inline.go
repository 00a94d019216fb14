package markdown

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// emphasisParser is goldmark's emphasis with the rule for pseudonyms, and with a
// limit on marks, since finding their partners takes quadratic time.
type emphasisParser struct {
	c      *converter
	parent ast.Node
	count  int
}

func (p *emphasisParser) Trigger() []byte { return []byte{'*', '_'} }

func (p *emphasisParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	before := block.PrecendingCharacter()
	d := parser.ScanDelimiter(line, before, 1, p)
	if d == nil {
		return nil
	}
	d.CanOpen, d.CanClose = flank(d.Char, before, runeAt(line, d.OriginalLength))
	if parent != p.parent {
		p.parent, p.count = parent, 0
	}
	segment = segment.WithStop(segment.Start + d.OriginalLength)
	block.Advance(d.OriginalLength)
	if !d.CanOpen && !d.CanClose {
		return ast.NewTextSegment(segment)
	}
	if p.count++; p.count > maxMarks {
		if p.count == maxMarks+1 {
			p.c.refuse(segment.Start, "the paragraph has too many emphasis marks", `Split it, or write \* for the character itself.`)
		}
		return ast.NewTextSegment(segment)
	}
	d.Segment = segment
	pc.PushDelimiter(d)
	return d
}

// IsDelimiter, CanOpenCloser and OnMatch make it a parser.DelimiterProcessor.
func (p *emphasisParser) IsDelimiter(b byte) bool { return b == '*' || b == '_' }

func (p *emphasisParser) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

func (p *emphasisParser) OnMatch(consumes int) ast.Node { return ast.NewEmphasis(consumes) }

// flank says whether a run of marks between two characters can open or close
// emphasis: CommonMark's left- and right-flanking rules and the one for
// pseudonyms. Format asks it too.
func flank(mark byte, before, after rune) (open, closes bool) {
	left := !util.IsSpaceRune(after) &&
		(!util.IsPunctRune(after) || util.IsSpaceRune(before) || util.IsPunctRune(before))
	right := !util.IsSpaceRune(before) &&
		(!util.IsPunctRune(before) || util.IsSpaceRune(after) || util.IsPunctRune(after))
	if mark == '_' {
		return left && (!right || util.IsPunctRune(before)), right && (!left || util.IsPunctRune(after))
	}
	return left && !inWord(before), right && !(inWord(before) && inWord(after))
}

// inWord says whether a character is part of a word.
func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// runeAt is the character at an offset of a line, a space at its end.
func runeAt(line []byte, i int) rune {
	if i >= len(line) {
		return ' '
	}
	r, _ := utf8.DecodeRune(line[i:])
	return r
}

// htmlParser refuses what a Markdown reader would take for HTML.
type htmlParser struct{ c *converter }

func (p *htmlParser) Trigger() []byte { return []byte{'<'} }

func (p *htmlParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if opensHTML(runeAt(line, 1)) {
		p.c.refuse(segment.Start, "raw HTML is not allowed", `Use Markdown's own marks, or write \< for the character itself.`)
	}
	return nil
}

func opensHTML(next rune) bool {
	return next < utf8.RuneSelf && unicode.IsLetter(next) || strings.ContainsRune("/!?", next)
}

// addressParser makes a link of a bare http or https address. It is called at
// the colon and takes the scheme back from the text before it.
type addressParser struct{}

func (p *addressParser) Trigger() []byte { return []byte{':'} }

func (p *addressParser) Parse(parent ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	before, ok := parent.LastChild().(*ast.Text)
	if !ok || before.Segment.Stop != segment.Start || !bytes.HasPrefix(line, []byte("://")) {
		return nil
	}
	scheme := schemeBefore(before.Segment.Value(block.Source()))
	if scheme == 0 {
		return nil
	}
	start := segment.Start - scheme
	n := addressLength(string(block.Source()[start : segment.Start+len(line)]))
	if n == 0 {
		return nil
	}
	if before.Segment = before.Segment.WithStop(start); before.Segment.IsEmpty() {
		parent.RemoveChild(parent, before)
	}
	block.Advance(n - scheme)
	return ast.NewAutoLink(ast.AutoLinkURL, ast.NewTextSegment(text.NewSegment(start, start+n)))
}

// schemeBefore is the length of a scheme that ends the text, 0 if there is none
// or if it is the end of a longer word.
func schemeBefore(b []byte) int {
	for _, scheme := range []string{"https", "http"} {
		rest := len(b) - len(scheme)
		if rest < 0 || !strings.EqualFold(string(b[rest:]), scheme) {
			continue
		}
		if r, _ := utf8.DecodeLastRune(b[:rest]); rest > 0 && (inWord(r) || r == '_') {
			return 0
		}
		return len(scheme)
	}
	return 0
}

var addressHost = regexp.MustCompile(`^(?i:https?)://[\p{L}\p{M}\p{Nd}]`)

// addressLength is how much of a text that begins with a bare address belongs
// to it, 0 if none does. Closing punctuation stays outside.
func addressLength(s string) int {
	if !addressHost.MatchString(s) {
		return 0
	}
	n := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("<>\"`[]\\{}|^", r) ||
			r >= utf8.RuneSelf && !inWord(r)
	})
	if n < 0 {
		n = len(s)
	}
	open, closed := strings.Count(s[:n], "("), strings.Count(s[:n], ")")
	for n > 0 {
		last := s[n-1]
		switch {
		case last == ')' && closed > open:
			closed--
		case !strings.ContainsRune("?!.,:;*_~'", rune(last)):
			return n
		}
		n--
	}
	return 0
}

// plainLinkParser reads [label](address) in plain text. The label is literal,
// and anything that is not such a link stays as it is.
type plainLinkParser struct{}

func (p *plainLinkParser) Trigger() []byte { return []byte{'['} }

var plainLink = regexp.MustCompile(`^\[([^\[\]\\\n]{1,300})\]\(((?i:https?://|mailto:)(?:[^\s()\\<>]|\([^\s()\\<>]*\))+)\)`)

func (p *plainLinkParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	m := plainLink.FindSubmatchIndex(line)
	if m == nil {
		return nil
	}
	href := string(line[m[4]:m[5]])
	if refuseHref(href) != "" || len(bytes.TrimSpace(line[m[2]:m[3]])) == 0 {
		return nil
	}
	block.Advance(m[1])
	link := ast.NewLink()
	link.Destination = []byte(href)
	link.AppendChild(link, ast.NewTextSegment(text.NewSegment(segment.Start+m[2], segment.Start+m[3])))
	return link
}
