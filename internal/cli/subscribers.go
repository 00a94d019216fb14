package cli

import (
	"context"
	"errors"
	"maps"
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

func (c *command) subscribersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "subscribers", Short: "Manage who gets the newsletter"}
	add(cmd, c.subscribersAdd(), c.subscribersImport(), c.subscribersImports(), c.subscribersUndo(), c.subscribersList(), c.subscribersExport(),
		c.subscribersShow(), c.subscribersExplain(), c.subscribersEdit(), c.subscribersTag(true), c.subscribersTag(false),
		c.subscribersPause(true), c.subscribersPause(false), c.subscribersRemove(), c.subscribersErase())
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

func (c *command) subscribersShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ADDRESS",
		Short:   "Show all that is known about one person",
		Example: "  epistle subscribers show ana@example.org",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, app *app.App) error {
				p, err := app.Audience.Story(ctx, a)
				if err != nil {
					return err
				}
				p.Subscriptions = orEmpty(p.Subscriptions)
				return c.answer(p, func(t *terminal.Terminal) { sayStory(t, p) })
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
	for _, s := range p.Subscriptions {
		if s.Choice != nil {
			t.Printf("\n%s is wanted %s\n", s.Newsletter, s.Choice)
		}
		if !s.PausedUntil.IsZero() {
			t.Printf("\n%s is paused until %s, then it comes again by itself\n", s.Newsletter, moment(s.PausedUntil))
		}
	}
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
