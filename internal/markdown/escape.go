package markdown

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/util"
)

// tokenKind tells the pieces of a paragraph apart that are written after each
// other.
type tokenKind int

const (
	textToken  tokenKind = iota // to be escaped
	openToken                   // a run of marks that opens emphasis
	closeToken                  // one that closes it
	rawToken                    // written as it is
	breakToken
)

type token struct {
	kind  tokenKind
	text  string
	inner bool // inside strong emphasis or a label
	// headed and tailed write the first and the last character of a text as an
	// entity, because the marks beside it would lose their meaning.
	headed, tailed bool
}

// writer writes one paragraph.
type writer struct {
	plain  bool
	failed bool // plain text cannot say it
	tokens []token
	// simple: no links, images or emphasis, so that brackets and asterisks
	// need escaping only when they would make some themselves.
	simple bool
	// surveyed and unpaired keep what lonely has found.
	surveyed, unpaired bool
}

func (w *writer) paragraph(in []Inline) string {
	w.simple = true
	w.survey(in)
	w.collect(in, false)
	w.flankMarks()
	var b strings.Builder
	for i := range w.tokens {
		b.WriteString(w.write(i))
	}
	return b.String()
}

func (w *writer) survey(in []Inline) {
	for i, n := range in {
		switch n.Kind {
		case Emphasis, Strong, Image:
			w.simple = false
		case Link:
			if !w.bare(in, i) {
				w.simple = false
			}
		}
		w.survey(n.Children)
	}
}

func (w *writer) add(kind tokenKind, text string, inner bool) {
	w.tokens = append(w.tokens, token{kind: kind, text: text, inner: inner})
}

func (w *writer) collect(in []Inline, inner bool) {
	for i, n := range in {
		switch n.Kind {
		case Text:
			w.add(textToken, n.Text, inner)
		case Emphasis:
			w.add(openToken, "_", inner)
			w.collect(n.Children, true)
			w.add(closeToken, "_", inner)
		case Strong:
			w.add(openToken, "**", inner)
			w.collect(n.Children, true)
			w.add(closeToken, "**", inner)
		case Code:
			w.failed = true
			w.add(rawToken, codeSpan(n.Text), inner)
		case Break:
			w.failed = true
			w.add(breakToken, "\\\n", inner)
		case Image:
			w.failed = true
			w.add(rawToken, "![", inner)
			w.add(textToken, n.Text, true)
			w.add(rawToken, "]("+destination(n.Href)+")", inner)
		case Link:
			w.link(in, i, inner)
		}
	}
}

func (w *writer) link(in []Inline, i int, inner bool) {
	n := in[i]
	switch {
	case !inner && w.bare(in, i):
		w.add(rawToken, n.Href, inner)
	case w.plain:
		w.add(rawToken, "["+plain(n.Children)+"]("+n.Href+")", inner)
	case angled(n):
		w.add(rawToken, "<"+plain(n.Children)+">", inner)
	default:
		w.add(rawToken, "[", inner)
		w.collect(n.Children, true)
		w.add(rawToken, "]("+destination(n.Href)+")", inner)
	}
}

// bare says whether a link is its own address and can be written as such here:
// nothing before or after it would be read as part of it.
func (w *writer) bare(in []Inline, i int) bool {
	n := in[i]
	if len(n.Children) != 1 || n.Children[0].Kind != Text || n.Children[0].Text != n.Href {
		return false
	}
	if i > 0 {
		before := in[i-1]
		if before.Kind != Text && before.Kind != Break {
			return false
		}
		if r, _ := utf8.DecodeLastRuneInString(before.Text); before.Kind == Text && (inWord(r) || r == '_') {
			return false
		}
	}
	after := ""
	if i+1 < len(in) {
		if after = in[i+1].Text; in[i+1].Kind != Text && in[i+1].Kind != Break {
			return false
		}
		if i+2 < len(in) && in[i+2].Kind != Break {
			after += "x" // whatever comes next must not be reached
		}
	}
	return addressLength(n.Href+after) == len(n.Href) && addressLength(n.Href) == len(n.Href)
}

// angled says whether a link can be written as <address>.
func angled(n Inline) bool {
	if len(n.Children) != 1 || n.Children[0].Kind != Text {
		return false
	}
	label := n.Children[0].Text
	if n.Href == "mailto:"+label {
		return util.FindEmailIndex([]byte(label)) == len(label)
	}
	return n.Href == label && util.FindURLIndex([]byte(label)) == len(label) && util.FindEmailIndex([]byte(label)) < 0
}

