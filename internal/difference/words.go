package difference

import (
	"strings"
	"unicode"
)

// Op is what became of a piece of a text.
type Op string

const (
	Same    Op = "same"
	Removed Op = "removed"
	Added   Op = "added"
)

// Piece is a run of words that share a fate, with the white space between them.
type Piece struct {
	Op   Op     `json:"op"`
	Text string `json:"text"`
}

// maxTable bounds the comparison of two texts, in pairs of words: beyond it the
// differing middle is shown as replaced as a whole.
const maxTable = 4 << 20

// Words compares two texts word by word. The pieces that were not added are the
// old text, those that were not removed the new one, each to the byte.
func Words(before, after string) []Piece {
	a, b := tokens(before), tokens(after)
	var p pieces
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		p.add(Same, a[start])
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	p.middle(a[start:len(a)-end], b[start:len(b)-end])
	for _, token := range a[len(a)-end:] {
		p.add(Same, token)
	}
	return p
}

type pieces []Piece

func (p *pieces) add(op Op, text string) {
	if n := len(*p); n > 0 && (*p)[n-1].Op == op {
		(*p)[n-1].Text += text
		return
	}
	*p = append(*p, Piece{op, text})
}

// middle compares what differs at both ends, by the longest common subsequence.
func (p *pieces) middle(a, b []string) {
	if len(a)*len(b) > maxTable {
		for _, token := range a {
			p.add(Removed, token)
		}
		for _, token := range b {
			p.add(Added, token)
		}
		return
	}
	// length[i][j] is that of the longest common subsequence of a[i:] and b[j:].
	length := make([][]int32, len(a)+1)
	for i := range length {
		length[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			p.add(Same, a[i])
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || length[i+1][j] >= length[i][j+1]):
			p.add(Removed, a[i])
			i++
		default:
			p.add(Added, b[j])
			j++
		}
	}
}

// tokens cuts a text into words and what stands between them. A character of a
// script without spaces is a word.
func tokens(s string) (list []string) {
	var word strings.Builder
	var kind int
	flush := func() {
		if word.Len() > 0 {
			list = append(list, word.String())
			word.Reset()
		}
	}
	for _, r := range s {
		k := 0
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer):
			k = 3
		case unicode.IsSpace(r):
			k = 2
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			k = 1
		}
		if k != kind || k == 3 || k == 0 {
			flush()
		}
		kind = k
		word.WriteRune(r)
	}
	flush()
	return list
}

// Inline writes a comparison on one line of text: [-what went-]{+what came+}.
func Inline(list []Piece) string {
	var b strings.Builder
	for _, p := range list {
		switch p.Op {
		case Removed:
			b.WriteString("[-" + p.Text + "-]")
		case Added:
			b.WriteString("{+" + p.Text + "+}")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
