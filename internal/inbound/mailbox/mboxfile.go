package mailbox

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"epistle/internal/newsletter"
)

// Mbox is a file that a mail server appends messages to. Use one Mbox from one
// goroutine.
type Mbox struct {
	// Path is the file. It need not exist: mail servers make it with the first
	// message.
	Path string
	// Delete empties the file when all of it was taken; else it stays as it is, and
	// a process that begins anew reads it from its beginning.
	Delete bool

	known os.FileInfo // the file at the last look
	upTo  int64       // what was taken of it, in bytes
}

// emptying bounds how often one Take looks for messages that came while it took
// others, before it leaves them to the next.
const emptying = 10

// Take hands over every message that was not taken yet and gives how many. The file
// is locked only to look at its size and to empty it, so that messages can come in
// meanwhile; a locked file is newsletter.Conflict.
func (m *Mbox) Take(ctx context.Context, accept Accept) (taken int, err error) {
	f, err := m.open()
	if errors.Is(err, fs.ErrNotExist) {
		m.known, m.upTo = nil, 0
		return 0, nil
	}
	if err != nil {
		return 0, m.fault(err)
	}
	defer func() {
		if closing := f.Close(); err == nil && closing != nil {
			err = m.fault(closing)
		}
	}()
	for range emptying {
		info, done, err := m.look(f)
		if err != nil || done {
			return taken, err
		}
		n, err := m.takeUpTo(ctx, f, info.Size(), accept)
		if taken += n; err != nil {
			return taken, err
		}
	}
	return taken, nil
}

func (m *Mbox) open() (*os.File, error) {
	if m.Delete {
		return os.OpenFile(m.Path, os.O_RDWR, 0)
	}
	return os.Open(m.Path)
}

// look locks the file and gives what it is now; done says that nothing is left to
// take. A file whose every byte was taken, and which nobody has touched since, is
// emptied when that is wanted.
func (m *Mbox) look(f *os.File) (info os.FileInfo, done bool, err error) {
	if info, err = f.Stat(); err != nil {
		return nil, false, m.fault(err)
	}
	if info.Size() == 0 || m.untouched(info) && !m.Delete {
		return info, true, nil
	}
	unlock, err := m.lock(f)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if info, err = f.Stat(); err != nil {
		return nil, false, m.fault(err)
	}
	switch {
	case m.untouched(info):
		if m.Delete {
			err = f.Truncate(0)
			m.known, m.upTo = nil, 0
		}
		return info, true, err
	case m.known == nil || !os.SameFile(m.known, info) || info.Size() <= m.upTo:
		m.upTo = 0 // another file, or somebody has written it anew
	}
	m.known = info
	return info, false, nil
}

// untouched says that the file is the one that was taken to its end.
func (m *Mbox) untouched(info os.FileInfo) bool {
	return m.known != nil && os.SameFile(m.known, info) && info.Size() == m.upTo && info.ModTime().Equal(m.known.ModTime())
}

// takeUpTo takes what stands before the given size, which lay still while the file
// was locked.
func (m *Mbox) takeUpTo(ctx context.Context, f *os.File, size int64, accept Accept) (taken int, err error) {
	in := &watched{in: io.NewSectionReader(f, m.upTo, size-m.upTo)}
	s := newSplitter(in)
	for begin := m.upTo; ; {
		if err := ctx.Err(); err != nil {
			return taken, err
		}
		more, err := s.next()
		if err != nil {
			return taken, m.fault(err)
		}
		if !more {
			m.upTo = size
			return taken, nil
		}
		if s.plain {
			return taken, m.misread(begin)
		}
		m.upTo = begin + s.start
		err = accept(ctx, s)
		if in.failed != nil {
			return taken, m.fault(in.failed)
		}
		if err != nil {
			return taken, kept(m.Path, err)
		}
		taken++
		if _, err := io.Copy(io.Discard, s); err != nil {
			return taken, m.fault(err)
		}
	}
}

// misread is for a place where a message should begin and does not: a file that
// somebody has written anew is read again from its beginning, another is no mbox.
func (m *Mbox) misread(at int64) error {
	m.known, m.upTo = nil, 0
	if at > 0 {
		return nil
	}
	return newsletter.Errorf(newsletter.Unavailable, "it is not an mbox file: its first line is no From_ line").At(m.Path).
		With("Name a file that a mail server appends messages to in inbound.mbox.")
}

// lock takes both locks that mail servers use: the file beside it, and the one of
// the system. What this user may not make beside the file is left out.
func (m *Mbox) lock(f *os.File) (unlock func() error, err error) {
	dot := m.Path + ".lock"
	beside, err := os.OpenFile(dot, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		if info, err := os.Stat(dot); err == nil && time.Since(info.ModTime()) > stale {
			return nil, errors.Join(m.busy("a lock file of a program that seems to have died"), os.Remove(dot))
		}
		return nil, m.busy("another program, by a lock file")
	case errors.Is(err, fs.ErrPermission):
		beside = nil
	case err != nil:
		return nil, m.fault(err)
	}
	remove := func() error {
		if beside == nil {
			return nil
		}
		return errors.Join(beside.Close(), os.Remove(dot))
	}
	held, err := lockFile(f, m.Delete)
	if err != nil || !held {
		if err == nil {
			err = m.busy("another program")
		}
		return nil, errors.Join(err, remove())
	}
	return func() error { return errors.Join(unlockFile(f), remove()) }, nil
}

// stale is the age at which nobody holds a lock file any more.
const stale = 15 * time.Minute

func (m *Mbox) busy(who string) error {
	return newsletter.Errorf(newsletter.Conflict, "the file is locked by %s", who).At(m.Path)
}

// Check says what keeps Take from working.
func (m *Mbox) Check() error {
	f, err := m.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return m.fault(err)
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return m.fault(err)
	}
	if !info.Mode().IsRegular() {
		return newsletter.Errorf(newsletter.Unavailable, "it is not a file").At(m.Path).
			With("Name the file that the mail server appends to in inbound.mbox; a folder belongs in inbound.maildir.")
	}
	return nil
}

func (m *Mbox) fault(err error) error {
	remedy := "Let this user read the file."
	if m.Delete {
		remedy = "Let this user read and write the file."
	}
	return newsletter.Errorf(newsletter.Unavailable, "the mbox file cannot be used: %w", err).At(m.Path).With(remedy)
}
