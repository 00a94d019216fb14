package render

import (
	"os"
	"path/filepath"
	"testing"

	"epistle/internal/judge"
	"epistle/internal/manuscript"
)

// sent is a manuscript as an office sends it in, with its little faults.
const sent = "The Weekly Lantern\r\n\r\n\"A lamp does not ask who is at sea.\"\r\n\r\n- Keeper's log, 1871\r\n\r\n\r\n" +
	"  • Hope for the school in Fenmouth,  which opened on Tuesday .\r\n\r\nRiver Towns\r\n\r\n" +
	"  • Remember Tobias* and his sister. (Read more about the boatyard )\r\n  • Give thanks for the reading room: two hundred books & one stove.\r\n\r\n" +
	"Lighthouse Towns & Islands\r\n\r\nNineteen towns keep a light together.\r\n\r\nThe keepers\u2019 gathering begins on Thursday."

// TestManuscriptsKeepEveryWord reads the manuscript above and, when
// EPISTLE_MANUSCRIPTS names a folder, every .txt file there.
func TestManuscriptsKeepEveryWord(t *testing.T) {
	t.Parallel()
	sources := map[string]string{"sent": sent}
	if dir := os.Getenv("EPISTLE_MANUSCRIPTS"); dir != "" {
		files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no manuscripts in EPISTLE_MANUSCRIPTS=%s: %v", dir, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources[filepath.Base(file)] = string(data)
		}
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			m, err := manuscript.Read([]byte(source), manuscript.Options{Name: name, CreateSections: true})
			if err != nil {
				t.Fatal(err)
			}
			d := lantern()
			d.Content, d.Pseudonyms = m.Content, m.Pseudonyms
			b := mustRender(t, d)
			html, text := b.For(reader1)
			want := judge.Words(source)
			if d.Content.Note != "" { // stands as the footnote, which is not content
				want = contentWords(t, d)
			}
			compareWords(t, "HTML", judge.PageWords(t, html), want)
			compareWords(t, "text", judge.TextWords(text), want)
			if b.HTMLSize() > MaxHTML {
				t.Errorf("%d bytes of HTML", b.HTMLSize())
			}
		})
	}
}
