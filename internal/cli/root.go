package cli

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"epistle/internal/newsletter"
	"epistle/internal/tomlfile"
)

// root builds the whole tree of commands.
func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "epistle",
		Short: "A weekly newsletter, from contributions to the inbox",
		Long: "Epistle gathers the week's contributions, assembles the bulletin, sends it as an\n" +
			"e-mail to everyone who asked for it, and lets each reader leave with one click.",
		Example:       "  epistle demo\n  epistle init",
		Version:       version().Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	f := root.PersistentFlags()
	f.StringVar(&c.flags.config, "config", "", "configuration `FILE` (default ./epistle.toml, then /etc/epistle/epistle.toml)")
	f.BoolVar(&c.flags.json, "json", false, "write machine-readable JSON to standard output")
	f.BoolVar(&c.flags.quiet, "quiet", false, "say nothing but data, warnings and errors")
	f.BoolVar(&c.flags.yes, "yes", false, "answer every question with yes")
	f.StringVar(&c.flags.as, "as", "", "who acts: the `NAME` for the audit log (default the system's user)")
	f.BoolP("help", "h", false, "say what the command does, with an example")
	root.Flags().Bool("version", false, "print the version")
	root.SetVersionTemplate("epistle {{.Version}}\n")
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { c.terminal().Printf("%s", helpText(cmd)) })
	root.SetFlagErrorFunc(flagFault)
	root.CompletionOptions.DisableDefaultCmd = true
	help := c.helpCommand()
	root.SetHelpCommand(help)
	add(root,
		c.demoCommand(), c.initCommand(), c.serveCommand(), c.catchCommand(),
		c.newslettersCommand(), c.itemsCommand(), c.bulletinsCommand(), c.scheduleCommand(), c.subscribersCommand(), c.suppressionsCommand(), c.bouncesCommand(), c.protectCommand(),
		c.dkimCommand(), c.secretsCommand(), c.doctorCommand(), c.backupCommand(), c.auditCommand(),
		c.versionCommand(), c.completionCommand(), help,
	)
	settle(root)
	return root
}

// add adds commands that are to be shown in this order, which is that of their
// use; cobra by itself sorts them by name.
func add(parent *cobra.Command, children ...*cobra.Command) {
	for i, child := range children {
		child.Annotations = map[string]string{orderKey: fmt.Sprintf("%03d", i)}
	}
	parent.AddCommand(children...)
}

const orderKey = "order"

// inOrder gives the commands of a command as they were added.
func inOrder(cmd *cobra.Command) []*cobra.Command {
	return slices.SortedStableFunc(slices.Values(cmd.Commands()), func(a, b *cobra.Command) int {
		return strings.Compare(a.Annotations[orderKey], b.Annotations[orderKey])
	})
}

// settle gives every command what all have in common: flags and commands in the
// order of their definition, and, where a command has no work of its own, a RunE
// that says which commands there are instead of failing in silence.
func settle(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.DisableFlagsInUseLine = true
	for _, child := range cmd.Commands() {
		settle(child)
	}
	if cmd.Runnable() || !cmd.HasSubCommands() {
		return
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknown(cmd, args[0])
	}
}

// unknown refuses a word that is no command, with the nearest that is.
func unknown(cmd *cobra.Command, word string) error {
	err := newsletter.Errorf(newsletter.Usage, "%q is not a command of %s", word, cmd.CommandPath())
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		return err.With("Did you mean: " + cmd.CommandPath() + " " + near[0])
	}
	return err.With("Its commands are " + listing(verbs(cmd)) + ".")
}

func verbs(cmd *cobra.Command) []string {
	var list []string
	for _, child := range inOrder(cmd) {
		list = append(list, child.Name())
	}
	return list
}

// flagFault words what the flag library refuses.
func flagFault(cmd *cobra.Command, err error) error {
	if cmd.HasSubCommands() && cmd.Flags().NArg() > 0 {
		return unknown(cmd, cmd.Flags().Arg(0)) // the flag belongs to a command that does not exist
	}
	var missing *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &missing):
		return noFlag(cmd, missing)
	case errors.As(err, &empty):
		return usage(cmd, "--%s needs a value", empty.GetSpecifiedName())
	case errors.As(err, &invalid):
		return usage(cmd, "--%s: %q is not %s", invalid.GetFlag().Name, invalid.GetValue(), kindOf(invalid.GetFlag()))
	}
	return usage(cmd, "%w", err)
}

func noFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	name := e.GetSpecifiedName()
	if short := e.GetSpecifiedShortnames(); short != "" {
		return usage(cmd, "there is no flag -%s", name)
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := nearest(name, known); near != "" {
		return newsletter.Errorf(newsletter.Usage, "there is no flag --%s", name).With("Did you mean: " + cmd.CommandPath() + " --" + near)
	}
	return usage(cmd, "there is no flag --%s", name)
}

// nearest is the known word that was probably meant; empty when none begins alike.
func nearest(word string, known []string) string {
	near := tomlfile.Nearest(word, known)
	if near == "" || word == "" || near[0] != word[0] {
		return ""
	}
	return near
}

func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int":
		return "a whole number"
	case "bool":
		return "true or false"
	}
	return "a " + f.Value.Type()
}

// exactly demands a number of arguments and names them in the refusal.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		if len(args) < len(names) {
			return usage(cmd, "%s is missing", names[len(args)])
		}
		return usage(cmd, "%q is one argument too many", args[len(names)])
	}
}

// several demands at least one argument.
func several(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(cmd, "%s is missing", name)
		}
		return nil
	}
}

// none refuses arguments.
func none(cmd *cobra.Command, args []string) error { return exactly()(cmd, args) }

// required says that a flag must be given.
func required(cmd *cobra.Command, flag, value string) error {
	if value == "" {
		return usage(cmd, "--%s is missing", flag)
	}
	return nil
}

// positive refuses a number that --limit and its like cannot mean.
func positive(cmd *cobra.Command, flag string, n int) error {
	if n < 1 {
		return usage(cmd, "--%s: %d is not 1 or more", flag, n)
	}
	return nil
}

// oneOf refuses a word that is not in the list; empty is always allowed.
func oneOf[T ~string](cmd *cobra.Command, flag, value string, known ...T) error {
	var words []string
	for _, k := range known {
		if value == string(k) {
			return nil
		}
		words = append(words, string(k))
	}
	if value == "" {
		return nil
	}
	err := newsletter.Errorf(newsletter.Usage, "--%s: %s is not known", flag, strconv.Quote(value))
	if near := nearest(value, words); near != "" {
		return err.With("Did you mean: --" + flag + " " + near)
	}
	return err.With("Choose one of " + listing(words) + ".")
}

func (c *command) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  epistle version",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := version()
			if c.terminal().WantsJSON() {
				return c.terminal().JSON(v)
			}
			c.terminal().Printf("epistle %s, built with %s\n", v.Version, v.Go)
			return nil
		},
	}
}

type versionInfo struct {
	Version string `json:"version"`
	Go      string `json:"go"`
}

// version is what the Go toolchain wrote into the program: the module's version,
// or the commit it was built from.
func version() versionInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versionInfo{Version: "unknown", Go: "an unknown Go"}
	}
	v := versionInfo{Version: info.Main.Version, Go: info.GoVersion}
	if v.Version == "" || v.Version == "(devel)" {
		v.Version = "development"
	}
	return v
}

// listing joins words for a sentence.
func listing(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
