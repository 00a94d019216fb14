package manuscript

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// faultsOf reports the faults of an item's text at the manuscript's lines.
func (r *reader) faultsOf(err error, lines []line) {
	var faults newsletter.Faults
	if !errors.As(err, &faults) {
		r.refuse(lines[0].num, err.Error(), "")
		return
	}
	for _, f := range faults {
		at, column := 1, 0
		if _, err := fmt.Sscanf(f.Place, "%d:%d", &at, &column); err != nil || at > len(lines) || !r.markdown {
			r.refuse(lines[0].num, f.Message, f.Remedy)
			continue
		}
		r.refuse(lines[at-1].num, f.Message, f.Remedy)
	}
}

// review gathers what only the finished Content shows.
func (r *reader) review() {
	for i := range r.lines {
		r.reviewLine(i)
	}
	r.m.Pseudonyms = Pseudonyms(&r.m.Content)
	sort.SliceStable(r.m.Findings, func(i, j int) bool { return r.m.Findings[i].Line < r.m.Findings[j].Line })
}

const linkVerbs = `read|learn|find out|see|watch|click|view|sign up|register|download|hear|listen|visit|discover|donate|follow|leer|lire|lesen`

var (
	// lostLink finds bracketed words that ask the reader to go somewhere.
	lostLink = regexp.MustCompile(`(?i)\\?[(\[]\s*(?:please\s+)?(?:` + linkVerbs + `)\b[^()\[\]]*[)\]]`)
	// lostClick finds such words without brackets.
	lostClick  = regexp.MustCompile(`(?i)\bclick here\b`)
	strayInner = regexp.MustCompile(`[(\[]\s+\S|\S\s+[)\]]`)
	strayStop  = regexp.MustCompile(`[\p{L}\p{N}]\s+[.,;](?:\s|$)`)
)

// reviewLine looks for lost links and stray spaces that begin in a line. A
// phrase may go on in the next lines of its paragraph.
func (r *reader) reviewLine(i int) {
	l := r.lines[i]
	text := l.text
	for j := i + 1; j < len(r.lines) && j < i+4 && trim(r.lines[j].text) != ""; j++ {
		text += " " + trim(r.lines[j].text)
	}
	for _, phrase := range lostIn(text, len(l.text)) {
		r.find(l.num, FindingLostLink, fmt.Sprintf("%q leads nowhere: its link was lost", phrase))
	}
	if strayInner.MatchString(l.text) || strayStop.MatchString(l.text) {
		r.find(l.num, FindingSpacing, "a space stands inside a bracket or before a full stop")
	}
}

// lostIn gives the phrases of a text that begin before an offset and ask the
// reader to go somewhere without saying where.
func lostIn(text string, before int) []string {
	var out []string
	end := 0
	for _, m := range lostLink.FindAllStringIndex(text, -1) {
		phrase := text[m[0]:m[1]]
		if m[0] >= before || linked(text, m[0], m[1]) {
			continue
		}
		end = m[1]
		out = append(out, strings.Join(strings.Fields(strings.ReplaceAll(phrase, `\`, "")), " "))
	}
	if end == 0 {
		for _, m := range lostClick.FindAllStringIndex(text, -1) {
			if m[0] < before && !linked(text, m[0], m[1]) && !strings.HasPrefix(text[m[1]:], "](") {
				out = append(out, text[m[0]:m[1]])
			}
		}
	}
	return out
}

// linked says whether a phrase has an address after all: inside it, or after it
// as a Markdown link's.
func linked(text string, from, to int) bool {
	phrase := text[from:to]
	return strings.Contains(phrase, "://") || strings.Contains(phrase, "@") || strings.HasSuffix(phrase, "]") && strings.HasPrefix(text[to:], "(") ||
		strings.HasPrefix(text[to:], "](") || strings.Contains(phrase, "](")
}

// LostLinks gives the phrases of a content that ask the reader to go somewhere
// ("Read more", "Click here") but have lost their target, in order.
func LostLinks(c *newsletter.Content) []string {
	var out []string
	for _, text := range texts(c) {
		for _, p := range strings.Split(text, "\n") {
			out = append(out, lostIn(p, len(p))...)
		}
	}
	return out
}

// texts gives every Markdown text of a content in order.
func texts(c *newsletter.Content) []string {
	var out []string
	if c.Epigraph != nil {
		out = append(out, c.Epigraph.Text, c.Epigraph.Source)
	}
	for _, s := range c.Sections {
		out = append(out, s.Introduction)
		for _, item := range s.Items {
			out = append(out, item.Text)
		}
	}
	return append(out, c.Note)
}

// words is a text without its marks.
func words(text string) string {
	doc, err := markdown.Parse(text)
	if err != nil {
		return text
	}
	return doc.Text()
}
