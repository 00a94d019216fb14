package protect

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"epistle/internal/newsletter"
)

// Text is something to search: the subject, an item, a link's target, the name of
// a file. Place says where it stands, for the person who must mend it.
type Text struct {
	Place, Body string
}

// Match is a protected phrase that was found. It does not hold the words.
type Match struct {
	Label, Place string
	// Offset and Length are the bytes of Text.Body that say it, marks and
	// invisible characters between them included.
	Offset, Length int
}

// Gate knows protected phrases by their hashes. It is safe for concurrent use.
type Gate struct {
	key    []byte
	labels []string
	// phrases finds an entry by hash; the value is an index into entries.
	phrases map[[sha256.Size]byte][]int32
	entries []entry
	// words has, for each length, the largest number of words of an entry of
	// that length; lengths are those that some entry has, in order.
	words   [maxLetters + 1]int8
	lengths []int
}

type entry struct {
	label int32
	words int8
}

// New makes a gate from the key with which the entries were hashed. It refuses
// (Usage) a short key and (Failed) an entry that is no result of Hash.
func New(key []byte, entries []Labelled) (*Gate, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	g := &Gate{key: slices.Clone(key), phrases: make(map[[sha256.Size]byte][]int32, len(entries))}
	labels := map[string]int32{}
	for _, e := range entries {
		words := e.Entry.Words()
		if words == 0 || e.Entry.Length < minLetters || e.Entry.Length > maxLetters {
			return nil, newsletter.Errorf(newsletter.Failed, "an entry of the deny-list labelled %q is damaged", e.Label).
				With("Remove the label with: epistle protect remove\nThen add its words again.")
		}
		label, ok := labels[e.Label]
		if !ok {
			label = int32(len(g.labels))
			labels[e.Label], g.labels = label, append(g.labels, e.Label)
		}
		g.add(e.Entry, entry{label, int8(words)})
	}
	for n, words := range g.words {
		if words > 0 {
			g.lengths = append(g.lengths, n)
		}
	}
	return g, nil
}

func (g *Gate) add(e Entry, kept entry) {
	index := int32(len(g.entries))
	g.entries = append(g.entries, kept)
	g.words[e.Length] = max(g.words[e.Length], kept.words)
	for sum := range slices.Chunk(e.Hashes, sha256.Size) {
		k := [sha256.Size]byte(sum)
		if list := g.phrases[k]; len(list) == 0 || list[len(list)-1] != index {
			g.phrases[k] = append(list, index)
		}
	}
}

// Format writes how many entries the gate has, whatever the verb: neither the key
// nor a hash gets into a log by accident.
func (g *Gate) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "protection gate (%d entries)", len(g.entries))
}

// Search finds every protected phrase in every text, in the order of the texts
// and within them. Phrases of one label that lie over each other are one match.
// A name that begins in one text and ends in the next is not found.
func (g *Gate) Search(texts []Text) []Match {
	var found []Match
	if len(g.entries) == 0 {
		return nil
	}
	sc := newScanner(g)
	for _, t := range texts {
		found = append(found, sc.search(t)...)
	}
	return found
}

// tidy sorts the matches of one text and drops those that lie over another of
// the same label.
func tidy(found []Match) []Match {
	slices.SortFunc(found, func(a, b Match) int {
		if c := strings.Compare(a.Label, b.Label); c != 0 {
			return c
		}
		if a.Offset != b.Offset {
			return a.Offset - b.Offset
		}
		return b.Length - a.Length
	})
	var kept []Match
	for _, m := range found {
		if n := len(kept); n > 0 && kept[n-1].Label == m.Label && m.Offset < kept[n-1].Offset+kept[n-1].Length {
			continue
		}
		kept = append(kept, m)
	}
	slices.SortStableFunc(kept, func(a, b Match) int { return a.Offset - b.Offset })
	return kept
}
