package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/newsletter"
	"epistle/internal/preflight"
	"epistle/internal/release"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

func (c *command) bulletinsCheck() *cobra.Command {
	var online bool
	var override, reason string
	cmd := &cobra.Command{
		Use:   "check ID [--online] [--override CHECK --reason REASON]",
		Short: "Run the preflight: what must hold before it may leave",
		Long: "Run the preflight. Every check has a name, a verdict and, where something is to be\n" +
			"mended, the way to do it. Exit code 3 when there is an error; warnings stop nothing.\n" +
			"The newsletter's file sets what each check does, under [checks]. --online also asks\n" +
			"the DNS for the signing keys and loads the images. --override lets pass what one\n" +
			"check finds in exactly this revision; who did it and why is recorded. The\n" +
			"protection gate is never overridden.",
		Example: "  epistle bulletins check latest\n  epistle bulletins check 12 --override html-size --reason \"the last issue of the year is long\"",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if override == "" && reason != "" {
				return usage(cmd, "--reason says why something is overridden, and nothing is")
			}
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				desk, err := a.Desk()
				if err != nil {
					return err
				}
				if override != "" {
					if err := desk.Override(ctx, b, override, reason, c.by()); err != nil {
						return err
					}
				}
				results, err := check(ctx, a, desk, b, online)
				if err != nil {
					return err
				}
				if err := c.answer(orEmpty(results), func(*terminal.Terminal) { c.sayChecks(b, results) }); err != nil {
					return err
				}
				return refusal(b, results)
			})
		},
	}
	cmd.Flags().BoolVar(&online, "online", false, "ask the DNS and load the images too")
	cmd.Flags().StringVar(&override, "override", "", "let pass what `CHECK` finds in this revision")
	cmd.Flags().StringVar(&reason, "reason", "", "why it may stay: a `REASON` for the record")
	return cmd
}

func check(ctx context.Context, a *app.App, desk *release.Desk, b *store.Bulletin, online bool) ([]preflight.Result, error) {
	if online {
		return desk.CheckOnline(ctx, b, a.Network())
	}
	return desk.Check(ctx, b)
}

// refusal is the error of a preflight whose results have been shown.
func refusal(b *store.Bulletin, results []preflight.Result) error {
	errs := 0
	for _, r := range results {
		if r.Verdict == preflight.Error {
			errs++
		}
	}
	if errs == 0 {
		return nil
	}
	return newsletter.Errorf(newsletter.Refused, "preflight does not let bulletin %s go: %s to be mended", b.Ref(), terminal.Plural(errs, "thing has", "things have"))
}

// sayChecks shows a preflight and sums it up.
func (c *command) sayChecks(b *store.Bulletin, results []preflight.Result) {
	title := b.Title + " · "
	if slices.ContainsFunc(results, func(r preflight.Result) bool { return r.Name == preflight.ProtectionGate && r.Verdict != preflight.OK }) {
		title = "" // it may be where the gate found something
	}
	c.terminal().Printf("Preflight of bulletin %s · %s%s\n", b.Ref(), title, longDate(b.Date))
	var list []terminal.Check
	counts := map[preflight.Verdict]int{}
	for _, r := range results {
		counts[r.Verdict]++
		list = append(list, terminal.Check{Verdict: string(r.Verdict), Name: r.Name, Problem: terminal.Problem{Place: r.Place, Message: r.Message, Remedy: r.Remedy}})
	}
	c.terminal().Checks(list)
	c.terminal().Printf("  %s, %s\n", terminal.Plural(counts[preflight.Error], "error", "errors"), terminal.Plural(counts[preflight.Warning], "warning", "warnings"))
}

func (c *command) bulletinsProof() *cobra.Command {
	var to []string
	cmd := &cobra.Command{
		Use:     "proof ID [--to ADDRESS]…",
		Short:   "Send the bulletin to the staff to look at",
		Long:    "Queue the bulletin, marked as a proof, for the newsletter's editors and\nadministrators, or for the given addresses. Each person gets each revision once.\nA running `epistle serve` sends it.",
		Example: "  epistle bulletins proof latest --to ana@example.org",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var people []newsletter.Address
			for _, s := range to {
				p, err := newsletter.ParseAddress(s)
				if err != nil {
					return newsletter.Errorf(newsletter.Usage, "%w", err).At("--to")
				}
				people = append(people, p)
			}
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				return c.proof(ctx, a, b, people)
			})
		},
	}
	cmd.Flags().StringArrayVar(&to, "to", nil, "an `ADDRESS`; may be given several times (default the newsletter's editors)")
	return cmd
}

// proofReport is what proof says in JSON.
type proofReport struct {
	Newsletter string `json:"newsletter"`
	Number     int    `json:"number"`
	Hash       string `json:"hash"`
	Queued     int    `json:"queued"`
}

func (c *command) proof(ctx context.Context, a *app.App, b *store.Bulletin, people []newsletter.Address) error {
	desk, err := a.Desk()
	if err != nil {
		return err
	}
	queued, err := desk.Proof(ctx, b, people, c.by())
	if err != nil {
		return err
	}
	if queued > 0 {
		if err := c.sayWhoSends(a, ""); err != nil {
			return err
		}
	}
	return c.answer(proofReport{b.Slug, b.Number, b.Hash, queued}, func(t *terminal.Terminal) {
		switch {
		case queued > 0:
			t.Note("%s of bulletin %s, hash %s, to be sent.", terminal.Plural(queued, "proof", "proofs"), b.Ref(), b.Hash[:shownHash])
		case len(people) == 0:
			t.Note("No proof is to be sent: the newsletter has no editors and administrators, or all have this revision.")
		default:
			t.Note("No proof is to be sent: all of them have this revision.")
		}
	})
}

func (c *command) bulletinsApprove() *cobra.Command {
	var hash string
	cmd := &cobra.Command{
		Use:     "approve ID [--hash PREFIX]",
		Short:   "Approve what the bulletin says now",
		Long:    "Approve the bulletin for its current hash, which covers everything a reader sees.\nWith --hash, refuse when it is not the one that was looked at.",
		Example: "  epistle bulletins approve 12 --hash 3f9a2c",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onBulletin(cmd, args[0], func(ctx context.Context, a *app.App, b *store.Bulletin) error {
				b, given, err := a.Store.ApproveBulletin(ctx, b.ID, hash, c.by())
				if err != nil {
					return err
				}
				if c.terminal().WantsJSON() {
					return c.terminal().JSON(struct {
						*store.Bulletin
						Approvals []store.Approval `json:"approvals"`
					}{b, given})
				}
				c.terminal().Printf("%s  %s\n", b.Hash, b.Title)
				if b.State != newsletter.BulletinApproved {
					c.terminal().Note("%s so far; more are needed.", terminal.Plural(len(given), "approval", "approvals"))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&hash, "hash", "", "the beginning of the hash that was looked at, a `PREFIX`")
	return cmd
}
