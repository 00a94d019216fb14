// Package mailbox takes messages out of folders on this machine, of the two kinds
// that mail servers deliver into: Maildir, a file for each message, and mbox, all
// messages in one file.
//
// Take does the same for both, in this order: the messages that were not taken yet
// are found; each is handed to an Accept; only when that has returned nil is the
// message marked as taken, or removed. A process that dies in between finds it
// again, and the Accept knows it again: taking twice is harmless, losing is not.
//
// One message that cannot be read is passed over and told; an Accept that fails
// ends the turn, because the next message would fare no better.
//
// Split (mbox.go) reads the mbox format itself, for files that a person names.
// When to look again is left to the caller.
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"

	"epistle/internal/newsletter"
)

// Accept keeps one message; when it returns nil the message is durable.
type Accept func(ctx context.Context, message io.Reader) error

// watched remembers whether reading failed, so that a broken file is told from a
// broken Accept.
type watched struct {
	in     io.Reader
	failed error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed = err
	}
	return n, err
}

// skipped gathers what could not be read: the first fault, and how many there were.
type skipped struct {
	first error
	count int
}

func (s *skipped) add(err error) {
	if s.first == nil {
		s.first = err
	}
	s.count++
}

func (s *skipped) err(place string) error {
	switch s.count {
	case 0:
		return nil
	case 1:
		return newsletter.Errorf(newsletter.Unavailable, "a message cannot be read: %w", s.first).At(place).
			With("It stays where it is. Let this user read and rename it, or remove it.")
	}
	return newsletter.Errorf(newsletter.Unavailable, "%d messages cannot be read, the first because of: %w", s.count, s.first).At(place).
		With("They stay where they are. Let this user read and rename them, or remove them.")
}

func kept(place string, err error) error {
	return fmt.Errorf("take a message from %s: %w", place, err)
}
