package ledger_test

import (
	"testing"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

func TestRecoverMakesUncertainWhatWasInFlight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 250)
	w.SetSizes(200, 1) // more chunks than one batch of Recover
	w.freeze()
	w.run()
	w.mark(1, 11)
	w.mark(250, 11)
	w.mark(3, 11)
	w.record(3, 11, sent)
	if n := w.recover(); n != 2 {
		t.Errorf("%d are uncertain, want 2", n)
	}
	for _, reader := range []int64{1, 250} {
		w.is(reader, newsletter.DeliveryUncertain, "uncertain")
	}
	if n := w.number(`SELECT attempts FROM deliveries WHERE subscriber_id = 1`); n != 1 {
		t.Errorf("%d attempts are counted, want the one that was begun", n)
	}
	if n := w.recover(); n != 0 {
		t.Errorf("a second start makes %d uncertain", n)
	}
	for chunk, _ := w.claim(); chunk != nil; chunk, _ = w.claim() {
		for reader := chunk.Lo; reader <= chunk.Hi; reader++ {
			w.record(reader, 12, failed)
		}
		w.finish(chunk)
	}
	if w.open() {
		t.Error("the ledger stays open for what is uncertain")
	}
	if b := w.balance(); b[newsletter.DeliveryUncertain] != 2 || b.Audience() != 250 {
		t.Errorf("balance %v", b)
	}
}

func TestRecoverFinishesACancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	w.SetSizes(10, 5)
	w.freeze()
	w.run()
	w.mark(1, 11)
	w.move(newsletter.BulletinCancelled) // and the process died here
	if n := w.recover(); n != 1 {
		t.Errorf("%d are uncertain, want 1", n)
	}
	if b := w.balance(); b[newsletter.DeliveryCancelled] != 19 || b[newsletter.DeliveryUncertain] != 1 || w.open() {
		t.Errorf("balance %v, open %t", b, w.open())
	}
}

func TestCancelTakesOutWhatIsNotBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40)
	w.SetSizes(20, 5)
	w.freeze()
	w.run()
	chunk, _ := w.claim()
	w.mark(1, 11)
	w.record(1, 11, sent)
	w.mark(2, 11)
	w.record(3, 11, deferred)
	w.record(4, 11, failed)
	w.leave(20)
	w.move(newsletter.BulletinCancelled)
	cancel(w)
	want := newsletter.Balance{
		newsletter.DeliverySent: 1, newsletter.DeliveryInFlight: 1, newsletter.DeliveryFailed: 1, newsletter.DeliverySkipped: 1, newsletter.DeliveryCancelled: 36,
	}
	for _, s := range newsletter.DeliveryStates {
		if got := w.balance()[s]; got != want[s] {
			t.Errorf("%d are %s, want %d", got, s, want[s])
		}
	}
	if !w.open() {
		t.Error("the ledger is closed with a row in flight")
	}
	w.record(2, 11, sent)
	w.finish(chunk)
	if w.open() {
		t.Error("the ledger is open after the last row's end")
	}
	cancel(w)
	if b := w.balance(); b.Audience() != 40 || b[newsletter.DeliverySent] != 2 {
		t.Errorf("a second cancel makes %v", b)
	}
}

// uncertain makes the given readers' deliveries uncertain and ends all others.
func uncertain(w *world, readers ...int64) {
	w.t.Helper()
	chunk, rows := w.claim()
	for _, reader := range readers {
		w.mark(reader, 11)
		w.record(reader, 11, lost)
	}
	for _, d := range rows {
		if w.state(d.SubscriberID) == newsletter.DeliveryPending {
			w.record(d.SubscriberID, 11, failed)
		}
	}
	w.finish(chunk)
	if w.open() {
		w.t.Fatal("the ledger is open")
	}
	w.move(newsletter.BulletinSent)
}

func settle(w *world, fn func(*database.Tx, int64) (int64, error)) (n int64, err error) {
	err = w.db.Write(w.t.Context(), func(tx *database.Tx) error {
		n, err = fn(tx, bulletin)
		return err
	})
	return n, err
}

func TestUncertainIsListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.freeze()
	w.run()
	uncertain(w, 1, 3)
	w.exec(`DELETE FROM subscribers WHERE id = 3`)
	got, err := w.Uncertain(t.Context(), bulletin)
	if err != nil {
		t.Fatal(err)
	}
	want := []ledger.Uncertain{
		{SubscriberID: 1, Email: "r1@example.org", At: w.clock.Now(), Attempts: 1},
		{SubscriberID: 3, At: w.clock.Now(), Attempts: 1},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("listed %+v, want %+v", got, want)
	}
}

func TestUncertainIsAcceptedAsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.freeze()
	w.run()
	uncertain(w, 1, 2)
	if n, err := settle(w, w.AcceptUncertainTx); n != 2 || err != nil {
		t.Errorf("%d accepted, %v", n, err)
	}
	w.is(1, newsletter.DeliverySent, "accepted as sent")
	if n, err := settle(w, w.AcceptUncertainTx); n != 0 || err != nil {
		t.Errorf("%d accepted again, %v", n, err)
	}
}

func TestUncertainIsSentAgainButNotToWhoLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30)
	w.SetSizes(40, 30)
	w.freeze()
	w.run()
	uncertain(w, 1, 2, 12)
	w.leave(2) // too late for SkipTx: the bulletin has ended
	if n, err := settle(w, w.ResendUncertainTx); n != 3 || err != nil {
		t.Errorf("%d settled, %v", n, err)
	}
	w.move(newsletter.BulletinSending)
	w.is(2, newsletter.DeliverySkipped, "unsubscribed")
	chunk, rows := w.claim()
	if chunk == nil || len(rows) != 2 || rows[0].SubscriberID != 1 || rows[1].SubscriberID != 12 {
		t.Fatalf("chunk %v with %v, want the two who stayed", chunk, rows)
	}
	// The truth about the first copy comes too late to be mistaken for the second.
	w.record(1, 11, sent)
	w.is(1, newsletter.DeliveryPending, "")
	for _, d := range rows {
		w.mark(d.SubscriberID, 12)
		w.record(d.SubscriberID, 12, sent)
	}
	w.finish(chunk)
	if w.open() {
		t.Error("the ledger is open")
	}
}

func TestUncertainOfACancelledBulletinIsNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.freeze()
	w.run()
	uncertain(w, 1)
	w.move(newsletter.BulletinCancelled)
	if _, err := settle(w, w.ResendUncertainTx); newsletter.KindOf(err) != newsletter.Refused || newsletter.RemedyOf(err) == "" {
		t.Errorf("error %v, want a refusal with a way on", err)
	}
	w.is(1, newsletter.DeliveryUncertain, "uncertain")
}
