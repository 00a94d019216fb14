package database

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// together gathers small changes of many goroutines while a commit is under way
// and writes them with the next one, so that a disk which syncs a few hundred times
// a second takes thousands of them.
type together struct {
	mu      sync.Mutex
	waiting []*change
	leading bool // a goroutine is at work on them
}

// change is one caller's part of a group.
type change struct {
	fn    func(*Tx) error
	done  chan error // gets one answer
	taken bool       // guarded by together.mu; from then on the answer must be waited for
}

const (
	// mostTogether keeps a group's transaction far below the 100 ms that others may
	// be kept waiting.
	mostTogether = 64
	// groupTime ends a group that hangs.
	groupTime = 10 * time.Second
)

// WriteTogether is Write for small changes that many make at the same time, such as
// readers who leave: fn shares its transaction with those that wait with it. Each is
// whole or not there at all, as with Write; an error of fn undoes its own change
// only. What fails for all, such as a full disk, is everybody's error. ctx ends the
// waiting as long as the change has not been begun.
func (db *DB) WriteTogether(ctx context.Context, fn func(*Tx) error) error {
	c := &change{fn: fn, done: make(chan error, 1)}
	t := &db.together
	t.mu.Lock()
	t.waiting = append(t.waiting, c)
	if !t.leading {
		t.leading = true
		go db.lead()
	}
	t.mu.Unlock()
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		if t.withdraw(c) {
			return ctx.Err()
		}
		return <-c.done
	}
}

// withdraw takes a change back that has not been begun.
func (t *together) withdraw(c *change) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = slices.DeleteFunc(t.waiting, func(other *change) bool { return other == c })
	return !c.taken
}

// lead writes groups until nobody waits. Its turn comes first, so that all who
// arrive while it waits for that belong to the group.
func (db *DB) lead() {
	for {
		release, err := db.turn.take(context.Background())
		group := db.together.take()
		switch {
		case len(group) == 0:
		case err != nil:
			answer(group, err)
		default:
			db.writeGroup(group)
		}
		if err == nil {
			release()
		}
		if len(group) == 0 {
			return
		}
	}
}

// take gives the next group; when there is none the leader's work is over.
func (t *together) take() []*change {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(t.waiting), mostTogether)
	group := slices.Clone(t.waiting[:n])
	t.waiting = slices.Delete(t.waiting, 0, n)
	for _, c := range group {
		c.taken = true
	}
	t.leading = n > 0
	return group
}

func answer(group []*change, err error) {
	for _, c := range group {
		c.done <- err
	}
}

// writeGroup runs a group in one transaction. A caller's own context does not reach
// it: SQLite undoes the whole transaction when a statement is broken off.
func (db *DB) writeGroup(group []*change) {
	ctx, cancel := context.WithTimeout(context.Background(), groupTime)
	defer cancel()
	errs := make([]error, len(group))
	err := db.transact(ctx, func(tx *Tx) error {
		for i, c := range group {
			var fatal error
			if errs[i], fatal = tx.apart(c.fn); fatal != nil {
				return errors.Join(errs[i], fatal)
			}
		}
		return nil
	})
	for i, c := range group {
		if err != nil {
			errs[i] = err
		}
		c.done <- explain(db.path, errs[i])
	}
}

// apart runs fn so that its error undoes its own change only. fatal says that the
// whole transaction is lost.
func (tx *Tx) apart(fn func(*Tx) error) (err, fatal error) {
	if _, err := tx.Exec(`SAVEPOINT apart`); err != nil {
		return nil, fmt.Errorf("begin a change: %w", err)
	}
	if err = guarded(tx, fn); err != nil {
		if _, fatal = tx.Exec(`ROLLBACK TO apart`); fatal != nil {
			return err, fmt.Errorf("undo a change: %w", fatal)
		}
	}
	if _, fatal = tx.Exec(`RELEASE apart`); fatal != nil {
		return err, fmt.Errorf("end a change: %w", fatal)
	}
	return err, nil
}

// guarded makes an error of a panic: it would otherwise end the leader, and with it
// the process, instead of one request.
func guarded(tx *Tx, fn func(*Tx) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("a change panicked: %v\n%s", cause, debug.Stack())
		}
	}()
	return fn(tx)
}