// codeSpan chooses a fence that does not stand in the code.
func codeSpan(code string) string {
	fence := "`"
	for strings.Contains(" "+code+" ", fence) {
		fence += "`"
	}
	padded := strings.HasPrefix(code, "`") || strings.HasSuffix(code, "`") ||
		strings.HasPrefix(code, " ") && strings.HasSuffix(code, " ") && strings.Trim(code, " ") != ""
	if padded {
		code = " " + code + " "
	}
	return fence + code + fence
}

func destination(href string) string {
	var b strings.Builder
	for i, r := range href {
		if strings.ContainsRune(`\()<>`, r) || r == '&' && entityForm.MatchString(href[i:]) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// flankMarks looks at what stands on both sides of each run of marks, and has
// neighbours written as entities where the run would not be one.
func (w *writer) flankMarks() {
	for i, t := range w.tokens {
		if t.kind != openToken && t.kind != closeToken {
			continue
		}
		for _, entity := range []func(){func() {}, func() { w.head(i + 1) }, func() { w.tail(i - 1) }} {
			entity()
			open, closes := flank(t.text[0], w.last(i-1), w.first(i+1))
			if t.kind == openToken && open || t.kind == closeToken && closes {
				break
			}
		}
	}
}

func (w *writer) head(i int) {
	if i < len(w.tokens) && w.tokens[i].kind == textToken {
		w.failed, w.tokens[i].headed = true, true
	}
}

func (w *writer) tail(i int) {
	if i >= 0 && w.tokens[i].kind == textToken {
		w.failed, w.tokens[i].tailed = true, true
	}
}

// first is the character with which a token will be written.
func (w *writer) first(i int) rune {
	if i >= len(w.tokens) {
		return ' '
	}
	if w.tokens[i].headed || w.tokens[i].tailed && utf8.RuneCountInString(w.tokens[i].text) == 1 {
		return '&'
	}
	r, _ := utf8.DecodeRuneInString(w.tokens[i].text)
	return r
}

// last is the character with which a token will end.
func (w *writer) last(i int) rune {
	if i < 0 {
		return '\n'
	}
	if w.tokens[i].tailed || w.tokens[i].headed && utf8.RuneCountInString(w.tokens[i].text) == 1 {
		return ';'
	}
	r, _ := utf8.DecodeLastRuneInString(w.tokens[i].text)
	return r
}

func (w *writer) write(i int) string {
	t := w.tokens[i]
	if t.kind != textToken {
		return t.text
	}
	runes := []rune(t.text)
	start := 0
	var b strings.Builder
	if !w.plain && (i == 0 || w.tokens[i-1].kind == breakToken) {
		start = lineStart(&b, w.lineFrom(i), runes)
	}
	for k := start; k < len(runes); k++ {
		r := runes[k]
		switch {
		case k == 0 && t.headed, k == len(runes)-1 && t.tailed:
			fmt.Fprintf(&b, "&#%d;", r)
		case r == '*' || r == '_':
			k = w.marks(&b, i, runes, k)
		case r == '\\' && k == len(runes)-1 && w.beforeBreak(i):
			b.WriteString("&#92;") // goldmark reads \\\ at a line's end as no break
		default:
			if w.mustEscape(i, runes, k) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// marks writes the run of literal marks at k and returns where it ends.
func (w *writer) marks(b *strings.Builder, i int, runes []rune, k int) (last int) {
	t := w.tokens[i]
	from, to := runAt(runes, k)
	literal := runes[k] == '*' && w.literalStars(i, runes, from, to) ||
		runes[k] == '_' && insideWord(t, runes, from, to)
	if t.tailed && to == len(runes) {
		to--
	}
	for ; k < to; k++ {
		if !literal {
			b.WriteByte('\\')
		}
		b.WriteRune(runes[k])
	}
	return to - 1
}

func (w *writer) beforeBreak(i int) bool {
	return i+1 < len(w.tokens) && w.tokens[i+1].kind == breakToken
}

// lineFrom is the text of a line as far as it is known to be plain.
func (w *writer) lineFrom(i int) string {
	if i+1 < len(w.tokens) && w.tokens[i+1].kind != breakToken {
		return w.tokens[i].text + "x"
	}
	return w.tokens[i].text
}

var (
	lineMark   = regexp.MustCompile(`^(?:#{1,6}(?:[ \t]|$)|>|[-+*](?:[ \t]|$)|=|~~~|[-*_][-*_ \t]+$)`)
	lineNumber = regexp.MustCompile(`^([0-9]{1,9})[.)](?:[ \t]|$)`)
)

// lineStart escapes what would begin a list, a quote, a heading or a rule, and
// returns how many characters it has written.
func lineStart(b *strings.Builder, line string, runes []rune) int {
	if m := lineNumber.FindStringSubmatch(line); m != nil {
		n := len(m[1])
		b.WriteString(m[1] + `\` + string(runes[n]))
		return n + 1
	}
	if lineMark.MatchString(line) || isTableRule(line) {
		b.WriteString(`\` + string(runes[0]))
		return 1
	}
	return 0
}

// mustEscape says whether a character of a text would be read as a mark.
func (w *writer) mustEscape(i int, runes []rune, k int) bool {
	r := runes[k]
	next := rune(-1) // the token's end
	if k+1 < len(runes) {
		next = runes[k+1]
	}
	final := next < 0 && i == len(w.tokens)-1
	switch r {
	case '\\':
		return next < 0 && !final || next > 0 && next < utf8.RuneSelf && util.IsPunct(byte(next))
	case ':':
		return looksLinked(runes, k, i == len(w.tokens)-1)
	case '[':
		return (!w.simple || w.tokens[i].inner) && !w.plain || w.plain && plainLink.MatchString(string(runes[k:min(k+3100, len(runes))]))
	}
	if w.plain {
		return false
	}
	switch r {
	case ']':
		return w.tokens[i].inner || next == '(' || next == '[' || next < 0 && !final
	case '!':
		return next < 0 && !final
	case '`':
		return true
	case '<':
		return next != ' ' && !final
	case '&':
		_, n := entity(string(runes[k:min(k+40, len(runes))]))
		return n > 0
	}
	return false
}

// looksLinked says whether the colon at k may end the scheme of an address that
// would become a link.
func looksLinked(runes []rune, k int, last bool) bool {
	scheme := strings.ToLower(string(runes[max(k-5, 0):k]))
	if !strings.HasSuffix(scheme, "http") && scheme != "https" || !strings.HasPrefix(string(runes[k:min(k+3, len(runes))]), "://") {
		return false
	}
	if k+3 == len(runes) {
		return !last
	}
	return !unicode.IsSpace(runes[k+3])
}

// insideWord says whether a run of marks stands inside a word.
func insideWord(t token, runes []rune, from, to int) bool {
	return followsWord(t, runes, from) && to < len(runes) && inWord(runes[to]) && !(t.tailed && to == len(runes)-1)
}

// followsWord says whether a letter, a digit or a mark is written before k.
func followsWord(t token, runes []rune, k int) bool {
	return k > 0 && inWord(runes[k-1]) && !(t.headed && k == 1)
}

// runAt is the run of equal characters that holds k.
func runAt(runes []rune, k int) (from, to int) {
	from, to = k, k+1
	for from > 0 && runes[from-1] == runes[k] {
		from--
	}
	for to < len(runes) && runes[to] == runes[k] {
		to++
	}
	return from, to
}

// literalStars says whether a run of asterisks can be written without
// backslashes: after a word, where it cannot open emphasis, or where none could
// be closed.
func (w *writer) literalStars(i int, runes []rune, from, to int) bool {
	t := w.tokens[i]
	if t.inner {
		return false
	}
	if len(w.tokens) == 1 && w.lonely(runes) {
		return true
	}
	return followsWord(t, runes, from) && (to < len(runes) || i == len(w.tokens)-1 || w.beforeBreak(i))
}

// lonely says whether, in a paragraph of nothing but text, no asterisk that
// could open emphasis stands before one that could close it.
func (w *writer) lonely(runes []rune) bool {
	if w.surveyed {
		return w.unpaired
	}
	w.surveyed, w.unpaired = true, true
	opened := false
	for k := 0; k < len(runes); k++ {
		if runes[k] != '*' {
			continue
		}
		before, after := '\n', ' '
		if k > 0 {
			before = runes[k-1]
		}
		_, to := runAt(runes, k)
		if to < len(runes) {
			after = runes[to]
		}
		open, closes := flank('*', before, after)
		if opened && closes {
			w.unpaired = false
		}
		opened = opened || open
		k = to - 1
	}
	return w.unpaired
}
