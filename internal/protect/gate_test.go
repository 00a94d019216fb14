package protect

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"epistle/internal/newsletter"
)

// row is a line of a corpus: its columns, and its number for messages.
type row struct {
	columns []string
	line    int
}

func corpus(t *testing.T, name string, width int) []row {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != width {
			t.Fatalf("%s:%d has %d columns instead of %d", name, number, len(columns), width)
		}
		rows = append(rows, row{columns, number})
	}
	return rows
}

func unquote(t *testing.T, s string) string {
	t.Helper()
	out, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return out
}

func testKey() []byte { return []byte("a key of thirty-two bytes, no less") }

func gateFor(t testing.TB, phrases ...string) *Gate {
	t.Helper()
	var list []Labelled
	for _, p := range phrases {
		entries, err := Hash(testKey(), p)
		if err != nil {
			t.Fatalf("%q: %v", p, err)
		}
		for _, e := range entries {
			list = append(list, Labelled{"label of " + p, e})
		}
	}
	g, err := New(testKey(), list)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAttemptsToSlipPast(t *testing.T) {
	t.Parallel()
	rows := corpus(t, "attempts.tsv", 4)
	found := 0
	for _, r := range rows {
		verdict, phrase, text, what := r.columns[0], unquote(t, r.columns[1]), unquote(t, r.columns[2]), r.columns[3]
		matches := gateFor(t, phrase).Search([]Text{{"text", text}})
		switch {
		case verdict == "found" && len(matches) == 0:
			t.Errorf("attempts.tsv:%d: %s slips past: %q in %q", r.line, what, phrase, text)
		case verdict == "limit" && len(matches) > 0:
			t.Errorf("attempts.tsv:%d: %s is found, and no limit any more: %q in %q", r.line, what, phrase, text)
		case verdict != "found" && verdict != "limit":
			t.Errorf("attempts.tsv:%d: unknown verdict %q", r.line, verdict)
		}
		if verdict == "found" {
			found++
		}
	}
	if found < 150 {
		t.Errorf("the corpus has only %d attempts", found)
	}
}

func TestHarmlessTextsPass(t *testing.T) {
	t.Parallel()
	rows := corpus(t, "harmless.tsv", 3)
	if len(rows) < 100 {
		t.Errorf("the corpus has only %d texts", len(rows))
	}
	for _, r := range rows {
		phrase, text, what := unquote(t, r.columns[0]), unquote(t, r.columns[1]), r.columns[2]
		for _, m := range gateFor(t, phrase).Search([]Text{{"text", text}}) {
			t.Errorf("harmless.tsv:%d: %s is refused: %q in %q at %q", r.line, what, phrase, text, text[m.Offset:m.Offset+m.Length])
		}
	}
}

func TestMatchesSayWhere(t *testing.T) {
	t.Parallel()
	g := gateFor(t, "Maria", "Maria López", "García", "王小明")
	tests := []struct {
		name, body string
		want       []string // label, and the original's bytes
	}{
		{"nothing", "Give thanks.", nil},
		{"an empty text", "", nil},
		{"a name", "We met Maria.", []string{"Maria=Maria"}},
		{"a name and a group over it", "We met Maria López.", []string{"Maria=Maria", "Maria López=Maria López"}},
		{"twice", "Maria and Maria", []string{"Maria=Maria", "Maria=Maria"}},
		{"what is invisible between", "We met M\u200ba\u0301ria.", []string{"Maria=M\u200ba\u0301ria"}},
		{"an accent at the end", "We met Maria\u0301!", []string{"Maria=Maria\u0301"}},
		{"references", "We met &#77;ari&aacute;!", []string{"Maria=&#77;ari&aacute;"}},
		{"a link inside", "We met [Ma](https://example.org/)ria!", []string{"Maria=Ma](https://example.org/)ria"}},
		{"percent-encoding", "https://example.org/%6Daria%2Fgarc%C3%ADa?", []string{"Maria=%6Daria", "García=garc%C3%ADa"}},
		{"a reversed name", "\u202eairaM\u202c sings", []string{"Maria=airaM"}},
		{"an internationalised domain", "https://xn--garca-2sa.example/", []string{"García=xn--garca-2sa"}},
		{"no spaces", "昨天王小明来了", []string{"王小明=王小明"}},
		{"in order of appearance", "García, Maria", []string{"García=García", "Maria=Maria"}},
		{"without the genitive s", "Marias Haus", []string{"Maria=Maria"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range g.Search([]Text{{"subject", "plain"}, {"item 7", test.body}}) {
				if m.Place != "item 7" {
					t.Errorf("found at %s", m.Place)
				}
				got = append(got, strings.TrimPrefix(m.Label, "label of ")+"="+test.body[m.Offset:m.Offset+m.Length])
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestOneLabelForSeveralPhrasesIsReportedOnceAPlace(t *testing.T) {
	t.Parallel()
	var list []Labelled
	for _, p := range []string{"Maria López", "Maria", "López"} {
		entries, err := Hash(testKey(), p)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, Labelled{"case 7", entries[0]})
	}
	g, err := New(testKey(), list)
	if err != nil {
		t.Fatal(err)
	}
	found := g.Search([]Text{{"a", "Maria López"}, {"b", "López"}})
	if len(found) != 2 || found[0].Place != "a" || found[0].Length != len("Maria López") || found[1].Place != "b" {
		t.Errorf("got %+v", found)
	}
}

func TestAnotherKeyFindsNothing(t *testing.T) {
	t.Parallel()
	entries, err := Hash(testKey(), "Maria")
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(bytes.Repeat([]byte{7}, 32), []Labelled{{"case 7", entries[0]}})
	if err != nil {
		t.Fatal(err)
	}
	if found := g.Search([]Text{{"a", "Maria"}}); len(found) > 0 {
		t.Errorf("got %+v", found)
	}
}

func TestEntriesKeepNothingButHashesAndLength(t *testing.T) {
	t.Parallel()
	for phrase, want := range map[string][]Entry{
		"Maria":                {{Length: 5, Hashes: make([]byte, 32)}},
		"María  López":         {{Length: 10, Hashes: make([]byte, 2*32)}},
		"Ana Maria de la Cruz": {{Length: 16, Hashes: make([]byte, 120*32)}},
		"Müller":               {{Length: 6, Hashes: make([]byte, 32)}, {Length: 7, Hashes: make([]byte, 32)}},
		"4711/2019":            {{Length: 8, Hashes: make([]byte, 2*32)}},
	} {
		got, err := Hash(testKey(), phrase)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %d entries, %v", phrase, len(got), err)
		}
		for i := range got {
			if got[i].Length != want[i].Length || len(got[i].Hashes) != len(want[i].Hashes) {
				t.Errorf("%q: length %d and %d bytes", phrase, got[i].Length, len(got[i].Hashes))
			}
		}
	}
	a, errA := Hash(testKey(), "Maria López")
	b, errB := Hash(testKey(), "LOPEZ, maría")
	if errA != nil || errB != nil || !bytes.Equal(a[0].Hashes, b[0].Hashes) {
		t.Errorf("the order of the words can be told from the entry")
	}
}

func TestPhrasesThatCannotBeProtected(t *testing.T) {
	t.Parallel()
	for _, phrase := range []string{
		"", " \t", "x", "王", "...", "123", "one two three four five six", strings.Repeat("zorvika", 15), "\u200b\u200d", "&#77;",
	} {
		entries, err := Hash(testKey(), phrase)
		if err == nil || entries != nil {
			t.Errorf("%q is accepted", phrase)
			continue
		}
		if newsletter.KindOf(err) != newsletter.Invalid || newsletter.RemedyOf(err) == "" {
			t.Errorf("%q: kind %v, remedy %q", phrase, newsletter.KindOf(err), newsletter.RemedyOf(err))
		}
		if word := strings.TrimSpace(phrase); len(word) > 3 && strings.Contains(err.Error()+newsletter.RemedyOf(err), word) {
			t.Errorf("the error repeats the phrase: %v", err)
		}
	}
	if _, err := Hash([]byte("short"), "Maria"); newsletter.KindOf(err) != newsletter.Usage {
		t.Errorf("a short key: %v", err)
	}
}

func TestDamagedEntriesAreRefused(t *testing.T) {
	t.Parallel()
	entries, err := Hash(testKey(), "Maria López")
	if err != nil {
		t.Fatal(err)
	}
	good := entries[0]
	for name, e := range map[string]Entry{
		"none":          {},
		"cut off":       {good.Length, good.Hashes[:40]},
		"three orders":  {good.Length, append(good.Hashes[:64:64], good.Hashes[:32]...)},
		"no length":     {0, good.Hashes},
		"a huge length": {1 << 40, good.Hashes},
	} {
		if _, err := New(testKey(), []Labelled{{"case 7", e}}); err == nil || !strings.Contains(err.Error(), "case 7") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(nil, nil); newsletter.KindOf(err) != newsletter.Usage {
		t.Errorf("no key: %v", err)
	}
}

func TestGateTellsNothingWhenPrinted(t *testing.T) {
	t.Parallel()
	g := gateFor(t, "Maria", "López")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, g); got != "protection gate (2 entries)" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func TestGateServesSeveralAtOnce(t *testing.T) {
	t.Parallel()
	g := gateFor(t, "Maria", "López")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if found := g.Search([]Text{{"a", "We met Maria López."}}); len(found) != 2 {
					t.Errorf("got %+v", found)
					return
				}
			}
		})
	}
	all.Wait()
}
