package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const referenceHead = `# The command line

` + "Made from the program by `make generate`; do not edit." + `

    epistle NOUN VERB [ARGUMENTS] [FLAGS]

` + "`ID` is a bulletin's number (`12`), `SLUG/12` where several newsletters exist, or `latest`, the bulletin made last." + `
` + "As a file, `-` is standard input. Data goes to standard output, everything else to standard error. Progress, colour" + `
` + "and questions only appear on a terminal; `NO_COLOR` is honoured." + `

| exit code | |
|---|---|
| 0 | done; warnings do not change it |
| 1 | failed |
| 2 | wrong usage or configuration |
| 3 | refused by a rule: preflight, approval, lateness; what was refused and how to go on is said |

`

// Reference writes docs/cli.md from the commands themselves.
func Reference(w io.Writer) error {
	c := &command{now: time.Now}
	root := c.root()
	var b strings.Builder
	b.WriteString(referenceHead)
	b.WriteString("## Flags of every command\n\n")
	writeTable(&b, flagRows(root.PersistentFlags()))
	b.WriteString("\n## Commands\n\n| command | |\n|---|---|\n")
	overview(&b, root)
	describe(&b, root)
	_, err := io.WriteString(w, b.String())
	return err
}

// overview is one line for each command, with a link to it.
func overview(b *strings.Builder, cmd *cobra.Command) {
	for _, child := range inOrder(cmd) {
		if child.HasSubCommands() {
			overview(b, child)
			continue
		}
		path := child.CommandPath()
		fmt.Fprintf(b, "| [`%s`](#%s) | %s |\n", path, strings.ReplaceAll(path, " ", "-"), cell(child.Short))
	}
}

func describe(b *strings.Builder, cmd *cobra.Command) {
	for _, child := range inOrder(cmd) {
		if child.HasSubCommands() {
			fmt.Fprintf(b, "\n## %s\n\n%s\n", child.CommandPath(), longText(child))
			describe(b, child)
			continue
		}
		level := "##"
		if cmd.HasParent() {
			level = "###"
		}
		fmt.Fprintf(b, "\n%s %s\n\n%s\n\n    %s\n", level, child.CommandPath(), longText(child), child.UseLine())
		if rows := flagRows(child.LocalNonPersistentFlags()); len(rows) > 0 {
			b.WriteString("\n")
			writeTable(b, rows)
		}
		fmt.Fprintf(b, "\nFor example:\n\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(child.Example, "  "), "\n  ", "\n"))
	}
}

func writeTable(b *strings.Builder, rows []row) {
	b.WriteString("| flag | |\n|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(b, "| `%s` | %s |\n", r.name, cell(r.meaning))
	}
}

// cell keeps a text from ending a table's cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
