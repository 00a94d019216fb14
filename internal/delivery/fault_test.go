package delivery

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

func TestAServerThatAsksForAPauseGetsOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at     string
		action *smtptest.Action
	}{
		"in the greeting":              {"CONNECT", smtptest.ReplyAndClose("421 4.3.2 later")},
		"at MAIL":                      {"MAIL", smtptest.ReplyAndClose("421 4.7.0 too many messages")},
		"at RCPT":                      {"RCPT", smtptest.ReplyAndClose("421 4.3.2 later")},
		"at the dot":                   {"DOT", smtptest.ReplyAndClose("421 4.3.2 later")},
		"unasked, while content flows": {"CONTENT", smtptest.ReplyAndClose("421 4.3.2 later")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calm atomic.Bool
			o := newOffice(t, smtptest.Options{Script: func(cmd smtptest.Command) *smtptest.Action {
				if cmd.Verb == c.at && !calm.Load() {
					return c.action
				}
				return nil
			}})
			o.crowd(20)
			b := o.leaving()
			s := o.start(3)
			s.await(t, 1, "sending is paused")
			paused := o.state(b)
			if paused.State != newsletter.BulletinPaused || !paused.ResumeAt.Equal(o.clock.now().Add(time.Minute)) ||
				!strings.HasPrefix(paused.Note, "the mail server wants to be left alone for a while: ") || !strings.Contains(paused.Note, "421") {
				t.Errorf("paused as %+v", paused)
			}
			if n := len(o.server.Accepted()); n != 0 {
				t.Errorf("%d messages were accepted", n)
			}
			// Asked again at once, it is left alone for longer.
			o.clock.advance(time.Minute)
			s.await(t, 2, "sending is paused")
			if again := o.state(b); !again.ResumeAt.Equal(o.clock.now().Add(2 * time.Minute)) {
				t.Errorf("the second pause ends at %s, it is %s", again.ResumeAt, o.clock.now())
			}
			calm.Store(true)
			o.clock.advance(2 * time.Minute)
			s.await(t, 2, "sending goes on")
			s.await(t, 1, "bulletin sent")
			o.balance(b, newsletter.Balance{newsletter.DeliverySent: 20})
			for who, got := range o.accepted() {
				if len(got) != 1 {
					t.Errorf("%s got %d messages", who, len(got))
				}
			}
			for id := 1; id <= 20; id++ {
				if r := o.row(b, id); r.Attempts != 1 {
					t.Errorf("reader %d has %d attempts: the server's fault was counted", id, r.Attempts)
				}
			}
		})
	}
}

func TestAWrongPasswordWaitsForAPerson(t *testing.T) {
	t.Parallel()
	users := map[string]string{"epistle": "right"}
	o := newOffice(t, smtptest.Options{Users: users})
	o.crowd(10)
	b := o.leaving()
	wrong := o.start(4, func(s *Sender) { s.options.SMTP.Username, s.options.SMTP.Password = "epistle", "wrong" })
	wrong.await(t, 1, "sending is paused")
	paused := o.state(b)
	if paused.State != newsletter.BulletinPaused || !paused.ResumeAt.IsZero() ||
		!strings.Contains(paused.Note, "check smtp.username and smtp.password") || !strings.Contains(paused.Note, "535") {
		t.Errorf("paused as %+v", paused)
	}
	wrong.stop()
	if n := o.server.Connections(); n != 1 {
		t.Errorf("%d logins with a wrong password, which can lock an account", n)
	}
	o.balance(b, newsletter.Balance{newsletter.DeliveryPending: 10})

	right := o.start(4, func(s *Sender) { s.options.SMTP.Username, s.options.SMTP.Password = "epistle", "right" })
	o.move(b, newsletter.BulletinSending)
	right.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 10})
}

func TestAKeyThatDoesNotSignStopsEverything(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(10)
	b := o.leaving()
	o.signers = []*message.Signer{{}} // a signer without its key
	s := o.start(3)
	s.await(t, 1, "sending is paused")
	s.stop()
	if paused := o.state(b); !strings.HasPrefix(paused.Note, "the message cannot be written: ") || !paused.ResumeAt.IsZero() {
		t.Errorf("paused as %+v", paused)
	}
	if n := len(o.server.Accepted()); n != 0 {
		t.Errorf("%d messages left unsigned", n)
	}
	o.balance(b, newsletter.Balance{newsletter.DeliveryPending: 10})
}

