package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) secretsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "secrets", Short: "Change the keys that sign links"}
	add(cmd, c.secretsRotate())
	return cmd
}

func (c *command) secretsRotate() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Make new keys for links and envelope senders",
		Long: "Make a new key for the links in mails and one for the envelope senders by which\n" +
			"bounces are known. They sign from one minute on; a running `epistle serve` takes\n" +
			"them up by itself. Every older key stays good for what was sent with it, also in\n" +
			"years: rotating ends no link and does not help when a copy of the database was\n" +
			"stolen. Make a backup afterwards; an older one does not know the new keys.",
		Example: "  epistle secrets rotate\n  epistle backup /var/backups/epistle.db",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				r, err := a.Store.Rotate(ctx, c.by())
				if err != nil {
					return err
				}
				return c.answer(r, func(t *terminal.Terminal) {
					newest := r.Keys[0]
					t.Note("New keys sign links and envelope senders from %s on.", newest.SignsFrom.Local().Format("15:04:05 MST"))
					t.Note("Links that were sent before stay good. Make a backup: an older one does not know these keys.")
					sayRotationsLeft(t, r)
				})
			})
		},
	}
}

// fewRotations is from where on their end is told.
const fewRotations = 12

func sayRotationsLeft(t *terminal.Terminal, r *store.Rotation) {
	if r.Left < fewRotations {
		t.Warn("keys can be rotated %s more", terminal.Plural(r.Left, "time", "times"))
	}
}

// keys tells which keys sign.
func (d *doctor) keys(ctx context.Context) {
	a, err := app.Open(ctx, d.config, quietLog(), d.now)
	if err != nil {
		d.fail("keys", err)
		return
	}
	r, err := a.Store.Rotation(ctx)
	if closeErr := a.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		d.fail("keys", err)
		return
	}
	signing, older, next := r.Signing("link", d.now()), 0, time.Time{}
	for _, k := range r.Keys {
		switch {
		case k.Purpose != signing.Purpose || k.ID == signing.ID:
		case k.SignsFrom.After(d.now()):
			next = k.SignsFrom
		default:
			older++
		}
	}
	also := ""
	if older > 0 {
		also = ", " + terminal.Plural(older, "older key stays", "older keys stay") + " good"
	}
	if !next.IsZero() {
		also += ", a new one signs from " + next.Local().Format("15:04:05 MST")
	}
	d.ok("keys", "links are signed with key %d since %s%s", signing.ID, signing.SignsFrom.Local().Format("2006-01-02"), also)
	if r.Left < fewRotations {
		d.warn("keys", "", "keys can be rotated "+terminal.Plural(r.Left, "time", "times")+" more", "Rotate less often; the keys in use stay good for ever.")
	}
}
