package config

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	const path = "../../docs/configuration.md"
	var want bytes.Buffer
	if err := Reference(&want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not current; run: make generate", path)
	}
}

func TestExampleIsTheDefault(t *testing.T) {
	t.Parallel()
	c, err := load(t, string(Example()))
	if err != nil {
		t.Fatal(err)
	}
	want, err := load(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.String() != want.String() {
		t.Errorf("got\n%s\nwant\n%s", c, want)
	}
}

func TestEveryLineOfTheExampleCanBeUsed(t *testing.T) {
	t.Parallel()
	var lines []string
	for line := range strings.Lines(string(Example())) {
		// "#key = …" is a setting, "# Words" a comment.
		if strings.HasPrefix(line, "#") && strings.Contains(line, " = ") && line[1] != ' ' {
			line = line[1:]
		}
		lines = append(lines, line)
		if len([]rune(line)) > 81 {
			t.Errorf("a line is longer than 80 columns: %s", line)
		}
	}
	r := read("epistle.toml", []byte(strings.Join(lines, "")), nil)
	r.config.SMTP.PasswordFile = "" // either, not both
	r.check()
	if err := r.faults.Err(); err != nil {
		t.Error(err)
	}
	for _, s := range r.config.settings() {
		if !r.file.Has(s.name) {
			t.Errorf("%s is missing from the example", s.name)
		}
	}
}

func TestEveryKeyIsExplained(t *testing.T) {
	t.Parallel()
	for _, section := range Default().sections() {
		if section.doc == "" {
			t.Errorf("section %s is not explained", section.name)
		}
		for _, s := range section.settings {
			if s.doc == "" || !strings.HasSuffix(s.doc, ".") || s.is == "one of " {
				t.Errorf("%s is not explained", s.name)
			}
			if s.value() == "" && s.show == "" {
				t.Errorf("%s has neither a default nor an example", s.name)
			}
		}
	}
}
