package config

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Example is the commented file that `epistle init` writes: every key with its
// meaning, the defaults commented out.
func Example() []byte {
	var b bytes.Buffer
	comment(&b, "The configuration of Epistle. Lines that begin with #KEY show a default, or an example where there is none: remove the # to change it.")
	b.WriteString("#\n")
	comment(&b, "Every key can also be given by the environment, which beats this file: smtp.port as EPISTLE_SMTP_PORT. Durations are written like \"90s\", \"30m\" or \"6h\". Relative paths are relative to the folder in which epistle is started.")
	for _, s := range Default().sections() {
		fmt.Fprintf(&b, "\n[%s]\n", s.name)
		comment(&b, s.doc)
		for _, k := range s.settings {
			b.WriteByte('\n')
			comment(&b, k.doc+" "+sentence(k.is))
			_, name, _ := strings.Cut(k.name, ".")
			value := k.value()
			if value == "" {
				value = `"` + k.show + `"`
			}
			fmt.Fprintf(&b, "#%s = %s\n", name, value)
		}
	}
	return b.Bytes()
}

// Reference writes docs/configuration.md.
func Reference(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(introduction)
	for _, s := range Default().sections() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.name, s.doc)
		for _, k := range s.settings {
			fmt.Fprintf(&b, "\n### `%s`\n\n%s\n\n- Value: %s\n", k.name, k.doc, k.is)
			if value := k.value(); value != "" {
				fmt.Fprintf(&b, "- Default: `%s`\n", value)
			} else {
				fmt.Fprintf(&b, "- Default: none; for example `\"%s\"`\n", k.show)
			}
			fmt.Fprintf(&b, "- Environment: `%s`\n", k.variable())
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the configuration reference: %w", err)
	}
	return nil
}

const introduction = `<!-- Made from internal/config by "make generate"; change it there. -->

# Configuration

Epistle reads one TOML file and the environment. The environment beats the file.

- The file is the one named with ` + "`--config`" + `; otherwise ` + "`./epistle.toml`" + `; otherwise
  ` + "`/etc/epistle/epistle.toml`" + `; otherwise there is none, and the defaults count. ` + "`epistle init`" + `
  writes one with every key explained.
- Each key ` + "`section.key`" + ` is also the variable ` + "`EPISTLE_SECTION_KEY`" + `. An empty variable is as good as
  none. For a secret there is a second key that ends in ` + "`_file`" + ` and names a file that holds it; the secret
  itself never appears in a log or a message.
- Durations are written like ` + "`\"90s\"`, `\"30m\"` or `\"6h\"`" + `.
- Relative paths are relative to the folder in which ` + "`epistle`" + ` is started, wherever the file lies.
- An unknown key or variable and a value that makes no sense are errors. All of them are reported at
  once, each with its line or variable and what to write instead, and the exit code is 2. Variables
  that Kubernetes sets by itself for a service called "epistle" are passed over.
`

// comment writes text as comment lines of at most 80 columns.
func comment(b *bytes.Buffer, text string) {
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 80 && line != "#" {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// sentence makes "a port; 0 for the usual one" a sentence.
func sentence(s string) string {
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
