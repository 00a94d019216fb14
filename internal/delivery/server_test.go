package delivery

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"epistle/internal/newsletter"
	"epistle/internal/smtp"
	"epistle/internal/smtp/smtptest"
)

// TestAFaultyServerCostsNobodyTheBulletin breaks the first two conversations at
// each command. The sender goes on by itself; what may have been taken is
// uncertain, everything else is sent.
func TestAFaultyServerCostsNobodyTheBulletin(t *testing.T) {
	t.Parallel()
	before := []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA"}
	always := append(slices.Clone(before), "DOT")
	for name, c := range map[string]struct {
		verbs     []string
		action    *smtptest.Action
		uncertain bool
	}{
		"closes":                   {always, &smtptest.Action{Close: true}, true},
		"resets":                   {always, &smtptest.Action{Reset: true}, true},
		"stalls":                   {before, &smtptest.Action{Stall: true}, false},
		"says 421 and closes":      {always, smtptest.ReplyAndClose("421 4.3.2 going down"), false},
		"says 451":                 {always, smtptest.Reply("451 4.3.0 not now"), false},
		"says 451 in many lines":   {always, smtptest.Reply("451-4.3.0 not\r\n451-4.3.0 just\r\n451 4.3.0 now"), false},
		"speaks another language":  {always, smtptest.Reply("<html>"), true},
		"talks without end":        {always, &smtptest.Action{Raw: strings.Repeat("x", 1<<20), Close: true}, true},
		"breaks off in the middle": {always, &smtptest.Action{Raw: "25", Close: true}, true},
		"takes it and closes":      {[]string{"DOT"}, &smtptest.Action{Accept: true, Close: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const times = 2
			var mu sync.Mutex
			left := map[string]int{} // to be broken
			for _, verb := range c.verbs {
				left[verb] = times
			}
			o := newOffice(t, smtptest.Options{Script: func(cmd smtptest.Command) *smtptest.Action {
				mu.Lock()
				defer mu.Unlock()
				if left[cmd.Verb] == 0 {
					return nil
				}
				left[cmd.Verb]--
				return c.action
			}})
			uncertain := o.survive(t, func(s *Sender) {
				if c.action.Stall {
					s.options.SMTP.Timeout = 200 * time.Millisecond
				}
			})
			if c.uncertain != (uncertain > 0) || uncertain > times {
				t.Errorf("%d deliveries are uncertain", uncertain)
			}
			mu.Lock()
			defer mu.Unlock()
			for verb, n := range left {
				if n == times {
					t.Errorf("%s was never broken", verb)
				}
			}
		})
	}
}

// survive sends to some readers through whatever there is, the clock going on by
// itself, and checks that everybody got the bulletin once but for the uncertain
// ones, whose number it gives.
func (o *office) survive(t *testing.T, change ...func(*Sender)) (uncertain int) {
	t.Helper()
	const readers, connections = 12, 2
	o.crowd(readers)
	b := o.leaving()
	o.clock.goOn()
	s := o.start(connections, change...)
	s.await(t, 1, "bulletin sent")
	s.stop()
	status, err := o.ledger.Status(t.Context(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	uncertain = status.Balance[newsletter.DeliveryUncertain]
	if status.Balance[newsletter.DeliverySent]+uncertain != readers {
		t.Errorf("of %d readers %v", readers, status.Balance)
	}
	taken := o.accepted()
	for id := 1; id <= readers; id++ {
		n, state := len(taken[reader(id)]), o.row(b, id).State
		if n > 1 || n == 0 && state == newsletter.DeliverySent {
			t.Errorf("reader %d is %s and got %d messages", id, state, n)
		}
	}
	return uncertain
}

func TestAServerThatChangesIsSpokenToAsItIs(t *testing.T) {
	t.Parallel()
	// Every connection ends after three messages; the next one offers less.
	fewer := smtptest.Options{
		Script: func(c smtptest.Command) *smtptest.Action {
			if c.Verb == "MAIL" && c.Message > 3 {
				return &smtptest.Action{Close: true}
			}
			return nil
		},
		Extensions: func(connection int) []string {
			all := []string{"SIZE 10485760", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES"}
			return all[:len(all)-min(connection-1, len(all))]
		},
	}
	t.Run("fewer extensions after reconnecting", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, fewer)
		if n := o.survive(t); n > 0 {
			t.Errorf("%d deliveries are uncertain", n)
		}
	})
	t.Run("421 unasked, between two messages", func(t *testing.T) {
		t.Parallel()
		said := 0
		o := newOffice(t, smtptest.Options{
			Extensions: func(int) []string { return nil }, // one command after the other
			Script: func(c smtptest.Command) *smtptest.Action {
				if c.Verb != "DOT" || said == 2 {
					return nil
				}
				said++
				return &smtptest.Action{Accept: true, Raw: "250 2.0.0 taken\r\n421 4.4.2 idle for too long\r\n", Close: true}
			},
		})
		if n := o.survive(t); n > 0 {
			t.Errorf("%d deliveries are uncertain", n)
		}
	})
}

func TestAServerThatDropsTLSGetsNothingInClear(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tls  string
		mode smtptest.TLSMode
		at   string
	}{
		"implicit": {smtp.TLSImplicit, smtptest.Implicit, "HANDSHAKE"},
		"STARTTLS": {smtp.TLSStart, smtptest.StartTLS, "STARTTLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drops := 0
			o := newOffice(t, smtptest.Options{TLS: c.mode, Script: func(cmd smtptest.Command) *smtptest.Action {
				if cmd.Verb == c.at && drops < 2 || cmd.Verb == "MAIL" && cmd.Message == 3 && drops < 4 {
					drops++
					return &smtptest.Action{Reset: true}
				}
				return nil
			}})
			n := o.survive(t, func(s *Sender) { s.options.SMTP.TLS, s.options.SMTP.RootCAs = c.tls, o.server.RootCAs() })
			if n > 0 {
				t.Errorf("%d deliveries are uncertain", n)
			}
			for _, m := range o.server.Accepted() {
				if !m.TLS {
					t.Error("a message left in clear")
				}
			}
		})
	}
}
