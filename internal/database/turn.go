package database

import (
	"context"
	"errors"
	"fmt"

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
