package tomlfile

import (
	"fmt"
	"strings"
)

// Quote writes text as a TOML value: on one line, or between triple quotation
// marks when it holds line breaks. Decode reads back the same text, as long as it
// is valid UTF-8.
func Quote(text string) string {
	if strings.Contains(text, "\n") {
		// A line break right after the opening marks is not part of the text.
		return `"""` + "\n" + escape(text, true) + `"""`
	}
	return `"` + escape(text, false) + `"`
}

// escape writes the characters that TOML does not allow as they are.
func escape(text string, lines bool) string {
	var b strings.Builder
	quotes := 0
	for i, r := range text {
		switch {
		case r == '"' && lines && quotes < 2 && i < len(text)-1:
			// Up to two marks in a row may stand in a text of several lines.
			quotes++
			b.WriteRune(r)
			continue
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n' && lines, r == '\t':
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
		quotes = 0
	}
	return b.String()
}
