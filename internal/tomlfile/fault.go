package tomlfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a file.
type Fault struct {
	File string
	// Line and Column count from 1, Column in characters; both are 0 when the
	// fault belongs to no place, such as a file that is too long.
	Line, Column int
	// Key is the key in question, such as "smtp.port"; empty for faults of
	// syntax.
	Key string
	// Message is a sentence without the final stop, Remedy the way on.
	Message, Remedy string
	// Err is the cause when the value's own type refused it.
	Err error
}

// Place gives "file:line:column: key", with the parts that are not known left out.
func (f Fault) Place() string { return place(f.File, f.Line, f.Column, f.Key) }

// Error gives place and message on one line.
func (f Fault) Error() string { return f.Place() + ": " + f.Message }

// Unwrap gives the cause.
func (f Fault) Unwrap() error { return f.Err }

func place(file string, line, column int, key string) string {
	var b strings.Builder
	b.WriteString(file)
	if line > 0 {
		fmt.Fprintf(&b, ":%d:%d", line, column)
	}
	if key != "" {
		b.WriteString(": " + key)
	}
	return b.String()
}

// inOrder sorts faults as they stand in the file.
func inOrder(faults []Fault) {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Nearest gives the known word that is most like the given one: the one with the
// fewest letters inserted, removed or replaced; the first of several; empty when
// nothing is known.
func Nearest(word string, known []string) string {
	best, least := "", 0
	for _, candidate := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); best == "" || d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two words, in characters.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			replaced := diagonal
			if r != s {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(to)]
}
