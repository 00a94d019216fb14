package protect

import (
	"bytes"
	"html"
	"slices"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxPasses is how often what has been decoded is decoded again: "&amp;#77;" and
// "%254D" need two.
const maxPasses = 5

// decode replaces character references, percent-encoding and the labels of
// internationalised domains by what they stand for, again until nothing changes.
// It tells which bytes of its input, by their place in the original, were
// concerned.
func decode(in *source) (out *source, encoded []span) {
	out = in
	for range maxPasses {
		next, spans := decodeOnce(out)
		if len(spans) == 0 {
			break
		}
		encoded = append(encoded, spans...)
		out = next
	}
	slices.SortFunc(encoded, func(a, b span) int { return a.from - b.from })
	return out, encoded
}

func decodeOnce(in *source) (out *source, encoded []span) {
	w := rewrite(in)
	text := in.text
	start := 0
	for i := 0; i < len(text); {
		var end int
		var instead string
		switch text[i] {
		case '&':
			end, instead = reference(text, i)
		case '%':
			end, instead = percent(text, i)
		case 'x', 'X':
			end, instead = punycode(text, i)
		}
		if end == 0 {
			i++
			continue
		}
		w.keep(start, i)
		w.put(instead, i, end)
		encoded = append(encoded, span{int(in.from[i]), int(in.to[end-1])})
		i, start = end, end
	}
	if encoded == nil {
		return in, nil
	}
	w.keep(start, len(text))
	return w.out, encoded
}

// reference decodes the character reference at i as browsers do, also one that
// lacks its semicolon. The end is 0 if there is none.
func reference(text []byte, i int) (end int, instead string) {
	k := i + 1
	for k < len(text) && k < i+40 && (isASCIILetter(text[k]) || text[k] >= '0' && text[k] <= '9' || text[k] == '#') {
		k++
	}
	if k == i+1 {
		return 0, ""
	}
	if k < len(text) && text[k] == ';' {
		whole := string(text[i : k+1])
		if s := html.UnescapeString(whole); s != whole && !hasReferenceLeft(s, whole) {
			return k + 1, s
		}
	}
	// Without a semicolon the shortest beginning that decodes to what the
	// whole decodes to is the reference.
	token := string(text[i:k])
	whole := html.UnescapeString(token)
	if whole == token {
		return 0, ""
	}
	for c := 2; c <= len(token); c++ {
		if s := html.UnescapeString(token[:c]); s != token[:c] && s+token[c:] == whole {
			return i + c, s
		}
	}
	return 0, ""
}

// hasReferenceLeft says that only the beginning of a reference was decoded, as
// in "&ampMaria;".
func hasReferenceLeft(s, whole string) bool {
	return len(s) > 1 && s[len(s)-1] == ';' && len(whole) > 2
}

// percent decodes one percent-encoded character at i (RFC 3986 §2.1). A byte that
// is no UTF-8 is taken for Latin-1, as old addresses have it.
func percent(text []byte, i int) (end int, instead string) {
	var raw []byte
	for k := i; k+2 < len(text) && text[k] == '%' && len(raw) < utf8.UTFMax; k += 3 {
		high, low := unhex(text[k+1]), unhex(text[k+2])
		if high < 0 || low < 0 {
			break
		}
		raw = append(raw, byte(high<<4|low))
	}
	if raw == nil {
		return 0, ""
	}
	r, n := utf8.DecodeRune(raw)
	if r == utf8.RuneError && n == 1 {
		r = rune(raw[0])
	}
	return i + 3*n, string(r)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// punycode decodes a label of an internationalised domain name at i. The whole
// label is one place: no part of it stands for a single letter.
func punycode(text []byte, i int) (end int, instead string) {
	if len(text) < i+5 || !bytes.EqualFold(text[i:i+4], []byte("xn--")) {
		return 0, ""
	}
	k := i + 4
	for k < len(text) && k < i+63 && (isASCIILetter(text[k]) || text[k] >= '0' && text[k] <= '9' || text[k] == '-') {
		k++
	}
	label := string(bytes.ToLower(text[i:k]))
	s, err := idna.Punycode.ToUnicode(label)
	if err != nil || s == label {
		return 0, ""
	}
	return k, s
}

// overridden gives the text with the characters after each right-to-left
// override (U+202E) in the order in which a screen shows them; nil if there is
// none.
func overridden(in *source) *source {
	const (
		override = "\u202e"
		pop      = '\u202c'
	)
	if !bytes.Contains(in.text, []byte(override)) {
		return nil
	}
	w := rewrite(in)
	var spans []span
	start := 0
	for {
		k := bytes.Index(in.text[start:], []byte(override))
		if k < 0 {
			break
		}
		begin := start + k + len(override)
		end := begin
		for end < len(in.text) {
			r, n := utf8.DecodeRune(in.text[end:])
			if r == '\n' || string(r) == override || r == pop {
				break
			}
			end += n
		}
		w.keep(start, begin)
		at := len(w.out.text)
		for j := end; j > begin; {
			_, n := utf8.DecodeLastRune(in.text[begin:j])
			w.keep(j-n, j)
			j -= n
		}
		spans = append(spans, span{at, len(w.out.text)})
		start = end
	}
	w.keep(start, len(in.text))
	return w.out.only(spans)
}
