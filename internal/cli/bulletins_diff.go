package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/difference"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// side is one of two forms that are compared.
type side struct {
	Bulletin string `json:"bulletin"`
	Revision int    `json:"revision"`
	doc      *newsletter.Document
}

func (s side) String() string { return fmt.Sprintf("%s, revision %d", s.Bulletin, s.Revision) }

// diffReport is a comparison as JSON.
type diffReport struct {
	Before  side                `json:"before"`
	After   side                `json:"after"`
	Changes []difference.Change `json:"changes"`
}

func (c *command) bulletinsDiff() *cobra.Command {
	var against string
	cmd := &cobra.Command{
		Use:   "diff ID [--against ID|REVISION]",
		Short: "Show what changed, as text",
		Long: "Show what differs between a bulletin as it stands and its revision before, or the\n" +
			"one that --against names: a revision's number, or SLUG/NUMBER or latest for another\n" +
			"bulletin. All that an approval covers is compared; within a text,\n" +
			"[-what went-]{+what came+}.",
		Example: "  epistle bulletins diff latest\n  epistle bulletins diff 12 --against 1\n  epistle bulletins diff 12 --against weekly/11",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				report, err := compareBulletins(ctx, a, b, against)
				if err != nil {
					return err
				}
				return c.answer(report, func(t *terminal.Terminal) { sayDifference(t, report) })
			})
		},
	}
	cmd.Flags().StringVar(&against, "against", "", "the number of a `REVISION`, or another bulletin (default the revision before)")
	return cmd
}

func compareBulletins(ctx context.Context, a *app.App, b *store.Bulletin, against string) (*diffReport, error) {
	other, revision := b, b.Revision-1
	if n, err := strconv.Atoi(against); err == nil {
		revision = n
	} else if against != "" {
		if other, err = a.Store.Bulletin(ctx, against); err != nil {
			return nil, err
		}
		revision = other.Revision
	}
	if revision < 1 || revision > other.Revision {
		return nil, newsletter.Errorf(newsletter.NotFound, "there is no revision %d of bulletin %s: it has %d", revision, other.Ref(), other.Revision).
			At("--against").With("Name one of them, or another bulletin, for example --against " + b.Slug + "/" + strconv.Itoa(max(1, b.Number-1)))
	}
	r := &diffReport{Before: side{other.Ref(), revision, nil}, After: side{b.Ref(), b.Revision, nil}}
	var err error
	if r.Before.doc, err = a.Store.Document(ctx, other.ID, revision); err != nil {
		return nil, err
	}
	if r.After.doc, err = a.Store.Document(ctx, b.ID, 0); err != nil {
		return nil, err
	}
	r.Changes = orEmpty(difference.Documents(r.Before.doc, r.After.doc))
	return r, nil
}

func sayDifference(t *terminal.Terminal, r *diffReport) {
	if len(r.Changes) == 0 {
		t.Note("Nothing differs between %s and %s.", r.Before, r.After)
		return
	}
	t.Printf("From %s to %s\n", r.Before, r.After)
	for _, c := range r.Changes {
		t.Printf("\n%s\n", c.Place)
		text := difference.Inline(c.Words)
		if len(c.Words) == 0 {
			text = c.Before + "; " + c.After
		}
		t.Printf("  %s\n", strings.ReplaceAll(text, "\n", "\n  "))
	}
}
