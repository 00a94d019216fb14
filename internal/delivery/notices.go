package delivery

import (
	"context"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/message"
)

// notices is the notices that are being sent. They pause nothing and are paused by
// nothing: where the server blames the sender they alone wait for a while.
type notices struct {
	batch *batch
	taken map[int64]bool // which are at work
	gate  *gate          // closed after a fault
}

// Bounds of the notices at work: in all, and that are asked for at a time.
const (
	manyNotices = 500
	someNotices = 100
)

// lookForNotices puts notices that are due in front of all else.
func (s *Sender) lookForNotices(st stages) error {
	n := &s.notices
	if !n.gate.closedUntil().IsZero() || n.batch != nil && n.batch.halt.Load() || len(n.taken) >= manyNotices {
		return nil
	}
	due, err := s.ledger.DueNotices(st.soft, len(n.taken)+someNotices)
	if err != nil {
		return err
	}
	write := s.composer.noticeWriter(st.soft)
	for _, notice := range due {
		if n.taken[notice.ID] {
			continue
		}
		msg, err := write(notice)
		if st.soft.Err() != nil {
			return nil
		}
		if n.batch == nil {
			n.batch = newBatch(func(context.Context) bool { return true }, s.queue.nudge)
		}
		n.taken[notice.ID] = true
		s.queue.put(job{
			&ledger.Delivery{
				Ref: ledger.Ref{NoticeID: notice.ID}, Email: notice.Email, Name: notice.Name, Attempts: notice.Attempts, FirstAt: notice.FirstAt,
			},
			&part{
				batch:  n.batch,
				write:  func(*message.Message, ledger.Delivery) (*message.Message, error) { return msg, err },
				resend: true, // a second proof or confirmation does no harm, a missing one does
				notice: notice.ID,
			},
		})
	}
	return nil
}

// turnNotices ends the notices that have come to an end, and all of them after a
// fault of the sender's.
func (s *Sender) turnNotices(st stages) error {
	n := &s.notices
	b := n.batch
	if b == nil {
		return nil
	}
	halted := b.halt.Load()
	if halted {
		s.queue.drop(b)
	}
	idle := b.idle()
	if idle && halted {
		b.letGo()
	} else if idle {
		s.settleStreak(st, b)
	}
	for _, p := range b.takeEnded() {
		delete(n.taken, p.notice)
	}
	if b.answered.Load() {
		n.gate.answered()
	}
	if !idle || len(n.taken) > 0 {
		return nil
	}
	n.batch = nil
	if fault := b.reason(); fault != nil {
		until := n.gate.failed()
		s.log.Warn("notices wait", "reason", explain(fault), "next_try", until.UTC().Format(time.RFC3339))
	}
	return nil
}
