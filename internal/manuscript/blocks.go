package manuscript

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

type blockKind int

const (
	paragraph blockKind = iota
	bullet              // one entry of a list
	heading             // Markdown's own, of a level
	quote               // Markdown's ">" lines
)

// block is a group of lines that belong together. The marker of a bullet, a
// heading or a quote is not part of its lines, nor is the indentation it gives
// to those that follow; empty lines stand between a bullet's paragraphs.
type block struct {
	kind   blockKind
	level  int  // of a heading
	marker rune // of a bullet
	lines  []line
	// indent is where a bullet's marker stands, content where its text does,
	// both in columns from 0. A numbered entry in Markdown has a content too.
	indent, content int
}

func (b *block) first() int { return b.lines[0].num }

// raw joins the lines as they stand.
func (b *block) raw() string {
	texts := make([]string, len(b.lines))
	for i, l := range b.lines {
		texts[i] = l.text
	}
	return strings.Join(texts, "\n")
}

// joined is the block as one line of words.
func (b *block) joined() string {
	var texts []string
	for _, l := range b.lines {
		if t := trim(l.text); t != "" {
			texts = append(texts, t)
		}
	}
	return strings.Join(texts, " ")
}

// splitter groups lines; cur is the block that may still go on.
type splitter struct {
	r      *reader
	blocks []*block
	cur    *block
	blank  bool // an empty line stands between cur and the line at hand
}

// split groups lines into blocks.
func (r *reader) split(lines []line) []*block {
	s := &splitter{r: r}
	for _, l := range lines {
		if trim(l.text) == "" {
			s.blank = true
			continue
		}
		s.line(l)
		s.blank = false
	}
	s.flush()
	return s.blocks
}

func (s *splitter) flush() {
	if s.cur != nil && s.cur.joined() != "" {
		for s.cur.lines[0].text == "" {
			s.cur.lines = s.cur.lines[1:]
		}
		s.blocks = append(s.blocks, s.cur)
	}
	s.cur = nil
}

func (s *splitter) start(b *block) {
	s.flush()
	s.cur = b
}

func (s *splitter) line(l line) {
	if s.rule(l) {
		return
	}
	if s.cur != nil && s.continues(l) {
		s.extend(l)
		return
	}
	s.start(s.open(l))
	if s.cur.kind == heading {
		s.flush()
	}
}

// extend adds a line to the current block.
func (s *splitter) extend(l line) {
	if s.blank && s.cur.kind == bullet || s.blank && s.cur.content > 0 {
		s.cur.lines = append(s.cur.lines, line{num: l.num - 1})
	}
	l.lazy = indentation(l.text) < max(s.cur.content, 1)
	switch {
	case s.cur.kind == quote:
		l.text = unquoteLine(l.text)
	case s.cur.content > 0:
		l.text = dedent(l.text, s.cur.content)
	}
	s.cur.lines = append(s.cur.lines, l)
}

// open begins a block with a line.
func (s *splitter) open(l line) *block {
	if s.r.markdown {
		if m := atxHeading.FindStringSubmatch(l.text); m != nil {
			return &block{kind: heading, level: len(m[1]), lines: []line{{num: l.num, text: trim(m[2])}}}
		}
		if quoteLine.MatchString(l.text) {
			return &block{kind: quote, lines: []line{{num: l.num, text: unquoteLine(l.text)}}}
		}
		if m := numbered.FindString(l.text); m != "" {
			return &block{content: width(m), lines: []line{l}}
		}
	}
	if mark, text, ok := s.r.bullet(l.text); ok {
		indent := indentation(l.text)
		content := width(l.text[:len(l.text)-len(text)])
		if text == "" {
			content = indent + 2
		}
		return &block{kind: bullet, marker: mark, indent: indent, content: content, lines: []line{{num: l.num, text: text}}}
	}
	return &block{indent: indentation(l.text), lines: []line{l}}
}

// continues says whether a line belongs to the current block.
func (s *splitter) continues(l line) bool {
	switch {
	case s.cur.kind == bullet || s.cur.content > 0:
		return s.continuesEntry(l)
	case s.blank:
		return false
	case s.cur.kind == quote && quoteLine.MatchString(l.text):
		return true
	}
	return !s.interrupts(l)
}

// continuesEntry says so for an entry of a list: what is indented as far as its
// text belongs to it, and so does a line that follows without an empty one.
func (s *splitter) continuesEntry(l line) bool {
	indent := indentation(l.text)
	if s.r.markdown {
		if indent >= s.cur.content {
			return true
		}
		return !s.blank && !s.interrupts(l)
	}
	_, _, marked := s.r.bullet(l.text)
	switch {
	case marked:
		return !s.blank && !s.interrupts(l)
	case s.blank && indent <= s.cur.indent:
		return false
	case indent >= s.cur.content:
		return true
	case s.r.isKnown(l.text) && (s.blank || s.ended()):
		return false
	}
	return true
}

