package manuscript

import (
	"strings"
	"unicode"

	"epistle/internal/newsletter"
)

// ParseEpigraph reads an epigraph that was contributed as an item: its last line
// is the source, with or without a dash before it; on a single line the source
// follows the closing quotation mark and a dash. Outer quotation marks are taken
// off, because the rendering sets them, and so are the marks of a Markdown
// quotation. Without any of these it is a quotation without a source.
func ParseEpigraph(body string) newsletter.Epigraph {
	var lines []string
	for text := range strings.Lines(strings.ReplaceAll(body, "\r\n", "\n")) {
		lines = append(lines, unquoteLine(strings.TrimRight(text, "\n")))
	}
	text, source := trim(strings.Join(lines, "\n")), ""
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		text, source = trim(text[:i]), text[i+1:]
	} else if quoted, from, ok := inlineSource(text); ok {
		text, source = quoted, from
	}
	text, _ = stripQuotes(text)
	source = strings.TrimLeftFunc(source, func(c rune) bool { return isDash(c) || unicode.IsSpace(c) })
	return newsletter.Epigraph{Text: canonical(text), Source: canonical(source)}
}
