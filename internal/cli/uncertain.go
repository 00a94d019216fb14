package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/ledger"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) bulletinsUncertain() *cobra.Command {
	var resend, accept bool
	cmd := &cobra.Command{
		Use:   "uncertain ID [--resend|--accept]",
		Short: "List or settle deliveries whose last reply was lost",
		Long: "List the deliveries of which nobody knows whether the server took them, because\n" +
			"the connection broke after the last byte. Look for their Message-IDs in the\n" +
			"server's log, then settle them: --accept takes them as sent, --resend sends them\n" +
			"again under the same Message-ID.",
		Example: "  epistle bulletins uncertain 12\n  epistle bulletins uncertain 12 --accept",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if resend && accept {
				return usage(cmd, "--resend and --accept exclude each other")
			}
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				if !resend && !accept {
					return c.listUncertain(ctx, a, b)
				}
				desk, err := a.Desk()
				if err != nil {
					return err
				}
				n, err := desk.Settle(ctx, b, resend, c.by())
				if err != nil {
					return err
				}
				c.terminal().Note("%s settled.", terminal.Plural(int(n), "delivery is", "deliveries are"))
				if b, err = a.Store.BulletinByID(ctx, b.ID); err != nil {
					return err
				}
				return c.sayLedger(ctx, a, b)
			})
		},
	}
	cmd.Flags().BoolVar(&resend, "resend", false, "send them again")
	cmd.Flags().BoolVar(&accept, "accept", false, "take them as sent")
	return cmd
}

func (c *command) listUncertain(ctx context.Context, a *app.App, b *store.Bulletin) error {
	list, err := a.Ledger.Uncertain(ctx, b.ID)
	if err != nil {
		return err
	}
	lines := make([]uncertainLine, len(list))
	for i, u := range list {
		lines[i] = uncertainLine{u, a.Secrets.MessageID.MessageID("bulletin", b.ID, u.SubscriberID)}
	}
	return c.answer(lines, func(t *terminal.Terminal) { sayUncertain(t, lines) })
}

// uncertainLine is a delivery with what a server's log is searched for.
type uncertainLine struct {
	ledger.Uncertain
	MessageID string `json:"message_id_begins"`
}

func sayUncertain(t *terminal.Terminal, lines []uncertainLine) {
	var rows [][]string
	for _, u := range lines {
		rows = append(rows, []string{orDash(u.Email), moment(u.At), strconv.Itoa(u.Attempts), u.MessageID, u.Reply})
	}
	t.Table([]terminal.Column{
		{Title: "ADDRESS", Flexible: true},
		{Title: "AT"},
		{Title: "ATTEMPTS", Right: true},
		{Title: "MESSAGE-ID BEGINS"},
		{Title: "LAST WORDS", Flexible: true},
	}, rows)
	t.Note("%s uncertain.", terminal.Plural(len(lines), "delivery is", "deliveries are"))
}
