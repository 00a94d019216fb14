package delivery

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/message"
)

// job is one row to be sent.
type job struct {
	delivery *ledger.Delivery
	*part
}

// part is what was claimed together: the due rows of a chunk, or one notice.
type part struct {
	batch    *batch
	revision int // of the bulletin that write has; 0 for a notice
	write    func(used *message.Message, d ledger.Delivery) (*message.Message, error)
	resend   bool          // the policy for a lost reply
	chunk    *ledger.Chunk // nil for a notice
	notice   int64
	rows     int // whose end is not known yet; guarded by the batch
}

// batch is the jobs of one bulletin, or of the notices, from when there is
// something due until nothing is. Its first fault stops it: rows not begun stay as
// they are.
type batch struct {
	allowed  func(context.Context) bool // whether it is still to be sent
	nudge    func()                     // something has changed: a part has ended, or the batch
	atOnce   int                        // rows that wait for nothing but a worker; guarded by the queue
	halt     atomic.Bool
	answered atomic.Bool // the server said what becomes of at least one message

	mu      sync.Mutex
	fault   error // the sender's fault that ended it
	running int   // jobs whose end is not known
	ended   []*part
	streak  streak
}

func newBatch(allowed func(context.Context) bool, nudge func()) *batch {
	return &batch{allowed: allowed, nudge: nudge}
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
	b.nudge()
}

// look stops the batch when it is not to be sent any more.
func (b *batch) look(ctx context.Context) {
	if !b.halt.Load() && !b.allowed(ctx) {
		b.stop(nil)
	}
}

// enter counts a job in.
func (b *batch) enter(j job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running++
	j.part.rows++
}

// end counts a job out: its outcome is durable, or there is none.
func (j job) end() {
	b := j.batch
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running--; b.running == 0 {
		b.nudge()
	}
	b.leave(j.part)
}

// leave takes a row off its part.
func (b *batch) leave(p *part) {
	if p.rows--; p.rows == 0 {
		b.ended = append(b.ended, p)
		b.nudge()
	}
}

// idle says whether the end of every job is known.
func (b *batch) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.running == 0
}

// takeEnded gives the parts that have ended since it was last asked.
func (b *batch) takeEnded() []*part {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.ended
	b.ended = nil
	return list
}

// complete says that all rows of a part are in that will be.
func (b *batch) complete(p *part) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leave(p)
}

// putEnded gives parts back that takeEnded gave.
func (b *batch) putEnded(list []*part) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = append(list, b.ended...)
}

// reason gives why the batch was stopped; nil where no fault did it.
func (b *batch) reason() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}

// record queues what became of a row; the job ends when that is durable.
func (s *Sender) record(st stages, j job, res ledger.Result) {
	done := func(err error) {
		if err != nil {
			s.log.Error("an outcome could not be recorded; a row in flight becomes uncertain at the next start", append(j.ids(), "error", err)...)
		}
		j.end()
	}
	if s.log.Enabled(st.record, slog.LevelDebug) {
		end := done
		done = func(err error) {
			if err == nil {
				s.log.Debug("delivery", append(j.ids(), "state", res.State, "code", res.Code, "class", res.Class)...)
			}
			end(err)
		}
	}
	s.ledger.RecordLater(st.record, j.delivery.Ref, s.token, res, done)
}

// ids name a row in the log.
func (j job) ids() []any {
	if j.delivery.NoticeID != 0 {
		return []any{"notice", j.delivery.NoticeID}
	}
	return []any{"bulletin", j.delivery.BulletinID, "subscriber", j.delivery.SubscriberID}
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
