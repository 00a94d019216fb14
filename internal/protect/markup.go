package protect

import (
	"bytes"
	"slices"
	"strings"
)

// maxMarkup is how long a link's target or a tag may be, in bytes: longer ones
// are no markup but an accident, or an attempt to hide a text in one.
const maxMarkup = 4096

// markup says which parts of a text a reader does not see.
type markup struct {
	// links are Markdown's link targets, tags are HTML's.
	links, tags bool
}

// without takes out markup, and tells which bytes that was.
func (m markup) without(in *source) (shown *source, hidden []span) {
	w := rewrite(in)
	text := in.text
	start := 0
	for i := 0; i < len(text); {
		end, instead := 0, ""
		switch {
		case text[i] == ']' && m.links:
			end, instead = linkTarget(text, i), "]"
		case text[i] == '<' && m.tags:
			end, instead = tag(text, i)
		}
		if end == 0 {
			i++
			continue
		}
		w.keep(start, i)
		w.put(instead, i, end)
		hidden = append(hidden, span{i, end})
		i, start = end, end
	}
	if hidden == nil {
		return in, nil
	}
	w.keep(start, len(text))
	return w.out, hidden
}

// linkTarget finds the end of "](target)" or "][reference]" that begins at i; 0
// if there is none.
func linkTarget(text []byte, i int) int {
	if i+1 >= len(text) || text[i+1] != '(' && text[i+1] != '[' {
		return 0
	}
	opening, closing := text[i+1], byte(')')
	if opening == '[' {
		closing = ']'
	}
	depth := 0
	for k := i + 1; k < len(text) && k < i+maxMarkup; k++ {
		switch text[k] {
		case '\\':
			k++
		case opening:
			depth++
		case closing:
			if depth--; depth == 0 {
				return k + 1
			}
		}
	}
	return 0
}

// tag finds the end of the HTML tag or comment, or of the address between angle
// brackets, that begins at i, and what it looks like: nothing, a mark, or a new
// line. The end is 0 if there is none.
func tag(text []byte, i int) (end int, instead string) {
	rest := text[i+1:]
	if len(rest) > maxMarkup {
		rest = rest[:maxMarkup]
	}
	if bytes.HasPrefix(rest, []byte("!--")) {
		if k := bytes.Index(rest[3:], []byte("-->")); k >= 0 {
			return i + 1 + 3 + k + 3, "*"
		}
		return 0, ""
	}
	if len(rest) == 0 || !isASCIILetter(rest[0]) && rest[0] != '/' && rest[0] != '!' && rest[0] != '?' {
		return 0, ""
	}
	k := bytes.IndexAny(rest, "<>")
	if k < 0 || rest[k] == '<' {
		return 0, ""
	}
	name := strings.ToLower(strings.TrimPrefix(string(rest[:k]), "/"))
	name, _, _ = strings.Cut(strings.ReplaceAll(strings.ReplaceAll(name, "/", " "), "\n", " "), " ")
	switch {
	case name == "wbr":
		return i + 1 + k + 1, "\u200b"
	case slices.Contains([]string{
		"br", "p", "div", "li", "ul", "ol", "td", "th", "tr", "table", "hr", "blockquote",
		"h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer", "title", "body",
	}, name):
		return i + 1 + k + 1, "\n"
	}
	return i + 1 + k + 1, "*"
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
