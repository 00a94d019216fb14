package manuscript

import (
	"strings"
	"unicode"
)

const (
	doubleMarks = "\"“”„‟«»「」『』"
	singleMarks = "'‘’‚‛‹›"
	closeMarks  = "»」』›"
	openMarks   = "„«「『‚‹"
)

func isQuote(c rune) bool { return strings.ContainsRune(doubleMarks+singleMarks, c) }

func isDash(c rune) bool { return strings.ContainsRune("-–—―−", c) }

// stripQuotes takes off a text's outer quotation marks: both when they are a
// pair, one when it is a leftover without a partner, none when they belong to
// something quoted inside. Its second result says whether a pair was taken.
//
// Which marks open and which close is told by where they stand, not by their
// shape, because shapes differ between languages and typewriters.
func stripQuotes(s string) (string, bool) {
	s = trim(s)
	runes := []rune(s)
	if len(runes) == 0 {
		return s, false
	}
	marks := doubleMarks
	if strings.ContainsRune(singleMarks, runes[0]) && !strings.ContainsRune(doubleMarks, runes[len(runes)-1]) {
		marks = singleMarks
	}
	partner, stray := pairs(runes, marks)
	last := len(runes) - 1
	switch {
	case partner == last && last > 0:
		return trim(string(runes[1:last])), true
	case marks == singleMarks && strings.ContainsRune("’'", runes[0]) && partner < 0:
		return s, false // an apostrophe: ’Tis
	case strings.ContainsRune(marks, runes[0]) && partner < 0:
		return trim(string(runes[1:])), false
	case stray == last && last > 0:
		return trim(string(runes[:last])), false
	}
	return s, false
}

// pairs finds the partner of the mark that opens a text (-1 if it has none or
// there is no such mark), and the first closing mark without a partner.
func pairs(runes []rune, marks string) (partner, stray int) {
	partner, stray = -1, -1
	var open []int
	opening := false // whether the mark before opens
	for i, c := range runes {
		if !isQuote(c) {
			continue
		}
		if opening = opens(runes, i, opening); !strings.ContainsRune(marks, c) || marks == singleMarks && apostrophe(runes, i) {
			continue
		}
		if opening {
			open = append(open, i)
			continue
		}
		if len(open) == 0 {
			if stray < 0 || i == len(runes)-1 {
				stray = i
			}
			continue
		}
		if open[len(open)-1] == 0 {
			partner = i
		}
		open = open[:len(open)-1]
	}
	return partner, stray
}

// opens says whether the mark at i opens a quotation; previous is the answer for
// the mark right before it, if there is one.
func opens(runes []rune, i int, previous bool) bool {
	switch {
	case i == 0:
		return true
	case i == len(runes)-1:
		return false
	}
	before, after := runes[i-1], runes[i+1]
	switch {
	case unicode.IsSpace(before) && unicode.IsSpace(after), !unicode.IsSpace(before) && unicode.IsSpace(after) && strings.ContainsRune(openMarks, runes[i]):
		return !strings.ContainsRune(closeMarks+"”’", runes[i])
	case unicode.IsSpace(after):
		return false
	case unicode.IsSpace(before) && !isWord(after) && strings.ContainsRune(closeMarks+"”’", runes[i]):
		return false
	case unicode.IsSpace(before), strings.ContainsRune("([{¿¡", before), isDash(before):
		return true
	case isQuote(before):
		return previous
	}
	return strings.ContainsRune("“„«「『‘‚‹", runes[i]) && isWord(after) && !isWord(before)
}

// apostrophe says whether a single mark stands inside a word.
func apostrophe(runes []rune, i int) bool {
	return i > 0 && i < len(runes)-1 && isWord(runes[i-1]) && isWord(runes[i+1])
}
