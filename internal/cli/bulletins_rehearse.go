package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/newsletter"
	"epistle/internal/rehearsal"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) bulletinsRehearse() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "rehearse ID [--out DIR]",
		Short: "Perform the whole send on this machine and check every message",
		Long: "Perform the whole send to the whole real audience, into a catcher on this machine;\n" +
			"nothing leaves it. Every message is checked: that it can be read and its lines and\n" +
			"encodings are legal, that each signature verifies, that the link to leave belongs\n" +
			"to this very reader and works (on a copy of the database), that no placeholder is\n" +
			"left, and that its words are the frozen bulletin's. Nobody may be missing, doubled,\n" +
			"or there without right. Faulty messages are kept in DIR. The bulletin itself and its\n" +
			"ledger do not change. Exit code 1 when something is wrong. A bulletin that\n" +
			"preflight refuses, or that nobody has approved, can be rehearsed too.\n\n" +
			"The copies need twice the place of the database, beside it, while it lasts.",
		Example: "  epistle bulletins rehearse latest",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				if out == "" {
					out = fmt.Sprintf("rehearsal-%s-%d", b.Slug, b.Number)
				}
				return c.rehearse(ctx, a, b, out)
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "a new folder for faulty messages; default rehearsal-SLUG-NUMBER")
	return cmd
}

func (c *command) rehearse(ctx context.Context, a *app.App, b *store.Bulletin, out string) error {
	var bar *terminal.Progress
	report, err := a.Rehearse(ctx, b, out, c.by(), func(done, total int) {
		if bar == nil {
			bar = c.terminal().Progress(total, "Rehearsing")
		}
		bar.Set(done)
	})
	if bar != nil {
		bar.Close()
	}
	if err != nil {
		return err
	}
	if err := c.answer(report, func(*terminal.Terminal) { c.sayRehearsal(b, report) }); err != nil {
		return err
	}
	if !report.Good() {
		return newsletter.Errorf(newsletter.Failed, "the rehearsal of bulletin %s found faults", b.Ref())
	}
	return nil
}

// sayRehearsal tells the report so that it can be pasted into a mail.
func (c *command) sayRehearsal(b *store.Bulletin, r *rehearsal.Report) {
	t := c.terminal()
	t.Printf("Rehearsal of %s · %s\n", b.Ref(), b.Title)
	row := func(label string, n int, note string) { t.Printf("  %-12s %9s   %s\n", label, terminal.Count(n), note) }
	row("audience", r.Audience, "")
	row("messages", r.Messages, "every one was examined")
	for _, line := range []struct {
		label, note string
		n           int
	}{
		{"faulty", "", r.Faulty},
		{"missing", "readers who got nothing", r.Missing},
		{"doubled", "readers who got more than one", r.Doubled},
		{"strangers", "messages to addresses that must get nothing", r.Strange},
		{"stayed", "readers whose link to leave did not work", r.Stayed},
		{"undelivered", "rows of the ledger that were not sent", r.Undelivered},
		{"skipped", "readers who chose nothing of what it holds", r.Skipped},
	} {
		if line.n > 0 || line.label == "faulty" {
			row(line.label, line.n, line.note)
		}
	}
	for _, f := range r.Faults {
		t.Printf("    %s: %s\n", terminal.Plural(f.Messages, "message", "messages"), f.What)
	}
	if r.Kept != "" {
		t.Printf("  The faulty messages are in %s.\n", r.Kept)
	}
	c.sayRehearsalSizes(r)
}

func (c *command) sayRehearsalSizes(r *rehearsal.Report) {
	signed := "unsigned, because no key is configured"
	if r.Signed {
		signed = "signed, and every signature verifies with the configured key"
		if r.Faulty > 0 {
			signed = "signed"
		}
	}
	text := fmt.Sprintf("The messages are %s. They have %s, %s and %s (smallest, median, largest), together %s. The rehearsal took %s.",
		signed, terminal.Bytes(r.Smallest), terminal.Bytes(r.Median), terminal.Bytes(r.Largest), terminal.Bytes(r.Total), r.Took.Round(100*time.Millisecond))
	if r.Estimate > 0 {
		text += fmt.Sprintf(" At the configured rate the real send takes at least %s.", r.Estimate.Round(time.Second))
	} else {
		text += " No rate is configured (smtp.rate), so the real send takes as long as the mail server lets it."
	}
	c.terminal().Paragraph(text)
}
