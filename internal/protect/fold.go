package protect

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// gap is what stands between a letter and the one before it.
type gap uint8

const (
	// none: nothing that shows.
	none gap = iota
	// tight: signs without white space, such as a hyphen; a word can go on
	// after it.
	tight
	// dash: a long dash or dots without white space. In English it ends a word
	// as often as not, so only a long name goes on after it.
	dash
	// wide: white space; only a new word follows.
	wide
	// far: white space and many signs; a new word follows, and no letter of a
	// word that is spelled out.
	far
)

// maxShown is how many signs may stand, beside white space, between the letters
// of a word that is spelled out.
const maxShown = 3

// letter is one folded letter, digit or vowel sign of a text.
type letter struct {
	r rune
	// written is the letter before case and strokes were folded; mark the last
	// diaeresis or ring that was dropped from it.
	written, mark rune
	// from and to are its bytes in the original.
	from, to int32
	script   script
	gap      gap
	// edge says that a word can begin before this letter.
	edge bool
	// joined says that it belongs to the letter before: a vowel sign, the
	// second half of a ligature, the rest of a hangul syllable.
	joined bool
	// fresh says that only this reading has it so; bad that it cannot belong to
	// a name in the script that this reading is about.
	fresh, bad bool
}

// letters folds a source to its letters: compatibility forms, case, accents,
// strokes, ligatures and digits of every script are made one, and what is no
// letter becomes the gap before the next one. With leet, a digit or sign in the
// table that touches a letter is that letter.
func letters(s *source, leet map[rune]string) []letter {
	f := folder{source: s, leet: leet, tables: theTables(), out: make([]letter, 0, len(s.text)*7/8)}
	for i := 0; i < len(s.text); {
		if c := s.text[i]; c < utf8.RuneSelf && (i+1 == len(s.text) || s.text[i+1] < utf8.RuneSelf) {
			f.at, f.end = i, i+1
			f.rune(rune(c))
			i++
			continue
		}
		i += f.segment(i)
	}
	setEdges(f.out)
	return f.out
}

type folder struct {
	*source
	*tables
	leet map[rune]string
	out  []letter
	// at and end are the bytes of the source being folded.
	at, end int
	space   spacing
	buf     []byte
}

// segment folds the characters from i to the next that NFKD leaves apart, and
// tells how many bytes that were.
func (f *folder) segment(i int) int {
	r, n := utf8.DecodeRune(f.text[i:])
	if instead, ok := special(r); ok {
		f.at, f.end = i, i+n
		f.rune(instead)
		return n
	}
	if k := norm.NFKD.NextBoundary(f.text[i:], true); k > n {
		n = k
	}
	f.at, f.end = i, i+n
	f.buf = norm.NFKD.Append(f.buf[:0], f.text[i:i+n]...)
	for b := f.buf; len(b) > 0; {
		r, k := utf8.DecodeRune(b)
		f.rune(r)
		b = b[k:]
	}
	return n
}

// special gives what stands for a character of which NFKD would make something
// misleading.
func special(r rune) (rune, bool) {
	switch {
	case r == 0x309B: // ゛ on its own
		return 0x3099, true
	case r == 0x309C: // ゜ on its own
		return 0x309A, true
	case r >= 0x1F1E6 && r <= 0x1F1FF: // regional indicators
		return 'a' + r - 0x1F1E6, true
	case r >= 0x1F150 && r <= 0x1F169: // white letters in black circles
		return 'a' + r - 0x1F150, true
	case r >= 0x1F170 && r <= 0x1F189: // and in squares
		return 'a' + r - 0x1F170, true
	case r == '℮':
		return 'e', true
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x2800: // blank letters
		return 0x200B, true
	case r == 0x2006, r == 0x2009, r == 0x200A, r == 0x202F: // spaces too thin to see
		return '-', true
	case r == 0x055A, unicode.Is(unicode.Sk, r): // accents without a letter
		return '\'', true
	case unicode.Is(unicode.Zs, r):
		return ' ', true
	}
	return 0, false
}

