package delivery

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

// stallFor stalls the conversation of one reader at a verb.
func stallFor(verb, email string) smtptest.Script {
	return func(c smtptest.Command) *smtptest.Action {
		if c.Verb == verb && slices.Contains(c.To, email) {
			return &smtptest.Action{Stall: true}
		}
		return nil
	}
}

func TestWhoLeavesBetweenClaimAndMarkGetsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: stallFor("DATA", reader(2))})
	o.crowd(4)
	b := o.leaving()
	s := o.start(1)
	<-o.server.Stalled() // reader 2's conversation is open, reader 3 is claimed
	for _, id := range []int64{2, 3} {
		if already, err := o.audience.Leave(t.Context(), id, o.newsletter.ID, "one-click", "reader"); err != nil || already {
			t.Fatalf("leaving: already %t, %v", already, err)
		}
	}
	o.server.Release()
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliverySkipped: 2})
	taken := o.accepted()
	if len(taken[reader(2)])+len(taken[reader(3)]) != 0 {
		t.Error("somebody who had left got the bulletin")
	}
	if r := o.row(b, 2); r.Class != "unsubscribed" {
		t.Errorf("the row says %+v", r)
	}
}

func TestAPauseStopsInTheMiddleAndResumeGoesOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: stallFor("RCPT", reader(3))})
	o.crowd(10)
	b := o.leaving()
	s := o.start(1)
	<-o.server.Stalled()
	o.move(b, newsletter.BulletinPaused)
	s.await(t, 1, "somebody stopped the bulletin")
	o.server.Release()
	o.server.WaitClosed()     // the open conversation was broken off before its dot
	s.await(t, 2, "delivery") // the outcomes before it are written
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryPending: 8})

	o.move(b, newsletter.BulletinSending)
	<-o.server.Stalled()
	o.server.Release()
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 10})
	if n := len(o.server.Accepted()); n != 10 {
		t.Errorf("%d messages were accepted", n)
	}
}

func TestACancelledBulletinReachesNobodyMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: stallFor("RCPT", reader(3))})
	o.crowd(10)
	b := o.leaving()
	s := o.start(1)
	<-o.server.Stalled()
	o.move(b, newsletter.BulletinCancelled)
	if err := o.ledger.Cancel(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	o.server.Release() // the conversation goes on, up to the mark
	o.server.WaitClosed()
	s.stop()
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryCancelled: 8})
	if n := len(o.server.Accepted()); n != 2 {
		t.Errorf("%d messages were accepted", n)
	}
}

// TestACancelDuringTheFreezingLeavesNoOpenRow covers a bulletin that is cancelled
// before its audience is complete.
func TestACancelDuringTheFreezingLeavesNoOpenRow(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(3)
	b := o.leaving()
	o.move(b, newsletter.BulletinCancelled)
	if err := o.ledger.Freeze(t.Context(), b.ID); !movedOn(err) {
		t.Fatalf("freezing a cancelled bulletin answered %v", err)
	}
	if o.balance(b, newsletter.Balance{}); o.state(b).Frozen {
		t.Error("a cancelled bulletin was frozen")
	}
}

func TestAStopEndsInOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at       string
		release  bool // the server goes on within the grace
		want     newsletter.Balance
		accepted int
	}{
		"a reply that comes is waited for":  {"DOT", true, newsletter.Balance{newsletter.DeliverySent: 3, newsletter.DeliveryPending: 7}, 3},
		"one that does not is uncertain":    {"DOT", false, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryUncertain: 1, newsletter.DeliveryPending: 7}, 2},
		"before the dot nothing is pending": {"RCPT", false, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryPending: 8}, 2},
		"a dot is not written any more":     {"RCPT", true, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryPending: 8}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, smtptest.Options{Script: stallFor(c.at, reader(3))})
			o.crowd(10)
			b := o.leaving()
			s := o.start(1, func(s *Sender) {
				if s.grace = time.Minute; !c.release {
					s.grace = time.Millisecond
				}
			})
			<-o.server.Stalled()
			s.await(t, 2, "delivery", "state=sent") // those before have their reply
			s.cancel()
			if c.release {
				o.server.Release()
			}
			s.stop()
			o.balance(b, c.want)
			if n := len(o.server.Accepted()); n != c.accepted {
				t.Errorf("%d messages were accepted, want %d", n, c.accepted)
			}
			if running, err := o.db.SenderRunning(); err != nil || running {
				t.Errorf("the lock is still held (%v)", err)
			}
			o.server.Release()
			o.server.WaitClosed()
		})
	}
}

// TestAStopEndsAlthoughTheDatabaseDoesNot covers a disk that hangs: the process
// ends, and what it could not write becomes uncertain at the next start. A kill
// in the middle leaves the same.
func TestAStopEndsAlthoughTheDatabaseDoesNot(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: stallFor("DOT", reader(1))})
	o.crowd(3)
	b := o.leaving()
	s := o.start(1, func(s *Sender) { s.grace, s.effort = time.Millisecond, time.Millisecond })
	<-o.server.Stalled() // reader 1 is marked

	held, release := make(chan struct{}), make(chan struct{})
	writing := make(chan error, 1)
	go func() {
		writing <- o.db.Write(context.Background(), func(*database.Tx) error {
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	s.cancel()
	if err := <-s.ended; err == nil {
		t.Error("the sender did not say that it could not write")
	}
	close(release)
	if err := <-writing; err != nil {
		t.Fatal(err)
	}
	o.balance(b, newsletter.Balance{newsletter.DeliveryInFlight: 1, newsletter.DeliveryPending: 2})

	next := o.start(1)
	next.await(t, 1, "an earlier sender stopped in the middle; these deliveries are uncertain")
	next.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliveryUncertain: 1, newsletter.DeliverySent: 2})
}

func TestWhatADeadSenderLeftIsResentWhereThePolicySaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, resending)
	o.crowd(2)
	b := o.leaving()
	if err := o.ledger.Freeze(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	o.markAndDie(b, 1)
	o.balance(b, newsletter.Balance{newsletter.DeliveryInFlight: 1, newsletter.DeliveryPending: 1})
	o.sendAll(1)
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 2})
}

func TestAStopPausesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(1)
	b := o.leaving()
	if err := o.ledger.Freeze(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	b = o.state(b)
	s := NewSender(Options{}, o.store, o.ledger, NewComposer(o.store, o.secrets, o.links, nil), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	st, end := s.stages(ctx)
	defer end()
	cancel()
	if _, err := s.open(st, b); err == nil {
		t.Error("a stopped sender went on")
	}
	if now := o.state(b); now.State != newsletter.BulletinSending {
		t.Errorf("the stop made the bulletin %s: %s", now.State, now.Note)
	}
}
