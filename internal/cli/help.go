package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"epistle/internal/newsletter"
	"epistle/internal/terminal"
)

// helpWidth is the width of help pages, which are read on terminals of 80 columns.
const helpWidth = 78

// helpText is a command's page: what it does, how it is written, an example, its
// commands and its flags.
func helpText(cmd *cobra.Command) string {
	var b strings.Builder
	use := strings.ReplaceAll(terminal.Wrap(useLine(cmd), helpWidth-6), "\n", "\n      ")
	b.WriteString(longText(cmd) + "\n\nUsage:\n  " + use + "\n")
	if cmd.Example != "" {
		b.WriteString("\nExample:\n" + cmd.Example + "\n")
	}
	if cmd.HasSubCommands() {
		b.WriteString("\nCommands:\n")
		writeRows(&b, commandRows(cmd))
	}
	if rows := flagRows(cmd.LocalNonPersistentFlags()); len(rows) > 0 {
		b.WriteString("\nFlags:\n")
		writeRows(&b, rows)
	}
	b.WriteString("\nFlags of every command:\n")
	writeRows(&b, flagRows(cmd.Root().PersistentFlags()))
	if cmd.HasSubCommands() {
		fmt.Fprintf(&b, "\nMore about one command: %s COMMAND --help\n", cmd.CommandPath())
	}
	return b.String()
}

func longText(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return terminal.Wrap(strings.ReplaceAll(cmd.Long, "\n", " "), helpWidth)
	}
	return cmd.Short + "."
}

func useLine(cmd *cobra.Command) string {
	if cmd.HasSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

// row is a name and what it means.
type row struct{ name, meaning string }

func commandRows(cmd *cobra.Command) []row {
	var rows []row
	for _, child := range inOrder(cmd) {
		rows = append(rows, row{child.Name(), child.Short})
	}
	return rows
}

// flagRows gives flags in the order of their definition, with their defaults.
func flagRows(set *pflag.FlagSet) []row {
	var rows []row
	set.SortFlags = false
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, meaning := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		if d := f.DefValue; d != "" && d != "false" && d != "[]" && !strings.Contains(meaning, "(default") {
			meaning += " (default " + d + ")"
		}
		rows = append(rows, row{name, meaning})
	})
	return rows
}

// writeRows sets names and meanings in two columns.
func writeRows(b *strings.Builder, rows []row) {
	widest := 0
	for _, r := range rows {
		widest = max(widest, terminal.Columns(r.name))
	}
	margin := 2 + widest + 3
	for _, r := range rows {
		text := terminal.Wrap(r.meaning, helpWidth-margin)
		text = strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", margin))
		fmt.Fprintf(b, "  %s%s%s\n", r.name, strings.Repeat(" ", widest-terminal.Columns(r.name)+3), text)
	}
}

func (c *command) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Say what a command does, with an example",
		Example: "  epistle help bulletins import",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return newsletter.Errorf(newsletter.Usage, "%w", err)
			}
			if len(rest) > 0 && found.HasSubCommands() {
				return unknown(found, rest[0])
			}
			return found.Help()
		},
	}
}

func (c *command) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print what lets a shell complete commands",
		Long: "Print a script that lets the shell complete Epistle's commands and flags with the\n" +
			"tabulator key. Let the shell read it when it starts, as in the examples: bash from\n" +
			"~/.bashrc, zsh from a folder in its fpath, fish from its folder of completions.",
		Example: "  source <(epistle completion bash)\n" +
			"  epistle completion zsh > ~/.zfunc/_epistle\n" +
			"  epistle completion fish > ~/.config/fish/completions/epistle.fish",
		Args:      exactly("the name of the shell (bash, zsh or fish)"),
		ValidArgs: []string{"bash", "zsh", "fish"},
		RunE: func(cmd *cobra.Command, args []string) error {
			out := c.terminal().Stdout()
			switch args[0] {
			case "bash":
				return cmd.Root().GenBashCompletionV2(out, true)
			case "zsh":
				return cmd.Root().GenZshCompletion(out)
			case "fish":
				return cmd.Root().GenFishCompletion(out, true)
			}
			return usage(cmd, "%q is not a shell that is known here; choose bash, zsh or fish", args[0])
		},
	}
}
