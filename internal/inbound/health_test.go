package inbound_test

import (
	"strings"
	"testing"

	"epistle/internal/inbound"
	"epistle/internal/newsletter"
)

// crowd makes a send of this many messages that is still under way, of which some
// have failed and some were complained about.
func (w *world) crowd(handed, failed, complained int) (bulletin int64) {
	w.t.Helper()
	bulletin = w.sent(w.weekly)
	w.exec(`DELETE FROM deliveries`)
	w.exec(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < $2)
		INSERT INTO deliveries (bulletin_id, subscriber_id, state) SELECT $1, i, CASE WHEN i <= $3 THEN 4 ELSE 3 END FROM n`, bulletin, handed, failed)
	w.exec(`WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < $2)
		INSERT INTO inbound (identity, source, received_at, size, enveloped, state, kind, class, verified, bulletin_id, subscriber_id)
		SELECT printf('%064d', i), 'test', 1, 1, 0, 'done', 'complaint', 'complaint', 1, $1, i FROM n WHERE i > 0`, bulletin, complained)
	w.exec(`UPDATE bulletins SET state = 'sending' WHERE id = $1`, bulletin)
	return bulletin
}

func TestSendIsPausedWhereItsNewsletterSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy                     newsletter.Bounces
		handed, failed, complained int
		want                       string // in the note; empty: it goes on
	}{
		"bounces beyond the rate":           {newsletter.Bounces{PauseBounces: 0.05}, 1000, 51, 0, "5.1 % of the messages failed (51 of 1000), more than the 5 % that bounces.pause_bounces tolerates"},
		"at the rate":                       {newsletter.Bounces{PauseBounces: 0.05}, 1000, 50, 0, ""},
		"below a thousand attempts":         {newsletter.Bounces{PauseBounces: 0.05}, 999, 900, 0, ""},
		"complaints beyond the rate":        {newsletter.Bounces{PauseComplaints: 0.003}, 1000, 0, 4, "0.4 % of readers complained (4 of 1000), more than the 0.3 % that bounces.pause_complaints tolerates"},
		"complaints below it":               {newsletter.Bounces{PauseComplaints: 0.003}, 1000, 0, 2, ""},
		"a newsletter that has set nothing": {newsletter.DefaultBounces(), 1000, 900, 50, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, func(n *newsletter.Newsletter) { n.Bounces = c.policy })
			b := w.crowd(c.handed, c.failed, c.complained)
			_, err := w.Work(t.Context())
			w.must(err)
			state, note := w.word(`SELECT state FROM bulletins WHERE id = $1`, b), w.word(`SELECT note FROM bulletins WHERE id = $1`, b)
			if want := map[bool]string{true: "sending", false: "paused"}[c.want == ""]; state != want || note != c.want {
				t.Errorf("it is %s: %q, want %q", state, note, c.want)
			}
			if c.want == "" {
				return
			}
			if got := w.word(`SELECT GROUP_CONCAT(email) FROM notices`); got != "ana@lantern.example,cy@lantern.example" {
				t.Errorf("warned %s", got)
			}
			// Who resumes it has decided.
			w.exec(`UPDATE bulletins SET state = 'sending' WHERE id = $1`, b)
			_, err = w.Work(t.Context())
			w.must(err)
			if state := w.word(`SELECT state FROM bulletins WHERE id = $1`, b); state != "sending" {
				t.Errorf("it is %s again", state)
			}
		})
	}
}

func TestRatesWarnAtEachLimit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		complained int
		want       []string
	}{
		"below all":           {0, nil},
		"at Gmail's first":    {1, []string{"Gmail asks senders to stay below 0.1 %"}},
		"at Gmail's, Yahoo's": {3, []string{"stay below 0.1 %", "Gmail asks senders never to reach 0.3 %", "Yahoo asks senders to stay below 0.3 %"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5)
			w.crowd(1000, 0, c.complained)
			for _, by := range []inbound.RatesBy{inbound.ByBulletin, inbound.ByDomain} {
				rates, err := w.Rates(t.Context(), by, w.weekly.ID)
				w.must(err)
				if len(rates) != 1 {
					t.Fatalf("%d rates by %s", len(rates), by)
				}
				r := rates[0]
				if by == inbound.ByDomain { // the crowd beyond the five has no address
					if r.Of != "harbour.example" || r.Handed != 5 || r.Complaints != c.complained {
						t.Errorf("%+v", r)
					}
					continue
				}
				var said []string
				for _, warning := range r.Warnings {
					said = append(said, warning.Text)
				}
				if r.Of != "weekly/1" || r.Complaints != c.complained || len(said) != len(c.want) {
					t.Fatalf("%+v", r)
				}
				for i, want := range c.want {
					if !strings.HasSuffix(said[i], want) {
						t.Errorf("%q, want …%q", said[i], want)
					}
				}
			}
		})
	}
}
