package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/message"
)

// job is one row to be sent.
type job struct {
	delivery ledger.Delivery
	write    func(storage []byte, d ledger.Delivery) (*message.Message, error)
	resend   bool // the policy for a lost reply
	batch    *batch
}

// batch is the jobs of one chunk, or of the due notices. Its first fault stops
// the rest: rows not begun stay as they are.
type batch struct {
	allowed  func(context.Context) bool // whether it is still to be sent
	jobs     sync.WaitGroup
	halt     atomic.Bool
	answered atomic.Bool // the server said what becomes of at least one message
	mu       sync.Mutex
	fault    error  // the sender's fault that ended it
	streak   []held // the refusals for policy since the last other reply
}

// stop ends the batch; the first fault is kept.
func (b *batch) stop(fault error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopLocked(fault)
}

func (b *batch) stopLocked(fault error) {
	if b.fault == nil {
		b.fault = fault
	}
	b.halt.Store(true)
}

// watch looks now and then. It ends with ctx.
func (b *batch) watch(ctx context.Context, every time.Duration) {
	for wait(ctx, every) {
		b.look(ctx)
	}
}

// look stops the batch when it is not to be sent any more.
func (b *batch) look(ctx context.Context) {
	if !b.halt.Load() && !b.allowed(ctx) {
		b.stop(nil)
	}
}

// work gives jobs to the workers and waits for all of them. It stops early when
// allowed says no, the soft end comes, or a job meets a fault of the sender's.
func (s *Sender) work(st stages, list []job, jobs chan<- job, allowed func(context.Context) bool) (b *batch, fault error) {
	ctx := st.soft
	b = &batch{allowed: allowed}
	watching, done := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { b.watch(watching, s.poll) })
	for _, j := range list {
		if b.halt.Load() || ctx.Err() != nil {
			break
		}
		j.batch = b
		b.jobs.Add(1)
		select {
		case jobs <- j:
		case <-ctx.Done():
			b.jobs.Done()
		}
	}
	b.jobs.Wait()
	if ctx.Err() == nil {
		s.settleStreak(st, b)
		b.jobs.Wait()
	}
	done()
	watch.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b, b.fault
}

// record queues what became of a row; the job ends when that is durable.
func (s *Sender) record(st stages, j job, res ledger.Result) {
	d := j.delivery
	ids := []any{"bulletin", d.BulletinID, "subscriber", d.SubscriberID}
	if d.NoticeID != 0 {
		ids = []any{"notice", d.NoticeID}
	}
	s.ledger.RecordLater(st.record, d.Ref, s.token, res, func(err error) {
		defer j.batch.jobs.Done()
		if err != nil {
			s.log.Error("an outcome could not be recorded; a row in flight becomes uncertain at the next start", append(ids, "error", err)...)
			return
		}
		s.log.Debug("delivery", append(ids, "state", res.State, "code", res.Code, "class", res.Class)...)
	})
}

// wait pauses, and says whether ctx is still going.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
