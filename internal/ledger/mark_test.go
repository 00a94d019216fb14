package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

func TestMarkIsGivenOnce(t *testing.T) {
	t.Parallel()
	const mine, other = 11, 22
	for _, c := range []struct {
		name   string
		before func(*world)
		want   bool
	}{
		{"to a pending row", func(*world) {}, true},
		{"to a deferred row", func(w *world) { w.record(1, other, deferred) }, true},
		{"again with the same token", func(w *world) { w.mark(1, mine) }, true},
		{"not to another token's row", func(w *world) { w.mark(1, other) }, false},
		{"not to who left first", func(w *world) { w.leave(1) }, false},
		{"not after a cancel", func(w *world) { w.move(newsletter.BulletinCancelled); cancel(w) }, false},
		{"not between a cancel and its end", func(w *world) { w.move(newsletter.BulletinCancelled) }, false},
		{"not during a pause", func(w *world) { w.move(newsletter.BulletinPaused) }, false},
		{"again with the same token though a pause came", func(w *world) { w.mark(1, mine); w.move(newsletter.BulletinPaused) }, true},
		{"not to a message of an older revision", func(w *world) { w.exec(`UPDATE bulletins SET revision = 2 WHERE id = 1`) }, false},
		{"again with the same token though it was revised", func(w *world) { w.mark(1, mine); w.exec(`UPDATE bulletins SET revision = 2 WHERE id = 1`) }, true},
		{"not to what was sent", func(w *world) { w.mark(1, mine); w.record(1, mine, sent) }, false},
		{"not to what failed", func(w *world) { w.record(1, mine, failed) }, false},
		{"not to what is uncertain", func(w *world) { w.mark(1, mine); w.record(1, mine, lost) }, false},
		{"not to a row that does not exist", func(w *world) { w.exec(`DELETE FROM deliveries`) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.freeze()
			w.run()
			c.before(w)
			was := w.balance()
			if ok := w.mark(1, mine); ok != c.want {
				t.Fatalf("marked: %t, want %t", ok, c.want)
			}
			if c.want {
				w.is(1, newsletter.DeliveryInFlight, w.class(1))
			} else if now := w.balance(); now.Audience() != was.Audience() || now[newsletter.DeliveryInFlight] != was[newsletter.DeliveryInFlight] {
				t.Errorf("a refused mark changed %v to %v", was, now)
			}
		})
	}
}

func cancel(w *world) {
	w.t.Helper()
	if err := w.Cancel(w.t.Context(), bulletin); err != nil {
		w.t.Fatal(err)
	}
}

// TestMarksOfManyAtOnce has 64 senders' workers who all want every row, each with
// a token of its own.
func TestMarksOfManyAtOnce(t *testing.T) {
	t.Parallel()
	const workers, rows = 64, 40
	w := newWorld(t, rows)
	w.freeze()
	w.run()
	var won [rows + 1]atomic.Int64
	var group sync.WaitGroup
	for token := range int64(workers) {
		group.Go(func() {
			for i := range int64(rows) {
				reader := (token+i)%rows + 1
				if w.mark(reader, token+1) {
					if won[reader].Add(token+1) != token+1 {
						t.Errorf("row %d was given twice", reader)
					}
					w.record(reader, token+1, sent)
				}
			}
		})
	}
	group.Wait()
	for reader := int64(1); reader <= rows; reader++ {
		if token := w.number(`SELECT token FROM deliveries WHERE subscriber_id = $1`, reader); won[reader].Load() != token {
			t.Errorf("row %d has token %d, given was %d", reader, token, won[reader].Load())
		}
	}
	if b := w.balance(); b[newsletter.DeliverySent] != rows {
		t.Errorf("balance %v, want all sent", b)
	}
}

// words hands on what is logged.
type words struct {
	slog.Handler
	said chan string
}

func (h words) Handle(_ context.Context, r slog.Record) error {
	select {
	case h.said <- r.Message:
	default: // the test heard enough of it
	}
	return nil
}

