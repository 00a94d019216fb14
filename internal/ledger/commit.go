package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// entry is one change of one row, waiting for its commit.
type entry struct {
	ref      Ref
	token    int64
	mark     bool
	revision int // of the bulletin whose words a mark is for
	result   Result
	at       int64
	asker    asker
}

// asker waits for a change: a mark or a record.
type asker interface {
	// answered is called once, by the committer; it must not block.
	answered(answer)
}

type answer struct {
	ok  bool
	err error
}

// committer gathers the changes that queue up while a commit is under way and
// writes them with the next one. A disk that syncs a thousand times a second so
// carries many thousand deliveries.
type committer struct {
	ledger *Ledger
	log    *slog.Logger
	gathering
	answers []bool // of the group being written, kept for its memory
}

// Run commits groups until ctx ends, then what is still queued, and returns. A
// commit that fails is tried again with a growing pause: without the ledger
// nothing may be sent, and nothing that was sent may be forgotten. After ctx has
// ended it is tried for lastEffort more; what then cannot be written is left in
// flight and becomes uncertain at the next start.
func (l *Ledger) Run(ctx context.Context) error {
	hard, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(l.effort, end) })()
	l.group.restart()
	err := l.group.run(ctx, hard)
	if err != nil {
		l.group.discard(err)
	}
	return err
}

// lastEffort bounds how long a stopping process tries to write what it knows.
const lastEffort = 2 * time.Second

// run takes groups from the queue: until soft ends it waits for them, then it
// takes only what is there. hard ends every attempt to write.
func (c *committer) run(soft, hard context.Context) error {
	for {
		group := c.next(soft)
		if len(group) == 0 {
			return nil
		}
		if err := c.commit(hard, group); err != nil {
			return err
		}
	}
}

// discard answers all who still wait.
func (c *committer) discard(err error) {
	for _, e := range c.takeAll() {
		e.asker.answered(answer{err: err})
	}
}

// Pauses between attempts to write a group: the first and the longest.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// commit writes a group, however often it takes before ctx ends, and answers
// those who wait.
func (c *committer) commit(ctx context.Context, group []*entry) error {
	answers := slices.Grow(c.answers[:0], len(group))[:len(group)]
	c.answers = answers
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := c.write(ctx, group, answers)
		if err == nil {
			if pause > firstPause {
				c.log.Info("the ledger can be written again; sending goes on", "changes", len(group))
			}
			c.answer(group, answers, nil)
			return nil
		}
		c.log.Error("the ledger cannot be written; sending waits", "changes", len(group), "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			err = fmt.Errorf("%d changes could not be written: %w", len(group), err)
			c.answer(group, nil, err)
			return err
		}
	}
}

func (c *committer) write(ctx context.Context, group []*entry, answers []bool) error {
	return c.ledger.db.Write(ctx, func(tx *database.Tx) error {
		for i, e := range group {
			n, err := c.ledger.apply(tx, e)
			if err != nil {
				return err
			}
			answers[i] = n == 1
		}
		return nil
	})
}

func (c *committer) answer(group []*entry, ok []bool, err error) {
	given := 0
	for i, e := range group {
		if e.mark && err == nil && ok[i] {
			given++
		}
	}
	c.flies(given) // before the first of their outcomes can come
	for i, e := range group {
		e.asker.answered(answer{ok: err == nil && ok[i], err: err})
	}
}

// apply is the compare-and-swap itself; it gives the number of rows changed.
func (l *Ledger) apply(tx *database.Tx, e *entry) (int64, error) {
	switch {
	case e.mark && e.ref.NoticeID != 0:
		return tx.ExecHot(markNotice, e.ref.NoticeID, e.token, e.at)
	case e.mark:
		return tx.ExecHot(markDelivery, e.ref.BulletinID, e.ref.SubscriberID, e.token, e.at, e.revision)
	}
	n, err := record(tx, e)
	if err != nil || n == 0 || e.result.State != newsletter.DeliveryDeferred || e.ref.NoticeID != 0 {
		return n, err
	}
	// Who left while the message was in flight was not waiting then; now they are.
	return n, l.dropTx(tx, e.ref.BulletinID, e.ref.SubscriberID, e.ref.SubscriberID)
}

// The statements that run for every message; the database keeps them compiled.
//
// A mark that is repeated with the same token succeeds, so that a group may be
// written again after a lost answer. A bulletin that is not being sent gets no
// new mark: pause and cancel are effective at once. Nor does a message that was
// written from another revision than the current one, however quickly a pause, an
// approval and a resume followed each other: what was withdrawn stays here.
//
// A result is written where the arrow exists: from before the mark only a refusal
// or a lost connection, from in flight anything by whoever marked it, and the late
// truth about what became uncertain meanwhile. An attempt that does not count
// leaves no trace of when the first one was.
const (
	markDelivery = `UPDATE deliveries SET state = 2, token = $3, at = $4, first_at = CASE WHEN first_at = 0 THEN $4 ELSE first_at END
		WHERE bulletin_id = $1 AND subscriber_id = $2 AND (state = 2 AND token = $3
		  OR state IN (0, 1) AND EXISTS (SELECT 1 FROM bulletins WHERE id = $1 AND state = 'sending' AND revision = $5))`
	markNotice = `UPDATE notices SET state = 2, token = $2, at = $3, first_at = CASE WHEN first_at = 0 THEN $3 ELSE first_at END
		WHERE id = $1 AND (state IN (0, 1) OR state = 2 AND token = $2)`

	recordDelivery = `UPDATE deliveries ` + recordSet + ` WHERE bulletin_id = $1 AND subscriber_id = $2 AND ` + recordFrom
	recordNotice   = `UPDATE notices ` + recordSet + ` WHERE id = $1 + $2 AND ` + recordFrom // $2 is 0: both take the same parameters

	recordSet = `SET state = $4, at = $5, attempts = attempts + $6, not_before = $7, code = $8, enhanced = $9, reply = $10, class = $11,
		first_at = CASE WHEN attempts + $6 = 0 THEN 0 WHEN first_at = 0 THEN $5 ELSE first_at END`
	recordFrom = `(state IN (0, 1) AND $4 IN (1, 4) OR state = 2 AND token = $3 OR state = 5 AND token = $3 AND $4 IN (3, 4))`
)

