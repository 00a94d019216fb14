package ledger_test

import (
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

// story is a random life of one bulletin.
type story struct {
	*world
	r     *rand.Rand
	token int64 // of the sender that lives now
	chunk *ledger.Chunk
	rows  []ledger.Delivery
	log   []string
}

const storyReaders = 24

// TestLedgerBalancesAtEveryMoment plays random stories. After each step the
// states sum to the audience, every row moved along an arrow only, nobody waits
// who left, and a chunk that is done has no open row.
func TestLedgerBalancesAtEveryMoment(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			s := &story{world: newWorld(t, storyReaders), r: rand.New(rand.NewPCG(seed, 7)), token: 1}
			s.SetSizes(10, 5)
			s.freeze()
			s.run()
			audience := s.balance().Audience()
			before := s.snapshot()
			for range 150 {
				s.step()
				after := s.snapshot()
				s.check(audience, before, after)
				if t.Failed() {
					t.Fatalf("after the steps %v", s.log)
				}
				before = after
			}
		})
	}
}

func (s *story) step() {
	reader := s.r.Int64N(storyReaders) + 1
	steps := []struct {
		name string
		do   func()
	}{
		{"pass", func() { s.clock.pass(time.Duration(s.r.Int64N(90)) * time.Minute) }},
		{"claim", func() { s.chunk, s.rows = s.claim() }},
		{"send", s.send},
		{"send", s.send},
		{"finish", func() {
			if s.chunk != nil {
				s.finish(s.chunk)
			}
		}},
		{"mark", func() { s.mark(reader, s.token) }},
		{"record", func() { s.record(reader, s.r.Int64N(s.token)+1, s.result()) }},
		{"leave", func() { s.leave(reader) }},
		{"return", func() { s.exec(`UPDATE subscriptions SET state = 'active' WHERE subscriber_id = $1`, reader) }},
		{"suppress", func() { s.suppress(reader) }},
		{"pause", func() { s.from(newsletter.BulletinSending, newsletter.BulletinPaused) }},
		{"resume", func() { s.from(newsletter.BulletinPaused, newsletter.BulletinSending) }},
		{"resume", func() { s.from(newsletter.BulletinPaused, newsletter.BulletinSending) }},
		{"crash", func() { s.recover(); s.token++; s.chunk, s.rows = nil, nil }},
		{"freeze", func() { s.freeze() }},
		{"accept", func() { s.settle(s.AcceptUncertainTx) }},
		{"resend", func() { s.settle(s.ResendUncertainTx) }},
		{"bounce", func() { s.late(reader, newsletter.DeliveryFailed) }},
		{"arrive", func() { s.late(reader, newsletter.DeliverySent) }},
	}
	step := steps[s.r.IntN(len(steps))]
	if s.r.IntN(150) == 0 {
		step.name, step.do = "cancel", func() { s.move(newsletter.BulletinCancelled); cancel(s.world) }
	}
	s.log = append(s.log, fmt.Sprintf("%s %d", step.name, reader))
	step.do()
}

// send carries the next claimed row from its mark to its record.
func (s *story) send() {
	if len(s.rows) == 0 {
		return
	}
	d := s.rows[0]
	s.rows = s.rows[1:]
	if s.mark(d.SubscriberID, s.token) {
		s.record(d.SubscriberID, s.token, s.result())
	}
}

func (s *story) result() ledger.Result {
	r := []ledger.Result{sent, sent, failed, deferred, deferred, lost}[s.r.IntN(6)]
	if r.State == newsletter.DeliveryDeferred {
		r.NotBefore = s.clock.Now().Add(time.Duration(s.r.Int64N(120)) * time.Minute)
	}
	return r
}

