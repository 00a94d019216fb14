package delivery

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
	"epistle/internal/store"
)

// answers scripts a reply for each reader at a verb, until calm is set.
func answers(verb string, calm *atomic.Bool, of map[int]string) smtptest.Script {
	return func(c smtptest.Command) *smtptest.Action {
		if c.Verb != verb || calm.Load() {
			return nil
		}
		for id, line := range of {
			if slices.Contains(c.To, reader(id)) || verb == "MAIL" && c.Message == id {
				return smtptest.Reply(line)
			}
		}
		return nil
	}
}

const (
	policy   = "550 5.7.1 we do not want this"
	greylist = "451 4.7.1 try again in a while"
	unknown  = "550 5.1.1 nobody of that name"
)

func TestRefusalsInARowAreMeantForTheSender(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   string
		of   map[int]string
		want newsletter.Balance // of eight readers when it stops; nil: it does not
		says string
		ends newsletter.Balance // after the server has changed its mind
	}{
		"three at RCPT": {
			"RCPT",
			map[int]string{3: policy, 4: policy, 5: policy},
			newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryDeferred: 3, newsletter.DeliveryPending: 3},
			"the mail server refuses one reader after another, so this sender is meant; ask who runs it: RCPT TO: the server answered 550 5.7.1",
			newsletter.Balance{newsletter.DeliverySent: 8},
		},
		"three at the dot": {
			"DOT",
			map[int]string{1: policy, 2: policy, 3: policy},
			newsletter.Balance{newsletter.DeliveryDeferred: 3, newsletter.DeliveryPending: 5},
			"the mail server refuses one reader after another",
			newsletter.Balance{newsletter.DeliverySent: 8},
		},
		"three times the sender's address": {
			"MAIL",
			map[int]string{1: "550 5.1.8 no such domain", 2: "550 5.1.8 no such domain", 3: "550 5.1.8 no such domain"},
			newsletter.Balance{newsletter.DeliveryDeferred: 3, newsletter.DeliveryPending: 5},
			"the mail server refuses the sender's address: MAIL FROM: the server answered 550 5.1.8",
			newsletter.Balance{newsletter.DeliverySent: 8},
		},
		"two, then an unknown user, then two": {
			"RCPT",
			map[int]string{1: policy, 2: policy, 3: unknown, 4: policy, 5: policy},
			nil, "",
			newsletter.Balance{newsletter.DeliverySent: 3, newsletter.DeliveryFailed: 5},
		},
		"every second one": {
			"RCPT",
			map[int]string{2: policy, 4: policy, 6: policy, 8: policy},
			nil, "",
			newsletter.Balance{newsletter.DeliverySent: 4, newsletter.DeliveryFailed: 4},
		},
		"the last two": {
			"DOT",
			map[int]string{7: policy, 8: policy},
			nil, "",
			newsletter.Balance{newsletter.DeliverySent: 6, newsletter.DeliveryFailed: 2},
		},
		"greylisting of everyone": {
			"RCPT",
			map[int]string{1: greylist, 2: greylist, 3: "450 4.2.0 later", 4: "451 4.3.0 later", 5: "450 5.7.1 later", 6: "451 5.7.1 later", 7: "451 5.4.5 later", 8: "450 later"},
			nil, "",
			newsletter.Balance{newsletter.DeliverySent: 8},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calm atomic.Bool
			o := newOffice(t, smtptest.Options{Script: answers(c.at, &calm, c.of)})
			o.crowd(8)
			b := o.leaving()
			s := o.start(1)
			if c.want != nil {
				s.await(t, 1, "sending is paused")
				o.balance(b, c.want)
				if paused := o.state(b); paused.State != newsletter.BulletinPaused || !paused.ResumeAt.IsZero() || !strings.HasPrefix(paused.Note, c.says) {
					t.Errorf("paused as %+v", paused)
				}
				o.uncounted(b, 8)
				calm.Store(true)
				o.clock.advance(100 * time.Hour) // a sender's fault must not use up the time for trying
				o.move(b, newsletter.BulletinSending)
			}
			if strings.Contains(name, "greylisting") {
				s.await(t, 8, "delivery", "state=deferred")
				calm.Store(true)
				o.clock.advance(longWait)
			}
			s.await(t, 1, "bulletin sent")
			o.balance(b, c.ends)
			if n := s.count("sending is paused"); c.want == nil && n > 0 {
				t.Error("it was paused")
			}
			for id := 1; id <= 8; id++ {
				if r := o.row(b, id); r.State == newsletter.DeliveryFailed && (r.Attempts != 1 || r.Class != "policy" && r.Class != "unknown user") {
					t.Errorf("reader %d failed as %+v", id, r)
				}
			}
			o.once(8)
		})
	}
}