// interrupts says whether a line begins a block of its own although no empty
// line stands before it.
func (s *splitter) interrupts(l line) bool {
	mark, text, marked := s.r.bullet(l.text)
	if s.r.markdown {
		return marked || atxHeading.MatchString(l.text) || quoteLine.MatchString(l.text) ||
			s.cur.content > 0 && numbered.MatchString(l.text)
	}
	if !marked {
		return s.r.isKnown(l.text) && s.ended()
	}
	// A dash that a wrapped sentence brought to the front of a line is no bullet.
	first, _ := utf8.DecodeRuneInString(text)
	return !strings.ContainsRune("-–*·", mark) || !unicode.IsLower(first) || s.ended()
}

// ended says whether the current block ends like a sentence.
func (s *splitter) ended() bool {
	text := trim(s.cur.lines[len(s.cur.lines)-1].text)
	text = strings.TrimRight(text, "\"'”’»)]*")
	last, _ := utf8.DecodeLastRuneInString(text)
	return text == "" || strings.ContainsRune(".!?…:;。！？", last)
}

var (
	atxHeading = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$`)
	quoteLine  = regexp.MustCompile(`^ {0,3}>`)
	numbered   = regexp.MustCompile(`^ {0,3}[0-9]{1,9}[.)][ \t]+`)
	ruleLine   = regexp.MustCompile(`^[ \t]*[-*_=~#](?:[ \t]*[-*_=~#]){2,}[ \t]*$`)
	underline  = regexp.MustCompile(`^ {0,3}(?:=+|-+)[ \t]*$`)
)

// rule handles a line of nothing but dashes, stars and the like: in Markdown it
// may underline a heading; elsewhere it divides, and is left out.
func (s *splitter) rule(l line) bool {
	if s.r.markdown {
		if s.cur != nil && !s.blank && s.cur.kind == paragraph && s.cur.content == 0 && len(s.cur.lines) == 1 && underline.MatchString(l.text) {
			s.cur.kind, s.cur.level = heading, 2
			if strings.Contains(l.text, "=") {
				s.cur.level = 1
			}
			s.cur.lines[0].text = trim(s.cur.lines[0].text)
			s.flush()
			return true
		}
		if s.cur != nil && s.cur.content > 0 && indentation(l.text) >= s.cur.content || strings.ContainsAny(l.text, "=~#") {
			return false
		}
	}
	if !ruleLine.MatchString(l.text) {
		return false
	}
	s.flush()
	s.r.find(l.num, FindingRule, "a dividing line was left out; sections are set apart by themselves")
	return true
}

// bulletMarks open an entry when a space follows; solidMarks even without one.
const (
	bulletMarks = "•·-*–▪◦●‣⁃○■□►➢\uF0B7\uF0A7"
	solidMarks  = "•▪◦●‣\uF0B7\uF0A7"
)

// bullet takes the marker off a line that begins an entry.
func (r *reader) bullet(text string) (mark rune, rest string, ok bool) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	mark, n := utf8.DecodeRuneInString(text)
	marks := bulletMarks
	if r.markdown {
		marks += "+"
	}
	if n == 0 || !strings.ContainsRune(marks, mark) {
		return 0, "", false
	}
	rest = strings.TrimLeftFunc(text[n:], unicode.IsSpace)
	if len(rest) == len(text)-n && rest != "" && !strings.ContainsRune(solidMarks, mark) {
		return 0, "", false
	}
	return mark, rest, true
}

func unquoteLine(text string) string {
	body := strings.TrimLeft(text, " ")
	if !strings.HasPrefix(body, ">") {
		return text
	}
	return strings.TrimPrefix(body[1:], " ")
}

// indentation is the width of a line's leading spaces; a tab goes on to the
// next multiple of four.
func indentation(text string) int {
	return width(text[:len(text)-len(strings.TrimLeft(text, " \t"))])
}

func width(s string) int {
	w := 0
	for _, c := range s {
		if w++; c == '\t' {
			w = (w + 3) / 4 * 4
		}
	}
	return w
}

// dedent takes off spaces up to a column.
func dedent(text string, column int) string {
	w := 0
	for i, c := range text {
		if w >= column || c != ' ' && c != '\t' {
			return strings.Repeat(" ", max(w-column, 0)) + text[i:]
		}
		w = width(text[:i+1])
	}
	return ""
}