func (s *story) suppress(reader int64) {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *database.Tx) error {
		if _, err := tx.Exec(`INSERT INTO suppressions (email_hash, reason, made_at) VALUES (CAST('h' || $1 AS BLOB), 'complained', 1) ON CONFLICT DO NOTHING`, reader); err != nil {
			return err
		}
		_, err := s.SkipTx(tx, reader, 0, "suppressed: complained")
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

func (s *story) from(a, b newsletter.BulletinState) {
	s.exec(`UPDATE bulletins SET state = $2 WHERE id = 1 AND state = $1`, string(a), string(b))
}

func (s *story) settle(fn func(*database.Tx, int64) (int64, error)) {
	if _, err := settle(s.world, fn); err != nil && newsletter.KindOf(err) != newsletter.Refused {
		s.t.Error(err)
	}
}

// late is what package inbound does when mail comes back.
func (s *story) late(reader int64, state newsletter.DeliveryState) {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *database.Tx) error {
		_, err := s.LateTx(tx, ref(reader), ledger.Late{State: state, Class: "late"}, false)
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

func (s *story) snapshot() map[int64]newsletter.DeliveryState {
	s.t.Helper()
	rows := map[int64]newsletter.DeliveryState{}
	err := s.db.Read(s.t.Context(), func(tx *database.Tx) error {
		return tx.Each(func(r *sql.Rows) error {
			var id int64
			var state newsletter.DeliveryState
			err := r.Scan(&id, &state)
			rows[id] = state
			return err
		}, `SELECT subscriber_id, state FROM deliveries`)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}

// ways are the arrows that one step of a story may take, some of which are two
// arrows of the drawing at once.
var ways = map[newsletter.DeliveryState][]newsletter.DeliveryState{
	newsletter.DeliveryPending: {
		newsletter.DeliveryInFlight, newsletter.DeliveryDeferred, newsletter.DeliveryFailed, newsletter.DeliverySent,
		newsletter.DeliveryUncertain, newsletter.DeliverySkipped, newsletter.DeliveryCancelled,
	},
	newsletter.DeliveryDeferred: {
		newsletter.DeliveryInFlight, newsletter.DeliveryFailed, newsletter.DeliverySent,
		newsletter.DeliveryUncertain, newsletter.DeliverySkipped, newsletter.DeliveryCancelled,
	},
	newsletter.DeliveryInFlight: {
		newsletter.DeliverySent, newsletter.DeliveryDeferred, newsletter.DeliveryFailed, newsletter.DeliveryUncertain,
		newsletter.DeliverySkipped, newsletter.DeliveryCancelled,
	},
	newsletter.DeliverySent:      {newsletter.DeliveryFailed},
	newsletter.DeliveryUncertain: {newsletter.DeliverySent, newsletter.DeliveryFailed, newsletter.DeliveryPending, newsletter.DeliverySkipped},
}

func (s *story) check(audience int, before, after map[int64]newsletter.DeliveryState) {
	s.t.Helper()
	if got := s.balance().Audience(); got != audience || len(after) != audience {
		s.t.Errorf("the states sum to %d of %d rows, the audience is %d", got, len(after), audience)
	}
	for id, now := range after {
		if was := before[id]; was != now && !slices.Contains(ways[was], now) {
			s.t.Errorf("reader %d went from %s to %s", id, was, now)
		}
	}
	if n := s.number(`SELECT COUNT(*) FROM chunks c JOIN deliveries d ON d.subscriber_id BETWEEN c.lo AND c.hi WHERE c.done = 1 AND d.state IN (0, 1, 2)`); n != 0 {
		s.t.Errorf("%d open rows are in chunks that are done", n)
	}
	if n := s.number(`SELECT COUNT(*) FROM deliveries d JOIN subscriptions s USING (subscriber_id) JOIN subscribers p ON p.id = d.subscriber_id
		WHERE d.state IN (0, 1) AND (s.state <> 'active' OR p.email_hash IN (SELECT email_hash FROM suppressions))`); n != 0 {
		s.t.Errorf("%d rows wait for readers who left", n)
	}
	if n := s.number(`SELECT COUNT(*) FROM deliveries JOIN bulletins b ON b.id = bulletin_id WHERE b.state = 'cancelled' AND deliveries.state IN (0, 1)`); n != 0 {
		s.t.Errorf("%d rows of a cancelled bulletin wait", n)
	}
}

func TestStatusCountsReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6)
	w.freeze()
	w.run()
	w.record(1, 11, failed)
	w.record(2, 11, failed)
	w.record(3, 11, ledger.Result{State: newsletter.DeliveryFailed, Class: "mailbox full"})
	w.leave(4)
	w.mark(5, 11)
	w.record(5, 11, sent)
	s, err := w.Status(t.Context(), bulletin)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(s.Classes[newsletter.DeliveryFailed], s.Classes[newsletter.DeliverySkipped], s.Classes[newsletter.DeliverySent], s.Balance.Open(), s.NextTry.IsZero())
	if want := "map[mailbox full:1 unknown user:2] map[unsubscribed:1] map[] 1 true"; got != want {
		t.Errorf("status %s, want %s", got, want)
	}
	if alone, err := w.Balance(t.Context(), bulletin); err != nil || !maps.Equal(alone, s.Balance) {
		t.Errorf("the states alone are %v, %v; with their reasons they are %v", alone, err, s.Balance)
	}
}

func TestSkipReachesOnlySendsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	w.exec(`INSERT INTO bulletins (id, newsletter_id, number, date, state, revision, made_at, changed_at) VALUES
		(2, 1, 2, '2027-03-19', 'paused', 1, 1, 1), (3, 2, 1, '2027-03-19', 'sending', 1, 1, 1), (4, 1, 3, '2027-03-20', 'sent', 1, 1, 1)`)
	w.exec(`INSERT INTO deliveries (bulletin_id, subscriber_id, state) VALUES (2, 1, 1), (3, 1, 0), (4, 1, 3)`)
	skip := func(newsletterID int64) (n int64) {
		t.Helper()
		err := w.db.Write(t.Context(), func(tx *database.Tx) (err error) {
			n, err = w.SkipTx(tx, 1, newsletterID, "left")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := skip(list); n != 2 {
		t.Errorf("%d deliveries of the newsletter were skipped, want 2", n)
	}
	if n := skip(0); n != 1 {
		t.Errorf("%d deliveries of all newsletters were skipped, want the one left", n)
	}
	if n := w.number(`SELECT COUNT(*) FROM deliveries WHERE state = 3`); n != 1 {
		t.Error("what was sent was changed")
	}
}
