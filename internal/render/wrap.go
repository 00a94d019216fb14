package render

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// width is the number of columns that a string takes in a terminal: Chinese and
// Japanese characters take two, combining marks none (UAX #11).
func width(s string) int { return uniseg.StringWidth(s) }

// wrap fills lines up to the measure. The first begins with first, the others
// with rest; a line break in s is kept. A word that is too long, such as an
// address, stands on a line of its own rather than being broken.
func wrap(s, first, rest string) []string {
	var out []string
	prefix := first
	for _, line := range strings.Split(s, "\n") {
		current, used := prefix, width(prefix)
		empty := true
		for _, w := range pieces(line) {
			gap := 0
			if w.spaced && !empty {
				gap = 1
			}
			if !empty && used+gap+width(w.text) > columns {
				out = append(out, current)
				prefix = rest
				current, used, gap = prefix, width(prefix), 0
			}
			current += strings.Repeat(" ", gap) + w.text
			used += gap + width(w.text)
			empty = false
		}
		out = append(out, strings.TrimRight(current, " "))
		prefix = rest
	}
	return out
}

// piece is what a line may not be broken in; spaced says that a space stood
// before it.
type piece struct {
	text   string
	spaced bool
}

// pieces cuts a line at its spaces, and between the characters of scripts that
// are written without spaces wherever UAX #14 allows it. A no-break space is
// part of its word.
func pieces(line string) []piece {
	var out []piece
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' }) {
		if !unspaced(word) {
			out = append(out, piece{word, true})
			continue
		}
		for state, first := -1, true; word != ""; first = false {
			var segment string
			segment, word, _, state = uniseg.FirstLineSegmentInString(word, state)
			out = append(out, piece{segment, first})
		}
	}
	return out
}

// unspaced says whether a word holds characters of a script without spaces.
// Addresses do not count: they are never broken.
func unspaced(word string) bool {
	return !strings.Contains(word, "://") && strings.ContainsFunc(word, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
	})
}
