package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/schedule"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) scheduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "See what comes, skip or move a week, add an extra bulletin",
		Long: "See and change what the schedule does next. Times are those of the newsletter's\n" +
			"own clock. A time that the clock leaves out when it goes forward comes when it has\n" +
			"jumped, one that comes twice at its first coming.",
	}
	add(cmd, c.scheduleList(), c.scheduleSkip(), c.scheduleMove(), c.scheduleAdd(), c.scheduleRestore())
	return cmd
}

func (c *command) scheduleList() *cobra.Command {
	var slug string
	var weeks int
	cmd := &cobra.Command{
		Use:     "list [--weeks N] [--newsletter SLUG]",
		Short:   "List the coming runs",
		Long:    "List the coming runs on the newsletter's clock and on this machine's, with what the\nclocks do, what was changed, and the bulletin that each run meets as things stand.",
		Example: "  epistle schedule list\n  epistle schedule list --weeks 26 --newsletter weekly",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := positive(cmd, "weeks", weeks); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error { return c.listSchedule(ctx, a, slug, weeks) })
		},
	}
	cmd.Flags().IntVar(&weeks, "weeks", 8, "how many weeks to look ahead, a number `N`")
	cmd.Flags().StringVar(&slug, "newsletter", "", "only those of the newsletter `SLUG`")
	return cmd
}

func (c *command) listSchedule(ctx context.Context, a *app.App, slug string, weeks int) error {
	list, err := a.Store.Newsletters(ctx)
	if err != nil {
		return err
	}
	if slug != "" {
		n, err := a.Store.Newsletter(ctx, slug)
		if err != nil {
			return err
		}
		list = []*newsletter.Newsletter{n}
	}
	book := schedule.NewBook(a.Store, a.Ledger)
	var all []schedule.Entry
	for _, n := range list {
		entries, err := book.Coming(ctx, n, a.Store.Now().AddDate(0, 0, 7*weeks))
		if err != nil {
			return err
		}
		all = append(all, entries...)
	}
	return c.answer(orEmpty(all), func(t *terminal.Terminal) {
		if len(all) == 0 {
			t.Note("Nothing is scheduled in the next %s.", terminal.Plural(weeks, "week", "weeks"))
			return
		}
		var rows [][]string
		for _, e := range all {
			rows = append(rows, []string{e.Newsletter, string(e.Kind), onItsClock(e), moment(e.At), orDash(e.Date.String()), orDash(metWords(e)), orDash(noteWords(e))})
		}
		t.Table([]terminal.Column{
			{Title: "newsletter"},
			{Title: "run"},
			{Title: "newsletter's clock"},
			{Title: "this machine's clock"},
			{Title: "bulletin for"},
			{Title: "meets"},
			{Title: "note", Flexible: true},
		}, rows)
	})
}

// onItsClock writes when a run is due on the newsletter's clock: the time that the
// schedule names, which the clock may jump over.
func onItsClock(e schedule.Entry) string {
	wall, err := time.Parse(newsletter.WallLayout, e.Wall)
	if err != nil {
		return e.Wall
	}
	return wall.Format("Mon 2 Jan 2006 15:04 ") + e.TimeZone
}

func metWords(e schedule.Entry) string {
	if e.Bulletin == nil {
		return ""
	}
	return fmt.Sprintf("%d, %s", e.Bulletin.Number, e.Bulletin.State)
}

// noteWords says what is unusual about a run.
func noteWords(e schedule.Entry) string {
	note := e.Note
	put := func(words string) {
		if note != "" {
			note += "; "
		}
		note += words
	}
	if e.Own {
		put("the bulletin's own time")
	}
	if !e.Opens.IsZero() {
		put("begins at " + moment(e.Opens) + " with the first readers' own hour")
	}
	if e.Change == nil {
		return note
	}
	words := map[string]string{
		ledger.ChangeSkip: "skipped by " + e.Change.MadeBy,
		ledger.ChangeMove: "moved by " + e.Change.MadeBy + ", planned for " + e.Change.Date.String(),
		ledger.ChangeAdd:  "extra, added by " + e.Change.MadeBy,
	}[e.Change.Kind]
	if e.Change.Reason != "" {
		words += ": " + e.Change.Reason
	}
	put(words)
	return note
}

// changing is what the commands that change the schedule share.
type changing struct{ slug, reason string }

