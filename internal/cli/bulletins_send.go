package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"epistle/internal/app"
	"epistle/internal/newsletter"
	"epistle/internal/release"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) bulletinsSend() *cobra.Command {
	var waits bool
	cmd := &cobra.Command{
		Use:   "send ID [--wait]",
		Short: "Let an approved bulletin leave",
		Long: "Let an approved bulletin leave, after a last preflight. A running `epistle serve`\n" +
			"sends it. With --wait this command watches until every delivery has reached an\n" +
			"end, and sends itself when nobody else does; on a bulletin that is being sent\n" +
			"already it only goes on. Exit code 1 when the send is paused, 3 when a rule\n" +
			"refuses it; also with failed deliveries it is 0, and the ledger tells.",
		Example: "  epistle bulletins send latest --wait",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				return c.send(ctx, a, b, waits)
			})
		},
	}
	cmd.Flags().BoolVar(&waits, "wait", false, "send if nobody else does, and watch until the end")
	return cmd
}

// send lets a bulletin leave. One that is paused stays so: who stopped it has to
// let it go on, with resume.
func (c *command) send(ctx context.Context, a *app.App, b *store.Bulletin, waits bool) error {
	if b.State == newsletter.BulletinPaused && (b.ResumeAt.IsZero() || !waits) {
		return c.stopped(ctx, a, b)
	}
	if waits && b.State != newsletter.BulletinSent {
		// Wrong settings are better told before anything has begun.
		if _, err := app.SMTPOptions(a.Config); err != nil {
			return err
		}
	}
	if b.State != newsletter.BulletinSent && b.State != newsletter.BulletinPaused {
		desk, err := a.Desk()
		if err != nil {
			return err
		}
		if b, err = desk.Send(ctx, b, c.by()); err != nil {
			return err
		}
	}
	switch {
	case b.State == newsletter.BulletinSent:
		return c.stopped(ctx, a, b)
	case waits:
		return c.sendAndWatch(ctx, a, b)
	}
	if err := c.sayWhoSends(a, "epistle bulletins send "+b.Ref()+" --wait"); err != nil {
		return err
	}
	if c.terminal().WantsJSON() {
		return c.sayLedger(ctx, a, b)
	}
	c.terminal().Note("Bulletin %s is leaving.", b.Ref())
	return nil
}

