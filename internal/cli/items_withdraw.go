package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/assembly"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) itemsApprove() *cobra.Command {
	return &cobra.Command{
		Use:     "approve ITEM…",
		Short:   "Let the next bulletin use items",
		Example: "  epistle items approve 12 13",
		Args:    several("ITEM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := itemIDs(args)
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				if err := existing(ctx, a.Store, ids, true); err != nil {
					return err
				}
				items := make([]*store.Item, len(ids))
				for k, id := range ids {
					err := a.Store.ApproveItem(ctx, id, c.by())
					if err != nil {
						return err
					}
					if items[k], err = a.Store.Item(ctx, id); err != nil {
						return err
					}
				}
				return c.answer(items, func(t *terminal.Terminal) {
					t.Note("%s approved.", terminal.Plural(len(ids), "item is", "items are"))
				})
			})
		},
	}
}

func itemIDs(args []string) (ids []int64, err error) {
	for _, arg := range args {
		id, err := itemID(arg)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// existing looks at every item before the first is changed, so that a wrong number
// in the middle leaves nothing half-done. Free ones stand in no bulletin.
func existing(ctx context.Context, s *store.Store, ids []int64, free bool) error {
	var faults newsletter.Faults
	for _, id := range ids {
		i, err := s.Item(ctx, id)
		switch these := asFaults(err); {
		case err != nil && these == nil:
			return err
		case err != nil:
			faults = append(faults, these...)
		case free && i.State == newsletter.ItemUsed:
			faults = append(faults, newsletter.Errorf(newsletter.Conflict, "item %d stands in a bulletin already", id).
				With("Change the bulletin instead, with: epistle bulletins edit"))
		}
	}
	return faults.Err()
}

func (c *command) itemsWithdraw() *cobra.Command {
	return c.takingBack("withdraw ITEM… [--reason REASON]", "Keep items from being used, or take them back",
		"Keep items from being used. One that stands in a bulletin is taken out of it: before\n"+
			"the bulletin leaves, it goes back to review without the item; after that, a note\n"+
			"stands in the item's place in archive, feed and browser view at once, a send under\n"+
			"way is paused, and --reason is needed. The desk keeps the words; to remove those\n"+
			"too, use items redact.",
		"  epistle items withdraw 12 13\n  epistle items withdraw 12 --reason \"asked for by the office\"",
		func(ctx context.Context, a *assembly.Assembly, id int64, reason, by string) (*assembly.Taken, error) {
			return a.Withdraw(ctx, id, reason, by)
		})
}

func (c *command) itemsRedact() *cobra.Command {
	return c.takingBack("redact ITEM… --reason REASON", "Remove the words of items from everything that is kept",
		"Withdraw items and remove their words for good: from archive, feed and browser\n"+
			"view at once, from every revision of every bulletin, from the item and its\n"+
			"history, from earlier wordings in older revisions, and from the free pages of the\n"+
			"database. Each bulletin keeps its number; a note stands in the item's place; old\n"+
			"hashes stay on record. A send under way is paused: what is left needs a new\n"+
			"approval before `epistle bulletins resume`.\n\n"+
			"A title, subject or preheader that has words of the item which the rest of the\n"+
			"bulletin does not have is taken out with it; give it another one with\n"+
			"`epistle bulletins edit`, also where readers have the bulletin already. Out of\n"+
			"reach are mail that was sent, messages that a catcher keeps, and backups made\n"+
			"before.",
		"  epistle items redact 12 --reason \"puts somebody in danger\"",
		func(ctx context.Context, a *assembly.Assembly, id int64, reason, by string) (*assembly.Taken, error) {
			return a.Redact(ctx, id, reason, by)
		})
}

// takingBack is a command that takes items out of where they stand.
func (c *command) takingBack(use, short, long, example string, take func(context.Context, *assembly.Assembly, int64, string, string) (*assembly.Taken, error)) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args: several("ITEM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := itemIDs(args)
			if err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				if err := existing(ctx, a.Store, ids, false); err != nil {
					return err
				}
				list := make([]*assembly.Taken, len(ids))
				for k, id := range ids {
					if list[k], err = take(ctx, a.Assembly, id, reason, c.by()); err != nil {
						return err
					}
				}
				return c.answer(list, func(t *terminal.Terminal) { sayTaken(t, list) })
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, in one sentence and without the words themselves: a `REASON` for the record")
	return cmd
}

func sayTaken(t *terminal.Terminal, list []*assembly.Taken) {
	for _, taken := range list {
		done := "withdrawn"
		if taken.Redacted {
			done = "redacted: its words are gone from the database"
		}
		t.Note("Item %d is %s.", taken.Item, done)
		for _, b := range taken.Bulletins {
			t.Note("  bulletin %s, %s: hash %s, was %s", b.Bulletin, b.State, b.HashAfter[:shownHash], b.HashBefore[:shownHash])
			if lines := strings.Join(b.Headlines, ", "); lines != "" && taken.Redacted {
				t.Warn("the %s of bulletin %s had words of it and went too; give it another one with: epistle bulletins edit %s", lines, b.Bulletin, b.Bulletin)
			} else if lines != "" {
				t.Warn("the %s of bulletin %s has words of it and stays; change it with: epistle bulletins edit %s", lines, b.Bulletin, b.Bulletin)
			}
			if b.Paused {
				t.Warn("bulletin %s was leaving and is paused; look at it, approve it, then: epistle bulletins resume %s", b.Bulletin, b.Bulletin)
			}
		}
		if len(taken.Traces) > 0 {
			t.Note("  with %s that held earlier wordings", terminal.Plural(len(taken.Traces), "item", "items"))
		}
		if taken.Redacted {
			t.Note("  Mail that was sent and backups made before still have it.")
		}
	}
}