func listen() (*slog.Logger, chan string) {
	said := make(chan string, 100)
	return slog.New(words{slog.NewTextHandler(nil, nil), said}), said
}

func hear(t *testing.T, said <-chan string, want string) {
	t.Helper()
	for {
		select {
		case got := <-said:
			if got == want {
				return
			}
		case <-t.Context().Done():
			t.Fatalf("the log never said %q", want)
		}
	}
}

const (
	cannot = "the ledger cannot be written; sending waits"
	again  = "the ledger can be written again; sending goes on"
)

func closeAtEnd(t *testing.T, c io.Closer) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestMarkWaitsWhileAnotherProgramHoldsTheDatabase(t *testing.T) {
	t.Parallel()
	log, said := listen()
	w := newLoggedWorld(t, 2, log)
	w.freeze()
	w.run()
	raw, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: w.db.Path()}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, raw)
	conn, err := raw.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, conn)
	if _, err := conn.ExecContext(t.Context(), `BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	marked := make(chan bool, 1)
	go func() { marked <- w.mark(1, 11) }()
	hear(t, said, cannot)
	select {
	case <-marked:
		t.Fatal("the mark was answered before it was written")
	default:
	}
	if _, err := conn.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if !<-marked {
		t.Error("the mark was refused after the wait")
	}
	w.is(1, newsletter.DeliveryInFlight, "")
	hear(t, said, again)
}

// breakWrites makes every change of a delivery fail until mend.
func breakWrites(w *world) (mend func()) {
	w.exec(`CREATE TRIGGER broken BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(ABORT, 'the disk fell out'); END`)
	return func() { w.exec(`DROP TRIGGER broken`) }
}

func TestRecordIsNotForgottenWhileNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	log, said := listen()
	w := newLoggedWorld(t, 2, log)
	w.freeze()
	w.run()
	w.mark(1, 11)
	mend := breakWrites(w)
	recorded := make(chan struct{})
	go func() { defer close(recorded); w.record(1, 11, sent) }()
	hear(t, said, cannot)
	hear(t, said, cannot)
	mend()
	<-recorded
	w.is(1, newsletter.DeliverySent, "")
	hear(t, said, again)
}

func TestStopEndsThoughNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	log, said := listen()
	w := newLoggedWorld(t, 3, log)
	w.SetEffort(0)
	w.freeze()
	breakWrites(w)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	results := make(chan error, 2)
	go func() { results <- w.Record(t.Context(), ref(1), 11, failed) }()
	hear(t, said, cannot)
	go func() { results <- w.Record(t.Context(), ref(2), 11, failed) }()
	stop()
	if err := <-ended; err == nil {
		t.Error("the ledger said that all was written")
	}
	if err := <-results; err == nil {
		t.Error("a lost result was answered as written")
	}
}

func TestStopWritesWhatIsQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 50)
	w.freeze()
	var group sync.WaitGroup
	for reader := int64(1); reader <= 50; reader++ {
		group.Go(func() { w.record(reader, 11, failed) })
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for w.balance()[newsletter.DeliveryFailed] < 50 {
		if err := w.Run(ctx); err != nil { // drains and returns at once
			t.Fatal(err)
		}
	}
	group.Wait()
}

func TestStopEndsTheWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if ok, err := w.Mark(ctx, ref(1), 1, 11); ok || !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("a mark without a committer gives %t, %v", ok, err)
	}
	if err := w.Record(ctx, ref(1), 11, failed); !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("a record without a committer gives %v", err)
	}
}

func TestMarkIsDurableBeforeItIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.freeze()
	w.run()
	w.clock.pass(time.Hour)
	w.mark(1, 11)
	// Another connection reads only what is committed.
	if at := w.number(`SELECT at FROM deliveries WHERE state = 2 AND token = 11`); at != w.clock.Now().UnixMilli() {
		t.Errorf("marked at %d, want %d", at, w.clock.Now().UnixMilli())
	}
}