// rune folds one decomposed character.
func (f *folder) rune(r rune) {
	if f.leet != nil && f.leetRune(r) {
		return
	}
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		f.letter(r, r, false)
	case r >= 'A' && r <= 'Z':
		f.letter(r|0x20, r, false)
	case r < utf8.RuneSelf:
		f.space.add(r)
	case unicode.IsMark(r):
		f.mark(r)
	case r == 0x0640: // tatweel
	case unicode.Is(unicode.Nd, r):
		f.letter('0'+digitValue(r), r, false)
	case unicode.IsLetter(r) && !apostrophe(r):
		f.foldLetter(r)
	default:
		f.space.add(r)
	}
}

func (f *folder) foldLetter(r rune) {
	low := unicode.ToLower(unicode.ToUpper(r))
	if low >= 0x30A1 && low <= 0x30F6 { // katakana to hiragana
		low -= 0x60
	}
	if low >= 0x11A8 && low <= 0x11C2 {
		for _, j := range jamo(low) {
			f.letter(j, r, true)
		}
		return
	}
	if low >= 0x1160 && low <= 0x1175 {
		f.letter(low, r, f.space == spacing{})
		return
	}
	instead, ok := f.fold[low]
	if !ok {
		f.letter(low, r, false)
		return
	}
	for i, c := range instead {
		f.letter(c, r, i > 0)
	}
}

func (f *folder) mark(r rune) {
	switch {
	case droppedMark(r) || unicode.Is(unicode.Variation_Selector, r) || r == 0x034F:
		if n := len(f.out); n > 0 && f.space == (spacing{}) && (r == 0x0308 || r == 0x030A) {
			f.out[n-1].mark = r
		}
		// Small letters above others can spell a name.
		if r >= 0x0363 && r <= 0x036F {
			c := rune("aeioucdhmrtvx"[r-0x0363])
			f.letter(c, c, false)
		}
	default:
		if instead, ok := f.fold[r]; ok {
			r, _ = utf8.DecodeRuneInString(instead)
		}
		f.letter(r, r, true)
	}
}

// leetRune takes a digit or sign for a letter when it touches one.
func (f *folder) leetRune(r rune) bool {
	instead, ok := f.leet[r]
	if !ok || !f.touches(f.at-1, -1) && !f.touches(f.end, 1) {
		return false
	}
	c, _ := utf8.DecodeRuneInString(instead)
	f.letter(c, c, false)
	f.out[len(f.out)-1].fresh = true
	return true
}

// touches looks over other leet characters for a letter, in one direction.
func (f *folder) touches(i, step int) bool {
	for n := 0; n < 8 && i >= 0 && i < len(f.text); n++ {
		c := f.text[i]
		if isASCIILetter(c) || c >= utf8.RuneSelf {
			return true
		}
		if _, ok := f.leet[rune(c)]; !ok {
			return false
		}
		i += step
	}
	return false
}

// letter adds a folded letter with the gap that stood before it.
func (f *folder) letter(r, written rune, joined bool) {
	script, before := scriptOf(r), otherScript
	if n := len(f.out); n > 0 {
		before = f.out[n-1].script
	}
	g, edge := f.space.gap(before, script)
	if g != none {
		joined = false
	}
	f.out = append(f.out, letter{
		r: r, written: written, from: f.from[f.at], to: f.to[f.end-1], script: script,
		gap: g, edge: edge, joined: joined,
		fresh: f.fresh != nil && f.fresh[f.at] && f.leet == nil,
	})
	f.space = spacing{}
}

func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

// apostrophe says whether a modifier letter is but an apostrophe or an accent.
func apostrophe(r rune) bool { return r >= 0x02B9 && r <= 0x02EE || r == 0xA78B || r == 0xA78C }
