//go:build !unix

package database

import "github.com/gofrs/flock"

// turnLock is an advisory lock on a file.
type turnLock struct{ file *flock.Flock }

func newTurnLock(path string) *turnLock {
	return &turnLock{flock.New(path, flock.SetPermissions(0o600))}
}

// try takes the lock if it is free.
func (l *turnLock) try() (ok bool, err error) { return l.file.TryLock() }

// take waits for the lock.
func (l *turnLock) take() error { return l.file.Lock() }

// give gives the lock back.
func (l *turnLock) give() error { return l.file.Unlock() }

func (l *turnLock) close() error { return l.file.Close() }
