package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/markdown"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// maxItem bounds one contribution; a real one has a few hundred words.
const maxItem = 1 << 20

func (c *command) itemsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "items", Short: "Gather contributions through the week"}
	add(cmd, c.itemsAdd(), c.itemsList(), c.itemsShow(), c.itemsEdit(),
		c.itemsMove("approve", "Let the next bulletin use items", "approved", func(ctx context.Context, s *store.Store, id int64, by string) error {
			return s.ApproveItem(ctx, id, by)
		}),
		c.itemsMove("withdraw", "Keep items from being used", "withdrawn", func(ctx context.Context, s *store.Store, id int64, by string) error {
			return s.WithdrawItem(ctx, id, by)
		}))
	return cmd
}

func (c *command) itemsAdd() *cobra.Command {
	var slug, section, date string
	var approve bool
	cmd := &cobra.Command{
		Use:   "add --section lead|epigraph|NAME [--newsletter SLUG] [--date YYYY-MM-DD] [--approve] FILE|-",
		Short: "Add a contribution to a section",
		Long: "Add an item, written in Markdown, to a section. It is a draft until it is\n" +
			"approved. Without --date it is for the next bulletin, with it for the bulletin of\n" +
			"the week that ends on that date or after it. An epigraph's last line is its source.",
		Example: "  epistle items add --section \"Latin America\" item.md\n  echo 'The school is open again.' | epistle items add --section lead -",
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "section", section); err != nil {
				return err
			}
			body, err := c.readItem(args[0])
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				n, err := a.Store.Newsletter(ctx, slug)
				if err != nil {
					return err
				}
				item := &store.Item{NewsletterID: n.ID, Body: body, Author: c.by()}
				if item.Section, err = sectionKey(n, section); err != nil {
					return err
				}
				if item.Wanted, err = optionalDate(date); err != nil {
					return err
				}
				if err := a.Store.AddItem(ctx, item); err != nil {
					return err
				}
				if approve {
					if err := a.Store.ApproveItem(ctx, item.ID, c.by()); err != nil {
						return err
					}
					item.State, item.ApprovedBy = newsletter.ItemApproved, c.by()
				}
				return c.answer(item, func(t *terminal.Terminal) {
					t.Printf("%d\n", item.ID)
					if !approve {
						t.Note("Item %d is a draft. Approve it with: epistle items approve %d", item.ID, item.ID)
					}
				})
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringVar(&section, "section", "", "`SECTION`: lead, epigraph, or a section's name")
	cmd.Flags().StringVar(&date, "date", "", "wanted for the bulletin of the week of `YYYY-MM-DD` (default the next one)")
	cmd.Flags().BoolVar(&approve, "approve", false, "approve it at once")
	return cmd
}

// readItem reads a contribution and refuses what the safe subset of Markdown does
// not have, with file, line and column.
func (c *command) readItem(name string) (string, error) {
	data, err := c.readInput(name, maxItem)
	if err != nil {
		return "", err
	}
	body := strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if body == "" {
		return "", newsletter.Errorf(newsletter.Invalid, "the item is empty").At(inputName(name)).With("Write at least one sentence.")
	}
	if _, err := markdown.Parse(body); err != nil {
		return "", placed(inputName(name), err)
	}
	return body, nil
}

// sectionKey finds the section that a person means.
func sectionKey(n *newsletter.Newsletter, name string) (string, error) {
	key := newsletter.SectionKey(name)
	if key == newsletter.LeadKey || key == newsletter.EpigraphKey {
		return key, nil
	}
	if _, ok := n.SectionByKey(key); ok {
		return key, nil
	}
	names := []string{"lead", "epigraph"}
	for _, s := range n.Sections {
		names = append(names, strconv.Quote(s.Name))
	}
	return "", newsletter.Errorf(newsletter.Usage, "%s has no section %q", n.Name, name).At("--section").
		With("Its sections are " + listing(names) + ".")
}

func optionalDate(s string) (newsletter.Date, error) {
	if s == "" {
		return newsletter.Date{}, nil
	}
	d, err := newsletter.ParseDate(s)
	if err != nil {
		return d, newsletter.Errorf(newsletter.Usage, "%w", err).At("--date")
	}
	return d, nil
}

func (c *command) itemsList() *cobra.Command {
	var slug, state string
	cmd := &cobra.Command{
		Use:     "list [--state STATE] [--newsletter SLUG]",
		Short:   "List contributions",
		Example: "  epistle items list --state draft",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf(cmd, "state", state, newsletter.ItemDraft, newsletter.ItemApproved, newsletter.ItemUsed, newsletter.ItemWithdrawn); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				n, err := a.Store.Newsletter(ctx, slug)
				if err != nil {
					return err
				}
				items, err := a.Store.Items(ctx, store.ItemFilter{NewsletterID: n.ID, State: newsletter.ItemState(state)})
				if err != nil {
					return err
				}
				return c.answer(orEmpty(items), func(t *terminal.Terminal) { sayItems(t, n, items) })
			})
		},
	}
	cmd.Flags().StringVar(&slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	cmd.Flags().StringVar(&state, "state", "", "only those in `STATE`: draft, approved, used or withdrawn")
	return cmd
}

