package render

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"epistle/internal/newsletter"
)

// TestAnotherLookHasAnotherFormat makes sure that whoever changes how a bulletin
// looks raises newsletter.DocumentFormat: an approval was given to the looks too, and
// a bulletin that was approved in older ones must be looked at again.
func TestAnotherLookHasAnotherFormat(t *testing.T) {
	t.Parallel()
	sum := sha256.New()
	all := documents()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		doc := *all[name]
		doc.Format = 0 // the slots' names hang on the hash, and the hash on the format
		html, text := mustRender(t, &doc).For(reader1)
		fmt.Fprintf(sum, "%s\x00%s\x00%s\x00", name, html, text)
	}
	got := fmt.Sprintf("%d %x\n", newsletter.DocumentFormat, sum.Sum(nil))
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
