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
	jobs     sync.WaitGroup
	halt     atomic.Bool
	answered atomic.Bool // the server said what becomes of at least one message
	mu       sync.Mutex
	fault    error // the sender's fault that ended it
}

// stop ends the batch; the first fault is kept.
func (b *batch) stop(fault error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault == nil {
		b.fault = fault
	}
	b.halt.Store(true)
}

// watch stops the batch when allowed says no. It ends with ctx.
func (b *batch) watch(ctx context.Context, every time.Duration, allowed func(context.Context) bool) {
	for wait(ctx, every) {
		if !allowed(ctx) {
			b.stop(nil)
			return
		}
	}
}

// work gives jobs to the workers and waits for all of them. It stops early when
// allowed says no, ctx ends, or a job meets a fault of the sender's.
func (s *Sender) work(ctx context.Context, list []job, jobs chan<- job, allowed func(context.Context) bool) (b *batch, fault error) {
	b = &batch{}
	watching, done := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { b.watch(watching, s.poll, allowed) })
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
	done()
	watch.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b, b.fault
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
