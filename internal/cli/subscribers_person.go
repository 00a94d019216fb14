package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"epistle/internal/address"
	"epistle/internal/app"
	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// onPerson runs fn with the address in the first argument.
func (c *command) onPerson(cmd *cobra.Command, args []string, fn func(context.Context, *app.App, address.Address) error) error {
	addr, err := parseAddress(args[0])
	if err != nil {
		return err
	}
	return c.with(cmd, func(ctx context.Context, a *app.App) error { return fn(ctx, a, addr) })
}

// sayStory tells one person's whole story.
func sayStory(t *terminal.Terminal, s *audience.Story) {
	sayPerson(t, s.Subscriber)
	for _, x := range s.Suppressed {
		t.Printf("\nsuppressed for %s since %s: %s\n", from(x), moment(x.At), strings.TrimSpace(x.Domain+" "+x.Reason))
	}
	if len(s.Deliveries) > 0 {
		var rows [][]string
		for _, d := range s.Deliveries {
			at := ""
			if !d.At.IsZero() {
				at = moment(d.At)
			}
			rows = append(rows, []string{d.Bulletin, d.Date, d.State, orDash(at), orDash(strings.TrimSpace(d.Class + " " + d.Reply))})
		}
		t.Printf("\n")
		t.Table([]terminal.Column{{Title: "BULLETIN"}, {Title: "DATE"}, {Title: "STATE"}, {Title: "AT"}, {Title: "WHY", Flexible: true}}, rows)
	}
	if len(s.CameBack) > 0 {
		t.Printf("\n")
		sayInbound(t, s.CameBack)
	}
	if len(s.History) > 0 {
		var rows [][]string
		for _, e := range s.History {
			what := e.Detail
			if e.Before+e.After != "" {
				what = strings.TrimSpace(what + " " + orDash(e.Before) + " → " + orDash(e.After))
			}
			rows = append(rows, []string{moment(e.At), e.Actor, e.Action, orDash(what)})
		}
		t.Printf("\n")
		t.Table([]terminal.Column{{Title: "AT"}, {Title: "WHO"}, {Title: "DID"}, {Title: "WHAT", Flexible: true}}, rows)
	}
}

func (c *command) subscribersExplain() *cobra.Command {
	var slug, bulletin string
	cmd := &cobra.Command{
		Use:     "explain ADDRESS [--bulletin ID] [--newsletter SLUG]",
		Short:   "Say why an address gets a bulletin or not",
		Example: "  epistle subscribers explain ana@example.org --bulletin latest",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onPerson(cmd, args, func(ctx context.Context, a *app.App, addr address.Address) error {
				var b *store.Bulletin
				var n *newsletter.Newsletter
				var err error
				if bulletin != "" {
					if b, err = a.Store.Bulletin(ctx, bulletin); err != nil {
						return err
					}
					n, err = a.Store.NewsletterByID(ctx, b.NewsletterID)
				} else {
					n, err = a.Store.Newsletter(ctx, slug)
				}
				if err != nil {
					return err
				}
				sentence, err := a.Audience.Explain(ctx, addr, n, b)
				if err != nil {
					return err
				}
				return c.answer(map[string]string{"explanation": sentence}, func(t *terminal.Terminal) { t.Paragraph(sentence) })
			})
		},
	}
	cmd.Flags().StringVar(&bulletin, "bulletin", "", "why that bulletin: its `ID`")
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	c.completeNewsletter(cmd)
	return cmd
}

func (c *command) subscribersEdit() *cobra.Command {
	var email, name, language, zone string
	var fields []string
	cmd := &cobra.Command{
		Use:     "edit ADDRESS [--email NEW] [--name NAME] [--language TAG] [--time-zone ZONE] [--field NAME=VALUE]…",
		Short:   "Change what is known about one person",
		Long:    "Change what is known about one person. An empty value takes it away.",
		Example: "  epistle subscribers edit ana@example.org --email ana@example.com --field country=DE",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			e := audience.Edit{Fields: map[string]string{}}
			for flag, to := range map[string]struct {
				value string
				set   **string
			}{"name": {name, &e.Name}, "language": {language, &e.Language}, "time-zone": {zone, &e.TimeZone}} {
				if cmd.Flags().Changed(flag) {
					if err := audience.CheckField(strings.ReplaceAll(flag, "-", "_"), to.value); err != nil {
						return usage(cmd, "--%s: %w", flag, err)
					}
					*to.set = &to.value
				}
			}
			for _, f := range fields {
				key, value, ok := strings.Cut(f, "=")
				if key = strings.ToLower(strings.TrimSpace(key)); !ok || key == "" {
					return usage(cmd, "--field: %q is not NAME=VALUE", f)
				}
				if err := audience.CheckField(key, value); err != nil {
					return usage(cmd, "--field: %w", err)
				}
				e.Fields[key] = strings.TrimSpace(value)
			}
			if email != "" {
				to, err := parseAddress(email)
				if err != nil {
					return err
				}
				e.Email = &to
			}
			return c.onPerson(cmd, args, func(ctx context.Context, a *app.App, addr address.Address) error {
				if err := a.Audience.Edit(ctx, addr, e, c.by()); err != nil {
					return err
				}
				if e.Email != nil {
					addr = *e.Email
				}
				p, err := a.Store.Subscriber(ctx, addr)
				if err != nil {
					return err
				}
				return c.answer(p, func(t *terminal.Terminal) { sayPerson(t, p) })
			})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "the `NEW` address")
	cmd.Flags().StringVar(&name, "name", "", "the person's `NAME`")
	cmd.Flags().StringVar(&language, "language", "", "the person's language `TAG`, such as en")
	cmd.Flags().StringVar(&zone, "time-zone", "", "the person's time `ZONE`, such as Europe/Berlin")
	cmd.Flags().StringArrayVar(&fields, "field", nil, "a custom field: `NAME=VALUE`")
	return cmd
}

