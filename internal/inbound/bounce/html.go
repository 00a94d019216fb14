package bounce

import (
	"html"
	"strings"
)

// htmlText gives the words of HTML, a line for each block, in one pass. It knows
// no more of HTML than where tags begin and end: that is enough to find an
// address and an error in a report.
func htmlText(s string) string {
	var out strings.Builder
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			out.WriteString(html.UnescapeString(s))
			break
		}
		out.WriteString(html.UnescapeString(s[:open]))
		s = s[open:]
		if strings.HasPrefix(s, "<!--") {
			_, s, _ = strings.Cut(s, "-->")
			continue
		}
		end := strings.IndexByte(s, '>')
		if end < 0 {
			break
		}
		name := tagName(s[1:end])
		s = s[end+1:]
		switch name {
		case "style", "script", "title", "head":
			s = afterClosing(s, name)
		case "br", "p", "/p", "div", "/div", "tr", "/tr", "li", "/li", "table", "/table", "hr", "pre", "/pre",
			"h1", "/h1", "h2", "/h2", "h3", "/h3", "ul", "/ul", "blockquote", "/blockquote":
			out.WriteByte('\n')
		case "td", "/td", "th", "/th":
			out.WriteByte(' ')
		}
	}
	return out.String()
}

func tagName(tag string) string {
	i := strings.IndexAny(tag, " \t\n/")
	if strings.HasPrefix(tag, "/") {
		if i = strings.IndexAny(tag[1:], " \t\n"); i >= 0 {
			i++
		}
	}
	if i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(clip(tag, 20))
}

// afterClosing skips an element whose content is not for reading. One that is
// never closed is read on: the rest may be the report.
func afterClosing(s, name string) string {
	for rest, tries := s, 0; tries < 20; tries++ {
		i := strings.Index(rest, "</")
		if i < 0 {
			return s
		}
		rest = rest[i+2:]
		if len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			_, after, _ := strings.Cut(rest, ">")
			return after
		}
	}
	return s
}
