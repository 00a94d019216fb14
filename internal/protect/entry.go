package protect

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"

	"epistle/internal/newsletter"
)

// MaxWords is how many words a protected group may have.
const MaxWords = 5

const (
	// maxLetters bounds a phrase: longer windows are not searched.
	maxLetters = 100
	// minLetters is the shortest phrase. One letter would be found everywhere.
	minLetters = 2
	// minDigits is the shortest number: shorter ones are dates, ages and
	// chapters.
	minDigits = 4
	// minKey is the shortest key, in bytes (RFC 2104 §3).
	minKey = sha256.Size
)

// Entry is all that is kept of a protected phrase, beside its label.
type Entry struct {
	// Length is the number of its normalised letters.
	Length int
	// Hashes are HMAC-SHA-256 values of 32 bytes each, one after another and
	// sorted: one for each order of the words, the words run together. So their
	// number tells the number of words and nothing else.
	Hashes []byte
}

// Words is the number of words of the phrase; 0 for an entry that is damaged.
func (e Entry) Words() int {
	orders := 1
	for words := 1; words <= MaxWords; words++ {
		orders *= words
		if len(e.Hashes) == orders*sha256.Size {
			return words
		}
	}
	return 0
}

// Labelled is an entry with the label under which an editor knows it.
type Labelled struct {
	Label string
	Entry Entry
}

// Hash makes the entries of one phrase: a name, a place, a case number, or a
// group of up to five words that are only together a secret. A second entry is
// made for a phrase with umlauts, which are also written with two letters. The
// phrase is not kept, and errors do not repeat it.
//
// Hash refuses (Usage) a key of less than 32 bytes, and (Invalid) a phrase with
// fewer than two letters, of digits alone with fewer than four, with more than
// five words or more than 100 letters.
func Hash(key []byte, phrase string) ([]Entry, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	shown, _ := decode(plain(phrase))
	folded := letters(shown, nil)
	words, err := split(folded)
	if err != nil {
		return nil, err
	}
	entries := []Entry{entryOf(key, words)}
	if longer, changed := expanded(folded); changed && len(longer) <= maxLetters {
		if words, err = split(longer); err != nil {
			return nil, err
		}
		entries = append(entries, entryOf(key, words))
	}
	return entries, nil
}

func checkKey(key []byte) error {
	if len(key) < minKey {
		return newsletter.Errorf(newsletter.Usage, "the key of the protection gate has %d bytes instead of at least %d", len(key), minKey)
	}
	return nil
}

// split gives the words of a phrase. Signs inside of a word divide it, so that
// Jean-Luc is found as Jean Luc too, unless that makes too many words, as in a
// case number.
func split(ls []letter) ([]string, error) {
	digits := 0
	for i := range ls {
		if ls[i].script == digit {
			digits++
		}
	}
	switch n := len(ls); {
	case n < minLetters:
		return nil, newsletter.Errorf(newsletter.Invalid, "the phrase has %d letters; fewer than %d would be found everywhere", n, minLetters).
			With("Protect the full name, or a group of words.")
	case digits == n && n < minDigits:
		return nil, newsletter.Errorf(newsletter.Invalid, "the number has %d digits; fewer than %d would be found everywhere", n, minDigits).
			With("Protect it together with the word that stands beside it.")
	case n > maxLetters:
		return nil, newsletter.Errorf(newsletter.Invalid, "the phrase has %d letters, more than %d", n, maxLetters).
			With("Write one name, place or number a line.")
	}
	for _, divides := range []gap{tight, wide} {
		words := wordsOf(ls, divides)
		if len(words) <= MaxWords {
			return words, nil
		}
	}
	return nil, newsletter.Errorf(newsletter.Invalid, "the phrase has more than %d words", MaxWords).
		With("Protect the words that give the person away, at most five in a group.")
}

// wordsOf divides letters where the gap is at least as wide as the given one.
func wordsOf(ls []letter, divides gap) []string {
	var words []string
	var word strings.Builder
	for i := range ls {
		if ls[i].gap >= divides && word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
		word.WriteRune(ls[i].r)
	}
	return append(words, word.String())
}

func entryOf(key []byte, words []string) Entry {
	length := 0
	for _, w := range words {
		length += len([]rune(w))
	}
	mac := hmac.New(sha256.New, key)
	var sums [][]byte
	orders(words, func(run string) {
		mac.Reset()
		mac.Write([]byte(run))
		sums = append(sums, mac.Sum(nil))
	})
	slices.SortFunc(sums, bytes.Compare)
	return Entry{Length: length, Hashes: bytes.Join(sums, nil)}
}

// orders calls f for the words run together, once for each order.
func orders(words []string, f func(string)) {
	words = slices.Clone(words)
	var place func(int)
	place = func(k int) {
		if k == len(words) {
			f(strings.Join(words, ""))
			return
		}
		for i := k; i < len(words); i++ {
			words[k], words[i] = words[i], words[k]
			place(k + 1)
			words[k], words[i] = words[i], words[k]
		}
	}
	place(0)
}
