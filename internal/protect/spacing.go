package protect

import "unicode"

// spacing gathers what stands between two letters.
type spacing struct {
	// any: something that shows; first what came first.
	any   bool
	first rune
	white bool
	// line: a line ended; blank: an empty line followed.
	line, blank bool
	// long: a long dash or a row of dots.
	long bool
	dots int
	// closed: a tag ended; outside: another began after it, so that the letters
	// belong to the names of two tags.
	closed, outside bool
	// shown counts the signs that are no white space.
	shown int
	// stop: the end of a sentence or of a part of it.
	stop bool
	// division: an invisible place where words may be divided.
	division bool
	// nonJoiner: what ends a part of a word in Persian, and means nothing in
	// most other scripts.
	nonJoiner bool
}

// add takes note of a character that is no letter.
func (s *spacing) add(r rune) {
	switch {
	case r == 0x200B:
		s.division = true
		return
	case r == 0x200C:
		s.nonJoiner = true
		return
	case r == 0x00AD:
		// A soft hyphen before the end of a line is a hyphen.
		if !s.any && s.first == 0 {
			s.first = '-'
		}
		return
	case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == 0:
		return
	}
	s.any = true
	if s.first == 0 {
		s.first = r
	}
	if !unicode.IsSpace(r) {
		s.shown++
	}
	switch {
	case r == '\n' || r == 0x0B || r == 0x0C || r == 0x85 || r == 0x2028 || r == 0x2029:
		s.blank = s.blank || s.line
		s.white, s.line = true, true
	case unicode.IsSpace(r):
		s.white = true
	case r == '>':
		s.closed = true
	case r == '<':
		s.outside = s.outside || s.closed
	case r == 0x2014 || r == 0x2015 || r == 0x2E3A || r == 0x2E3B || r == 0x2026:
		s.long = true
	case r == '.':
		s.dots++
		s.long = s.long || s.dots > 1
		s.stop = true
	case sentenceStop(r):
		s.stop = true
	}
}

func sentenceStop(r rune) bool {
	switch r {
	case ',', '!', '?', ';', ':', '|', '/', '“', '”', '、', '。', '।', '〈', '〉', '《', '》', '「', '」', '『', '』':
		return true
	}
	return false
}

// gap classifies what was gathered between letters of two scripts, and says
// whether a word can begin after it.
func (s *spacing) gap(before, after script) (g gap, edge bool) {
	dense := before.anyOffset() && after.anyOffset()
	switch {
	case !s.any:
		return none, s.division || s.nonJoiner && before == arabic
	case s.shown > maxShown && s.white:
		return far, true
	case s.line && !s.blank && hyphen(s.first):
		return tight, true
	case dense && s.stop || s.outside:
		return wide, true
	case s.white && !s.stop && before == digit && after == digit && !s.line,
		s.white && !s.blank && before == wrapped && after == wrapped:
		return tight, true
	case s.white:
		return wide, true
	case s.long:
		return dash, true
	}
	return tight, true
}

func hyphen(r rune) bool {
	switch r {
	case '-', 0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0x058A, 0x05BE, 0x1806, 0x30A0, 0xFE63, '=', '¬', 0x2043:
		return true
	}
	return false
}

// setEdges finds where words can begin.
func setEdges(ls []letter) {
	for i := range ls {
		l := &ls[i]
		if i == 0 {
			l.gap, l.edge, l.joined = wide, true, false
			continue
		}
		before := &ls[i-1]
		switch {
		case l.gap != none:
		case l.joined:
			l.edge = false
		case before.script.anyOffset() || l.script.anyOffset(),
			(before.script == digit) != (l.script == digit):
			l.edge = true
		case unicode.IsUpper(l.written):
			// CamelCase, as in hashtags and names of files.
			l.edge = l.edge || unicode.IsLower(before.written) ||
				i+1 < len(ls) && ls[i+1].gap == none && unicode.IsUpper(before.written) && unicode.IsLower(ls[i+1].written)
		}
	}
}
