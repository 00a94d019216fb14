package message

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isControl holds for everything that ends a line somewhere or must not be shown:
// C0, DEL, C1 and the Unicode line and paragraph separators. Tab is one of them.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// maxPlainWord is the longest word that is written as it is: any longer and a
// line could not be kept within softLine.
const maxPlainWord = 60

// isPlain holds for free text that can be written and folded as it is and comes
// back unchanged: printable ASCII, single spaces between words, nothing that
// reads as an encoded word.
func isPlain(s string) bool {
	if strings.Contains(s, "=?") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return false
	}
	for _, word := range strings.Split(s, " ") {
		if word == "" || len(word) > maxPlainWord {
			return false
		}
	}
	return true
}

const (
	qOpen     = "=?utf-8?q?"
	bOpen     = "=?utf-8?b?"
	wordClose = "?="
	maxWord   = 75 // RFC 2047 §2
	upperHex  = "0123456789ABCDEF"
)

// encodeWords writes the whole of s as encoded words of at most 75 characters,
// the first of at most first, in the shorter of the two encodings. No character
// is split between words (RFC 2047 §5). Spaces are inside the words, because
// those between two words are dropped by the reader.
func encodeWords(s string, first int) []string {
	open, width, encode := qOpen, qWidth, encodeQ
	if qWidth(s) > bWidth(s) {
		open, width, encode = bOpen, bWidth, base64.StdEncoding.EncodeToString
	}
	var words []string
	limit, start := min(first, maxWord), 0
	for i, r := range s {
		end := i + utf8.RuneLen(r)
		if i > start && len(open)+width(s[start:end])+len(wordClose) > limit {
			words = append(words, open+encode([]byte(s[start:i]))+wordClose)
			limit, start = maxWord, i
		}
	}
	return append(words, open+encode([]byte(s[start:]))+wordClose)
}

func bWidth(s string) int { return base64.StdEncoding.EncodedLen(len(s)) }

func qWidth(s string) int {
	n := 0
	for i := range len(s) {
		if n++; s[i] != ' ' && !isQ(s[i]) {
			n += 2
		}
	}
	return n
}

// encodeQ keeps only the characters that may stand in an encoded word anywhere,
// also inside a display name (RFC 2047 §5, rule 3).
func encodeQ(s []byte) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == ' ':
			b.WriteByte('_')
		case isQ(c):
			b.WriteByte(c)
		default:
			b.WriteByte('=')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}

func isQ(c byte) bool {
	return isAlphanumeric(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/'
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
