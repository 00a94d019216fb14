package manuscript

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"epistle/internal/newsletter"
)

var (
	frontKeys = []string{"title", "date", "subject", "preheader", "format"}
	frontLine = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_-]*)\s*[:=]\s*(.*)$`)
)

// maxFrontLines is how far the end of front matter may be from its beginning.
const maxFrontLines = 40

// frontMatter takes the lines between "---" and "---" (or "+++") off the file's
// beginning: simple "key: value" or `key = "value"` lines, "#" for comments.
func (r *reader) frontMatter() {
	first := 0
	for first < len(r.lines) && trim(r.lines[first].text) == "" {
		first++
	}
	end := r.frontEnd(first)
	if end == 0 {
		return
	}
	given := map[string]bool{}
	for _, l := range r.lines[first+1 : end] {
		r.frontLine(l, given)
	}
	r.lines = r.lines[end+1:]
}

// frontEnd is the index of the line that ends front matter; 0 if there is none.
func (r *reader) frontEnd(first int) int {
	if first+1 >= len(r.lines) {
		return 0
	}
	fence := trim(r.lines[first].text)
	if fence != "---" && fence != "+++" {
		return 0
	}
	for i := first + 1; i < len(r.lines) && i <= first+maxFrontLines; i++ {
		text := trim(r.lines[i].text)
		switch {
		case text == fence || fence == "---" && text == "...":
			return i
		case text != "" && !strings.HasPrefix(text, "#") && !frontLine.MatchString(text):
			return 0
		}
	}
	return 0
}

func (r *reader) frontLine(l line, given map[string]bool) {
	m := frontLine.FindStringSubmatch(trim(l.text))
	if m == nil {
		return // blank or a comment
	}
	key, value := strings.ToLower(m[1]), frontValue(m[2])
	if given[key] {
		r.refuse(l.num, fmt.Sprintf("the front matter gives %q twice", key), "Remove one of the two lines.")
	}
	given[key] = true
	switch key {
	case "title":
		r.m.Content.Title = value
	case "subject":
		r.m.Subject = value
	case "preheader":
		r.m.Preheader = value
	case "date":
		d, err := newsletter.ParseDate(value)
		if err != nil {
			r.refuse(l.num, fmt.Sprintf("%q is not a date", value), newsletter.RemedyOf(err))
		}
		r.m.Date = d
	case "format":
		if value != "text" && value != "markdown" {
			r.refuse(l.num, fmt.Sprintf("%q is not a format", value), `Write "text" or "markdown", or leave the line out.`)
		}
		r.format = value
	default:
		near := nearest(key, frontKeys)
		r.refuse(l.num, fmt.Sprintf("the front matter has no key %q", m[1]),
			fmt.Sprintf("The nearest is %q; the keys are %s.", near, strings.Join(frontKeys, ", ")))
	}
}

// frontValue takes quotation marks off.
func frontValue(s string) string {
	s = trim(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		if v, err := strconv.Unquote(s); err == nil && !strings.ContainsFunc(v, forbidden) && !strings.Contains(v, "\n") {
			return trim(v)
		}
		return trim(s[1 : len(s)-1])
	}
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return trim(strings.ReplaceAll(s[1:len(s)-1], "''", "'"))
	}
	return s
}

// quoteValue writes a value so that frontValue gives it back.
func quoteValue(s string) string {
	if s != "" && frontValue(s) == s {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
