package manuscript

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
)

// line is one line of the file without its end.
type line struct {
	num  int // from 1
	text string
	// lazy marks a line that continues a block without the indentation that
	// would show it.
	lazy bool
}

// decode turns bytes into lines: a byte order mark is obeyed, what is not UTF-8
// is Windows-1252, and CRLF, CR and Unicode's own separators end lines.
func (r *reader) decode(data []byte) {
	if len(data) > MaxBytes {
		r.refuse(1, "the manuscript is longer than 1 MB", "A bulletin is a few pages; check that this is the right file.")
		return
	}
	s, err := r.decodeBytes(data)
	if err != nil {
		r.refuse(1, err.Error(), "Save the file as UTF-8.")
		return
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n", "\u0085", "\n").Replace(s)
	for i, text := range strings.Split(s, "\n") {
		if bad := strings.IndexFunc(text, forbidden); bad >= 0 {
			c, _ := utf8.DecodeRuneInString(text[bad:])
			r.refuse(i+1, fmt.Sprintf("the control character %U stands in the text", c),
				"Remove it; if there are many, the file is not a text file.")
			return
		}
		r.lines = append(r.lines, line{num: i + 1, text: openSpaces(text)})
	}
}

func (r *reader) decodeBytes(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		out, err := xunicode.UTF16(xunicode.LittleEndian, xunicode.ExpectBOM).NewDecoder().Bytes(data)
		if err != nil || len(data)%2 != 0 || bytes.ContainsRune(out, utf8.RuneError) {
			return "", errors.New("the file begins like UTF-16 but is not")
		}
		return string(out), nil
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", fmt.Errorf("the file is neither UTF-8 nor Windows-1252: %w", err)
	}
	r.find(1, FindingEncoding, "the file is not UTF-8 and was read as Windows-1252")
	return string(out), nil
}

func forbidden(c rune) bool { return unicode.IsControl(c) && c != '\t' }

// openSpaces makes the spaces that open and close a line ordinary ones where a
// no-break space is among them: there they are structure, not words.
func openSpaces(s string) string {
	body := strings.TrimLeftFunc(s, unicode.IsSpace)
	if lead := s[:len(s)-len(body)]; strings.Trim(lead, " \t") != "" {
		s = strings.Map(func(c rune) rune {
			if c == '\t' {
				return c
			}
			return ' '
		}, lead) + body
	}
	body = strings.TrimRightFunc(s, unicode.IsSpace)
	if strings.Trim(s[len(body):], " \t") != "" {
		return body
	}
	return s
}

// trim takes off every sort of space at both ends.
func trim(s string) string { return strings.TrimFunc(s, unicode.IsSpace) }

// hasMarkdownHeadings says whether the first words are a Markdown title, or any
// line is a Markdown section heading; a name ending in .txt does not change that.
func (r *reader) hasMarkdownHeadings() bool {
	first := true
	for _, l := range r.lines {
		if strings.HasPrefix(l.text, "## ") || first && strings.HasPrefix(l.text, "# ") {
			return true
		}
		first = first && trim(l.text) == ""
	}
	return false
}

// chooseFormat decides between plain text and Markdown.
func (r *reader) chooseFormat() {
	switch strings.ToLower(path.Ext(r.o.Name)) {
	case ".md", ".markdown":
		r.markdown = true
	default:
		r.markdown = r.hasMarkdownHeadings()
	}
	if r.format != "" {
		r.markdown = r.format == "markdown"
	}
}
