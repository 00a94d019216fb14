package render

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

// TestAnotherLookHasAnotherFormat makes sure that whoever changes how a bulletin
// looks raises newsletter.DocumentFormat: an approval was given to the looks too, and
// a bulletin that was approved in older ones must be looked at again.
func TestAnotherLookHasAnotherFormat(t *testing.T) {
	t.Parallel()
	var looks strings.Builder
	all := documents()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		doc := *all[name]
		doc.Format = 0 // the slots' names hang on the hash, and the hash on the format
		html, text := mustRender(t, &doc).For(reader1)
		looks.WriteString(name + "\x00" + html + "\x00" + text + "\x00")
	}
	got := fmt.Sprintf("%d %x\n", newsletter.DocumentFormat, sha256.Sum256([]byte(looks.String())))
	const file = "testdata/format.txt"
	want, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if string(want) == got {
		return
	}
	var format int
	if _, err := fmt.Sscan(string(want), &format); err == nil && format == newsletter.DocumentFormat {
		t.Fatalf("bulletins of format %d look otherwise than before: raise newsletter.DocumentFormat, then run: make golden", format)
	}
	if !*update {
		t.Fatalf("the format is %d now; run: make golden", newsletter.DocumentFormat)
	}
	if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
		t.Fatal(err)
	}
}
