package protect

import "unicode"

// script is what the search must know of a letter's writing.
type script uint8

const (
	// otherScript separates words by spaces and has no rule of its own.
	otherScript script = iota
	latin
	greek
	cyrillic
	armenian
	hebrew
	arabic
	// hangul separates words, but hangs particles on them.
	hangul
	// wrapped is Han and kana: no spaces, and one in the text means nothing.
	wrapped
	// unspaced is Thai and its neighbours: no spaces between words, but some
	// between phrases.
	unspaced
	digit
)

// scriptOf tells the script of a letter that was folded.
func scriptOf(r rune) script {
	switch {
	case r >= '0' && r <= '9':
		return digit
	case r < 0x0250:
		return latin
	case r >= 0x0370 && r < 0x0400:
		return greek
	case r >= 0x0400 && r < 0x0530:
		return cyrillic
	case r >= 0x0530 && r < 0x0590:
		return armenian
	case r >= 0x0590 && r < 0x0600:
		return hebrew
	case r >= 0x1100 && r < 0x1200:
		return hangul
	case r == 0x3099, r == 0x309A, r == 0x30FC:
		return wrapped
	case unicode.In(r, unicode.Arabic):
		return arabic
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo):
		return wrapped
	case unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
		unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet, unicode.Javanese, unicode.Balinese):
		return unspaced
	case unicode.Is(unicode.Latin, r):
		return latin
	case unicode.Is(unicode.Greek, r):
		return greek
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	}
	return otherScript
}

// anyOffset says that a name can begin or end between any two letters.
func (s script) anyOffset() bool { return s == hangul || s == wrapped || s == unspaced }

// droppedMark says whether a combining mark may be missing without making
// another word: accents, vowel points, harakat and nuktas. The vowel signs of
// India, Thai vowels and tones, and the voicing of kana do make another word.
func droppedMark(r rune) bool {
	switch r {
	case 0x3099, 0x309A: // voicing of kana
		return false
	case 0x093C, 0x09BC, 0x0A3C, 0x0ABC, 0x0B3C, 0x0CBC: // nuktas
		return true
	}
	if r < 0x0300 {
		return false
	}
	return unicode.Is(unicode.Me, r) || unicode.Is(unicode.Mn, r) &&
		unicode.In(r, unicode.Inherited, unicode.Common, unicode.Hebrew, unicode.Arabic, unicode.Syriac,
			unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Mongolian)
}

// proclitic says whether a letter is written together with the word that follows
// it: "and", "in", "to", "the" in Arabic and Hebrew.
func proclitic(r rune) bool {
	switch r {
	case 'و', 'ف', 'ب', 'ل', 'ك', 'ا', 'ו', 'ב', 'ל', 'מ', 'ש', 'ה', 'כ':
		return true
	}
	return false
}

// jamo gives the consonants that a final of a hangul syllable consists of, as
// initials: typed one by one they look the same.
func jamo(r rune) string {
	const first = 0x11A8
	finals := [...]string{
		"ᄀ", "ᄁ", "ᄀᄉ", "ᄂ", "ᄂᄌ", "ᄂᄒ", "ᄃ", "ᄅ", "ᄅᄀ", "ᄅᄆ", "ᄅᄇ", "ᄅᄉ", "ᄅᄐ", "ᄅᄑ",
		"ᄅᄒ", "ᄆ", "ᄇ", "ᄇᄉ", "ᄉ", "ᄊ", "ᄋ", "ᄌ", "ᄎ", "ᄏ", "ᄐ", "ᄑ", "ᄒ",
	}
	if r < first || int(r-first) >= len(finals) {
		return ""
	}
	return finals[r-first]
}
