package ledger_test

import (
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

func TestLateTruthTakesItsArrowsOnly(t *testing.T) {
	t.Parallel()
	const pending, deferred, inFlight, sent, failed, uncertain, skipped, cancelled = newsletter.DeliveryPending, newsletter.DeliveryDeferred,
		newsletter.DeliveryInFlight, newsletter.DeliverySent, newsletter.DeliveryFailed, newsletter.DeliveryUncertain, newsletter.DeliverySkipped, newsletter.DeliveryCancelled
	for _, late := range []struct {
		state newsletter.DeliveryState
		again bool
		from  map[newsletter.DeliveryState]bool
	}{
		{failed, false, map[newsletter.DeliveryState]bool{inFlight: true, sent: true, uncertain: true}},
		{failed, true, map[newsletter.DeliveryState]bool{inFlight: true, sent: true, uncertain: true, failed: true}},
		{sent, false, map[newsletter.DeliveryState]bool{uncertain: true}},
	} {
		w := newWorld(t, 8)
		w.freeze()
		for reader, state := range []newsletter.DeliveryState{pending, deferred, inFlight, sent, failed, uncertain, skipped, cancelled} {
			r := int64(reader + 1)
			w.exec(`UPDATE deliveries SET state = $2, class = 'before' WHERE subscriber_id = $1`, r, int(state))
			var changed bool
			err := w.db.Write(t.Context(), func(tx *database.Tx) (err error) {
				changed, err = w.LateTx(tx, ref(r), ledger.Late{State: late.state, Code: 550, Enhanced: "5.1.1", Reply: "no", Class: "late"}, late.again)
				return err
			})
			if err != nil || changed != late.from[state] {
				t.Errorf("%s to %s: changed %t, %v", state, late.state, changed, err)
			}
			if changed {
				w.is(r, late.state, "late")
			} else {
				w.is(r, state, "before")
			}
		}
		if b := w.balance(); b.Audience() != 8 {
			t.Errorf("the ledger says %v", b)
		}
		err := w.db.Write(t.Context(), func(tx *database.Tx) error {
			_, err := w.LateTx(tx, ref(1), ledger.Late{State: pending}, false)
			return err
		})
		if err == nil {
			t.Error("pending is taken for late truth")
		}
	}
}

func TestOutcomesAreThoseOfANewsletterWithinATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	begun := w.clock.Now().UnixMilli()
	w.exec(`INSERT INTO bulletins (id, newsletter_id, number, date, state, revision, made_at, changed_at, started_at) VALUES
		(2, 1, 2, '2027-03-19', 'sent', 1, 1, 1, $1), (3, 2, 1, '2027-03-19', 'sent', 1, 1, 1, $1), (4, 1, 3, '2027-03-20', 'sent', 1, 1, 1, $1),
		(5, 1, 4, '2027-03-21', 'sent', 1, 1, 1, 1), (6, 1, 5, '2027-03-22', 'sent', 1, 1, 1, $1)`, begun)
	w.exec(`INSERT INTO deliveries (bulletin_id, subscriber_id, state, class) VALUES (2, 1, 3, ''), (3, 1, 4, 'other'), (4, 1, 4, 'full'), (5, 1, 4, 'old'), (6, 1, 6, 'left')`)
	var list []ledger.Outcome
	err := w.db.Read(t.Context(), func(tx *database.Tx) (err error) {
		list, err = w.OutcomesTx(tx, 1, 1, w.clock.Now().Add(-time.Hour))
		return err
	})
	if err != nil || len(list) != 2 || list[0].Class != "full" || list[1].State != newsletter.DeliverySent {
		t.Errorf("%+v, %v", list, err)
	}
}
