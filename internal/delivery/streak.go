package delivery

import (
	"epistle/internal/ledger"
	"epistle/internal/smtp"
)

// streakLimit is how many readers in a row have to be refused for policy until
// that is taken as said to the sender: a reader's own server may dislike one
// message, but not one reader after another.
const streakLimit = 3

// streak is the refusals for policy since the server's last other reply, in the
// order in which the replies came, over all connections. Each bulletin has its
// own, which goes on from chunk to chunk; the notices have one together. So a
// notice neither lengthens a bulletin's streak nor ends it: what they say and to
// whom is too different for the one to tell about the other. When the batch is
// stopped, for example by a lost connection, the rows go back, come first in the
// next batch, and so are part of the streak again if they are refused again.
type streak []held

// held is a refusal of which it is still open whom it was meant for. Its row
// waits meanwhile, and so is tried again whatever happens to this process.
type held struct {
	job   job
	final ledger.Result // of the row if the reader alone was refused
}

// mayBlameSender says whether a refusal can be meant for the sender although it was
// given to one recipient.
func mayBlameSender(e *smtp.Error) bool {
	if e == nil || e.Outcome != smtp.Permanent || e.Reply.Code == 0 {
		return false
	}
	class := e.Class()
	return class == smtp.ClassPolicy || class == smtp.ClassSender
}

// isReply says whether the server has said what becomes of a message.
func isReply(e *smtp.Error) bool {
	return e == nil || e.Outcome == smtp.Temporary || e.Outcome == smtp.Permanent
}

// hold adds a refusal to the streak, and stops the batch when it is too long. The
// row's part is not over before the refusal is settled.
func (b *batch) hold(j job, final ledger.Result, e *smtp.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streak = append(b.streak, held{j, final})
	j.part.rows++
	addresses := map[string]bool{}
	for _, h := range b.streak {
		addresses[h.job.delivery.Email] = true
	}
	if len(addresses) >= streakLimit {
		b.stopLocked(e)
	}
}

// unhold ends the streak and gives its refusals, which were meant for their
// readers: their jobs run again, to be recorded. In a batch that was stopped that
// is not known; they stay as they are.
func (b *batch) unhold() streak {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.halt.Load() {
		return nil
	}
	list := b.streak
	b.streak = nil
	b.running += len(list)
	return list
}

// letGo leaves the refusals of a streak as they are.
func (b *batch) letGo() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range b.streak {
		b.leave(h.job.part)
	}
	b.streak = nil
}

// weigh gives what to record of an attempt now: a refusal that may be meant for
// the sender puts its row back; any other reply of the server's says that the
// ones before it were meant for their readers.
func (s *Sender) weigh(st stages, j job, res ledger.Result, e *smtp.Error) ledger.Result {
	switch {
	case mayBlameSender(e):
		j.batch.hold(j, res, e)
		return s.options.Retry.back(*j.delivery, res, s.now())
	case isReply(e):
		s.settleStreak(st, j.batch)
	}
	return res
}

// settleStreak records that those of the streak were refused for themselves.
func (s *Sender) settleStreak(st stages, b *batch) {
	for _, h := range b.unhold() {
		s.record(st, h.job, h.final)
	}
}
