package delivery

import (
	"context"
	"sync"
	"testing"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
	"epistle/internal/store"
)

// markAndDie leaves a row as a sender does that is killed after the mark.
func (o *office) markAndDie(b *store.Bulletin, subscriber int64) {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.ledger.Run(ctx) }()
	ok, err := o.ledger.Mark(o.t.Context(), ledger.Ref{BulletinID: b.ID, SubscriberID: subscriber}, b.Revision, 1)
	cancel()
	if err != nil || !ok {
		o.t.Fatalf("mark: %t, %v", ok, err)
	}
	if err := <-ended; err != nil {
		o.t.Fatal(err)
	}
}

func TestASenderWaitsForTheLockAndTakesOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: stallFor("RCPT", reader(4))})
	o.crowd(10)
	b := o.leaving()
	first := o.start(1)
	<-o.server.Stalled() // the first sends
	o.open()             // the second has the database open for itself
	second := o.start(2)
	o.server.Release()
	first.await(t, 6, "delivery", "state=sent")
	if n := second.count("delivery"); n != 0 {
		t.Errorf("%d deliveries of the one that waits", n)
	}
	first.stop()
	second.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 10})
}

func TestTwoSendersSendEachMessageOnce(t *testing.T) {
	t.Parallel()
	const readers = 200
	o := newOffice(t, smtptest.Options{})
	o.crowd(readers)
	b := o.leaving()
	var senders []*running
	for range 2 {
		senders = append(senders, o.start(3))
		o.open()
	}
	// Each is stopped once it has done a part; whoever comes next goes on.
	var watching sync.WaitGroup
	for _, s := range senders {
		watching.Go(func() {
			s.await(t, 40, "delivery")
			s.stop()
		})
	}
	watching.Wait()
	o.sendAll(3)
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers})
	for who, got := range o.accepted() {
		if len(got) != 1 {
			t.Errorf("%s got %d messages", who, len(got))
		}
	}
	if n := len(o.server.Accepted()); n != readers {
		t.Errorf("%d messages were accepted", n)
	}
}