func (f *changing) flags(cmd *cobra.Command, reason bool) {
	cmd.Flags().StringVar(&f.slug, "newsletter", "", "the newsletter's `SLUG` (needed where there are several)")
	if reason {
		cmd.Flags().StringVar(&f.reason, "reason", "", "why, a `TEXT` for the list and the audit log")
	}
}

// onSchedule changes the schedule of a newsletter for the bulletin of a date, and
// shows the runs afterwards for the date that fn gives.
func (c *command) onSchedule(cmd *cobra.Command, slug, date string, fn func(context.Context, *schedule.Book, *newsletter.Newsletter, newsletter.Date) (newsletter.Date, error)) error {
	day, err := newsletter.ParseDate(date)
	if err != nil {
		return err
	}
	return c.with(cmd, func(ctx context.Context, a *app.App) error {
		n, err := a.Store.Newsletter(ctx, slug)
		if err != nil {
			return err
		}
		book := schedule.NewBook(a.Store, a.Ledger)
		day, err := fn(ctx, book, n, day)
		if err != nil {
			return err
		}
		return c.sayRuns(ctx, a, n, day)
	})
}

// sayRuns shows the runs for the bulletin of a date as they stand now.
func (c *command) sayRuns(ctx context.Context, a *app.App, n *newsletter.Newsletter, day newsletter.Date) error {
	runs, err := schedule.NewBook(a.Store, a.Ledger).Runs(ctx, n, day)
	if err != nil {
		return err
	}
	return c.answer(orEmpty(runs), func(t *terminal.Terminal) {
		if len(runs) == 0 {
			t.Note("No run for %s is to come any more.", day)
		}
		for _, e := range runs {
			what := onItsClock(e)
			if note := noteWords(e); note != "" {
				what += " · " + note
			}
			t.Note("%-9s %s", e.Kind, what)
			if e.Skipped && e.Kind == schedule.Send && e.Bulletin != nil {
				t.Note("Bulletin %s exists and is not sent by the schedule.", metWords(e))
			}
		}
	})
}

func (c *command) scheduleSkip() *cobra.Command {
	var f changing
	cmd := &cobra.Command{
		Use:     "skip DATE [--newsletter SLUG] [--reason TEXT]",
		Short:   "Leave a week out",
		Long:    "Leave out the runs for the bulletin of a date: nothing is assembled, proofed or sent\nfor it. An extra bulletin is taken away. Take it back with: epistle schedule restore",
		Example: "  epistle schedule skip 2027-12-24 --reason \"Christmas\"",
		Args:    exactly("DATE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onSchedule(cmd, f.slug, args[0], func(ctx context.Context, book *schedule.Book, n *newsletter.Newsletter, day newsletter.Date) (newsletter.Date, error) {
				return day, book.Skip(ctx, n, day, f.reason, c.by())
			})
		},
	}
	f.flags(cmd, true)
	return cmd
}

func (c *command) scheduleMove() *cobra.Command {
	var f changing
	var to string
	cmd := &cobra.Command{
		Use:   "move DATE --to TIME [--newsletter SLUG] [--reason TEXT]",
		Short: "Send a week's bulletin at another time",
		Long: "Send the bulletin of a date at another time, on the newsletter's clock. The runs that\n" +
			"lead up to it move by as much; one whose new time has passed comes with the next\n" +
			"minute. A bulletin that was made before keeps the date that it shows; assemble it\n" +
			"again for the new date. Take it back with: epistle schedule restore",
		Example: "  epistle schedule move 2027-03-26 --to \"2027-03-25 08:00\" --reason \"Good Friday\"",
		Args:    exactly("DATE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "to", to); err != nil {
				return err
			}
			return c.onSchedule(cmd, f.slug, args[0], func(ctx context.Context, book *schedule.Book, n *newsletter.Newsletter, day newsletter.Date) (newsletter.Date, error) {
				return day, book.Move(ctx, n, day, to, f.reason, c.by())
			})
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the new `TIME` of the send")
	f.flags(cmd, true)
	return cmd
}

func (c *command) scheduleAdd() *cobra.Command {
	var f changing
	var at string
	cmd := &cobra.Command{
		Use:   "add --at TIME [--newsletter SLUG] [--reason TEXT]",
		Short: "Add one extra bulletin",
		Long: "Add one bulletin on a day that has none, sent at a time on the newsletter's clock. It\n" +
			"is assembled and proofed as long before as a regular one; a run whose time for that\n" +
			"has passed is left out, and is then done by hand.",
		Example: "  epistle schedule add --at \"2027-03-16 08:00\" --reason \"Storm appeal\"",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "at", at); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				n, err := a.Store.Newsletter(ctx, f.slug)
				if err != nil {
					return err
				}
				change, err := schedule.NewBook(a.Store, a.Ledger).Add(ctx, n, at, f.reason, c.by())
				if err != nil {
					return err
				}
				if err := c.sayRuns(ctx, a, n, change.Date); err != nil || change.Assemble != "" {
					return err
				}
				c.terminal().Note("  assemble it by hand: epistle bulletins assemble --newsletter %s --date %s", n.Slug, change.Date)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "the `TIME` of the send")
	f.flags(cmd, true)
	return cmd
}

