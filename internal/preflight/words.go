package preflight

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// textHTMLSame compares both renderings with the words of the document, from the
// epigraph (or the first item) to the manuscript's own footnote, in order. What a rendering may
// add in between is known: the plain text numbers links and lists and writes
// addresses out. Masthead and footer may differ.
func textHTMLSame(b *bulletin) (found []finding) {
	if b.pageErr != nil {
		return []finding{{place: "HTML", message: b.pageErr.Error(), remedy: "Mend the e-mail template."}}
	}
	want, ok := expected(&b.Document.Content)
	if !ok || len(want) == 0 {
		return nil // malformed-link has said that a text cannot be read
	}
	title := split(b.Document.Content.Title)
	for _, part := range []struct{ place, text string }{{"HTML", b.page.text}, {"plain text", b.text}} {
		got := chunks(part.text)
		if d := differ(want, got); d != "" {
			found = append(found, finding{place: part.place, message: d, remedy: sameRemedy})
		} else if !holds(split(part.text), title) {
			found = append(found, finding{place: part.place, message: "the title is missing", remedy: sameRemedy})
		}
	}
	return found
}

const sameRemedy = "Look at both with `epistle bulletins preview`; a difference is a fault of the e-mail template."

// word is one expected word. An image's alternative text may be left out, as
// may a number that an ordered list is given by the reader's program.
type word struct {
	text     string
	optional bool
}

// expected gives the words of a bulletin's content below the title; ok is false
// when a text cannot be read.
func expected(c *newsletter.Content) (words []word, ok bool) {
	ok = true
	plain := func(s string) {
		for _, w := range split(s) {
			words = append(words, word{text: w})
		}
	}
	read := func(source string) {
		doc, err := markdown.Parse(source)
		if err != nil {
			ok = false
			return
		}
		words = append(words, blockWords(doc.Blocks)...)
	}
	if c.Epigraph != nil {
		read(c.Epigraph.Text)
		read(c.Epigraph.Source)
	}
	for _, s := range c.Sections {
		plain(s.Heading)
		read(s.Introduction)
		for _, item := range s.Items {
			read(item.Text)
		}
	}
	read(c.Note)
	return words, ok
}

func blockWords(blocks []markdown.Block) (words []word) {
	for _, b := range blocks {
		words = append(words, inlineWords(b.Inlines)...)
		words = append(words, blockWords(b.Blocks)...)
		for _, item := range b.Items {
			words = append(words, blockWords(item)...)
		}
	}
	return words
}

// inlineWords joins neighbouring inlines before it splits, as emphasis may stand
// inside a word; only an image stands for itself.
func inlineWords(inlines []markdown.Inline) (words []word) {
	var run strings.Builder
	flush := func() {
		for _, w := range split(run.String()) {
			words = append(words, word{text: w})
		}
		run.Reset()
	}
	var walk func([]markdown.Inline)
	walk = func(list []markdown.Inline) {
		for _, i := range list {
			switch i.Kind {
			case markdown.Image:
				flush()
				for _, w := range split(i.Text) {
					words = append(words, word{w, true})
				}
				continue
			case markdown.Break:
				run.WriteByte('\n')
			}
			run.WriteString(i.Text)
			walk(i.Children)
		}
	}
	walk(inlines)
	flush()
	return words
}

// split gives a text's words for comparing: letters, digits and their marks,
// without case. In scripts without spaces every character is a word, because a
// line may end between any two. The way over capitals brings together what only
// capitals share (ς and σ, ı and i).
func split(s string) (words []string) {
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			words = append(words, b.String())
			b.Reset()
		}
	}
	for _, r := range s {
		switch {
		case unspaced(r):
			flush()
			b.WriteRune(r)
			flush()
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			b.WriteRune(unicode.ToLower(unicode.ToUpper(r)))
		case unicode.IsMark(r) && b.Len() > 0:
			b.WriteRune(r)
		case unicode.IsMark(r): // on a character of its own, or on none
		default:
			flush()
		}
	}
	flush()
	return words
}

// unspaced are the characters between which lines may be broken. The long-vowel
// mark of Katakana belongs to several scripts.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー'
}

// holds says whether words stand somewhere in text, one after the other.
func holds(text, words []string) bool {
	for i := 0; i+len(words) <= len(text); i++ {
		j := 0
		for j < len(words) && text[i+j] == words[j] {
			j++
		}
		if j == len(words) {
			return true
		}
	}
	return false
}

// chunk is a stretch of a rendering: one word of the running text, or the words
// of an address, a link's number or a list's number, which may be more than the
// document says.
type chunk struct {
	words []string
	extra bool
}

var extras = regexp.MustCompile(`(?im)(?:https?://|mailto:)[^\s<>]+|[^\s<>()\[\]]+@[^\s<>()\[\]]+|[\[(]\d+[\])]|^[^\p{L}\p{N}\n]*\d+[.)][ \t]`)

func chunks(text string) []chunk {
	var list []chunk
	running := func(s string) {
		for _, w := range split(s) {
			list = append(list, chunk{words: []string{w}})
		}
	}
	from := 0
	for _, at := range extras.FindAllStringIndex(text, -1) {
		running(text[from:at[0]])
		if words := split(text[at[0]:at[1]]); len(words) > 0 {
			list = append(list, chunk{words, true})
		}
		from = at[1]
	}
	running(text[from:])
	return list
}

// masthead is how far into a rendering its content begins at the latest, in
// words: after title, number, date and perhaps a preheader.
const masthead = 400

// differ says in words where a rendering leaves the expected words; nothing when
// it holds them all.
func differ(want []word, got []chunk) string {
	best, bestAt := -1, 0
	for start := range min(len(got), masthead) {
		done, at := follow(want, got[start:])
		if done == len(want) {
			return ""
		}
		if done > best {
			best, bestAt = done, start+at
		}
	}
	if best < 0 {
		return "there are no words in it"
	}
	says := "ends"
	if bestAt < len(got) {
		says = fmt.Sprintf("says %q", strings.Join(got[bestAt].words, " "))
	}
	before := make([]string, 0, 4)
	for _, w := range want[max(0, best-4):best] {
		before = append(before, w.text)
	}
	if len(before) == 0 {
		return fmt.Sprintf("the content does not begin with %q", want[best].text)
	}
	return fmt.Sprintf("after %q it %s where the bulletin says %q", strings.Join(before, " "), says, want[best].text)
}

// follow reads along as far as it can and gives how many expected words were
// found and at which chunk it stopped.
func follow(want []word, got []chunk) (done, at int) {
	for at < len(got) && done < len(want) {
		n := match(want[done:], got[at].words)
		switch {
		case n > 0:
			done += n
			at++
		case got[at].extra && done > 0:
			at++
		case want[done].optional:
			done++
		default:
			return done, at
		}
	}
	for done < len(want) && want[done].optional {
		done++
	}
	return done, at
}

// match gives how many expected words a chunk stands for, 0 if it does not fit.
func match(want []word, words []string) int {
	if len(words) > len(want) {
		return 0
	}
	for i, w := range words {
		if want[i].text != w {
			return 0
		}
	}
	return len(words)
}
