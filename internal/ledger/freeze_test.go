package ledger_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"epistle/internal/newsletter"
)

func TestFreezeWritesEveryActiveReaderOnce(t *testing.T) {
	t.Parallel()
	for name, readers := range map[string]int{
		"nobody": 0, "one": 1, "less than a chunk": 99, "one slice exactly": 1000, "slices exactly": 2000, "a slice begun": 2345,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, readers)
			w.SetSizes(1000, 100)
			w.freeze()
			if n := w.balance()[newsletter.DeliveryPending]; n != readers || w.balance().Audience() != readers {
				t.Errorf("%d of %d readers are pending", n, readers)
			}
			if w.number(`SELECT frozen FROM bulletins WHERE id = 1`) != 1 {
				t.Error("the bulletin is not marked as frozen")
			}
			if n := w.number(`SELECT COUNT(*) FROM deliveries d WHERE (SELECT COUNT(*) FROM chunks c WHERE c.bulletin_id = 1
				AND d.subscriber_id BETWEEN c.lo AND c.hi) <> 1`); n != 0 {
				t.Errorf("%d rows are not in exactly one chunk", n)
			}
			if n, want := w.number(`SELECT COUNT(*) FROM chunks`), int64((readers+99)/100); n != want {
				t.Errorf("%d chunks, want %d", n, want)
			}
			if w.open() != (readers > 0) {
				t.Errorf("the ledger is open: %t", w.open())
			}
		})
	}
}

func TestFreezeWithItsOwnSizes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5001)
	w.freeze()
	if n := w.balance()[newsletter.DeliveryPending]; n != 5001 {
		t.Errorf("%d of 5001 readers are pending", n)
	}
}

func TestFreezeLeavesOutWhoGetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.exec(`UPDATE subscriptions SET state = CASE subscriber_id WHEN 1 THEN 'pending' WHEN 2 THEN 'paused' WHEN 3 THEN 'suspended' ELSE 'unsubscribed' END
		WHERE subscriber_id <= 4`)
	w.exec(`UPDATE subscriptions SET newsletter_id = 2 WHERE subscriber_id = 5`)
	w.exec(`INSERT INTO suppressions (email_hash, newsletter_id, reason, made_at) VALUES
		(CAST('h6' AS BLOB), 0, 'complained', 1), (CAST('h7' AS BLOB), 1, 'asked', 1), (CAST('h7' AS BLOB), 0, 'bounced', 1), (CAST('h8' AS BLOB), 2, 'asked', 1),
		(CAST('nobody' AS BLOB), 0, 'complained', 1)`)
	w.freeze()
	if n := w.number(`SELECT COUNT(*) FROM deliveries WHERE subscriber_id <= 5`); n != 0 {
		t.Errorf("%d rows for readers who are not active", n)
	}
	w.is(6, newsletter.DeliverySkipped, "suppressed: complained")
	w.is(7, newsletter.DeliverySkipped, "suppressed: asked")
	w.is(8, newsletter.DeliveryPending, "")
	if b := w.balance(); b.Audience() != 5 || b[newsletter.DeliveryPending] != 3 {
		t.Errorf("balance %v", b)
	}
}

func TestFreezeAgainAddsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.exec(`UPDATE subscriptions SET state = 'pending' WHERE subscriber_id = 10`)
	w.freeze()
	w.exec(`UPDATE subscriptions SET state = 'active'`)
	w.freeze()
	if n := w.balance().Audience(); n != 9 {
		t.Errorf("the audience is %d after a second freezing, want 9", n)
	}
}

func TestFreezeGoesOnAfterAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2500)
	w.SetSizes(1000, 100)
	w.exec(`CREATE TRIGGER broken BEFORE INSERT ON deliveries WHEN NEW.subscriber_id = 1500 BEGIN SELECT RAISE(ABORT, 'the disk fell out'); END`)
	if err := w.Freeze(t.Context(), bulletin); err == nil {
		t.Fatal("the freezing succeeded")
	}
	if n := w.balance().Audience(); n != 1000 || w.number(`SELECT frozen FROM bulletins`) != 0 || w.number(`SELECT COUNT(*) FROM chunks`) != 10 {
		t.Errorf("%d rows and a frozen mark of %d stayed, want one whole slice", n, w.number(`SELECT frozen FROM bulletins`))
	}
	w.exec(`DROP TRIGGER broken`)
	w.leave(7)    // frozen already
	w.leave(2400) // not yet
	w.freeze()
	if b := w.balance(); b.Audience() != 2499 || b[newsletter.DeliveryPending] != 2498 {
		t.Errorf("balance %v, want 2499 of whom one is skipped", b)
	}
	w.is(7, newsletter.DeliverySkipped, "unsubscribed")
}

func TestFreezeIsOnlyForBulletinsThatAreBeingSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	for _, state := range []newsletter.BulletinState{
		newsletter.BulletinReview, newsletter.BulletinApproved, newsletter.BulletinHeld, newsletter.BulletinSent, newsletter.BulletinCancelled,
	} {
		w.move(state)
		if err := w.Freeze(t.Context(), bulletin); newsletter.KindOf(err) != newsletter.Conflict {
			t.Errorf("%s: error %v, want a conflict", state, err)
		}
	}
	if n := w.balance().Audience(); n != 0 {
		t.Errorf("%d rows were written", n)
	}
	w.move(newsletter.BulletinPaused)
	w.freeze()
	if err := w.Freeze(t.Context(), 99); err == nil {
		t.Error("a bulletin that does not exist was frozen")
	}
}

// TestWhoLeavesDuringFreezeGetsNothing lets many leave while the audience is
// frozen: each is out of it, or in it and skipped, and nobody else is touched.
func TestWhoLeavesDuringFreezeGetsNothing(t *testing.T) {
	t.Parallel()
	const readers, leavers = 1500, 150
	w := newWorld(t, readers)
	w.SetSizes(100, 10)
	gone := rand.New(rand.NewPCG(1, 2)).Perm(readers)[:leavers]
	begun := make(chan struct{})
	var leaving sync.WaitGroup
	leaving.Go(func() {
		for i, reader := range gone {
			w.leave(int64(reader + 1))
			if i == leavers/10 {
				close(begun)
			}
		}
	})
	<-begun
	w.freeze()
	leaving.Wait()
	b := w.balance()
	if b[newsletter.DeliveryPending] != readers-leavers {
		t.Errorf("%d are pending, want the %d who stayed", b[newsletter.DeliveryPending], readers-leavers)
	}
	if n := w.number(`SELECT COUNT(*) FROM deliveries d JOIN subscriptions s USING (subscriber_id) WHERE (d.state = 0) <> (s.state = 'active')`); n != 0 {
		t.Errorf("%d rows contradict their subscription", n)
	}
	if b.Audience() != b[newsletter.DeliveryPending]+b[newsletter.DeliverySkipped] {
		t.Errorf("balance %v", b)
	}
}
