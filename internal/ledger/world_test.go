package ledger_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

// clock is the time of a test; it passes only when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a database with one newsletter, its readers and a bulletin that is
// being sent. Newsletter and bulletin have the number 1, readers 1, 2, 3 …
type world struct {
	*ledger.Ledger
	t     testing.TB
	db    *database.DB
	clock *clock
}

const bulletin, list = 1, 1

func newWorld(t testing.TB, readers int) *world {
	t.Helper()
	return newLoggedWorld(t, readers, slog.New(slog.DiscardHandler))
}

func newLoggedWorld(t testing.TB, readers int, log *slog.Logger) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t), clock: &clock{now: time.Date(2027, 3, 12, 8, 0, 0, 0, time.UTC)}}
	w.Ledger = ledger.New(w.db, w.clock.Now, log)
	w.exec(`INSERT INTO newsletters (id, slug, definition, made_at, changed_at, planned_at) VALUES (1, 'weekly-lantern', '{}', 1, 1, 1), (2, 'other', '{}', 1, 1, 1)`)
	w.exec(`INSERT INTO bulletins (id, newsletter_id, number, date, state, revision, made_at, changed_at) VALUES (1, 1, 1, '2027-03-12', 'sending', 1, 1, 1)`)
	if readers > 0 {
		w.exec(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO subscribers (id, email, email_key, email_hash, name, language, made_at, changed_at)
			SELECT i, 'r' || i || '@example.org', 'r' || i || '@example.org', CAST('h' || i AS BLOB), 'Reader ' || i, 'en', 1, 1 FROM n`, readers)
		w.exec(`INSERT INTO subscriptions (newsletter_id, subscriber_id, state, since, made_at) SELECT 1, id, 'active', 1, 1 FROM subscribers`)
	}
	return w
}

// exec changes the database as other packages and other programs do.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *world) number(query string, args ...any) (n int64) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(tx *database.Tx) error { return tx.QueryRow(query, args...).Scan(&n) })
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (w *world) word(query string, args ...any) (s string) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(tx *database.Tx) error { return tx.QueryRow(query, args...).Scan(&s) })
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return s
}

// run lets the ledger commit until the test ends.
func (w *world) run() {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			w.t.Errorf("the committer ended with %v", err)
		}
	})
}

func (w *world) freeze() {
	w.t.Helper()
	if err := w.Freeze(w.t.Context(), bulletin); err != nil {
		w.t.Fatal(err)
	}
}

// leave is what package audience does when a reader leaves.
func (w *world) leave(reader int64) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *database.Tx) error {
		if _, err := tx.Exec(`UPDATE subscriptions SET state = 'unsubscribed' WHERE newsletter_id = 1 AND subscriber_id = $1`, reader); err != nil {
			return err
		}
		_, err := w.SkipTx(tx, reader, list, "unsubscribed")
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

func (w *world) move(state newsletter.BulletinState) {
	w.t.Helper()
	w.exec(`UPDATE bulletins SET state = $1 WHERE id = 1`, string(state))
}

func ref(reader int64) ledger.Ref { return ledger.Ref{BulletinID: bulletin, SubscriberID: reader} }

func (w *world) mark(reader, token int64) bool {
	w.t.Helper()
	ok, err := w.Mark(w.t.Context(), ref(reader), 1, token)
	if err != nil {
		w.t.Errorf("mark %d: %v", reader, err)
	}
	return ok
}

func (w *world) record(reader, token int64, r ledger.Result) {
	w.t.Helper()
	if err := w.Record(w.t.Context(), ref(reader), token, r); err != nil {
		w.t.Errorf("record %d: %v", reader, err)
	}
}

func (w *world) claim() (*ledger.Chunk, []ledger.Delivery) {
	w.t.Helper()
	c, rows, err := w.Claim(w.t.Context(), bulletin, 0, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return c, rows
}

func (w *world) finish(c *ledger.Chunk) {
	w.t.Helper()
	if err := w.Finish(w.t.Context(), c); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) recover() int64 {
	w.t.Helper()
	n, err := w.Recover(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) state(reader int64) newsletter.DeliveryState {
	w.t.Helper()
	return newsletter.DeliveryState(w.number(`SELECT state FROM deliveries WHERE bulletin_id = 1 AND subscriber_id = $1`, reader))
}

func (w *world) class(reader int64) string {
	w.t.Helper()
	return w.word(`SELECT class FROM deliveries WHERE bulletin_id = 1 AND subscriber_id = $1`, reader)
}

// is fails the test unless a row is in a state for a reason.
func (w *world) is(reader int64, state newsletter.DeliveryState, class string) {
	w.t.Helper()
	if got, why := w.state(reader), w.class(reader); got != state || why != class {
		w.t.Errorf("reader %d is %s (%s), want %s (%s)", reader, got, why, state, class)
	}
}

func (w *world) balance() newsletter.Balance {
	w.t.Helper()
	s, err := w.Status(w.t.Context(), bulletin)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Balance
}

func (w *world) open() bool {
	w.t.Helper()
	open, err := w.Open(w.t.Context(), bulletin)
	if err != nil {
		w.t.Fatal(err)
	}
	return open
}

var (
	sent     = ledger.Result{State: newsletter.DeliverySent, Counted: true, Code: 250, Enhanced: "2.0.0", Reply: "queued"}
	failed   = ledger.Result{State: newsletter.DeliveryFailed, Counted: true, Code: 550, Enhanced: "5.1.1", Reply: "no such user", Class: "unknown user"}
	deferred = ledger.Result{State: newsletter.DeliveryDeferred, Counted: true, Code: 451, Enhanced: "4.7.1", Reply: "later", Class: "greylisted"}
	lost     = ledger.Result{State: newsletter.DeliveryUncertain, Counted: true, Class: "uncertain"}
)
