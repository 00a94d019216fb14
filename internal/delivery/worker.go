package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
)

// stages are the three contexts of a stop, which end one after the other.
type stages struct {
	soft   context.Context // no further message is begun
	hard   context.Context // open conversations end
	record context.Context // what has happened is no longer waited for to be written
}

// worker owns one connection and keeps it from one message to the next.
//
// On a server that takes commands in groups (RFC 2920 §3.1) the next message is
// begun together with the dot of the one before. The order is then: the outcome
// of a message is queued at the ledger before the mark of the next one is asked
// for, so that a kill leaves at most one uncertain delivery a connection.
type worker struct {
	sender  *Sender
	stages  stages
	log     *slog.Logger
	session *smtp.Session
	used    time.Time // when the session was last busy, on the machine's clock
	carried bool      // the session has carried a message
	// The message being sent and the one begun behind it. They are used again.
	shipments [2]shipment
	turn      int
}

// idleLimit is how long a connection may lie unused; servers close it after some
// minutes (RFC 5321 §4.5.3.2.7).
const idleLimit = 20 * time.Second

// run works on rows until the queue is closed.
func (w *worker) run() {
	defer w.hangUp()
	for w.stages.soft.Err() == nil {
		j, ok := w.sender.queue.take(w.stages.soft, idleLimit)
		if !ok {
			w.hangUp()
			continue
		}
		for s := w.ship(j, time.Time{}); s != nil; {
			s = w.carry(s)
		}
	}
}

// hangUp ends the session with QUIT, for whose answer it waits until the hard end
// at most.
func (w *worker) hangUp() {
	if w.session == nil {
		return
	}
	stop := context.AfterFunc(w.stages.hard, w.session.Abort)
	defer stop()
	if err := w.session.Close(); err != nil {
		w.log.Debug("closing a connection", "error", err)
	}
	w.session = nil
}

// shipment is a row with its message, ready to go. Its job ends when
// its record is durable, or at once where there is nothing to record.
type shipment struct {
	job
	message *message.Message
	mark    mark
	tx      smtp.Transaction
}

// ship writes the message. It gives nil when there is none to send. The shipment
// before this one is left as it is: it may be on its way.
func (w *worker) ship(j job, due time.Time) *shipment {
	s := &w.shipments[1-w.turn]
	msg, err := j.write(s.message, *j.delivery)
	if err != nil {
		w.unwritable(j, err)
		return nil
	}
	w.turn = 1 - w.turn
	*s = shipment{
		job:     j,
		message: msg,
		mark:    mark{sender: w.sender, ref: j.delivery.Ref, revision: j.revision, batch: j.batch, soft: w.stages.soft, due: due},
		tx:      smtp.Transaction{From: msg.From, To: msg.To, UTF8: msg.UTF8, Body: msg.Body},
	}
	s.tx.Permit = s.mark.beforeDot
	return s
}

// carry hands one message to the server and gives the one that was begun behind
// it, if any.
func (w *worker) carry(s *shipment) (ahead *shipment) {
	if s.batch.halt.Load() {
		w.hangUp() // the server may have been told of this message already
		s.end()
		return nil
	}
	if !w.connected(s.batch) {
		s.end()
		return nil
	}
	look := func() {
		if ahead == nil {
			ahead = w.lookAhead()
		}
	}
	s.mark.meanwhile = look
	next := func() *smtp.Transaction {
		if look(); ahead == nil {
			return nil
		}
		return &ahead.tx
	}
	reply, err := w.session.Deliver(w.stages.hard, &s.tx, next)
	if w.wasStale(err) {
		// A server may close a kept connection at any time; nothing of this
		// message was said on it.
		if !w.connected(s.batch) {
			s.end()
			return nil
		}
		reply, err = w.session.Deliver(w.stages.hard, &s.tx, next)
	}
	w.carried, w.used = true, time.Now()
	w.settle(s, reply, err)
	return ahead
}

// maxAhead is how far away the next message's time may be for it to be begun
// already; the server would wait for its content meanwhile.
const maxAhead = time.Second

// lookAhead takes the next row from the queue if its time is near, and writes its
// message.
func (w *worker) lookAhead() *shipment {
	for {
		j, due, ok := w.sender.queue.glance(maxAhead)
		if !ok {
			return nil
		}
		if s := w.ship(j, due); s != nil {
			return s
		}
	}
}

// settle records what became of a message.
func (w *worker) settle(s *shipment, reply smtp.Reply, err error) {
	e := failure(err)
	switch {
	case s.mark.refused: // somebody else has decided about the row, or about the whole bulletin
		s.batch.look(w.stages.hard) // which would cost a connection for each further row
		s.end()
	case e != nil && e.Outcome == smtp.Stopped && !s.mark.tried: // nothing was marked, nothing happened
		s.end()
	default:
		// The batch must know of a fault before its last job ends.
		w.afterwards(s.batch, e)
		res := w.sender.options.Retry.judge(*s.delivery, reply, err, s.resend, w.sender.now())
		w.sender.record(w.stages, s.job, w.sender.weigh(w.stages, s.job, res, e))
	}
}

