package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/inbound"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// bouncesShown is how many messages list shows when nothing else is said.
const bouncesShown = 100

func (c *command) bouncesList() *cobra.Command {
	var unknown bool
	var class, slug, by string
	limit := bouncesShown
	cmd := &cobra.Command{
		Use:   "list [--unknown] [--class CLASS] [--newsletter SLUG] [--limit N] | --by domain|bulletin",
		Short: "List messages that came back, or the rates of bounces and complaints",
		Long: fmt.Sprintf("List the messages that came back, the newest first; with --unknown those that a\n"+
			"person has to decide. With --by count bounces and complaints of the bulletins of\n"+
			"the last %d weeks, with a warning for each limit of Gmail and Yahoo that complaints\n"+
			"have reached.", inbound.RateWeeks),
		Example: "  epistle bounces list --unknown\n  epistle bounces list --by domain",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf(cmd, "class", class, inbound.Classes()...); err != nil {
				return err
			}
			if err := oneOf(cmd, "by", by, inbound.ByDomain, inbound.ByBulletin); err != nil {
				return err
			}
			if by != "" && (unknown || class != "") {
				return usage(cmd, "--by counts everything; it goes with --newsletter alone")
			}
			if err := positive(cmd, "limit", limit); err != nil {
				return err
			}
			return c.with(cmd, func(ctx context.Context, a *app.App) error {
				f := store.InboundFilter{Person: unknown, Class: class, Limit: limit}
				if slug != "" {
					n, err := a.Store.Newsletter(ctx, slug)
					if err != nil {
						return err
					}
					f.NewsletterID = n.ID
				}
				if by != "" {
					return c.rates(ctx, a, inbound.RatesBy(by), f.NewsletterID)
				}
				list, err := a.Store.ListInbound(ctx, f)
				if err != nil {
					return err
				}
				return c.answer(orEmpty(list), func(t *terminal.Terminal) {
					sayInbound(t, list)
					t.Note("%s", terminal.Plural(len(list), "message", "messages"))
				})
			})
		},
	}
	cmd.Flags().BoolVar(&unknown, "unknown", false, "only those left to a person")
	cmd.Flags().StringVar(&class, "class", "", "only those of a `CLASS`")
	cmd.Flags().StringVar(&slug, "newsletter", "", "only those about the newsletter `SLUG`")
	cmd.Flags().IntVar(&limit, "limit", bouncesShown, "at most `N` of them")
	cmd.Flags().StringVar(&by, "by", "", "rates by `WHAT`: domain or bulletin")
	c.completeNewsletter(cmd)
	return cmd
}

func (c *command) rates(ctx context.Context, a *app.App, by inbound.RatesBy, newsletterID int64) error {
	rates, err := a.Intake().Rates(ctx, by, newsletterID)
	if err != nil {
		return err
	}
	return c.answer(orEmpty(rates), func(t *terminal.Terminal) {
		var rows [][]string
		for _, r := range rates {
			rows = append(rows, []string{
				r.Of, terminal.Count(r.Handed), terminal.Count(r.Failed), inbound.Percent(r.BounceRate), terminal.Count(r.Complaints), inbound.Percent(r.ComplaintRate),
			})
		}
		t.Table([]terminal.Column{
			{Title: strings.ToUpper(string(by)), Flexible: true},
			{Title: "HANDED OVER", Right: true},
			{Title: "BOUNCED", Right: true},
			{Title: "RATE", Right: true},
			{Title: "COMPLAINED", Right: true},
			{Title: "RATE", Right: true},
		}, rows)
		for _, r := range rates {
			for _, w := range r.Warnings {
				t.Warn("%s", w.Text)
			}
		}
	})
}

// shownMessage is what show says in JSON.
type shownMessage struct {
	*store.Inbound
	Header []string `json:"header"`
}

// followed says what a message led to, or why to nothing.
func followed(m *store.Inbound) string {
	switch {
	case m.State == store.InboundWaiting:
		return "not read yet"
	case m.Effect != "" && m.Reason != "":
		return m.Effect + " (" + m.Reason + ")"
	case m.Effect != "":
		return m.Effect
	case m.Reason != "":
		return m.Reason
	}
	return "nothing followed"
}

func sayInbound(t *terminal.Terminal, list []*store.Inbound) {
	var rows [][]string
	for _, m := range list {
		rows = append(rows, []string{fmt.Sprint(m.ID), moment(m.ReceivedAt), string(m.State), orDash(m.Class), orDash(about(m)), orDash(bulletinOf(m)), followed(m)})
	}
	t.Table([]terminal.Column{
		{Title: "ID", Right: true}, {Title: "CAME"}, {Title: "STATE"}, {Title: "CLASS"}, {Title: "ABOUT", Flexible: true}, {Title: "BULLETIN"}, {Title: "WHAT FOLLOWED", Flexible: true},
	}, rows)
}

// about is whom a message is about, as far as it is known.
func about(m *store.Inbound) string {
	if m.Email != "" {
		return m.Email
	}
	return m.Address
}

func bulletinOf(m *store.Inbound) string {
	if m.Bulletin == 0 {
		return m.Newsletter
	}
	return fmt.Sprintf("%s/%d", m.Newsletter, m.Bulletin)
}

// sayMessage tells all that is known of one message.
func sayMessage(t *terminal.Terminal, m *store.Inbound, header []string) {
	line := func(label, value string) {
		if value != "" {
			t.Printf("%-14s%s\n", label, terminal.Clean(value))
		}
	}
	line("message", fmt.Sprintf("%d, came %s by %s, %s", m.ID, moment(m.ReceivedAt), m.Source, terminal.Bytes(m.Size)))
	line("state", string(m.State))
	line("kind", m.Kind)
	line("class", m.Class+map[bool]string{true: " (hard)"}[m.Hard])
	line("decided by", m.DecidedBy)
	line("about", about(m))
	line("address", m.Address)
	line("behind it", m.Final)
	if m.FoundBy != "" {
		line("found by", m.FoundBy+map[bool]string{true: ", proven", false: ", which proves nothing"}[m.Verified])
	}
	line("bulletin", bulletinOf(m))
	line("action", m.Action)
	if m.Code != 0 || m.Status != "" || m.Diagnostic != "" {
		code := ""
		if m.Code != 0 {
			code = fmt.Sprint(m.Code)
		}
		line("server", strings.TrimSpace(code+" "+m.Status+" "+m.Remote))
		line("it said", m.Diagnostic)
	}
	line("evidence", m.Evidence)
	if len(m.Recipients) > 1 {
		for _, p := range m.Recipients {
			line("names", strings.Join(strings.Fields(fmt.Sprintf("%s: %s%s %s %s", orDash(p.Address), p.Class, map[bool]string{true: " (hard)"}[p.Hard], p.Action, p.Status)), " "))
		}
	}
	line("names nobody", m.Unnamed)
	line("from", m.From)
	line("subject", m.Subject)
	if m.Forged > 0 {
		line("forged", terminal.Plural(m.Forged, "token that is", "tokens that are")+" not ours")
	}
	line("followed", followed(m))
	if len(header) > 0 {
		t.Printf("\n")
		for _, h := range header {
			t.Printf("%s\n", terminal.Clean(h))
		}
	} else if m.State != store.InboundWaiting {
		t.Note("Its bytes are not kept any more.")
	}
}