func TestAServerThatIsAwayIsNotStormed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at          string
		connections int
	}{
		"closes before it greets":     {"CONNECT", 4},
		"closes after it has greeted": {"MAIL", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var back atomic.Bool
			o := newOffice(t, smtptest.Options{Script: func(cmd smtptest.Command) *smtptest.Action {
				if cmd.Verb == c.at && !back.Load() {
					return &smtptest.Action{Close: true}
				}
				return nil
			}})
			const readers, waits = 40, 6
			o.crowd(readers)
			b := o.leaving()
			s := o.start(c.connections)
			for i := range waits { // 1, 2, 4, 8, 16 and 32 s
				s.awaitTrouble(t, i+1)
				o.clock.advance(s.gate.closedUntil().Sub(o.clock.now()))
			}
			s.awaitTrouble(t, waits+1)
			if until := s.gate.closedUntil(); until.Sub(o.clock.now()) != 64*time.Second {
				t.Errorf("after %d failures the wait is %s", waits+1, until.Sub(o.clock.now()))
			}
			if n := o.server.Connections(); n != waits+1 {
				t.Errorf("%d connections to a server that is away, want one at each of %d openings", n, waits+1)
			}
			if c.at == "CONNECT" { // nobody was tried
				o.balance(b, newsletter.Balance{newsletter.DeliveryPending: readers})
			}
			back.Store(true)
			o.clock.advance(longWait)
			s.await(t, 1, "bulletin sent")
			o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers})
		})
	}
}

// awaitTrouble waits for the nth time the gate was closed.
func (r *running) awaitTrouble(t *testing.T, n int) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		a, more := r.look("the mail server cannot be reached", nil)
		b, _ := r.look("the mail server lost the connection", nil)
		closings := a + b
		if closings >= n && !r.gate.closedUntil().IsZero() {
			return
		}
		select {
		case <-more:
		case <-limit:
			t.Fatalf("the gate was closed %d times, not %d", closings, n)
		}
	}
}

func TestAKeptConnectionThatWasClosedCostsNobody(t *testing.T) {
	t.Parallel()
	// The server ends each connection after three messages, without a word.
	o := newOffice(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if c.Verb == "MAIL" && c.Message > 3 {
			return &smtptest.Action{Close: true}
		}
		return nil
	}})
	o.crowd(10)
	b := o.leaving()
	s := o.start(1)
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 10})
	if n := s.count("delivery", "state=deferred"); n != 0 {
		t.Errorf("%d deliveries were put off", n)
	}
}

func TestAFaultOfTheSendersWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   string
		line string
		says string
	}{
		"no welcome":             {"CONNECT", "554 5.7.1 not from your network", "the mail server refuses this sender: connect: "},
		"a login is missing":     {"MAIL", "530 5.7.0 log in first", "the mail server refuses the login; "},
		"the day's limit":        {"RCPT", "550 5.4.5 daily limit", "the mail server's limit for this account is reached: "},
		"the limit after a dot":  {"DOT", "550 5.4.5 daily limit", "the mail server's limit for this account is reached: "},
		"a login that ran out":   {"DATA", "535 5.7.8 credentials expired", "the mail server refuses the login; "},
		"a login, after the dot": {"DOT", "530 5.7.0 log in first", "the mail server refuses the login; "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mended atomic.Bool
			o := newOffice(t, smtptest.Options{Script: func(cmd smtptest.Command) *smtptest.Action {
				if cmd.Verb == c.at && !mended.Load() {
					return smtptest.Reply(c.line)
				}
				return nil
			}})
			const readers = 20
			o.crowd(readers)
			b := o.leaving()
			s := o.start(3)
			s.await(t, 1, "sending is paused")
			if paused := o.state(b); paused.State != newsletter.BulletinPaused || !paused.ResumeAt.IsZero() || !strings.HasPrefix(paused.Note, c.says) {
				t.Errorf("paused as %+v", paused)
			}
			o.uncounted(b, readers)
			mended.Store(true)
			o.clock.advance(100 * time.Hour)
			o.move(b, newsletter.BulletinSending)
			s.await(t, 1, "bulletin sent")
			o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers})
			o.once(readers)
		})
	}
}
