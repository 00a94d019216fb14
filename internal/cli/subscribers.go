package cli

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"epistle/internal/address"
	"epistle/internal/app"
	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// maxList bounds a list of subscribers that is read at once.
const maxList = 64 << 20

func (c *command) subscribersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "subscribers", Short: "Manage who gets the newsletter"}
	add(cmd, c.subscribersAdd(), c.subscribersImport(), c.subscribersList(), c.subscribersShow(), c.subscribersRemove())
	return cmd
}

func (c *command) subscribersAdd() *cobra.Command {
	var slug, name, language, consent string
	cmd := &cobra.Command{
		Use:     "add ADDRESS [--newsletter SLUG] [--name NAME] [--language TAG] [--consent WORDS]",
		Short:   "Subscribe one person",
		Example: "  epistle subscribers add ana@example.org --name \"Ana Ruiz\" --consent \"asked at the spring fair\"",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			e := audience.Entry{Address: a, Person: store.Subscriber{Name: name, Language: language}}
			return c.with(cmd, func(ctx context.Context, app *app.App) error {
				n, err := app.Store.Newsletter(ctx, slug)
				if err != nil {
					return err
				}
				counts, err := app.Audience.Add(ctx, n, []audience.Entry{e}, audience.Consent{Source: "command line", Text: consent}, c.by())
				if err != nil {
					return err
				}
				return c.answer(counts, func(t *terminal.Terminal) { sayAdded(t, a, n, counts) })
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringVar(&name, "name", "", "the person's `NAME`")
	cmd.Flags().StringVar(&language, "language", "", "the person's language `TAG`, such as en")
	cmd.Flags().StringVar(&consent, "consent", "", "the `WORDS` that were agreed to, for the record")
	return cmd
}

func sayAdded(t *terminal.Terminal, a address.Address, n *newsletter.Newsletter, counts audience.Counts) {
	switch {
	case counts.Known > 0:
		t.Note("%s has a subscription to %s already; it was left as it is.", a, n.Name)
	case counts.Suppressed > 0:
		t.Note("%s is subscribed to %s, but gets nothing: the address is suppressed.", a, n.Name)
	case n.Policy.ImportState != newsletter.SubscriptionActive:
		t.Note("%s has a subscription to %s, which is %s.", a, n.Name, n.Policy.ImportState)
	default:
		t.Note("%s gets %s from now on.", a, n.Name)
	}
}

func parseAddress(s string) (address.Address, error) {
	a, err := address.Parse(s)
	if err != nil {
		own := newsletter.Errorf(newsletter.Usage, "%w", err)
		var fault *address.Error
		if errors.As(err, &fault) {
			return a, own.With(fault.Remedy)
		}
		return a, own
	}
	return a, nil
}

// importReport is what an import says in JSON.
type importReport struct {
	audience.Counts
	Refused []audience.Refusal `json:"refused"`
	DryRun  bool               `json:"dry_run"`
	file    string
}

func (c *command) subscribersImport() *cobra.Command {
	var slug, consent string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "import FILE|- [--newsletter SLUG] [--consent WORDS] [--dry-run]",
		Short: "Subscribe everyone on a list",
		Long: "Read people from CSV with a header row and subscribe them, all or none. Known\n" +
			"columns are email, name, language, time_zone, tags (separated by commas) and\n" +
			"consent_date; any other becomes a custom field. Rows that cannot be taken are\n" +
			"listed with their line. Nobody who left is brought back.",
		Example: "  epistle subscribers import readers.csv --dry-run\n  epistle subscribers import readers.csv --consent \"signed the paper form\"",
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := c.readInput(args[0], maxList)
			if err != nil {
				return err
			}
			entries, refused, err := audience.ReadList(inputName(args[0]), bytes.NewReader(data))
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				n, err := a.Store.Newsletter(ctx, slug)
				if err != nil {
					return err
				}
				report := importReport{Refused: orEmpty(refused), DryRun: dryRun, file: inputName(args[0])}
				if !dryRun {
					source := "import of " + filepath.Base(inputName(args[0]))
					if report.Counts, err = a.Audience.Add(ctx, n, entries, audience.Consent{Source: source, Text: consent}, c.by()); err != nil {
						return err
					}
				}
				return c.sayImport(n, len(entries), report)
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringVar(&consent, "consent", "", "the `WORDS` that were agreed to, for the record")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be taken")
	return cmd
}

func (c *command) sayImport(n *newsletter.Newsletter, usable int, r importReport) error {
	t := c.terminal()
	if t.WantsJSON() {
		return t.JSON(r)
	}
	for _, refusal := range r.Refused {
		t.Warn("%s:%d: left out: %s", r.file, refusal.Line, refusal.Reason)
	}
	left := ""
	if len(r.Refused) > 0 {
		left = "; " + terminal.Plural(len(r.Refused), "row is", "rows are") + " left out"
	}
	if r.DryRun {
		t.Note("%s can be taken%s. Nothing was changed.", terminal.Plural(usable, "row", "rows"), left)
		return nil
	}
	t.Note("%s: %s%s.", n.Name, r.Counts, left)
	if r.Suppressed > 0 {
		t.Note("%s of them will get nothing, because their addresses are suppressed.", terminal.Count(r.Suppressed))
	}
	return nil
}

func (c *command) subscribersList() *cobra.Command {
	var slug, state string
	cmd := &cobra.Command{
		Use:     "list [--state STATE] [--newsletter SLUG]",
		Short:   "List subscriptions by address",
		Example: "  epistle subscribers list --state unsubscribed",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf(cmd, "state", state, newsletter.SubscriptionPending, newsletter.SubscriptionActive, newsletter.SubscriptionPaused,
				newsletter.SubscriptionSuspended, newsletter.SubscriptionUnsubscribed); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				n, err := a.Store.Newsletter(ctx, slug)
				if err != nil {
					return err
				}
				list := []store.Listed{}
				err = a.Store.ListSubscribers(ctx, n.ID, newsletter.SubscriptionState(state), func(l store.Listed) error {
					list = append(list, l)
					return nil
				})
				if err != nil {
					return err
				}
				return c.answer(list, func(t *terminal.Terminal) { sayListed(t, list) })
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringVar(&state, "state", "", "only those in `STATE`: pending, active, paused, suspended or unsubscribed")
	return cmd
}

func sayListed(t *terminal.Terminal, list []store.Listed) {
	var rows [][]string
	for _, l := range list {
		rows = append(rows, []string{l.Email, orDash(l.Name), string(l.State), moment(l.Since)})
	}
	t.Table([]terminal.Column{{Title: "ADDRESS", Flexible: true}, {Title: "NAME", Flexible: true}, {Title: "STATE"}, {Title: "SINCE"}}, rows)
	t.Note("%s", terminal.Plural(len(list), "subscription", "subscriptions"))
}

func (c *command) subscribersShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ADDRESS",
		Short:   "Show what is known about one person",
		Example: "  epistle subscribers show ana@example.org",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, app *app.App) error {
				p, err := app.Store.Subscriber(ctx, a)
				if err != nil {
					return err
				}
				p.Subscriptions = orEmpty(p.Subscriptions)
				return c.answer(p, func(t *terminal.Terminal) { sayPerson(t, p) })
			})
		},
	}
}

