package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/newsletter"
)

// Limits of one text. The last three keep goldmark's work near linear: it
// searches back or ahead for every mark that finds no partner.
const (
	MaxBytes   = 1 << 20 // of the whole source
	MaxNesting = 16      // of lists and quotes inside each other

	maxParagraph = 64 << 10 // bytes of one paragraph
	maxBrackets  = 2000     // opening square brackets in one source
	maxMarks     = 1000     // runs of emphasis marks in one paragraph
)

// check refuses what must not reach goldmark, and turns CRLF and CR into LF.
func check(source string) ([]byte, newsletter.Faults) {
	refuse := func(line, column int, message, remedy string) newsletter.Faults {
		return newsletter.Faults{fault(line, column, message, remedy)}
	}
	if len(source) > MaxBytes {
		return nil, refuse(1, 1, "the text is longer than 1 MB", "Split it into several items.")
	}
	source = strings.ReplaceAll(strings.ReplaceAll(source, "\r\n", "\n"), "\r", "\n")
	if strings.Count(source, "[") > maxBrackets {
		return nil, refuse(1, 1, fmt.Sprintf("the text has more than %d opening brackets", maxBrackets), "Split it into several items.")
	}
	paragraph, line := 0, 0
	for text := range strings.Lines(source) {
		line++
		if column, problem := badCharacter(text); problem != "" {
			return nil, refuse(line, column, problem, "Remove it.")
		}
		if paragraph += len(text); strings.TrimSpace(text) == "" {
			paragraph = 0
		}
		if paragraph > maxParagraph {
			return nil, refuse(line, 1, "the paragraph is longer than 64 KB", "Split it with blank lines.")
		}
		if nesting(text) > MaxNesting {
			return nil, refuse(line, 1, tooDeep, tooDeepRemedy)
		}
	}
	return []byte(source), nil
}

var tooDeep = fmt.Sprintf("lists and quotes are nested more than %d deep", MaxNesting)

const tooDeepRemedy = "Write fewer levels."

// badCharacter finds a control character or broken UTF-8 in a line.
func badCharacter(line string) (column int, problem string) {
	for i, r := range line {
		column++
		if r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD") {
			return column, "the text is not valid UTF-8 here"
		}
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return column, fmt.Sprintf("the control character %U stands in the text", r)
		}
	}
	return 0, ""
}

var marker = regexp.MustCompile(`^[ \t]*(?:>|[-+*](?:[ \t]|$)|[0-9]{1,9}[.)](?:[ \t]|$))`)

// nesting counts the list and quote markers that open a line.
func nesting(line string) int {
	n := 0
	for n <= MaxNesting {
		m := marker.FindStringIndex(line)
		if m == nil {
			return n
		}
		line = line[m[1]:]
		n++
	}
	return n
}

func fault(line, column int, message, remedy string) *newsletter.Error {
	return newsletter.Errorf(newsletter.Invalid, "%s", message).
		At(fmt.Sprintf("%d:%d", line, column)).With(remedy)
}

// position turns an offset into line and column, both from 1.
func position(source []byte, offset int) (line, column int) {
	offset = min(max(offset, 0), len(source))
	before := source[:offset]
	return bytes.Count(before, []byte{'\n'}) + 1,
		utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}

// unwrap joins the lines of each paragraph with single spaces, so that neither
// indentation nor trailing spaces mean anything.
func unwrap(source string) string {
	var paragraphs []string
	var lines []string
	flush := func() {
		if len(lines) > 0 {
			paragraphs = append(paragraphs, strings.Join(lines, " "))
			lines = nil
		}
	}
	source = strings.ReplaceAll(strings.ReplaceAll(source, "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitSeq(source, "\n") {
		if line = strings.Trim(line, " \t"); line == "" {
			flush()
		} else {
			lines = append(lines, line)
		}
	}
	flush()
	return strings.Join(paragraphs, "\n\n")
}
