package protect

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// reading is a text's letters with the rules for windows of them.
type reading struct {
	letters []letter
	// partial: only windows with a fresh letter are of interest.
	partial bool
	// min is the shortest window of interest, in letters; native how many of
	// its letters must not be fresh, one more if it begins with a fresh one: the
	// 70th birthday is no Toth.
	min, native int
	// lookalike: letters of another script were taken for their likeness. A
	// short window of nothing else counts only where its neighbours are not of
	// that script: in a Russian sentence "но" is a word, and no Latin name.
	lookalike bool
}

// shortLikeness is the number of letters from which a word of lookalikes alone
// counts everywhere.
const shortLikeness = 4

// rereadings gives further ways to read a source's letters, each with its fresh
// letters marked; those that have none are left out.
func rereadings(s *source, ls []letter) []reading {
	t := theTables()
	var list []reading
	add := func(r reading, changed bool) {
		if changed {
			r.partial = true
			list = append(list, r)
		}
	}
	as := func(in reading, f func([]letter) ([]letter, bool)) {
		out, changed := f(ls)
		in.letters = out
		add(in, changed)
	}
	as(reading{min: 2, lookalike: true}, func(ls []letter) ([]letter, bool) { return likeLatin(ls, t.latin, false) })
	as(reading{min: 3, lookalike: true}, func(ls []letter) ([]letter, bool) { return likeLatin(ls, t.latinOther, true) })
	as(reading{min: 3}, strokes)
	as(reading{min: 2, lookalike: true}, func(ls []letter) ([]letter, bool) { return like(ls, cyrillic, t.cyrillic) })
	as(reading{min: 2, lookalike: true}, func(ls []letter) ([]letter, bool) { return like(ls, greek, t.greek) })
	as(reading{min: 4}, expanded)
	as(reading{min: 5}, runTogether)
	if leet := letters(s, t.li); hasFresh(leet) {
		add(reading{letters: leet, min: 4, native: 2}, true)
		leet = letters(s, oneAsL(t.li))
		add(reading{letters: leet, min: 4, native: 2}, hasFresh(leet))
	}
	return list
}

func hasFresh(ls []letter) bool {
	for i := range ls {
		if ls[i].fresh {
			return true
		}
	}
	return false
}

func oneAsL(table map[rune]string) map[rune]string {
	m := map[rune]string{}
	for r, s := range table {
		if s == "i" {
			s = "l"
		}
		m[r] = s
	}
	return m
}

// likeLatin takes Greek, Cyrillic and Armenian letters for the Latin ones that
// they look like. By case, a letter is looked up as it was written.
func likeLatin(in []letter, table map[rune]string, byCase bool) (out []letter, changed bool) {
	if !slices.ContainsFunc(in, func(l letter) bool { return foreign(l.script) }) {
		return nil, false
	}
	out = make([]letter, len(in))
	for i := range in {
		l := in[i]
		l.fresh, l.bad = false, l.script != latin && l.script != digit
		if foreign(l.script) {
			key := l.r
			if byCase {
				key = l.written
			}
			if instead, ok := table[key]; ok {
				c, _ := utf8.DecodeRuneInString(instead)
				l.r, l.fresh, l.bad, changed = unicode.ToLower(c), true, false, true
			}
		}
		out[i] = l
	}
	return out, changed
}

func foreign(s script) bool { return s == greek || s == cyrillic || s == armenian }

// strokes takes a capital I among small letters for an l, and a small l at the
// beginning of a word for an I.
func strokes(in []letter) (out []letter, changed bool) {
	for i := range in {
		var instead rune
		switch l := &in[i]; {
		case l.written == 'l' && l.gap != none:
			instead = 'i'
		case l.written == 'I' && l.gap == none && amongSmall(in, i):
			instead = 'l'
		}
		if instead == 0 {
			continue
		}
		if !changed {
			out, changed = unfreshened(in), true
		}
		out[i].r, out[i].fresh = instead, true
	}
	return out, changed
}

// amongSmall says that the letter after letter i is a small one, or at the end of
// a word the one before.
func amongSmall(ls []letter, i int) bool {
	if i+1 < len(ls) && ls[i+1].gap == none {
		return unicode.IsLower(ls[i+1].written)
	}
	return unicode.IsLower(ls[i-1].written)
}

// like takes the letters of other scripts for those of one script that they look
// like.
func like(in []letter, target script, table map[rune]string) (out []letter, changed bool) {
	out = make([]letter, len(in))
	for i := range in {
		l := in[i]
		l.fresh, l.bad = false, false
		if l.script != target {
			instead, ok := table[l.r]
			l.bad = !ok && l.script != digit
			if ok {
				l.r, _ = utf8.DecodeRuneInString(instead)
				l.fresh, changed = true, true
			}
		}
		out[i] = l
	}
	return out, changed
}

// expanded writes umlauts and their Nordic relations with two letters, as is
// done where a keyboard lacks them: Müller, Mueller; Håkon, Haakon.
func expanded(in []letter) (out []letter, changed bool) {
	for i := range in {
		l := in[i]
		l.fresh = false
		if c := second(&l); c != 0 {
			if !changed {
				out = append(make([]letter, 0, len(in)+64), unfreshened(in[:i])...)
			}
			changed = true
			next := l
			l.fresh = true
			next.r, next.gap, next.edge, next.joined, next.fresh = c, none, false, true, true
			out = append(out, l, next)
			continue
		}
		if changed {
			out = append(out, l)
		}
	}
	return out, changed
}

func unfreshened(in []letter) []letter {
	out := make([]letter, len(in))
	for i := range in {
		out[i] = in[i]
		out[i].fresh = false
	}
	return out
}

// second is the letter that follows when an umlaut is written with two letters;
// 0 for other letters.
func second(l *letter) rune {
	switch {
	case l.mark == 0x0308 && (l.r == 'a' || l.r == 'o' || l.r == 'u'), l.written == 'ø', l.written == 'Ø':
		return 'e'
	case l.mark == 0x030A && l.r == 'a':
		return 'a'
	}
	return 0
}

// runTogether takes pairs that look like one letter for it: rn for m, vv for w.
func runTogether(in []letter) (out []letter, changed bool) {
	for i := 0; i < len(in); i++ {
		l := in[i]
		l.fresh = false
		if i+1 < len(in) && in[i+1].gap == none {
			pair := [2]rune{l.r, in[i+1].r}
			var c rune
			switch pair {
			case [2]rune{'r', 'n'}:
				c = 'm'
			case [2]rune{'v', 'v'}:
				c = 'w'
			}
			if c != 0 {
				if !changed {
					out = append(make([]letter, 0, len(in)), unfreshened(in[:i])...)
				}
				changed = true
				l.r, l.to, l.fresh = c, in[i+1].to, true
				out = append(out, l)
				i++
				continue
			}
		}
		if changed {
			out = append(out, l)
		}
	}
	return out, changed
}
