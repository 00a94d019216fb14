//go:build unix

package database

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// turnLock is an advisory lock on a file that stays open: it is taken and given
// back for every transaction. The kernel frees it when the process ends.
type turnLock struct {
	path string
	mu   sync.Mutex
	file *os.File // nil before it is first taken
}

func newTurnLock(path string) *turnLock { return &turnLock{path: path} }

// try takes the lock if it is free.
func (l *turnLock) try() (ok bool, err error) {
	err = l.hold(unix.LOCK_EX | unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// take waits for the lock.
func (l *turnLock) take() error { return l.hold(unix.LOCK_EX) }

func (l *turnLock) hold(how int) error {
	l.mu.Lock()
	if l.file == nil {
		f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			l.mu.Unlock()
			return err
		}
		l.file = f
	}
	f := l.file
	l.mu.Unlock()
	return changeLock(f, how)
}

// give gives the lock back.
func (l *turnLock) give() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil // closing it did
	}
	return changeLock(l.file, unix.LOCK_UN)
}

func (l *turnLock) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

func changeLock(f *os.File, how int) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	outer := raw.Control(func(fd uintptr) {
		for err = unix.Flock(int(fd), how); errors.Is(err, unix.EINTR); {
			err = unix.Flock(int(fd), how)
		}
	})
	return errors.Join(outer, err)
}
