package render

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	texttemplate "text/template"

	"epistle/templates"
)

// columns is the measure of the plain text.
const columns = 72

// text executes the text template.
func (l *letter) text(s slots) (string, error) {
	funcs := texttemplate.FuncMap{
		"open": s.open, "close": s.close,
		"underline": func(line, with string) string { return underline(line, with) },
		"capitals":  func(heading string) string { return capitals(heading, l.Lang) },
		"rule":      func() string { return strings.Repeat("-", columns) },
		"set":       func(in []block) string { return join(typesetter{}.blocks(in, "", "")) },
		"note":      func(in []block) string { return join(typesetter{}.blocks(in, "* ", "  ")) },
		"list":      func(in [][]block) string { return join(typesetter{}.items(in, "• ")) },
		"indent":    func(in []block) string { return join(typesetter{}.blocks(in, "    ", "    ")) },
		"source":    func(in []inline) string { return join(typesetter{}.paragraph(in, "    — ", "      ")) },
		"wrap":      func(s string) string { return join(wrap(s, "", "")) },
	}
	t, err := texttemplate.New("bulletin.txt.tmpl").Funcs(funcs).ParseFS(templates.Email, "email/bulletin.txt.tmpl")
	if err != nil {
		return "", fmt.Errorf("read the template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, l); err != nil {
		return "", fmt.Errorf("execute the template: %w", err)
	}
	return b.String(), nil
}

func join(lines []string) string { return strings.Join(lines, "\n") }

// underline wraps a title and draws a line as long as its longest line.
func underline(title, with string) string {
	lines, longest := wrap(title, "", ""), 0
	for _, line := range lines {
		longest = max(longest, width(line))
	}
	return join(append(lines, strings.Repeat(with, longest)))
}

// typesetter sets blocks as lines. Depth counts the lists around a block.
type typesetter struct{ depth int }

// blocks sets blocks one below the other with an empty line between. The first
// line begins with first, every other with rest.
func (t typesetter) blocks(in []block, first, rest string) []string {
	var out []string
	for i, b := range in {
		if i > 0 {
			out, first = append(out, ""), rest
		}
		switch b.Kind {
		case bullets, numbers:
			out = append(out, t.list(b, first, rest)...)
		case quotation:
			out = append(out, t.blocks(b.Blocks, first+"    ", rest+"    ")...)
		default:
			out = append(out, t.paragraph(b.Inlines, first, rest)...)
		}
	}
	return out
}

// items sets a section's items as a list, with air between them.
func (t typesetter) items(items [][]block, bullet string) []string {
	var out []string
	for i, item := range items {
		if i > 0 {
			out = append(out, "")
		}
		out = append(out, typesetter{t.depth + 1}.blocks(item, bullet, strings.Repeat(" ", width(bullet)))...)
	}
	return out
}

// list sets a list that stands inside an item; its entries stand close.
func (t typesetter) list(b block, first, rest string) []string {
	var out []string
	for i, item := range b.Items {
		bullet := "• "
		if t.depth > 0 {
			bullet = "– "
		}
		if b.Kind == numbers {
			bullet = strconv.Itoa(b.Start+i) + ". "
		}
		lead := rest
		if i == 0 {
			lead = first
		}
		out = append(out, typesetter{t.depth + 1}.blocks(item, lead+bullet, rest+strings.Repeat(" ", width(bullet)))...)
	}
	return out
}

// paragraph sets one paragraph and below it the targets of its links, each on a
// line of its own that is never broken.
func (t typesetter) paragraph(in []inline, first, rest string) []string {
	var words strings.Builder
	var targets []string
	flow(in, &words, &targets)
	out := wrap(words.String(), first, rest)
	for _, target := range targets {
		out = append(out, rest+target)
	}
	return out
}

// flow writes the words of inlines and collects the targets that the words do
// not show themselves.
func flow(in []inline, words *strings.Builder, targets *[]string) {
	for _, i := range in {
		if i.Kind == lineEnd {
			words.WriteByte('\n')
			continue
		}
		before := words.Len()
		words.WriteString(i.Text)
		if i.Kind == link {
			at := len(*targets)
			*targets = append(*targets, i.Href)
			flow(i.Children, words, targets)
			if shown := words.String()[before:]; shown == i.Href || "mailto:"+shown == i.Href {
				*targets = append((*targets)[:at], (*targets)[at+1:]...)
			}
			continue
		}
		flow(i.Children, words, targets)
	}
}