func record(tx *database.Tx, e *entry) (int64, error) {
	query, id, sub := recordDelivery, e.ref.BulletinID, e.ref.SubscriberID
	if e.ref.NoticeID != 0 {
		query, id, sub = recordNotice, e.ref.NoticeID, 0
	}
	r, counted := e.result, 0
	if r.Counted {
		counted = 1
	}
	return tx.ExecHot(query, id, sub, e.token, int(r.State), e.at, counted, notBefore(r.NotBefore), r.Code, r.Enhanced, r.Reply, r.Class)
}

func notBefore(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Result is what became of an attempt.
type Result struct {
	State     newsletter.DeliveryState
	Counted   bool      // whether the attempt counts for the recipient; false when the sender or the connection was at fault
	NotBefore time.Time // for deferred: not before this time
	Code      int       // the server's last words
	Enhanced  string
	Reply     string
	Class     string // in a word or two
}

// ErrStopped is the answer when the ledger stops before the change is written.
var ErrStopped = errors.New("the ledger is stopping")

// Mark takes a row for sending with this sender's token and returns once that
// is durable. revision is that of the bulletin which the message was written from;
// it is of no meaning for a notice. ok is false when the row is no longer to be sent
// (left, cancelled, taken), or the bulletin says something else by now: then the
// message must not be ended with its final dot.
func (l *Ledger) Mark(ctx context.Context, ref Ref, revision int, token int64) (ok bool, err error) {
	return l.BeginMark(ref, revision, token).Wait(ctx)
}

// Marking is a mark that is being written.
type Marking struct {
	entry   entry
	answers chan answer // room for the one answer: nobody waits for who has gone
}

var markings = sync.Pool{New: func() any { return &Marking{answers: make(chan answer, 1)} }}

// BeginMark is Mark in two steps: it queues the mark, whose Wait must be called once
// and gives the answer. Between the two there is time for other work.
func (l *Ledger) BeginMark(ref Ref, revision int, token int64) *Marking {
	m := markings.Get().(*Marking) // nothing else is in it
	m.entry = entry{ref: ref, token: token, mark: true, revision: revision, at: l.now().UnixMilli(), asker: m}
	l.group.put(&m.entry)
	return m
}

func (m *Marking) answered(a answer) { m.answers <- a }

// Wait gives the answer once the mark is durable. The Marking is of no use any more.
func (m *Marking) Wait(ctx context.Context) (ok bool, err error) {
	select {
	case a := <-m.answers:
		markings.Put(m)
		return a.ok, a.err
	case <-ctx.Done():
		// The mark may still be written; the caller does not send, so the row
		// becomes uncertain at worst, never doubled.
		return false, ErrStopped
	}
}

// Record writes what became of a row: sent, deferred, failed or uncertain. It
// joins the next group and waits for its commit. A row that was taken out of the
// send before it was marked stays as it is. ctx ends only the waiting: a result
// that is queued is written if the ledger still can.
func (l *Ledger) Record(ctx context.Context, ref Ref, token int64, r Result) error {
	done := make(chan error, 1)
	l.RecordLater(ctx, ref, token, r, func(err error) { done <- err })
	return <-done
}

// RecordLater is Record without the wait: it returns once the result is queued, in
// front of every mark that the caller asks for afterwards, and calls done once:
// when the result is durable or known never to be, or when ctx ends. Done must not
// block; it may be called before RecordLater returns.
func (l *Ledger) RecordLater(ctx context.Context, ref Ref, token int64, r Result, done func(error)) {
	switch r.State {
	case newsletter.DeliverySent, newsletter.DeliveryDeferred, newsletter.DeliveryFailed, newsletter.DeliveryUncertain:
	default:
		done(fmt.Errorf("record a delivery: %s is not the end of an attempt", r.State))
		return
	}
	c := &recording{done: done}
	c.entry = entry{ref: ref, token: token, result: r, at: l.now().UnixMilli(), asker: c}
	c.unwatch = context.AfterFunc(ctx, c.stopped)
	l.group.put(&c.entry)
}

// recording is a result that is being written.
type recording struct {
	entry   entry
	done    func(error)
	unwatch func() bool // of the context that ends the waiting
	over    atomic.Bool
}

func (c *recording) answered(a answer) {
	c.unwatch()
	c.end(a.err)
}

func (c *recording) stopped() { c.end(ErrStopped) }

func (c *recording) end(err error) {
	if c.over.Swap(true) {
		return
	}
	if err != nil {
		err = fmt.Errorf("record a delivery: %w", err)
	}
	c.done(err)
}
