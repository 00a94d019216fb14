package manuscript

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

const (
	maxSource  = 80 // characters of a source line
	maxStanzas = 5  // paragraphs of an epigraph
)

// epigraph takes the opening quotation off the blocks that follow the title. It
// is told from the lead by its quotation marks and by its source: a lead is
// never mistaken for it as long as it has neither.
func (r *reader) epigraph(blocks []*block) []*block {
	if len(blocks) == 0 {
		return blocks
	}
	if blocks[0].kind == quote {
		return r.quoted(blocks)
	}
	for n := 1; n <= len(blocks) && n <= maxStanzas; n++ {
		b := blocks[n-1]
		if b.kind != paragraph || b.content > 0 || r.isKnown(b.joined()) || r.isKnown(b.lines[0].text) {
			break
		}
		if whole, above := r.plainHeading(b); n > 1 && (whole || above) {
			break
		}
		if rest, ok := r.withSource(blocks, n); ok {
			return rest
		}
	}
	return r.withoutSource(blocks)
}

// withSource takes n paragraphs for an epigraph if a source follows them, on
// the last one's line, on its own line, or as the next block.
func (r *reader) withSource(blocks []*block, n int) ([]*block, bool) {
	text := lines(blocks[:n])
	last := blocks[n-1]
	if at := sourceLine(last); at > 0 {
		cut := len(text) - (len(last.lines) - at)
		if isEpigraph(text[:cut], last.lines[at].text, nil) {
			r.setEpigraph(text[:cut], last.lines[at:at+1])
			return withBelow(last.lines[at+1:], blocks[n:]), true
		}
	}
	if quoted, source, ok := inlineSource(last.joined()); ok && n == 1 {
		final := last.lines[len(last.lines)-1]
		if strings.HasSuffix(trim(final.text), source) {
			r.setEpigraph([]line{{num: last.first(), text: quoted}}, []line{{num: final.num, text: source}})
			return blocks[n:], true
		}
	}
	if n == len(blocks) {
		return nil, false
	}
	next, source := blocks[n], ""
	switch {
	case next.kind == bullet && isDash(next.marker):
		source = string(next.marker) + " " + next.lines[0].text
	case next.kind == paragraph && isDash(firstRune(trim(next.lines[0].text))):
		source = next.lines[0].text
	case next.kind == paragraph && len(next.lines) == 1 && reference.MatchString(trim(next.raw())) && !r.isKnown(next.raw()):
		if _, pair := stripQuotes((&block{lines: text}).raw()); !pair {
			return nil, false
		}
		r.setEpigraph(text, next.lines)
		return blocks[n+1:], true
	default:
		return nil, false
	}
	if !isEpigraph(text, source, blocks[n+1:]) || next.kind == bullet && next.marker == '-' && r.markdown && !citation(source) {
		return nil, false
	}
	r.setEpigraph(text, []line{{num: next.first(), text: source}})
	return withBelow(next.lines[1:], blocks[n+1:]), true
}

// withBelow puts what stands below a source, without an empty line between, in
// front of the blocks that follow.
func withBelow(below []line, blocks []*block) []*block {
	if len(below) == 0 {
		return blocks
	}
	return append([]*block{{kind: paragraph, lines: below}}, blocks...)
}

// lines are those of several blocks, with an empty one between them.
func lines(blocks []*block) []line {
	var out []line
	for i, b := range blocks {
		if i > 0 {
			out = append(out, line{num: b.first() - 1})
		}
		out = append(out, b.lines...)
	}
	return out
}

// sourceLine is the index of a paragraph's line that is a source: its last one,
// or one above the lead that follows without an empty line; 0 if there is none.
func sourceLine(b *block) int {
	last := len(b.lines) - 1
	for at := 1; at <= last; at++ {
		if isSource(b.lines[at].text) && (at == last || citation(b.lines[at].text) && isQuote(lastRune(trim(b.lines[at-1].text)))) {
			return at
		}
	}
	return 0
}

// isSource says whether a line has the form of a source: a dash and a few words.
func isSource(text string) bool {
	text = trim(text)
	rest := strings.TrimLeftFunc(text, func(c rune) bool { return isDash(c) || unicode.IsSpace(c) })
	return isDash(firstRune(text)) && strings.ContainsFunc(rest, isWord) &&
		utf8.RuneCountInString(rest) <= maxSource && len(strings.Fields(rest)) <= 14
}

// isEpigraph says whether text and source make an epigraph. With quotation marks
// or a long dash the form is enough; a hyphen below text without marks must lead
// to something that is cited, since it may as well be the lead's first bullet.
func isEpigraph(text []line, source string, after []*block) bool {
	if !isSource(source) {
		return false
	}
	var words []string
	for _, l := range text {
		words = append(words, trim(l.text))
	}
	s := trim(strings.Join(words, " "))
	if strings.HasSuffix(s, ":") || !strings.ContainsFunc(s, isWord) {
		return false
	}
	dash := firstRune(trim(source))
	if len(after) > 0 && after[0].kind == bullet && after[0].marker == dash {
		return false // one bullet of several
	}
	marked := isQuote(firstRune(s)) || isQuote(lastRune(s))
	severalUnmarked := !marked && slicesBlank(text)
	switch {
	case severalUnmarked:
		return false
	case dash == '-' || dash == '–' && !marked:
		return citation(source) || marked && !strings.ContainsRune(".!?", lastRune(trim(source)))
	}
	return true
}

func slicesBlank(text []line) bool {
	for _, l := range text {
		if l.text == "" {
			return true
		}
	}
	return false
}