// sendAndWatch offers itself as the sender and shows the ledger until the end.
func (c *command) sendAndWatch(ctx context.Context, a *app.App, b *store.Bulletin) error {
	sender, err := a.Sender()
	if err != nil {
		return err
	}
	a.OnlySend()
	sending, stop := context.WithCancel(ctx)
	defer stop()
	group, sending := errgroup.WithContext(sending)
	group.Go(func() error { return sender.Run(sending) })
	group.Go(func() error {
		defer stop()
		return c.watch(sending, a, b.ID)
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	ctx = context.WithoutCancel(ctx) // also after Ctrl-C the ledger is shown
	if b, err = a.Store.BulletinByID(ctx, b.ID); err != nil {
		return err
	}
	return c.stopped(ctx, a, b)
}

// How often the bulletin's state is read, so that the command ends with the send, and
// the ledger for the progress bar. The longer a send has lasted, the less matters when
// exactly its end is seen: a fiftieth of the time waited so far, within these bounds.
const (
	stateInterval    = 20 * time.Millisecond
	maxStateInterval = 200 * time.Millisecond
	stateShare       = 50
	countInterval    = 500 * time.Millisecond
)

// countingShare bounds what counting costs: a ledger of a million rows takes some
// 0.15 s to count, and is then left alone for this many times longer.
const countingShare = 50

// watch shows progress until the bulletin has reached an end, is paused for a
// person, or ctx ends.
func (c *command) watch(ctx context.Context, a *app.App, id int64) error {
	var bar *terminal.Progress
	defer func() {
		if bar != nil {
			bar.Close()
		}
	}()
	start, rest := time.Now(), time.Time{}
	shown := c.terminal().ShowsProgress()
	for {
		b, err := a.Store.Standing(ctx, id)
		if err != nil {
			return err
		}
		if begun := time.Now(); shown && b.Frozen && (b.IsOver() || begun.After(rest)) {
			balance, err := a.Ledger.Balance(ctx, id)
			if err != nil {
				return err
			}
			rest = begun.Add(max(countInterval, countingShare*time.Since(begun)))
			done := balance.Audience() - balance.Open()
			if bar == nil {
				bar = c.terminal().Progress(balance.Audience(), "Sending")
				bar.From(done)
			}
			bar.Set(done, tallies(balance)...)
		}
		if b.IsOver() {
			return nil
		}
		select {
		case <-time.After(min(max(stateInterval, time.Since(start)/stateShare), maxStateInterval)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func tallies(balance newsletter.Balance) []terminal.Tally {
	var list []terminal.Tally
	for _, state := range newsletter.DeliveryStates {
		if n := balance[state]; n > 0 && state != newsletter.DeliveryPending && state != newsletter.DeliveryInFlight {
			list = append(list, terminal.Tally{Label: state.String(), N: n})
		}
	}
	return list
}

// stopped prints the balanced ledger of a bulletin that nobody waits for any
// longer. A paused send is a failure, with its reason; so is one that is not over.
func (c *command) stopped(ctx context.Context, a *app.App, b *store.Bulletin) error {
	if err := c.sayLedger(ctx, a, b); err != nil {
		return err
	}
	if b.Guarded {
		return release.Guarded(b)
	}
	switch b.State {
	case newsletter.BulletinPaused:
		return newsletter.Errorf(newsletter.Failed, "the send of bulletin %s is paused: %s", b.Ref(), b.Note).
			With("Mend the cause, then: epistle bulletins resume " + b.Ref() + " and: epistle bulletins send " + b.Ref() + " --wait")
	case newsletter.BulletinSending:
		return newsletter.Errorf(newsletter.Failed, "stopped before the end; bulletin %s is still leaving", b.Ref()).
			With("Go on with: epistle bulletins send " + b.Ref() + " --wait, or start `epistle serve`.")
	case newsletter.BulletinCancelled:
		return newsletter.Errorf(newsletter.Failed, "the send of bulletin %s was cancelled", b.Ref())
	}
	return nil
}

// sayWhoSends names the ways to send when no sender is running: `serve` and, for
// a bulletin that is leaving, the command that waits.
func (c *command) sayWhoSends(a *app.App, wait string) error {
	running, err := a.DB.SenderRunning()
	if err != nil {
		return err
	}
	switch {
	case running:
	case wait == "":
		c.terminal().Warn("no sender is running: start `epistle serve`")
	default:
		c.terminal().Warn("no sender is running: start `epistle serve`, or: %s", wait)
	}
	return nil
}

// moving is a command that changes a bulletin's state through the desk.
func (c *command) moving(verb, short, long string, move func(*release.Desk, context.Context, *store.Bulletin, string) (*store.Bulletin, error)) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " ID",
		Short:   short,
		Long:    long,
		Example: "  epistle bulletins " + verb + " 12",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				desk, err := a.Desk()
				if err != nil {
					return err
				}
				if b, err = move(desk, ctx, b, c.by()); err != nil {
					return err
				}
				return c.sayLedger(ctx, a, b)
			})
		},
	}
}

func (c *command) bulletinsPause() *cobra.Command {
	return c.moving("pause", "Stop a send for now", "Stop a send within a second. Nothing is lost: resume goes on where it stopped.",
		func(d *release.Desk, ctx context.Context, b *store.Bulletin, by string) (*store.Bulletin, error) {
			return d.Pause(ctx, b, by)
		})
}

func (c *command) bulletinsResume() *cobra.Command {
	return c.moving("resume", "Go on with a paused send", "Go on with a paused send. A running `epistle serve` sends; or use send --wait.",
		func(d *release.Desk, ctx context.Context, b *store.Bulletin, by string) (*store.Bulletin, error) {
			return d.Resume(ctx, b, by)
		})
}

func (c *command) bulletinsCancel() *cobra.Command {
	return c.moving("cancel", "End a bulletin for good", "End a bulletin for good: what was not sent stays unsent. Before the first delivery\nits items are given back.",
		func(d *release.Desk, ctx context.Context, b *store.Bulletin, by string) (*store.Bulletin, error) {
			return d.Cancel(ctx, b, by)
		})
}
