package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
	"epistle/internal/store"
)

// rounds does all there is to do, again and again. An error of the database is
// logged and tried again: sending waits, it does not end.
func (s *Sender) rounds(st stages, jobs chan<- job) {
	trouble := newPause()
	for {
		busy, err := s.round(st, jobs)
		pause := s.poll
		switch {
		case st.soft.Err() != nil:
			return
		case err != nil:
			s.log.Error("sending waits", "error", err)
			pause = trouble.next()
		default:
			trouble = newPause()
		}
		if (!busy || err != nil) && !wait(st.soft, pause) {
			return
		}
	}
}

// round does one piece of everything that is due and says whether there was any.
// A fault that the notices met closes the gate only after the bulletins had their
// turn, so that each of them tells why it does not go on.
func (s *Sender) round(st stages, jobs chan<- job) (busy bool, err error) {
	if err := s.resumeDue(st.soft); err != nil {
		return false, err
	}
	if !s.gate.closedUntil().IsZero() {
		return false, nil
	}
	busy, fault, err := s.notices(st, jobs)
	if err != nil {
		return busy, err
	}
	if fault != nil {
		defer func() {
			until := s.gate.failed()
			s.log.Warn("notices wait", "reason", explain(fault), "next_try", until.UTC().Format(time.RFC3339))
		}()
	}
	sending, err := s.store.BulletinsIn(st.soft, newsletter.BulletinSending)
	if err != nil {
		return busy, err
	}
	for _, b := range sending {
		did, err := s.bulletin(st, b, jobs)
		busy = busy || did
		if err != nil {
			return busy, fmt.Errorf("bulletin %s: %w", b.Ref(), err)
		}
	}
	return busy, nil
}

// resumeDue ends pauses that were only for a while.
func (s *Sender) resumeDue(ctx context.Context) error {
	paused, err := s.store.BulletinsIn(ctx, newsletter.BulletinPaused)
	if err != nil {
		return err
	}
	for _, b := range paused {
		if b.ResumeAt.IsZero() || s.now().Before(b.ResumeAt) {
			continue
		}
		if _, err := s.store.MoveBulletin(ctx, b.ID, newsletter.BulletinSending, "", systemActor); movedOn(err) {
			continue
		} else if err != nil {
			return err
		}
		s.log.Info("sending goes on", "bulletin", b.Ref())
	}
	return nil
}

// systemActor is who acts when nobody does.
const systemActor = "sender"

// movedOn says that somebody else changed a bulletin at this moment.
func movedOn(err error) bool {
	if err == nil {
		return false
	}
	kind := newsletter.KindOf(err)
	return kind == newsletter.Conflict || kind == newsletter.Refused
}

// bulletin sends a batch of a bulletin, or ends it when none is open.
func (s *Sender) bulletin(st stages, b *store.Bulletin, jobs chan<- job) (did bool, err error) {
	if !b.Frozen {
		// Freezing a large audience takes seconds, in which somebody may pause.
		if err := s.ledger.Freeze(st.soft, b.ID); movedOn(err) {
			return false, nil // cancelled at this moment
		} else if err != nil {
			return false, err
		}
		if b, err = s.store.BulletinByID(st.soft, b.ID); err != nil || b.State != newsletter.BulletinSending {
			return false, err
		}
	}
	edition, err := s.edition(st.soft, b)
	switch {
	case err != nil && (st.soft.Err() != nil || newsletter.KindOf(err) == newsletter.Unavailable):
		return false, err
	case err != nil:
		return false, s.pause(st, b, fmt.Errorf("the message cannot be written: %w", err))
	}
	chunks, list, err := s.claim(st.soft, b, edition)
	if err != nil {
		return false, err
	}
	if len(chunks) == 0 {
		return false, s.finish(st.soft, b)
	}
	batch, fault := s.work(st, list, jobs, func(ctx context.Context) bool { return s.isSending(ctx, b) })
	for _, c := range chunks {
		if err := s.ledger.Finish(st.record, c); err != nil {
			return true, err
		}
	}
	if batch.answered.Load() {
		delete(s.faults, b.ID)
	}
	if fault != nil {
		return true, s.pause(st, b, fault)
	}
	return len(list) > 0, nil
}

// fullBatch is how many rows are claimed before work on them begins: enough that
// the pause between two batches does not count, and little memory.
const fullBatch = 2000

