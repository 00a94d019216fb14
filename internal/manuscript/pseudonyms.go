package manuscript

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// Pseudonyms gives the asterisked names of a content in order, each once and
// without its asterisk. A name is the run of capitalised words directly before
// the asterisk ("Ana María*"), or the one word there. A word that opens a
// sentence is not taken for a part of the name when it stands elsewhere in lower
// case or opens another sentence too ("Pray for …", "Thank Maria*").
func Pseudonyms(c *newsletter.Content) []string {
	var all []string
	for _, text := range texts(c) {
		all = append(all, words(text))
	}
	openers := commonWords(all)
	var names []string
	for _, text := range all {
		for at := range len(text) {
			if text[at] != '*' {
				continue
			}
			if name := nameBefore(text, at, openers); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// nameBefore is the name that ends at an asterisk; empty if none does.
func nameBefore(text string, at int, openers map[string]bool) string {
	word := lastWord(text[:at])
	first, _ := utf8.DecodeRuneInString(word)
	after, _ := utf8.DecodeRuneInString(text[at+1:])
	if !strings.ContainsFunc(word, unicode.IsLetter) {
		return ""
	}
	if !cased(first) {
		return lastScript(word)
	}
	if unicode.IsLower(first) {
		if isWord(after) {
			return ""
		}
		return word
	}
	name := possessive(word)
	rest := text[:at-len(word)]
	for range 4 {
		before := strings.TrimRight(rest, " \u00a0")
		if len(before) == len(rest) {
			break
		}
		previous := lastWord(before)
		c, _ := utf8.DecodeRuneInString(previous)
		if !unicode.IsUpper(c) {
			break
		}
		rest = before[:len(before)-len(previous)]
		if opensSentence(rest) && openers[strings.ToLower(previous)] {
			break
		}
		name = previous + " " + name
	}
	return name
}

// lastWord is the word that ends a text, with hyphens and apostrophes inside it.
func lastWord(text string) string {
	i := len(text)
	for i > 0 {
		c, n := utf8.DecodeLastRuneInString(text[:i])
		if !isWord(c) && !unicode.IsMark(c) && !strings.ContainsRune("-'’・", c) {
			break
		}
		i -= n
	}
	return strings.TrimLeft(text[i:], "-'’")
}

func possessive(word string) string {
	return strings.TrimSuffix(strings.TrimSuffix(word, "'s"), "’s")
}

// lastScript is the end of a word that is written in one script: Japanese sets
// names apart from the words around them that way.
func lastScript(word string) string {
	scripts := []*unicode.RangeTable{unicode.Katakana, unicode.Hiragana, unicode.Han}
	last, _ := utf8.DecodeLastRuneInString(word)
	for _, script := range scripts {
		if !unicode.Is(script, last) && (last != 'ー' || script != unicode.Katakana) {
			continue
		}
		i := strings.LastIndexFunc(word, func(c rune) bool { return !unicode.Is(script, c) && c != 'ー' && c != '・' })
		if i >= 0 {
			_, n := utf8.DecodeRuneInString(word[i:])
			word = word[i+n:]
		}
		break
	}
	return word
}

// opensSentence says whether what follows a text begins a sentence.
func opensSentence(before string) bool {
	before = strings.TrimRight(before, " \u00a0\"'“‘«(")
	return before == "" || strings.ContainsRune(".!?…:\n–—", lastRune(before))
}

// commonWords are those that stand in lower case somewhere, or open more than
// one sentence; in lower case.
func commonWords(all []string) map[string]bool {
	common, opened := map[string]bool{}, map[string]int{}
	for _, text := range all {
		start := 0
		for i, c := range text + " " {
			if isWord(c) || unicode.IsMark(c) {
				continue
			}
			if word := text[start:i]; word != "" {
				lower := strings.ToLower(word)
				if lower == word {
					common[lower] = true
				} else if opensSentence(text[:start]) {
					opened[lower]++
				}
			}
			start = i + utf8.RuneLen(c)
		}
	}
	for word, n := range opened {
		if n > 1 {
			common[word] = true
		}
	}
	return common
}

// note takes the office's own footnote off the end: a last paragraph that begins
// with an asterisk which marks nothing.
func (r *reader) note(blocks []*block) ([]*block, *markdown.Doc) {
	if len(blocks) == 0 {
		return blocks, nil
	}
	last := blocks[len(blocks)-1]
	if last.kind == bullet && last.marker == '*' && r.footnoteBullet(blocks) {
		last = &block{kind: paragraph, lines: append([]line{{num: last.lines[0].num, text: "*" + last.lines[0].text}}, last.lines[1:]...)}
	} else if split := footnoteLine(last); split > 0 {
		above := *last
		above.lines = last.lines[:split]
		blocks = append(append([]*block(nil), blocks[:len(blocks)-1]...), &above, last)
		last = &block{kind: paragraph, lines: last.lines[split:]}
	}
	if last.kind != paragraph || last.content > 0 || firstRune(strings.TrimLeft(trim(last.lines[0].text), `\`)) != '*' {
		return blocks, nil
	}
	faults := len(r.faults)
	doc := r.parse(last.lines)
	if doc == nil || len(doc.Blocks) != 1 || doc.Blocks[0].Kind != markdown.Paragraph {
		r.faults = r.faults[:faults]
		return blocks, nil
	}
	if inlines, ok := footnote(doc.Blocks[0].Inlines); ok || r.emphasised(inlines, blocks) {
		doc.Blocks[0].Inlines = inlines
		return blocks[:len(blocks)-1], doc
	}
	return blocks, nil
}

// footnote takes the asterisk off; without one it gives the inlines of a
// paragraph that is emphasised as a whole.
func footnote(in []markdown.Inline) ([]markdown.Inline, bool) {
	if in[0].Kind == markdown.Emphasis && len(in) == 1 {
		return in[0].Children, false
	}
	rest, ok := strings.CutPrefix(in[0].Text, "*")
	if in[0].Kind != markdown.Text || !ok || rest == "" && len(in) == 1 || unicode.IsSpace(firstRune(rest)) {
		return nil, false
	}
	out := append([]markdown.Inline(nil), in...)
	if out[0].Text = rest; rest == "" {
		out = out[1:]
	}
	return out, true
}

// emphasised says whether a wholly emphasised last paragraph is a footnote: only
// where there is a name for it to explain.
func (r *reader) emphasised(in []markdown.Inline, blocks []*block) bool {
	last := blocks[len(blocks)-1]
	return in != nil && !r.isKnown(last.joined()) && asterisked(blocks[:len(blocks)-1])
}

// footnoteBullet says whether a last "* …" is a footnote rather than an entry:
// the only one of its sort below names with asterisks.
func (r *reader) footnoteBullet(blocks []*block) bool {
	above := blocks[:len(blocks)-1]
	for _, b := range above {
		if b.kind == bullet && b.marker == '*' {
			return false
		}
	}
	return asterisked(above)
}

func asterisked(blocks []*block) bool {
	for _, b := range blocks {
		text := b.raw()
		for at := range len(text) {
			if text[at] == '*' && nameBefore(text, at, nil) != "" && !strings.Contains(text[:at], "*") {
				return true
			}
		}
	}
	return false
}

// footnoteLine is the index of a footnote's line at the end of a longer block;
// 0 if there is none.
func footnoteLine(b *block) int {
	if b.kind != paragraph && b.kind != bullet {
		return 0
	}
	for i := len(b.lines) - 1; i > 0; i-- {
		text := b.lines[i].text
		if b.lines[i].lazy && b.lines[i-1].text != "" && len(text) > 1 && text[0] == '*' && unicode.IsLetter(firstRune(text[1:])) && !strings.Contains((&block{lines: b.lines[i:]}).raw()[1:], "*") {
			if (&splitter{cur: &block{lines: b.lines[:i]}}).ended() {
				return i
			}
		}
	}
	return 0
}
