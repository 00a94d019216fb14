package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// batch is how many messages are taken between two markings: a connection that
// breaks brings no more than these again.
const batch = 50

// take takes every message that was not taken yet.
func (s *session) take(ctx context.Context, accept Accept) (taken int, err error) {
	uids, err := s.unseen()
	if err != nil {
		return 0, err
	}
	for len(uids) > 0 {
		n := min(batch, len(uids))
		got, err := s.fetch(ctx, uids[:n], accept)
		// What was kept is marked, also when a later one was not.
		if marking := s.settle(got); marking != nil || err != nil {
			return taken, errors.Join(err, marking)
		}
		taken += len(got)
		uids = uids[n:]
	}
	return taken, nil
}

// unseen lists the messages to take, the oldest first.
func (s *session) unseen() (uids []imap.UID, err error) {
	err = s.within(func() error {
		data, err := s.client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen, imap.FlagDeleted}}, nil).Wait()
		if err == nil {
			uids = data.AllUIDs()
		}
		return err
	})
	if err != nil {
		return nil, s.fault("look for messages", err)
	}
	return uids, nil
}

// fetch hands over messages as they come, and gives those that were kept.
func (s *session) fetch(ctx context.Context, uids []imap.UID, accept Accept) (got []imap.UID, err error) {
	late := time.AfterFunc(s.o.Patience, func() { _ = s.client.Close() })
	defer late.Stop()
	fetching := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	for message := fetching.Next(); message != nil; message = fetching.Next() {
		late.Stop() // the library bounds what comes within a message
		uid, kept, failed := receive(ctx, message, accept)
		if failed != nil && err == nil {
			err = fmt.Errorf("take a message from %s: %w", s.address(), failed)
		}
		if kept && uid != 0 {
			got = append(got, uid)
		}
		if err != nil {
			accept = nil // the rest is read and dropped, so that the connection can go on to mark what was kept
		}
		late.Reset(s.o.Patience)
	}
	if closing := fetching.Close(); closing != nil && err == nil {
		err = s.fault("fetch messages", closing)
	}
	return got, err
}

// receive reads one message's data. A nil accept drops it.
func receive(ctx context.Context, message *imapclient.FetchMessageData, accept Accept) (uid imap.UID, kept bool, err error) {
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil || accept == nil || kept || err != nil {
				continue // Next drops it
			}
			if err = accept(ctx, item.Literal); err != nil {
				continue
			}
			_, err = io.Copy(io.Discard, item.Literal)
			kept = err == nil
		}
	}
	return uid, kept, err
}

// settle marks, moves or deletes what was taken.
func (s *session) settle(uids []imap.UID) error {
	if len(uids) == 0 {
		return nil
	}
	set := imap.UIDSetNum(uids...)
	var err error
	switch {
	case s.o.MoveTo != "":
		err = s.move(set)
	case s.o.Delete:
		err = s.remove(set)
	default:
		err = s.flag(set, imap.FlagSeen)
	}
	if err != nil {
		return s.fault("mark messages as taken", err)
	}
	return nil
}

func (s *session) flag(set imap.UIDSet, flags ...imap.Flag) error {
	return s.within(s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}, nil).Close)
}

// remove deletes only these messages: on a server that cannot (RFC 4315 §2.1) they
// stay marked as deleted, because its one way to remove them would remove what
// others have marked.
func (s *session) remove(set imap.UIDSet) error {
	if err := s.flag(set, imap.FlagSeen, imap.FlagDeleted); err != nil || !s.client.Caps().Has(imap.CapUIDPlus) {
		return err
	}
	return s.within(s.client.UIDExpunge(set).Close)
}

// move moves messages, and makes the folder when the server says that it is
// missing.
func (s *session) move(set imap.UIDSet) error {
	err := s.moveOnce(set)
	var said *imap.Error
	if !errors.As(err, &said) || said.Code != imap.ResponseCodeTryCreate && said.Code != imap.ResponseCodeNonExistent {
		return err
	}
	if err := s.within(s.client.Create(s.o.MoveTo, nil).Wait); err != nil {
		return err
	}
	return s.moveOnce(set)
}

// moveOnce copies and deletes where the server cannot move (RFC 6851 §3.3), one
// after the other: nothing is deleted that was not copied.
func (s *session) moveOnce(set imap.UIDSet) error {
	if s.client.Caps().Has(imap.CapMove) {
		return s.within(func() error {
			_, err := s.client.Move(set, s.o.MoveTo).Wait()
			return err
		})
	}
	err := s.within(func() error {
		_, err := s.client.Copy(set, s.o.MoveTo).Wait()
		return err
	})
	if err != nil {
		return err
	}
	return s.remove(set)
}
