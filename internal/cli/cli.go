// Package cli is the command line: `epistle NOUN VERB [ARGS]`.
//
// Each command reads its flags, opens what it needs through package app, calls
// one method that does the work, and says what came of it through package
// terminal. Rules live in the packages below; here are words, flags and exit
// codes. Two functions stand at the end of every way: exitCode turns an error into a
// code, problems into what a person reads.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/config"
	"epistle/internal/newsletter"
	"epistle/internal/terminal"
)

// IO is what the program is connected to.
type IO struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Env    []string
}

// Main runs one command and gives its exit code: 0 done, 1 failed, 2 wrong usage
// or configuration, 3 refused by a rule.
func Main(ctx context.Context, streams IO, args []string) int {
	c := &command{io: streams, now: time.Now}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(streams.Stdin)
	root.SetOut(streams.Stdout)
	root.SetErr(streams.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil && c.term != nil {
		err = c.term.Err()
	}
	if err == nil {
		return 0
	}
	c.terminal().Error(problems(err)...)
	return exitCode(err)
}

// command is what all commands share: the global flags and the way to the
// services.
type command struct {
	io    IO
	now   func() time.Time
	flags struct {
		config string
		json   bool
		quiet  bool
		yes    bool
		as     string
	}
	term *terminal.Terminal
}

// terminal is made once the flags are known.
func (c *command) terminal() *terminal.Terminal {
	if c.term == nil {
		c.term = terminal.New(terminal.Options{
			Stdin: c.io.Stdin, Stdout: c.io.Stdout, Stderr: c.io.Stderr, Env: c.io.Env,
			Quiet: c.flags.quiet, JSON: c.flags.json, Events: c.flags.json, Yes: c.flags.yes,
		})
	}
	return c.term
}

// by is who acts: --as, else the user of the system.
func (c *command) by() string {
	if c.flags.as != "" {
		return c.flags.as
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// config reads the configuration.
func (c *command) config() (*config.Config, error) {
	return config.Load(c.flags.config, c.io.Env)
}

// open reads the configuration and opens the database.
func (c *command) open(ctx context.Context) (*app.App, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, cfg, c.commandLog(cfg), c.now)
}

// with runs fn on the opened database and closes it.
func (c *command) with(cmd *cobra.Command, fn func(ctx context.Context, a *app.App) error) error {
	a, err := c.open(cmd.Context())
	if err != nil {
		return err
	}
	return errors.Join(fn(cmd.Context(), a), a.Close())
}

// answer writes what a command has to say: v as JSON where that was asked for,
// else what text says.
func (c *command) answer(v any, text func(t *terminal.Terminal)) error {
	if c.terminal().WantsJSON() {
		return c.terminal().JSON(v)
	}
	text(c.terminal())
	return nil
}

// inputName is what a file argument is called in messages.
func inputName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// readInput reads a file, or standard input for "-", up to a limit of bytes.
func (c *command) readInput(file string, limit int64) (data []byte, err error) {
	name := inputName(file)
	r := c.io.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, newsletter.Errorf(newsletter.Failed, "the file cannot be read: %w", cause(err)).At(name)
		}
		defer f.Close()
		r = f
	}
	if data, err = io.ReadAll(io.LimitReader(r, limit+1)); err != nil {
		return nil, newsletter.Errorf(newsletter.Failed, "the file cannot be read: %w", cause(err)).At(name)
	}
	if int64(len(data)) > limit {
		return nil, newsletter.Errorf(newsletter.Invalid, "the file is larger than %s", terminal.Bytes(limit)).At(name).
			With("Check that it is the right file.")
	}
	return data, nil
}

// orEmpty makes JSON write [] and not null for an empty list.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// orDash stands for nothing in a table.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// moment writes a time on this machine's clock, short enough for a table.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04 MST") }
