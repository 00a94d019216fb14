package database

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"

	"epistle/internal/newsletter"
)

// turnstile lets writers of all processes in one after the other, in order.
//
// A writer first takes the queue lock, then the write lock, then lets go of the
// queue. Whoever has just written must join the queue again, behind the one who
// waits at its head, so a process that commits back to back cannot keep another
// one waiting for long.
type turnstile struct {
	local chan struct{} // one goroutine of this process at a time: file locks belong to the process
	queue *flock.Flock
	write *flock.Flock
}

func newTurnstile(path string) *turnstile {
	return &turnstile{
		local: make(chan struct{}, 1),
		queue: flock.New(path+".queue", flock.SetPermissions(0o600)),
		write: flock.New(path+".write", flock.SetPermissions(0o600)),
	}
}

// take waits for the turn; the caller must call release once.
func (t *turnstile) take(ctx context.Context) (release func(), err error) {
	select {
	case t.local <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	done := make(chan error, 1)
	go func() { done <- t.lock() }()
	select {
	case err = <-done:
	case <-ctx.Done():
		// The lock will still be granted; give it back then.
		go func() {
			if <-done == nil {
				t.unlock()
			}
			<-t.local
		}()
		return nil, ctx.Err()
	}
	if err != nil {
		<-t.local
		return nil, newsletter.Errorf(newsletter.Unavailable, "the lock beside the database cannot be taken: %w", err).
			At(t.write.Path()).With("Give this user the right to write the database's folder.")
	}
	return func() {
		t.unlock()
		<-t.local
	}, nil
}

func (t *turnstile) lock() error {
	if err := t.queue.Lock(); err != nil {
		return fmt.Errorf("queue lock: %w", err)
	}
	err := t.write.Lock()
	if unlockErr := t.queue.Unlock(); unlockErr != nil {
		err = errors.Join(err, fmt.Errorf("queue unlock: %w", unlockErr))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write lock: %w", err), t.write.Unlock())
	}
	return nil
}

// unlock cannot fail in a way that matters: closing the file gives the lock
// back in any case.
func (t *turnstile) unlock() {
	if err := t.write.Unlock(); err != nil {
		_ = t.write.Close()
	}
}

func (t *turnstile) close() error { return errors.Join(t.queue.Close(), t.write.Close()) }

// SenderLock is the right to send, held by at most one process at a time.
type SenderLock struct{ lock *flock.Flock }

// TrySenderLock takes the exclusive lock on <database>.lock if it is free. It
// gives nil without an error when another process holds it. The kernel frees it
// when the holder ends, however it ends.
func (db *DB) TrySenderLock() (*SenderLock, error) {
	lock := flock.New(db.path+".lock", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Unavailable, "the sender's lock cannot be taken: %w", err).
			At(db.path + ".lock").With("Give this user the right to write the database's folder.")
	}
	if !ok {
		return nil, nil
	}
	return &SenderLock{lock}, nil
}

// SenderRunning says whether some process holds the sender's lock right now.
func (db *DB) SenderRunning() (bool, error) {
	if _, err := os.Stat(db.path + ".lock"); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	l, err := db.TrySenderLock()
	if err != nil {
		return false, err
	}
	if l == nil {
		return true, nil
	}
	return false, l.Release()
}

// Release gives the right to send back.
func (l *SenderLock) Release() error {
	if err := l.lock.Close(); err != nil {
		return fmt.Errorf("release the sender's lock: %w", err)
	}
	return nil
}
