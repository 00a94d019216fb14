package protect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// disguises are ways to write a letter, or to put something before it, that leave
// a reader the same name.
func disguises() map[string]func(*rand.Rand, rune) string {
	pick := func(random *rand.Rand, list ...string) string { return list[random.IntN(len(list))] }
	lookalikes := map[rune][]string{}
	for r, s := range theTables().latin {
		lookalikes[rune(s[0])] = append(lookalikes[rune(s[0])], string(r))
	}
	for _, list := range lookalikes {
		slices.Sort(list)
	}
	return map[string]func(*rand.Rand, rune) string{
		"zero width": func(random *rand.Rand, r rune) string {
			return pick(random, "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u034f") + string(r)
		},
		"bidi marks": func(random *rand.Rand, r rune) string {
			return pick(random, "\u200e", "\u200f", "\u202a", "\u202c", "\u2066", "\u2069", "\u061c") + string(r)
		},
		"case": func(_ *rand.Rand, r rune) string { return string(unicode.ToUpper(r)) },
		"accents": func(random *rand.Rand, r rune) string {
			return string(r) + pick(random, "\u0300", "\u0301", "\u0327", "\u0336", "\u0323\u0302", "\u20dd")
		},
		"marks": func(random *rand.Rand, r rune) string {
			return pick(random, "*", "**", "_", "~~", "`", "\\", "][", "·") + string(r)
		},
		"reference": func(random *rand.Rand, r rune) string {
			return fmt.Sprintf(pick(random, "&#%d;", "&#x%x;", "&amp;#%d;", "&#0%d;"), r)
		},
		"percent": func(_ *rand.Rand, r rune) string { return fmt.Sprintf("%%%02X", string(r)) },
		"lookalike": func(random *rand.Rand, r rune) string {
			return pick(random, slices.Concat(lookalikes[r], []string{string(r)})...)
		},
		"wide": func(_ *rand.Rand, r rune) string { return string(r - 'a' + 'ａ') },
		"bold": func(_ *rand.Rand, r rune) string { return string(r - 'a' + '𝐚') },
		"tag": func(random *rand.Rand, r rune) string {
			return pick(random, "<b>", "</i>", "<!-- x -->", "<x y=z>") + string(r)
		},
		"hyphen": func(random *rand.Rand, r rune) string {
			return pick(random, "-", "-\n", "\u00ad\n", "\u2010", "\u2011") + string(r)
		},
	}
}

func TestDisguisesOfANameAreFound(t *testing.T) {
	t.Parallel()
	g := gateFor(t, "zorvika quellen")
	all := disguises()
	kinds := make([]string, 0, len(all))
	for kind := range all {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 2))
			for range 500 {
				check(t, g, random, all[kind])
			}
		})
	}
	t.Run("everything at once", func(t *testing.T) {
		t.Parallel()
		random := rand.New(rand.NewPCG(3, 4))
		for range 5000 {
			check(t, g, random, func(random *rand.Rand, r rune) string { return all[kinds[random.IntN(len(kinds))]](random, r) })
		}
	})
}

// check disguises some letters of the name within a sentence, in either order of
// its words, and looks for it.
func check(t *testing.T, g *Gate, random *rand.Rand, disguise func(*rand.Rand, rune) string) {
	t.Helper()
	words := []string{"zorvika", "quellen"}
	if random.IntN(2) == 0 {
		slices.Reverse(words)
	}
	for i, w := range words {
		var b strings.Builder
		for _, r := range w {
			if random.IntN(2) == 0 {
				b.WriteString(disguise(random, r))
			} else {
				b.WriteRune(r)
			}
		}
		words[i] = b.String()
	}
	before, after := "Give thanks for ", ", who keeps the lamp."
	body := before + words[0] + " " + words[1] + after
	matches := g.Search([]Text{{"item", body}})
	if len(matches) != 1 {
		t.Fatalf("%d matches in %q", len(matches), body)
	}
	m := matches[0]
	if m.Offset < len(before) || m.Offset+m.Length > len(body)-len(after)+3 {
		t.Fatalf("found %q in %q", body[m.Offset:m.Offset+m.Length], body)
	}
}

func FuzzSearchFindsANameAnywhere(f *testing.F) {
	for _, s := range []string{
		"plain", "](", "<", "<!--", "&", "&#", "%", "%4", "xn--", "\u202e", "[a](", "\xff", "M a r i a ", "`", "e\u0301", "ᄀ", "中", "マ", "\u0e40", "1", "xn--mara-2pa",
	} {
		f.Add(s, s)
	}
	g := gateFor(f, "zorvika quellen", "王小明", "4711/2019")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, name := range []string{"Zorvika Quellen", "Quellen, Zorvika", "王小明", "4711-2019"} {
			body := before + "\n" + name + "\n" + after
			found := false
			for _, m := range g.Search([]Text{{"text", body}}) {
				if m.Offset < 0 || m.Length <= 0 || m.Offset+m.Length > len(body) {
					t.Fatalf("a match at %d of %d bytes in %d", m.Offset, m.Length, len(body))
				}
				at := len(before) + 1
				found = found || m.Offset < at+len(name) && m.Offset+m.Length > at
			}
			if !found {
				t.Fatalf("%q slips past in %q", name, body)
			}
		}
	})
}

func FuzzHashedPhraseIsFound(f *testing.F) {
	for _, s := range []string{"Maria", "Ana Maria", "4711/2019", "A. B. C.", "Müller", "山田 太郎", "김 철수", "مريم", "&#77;x", "a–b", "<Maria>", "J L", "\u202eab", "IJ", "ab—c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, phrase string) {
		entries, err := Hash(testKey(), phrase)
		if err != nil {
			return
		}
		var list []Labelled
		for _, e := range entries {
			list = append(list, Labelled{"phrase", e})
		}
		g, err := New(testKey(), list)
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Search([]Text{{"text", phrase}})) == 0 {
			t.Fatalf("%q is not found in itself", phrase)
		}
	})
}