var (
	verse = regexp.MustCompile(`\p{N}`)
	// reference is a source that needs no dash: chapter and verse.
	reference = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}’'. ]* [0-9]+[:.,][0-9]+[-–0-9, ]*(?: \([\p{L}\p{N} ]+\))?$`)
	particles = map[string]bool{
		"of": true, "the": true, "and": true, "to": true, "de": true, "da": true, "di": true, "do": true, "del": true, "der": true,
		"von": true, "van": true, "la": true, "le": true, "el": true, "al": true, "y": true, "e": true, "in": true, "a": true,
	}
)

// citation says whether a source names something: it holds a number, or all of
// its words are capitalised.
func citation(source string) bool {
	words := strings.Fields(strings.TrimLeftFunc(source, func(c rune) bool { return isDash(c) || unicode.IsSpace(c) }))
	if len(words) > 10 || len(words) == 0 {
		return false
	}
	if strings.ContainsRune(".!?", lastRune(source)) && len(words) > 4 {
		return false
	}
	if verse.MatchString(source) && len(words) <= 8 {
		return true
	}
	for _, w := range words {
		c := firstRune(strings.TrimLeft(w, "(\"“‘'"))
		if unicode.IsLower(c) && !particles[w] {
			return false
		}
	}
	return true
}

var afterQuote = regexp.MustCompile(`^(.*["”»“])\s*([-–—]\s*[^"“”«»]+)$`)

// inlineSource cuts a paragraph after its closing mark, where a dash and a
// source follow on the same line.
func inlineSource(text string) (quoted, source string, ok bool) {
	m := afterQuote.FindStringSubmatch(text)
	if m == nil || !strings.ContainsFunc(m[1], isWord) || !isSource(m[2]) {
		return "", "", false
	}
	_, pair := stripQuotes(m[1])
	switch {
	case isQuote(firstRune(text)) && pair:
		return m[1], m[2], citation(m[2]) || namesSomebody(m[2])
	case !isQuote(firstRune(text)):
		// The opening mark was lost; only a verse tells it from speech.
		return m[1], m[2], citation(m[2]) && verse.MatchString(m[2])
	}
	return "", "", false
}

// namesSomebody says whether a source reads like a name ("An old keeper"), not
// like the rest of a sentence ("said the teacher.").
func namesSomebody(source string) bool {
	name := strings.TrimLeftFunc(source, func(c rune) bool { return isDash(c) || unicode.IsSpace(c) })
	return len(strings.Fields(name)) <= 6 && unicode.IsUpper(firstRune(name)) && !strings.ContainsRune(".!?…", lastRune(trim(name)))
}

// withoutSource accepts one wholly quoted paragraph.
func (r *reader) withoutSource(blocks []*block) []*block {
	b := blocks[0]
	if b.kind != paragraph || b.content > 0 || len(blocks) == 1 {
		return blocks
	}
	if _, pair := stripQuotes(b.joined()); !pair {
		return blocks
	}
	r.setEpigraph(b.lines, nil)
	return blocks[1:]
}

// quoted takes a Markdown quotation, with its source inside or right below.
func (r *reader) quoted(blocks []*block) []*block {
	text := blocks[0].lines
	at := len(text) - 1
	alone := at > 0 && trim(text[at-1].text) == ""
	if at > 0 && hasWords(text[:at]) && (isSource(text[at].text) || alone && isDash(firstRune(trim(text[at].text)))) {
		r.setEpigraph(text[:at], text[at:])
		return blocks[1:]
	}
	if len(blocks) > 1 && hasWords(text) {
		next := blocks[1]
		if next.kind == paragraph && len(next.lines) == 1 && strings.ContainsRune("—–", firstRune(trim(next.raw()))) && isSource(next.raw()) {
			r.setEpigraph(text, next.lines)
			return blocks[2:]
		}
	}
	r.setEpigraph(text, nil)
	return blocks[1:]
}

func hasWords(lines []line) bool {
	return strings.ContainsFunc((&block{lines: lines}).raw(), isWord)
}

// setEpigraph reads text and source; nothing but marks is no epigraph.
func (r *reader) setEpigraph(text, source []line) {
	stripped, _ := stripQuotes((&block{lines: text}).raw())
	from := text[0].num
	e := &newsletter.Epigraph{}
	if doc := r.parse(relined(stripped, from)); doc != nil {
		e.Text = doc.Format()
	}
	if len(source) > 0 {
		words := strings.TrimLeftFunc((&block{lines: source}).joined(), func(c rune) bool { return isDash(c) || unicode.IsSpace(c) })
		e.Source = r.oneLine(words, source[0].num)
	}
	if e.Text == "" && e.Source == "" {
		return
	}
	if e.Source == "" {
		r.find(from, FindingEpigraph, "the epigraph has no source; it goes on the next line after a dash")
	}
	r.m.Content.Epigraph = e
}

// relined gives text its line numbers back.
func relined(text string, from int) []line {
	var out []line
	for i, t := range strings.Split(text, "\n") {
		out = append(out, line{num: from + i, text: t})
	}
	return out
}

// oneLine reads a text that must be one paragraph; anything else in it is
// taken literally.
func (r *reader) oneLine(text string, num int) string {
	doc := r.parse([]line{{num: num, text: text}})
	if doc == nil {
		return ""
	}
	if len(doc.Blocks) != 1 || doc.Blocks[0].Kind != markdown.Paragraph {
		doc = literal(text)
	}
	return doc.Format()
}

// literal is a text without any marks.
func literal(text string) *markdown.Doc {
	return &markdown.Doc{Blocks: []markdown.Block{{
		Kind: markdown.Paragraph, Inlines: []markdown.Inline{{Kind: markdown.Text, Text: text}},
	}}}
}
