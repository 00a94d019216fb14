package cli

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/definition"
	"epistle/internal/newsletter"
	"epistle/internal/schedule"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// maxDefinition bounds a newsletter's file; a real one has a few kilobytes.
const maxDefinition = 1 << 20

func (c *command) newslettersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "newsletters", Short: "Define what people subscribe to"}
	add(cmd, c.newslettersAdd(), c.newslettersEdit(), c.newslettersList(), c.newslettersShow())
	return cmd
}

func (c *command) newslettersAdd() *cobra.Command {
	return c.defining(&cobra.Command{
		Use:     "add SLUG --file FILE.toml|-",
		Short:   "Add a newsletter from its definition file",
		Long:    "Add a newsletter. SLUG is its short name in commands and links. The file names\nits sender, sections, schedule and people; `epistle newsletters show` writes one.",
		Example: "  epistle newsletters add weekly --file newsletter.toml",
	}, "Added", (*store.Store).AddNewsletter)
}

func (c *command) newslettersEdit() *cobra.Command {
	return c.defining(&cobra.Command{
		Use:     "edit SLUG --file FILE.toml|-",
		Short:   "Replace a newsletter's definition",
		Long:    "Replace a newsletter's definition. Bulletins that are frozen keep the one they\nwere made with; assemble or import them again to take the new one.",
		Example: "  epistle newsletters show weekly --format toml > weekly.toml\n  epistle newsletters edit weekly --file weekly.toml",
	}, "Changed", (*store.Store).EditNewsletter)
}

// defining completes a command that takes a newsletter from a file: add and edit.
func (c *command) defining(cmd *cobra.Command, done string, put func(*store.Store, context.Context, *newsletter.Newsletter, string) error) *cobra.Command {
	var file string
	cmd.Args = exactly("SLUG")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := c.readNewsletter(cmd, args[0], file)
		if err != nil {
			return err
		}
		return c.with(cmd, func(ctx context.Context, a *app.App) error {
			if err := put(a.Store, ctx, n, c.by()); err != nil {
				return err
			}
			return c.newsletterDone(n, done)
		})
	}
	cmd.Flags().StringVar(&file, "file", "", "the definition's `FILE`; - is standard input")
	return cmd
}

// readNewsletter reads and checks a definition, its schedule included.
func (c *command) readNewsletter(cmd *cobra.Command, slug, file string) (*newsletter.Newsletter, error) {
	if err := required(cmd, "file", file); err != nil {
		return nil, err
	}
	if err := newsletter.ValidateSlug(slug); err != nil {
		return nil, err
	}
	data, err := c.readInput(file, maxDefinition)
	if err != nil {
		return nil, err
	}
	return parseNewsletter(slug, inputName(file), data)
}

func parseNewsletter(slug, name string, data []byte) (*newsletter.Newsletter, error) {
	n, err := definition.Read(name, data)
	if err != nil {
		return nil, err
	}
	n.Slug = slug
	if _, err := schedule.ReadPlan(n.Schedule); err != nil {
		return nil, placed(name, err)
	}
	return n, nil
}

func (c *command) newsletterDone(n *newsletter.Newsletter, what string) error {
	return c.answer(listed(n), func(t *terminal.Terminal) {
		t.Note("%s %s (%s): %s.", what, n.Name, n.Slug, terminal.Plural(len(n.Sections), "section", "sections"))
	})
}

func (c *command) newslettersList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the newsletters",
		Example: "  epistle newsletters list",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				all, err := a.Store.Newsletters(ctx)
				if err != nil {
					return err
				}
				if c.terminal().WantsJSON() {
					for _, n := range all {
						listed(n)
					}
					return c.terminal().JSON(orEmpty(all))
				}
				var rows [][]string
				for _, n := range all {
					counts, err := a.Store.CountSubscriptions(ctx, n.ID)
					if err != nil {
						return err
					}
					rows = append(rows, []string{n.Slug, n.Name, n.TimeZone, orDash(n.Schedule.Send), terminal.Count(counts[newsletter.SubscriptionActive])})
				}
				if len(rows) == 0 {
					c.terminal().Note("There is no newsletter yet. Make one with: epistle newsletters add SLUG --file FILE.toml")
				}
				c.terminal().Table([]terminal.Column{{Title: "SLUG"}, {Title: "NAME", Flexible: true}, {Title: "TIME ZONE"}, {Title: "SENDS AT"}, {Title: "ACTIVE", Right: true}}, rows)
				return nil
			})
		},
	}
}

func (c *command) newslettersShow() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "show SLUG [--format toml]",
		Short:   "Write a newsletter's definition file",
		Long:    "Write a newsletter's definition, in the form that `newsletters edit` reads.",
		Example: "  epistle newsletters show weekly --format toml > weekly.toml",
		Args:    exactly("SLUG"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf(cmd, "format", format, "toml"); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				n, err := a.Store.Newsletter(ctx, args[0])
				if err != nil {
					return err
				}
				if c.terminal().WantsJSON() {
					return c.terminal().JSON(listed(n))
				}
				var out bytes.Buffer
				if err := definition.Write(&out, n); err != nil {
					return err
				}
				_, err = c.terminal().Stdout().Write(out.Bytes())
				return err
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "toml", "`FORMAT`: toml")
	return cmd
}

// listed gives the newsletter with empty lists in place of missing ones, for JSON.
func listed(n *newsletter.Newsletter) *newsletter.Newsletter {
	n.Sections, n.Staff = orEmpty(n.Sections), orEmpty(n.Staff)
	return n
}