// connected makes sure of a connection. A server that cannot be reached closes
// the gate for all; the row is left as it is, because it was not tried.
func (w *worker) connected(b *batch) bool {
	if w.session != nil && w.session.Usable() && time.Since(w.used) < idleLimit {
		return true
	}
	w.hangUp()
	err := w.sender.gate.pass(func() bool { return !b.halt.Load() }, func() error { return w.reach(b) })
	if errors.Is(err, errClosed) {
		b.stop(nil)
	}
	return err == nil
}

// reach dials. What a failure means for the others is settled before anybody else
// may dial.
func (w *worker) reach(b *batch) error {
	err := w.dial()
	var e *smtp.Error
	switch {
	case err == nil:
	case w.stages.soft.Err() != nil:
		b.stop(nil)
	case errors.As(err, &e) && e.Outcome == smtp.SenderFault:
		b.stop(err)
	default:
		until := w.sender.gate.failed()
		w.log.Warn("the mail server cannot be reached", "error", err, "next_try", until.UTC().Format(time.RFC3339))
		b.stop(nil)
	}
	return err
}

// dial connects; it is broken off by the soft end, because nothing is lost.
func (w *worker) dial() error {
	session, err := smtp.Dial(w.stages.soft, w.sender.options.SMTP)
	if err != nil {
		return err
	}
	w.session, w.used, w.carried = session, time.Now(), false
	return nil
}

// wasStale says whether a kept connection turned out to be closed when the next
// message was begun.
func (w *worker) wasStale(err error) bool {
	e := failure(err)
	return w.carried && e != nil && e.Outcome == smtp.ConnectionLost && e.Stage == smtp.Mail
}

// failure gives what is known of a message that was not taken; nil for one that was.
func failure(err error) *smtp.Error {
	if err == nil {
		return nil
	}
	var e *smtp.Error
	errors.As(err, &e)
	return e
}

// afterwards draws from an attempt what matters for the next ones.
func (w *worker) afterwards(b *batch, e *smtp.Error) {
	switch {
	case isReply(e):
		w.sender.gate.answered()
		b.answered.Store(true)
	case e.Outcome == smtp.SenderFault:
		w.hangUp()
		b.stop(e)
	case e.Outcome == smtp.ConnectionLost || e.Outcome == smtp.Unknown:
		if w.stages.hard.Err() != nil {
			return // our own doing
		}
		until := w.sender.gate.failed()
		w.log.Warn("the mail server lost the connection", "error", e, "next_try", until.UTC().Format(time.RFC3339))
	}
}

// unwritable deals with a message that cannot be written. A reader's own address
// fails that row, and a notice waits alone; anything else (a key that does not
// sign) stops the run, because it would fail for everyone.
func (w *worker) unwritable(j job, err error) {
	retry, now := w.sender.options.Retry, w.sender.now()
	switch {
	case concernsReader(err):
		w.sender.record(w.stages, j, ledger.Result{State: newsletter.DeliveryFailed, Counted: true, Reply: err.Error(), Class: unwritableClass})
	case j.delivery.NoticeID != 0:
		w.log.Warn("a notice cannot be written", "notice", j.delivery.NoticeID, "error", err)
		res := ledger.Result{State: newsletter.DeliveryDeferred, Counted: true, Reply: err.Error(), Class: unwritableClass}
		w.sender.record(w.stages, j, retry.again(*j.delivery, res, retry.First, now))
	default:
		j.batch.stop(fmt.Errorf("the message cannot be written: %w", err))
		j.end()
	}
}

const unwritableClass = "cannot be written"

// concernsReader says whether all that is wrong with a message is the reader's
// name or address.
func concernsReader(err error) bool {
	var faults newsletter.Faults
	if !errors.As(err, &faults) {
		return false
	}
	for _, f := range faults {
		if f.Kind != newsletter.Invalid || f.Place != "To" {
			return false
		}
	}
	return len(faults) > 0
}

// mark asks the ledger for the permit to write the final dot.
type mark struct {
	sender   *Sender
	ref      ledger.Ref
	revision int
	batch    *batch
	soft     context.Context
	due      time.Time // not before this time, on the machine's clock
	// meanwhile writes the next message if that is not done yet: while the mark is
	// being written, or before.
	meanwhile func()
	tried     bool // the row may have been marked
	refused   bool // the row was certainly not marked and belongs to somebody else
}

// errNotPermitted ends a conversation before its dot.
var errNotPermitted = errors.New("the delivery may no longer be sent")

func (m *mark) beforeDot(ctx context.Context) error {
	if ahead := time.Until(m.due); ahead > 0 && !wait(m.soft, ahead) {
		return errNotPermitted
	}
	if m.sender.signsFirst {
		// A signature takes ten times as long as all else there is to do for a message.
		// Whoever has an answer of the server to see to goes before it, so that what
		// they have for the server and for the ledger comes together. And no row stays
		// marked for the time of it, which a kill would make uncertain.
		runtime.Gosched()
		m.meanwhile()
	}
	if m.batch.halt.Load() || m.soft.Err() != nil {
		return errNotPermitted
	}
	m.tried = true
	marking := m.sender.ledger.BeginMark(m.ref, m.revision, m.sender.token)
	m.meanwhile()
	ok, err := marking.Wait(ctx)
	if err != nil {
		return fmt.Errorf("mark the delivery: %w", err)
	}
	if !ok {
		m.refused = true
		return errNotPermitted
	}
	return nil
}
