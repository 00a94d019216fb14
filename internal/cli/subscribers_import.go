package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// listImport is what the import of a list can be told.
type listImport struct {
	slug, consent, refused string
	columns                []string
	dryRun, revive         bool
}

func (c *command) subscribersImport() *cobra.Command {
	var f listImport
	cmd := &cobra.Command{
		Use:   "import FILE|- [--newsletter SLUG] [--map COLUMN=FIELD]… [--consent WORDS] [--revive] [--refused FILE] [--dry-run]",
		Short: "Subscribe everyone on a list",
		Long: "Read people from a table with a header row and subscribe them, all or none: until\n" +
			"the end nobody sees any of it, and Ctrl-C puts everything back. Commas,\n" +
			"semicolons and tabs are understood, and UTF-8, UTF-16 and Windows-1252. Known\n" +
			"columns are email, name, language, time_zone, tags (separated by commas) and\n" +
			"consent_date; any other becomes a custom field. Of people who are known already\n" +
			"only what the list adds is filled in. Nobody who left, complained, bounced or was\n" +
			"erased is brought back; with --revive those come back who left and have a later\n" +
			"consent_date. Rows that cannot be taken are listed with their line.",
		Example: "  epistle subscribers import readers.csv --dry-run\n" +
			"  epistle subscribers import readers.csv --map \"E-mail 1=email\" --consent \"signed the paper form\" --refused mend.csv",
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runImport(cmd, args[0], f) },
	}
	cmd.Flags().StringVar(&f.slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringArrayVar(&f.columns, "map", nil, "read a column as a field: `COLUMN=FIELD`; a field of - leaves it out")
	cmd.Flags().StringVar(&f.consent, "consent", "", "the `WORDS` that were agreed to, for the record")
	cmd.Flags().BoolVar(&f.revive, "revive", false, "bring back who left and has a later consent_date")
	cmd.Flags().StringVar(&f.refused, "refused", "", "write refused rows to `FILE`, to be mended and imported")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only store and say what would become of each row")
	return cmd
}

func (c *command) runImport(cmd *cobra.Command, file string, f listImport) error {
	rename, err := audience.ParseMap(f.columns)
	if err != nil {
		return err
	}
	list, done, err := c.openInput(file)
	if err != nil {
		return err
	}
	defer done()
	return c.with(cmd, func(ctx context.Context, a *app.App) error {
		n, err := a.Store.Newsletter(ctx, f.slug)
		if err != nil {
			return err
		}
		show := &stages{t: c.terminal()}
		plan, err := a.Audience.Import(ctx, audience.ImportRequest{
			Newsletter: n, Name: inputName(file), List: list, Map: rename, Consent: f.consent, Revive: f.revive, Trial: f.dryRun,
			By: c.by(), Progress: show.progress,
		})
		show.close()
		if err != nil {
			return stoppedImport(err)
		}
		if f.refused != "" {
			if err := c.writeRefused(ctx, a, plan.ImportID, f.refused); err != nil {
				return err
			}
		}
		return c.sayImport(ctx, a, n, inputName(file), plan)
	})
}

// stoppedImport says of an import that a person stopped what they want to know.
func stoppedImport(err error) error {
	if errors.Is(err, context.Canceled) {
		return newsletter.Errorf(newsletter.Failed, "stopped before the end; nothing was imported").
			With("Run the same command again to import the whole list.")
	}
	return err
}

// openInput opens a file for reading, or standard input for "-".
func (c *command) openInput(file string) (io.Reader, func(), error) {
	if file == "-" {
		return c.io.Stdin, func() {}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, newsletter.Errorf(newsletter.Failed, "the file cannot be read: %w", cause(err)).At(file)
	}
	return f, func() { _ = f.Close() }, nil
}

// stages shows the progress of a job of several parts.
type stages struct {
	t    *terminal.Terminal
	what string
	bar  *terminal.Progress
}

// shown is the number of steps below which a job is over before anybody wonders.
const shown = 5000

func (s *stages) progress(what string, done, total int) {
	if total < shown {
		return
	}
	if s.what != what {
		s.close()
		s.what, s.bar = what, s.t.Progress(total, what)
	}
	s.bar.Set(done)
}

func (s *stages) close() {
	if s.bar != nil {
		s.bar.Close()
		s.bar = nil
	}
}

func (c *command) writeRefused(ctx context.Context, a *app.App, importID int64, file string) error {
	return c.toFile(file, func(w io.Writer) error { return a.Audience.WriteRefused(ctx, importID, w) })
}

