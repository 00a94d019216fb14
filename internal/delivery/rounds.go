package delivery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
	"epistle/internal/store"
)

// rounds does all there is to do, again and again: whenever something has changed,
// and at the latest after the time in which the database is asked for new work. An
// error of the database is logged and tried again: sending waits, it does not end.
func (s *Sender) rounds(st stages) {
	trouble := newPause()
	for st.soft.Err() == nil {
		err := s.round(st)
		switch {
		case st.soft.Err() != nil:
		case err != nil:
			s.log.Error("sending waits", "error", err)
			wait(st.soft, trouble.next())
		default:
			trouble = newPause()
			s.pauseBetween(st.soft)
		}
	}
}

// pauseBetween waits until there may be something to do.
func (s *Sender) pauseBetween(ctx context.Context) {
	timer := time.NewTimer(time.Until(s.looked.Add(s.poll)))
	defer timer.Stop()
	select {
	case <-s.queue.wake:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// round gives everything that is being sent its turn, after a look at the database
// for what is new when it is time for that.
func (s *Sender) round(st stages) error {
	if time.Since(s.looked) >= s.poll {
		s.looked = time.Now()
		if err := s.lookForWork(st); err != nil {
			return err
		}
	}
	if err := s.turnNotices(st); err != nil {
		return err
	}
	for id, f := range s.flows {
		over, err := f.turn(st)
		if over {
			delete(s.flows, id)
		}
		if err != nil {
			return fmt.Errorf("bulletin %s: %w", f.bulletin.Ref(), err)
		}
	}
	return nil
}

// lookForWork asks the database what is to be sent. While the server is left alone nothing
// new begins.
func (s *Sender) lookForWork(st stages) error {
	if err := s.resumeDue(st.soft); err != nil {
		return err
	}
	// Before any audience is frozen: whose pause is over belongs to it.
	if _, err := s.store.EndPauses(st.soft, systemActor); err != nil {
		return err
	}
	sending, err := s.store.BulletinsIn(st.soft, newsletter.BulletinSending)
	if err != nil {
		return err
	}
	stopped := maps.Clone(s.flows)
	for _, b := range sending {
		delete(stopped, b.ID)
	}
	for _, f := range stopped {
		f.batch.look(st.soft)
	}
	if !s.gate.closedUntil().IsZero() {
		return nil
	}
	if err := s.lookForNotices(st); err != nil {
		return err
	}
	for _, b := range sending {
		if s.flows[b.ID] != nil {
			continue
		}
		f, err := s.open(st, b)
		if err != nil {
			return fmt.Errorf("bulletin %s: %w", b.Ref(), err)
		}
		if f != nil {
			s.flows[b.ID] = f
		}
	}
	return nil
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
		if ok, err := s.mayGoOn(ctx, b); err != nil {
			return err
		} else if !ok {
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

func (s *Sender) edition(ctx context.Context, b *store.Bulletin) (*Edition, error) {
	if e := s.editions[b.ID]; e != nil && e.revision == b.Revision {
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
	s.log.Info("a bulletin leaves", "bulletin", b.Ref())
	return e, nil
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
			e, err := c.Edition(ctx, b, n.Revision)
			if err != nil {
				return nil, err
			}
			if err := c.guard(ctx, b, e.doc); err != nil {
				return nil, err
			}
			editions[k] = e
		}
		return editions[k].Proof(n)
	}
}