func (c *command) scheduleRestore() *cobra.Command {
	var f changing
	cmd := &cobra.Command{
		Use:     "restore DATE [--newsletter SLUG]",
		Short:   "Take back what was skipped, moved or added",
		Long:    "Take back what was changed for the bulletin of a date, given as it stands now or as\nthe schedule has it.",
		Example: "  epistle schedule restore 2027-12-24",
		Args:    exactly("DATE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onSchedule(cmd, f.slug, args[0], func(ctx context.Context, book *schedule.Book, n *newsletter.Newsletter, day newsletter.Date) (newsletter.Date, error) {
				return book.Restore(ctx, n, day, c.by())
			})
		},
	}
	f.flags(cmd, false)
	return cmd
}

func (c *command) bulletinsSchedule() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "schedule ID --at TIME",
		Short: "Send the bulletin at a time of its own",
		Long: "Send the bulletin at a time of its own, on the newsletter's clock; the send run of its\n" +
			"date then leaves it alone. It leaves only if it is approved by then. A time that the\n" +
			"clock leaves out when it goes forward comes when it has jumped, one that comes twice\n" +
			"at its first coming. A running `epistle serve` sends.",
		Example: "  epistle bulletins schedule 12 --at \"2027-03-12 08:00\"",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "at", at); err != nil {
				return err
			}
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				due, err := schedule.NewBook(a.Store, a.Ledger).SendAt(ctx, b, at, c.by())
				if err != nil {
					return err
				}
				return c.sayDeparture(ctx, a, b, due)
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "the `TIME`, on the newsletter's clock")
	return cmd
}

// departureReport is what schedule says in JSON.
type departureReport struct {
	*store.Bulletin
	At   time.Time `json:"at"`
	Note string    `json:"note,omitempty"`
}

func (c *command) sayDeparture(ctx context.Context, a *app.App, b *store.Bulletin, due schedule.Due) error {
	b, err := a.Store.BulletinByID(ctx, b.ID)
	if err != nil {
		return err
	}
	n, err := a.Store.NewsletterByID(ctx, b.NewsletterID)
	if err != nil {
		return err
	}
	if b.State == newsletter.BulletinReview {
		c.terminal().Warn("bulletin %s is not approved yet; without that it does not leave", b.Ref())
	}
	if err := c.sayWhoSends(a, ""); err != nil {
		return err
	}
	return c.answer(departureReport{b, due.At, due.Note}, func(t *terminal.Terminal) {
		t.Note("Bulletin %s leaves at %s, here %s.", b.Ref(), inZone(n, due.At), moment(due.At))
		if due.Note != "" {
			t.Note("  %s", due.Note)
		}
	})
}

func (c *command) bulletinsUnschedule() *cobra.Command {
	return &cobra.Command{
		Use:     "unschedule ID",
		Short:   "Take back the bulletin's own time, or stop it before it leaves",
		Long:    "Take back the time that was given with schedule; the send run of its date counts\nagain. A bulletin whose time has come and that waits to be pulled back is stopped: it\nis held until it is approved or sent by hand.",
		Example: "  epistle bulletins unschedule 12",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				b, err := schedule.NewBook(a.Store, a.Ledger).Unschedule(ctx, b, c.by())
				if err != nil {
					return err
				}
				return c.answer(b, func(t *terminal.Terminal) {
					if b.State == newsletter.BulletinHeld {
						t.Note("Bulletin %s is stopped and held. Let it go with: epistle bulletins send %s", b.Ref(), b.Ref())
						return
					}
					t.Note("Bulletin %s has no time of its own any more.", b.Ref())
				})
			})
		},
	}
}
