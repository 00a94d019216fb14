package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/difference"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// itemReport is an item with its history, as JSON.
type itemReport struct {
	*store.Item
	History     []versionReport    `json:"history"`
	Withdrawals []store.Withdrawal `json:"withdrawals"`
}

// versionReport is one form of an item, and what changed since the one before.
type versionReport struct {
	store.Version
	Words []difference.Piece `json:"words"`
}

func (c *command) itemsShow() *cobra.Command {
	var history bool
	cmd := &cobra.Command{
		Use:   "show ITEM [--history]",
		Short: "Show one contribution",
		Long: "Show one contribution. With --history, all that it has said, the oldest first: who\n" +
			"wrote it and when, and what changed, [-what went-]{+what came+}.",
		Example: "  epistle items show 12\n  epistle items show 12 --history",
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
				if !history {
					return c.answer(i, func(t *terminal.Terminal) {
						t.Note("Item %d for %s, %s, by %s on %s%s", i.ID, i.Section, i.State, i.Author, moment(i.MadeAt), bounds(versionNow(i)))
						t.Printf("%s\n", i.Body)
					})
				}
				versions, err := a.Store.ItemVersions(ctx, id)
				if err != nil {
					return err
				}
				taken, err := a.Store.Withdrawals(ctx, id)
				if err != nil {
					return err
				}
				report := itemReport{i, compared(versions), orEmpty(taken)}
				return c.answer(report, func(t *terminal.Terminal) { sayHistory(t, report) })
			})
		},
	}
	cmd.Flags().BoolVar(&history, "history", false, "all that it has said, with what changed")
	return cmd
}

func compared(versions []store.Version) []versionReport {
	list := make([]versionReport, len(versions))
	for k, v := range versions {
		list[k] = versionReport{v, []difference.Piece{}}
		if k > 0 {
			list[k].Words = difference.Words(versions[k-1].Body, v.Body)
		}
	}
	return list
}

func versionNow(i *store.Item) store.Version {
	return store.Version{Wanted: i.Wanted, ValidFrom: i.ValidFrom, ValidUntil: i.ValidUntil, EmailOnly: i.EmailOnly}
}

// bounds says when a contribution may be used, and where it may stand.
func bounds(v store.Version) (s string) {
	for _, d := range []struct {
		word string
		date newsletter.Date
	}{{"wanted for", v.Wanted}, {"valid from", v.ValidFrom}, {"valid until", v.ValidUntil}} {
		if !d.date.IsZero() {
			s += ", " + d.word + " " + d.date.String()
		}
	}
	if v.EmailOnly {
		s += ", e-mail only"
	}
	return s
}

func sayHistory(t *terminal.Terminal, r itemReport) {
	for k, v := range r.History {
		if k > 0 {
			t.Printf("\n")
		}
		t.Printf("Version %d by %s on %s, for %s%s\n", v.Number, v.By, moment(v.At), v.Section, bounds(v.Version))
		if len(v.Words) > 0 {
			t.Printf("%s\n", difference.Inline(v.Words))
		} else {
			t.Printf("%s\n", v.Body)
		}
	}
	for _, w := range r.Withdrawals {
		t.Printf("\n%s by %s on %s%s\n", takenWord(w), w.By, moment(w.At), after(": ", w.Reason))
		if w.HashBefore != "" {
			t.Printf("from the bulletin with hash %s, which has hash %s since\n", w.HashBefore[:shownHash], w.HashAfter[:shownHash])
		}
	}
}

func takenWord(w store.Withdrawal) string {
	word := "Withdrawn"
	if w.Redacted {
		word = "Redacted"
	}
	return word + after(" from ", w.Bulletin)
}

// after puts a word before something, or gives nothing when that is empty.
func after(word, s string) string {
	if s == "" {
		return ""
	}
	return word + s
}

func itemID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id <= 0 {
		return 0, newsletter.Errorf(newsletter.Usage, "%q is not the number of an item", s).With("See the numbers with: epistle items list")
	}
	return id, nil
}
