package markdown

import (
	"reflect"
	"strconv"
	"strings"
)

// Format writes canonical Markdown, without a final line break: a paragraph on
// one line, "-" bullets, "_" for emphasis, "**" for strong, backslashes only
// where a character would otherwise be read as a mark. For a Doc that Parse
// made, Parse(d.Format()) equals d.
func (d *Doc) Format() string {
	return strings.Join(formatBlocks(d.Blocks), "\n")
}

// FormatPlain writes the form that ParsePlain reads. ok is false when the text
// holds something that only Markdown can express, such as a list.
func (d *Doc) FormatPlain() (s string, ok bool) {
	var paragraphs []string
	for _, b := range d.Blocks {
		if b.Kind != Paragraph {
			return "", false
		}
		w := &writer{plain: true}
		paragraphs = append(paragraphs, w.paragraph(b.Inlines))
		if w.failed {
			return "", false
		}
	}
	s = strings.Join(paragraphs, "\n\n")
	back, err := ParsePlain(s)
	return s, err == nil && reflect.DeepEqual(back, d)
}

// formatBlocks gives the lines of blocks that stand after each other.
func formatBlocks(blocks []Block) []string {
	var lines []string
	delimiter := "."
	for i, b := range blocks {
		if i > 0 {
			lines = append(lines, "")
		}
		switch b.Kind {
		case Paragraph:
			w := &writer{}
			lines = append(lines, strings.Split(w.paragraph(b.Inlines), "\n")...)
		case Quote:
			lines = append(lines, prefix(formatBlocks(b.Blocks), "> ", "> ", ">")...)
		case BulletList:
			lines = append(lines, formatList(b, func(int) string { return "- " })...)
		case OrderedList:
			// Two lists in a row are told apart by what follows the number.
			if i > 0 && blocks[i-1].Kind == OrderedList && delimiter == "." {
				delimiter = ")"
			} else {
				delimiter = "."
			}
			mark := delimiter + " "
			lines = append(lines, formatList(b, func(i int) string { return strconv.Itoa(b.Start+i) + mark })...)
		}
	}
	return lines
}

func formatList(b Block, mark func(i int) string) []string {
	loose := false
	for _, item := range b.Items {
		loose = loose || len(item) > 1
	}
	var lines []string
	for i, item := range b.Items {
		if i > 0 && loose {
			lines = append(lines, "")
		}
		m := mark(i)
		lines = append(lines, prefix(formatBlocks(item), m, strings.Repeat(" ", len(m)), "")...)
	}
	return lines
}

// prefix puts first before the first line, rest before the others, and empty in
// the place of lines that are empty.
func prefix(lines []string, first, rest, empty string) []string {
	for i, line := range lines {
		switch {
		case i == 0:
			lines[i] = first + line
		case line == "":
			lines[i] = empty
		default:
			lines[i] = rest + line
		}
	}
	return lines
}
