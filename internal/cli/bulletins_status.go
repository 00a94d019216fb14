package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/inbound"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/terminal"
)

// statusReport is the ledger in JSON; the states sum to the audience.
type statusReport struct {
	*store.Bulletin
	Audience int                       `json:"audience"`
	States   map[string]int            `json:"states"`
	Classes  map[string]map[string]int `json:"classes,omitempty"`
	NextTry  time.Time                 `json:"next_try,omitzero"`
	// Waiting counts the pending deliveries whose readers' own hour has not come.
	Waiting  int       `json:"waiting,omitempty"`
	NextHour time.Time `json:"next_hour,omitzero"`
	LastHour time.Time `json:"last_hour,omitzero"`
	// Health is how many came back and complained, once something was handed over.
	Health *inbound.Rate `json:"health,omitempty"`
}

func (c *command) sayLedger(ctx context.Context, a *app.App, b *store.Bulletin) error {
	status, err := a.Ledger.Status(ctx, b.ID)
	if err != nil {
		return err
	}
	n, err := a.Store.NewsletterByID(ctx, b.NewsletterID)
	if err != nil {
		return err
	}
	rate, err := a.Intake().RateOf(ctx, b.ID)
	if err != nil {
		return err
	}
	report := reportOf(b, status)
	if rate.Handed > 0 {
		report.Health = &rate
	}
	return c.answer(report, func(t *terminal.Terminal) {
		t.Ledger(fmt.Sprintf("Bulletin %d · %s · %s", b.Number, n.Name, longDate(b.Date)), status.Balance.Audience(), ledgerRows(n, b, status))
		t.Note("  %s", stateSentence(n, b))
		for _, w := range rate.Warnings {
			t.Warn("%s", w.Text)
		}
	})
}

func reportOf(b *store.Bulletin, s *ledger.Status) statusReport {
	r := statusReport{Bulletin: b, Audience: s.Balance.Audience(), States: map[string]int{}, Classes: map[string]map[string]int{}, NextTry: s.NextTry}
	r.Waiting, r.NextHour, r.LastHour = s.Waiting, s.NextHour, s.LastHour
	for _, state := range newsletter.DeliveryStates {
		r.States[state.String()] = s.Balance[state]
		if len(s.Classes[state]) > 0 {
			r.Classes[state.String()] = s.Classes[state]
		}
	}
	return r
}

// ledgerRows lists the states that matter: those with people in them, and always
// sent, deferred, failed, uncertain and skipped.
func ledgerRows(n *newsletter.Newsletter, b *store.Bulletin, s *ledger.Status) []terminal.Row {
	var rows []terminal.Row
	for _, state := range newsletter.DeliveryStates {
		count := s.Balance[state]
		rare := state == newsletter.DeliveryPending || state == newsletter.DeliveryInFlight || state == newsletter.DeliveryCancelled
		if count == 0 && rare {
			continue
		}
		row := terminal.Row{Label: strings.ReplaceAll(state.String(), "_", " "), N: count}
		if count > 0 {
			row.Note = rowNote(n, b, s, state)
		}
		rows = append(rows, row)
	}
	return rows
}

func rowNote(n *newsletter.Newsletter, b *store.Bulletin, s *ledger.Status, state newsletter.DeliveryState) string {
	switch state {
	case newsletter.DeliveryPending:
		if s.Waiting > 0 {
			return fmt.Sprintf("%s wait for their own hour: the next %s, the last %s", terminal.Count(s.Waiting), inZone(n, s.NextHour), inZone(n, s.LastHour))
		}
	case newsletter.DeliveryUncertain:
		return "epistle bulletins uncertain " + b.Ref()
	case newsletter.DeliveryDeferred:
		if !s.NextTry.IsZero() {
			return "next try " + inZone(n, s.NextTry)
		}
	case newsletter.DeliveryFailed, newsletter.DeliverySkipped:
		return classWords(s.Classes[state])
	}
	return ""
}

// classWords lists reasons with their counts, the most frequent first.
func classWords(classes map[string]int) string {
	type entry struct {
		class string
		n     int
	}
	var list []entry
	for class, n := range classes {
		list = append(list, entry{class, n})
	}
	slices.SortFunc(list, func(a, b entry) int {
		if a.n != b.n {
			return b.n - a.n
		}
		return strings.Compare(a.class, b.class)
	})
	var words []string
	for _, e := range list {
		words = append(words, fmt.Sprintf("%s %s", terminal.Count(e.n), e.class))
	}
	return strings.Join(words, ", ")
}

func stateSentence(n *newsletter.Newsletter, b *store.Bulletin) string {
	sentence := string(b.State)
	if b.Note != "" {
		sentence += ": " + b.Note
	}
	switch {
	case b.State == newsletter.BulletinPaused && !b.ResumeAt.IsZero():
		sentence += ", goes on at " + inZone(n, b.ResumeAt)
	case !b.LeavesAt.IsZero():
		sentence += ", begins to leave at " + inZone(n, b.LeavesAt) + "; stop it with: epistle bulletins unschedule " + b.Ref()
	case b.SendWall != "":
		sentence += ", to leave at " + strings.Replace(b.SendWall, "T", " ", 1) + " " + n.TimeZone
	case b.State == newsletter.BulletinSent:
		sentence += ", " + terminal.Duration(b.EndedAt.Sub(b.StartedAt)) + " from beginning to end"
	}
	return sentence
}

func (c *command) bulletinsStatus() *cobra.Command {
	return &cobra.Command{
		Use:     "status ID",
		Short:   "Show the ledger: who got it and who did not",
		Example: "  epistle bulletins status latest\n  epistle bulletins status 12 --json",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onBulletin(cmd, args[0], c.sayLedger)
		},
	}
}