// toFile writes a file that only its owner can read and that is whole or absent;
// "-" is standard output.
func (c *command) toFile(file string, write func(io.Writer) error) (err error) {
	if file == "-" {
		return write(c.terminal().Stdout())
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".epistle-*")
	if err != nil {
		return newsletter.Errorf(newsletter.Failed, "the file cannot be written: %w", cause(err)).At(file)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	w := bufio.NewWriterSize(f, 64<<10)
	if err := errors.Join(write(w), w.Flush(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return newsletter.Errorf(newsletter.Failed, "the file cannot be written: %w", cause(err)).At(file)
	}
	return nil
}

// importReport is what an import says in JSON.
type importReport struct {
	*audience.Plan
	Refused []audience.Refusal `json:"refused"` // the first of them
}

// How many refused rows are told one by one; all of them are stored.
const (
	toldRefusals     = 20
	reportedRefusals = 1000
)

func (c *command) sayImport(ctx context.Context, a *app.App, n *newsletter.Newsletter, file string, p *audience.Plan) error {
	refused, err := a.Audience.Refusals(ctx, p.ImportID, reportedRefusals)
	if err != nil {
		return err
	}
	t := c.terminal()
	if t.WantsJSON() {
		return t.JSON(importReport{p, orEmpty(refused)})
	}
	for _, r := range refused[:min(len(refused), toldRefusals)] {
		t.Warn("%s:%d: left out: %s", file, r.Line, r.Reason)
	}
	if more := p.Refused - toldRefusals; more > 0 {
		t.Warn("%s: %s more left out; --refused FILE writes them all", file, terminal.Plural(more, "row", "rows"))
	}
	if p.Trial {
		if err := c.sayPlan(ctx, a, p); err != nil {
			return err
		}
		left := ""
		if p.Refused > 0 {
			left = "; " + terminal.Plural(p.Refused, "row is", "rows are") + " left out"
		}
		t.Note("%s can be taken%s. Nothing was changed.", terminal.Plural(p.Subscribed+p.Known, "row", "rows"), left)
	} else {
		t.Note("%s: %s. To take it back: epistle subscribers undo %d", n.Name, p.Counts, p.ImportID)
	}
	if p.Revived > 0 {
		t.Note("%s came back.", terminal.Plural(p.Revived, "person who had left", "people who had left"))
	}
	if p.Suppressed > 0 {
		t.Note("%s of them will get nothing, because their addresses are suppressed.", terminal.Count(p.Suppressed))
	}
	return nil
}

// sayPlan prints the plan, a line for each row.
func (c *command) sayPlan(ctx context.Context, a *app.App, p *audience.Plan) error {
	t := c.terminal()
	var rows [][]string
	columns := []terminal.Column{{Title: "LINE", Right: true}, {Title: "BECOMES"}, {Title: "ADDRESS", Flexible: true}, {Title: "WHY", Flexible: true}}
	err := a.Store.ImportRows(ctx, p.ImportID, "", func(r store.ImportRow) error {
		rows = append(rows, []string{strconv.Itoa(r.Line), r.Verdict, orDash(r.Email), orDash(r.Reason)})
		if len(rows) == planPage { // so that a long plan needs no memory
			t.Table(columns, rows)
			rows = rows[:0]
		}
		return nil
	})
	t.Table(columns, rows)
	return err
}

const planPage = 10_000

func (c *command) subscribersImports() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:     "imports [--limit N]",
		Short:   "List past imports, the newest first",
		Example: "  epistle subscribers imports",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := positive(cmd, "limit", limit); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				list, err := a.Store.Imports(ctx, limit)
				if err != nil {
					return err
				}
				told := []toldImport{}
				for _, i := range list {
					it := toldImport{Import: i}
					if i.Counts != "" {
						if err := json.Unmarshal([]byte(i.Counts), &it.Counts); err != nil {
							return err
						}
					}
					told = append(told, it)
				}
				return c.answer(told, func(t *terminal.Terminal) { sayImports(t, told) })
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "at most `N` of them")
	return cmd
}

// toldImport is an import with its counts.
type toldImport struct {
	*store.Import
	Counts audience.Counts `json:"counts"`
}

func sayImports(t *terminal.Terminal, list []toldImport) {
	var rows [][]string
	for _, i := range list {
		rows = append(rows, []string{
			strconv.FormatInt(i.ID, 10), moment(i.At), string(i.State), i.Newsletter, i.By, i.File,
			terminal.Count(i.Counts.Added), terminal.Count(i.Counts.Changed), terminal.Count(i.Counts.Refused),
		})
	}
	t.Table([]terminal.Column{
		{Title: "IMPORT", Right: true},
		{Title: "AT"},
		{Title: "STATE"},
		{Title: "NEWSLETTER"},
		{Title: "BY"},
		{Title: "FILE", Flexible: true},
		{Title: "ADDED", Right: true},
		{Title: "CHANGED", Right: true},
		{Title: "REFUSED", Right: true},
	}, rows)
	t.Note("%s", terminal.Plural(len(list), "import", "imports"))
}

func (c *command) subscribersUndo() *cobra.Command {
	return &cobra.Command{
		Use:   "undo IMPORT|latest",
		Short: "Take an import back",
		Long: "Put back exactly what an import changed, and nothing that has happened since: who\n" +
			"left, was edited or subscribed by another way since stays as they are.",
		Example: "  epistle subscribers undo latest",
		Args:    exactly("IMPORT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				show := &stages{t: c.terminal()}
				i, err := a.Audience.Undo(ctx, args[0], c.by(), func(done, total int) { show.progress("Undoing", done, total) })
				show.close()
				if err != nil {
					return err
				}
				return c.answer(i, func(t *terminal.Terminal) { t.Note("Import %d of %s is undone.", i.ID, i.File) })
			})
		},
	}
}
