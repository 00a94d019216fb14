package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/audience"
	"epistle/internal/filter"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// selectFlags say which subscriptions are meant.
type selectFlags struct{ slug, state, where string }

func (f *selectFlags) add(c *command, cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringVar(&f.state, "state", "", "only those in `STATE`: pending, active, paused, suspended or unsubscribed")
	cmd.Flags().StringVar(&f.where, "where", "", "only those whom a `FILTER` means")
	c.completeNewsletter(cmd)
}

// filterHelp is what --where understands.
const filterHelp = "A FILTER compares fields: tag:board and country in (DE, NL) and joined < 2025-01-01. " +
	"Fields are email, domain, name, language, time_zone, state, joined, since, consent, tag and every custom field; " +
	"signs are = != < <= > >= ~ (contains) and in (…); they are joined by and, or, not and brackets."

// completeNewsletter lets the shell offer the newsletters there are.
func (c *command) completeNewsletter(cmd *cobra.Command) {
	err := cmd.RegisterFlagCompletionFunc("newsletter", func(cmd *cobra.Command, _ []string, _ string) (slugs []string, _ cobra.ShellCompDirective) {
		_ = c.with(cmd, func(ctx context.Context, a *app.App) error { // without a database there is nothing to offer
			all, err := a.Store.Newsletters(ctx)
			for _, n := range all {
				slugs = append(slugs, n.Slug)
			}
			return err
		})
		return slugs, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag is defined a line above the call
	}
}

func (f *selectFlags) selection(cmd *cobra.Command, ctx context.Context, a *app.App) (sel store.Selection, err error) {
	if err := oneOf(cmd, "state", f.state, newsletter.SubscriptionPending, newsletter.SubscriptionActive, newsletter.SubscriptionPaused,
		newsletter.SubscriptionSuspended, newsletter.SubscriptionUnsubscribed); err != nil {
		return sel, err
	}
	if sel.Where, err = filter.Parse(f.where); err != nil {
		return sel, err
	}
	n, err := a.Store.Newsletter(ctx, f.slug)
	if err != nil {
		return sel, err
	}
	sel.NewsletterID, sel.State = n.ID, newsletter.SubscriptionState(f.state)
	return sel, nil
}

func (c *command) subscribersList() *cobra.Command {
	var f selectFlags
	var limit int
	var after string
	cmd := &cobra.Command{
		Use:     "list [--newsletter SLUG] [--state STATE] [--where FILTER] [--limit N] [--after ADDRESS]",
		Short:   "List subscriptions by address",
		Long:    "List subscriptions by address, all or a page of them.\n" + filterHelp,
		Example: "  epistle subscribers list --state unsubscribed\n  epistle subscribers list --where \"tag:board and domain = example.org\" --limit 50",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return usage(cmd, "--limit: %d is not 0 or more", limit)
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				sel, err := f.selection(cmd, ctx, a)
				if err != nil {
					return err
				}
				sel.Limit = limit
				if after != "" {
					from, err := parseAddress(after)
					if err != nil {
						return err
					}
					sel.After = from.Key()
				}
				list := []store.Listed{}
				err = a.Store.Select(ctx, sel, func(l store.Listed) error {
					list = append(list, l)
					return nil
				})
				if err != nil {
					return err
				}
				return c.answer(list, func(t *terminal.Terminal) { sayListed(t, list, limit) })
			})
		},
	}
	f.add(c, cmd)
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` of them; 0 is all")
	cmd.Flags().StringVar(&after, "after", "", "only those that come after `ADDRESS`: the next page")
	return cmd
}

func sayListed(t *terminal.Terminal, list []store.Listed, limit int) {
	var rows [][]string
	for _, l := range list {
		rows = append(rows, []string{l.Email, orDash(l.Name), string(l.State), moment(l.Since)})
	}
	t.Table([]terminal.Column{{Title: "ADDRESS", Flexible: true}, {Title: "NAME", Flexible: true}, {Title: "STATE"}, {Title: "SINCE"}}, rows)
	t.Note("%s", terminal.Plural(len(list), "subscription", "subscriptions"))
	if limit > 0 && len(list) == limit {
		t.Note("The next page: --limit %d --after %s", limit, list[limit-1].Email)
	}
}

func (c *command) subscribersExport() *cobra.Command {
	var f selectFlags
	var format, out, person string
	cmd := &cobra.Command{
		Use:   "export [--newsletter SLUG] [--state STATE] [--where FILTER] [--format csv|jsonl] [--out FILE] [--person ADDRESS]",
		Short: "Write subscribers as CSV or JSON lines",
		Long: "Write subscribers with their tags, fields and consent. In CSV a cell that a\n" +
			"spreadsheet would compute has an apostrophe before it; an import takes it away.\n" +
			"With --person write all that is known of one person, as JSON.\n" + filterHelp,
		Example: "  epistle subscribers export --out readers.csv\n  epistle subscribers export --where \"country = DE\" --format jsonl\n  epistle subscribers export --person ana@example.org",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf(cmd, "format", format, "csv", "jsonl"); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				if person != "" {
					return c.exportPerson(ctx, a, person, out)
				}
				sel, err := f.selection(cmd, ctx, a)
				if err != nil {
					return err
				}
				return c.toFile(out, func(w io.Writer) error {
					if format == "jsonl" {
						return exportJSON(ctx, a, sel, w)
					}
					return exportCSV(ctx, a, sel, w)
				})
			})
		},
	}
	f.add(c, cmd)
	cmd.Flags().StringVar(&format, "format", "csv", "`FORMAT`: csv or jsonl (one JSON object a line)")
	cmd.Flags().StringVar(&out, "out", "-", "the `FILE` to write; - is standard output")
	cmd.Flags().StringVar(&person, "person", "", "all that is known of `ADDRESS`, as JSON")
	return cmd
}

func (c *command) exportPerson(ctx context.Context, a *app.App, person, out string) error {
	addr, err := parseAddress(person)
	if err != nil {
		return err
	}
	story, err := a.Audience.Story(ctx, addr)
	if err != nil {
		return err
	}
	return c.toFile(out, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(story)
	})
}

// exported is one line of JSON; flat, unlike the two structs it comes from.
type exported struct {
	Email         string                       `json:"email"`
	Name          string                       `json:"name,omitempty"`
	Language      string                       `json:"language,omitempty"`
	TimeZone      string                       `json:"time_zone,omitempty"`
	Tags          []string                     `json:"tags,omitempty"`
	Fields        map[string]string            `json:"fields,omitempty"`
	Newsletter    string                       `json:"newsletter"`
	State         newsletter.SubscriptionState `json:"state"`
	Since         time.Time                    `json:"since"`
	ConsentDate   time.Time                    `json:"consent_date,omitzero"`
	ConsentSource string                       `json:"consent_source,omitempty"`
	ConsentText   string                       `json:"consent_text,omitempty"`
}

func exportJSON(ctx context.Context, a *app.App, sel store.Selection, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return a.Store.Export(ctx, sel, func(e *store.Exported) error {
		return enc.Encode(exported{
			e.Email, e.Name, e.Language, e.TimeZone, e.Tags, e.Fields, e.Newsletter, e.State, e.Since,
			e.ConsentAt, e.ConsentSource, e.ConsentText,
		})
	})
}

// exportCSV writes columns that an import understands; those that tell of the
// subscription come last, and it passes over them.
func exportCSV(ctx context.Context, a *app.App, sel store.Selection, w io.Writer) error {
	fields, err := a.Store.FieldNames(ctx)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	header := slices.Concat([]string{"email", "name", "language", "time_zone", "tags", "consent_date"}, fields, audience.ExportColumns())
	if err := out.Write(header); err != nil {
		return err
	}
	err = a.Store.Export(ctx, sel, func(e *store.Exported) error {
		row := []string{e.Email, e.Name, e.Language, e.TimeZone, strings.Join(e.Tags, ","), stamp(e.ConsentAt)}
		for _, name := range fields {
			row = append(row, e.Fields[name])
		}
		row = append(row, e.Newsletter, string(e.State), stamp(e.Since), e.ConsentSource, e.ConsentText)
		for i := range row {
			row[i] = audience.Guard(row[i])
		}
		return out.Write(row)
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
