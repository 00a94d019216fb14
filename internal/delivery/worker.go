package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"epistle/internal/ledger"
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
type worker struct {
	sender  *Sender
	stages  stages
	log     *slog.Logger
	session *smtp.Session
	used    time.Time // when the session was last busy, on the machine's clock
	carried bool      // the session has carried a message
}

// idleLimit is how long a connection may lie unused; servers close it after some
// minutes (RFC 5321 §4.5.3.2.7).
const idleLimit = 20 * time.Second

// run works on jobs until the channel is closed.
func (w *worker) run(jobs <-chan job) {
	defer w.hangUp()
	idle := time.NewTimer(idleLimit)
	defer idle.Stop()
	for {
		select {
		case j, ok := <-jobs:
			if !ok {
				return
			}
			w.do(j)
			idle.Reset(idleLimit)
		case <-idle.C:
			w.hangUp()
			idle.Reset(idleLimit)
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

// do sends one row, unless its batch has been stopped.
func (w *worker) do(j job) {
	defer j.batch.jobs.Done()
	if j.batch.halt.Load() || w.stages.soft.Err() != nil {
		return
	}
	if err := w.sender.limiter.Wait(w.stages.soft); err != nil {
		return // stopping
	}
	if j.batch.halt.Load() || !w.connected(j.batch) {
		return
	}
	w.attempt(j)
	w.used = time.Now()
}

// connected makes sure of a connection. A server that cannot be reached closes
// the gate for all; the row is left as it is, because it was not tried.
func (w *worker) connected(b *batch) bool {
	if w.session != nil && w.session.Usable() && time.Since(w.used) < idleLimit {
		return true
	}
	w.hangUp()
	err := w.sender.gate.pass(func() bool { return !b.halt.Load() }, w.dial)
	var e *smtp.Error
	switch {
	case err == nil:
		return true
	case errors.Is(err, errClosed), w.stages.soft.Err() != nil:
		b.stop(nil)
	case errors.As(err, &e) && e.Outcome == smtp.SenderFault:
		b.stop(err)
	default:
		until := w.sender.gate.failed()
		w.log.Warn("the mail server cannot be reached", "error", err, "next_try", until.UTC().Format(time.RFC3339))
		b.stop(nil)
	}
	return false
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

// attempt carries one row from its message to its record.
func (w *worker) attempt(j job) {
	d := j.delivery
	msg, err := j.write(d)
	if err != nil {
		w.unwritable(j, err)
		return
	}
	m := mark{sender: w.sender, delivery: d, batch: j.batch, soft: w.stages.soft}
	send := func() (smtp.Reply, error) {
		return w.session.Send(w.stages.hard, msg.From, msg.To, msg.UTF8, msg.Bytes, m.beforeDot)
	}
	reply, err := send()
	if w.wasStale(err) {
		// A server may close a kept connection at any time; nothing of this
		// message was said on it.
		if !w.connected(j.batch) {
			return
		}
		reply, err = send()
	}
	w.carried = true
	if m.refused {
		return // somebody else has decided about the row: it left, or was cancelled
	}
	var e *smtp.Error
	if errors.As(err, &e) && e.Outcome == smtp.Stopped && !m.tried {
		return // nothing was marked, nothing happened
	}
	w.record(d, w.sender.options.Retry.judge(d, reply, err, j.resend, w.sender.now()))
	w.afterwards(j.batch, e)
}

// wasStale says whether a kept connection turned out to be closed when the next
// message was begun.
func (w *worker) wasStale(err error) bool {
	var e *smtp.Error
	return w.carried && errors.As(err, &e) && e.Outcome == smtp.ConnectionLost && e.Stage == smtp.Mail
}

// afterwards draws from an attempt what matters for the next ones.
func (w *worker) afterwards(b *batch, e *smtp.Error) {
	switch {
	case e == nil || e.Outcome == smtp.Temporary || e.Outcome == smtp.Permanent:
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
		w.record(j.delivery, ledger.Result{State: newsletter.DeliveryFailed, Counted: true, Reply: err.Error(), Class: unwritableClass})
	case j.delivery.NoticeID != 0:
		w.log.Warn("a notice cannot be written", "notice", j.delivery.NoticeID, "error", err)
		res := ledger.Result{State: newsletter.DeliveryDeferred, Counted: true, Reply: err.Error(), Class: unwritableClass}
		w.record(j.delivery, retry.again(j.delivery, res, retry.First, now))
	default:
		j.batch.stop(fmt.Errorf("the message cannot be written: %w", err))
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

func (w *worker) record(d ledger.Delivery, res ledger.Result) {
	ids := []any{"bulletin", d.BulletinID, "subscriber", d.SubscriberID}
	if d.NoticeID != 0 {
		ids = []any{"notice", d.NoticeID}
	}
	log := w.log.With(ids...)
	if err := w.sender.ledger.Record(w.stages.record, d.Ref, w.sender.token, res); err != nil {
		log.Error("an outcome could not be recorded; a row in flight becomes uncertain at the next start", "error", err)
		return
	}
	log.Debug("delivery", "state", res.State, "code", res.Code, "class", res.Class)
}

// mark asks the ledger for the permit to write the final dot.
type mark struct {
	sender   *Sender
	delivery ledger.Delivery
	batch    *batch
	soft     context.Context
	tried    bool // the row may have been marked
	refused  bool // the row was certainly not marked and belongs to somebody else
}

// errNotPermitted ends a conversation before its dot.
var errNotPermitted = errors.New("the delivery may no longer be sent")

func (m *mark) beforeDot(ctx context.Context) error {
	if m.batch.halt.Load() || m.soft.Err() != nil {
		return errNotPermitted
	}
	m.tried = true
	ok, err := m.sender.ledger.Mark(ctx, m.delivery.Ref, m.sender.token)
	if err != nil {
		return fmt.Errorf("mark the delivery: %w", err)
	}
	if !ok {
		m.refused = true
		return errNotPermitted
	}
	return nil
}