// subscribersTag is tag, or untag.
func (c *command) subscribersTag(has bool) *cobra.Command {
	verb, short, example := "tag", "Give people a tag", "epistle subscribers tag board ana@example.org"
	if !has {
		verb, short, example = "untag", "Take a tag from people", "epistle subscribers untag board --where \"joined < 2025-01-01\""
	}
	var f selectFlags
	cmd := &cobra.Command{
		Use:     verb + " TAG [ADDRESS]… [--where FILTER] [--newsletter SLUG] [--state STATE]",
		Short:   short,
		Long:    short + ": those who are named, or all whom a filter means.\n" + filterHelp,
		Example: "  " + example,
		Args:    several("TAG"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (tags []string, _ cobra.ShellCompDirective) {
			if len(args) == 0 {
				_ = c.with(cmd, func(ctx context.Context, a *app.App) (err error) { // without a database there is nothing to offer
					tags, err = a.Store.Tags(ctx)
					return err
				})
			}
			return tags, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			people := args[1:]
			if (len(people) == 0) == (f.where == "") {
				return usage(cmd, "name people or give --where, one of both")
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				changed := 0
				if f.where != "" {
					sel, err := f.selection(cmd, ctx, a)
					if err != nil {
						return err
					}
					if changed, err = a.Audience.Tag(ctx, sel, args[0], has, c.by()); err != nil {
						return err
					}
				}
				for _, text := range people {
					addr, err := parseAddress(text)
					if err != nil {
						return err
					}
					n, err := a.Audience.TagOne(ctx, addr, args[0], has, c.by())
					if err != nil {
						return err
					}
					changed += n
				}
				return c.answer(map[string]int{"changed": changed}, func(t *terminal.Terminal) {
					t.Note("%s changed.", terminal.Plural(changed, "person", "people"))
				})
			})
		},
	}
	f.add(c, cmd)
	return cmd
}

// subscribersPause is pause, or resume.
func (c *command) subscribersPause(pause bool) *cobra.Command {
	verb, short, said := "pause", "Keep bulletins from a person for a while", "%s gets no %s until it is resumed."
	if !pause {
		verb, short, said = "resume", "Let a paused or suspended person get bulletins again", "%s gets %s again."
	}
	var slug string
	cmd := &cobra.Command{
		Use:     verb + " ADDRESS [--newsletter SLUG]",
		Short:   short,
		Example: "  epistle subscribers " + verb + " ana@example.org",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onPerson(cmd, args, func(ctx context.Context, a *app.App, addr address.Address) error {
				n, err := a.Store.Newsletter(ctx, slug)
				if err != nil {
					return err
				}
				p, err := a.Store.Subscriber(ctx, addr)
				if err != nil {
					return err
				}
				change := a.Audience.Resume
				if pause {
					change = a.Audience.Pause
				}
				if err := change(ctx, p.ID, n.ID, c.by()); err != nil {
					return err
				}
				return c.answer(map[string]string{"email": addr.String(), "newsletter": n.Slug}, func(t *terminal.Terminal) { t.Note(said, addr, n.Name) })
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	c.completeNewsletter(cmd)
	return cmd
}

func (c *command) subscribersErase() *cobra.Command {
	return &cobra.Command{
		Use:   "erase ADDRESS",
		Short: "Remove a person everywhere, for good",
		Long: "Remove a person everywhere: profile, consent, servers' replies, stored plans and the\n" +
			"values in the audit log. Only a keyed hash of the address stays, so that no list\n" +
			"brings it back. Bulletins keep their sums. There is no way back; write down before\n" +
			"what is known with: epistle subscribers export --person ADDRESS",
		Example: "  epistle subscribers erase ana@example.org --yes",
		Args:    exactly("ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onPerson(cmd, args, func(ctx context.Context, a *app.App, addr address.Address) error {
				yes, err := c.terminal().Confirm(ctx, "Erase "+addr.String()+" for good?")
				if errors.Is(err, terminal.ErrCannotAsk) {
					return usage(cmd, "%w", err)
				}
				if err != nil || !yes {
					return err
				}
				found, err := a.Audience.Erase(ctx, addr, c.by())
				if err != nil {
					return err
				}
				return c.answer(map[string]bool{"erased": found}, func(t *terminal.Terminal) {
					if !found {
						t.Note("Nobody had this address; no list can bring it in any more.")
						return
					}
					t.Note("%s is erased.", addr)
				})
			})
		},
	}
}
