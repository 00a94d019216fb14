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
	add(cmd, c.itemsAdd(), c.itemsList(), c.itemsShow(), c.itemsEdit(), c.itemsApprove(), c.itemsWithdraw(), c.itemsRedact())
	return cmd
}

func (c *command) itemsAdd() *cobra.Command {
	var slug, section string
	var approve bool
	var when itemDates
	cmd := &cobra.Command{
		Use:   "add --section lead|epigraph|NAME [--newsletter SLUG] [--date DATE] [--valid-from DATE] [--valid-until DATE] [--email-only] [--approve] FILE|-",
		Short: "Add a contribution to a section",
		Long: "Add an item, written in Markdown, to a section. It is a draft until it is\n" +
			"approved. Without --date it is for the next bulletin, with it for the bulletin of\n" +
			"the week that ends on that date or after it. --valid-from and --valid-until bound\n" +
			"the dates of the bulletins that may use it. --email-only keeps it out of the\n" +
			"archive. An epigraph's last line is its source.",
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
				if err := when.into(cmd, item); err != nil {
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
	when.flags(cmd)
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
