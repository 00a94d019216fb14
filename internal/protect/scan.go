package protect

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"math"
	"unicode/utf8"
)

// softLength is the number of letters from which a name is also found before a
// final s and after the letters that Arabic and Hebrew write together with it.
const softLength = 4

// dashLength is the number of letters from which a word may go on after a long
// dash: in "neither here nor—a moment later" there is no Nora.
const dashLength = 5

// scanner searches readings for the phrases of a gate. It belongs to one
// goroutine.
type scanner struct {
	gate *Gate
	mac  hash.Hash
	sum  []byte
	// reading is the one being searched; the slices below belong to it.
	reading
	// bytes are its letters, off where each begins, the end included.
	bytes []byte
	off   []int32
	// The counts before each letter: wide and far gaps, dashes, any gaps, letters that
	// begin a unit, fresh and bad ones.
	counts []count
	// starts and ends say what a boundary before each letter is good for.
	starts, ends []edge
}

type count struct{ wide, far, dash, gaps, units, fresh, bad int32 }

type edge uint8

const (
	noEdge edge = iota
	softEdge
	hardEdge
)

func newScanner(g *Gate) *scanner {
	return &scanner{gate: g, mac: hmac.New(sha256.New, g.key)}
}

func (s *scanner) search(t Text) []Match {
	var found []Match
	report := func(e entry, from, to int32) {
		found = append(found, Match{Label: s.gate.labels[e.label], Place: t.Place, Offset: int(from), Length: int(to - from)})
	}
	for i, src := range readings(t.Body) {
		ls := letters(src, nil)
		s.scan(reading{letters: ls, partial: i > 0, min: minLetters}, report)
		for _, r := range rereadings(src, ls) {
			s.scan(r, report)
		}
	}
	return tidy(found)
}

// scan tries every window of a reading whose length some entry has.
func (s *scanner) scan(r reading, report func(e entry, from, to int32)) {
	s.prepare(r)
	n := len(r.letters)
	for i := range n {
		if s.starts[i] == noEdge {
			continue
		}
		for _, length := range s.gate.lengths {
			j := i + length
			if j > n {
				break
			}
			if s.ends[j] != noEdge && length >= r.min {
				s.window(i, j, report)
			}
		}
	}
}

func (s *scanner) prepare(r reading) {
	s.reading = r
	s.bytes, s.off, s.counts = s.bytes[:0], s.off[:0], s.counts[:0]
	s.starts, s.ends = s.starts[:0], s.ends[:0]
	var c count
	inside := spelled(r.letters)
	for i := range r.letters {
		l := &r.letters[i]
		s.off = append(s.off, int32(len(s.bytes)))
		s.bytes = utf8.AppendRune(s.bytes, l.r)
		s.starts, s.ends = append(s.starts, s.start(i)), append(s.ends, s.end(i))
		c.add(l, inside[i])
		s.counts = append(s.counts, c)
	}
	s.off = append(s.off, int32(len(s.bytes)))
	s.starts, s.ends = append(s.starts, hardEdge), append(s.ends, hardEdge)
}

func (c *count) add(l *letter, inside bool) {
	switch {
	case inside: // of a word that is spelled out
	case l.gap == far:
		c.far++
		c.wide++
	case l.gap == wide:
		c.wide++
	case l.gap == dash:
		c.dash++
	}
	if l.gap != none {
		c.gaps++
	}
	if !l.joined {
		c.units++
	}
	if l.fresh {
		c.fresh++
	}
	if l.bad {
		c.bad++
	}
}

// start says whether a name can begin with letter i.
func (s *scanner) start(i int) edge {
	l := &s.letters[i]
	switch {
	case l.edge:
		return hardEdge
	case l.joined || i == 0:
	case s.starts[i-1] != noEdge && proclitic(s.letters[i-1].r):
		return softEdge
	}
	return noEdge
}

// end says whether a name can end before letter i.
func (s *scanner) end(i int) edge {
	l := &s.letters[i]
	switch {
	case l.edge:
		return hardEdge
	case l.r == 's' && (i+1 == len(s.letters) || s.letters[i+1].edge):
		return softEdge
	}
	return noEdge
}

// window looks up the letters i to j if the gaps among them allow for a name.
func (s *scanner) window(i, j int, report func(e entry, from, to int32)) {
	length := j - i
	if (s.starts[i] == softEdge || s.ends[j] == softEdge) && length < softLength {
		return
	}
	first, last := &s.counts[i], &s.counts[j-1]
	// The gap before the first letter does not belong to the window.
	wides, gaps := int(last.wide-first.wide), int(last.gaps-first.gaps)
	if length < dashLength {
		wides += int(last.dash - first.dash)
	}
	units := int(last.units-first.units) + 1
	spelled := last.far == first.far && (gaps+1 == units && units > 2 || gaps+2 == units && gaps > 2)
	least := int8(min(wides+1, math.MaxInt8))
	switch {
	case spelled:
		least = 1
	case gaps == 1 && units == 2 && s.letters[i].script != wrapped:
		// Two single letters are initials, not a name of two letters.
		least = 2
	}
	torn := s.letters[i].script == latin && !s.partial && !spelled && wides > 0 && length >= tornLength && s.starts[i] == hardEdge && s.ends[j] == hardEdge
	if most := s.gate.words[length]; least > most && !(torn && least == most+1) || s.partial && !s.ofInterest(i, j) {
		return
	}
	s.lookUp(i, j, least, torn, report)
}

// ofInterest applies the rules of a reading that is not the first.
func (s *scanner) ofInterest(i, j int) bool {
	var before count
	if i > 0 {
		before = s.counts[i-1]
	}
	last := &s.counts[j-1]
	fresh := int(last.fresh - before.fresh)
	native := s.native
	if native > 0 && s.letters[i].fresh {
		native++
	}
	if fresh == 0 || last.bad != before.bad || j-i-fresh < native {
		return false
	}
	if !s.lookalike || fresh < j-i || j-i >= shortLikeness {
		return true
	}
	of := s.letters[i].script
	return (i == 0 || s.letters[i-1].script != of) && (j == len(s.letters) || s.letters[j].script != of)
}

// lookUp reports the entries of at least so many words whose hash the letters i
// to j have; where a word may be torn, also of one less.
func (s *scanner) lookUp(i, j int, least int8, torn bool, report func(e entry, from, to int32)) {
	s.mac.Reset()
	s.mac.Write(s.bytes[s.off[i]:s.off[j]])
	s.sum = s.mac.Sum(s.sum[:0])
	for _, index := range s.gate.phrases[[sha256.Size]byte(s.sum)] {
		e := s.gate.entries[index]
		if e.words >= least || torn && e.words == least-1 && s.mayBeTorn(i, j) {
			from, to := s.extent(i, j)
			report(e, from, to)
		}
	}
}

// extent is where the letters stand in the original. Reversed letters stand
// there in the other direction.
func (s *scanner) extent(i, j int) (from, to int32) {
	from, to = s.letters[i].from, s.letters[i].to
	for k := i + 1; k < j; k++ {
		from, to = min(from, s.letters[k].from), max(to, s.letters[k].to)
	}
	return from, to
}
