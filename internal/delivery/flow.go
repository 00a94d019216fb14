package delivery

import (
	"context"
	"fmt"
	"slices"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// flow is one bulletin while there are rows of it to be sent. It goes over the
// chunks in order, again and again: what found no place in the queue the first
// time, because its domain is slow, is claimed the next time.
type flow struct {
	sender   *Sender
	bulletin *store.Bulletin
	edition  *Edition
	batch    *batch
	claimed  map[int64]bool // chunks at work, by Lo
	after    int64          // Lo of the chunk that was claimed last; 0 at the beginning
}

// open begins to send a bulletin; nil without an error says that it is not to be
// sent any more.
func (s *Sender) open(st stages, b *store.Bulletin) (*flow, error) {
	if !b.Frozen {
		// Freezing a large audience takes seconds, in which somebody may pause.
		if err := s.ledger.Freeze(st.soft, b.ID); movedOn(err) {
			return nil, nil // cancelled at this moment
		} else if err != nil {
			return nil, err
		}
		var err error
		if b, err = s.store.BulletinByID(st.soft, b.ID); err != nil || b.State != newsletter.BulletinSending {
			return nil, err
		}
	}
	edition, err := s.edition(st.soft, b)
	switch {
	case err != nil && (st.soft.Err() != nil || newsletter.KindOf(err) == newsletter.Unavailable):
		return nil, err
	case err != nil:
		return nil, s.pause(st, b, fmt.Errorf("the message cannot be written: %w", err))
	}
	f := &flow{sender: s, bulletin: b, edition: edition, claimed: map[int64]bool{}}
	f.batch = newBatch(func(ctx context.Context) bool { return s.isSending(ctx, b) }, s.queue.nudge)
	return f, nil
}

// turn does what there is to do for the flow without waiting: it closes chunks that
// have ended, and claims further ones. Over says that nothing is due any more, or
// that the batch was stopped, and that no row of it is on its way.
func (f *flow) turn(st stages) (over bool, err error) {
	if f.batch.halt.Load() {
		return f.halted(st)
	}
	if err := f.close(st.soft, f.batch.takeEnded()); err != nil {
		return false, err
	}
	more, err := f.feed(st.soft)
	if err != nil || more || !f.batch.idle() {
		return false, err
	}
	// Nothing is due and nobody is asked: whoever waits for the end of a streak was
	// refused for themselves.
	f.sender.settleStreak(st, f.batch)
	if len(f.claimed) > 0 {
		return false, nil
	}
	return true, f.sender.finish(st.soft, f.bulletin)
}

// halted ends a flow whose batch was stopped once none of its jobs runs.
func (f *flow) halted(st stages) (over bool, err error) {
	s := f.sender
	s.queue.drop(f.batch)
	if !f.batch.idle() {
		return false, nil
	}
	f.batch.letGo()
	if err := f.close(st.record, f.batch.takeEnded()); err != nil {
		return false, err
	}
	if f.batch.answered.Load() {
		delete(s.faults, f.bulletin.ID)
	}
	if fault := f.batch.reason(); fault != nil {
		err := s.pause(st, f.bulletin, fault)
		return err == nil, err
	}
	return true, nil
}

// close tells the ledger of chunks whose rows have all ended.
func (f *flow) close(ctx context.Context, parts []*part) error {
	if len(parts) == 0 {
		return nil
	}
	chunks := make([]*ledger.Chunk, len(parts))
	for i, p := range parts {
		chunks[i] = p.chunk
	}
	if err := f.sender.ledger.Finish(ctx, chunks...); err != nil {
		f.batch.putEnded(parts)
		return err
	}
	for _, c := range chunks {
		delete(f.claimed, c.Lo)
	}
	return nil
}

// feed claims chunks until enough rows lie in the queue. More says that there may
// be due rows that were not claimed.
func (f *flow) feed(ctx context.Context) (more bool, err error) {
	s := f.sender
	for s.queue.wants(f.batch) {
		first := f.after == 0
		chunk, rows, err := s.ledger.Claim(ctx, f.bulletin.ID, f.after, f.claimed)
		if err != nil {
			return true, err
		}
		if chunk == nil {
			f.after = 0 // the next pass begins with the next turn
			return !first, nil
		}
		f.after = chunk.Lo
		if took, err := f.put(ctx, chunk, rows); err != nil || !took {
			// Only slow domains are left, it seems: there is no hurry.
			return true, err
		}
	}
	return true, nil
}

// put gives the rows of a chunk to the queue and says whether it took any, or there
// was none.
func (f *flow) put(ctx context.Context, chunk *ledger.Chunk, rows []ledger.Delivery) (took bool, err error) {
	if rows, err = f.wanted(ctx, rows); err != nil {
		return false, err
	}
	p := &part{
		batch: f.batch, revision: f.edition.revision, write: f.edition.Write, resend: f.edition.resend, chunk: chunk,
		rows: 1, // it does not end before all are in
	}
	for i := range rows {
		if f.sender.queue.put(job{&rows[i], p}) {
			took = true
		}
	}
	if !took && len(rows) > 0 {
		return false, nil
	}
	f.claimed[chunk.Lo] = true
	f.batch.complete(p)
	return true, nil
}

// wanted leaves out, and skips, the rows of readers who declined all that the
// bulletin has.
func (f *flow) wanted(ctx context.Context, rows []ledger.Delivery) ([]ledger.Delivery, error) {
	var unwanted []int64
	rows = slices.DeleteFunc(rows, func(d ledger.Delivery) bool {
		if f.edition.leaves(d.Choice) {
			return false
		}
		unwanted = append(unwanted, d.SubscriberID)
		return true
	})
	return rows, f.sender.ledger.SkipUnchosen(ctx, f.bulletin.ID, unwanted)
}

// finish ends a bulletin of which nothing is open any more.
func (s *Sender) finish(ctx context.Context, b *store.Bulletin) error {
	open, err := s.ledger.Open(ctx, b.ID)
	if err != nil || open {
		return err
	}
	if _, err := s.store.MoveBulletin(ctx, b.ID, newsletter.BulletinSent, "", systemActor); movedOn(err) {
		return nil // paused or cancelled at this moment
	} else if err != nil {
		return err
	}
	delete(s.editions, b.ID)
	delete(s.faults, b.ID)
	s.log.Info("bulletin sent", "bulletin", b.Ref())
	return nil
}

// isSending says whether a bulletin still is to be sent as it was: what was withdrawn
// from it must not leave in a batch that was begun before. When the database does not
// answer, the mark decides.
func (s *Sender) isSending(ctx context.Context, begun *store.Bulletin) bool {
	now, err := s.store.Standing(ctx, begun.ID)
	if err != nil || now.State == newsletter.BulletinSending && now.Revision == begun.Revision {
		return true
	}
	s.log.Debug("somebody stopped the bulletin", "bulletin", begun.Ref(), "state", now.State)
	return false
}

// movedOn says that somebody else changed a bulletin at this moment.
func movedOn(err error) bool {
	if err == nil {
		return false
	}
	kind := newsletter.KindOf(err)
	return kind == newsletter.Conflict || kind == newsletter.Refused
}
