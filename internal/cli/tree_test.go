package cli

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// leaves gives every command that does something, by its path below epistle.
func leaves() map[string]*cobra.Command {
	c := &command{now: time.Now}
	all := map[string]*cobra.Command{}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, child := range cmd.Commands() {
			if child.HasSubCommands() {
				walk(child)
				continue
			}
			all[strings.TrimPrefix(child.CommandPath(), "epistle ")] = child
		}
	}
	walk(c.root())
	return all
}

func TestEveryCommandExplainsItselfWithAnExample(t *testing.T) {
	t.Parallel()
	for path, cmd := range leaves() {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			page := helpText(cmd)
			if !strings.Contains(page, "\nExample:\n  ") {
				t.Errorf("its page has no example:\n%s", page)
			}
			for _, line := range strings.Split(cmd.Example, "\n") {
				if !strings.HasPrefix(line, "  ") || !strings.Contains(line, "epistle "+path) && !strings.Contains(cmd.Example, "epistle "+path) {
					t.Errorf("its example is not of itself: %q", line)
				}
			}
			for _, line := range strings.Split(page, "\n") {
				if len([]rune(line)) > 80 && !strings.HasPrefix(line, "  epistle ") && !strings.HasPrefix(line, "  echo ") {
					t.Errorf("wider than 80 columns: %q", line)
				}
			}
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
				t.Errorf("its short text is a line without a full stop, not %q", cmd.Short)
			}
			if cmd.Args == nil && path != "help" {
				t.Error("it does not say which arguments it takes")
			}
			cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
				if !strings.Contains(cmd.UseLine(), "--"+f.Name) {
					t.Errorf("--%s is missing in %q", f.Name, cmd.UseLine())
				}
			})
		})
	}
}

// TestContractIsKept holds the names that scripts elsewhere rely on; more may be
// added, none may go.
func TestContractIsKept(t *testing.T) {
	t.Parallel()
	all := leaves()
	for path, flags := range map[string][]string{
		"demo": {"once", "dir", "listen", "subscribers"}, "init": {"newsletter"}, "serve": nil,
		"catch":           {"smtp", "http", "dir"},
		"newsletters add": {"file"}, "newsletters list": nil, "newsletters show": {"format"}, "newsletters edit": {"file"},
		"items add": {"newsletter", "section", "date"}, "items list": nil, "items show": nil, "items edit": nil, "items approve": nil, "items withdraw": nil,
		"bulletins import":   {"newsletter", "date", "create-sections", "extra", "dry-run"},
		"bulletins assemble": {"newsletter", "date", "extra"},
		"bulletins edit":     {"title", "subject", "preheader", "file"},
		"bulletins list":     nil, "bulletins show": {"format"}, "bulletins preview": {"out"}, "bulletins check": nil, "bulletins proof": {"to"},
		"bulletins approve": {"hash"}, "bulletins send": {"wait"}, "bulletins pause": nil, "bulletins resume": nil, "bulletins cancel": nil,
		"bulletins status": nil, "bulletins uncertain": {"resend", "accept"},
		"subscribers add": nil, "subscribers remove": nil, "subscribers list": {"where"}, "subscribers show": nil,
		"subscribers edit": nil, "subscribers tag": nil, "subscribers untag": nil, "subscribers pause": nil, "subscribers resume": nil,
		"subscribers erase": nil, "subscribers imports": nil, "subscribers undo": nil, "subscribers explain": {"bulletin"},
		"subscribers export": {"newsletter", "where", "format", "out", "person"},
		"suppressions add":   nil, "suppressions remove": nil, "suppressions list": nil, "suppressions import": nil, "suppressions export": nil,
		"subscribers import": {"newsletter", "dry-run", "map", "consent", "revive", "refused"},
		"protect add":        {"newsletter", "label"}, "protect list": nil, "protect remove": nil, "protect test": {"newsletter"},
		"dkim new": nil, "dkim show": nil, "doctor": nil, "backup": nil, "audit": nil, "version": nil, "completion": nil,
	} {
		cmd, ok := all[path]
		if !ok {
			t.Errorf("there is no command %q", path)
			continue
		}
		for _, flag := range slices.Concat(flags, []string{"config", "json", "quiet", "as", "help", "yes"}) {
			if cmd.Flag(flag) == nil && cmd.InheritedFlags().Lookup(flag) == nil {
				t.Errorf("%s has no flag --%s", path, flag)
			}
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	t.Parallel()
	database := "EPISTLE_DATABASE_URL=" + filepath.Join(t.TempDir(), "epistle.db")
	for _, args := range [][]string{{"version"}, {"bulletins", "list", "--json"}, {"help"}, {"completion", "bash"}} {
		var stderr bytes.Buffer
		code := Main(context.Background(), IO{Stdin: strings.NewReader(""), Stdout: full{}, Stderr: &stderr, Env: []string{database}}, args)
		if code != 1 || !strings.Contains(stderr.String(), "short write") {
			t.Errorf("epistle %s exits with %d and says %q", strings.Join(args, " "), code, stderr.String())
		}
	}
}
