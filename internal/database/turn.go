package database

import (
	"context"
	"errors"
	"fmt"

	"epistle/internal/newsletter"
)

// turnstile lets writers of all processes in one after the other, in order.
//
// A writer first takes the queue lock, then the write lock, then lets go of the
// queue. Whoever has just written must join the queue again, behind the one who
// waits at its head, so a process that commits back to back cannot keep another
// one waiting for long.
type turnstile struct {
	path  string
	local chan struct{} // one goroutine of this process at a time: file locks belong to the process
	queue *turnLock
	write *turnLock
}

func newTurnstile(path string) *turnstile {
	return &turnstile{
		path: path, local: make(chan struct{}, 1),
		queue: newTurnLock(path + ".queue"), write: newTurnLock(path + ".write"),
	}
}

// take waits for the turn; the caller must call release once.
func (t *turnstile) take(ctx context.Context) (release func(), err error) {
	select {
	case t.local <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	queued, err := t.queue.try()
	held := false
	if queued {
		held, err = t.write.try()
	}
	switch {
	case err != nil:
	case held: // nobody else wants to write
		err = t.queue.give()
	default:
		var left bool
		if left, err = t.wait(ctx, queued); left {
			return nil, ctx.Err()
		}
	}
	if err != nil {
		err = errors.Join(err, t.queue.give())
		t.leave()
		return nil, newsletter.Errorf(newsletter.Unavailable, "the lock beside the database cannot be taken: %w", err).
			At(t.path + ".write").With("Give this user the right to write the database's folder.")
	}
	return t.leave, nil
}

// wait waits in the queue, or already at its head. Left says that ctx ended first:
// the turn still comes, and is given back then.
func (t *turnstile) wait(ctx context.Context, queued bool) (left bool, err error) {
	var refused error
	done := make(chan struct{})
	go func() {
		refused = t.lock(queued)
		close(done)
	}()
	select {
	case <-done:
		return false, refused
	case <-ctx.Done():
		go func() {
			<-done
			t.leave()
		}()
		return true, nil
	}
}

func (t *turnstile) lock(queued bool) error {
	if !queued {
		if err := t.queue.take(); err != nil {
			return fmt.Errorf("queue lock: %w", err)
		}
	}
	err := t.write.take()
	if giveErr := t.queue.give(); giveErr != nil {
		err = errors.Join(err, fmt.Errorf("queue unlock: %w", giveErr))
	}
	if err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	return nil
}

// leave gives the turn back, as far as it was taken. What goes wrong with the locks
// goes with their files: closing them gives the locks back in any case.
func (t *turnstile) leave() {
	if t.write.give() != nil {
		_ = t.close()
	}
	<-t.local
}

func (t *turnstile) close() error { return errors.Join(t.queue.close(), t.write.close()) }
