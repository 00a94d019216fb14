package terminal

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Columns is how many columns a text takes on a terminal: 2 for each wide East
// Asian character and emoji, 0 for a combining mark.
func Columns(s string) int { return uniseg.StringWidth(s) }

// Truncate shortens a text to at most n columns, never inside a character that
// a person sees as one; what was cut is shown by "…".
func Truncate(s string, n int) string {
	if Columns(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	var b strings.Builder
	used, state := 0, -1
	for s != "" {
		cluster, rest, width, next := uniseg.FirstGraphemeClusterInString(s, state)
		if used+width > n-1 {
			break
		}
		b.WriteString(cluster)
		used += width
		s, state = rest, next
	}
	return strings.TrimRight(b.String(), " ") + "…"
}

// Clean makes a text from outside harmless to a terminal: control characters
// (an escape could repaint the screen or answer for the user) become "�",
// marks that turn the direction of a whole line are dropped. Line breaks stay.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == '\r':
			return -1
		case unicode.IsControl(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// line is Clean for what must stay on one line.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(Clean(s), func(r rune) bool { return r == '\n' || r == ' ' }), " ")
}

// pad fills a text with spaces up to n columns.
func pad(s string, n int, right bool) string {
	missing := n - Columns(s)
	if missing <= 0 {
		return s
	}
	if right {
		return strings.Repeat(" ", missing) + s
	}
	return s + strings.Repeat(" ", missing)
}

// Wrap breaks each line of a text between words so that none is wider than n
// columns, unless a word is. A grouped number is one word.
func Wrap(text string, n int) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = wrapLine(l, n)
	}
	return strings.Join(lines, "\n")
}

func wrapLine(l string, n int) string {
	var b strings.Builder
	used := 0
	for _, word := range words(l) {
		w := Columns(word)
		switch {
		case used == 0:
		case used+1+w > n:
			b.WriteByte('\n')
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += w
	}
	return b.String()
}

// words splits at spaces, but not inside a number that Count has grouped.
func words(l string) []string {
	var list []string
	for _, f := range strings.Fields(l) {
		if k := len(list); k > 0 && endsInDigit(list[k-1]) && startsAGroup(f) {
			list[k-1] += " " + f
			continue
		}
		list = append(list, f)
	}
	return list
}

func endsInDigit(s string) bool { return digit(s, len(s)-1) }

func startsAGroup(s string) bool {
	return digit(s, 0) && digit(s, 1) && digit(s, 2) && !digit(s, 3)
}

func digit(s string, i int) bool {
	return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9'
}

// indent puts a prefix before every line.
func indent(text, prefix string) string {
	return prefix + strings.ReplaceAll(text, "\n", "\n"+prefix)
}

// readable is the width of running text: lines longer than 78 columns tire the
// eye. Without a terminal it is the same, for logs and mails.
func readable(width int) int {
	if width <= 0 || width > 78 {
		return 78
	}
	return width
}