// claim takes due chunks until the batch is full.
func (s *Sender) claim(ctx context.Context, b *store.Bulletin, edition *Edition) (chunks []*ledger.Chunk, list []job, err error) {
	busy := map[int64]bool{}
	for len(list) < fullBatch {
		chunk, rows, err := s.ledger.Claim(ctx, b.ID, busy)
		if err != nil || chunk == nil {
			return chunks, list, err
		}
		busy[chunk.Lo] = true
		chunks = append(chunks, chunk)
		for _, d := range rows {
			list = append(list, job{delivery: d, write: edition.Write, resend: edition.resend})
		}
	}
	return chunks, list, nil
}

func (s *Sender) edition(ctx context.Context, b *store.Bulletin) (*Edition, error) {
	if e := s.editions[b.ID]; e != nil && e.bulletin.Hash == b.Hash {
		return e, nil
	}
	e, err := s.composer.Edition(ctx, b, 0)
	if err != nil {
		return nil, err
	}
	slow, err := e.Prepare()
	if err != nil {
		return nil, err
	}
	if slow != "" {
		s.log.Warn("messages are written the slow way", "bulletin", b.Ref(), "reason", slow)
	}
	s.editions[b.ID] = e
	return e, nil
}

// isSending says whether a bulletin still is to be sent as it was, for the watch
// beside the workers: what was withdrawn from it must not leave in a batch that was
// begun before. When the database does not answer, the mark decides.
func (s *Sender) isSending(ctx context.Context, begun *store.Bulletin) bool {
	b, err := s.store.BulletinByID(ctx, begun.ID)
	if err != nil || b.State == newsletter.BulletinSending && b.Hash == begun.Hash {
		return true
	}
	s.log.Debug("somebody stopped the bulletin", "bulletin", b.Ref(), "state", b.State)
	return false
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

// Pauses that the server asks for: the first and the longest.
const (
	firstRest   = time.Minute
	longestRest = 30 * time.Minute
)

// pause stops a bulletin for a fault that is not the recipients'. A server that
// says 421 only wants to be left alone for a while; everything else is for a
// person to mend.
func (s *Sender) pause(st stages, b *store.Bulletin, fault error) error {
	note, resume := explain(fault), time.Time{}
	var e *smtp.Error
	if errors.As(fault, &e) && e.Reply.Code == 421 {
		resume = s.now().Add(min(firstRest<<min(s.faults[b.ID], 10), longestRest))
		s.faults[b.ID]++
	}
	err := s.store.PauseBulletin(st.record, b.ID, note, resume, systemActor)
	if movedOn(err) {
		return nil
	}
	if err != nil {
		return err
	}
	log := s.log.With("bulletin", b.Ref(), "reason", note)
	if !resume.IsZero() {
		log = log.With("resumes", resume.UTC().Format(time.RFC3339))
	}
	log.Warn("sending is paused")
	return nil
}

// notices sends the notices that are due and gives the sender's fault that
// stopped them.
func (s *Sender) notices(st stages, jobs chan<- job) (did bool, fault, err error) {
	due, err := s.ledger.DueNotices(st.soft, 100)
	if err != nil || len(due) == 0 {
		return false, nil, err
	}
	write := s.composer.noticeWriter(st.soft)
	list := make([]job, len(due))
	for i, n := range due {
		msg, err := write(n)
		if st.soft.Err() != nil {
			return false, nil, nil
		}
		list[i] = job{
			delivery: ledger.Delivery{Ref: ledger.Ref{NoticeID: n.ID}, Email: n.Email, Name: n.Name, Attempts: n.Attempts, FirstAt: n.FirstAt},
			write:    func([]byte, ledger.Delivery) (*message.Message, error) { return msg, err },
			resend:   true, // a second proof or confirmation does no harm, a missing one does
		}
	}
	_, fault = s.work(st, list, jobs, func(context.Context) bool { return true })
	return true, fault, nil
}

// noticeWriter writes notices. Proofs of the same revision share one rendering.
func (c *Composer) noticeWriter(ctx context.Context) func(*ledger.Notice) (*message.Message, error) {
	type key struct {
		bulletin int64
		revision int
	}
	editions := map[key]*Edition{}
	return func(n *ledger.Notice) (*message.Message, error) {
		if n.Kind != ledger.NoticeProof {
			return c.Letter(ctx, n)
		}
		k := key{n.BulletinID, n.Revision}
		if editions[k] == nil {
			b, err := c.store.BulletinByID(ctx, n.BulletinID)
			if err != nil {
				return nil, err
			}
			if editions[k], err = c.Edition(ctx, b, n.Revision); err != nil {
				return nil, err
			}
		}
		return editions[k].Proof(n)
	}
}