// uncounted checks that nobody's deferral was counted, and that it is due again.
func (o *office) uncounted(b *store.Bulletin, readers int) {
	o.t.Helper()
	for id := 1; id <= readers; id++ {
		if r := o.row(b, id); r.State == newsletter.DeliveryDeferred && (r.Attempts != 0 || r.NotBefore.UnixMilli() != 0 || r.Class == "") {
			o.t.Errorf("reader %d waits as %+v", id, r)
		}
	}
}

// once checks that nobody got the bulletin twice.
func (o *office) once(readers int) {
	o.t.Helper()
	taken := o.accepted()
	for id := 1; id <= readers; id++ {
		if n := len(taken[reader(id)]); n > 1 {
			o.t.Errorf("reader %d got %d messages", id, n)
		}
	}
}

func TestAServerThatRefusesEverybodyStopsManyConnections(t *testing.T) {
	t.Parallel()
	const readers = 200
	var calm atomic.Bool
	o := newOffice(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if c.Verb == "DOT" && !calm.Load() {
			return smtptest.Reply(policy)
		}
		return nil
	}})
	o.crowd(readers)
	b := o.leaving()
	s := o.start(8)
	s.await(t, 1, "sending is paused")
	status, err := o.ledger.Status(t.Context(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if tried := status.Balance[newsletter.DeliveryDeferred]; tried < streakLimit || tried > streakLimit-1+8 ||
		tried+status.Balance[newsletter.DeliveryPending] != readers {
		t.Errorf("when it stopped there were %v", status.Balance)
	}
	o.uncounted(b, readers)
	calm.Store(true)
	o.move(b, newsletter.BulletinSending)
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers})
	o.once(readers)
}

// TestAStopLeavesAStreakOpen covers a streak that is not over when the sender is
// told to stop: nobody is failed for what may be the sender's fault.
func TestAStopLeavesAStreakOpen(t *testing.T) {
	t.Parallel()
	var calm atomic.Bool
	refuse := answers("RCPT", &calm, map[int]string{1: policy, 2: policy})
	stall := stallFor("RCPT", reader(3))
	o := newOffice(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if a := refuse(c); a != nil {
			return a
		}
		return stall(c)
	}})
	o.crowd(4)
	b := o.leaving()
	s := o.start(1, func(s *Sender) { s.grace = time.Millisecond })
	<-o.server.Stalled()
	s.stop()
	o.balance(b, newsletter.Balance{newsletter.DeliveryDeferred: 2, newsletter.DeliveryPending: 2})
	calm.Store(true)
	next := o.start(1)
	<-o.server.Stalled()
	o.server.Release()
	next.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 4})
}

// TestASendersFaultStartsNoClock covers a pause of days after the first try of a
// reader: the time for trying begins with the first attempt that counts.
func TestASendersFaultStartsNoClock(t *testing.T) {
	t.Parallel()
	replies := []string{"421 4.7.0 too many messages", "451 4.3.0 not now"}
	o := newOffice(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if c.Verb != "DOT" || len(replies) == 0 {
			return nil
		}
		line := replies[0]
		replies = replies[1:]
		return smtptest.Reply(line)
	}})
	o.crowd(1)
	b := o.leaving()
	s := o.start(1)
	s.await(t, 1, "sending is paused")
	o.clock.advance(100 * time.Hour) // beyond GiveUp
	s.await(t, 2, "delivery", "state=deferred")
	if r := o.row(b, 1); r.State != newsletter.DeliveryDeferred || r.Attempts != 1 {
		t.Errorf("after its first attempt that counts the row is %+v", r)
	}
	o.clock.advance(longWait)
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 1})
}
