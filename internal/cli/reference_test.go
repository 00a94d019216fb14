package cli

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"epistle/internal/definition"
	"epistle/internal/preflight"
)

var update = flag.Bool("update", false, "write the generated files anew")

func TestReferenceIsCurrent(t *testing.T) {
	var got bytes.Buffer
	if err := Reference(&got); err != nil {
		t.Fatal(err)
	}
	isCurrent(t, "../../docs/cli.md", got.Bytes())
}

// The page of a newsletter's definition is its commented example, and what each
// check wants.
func TestNewsletterPageIsCurrent(t *testing.T) {
	var got bytes.Buffer
	got.WriteString(newsletterPage)
	got.WriteString("\n```toml\n")
	got.Write(definition.Example("weekly", "news.example.org"))
	got.WriteString("```\n\n## Checks\n\nThe verdict is what a check says when it finds something, unless `[checks]` sets it otherwise.\n\n")
	if err := preflight.Reference(&got); err != nil {
		t.Fatal(err)
	}
	isCurrent(t, "../../docs/newsletter.md", got.Bytes())
}

const newsletterPage = `<!-- Made from internal/definition and internal/preflight by "make generate"; change it there. -->

# A newsletter's definition

One TOML file says what a newsletter is. ` + "`epistle newsletters show SLUG`" + ` writes it as it stands, without the keys that are not set;
` + "`newsletters edit SLUG --file FILE`" + ` puts a changed one to use, ` + "`newsletters add SLUG --file FILE`" + ` makes another newsletter. This is
the definition of a new one, with every key:
`

func isCurrent(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the program says of itself; run `make generate`", file)
	}
}