func sayItems(t *terminal.Terminal, n *newsletter.Newsletter, items []*store.Item) {
	if len(items) == 0 {
		t.Note("There is no such item. Add one with: epistle items add --section SECTION FILE")
	}
	var rows [][]string
	for _, i := range items {
		section, wanted := i.Section, i.Wanted.String()
		if s, ok := n.SectionByKey(section); ok {
			section = s.Name
		}
		if i.Wanted.IsZero() {
			wanted = "next"
		}
		rows = append(rows, []string{strconv.FormatInt(i.ID, 10), string(i.State), section, wanted, i.Author, firstWords(i.Body)})
	}
	t.Table([]terminal.Column{
		{Title: "ITEM", Right: true},
		{Title: "STATE"},
		{Title: "SECTION", Flexible: true},
		{Title: "WANTED"},
		{Title: "BY", Flexible: true},
		{Title: "BEGINS", Flexible: true},
	}, rows)
}

func firstWords(body string) string {
	return terminal.Truncate(strings.Join(strings.Fields(body), " "), 60)
}

func (c *command) itemsShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ITEM",
		Short:   "Show one contribution",
		Example: "  epistle items show 12",
		Args:    exactly("ITEM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := itemID(args[0])
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				i, err := a.Store.Item(ctx, id)
				if err != nil {
					return err
				}
				return c.answer(i, func(t *terminal.Terminal) {
					t.Note("Item %d for %s, %s, by %s on %s", i.ID, i.Section, i.State, i.Author, moment(i.MadeAt))
					t.Printf("%s\n", i.Body)
				})
			})
		},
	}
}

func itemID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id <= 0 {
		return 0, newsletter.Errorf(newsletter.Usage, "%q is not the number of an item", s).With("See the numbers with: epistle items list")
	}
	return id, nil
}

func (c *command) itemsEdit() *cobra.Command {
	var file, section, date string
	cmd := &cobra.Command{
		Use:     "edit ITEM [--file FILE|-] [--section SECTION] [--date YYYY-MM-DD]",
		Short:   "Change a contribution; it becomes a draft again",
		Example: "  epistle items edit 12 --file item.md",
		Args:    exactly("ITEM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := itemID(args[0])
			if err != nil {
				return err
			}
			dated := cmd.Flags().Changed("date")
			if file == "" && section == "" && !dated {
				return usage(cmd, "there is nothing to change")
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				i, err := a.Store.Item(ctx, id)
				if err != nil {
					return err
				}
				if err := c.changeItem(ctx, a, i, file, section); err != nil {
					return err
				}
				if dated {
					if i.Wanted, err = optionalDate(date); err != nil {
						return err
					}
				}
				if err := a.Store.EditItem(ctx, i, c.by()); err != nil {
					return err
				}
				return c.answer(i, func(t *terminal.Terminal) { t.Note("Item %d is changed and a draft again.", id) })
			})
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "the new text from `FILE`; - is standard input")
	cmd.Flags().StringVar(&section, "section", "", "move it to `SECTION`")
	cmd.Flags().StringVar(&date, "date", "", "wanted for the week of `YYYY-MM-DD`; empty for the next bulletin")
	return cmd
}

// changeItem puts a new text and section into an item; empty ones stay.
func (c *command) changeItem(ctx context.Context, a *app.App, i *store.Item, file, section string) (err error) {
	if file != "" {
		if i.Body, err = c.readItem(file); err != nil {
			return err
		}
	}
	if section == "" {
		return nil
	}
	n, err := a.Store.NewsletterByID(ctx, i.NewsletterID)
	if err != nil {
		return err
	}
	i.Section, err = sectionKey(n, section)
	return err
}

// itemsMove is approve and withdraw.
func (c *command) itemsMove(verb, short, became string, move func(context.Context, *store.Store, int64, string) error) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " ITEM…",
		Short:   short,
		Example: "  epistle items " + verb + " 12 13",
		Args:    several("ITEM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var ids []int64
			for _, arg := range args {
				id, err := itemID(arg)
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				if err := freeItems(ctx, a.Store, ids); err != nil {
					return err
				}
				items := make([]*store.Item, len(ids))
				for k, id := range ids {
					err := move(ctx, a.Store, id, c.by())
					if err != nil {
						return err
					}
					if items[k], err = a.Store.Item(ctx, id); err != nil {
						return err
					}
				}
				return c.answer(items, func(t *terminal.Terminal) {
					t.Note("%s %s.", terminal.Plural(len(ids), "item is", "items are"), became)
				})
			})
		},
	}
}

// freeItems looks at every item before the first is changed, so that a wrong
// number in the middle leaves nothing half-done.
func freeItems(ctx context.Context, s *store.Store, ids []int64) error {
	var faults newsletter.Faults
	for _, id := range ids {
		i, err := s.Item(ctx, id)
		switch these := asFaults(err); {
		case err != nil && these == nil:
			return err
		case err != nil:
			faults = append(faults, these...)
		case i.State == newsletter.ItemUsed:
			faults = append(faults, newsletter.Errorf(newsletter.Conflict, "item %d stands in a bulletin already", id).
				With("Change the bulletin instead, with: epistle bulletins edit"))
		}
	}
	return faults.Err()
}
