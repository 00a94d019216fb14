package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/audience"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) suppressionsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "suppressions", Short: "Manage addresses and domains that get nothing"}
	add(cmd, c.suppressionsAdd(), c.suppressionsRemove(), c.suppressionsList(), c.suppressionsImport(), c.suppressionsExport())
	return cmd
}

// target reads ADDRESS|DOMAIN and --newsletter; without a newsletter it is all.
func (c *command) target(ctx context.Context, a *app.App, text, slug string) (store.Suppression, error) {
	x, err := a.Audience.Target(text)
	if err != nil || slug == "" {
		return x, err
	}
	n, err := a.Store.Newsletter(ctx, slug)
	if err != nil {
		return x, err
	}
	x.NewsletterID, x.Newsletter = n.ID, n.Slug
	return x, nil
}

// from says for a person what the scope of a suppression is.
func from(x store.Suppression) string {
	if x.NewsletterID == 0 {
		return "any newsletter"
	}
	return x.Newsletter
}

func (c *command) suppressionsAdd() *cobra.Command {
	var slug, reason string
	cmd := &cobra.Command{
		Use:     "add ADDRESS|DOMAIN [--newsletter SLUG] [--reason WORD]",
		Short:   "Keep mail from an address or a domain",
		Long:    "Keep mail from an address or from a whole domain, whatever a list says; at once,\nalso in a send that is under way.",
		Example: "  epistle suppressions add ana@example.org --reason \"asked by telephone\"\n  epistle suppressions add example.com",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				x, err := c.target(ctx, a, args[0], slug)
				if err != nil {
					return err
				}
				x.Reason, x.At = reason, a.Store.Now()
				added, err := a.Audience.Suppress(ctx, x, c.by())
				if err != nil {
					return err
				}
				return c.answer(suppressed{x, added}, func(t *terminal.Terminal) {
					if !added {
						t.Note("%s was suppressed already.", args[0])
						return
					}
					t.Note("%s gets nothing from %s any more.", args[0], from(x))
				})
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "only mail of the newsletter `SLUG` (default: of all)")
	cmd.Flags().StringVar(&reason, "reason", "by hand", "why, in a `WORD` or few")
	return cmd
}

// suppressed is what add says in JSON.
type suppressed struct {
	store.Suppression
	Added bool `json:"added"`
}

func (c *command) suppressionsRemove() *cobra.Command {
	var slug string
	cmd := &cobra.Command{
		Use:     "remove ADDRESS|DOMAIN [--newsletter SLUG]",
		Short:   "Let mail to an address or a domain again",
		Long:    "Take a suppression away. A complaint and an erasure stay. Nobody is subscribed by\nit: who has a subscription gets the next bulletin again.",
		Example: "  epistle suppressions remove example.com",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				x, err := c.target(ctx, a, args[0], slug)
				if err != nil {
					return err
				}
				removed, err := a.Audience.Unsuppress(ctx, x, c.by())
				if err != nil {
					return err
				}
				return c.answer(map[string]bool{"removed": removed}, func(t *terminal.Terminal) {
					if !removed {
						t.Note("%s was not suppressed for %s.", args[0], from(x))
						return
					}
					t.Note("%s is not suppressed for %s any more.", args[0], from(x))
				})
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "a suppression for the newsletter `SLUG` (default: for all)")
	return cmd
}

func (c *command) suppressionsList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List suppressions, domains first",
		Example: "  epistle suppressions list",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				list := []store.Suppression{}
				if err := a.Store.Suppressions(ctx, func(x store.Suppression) error {
					list = append(list, x)
					return nil
				}); err != nil {
					return err
				}
				return c.answer(list, func(t *terminal.Terminal) {
					var rows [][]string
					for _, x := range list {
						what := x.Email + x.Domain
						if what == "" {
							what = "(erased)"
						}
						rows = append(rows, []string{what, from(x), x.Reason, orDash(x.By), moment(x.At)})
					}
					t.Table([]terminal.Column{{Title: "ADDRESS", Flexible: true}, {Title: "FROM"}, {Title: "REASON", Flexible: true}, {Title: "BY"}, {Title: "SINCE"}}, rows)
					t.Note("%s", terminal.Plural(len(list), "suppression", "suppressions"))
				})
			})
		},
	}
}

func (c *command) suppressionsImport() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     "import FILE|- [--reason WORD]",
		Short:   "Suppress every address and domain of a list",
		Long:    "Read CSV with a header row and the columns address or domain, and optionally\nreason, newsletter and date, as the export writes them.",
		Example: "  epistle suppressions import never.csv --reason bounced",
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			list, done, err := c.openInput(args[0])
			if err != nil {
				return err
			}
			defer done()
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				all, err := a.Store.Newsletters(ctx)
				if err != nil {
					return err
				}
				slugs := map[string]int64{}
				for _, n := range all {
					slugs[n.Slug] = n.ID
				}
				added, refused, err := a.Audience.ImportSuppressions(ctx, inputName(args[0]), list, slugs, reason, c.by())
				if err != nil {
					return err
				}
				return c.answer(suppressionsImported{added, orEmpty(refused)}, func(t *terminal.Terminal) {
					for _, r := range refused {
						t.Warn("%s:%d: left out: %s", inputName(args[0]), r.Line, r.Reason)
					}
					t.Note("%s; %s left out.", terminal.Plural(added, "new suppression", "new suppressions"), terminal.Plural(len(refused), "row is", "rows are"))
				})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "list", "the reason of rows that have none, in a `WORD` or few")
	return cmd
}

// suppressionsImported is what import says in JSON.
type suppressionsImported struct {
	Added   int                `json:"added"`
	Refused []audience.Refusal `json:"refused"`
}

func (c *command) suppressionsExport() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "export [--out FILE]",
		Short:   "Write all suppressions as CSV",
		Example: "  epistle suppressions export --out never.csv",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				return c.toFile(out, func(w io.Writer) error { return a.Audience.ExportSuppressions(ctx, w) })
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "-", "the `FILE` to write; - is standard output")
	return cmd
}
