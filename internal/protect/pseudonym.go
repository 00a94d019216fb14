package protect

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// PseudonymFault is what is wrong with a pseudonym.
type PseudonymFault string

const (
	// UnknownPseudonym is an asterisked name that the register lacks and that
	// is like none in it.
	UnknownPseudonym PseudonymFault = "unknown"
	// MisspeltPseudonym is a name that is nearly one of the register.
	MisspeltPseudonym PseudonymFault = "misspelt"
	// UnmarkedPseudonym is a name of the register without its asterisk where it
	// stands for the first time.
	UnmarkedPseudonym PseudonymFault = "unmarked"
)

// PseudonymFinding is one fault. Pseudonyms are no secret: it holds the words.
type PseudonymFinding struct {
	Fault PseudonymFault
	// Name is what the bulletin has, Known what the register has; Known is
	// empty for an unknown one.
	Name, Known string
	// Place and Offset (in bytes of the text) say where it stands first; Place
	// is empty for a marked name that none of the texts has.
	Place  string
	Offset int
}

// CheckPseudonyms compares a bulletin with the newsletter's register. Known are
// the pseudonyms of the register; marked are the bulletin's asterisked names
// without their asterisk, as package manuscript finds them; texts are its texts
// in the order of reading, as plain words, so that an asterisk is one and no
// emphasis.
//
// A name counts as misspelt at a distance (letters added, lost, changed or
// swapped) of one from four letters on and of two from eight on; shorter names
// only when case and accents alone differ, for Ana and Ada are two people. A
// name without asterisk is compared by case and accents only.
func CheckPseudonyms(known, marked []string, texts []Text) []PseudonymFinding {
	c := pseudonyms{known: known, reported: map[string]bool{}}
	for _, t := range texts {
		c.texts = append(c.texts, folded{t, letters(plain(t.Body), nil)})
	}
	for _, name := range marked {
		c.marked(name)
	}
	for _, name := range known {
		c.unmarked(name)
	}
	return c.found
}

type pseudonyms struct {
	known    []string
	texts    []folded
	found    []PseudonymFinding
	reported map[string]bool
}

// folded is a text with its letters.
type folded struct {
	Text
	letters []letter
}

// isKnown says whether the register has a name as it is spelled.
func (c *pseudonyms) isKnown(name string) bool {
	return slices.ContainsFunc(c.known, func(k string) bool { return sameSpelling(k, name) })
}

// core is the part of an asterisked name that the register knows, or nearly knows:
// the word that opens a sentence may have been taken for a part of it, as in "Thank
// Marisol*".
func (c *pseudonyms) core(name string) string {
	for _, fits := range []func(string) bool{c.isKnown, func(s string) bool { return nearest(c.known, s) != "" }} {
		for words := strings.Fields(name); len(words) > 0; words = words[1:] {
			if rest := strings.Join(words, " "); fits(rest) {
				return rest
			}
		}
	}
	return name
}

// marked judges an asterisked name.
func (c *pseudonyms) marked(name string) {
	if name = c.core(name); c.isKnown(name) {
		return
	}
	f := PseudonymFinding{Fault: UnknownPseudonym, Name: name, Known: nearest(c.known, name)}
	if f.Known != "" {
		f.Fault = MisspeltPseudonym
	}
	c.reported[name] = true
	for _, t := range c.texts {
		for _, m := range t.mentions(name) {
			if f.Place == "" && m.marked {
				f.Place, f.Offset = t.Place, m.at
			}
		}
	}
	c.found = append(c.found, f)
}

// unmarked judges the mentions of a pseudonym: the first needs an asterisk, and
// each the accents that the register has.
func (c *pseudonyms) unmarked(name string) {
	first := true
	for _, t := range c.texts {
		for _, m := range t.mentions(name) {
			if c.withinAnother(t, name, m) {
				continue
			}
			if !sameSpelling(m.written, name) && !c.reported[m.written] {
				c.reported[m.written] = true
				c.found = append(c.found, PseudonymFinding{MisspeltPseudonym, m.written, name, t.Place, m.at})
			}
			if first && !m.marked {
				c.found = append(c.found, PseudonymFinding{UnmarkedPseudonym, m.written, name, t.Place, m.at})
			}
			first = false
		}
	}
}

// withinAnother says that a mention is but a part of a longer pseudonym: Ana in
// Ana María.
func (c *pseudonyms) withinAnother(t folded, name string, m mention) bool {
	for _, k := range c.known {
		if len(k) <= len(name) {
			continue
		}
		for _, other := range t.mentions(k) {
			if other.at <= m.at && m.end <= other.end && other.end-other.at > m.end-m.at {
				return true
			}
		}
	}
	return false
}

// mention is a place where a name stands as words of their own, whatever its
// accents.
type mention struct {
	at, end int
	written string
	// marked: an asterisk follows.
	marked bool
}

// mentions finds a name. A name with a capital is none without it: Rosa is no
// rosa.
func (t folded) mentions(name string) []mention {
	want := letters(plain(name), nil)
	var list []mention
	for i := 0; len(want) > 0 && i+len(want) <= len(t.letters); i++ {
		ls, end := t.letters[i:], i+len(want)
		if !ls[0].edge || unicode.IsUpper(want[0].written) && !unicode.IsUpper(ls[0].written) ||
			end < len(t.letters) && !t.letters[end].edge || !sameLetters(ls, want) {
			continue
		}
		m := mention{at: int(ls[0].from), end: int(ls[len(want)-1].to)}
		m.written = t.Body[m.at:m.end]
		m.marked = hasAsterisk(t.Body[m.end:])
		list = append(list, m)
	}
	return list
}

func sameLetters(ls, want []letter) bool {
	for k := range want {
		if ls[k].r != want[k].r || k > 0 && (ls[k].gap == none) != (want[k].gap == none) {
			return false
		}
	}
	return true
}

// sameSpelling compares names by what is seen: white space and the order in which
// accents are stored make no difference, and neither do capitals.
func sameSpelling(a, b string) bool {
	clean := func(s string) string { return norm.NFC.String(strings.Join(strings.Fields(s), " ")) }
	return strings.EqualFold(clean(a), clean(b))
}

// hasAsterisk says whether an asterisk follows a name, before or after the sign
// of a possessive.
func hasAsterisk(after string) bool {
	for _, possessive := range []string{"’s", "'s", "’", "'", ""} {
		rest, ok := strings.CutPrefix(after, possessive)
		if ok && (strings.HasPrefix(rest, "*") || strings.HasPrefix(rest, `\*`)) {
			return true
		}
	}
	return false
}

// nearest is the pseudonym of which a name is a misspelling; empty if there is
// none.
func nearest(known []string, name string) string {
	best, least := "", len(name)
	for _, k := range known {
		a, b := bare(name), bare(k)
		d := distance(a, b)
		allowed := 0
		switch n := min(len(a), len(b)); {
		case n >= 8:
			allowed = 2
		case n >= 4:
			allowed = 1
		}
		if d <= allowed && (best == "" || d < least) {
			best, least = k, d
		}
	}
	return best
}

// bare is a name without case, accents, strokes and signs.
func bare(name string) []rune {
	ls := letters(plain(name), nil)
	out := make([]rune, len(ls))
	for i := range ls {
		out[i] = ls[i].r
	}
	return out
}

// distance is the number of letters to add, remove, change or swap with their
// neighbour to make b of a.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
