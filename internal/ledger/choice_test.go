package ledger_test

import (
	"testing"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

func TestClaimTellsWhatReadersChose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	w.freeze()
	w.exec(`INSERT INTO choices (newsletter_id, subscriber_id, declined, text_only) VALUES (1, 1, 'coast rivers', 0), (1, 2, '', 1), (2, 3, 'coast', 1)`)
	_, rows := w.claim()
	for i, want := range []newsletter.Choice{newsletter.NewChoice([]string{"rivers", "coast"}, false), newsletter.NewChoice(nil, true), {}, {}} {
		if rows[i].Choice != want {
			t.Errorf("reader %d chose %s, want %s", i+1, rows[i].Choice, want)
		}
	}
}

func TestWhoChoseNothingIsSkippedOnceAndForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	w.run()
	w.freeze()
	chunk, _ := w.claim()
	w.mark(2, 7)
	w.record(2, 7, sent)
	w.mark(3, 7)
	w.leave(4)
	skip := func() {
		t.Helper()
		if err := w.SkipUnchosen(t.Context(), bulletin, []int64{1, 2, 3, 4, 99}); err != nil {
			t.Fatal(err)
		}
	}
	skip()
	w.is(1, newsletter.DeliverySkipped, "nothing chosen")
	w.is(2, newsletter.DeliverySent, "")
	w.is(3, newsletter.DeliveryInFlight, "")
	w.is(4, newsletter.DeliverySkipped, "unsubscribed")
	w.is(5, newsletter.DeliveryPending, "")
	// A sender that dies now finds everything as it was.
	if n := w.recover(); n != 1 {
		t.Errorf("%d deliveries are uncertain, want the one in flight", n)
	}
	skip()
	w.is(3, newsletter.DeliveryUncertain, "uncertain")
	if b := w.balance(); b.Audience() != 5 || b[newsletter.DeliverySkipped] != 2 {
		t.Errorf("the ledger is %v", b)
	}
	if ok := w.mark(1, 7); ok {
		t.Error("a skipped delivery was marked")
	}
	w.finish(chunk)
	if !w.open() {
		t.Error("the chunk was closed although a delivery of it is pending")
	}
}

func TestAReaderWhoIsErasedHasNoLettersLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.exec(`INSERT INTO notices (key, kind, newsletter_id, subscriber_id, email, name, made_by, made_at, letter, state) VALUES
		('a', 'address', 1, 1, 'new@harbour.example', 'Ana', 'reader', 1, '{"subject":"x"}', 0), ('b', 'download', 1, 2, 'r2@example.org', 'Bea', 'reader', 1, '{"subject":"y"}', 0)`)
	if err := w.db.Write(t.Context(), func(tx *database.Tx) error { return w.EraseTx(tx, 1, "r1@example.org") }); err != nil {
		t.Fatal(err)
	}
	if n := w.number(`SELECT COUNT(*) FROM notices WHERE subscriber_id = 1 AND (email <> '' OR name <> '' OR letter <> '' OR state <> 6)`); n != 0 {
		t.Error("the letter to an address that was never confirmed is left")
	}
	if n := w.number(`SELECT COUNT(*) FROM notices WHERE subscriber_id = 2 AND email <> '' AND letter <> '' AND state = 0`); n != 1 {
		t.Error("somebody else's letter went")
	}
}
