package cli

import (
	"context"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// itemDates are the flags that say when an item may be used, and where it may
// stand.
type itemDates struct {
	date, from, until string
	emailOnly         bool
}

func (d *itemDates) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.date, "date", "", "wanted for the bulletin of the week of `DATE`, as YYYY-MM-DD; empty: the next one")
	cmd.Flags().StringVar(&d.from, "valid-from", "", "not in a bulletin before `DATE`; empty: no bound")
	cmd.Flags().StringVar(&d.until, "valid-until", "", "not in a bulletin after `DATE`; empty: no bound")
	cmd.Flags().BoolVar(&d.emailOnly, "email-only", false, "in the mail alone: not in the archive and its feed")
}

// changed says whether one of the flags was given.
func (d *itemDates) changed(cmd *cobra.Command) bool {
	for _, name := range []string{"date", "valid-from", "valid-until", "email-only"} {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}

// into puts what was given into an item; the rest stays.
func (d *itemDates) into(cmd *cobra.Command, i *store.Item) error {
	for _, f := range []struct {
		name, value string
		target      *newsletter.Date
	}{{"date", d.date, &i.Wanted}, {"valid-from", d.from, &i.ValidFrom}, {"valid-until", d.until, &i.ValidUntil}} {
		if !cmd.Flags().Changed(f.name) {
			continue
		}
		day, err := dateOrNone(f.name, f.value)
		if err != nil {
			return err
		}
		*f.target = day
	}
	if !i.ValidUntil.IsZero() && i.ValidUntil.Before(i.ValidFrom) {
		return newsletter.Errorf(newsletter.Usage, "the item would be valid until %s, before it begins to be on %s", i.ValidUntil, i.ValidFrom).
			At("--valid-until").With("Give a later date, or an empty one for no bound.")
	}
	if cmd.Flags().Changed("email-only") {
		i.EmailOnly = d.emailOnly
	}
	return nil
}

func dateOrNone(flag, s string) (newsletter.Date, error) {
	if s == "" {
		return newsletter.Date{}, nil
	}
	d, err := newsletter.ParseDate(s)
	if err != nil {
		return d, newsletter.Errorf(newsletter.Usage, "%w", err).At("--" + flag)
	}
	return d, nil
}

func optionalDate(s string) (newsletter.Date, error) { return dateOrNone("date", s) }

func (c *command) itemsEdit() *cobra.Command {
	var file, section string
	var when itemDates
	cmd := &cobra.Command{
		Use:   "edit ITEM [--file FILE|-] [--section SECTION] [--date DATE] [--valid-from DATE] [--valid-until DATE] [--email-only]",
		Short: "Change a contribution, or carry it to another week",
		Long: "Change a contribution. What it said before is kept: see items show --history. New\n" +
			"words, another section or another --email-only make it a draft again. --date alone\n" +
			"carries it to another week and keeps its approval, also out of a bulletin that has\n" +
			"not begun to leave (which gets a new revision without it) or was cancelled.",
		Example: "  epistle items edit 12 --file item.md\n  epistle items edit 12 --date 2027-03-19",
		Args:    exactly("ITEM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := itemID(args[0])
			if err != nil {
				return err
			}
			if file == "" && section == "" && !when.changed(cmd) {
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
				if err := when.into(cmd, i); err != nil {
					return err
				}
				onlyDate := file == "" && section == "" && !cmd.Flags().Changed("valid-from") && !cmd.Flags().Changed("valid-until") && !cmd.Flags().Changed("email-only")
				if i.State == newsletter.ItemUsed && onlyDate {
					if i, err = a.Assembly.Carry(ctx, id, i.Wanted, c.by()); err != nil {
						return err
					}
				} else if err := a.Store.EditItem(ctx, i, c.by()); err != nil {
					return err
				}
				return c.answer(i, func(t *terminal.Terminal) { sayEdited(t, i) })
			})
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "the new text from `FILE`; - is standard input")
	cmd.Flags().StringVar(&section, "section", "", "move it to `SECTION`")
	when.flags(cmd)
	return cmd
}

func sayEdited(t *terminal.Terminal, i *store.Item) {
	if i.State == newsletter.ItemDraft {
		t.Note("Item %d is changed and a draft.", i.ID)
		return
	}
	wanted := "the next bulletin"
	if !i.Wanted.IsZero() {
		wanted = "the bulletin of the week of " + i.Wanted.String()
	}
	t.Note("Item %d is changed, still %s, and for %s.", i.ID, i.State, wanted)
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
