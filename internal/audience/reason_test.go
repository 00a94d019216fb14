package audience

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzPlainReason(f *testing.F) {
	f.Add("Too often,\r\n and too long.")
	f.Add("\x1b]0;title\x07\u202e\u200d\xff")
	f.Add(strings.Repeat("ä ", 600))
	f.Fuzz(func(t *testing.T, written string) {
		kept := plainReason(written)
		if !utf8.ValidString(kept) || utf8.RuneCountInString(kept) > maxReason || strings.ContainsFunc(kept, unicode.IsControl) {
			t.Errorf("%q is kept as %q", written, kept)
		}
		if again := plainReason(kept); again != strings.TrimSpace(kept) {
			t.Errorf("%q becomes %q the second time", kept, again)
		}
	})
}
