package cli

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files anew")

func TestReferenceIsCurrent(t *testing.T) {
	var got bytes.Buffer
	if err := Reference(&got); err != nil {
		t.Fatal(err)
	}
	const file = "../../docs/cli.md"
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is not what the commands say of themselves; run `make generate`", file)
	}
}