func sayPerson(t *terminal.Terminal, p *store.Subscriber) {
	t.Printf("%s\n", p.Email)
	for _, line := range [][2]string{
		{"name", p.Name}, {"language", p.Language}, {"time zone", p.TimeZone}, {"tags", strings.Join(p.Tags, ", ")}, {"known since", moment(p.MadeAt)},
	} {
		if line[1] != "" {
			t.Printf("  %-13s%s\n", line[0], line[1])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		t.Printf("  %-13s%s\n", name, p.Fields[name])
	}
	t.Printf("\n")
	var rows [][]string
	for _, s := range p.Subscriptions {
		rows = append(rows, []string{s.Newsletter, string(s.State), moment(s.Since), orDash(s.How), orDash(s.ConsentText)})
	}
	t.Table([]terminal.Column{{Title: "NEWSLETTER"}, {Title: "STATE"}, {Title: "SINCE"}, {Title: "HOW", Flexible: true}, {Title: "CONSENT", Flexible: true}}, rows)
}

func (c *command) subscribersRemove() *cobra.Command {
	var slug string
	cmd := &cobra.Command{
		Use:     "remove ADDRESS [--newsletter SLUG]",
		Short:   "End a person's subscription",
		Long:    "End a person's subscription at once, also for a send that is under way. The\nperson stays on record, so that no list brings them back.",
		Example: "  epistle subscribers remove ana@example.org",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, app *app.App) error {
				n, err := app.Store.Newsletter(ctx, slug)
				if err != nil {
					return err
				}
				p, err := app.Store.Subscriber(ctx, a)
				if err != nil {
					return err
				}
				already, err := app.Audience.Leave(ctx, p.ID, n.ID, "removed by staff", c.by())
				if err != nil {
					return err
				}
				return c.answer(removal{a.String(), n.Slug, already}, func(t *terminal.Terminal) {
					if already {
						t.Note("%s had no subscription to %s any more.", a, n.Name)
						return
					}
					t.Note("%s gets %s no longer.", a, n.Name)
				})
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	return cmd
}

// removal is what remove says in JSON.
type removal struct {
	Email      string `json:"email"`
	Newsletter string `json:"newsletter"`
	Already    bool   `json:"already"`
}
