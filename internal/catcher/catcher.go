// Package catcher is an SMTP server that keeps every message it is sent as a file
// and delivers nothing. The demo, a developer's machine and a rehearsal send into
// it.
//
// Its steps: New takes a folder and finds what is in it; ServeSMTP accepts
// messages on a listener (session.go) and stores each as one file, complete or
// not at all (files.go); List and Open read them back. Only file numbers are held
// in memory, everything shown about a message is read from its file, so that a
// million messages cost some megabytes. Nothing is synced to the disk: what is
// kept here may be lost with the power.
//
// A file is the message exactly as it came, below added lines that tell the
// envelope:
//
//	Return-Path: <sender>
//	X-Envelope-To: <recipient>      one line each
//
// With Options.Behave the catcher plays the world outside: see session.go for the
// addresses that bounce, are full, wait, stall and drop.
//
// The inbox page over List and Open stands in inbox.go.
package catcher

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"epistle/internal/newsletter"
)

// DefaultMaxBytes is the largest message taken when Options say nothing.
const DefaultMaxBytes = 25 << 20

// Options of a Catcher.
type Options struct {
	// Dir is where messages are kept; it is made when absent. One catcher at a
	// time uses it.
	Dir string
	// Log gets one debug line a message, with its number and without addresses.
	// Nil: nothing is logged.
	Log *slog.Logger
	// MaxBytes is the largest message taken; 0 means DefaultMaxBytes.
	MaxBytes int64
	// Behave answers some recipients as the real world would; for demonstrations
	// and development only.
	Behave bool
	// Keep, when it is not nil, sees every message before it is answered and says
	// whether it is kept. It is called by several goroutines at once.
	Keep func(sender string, recipients []string, raw []byte) bool
}

// Entry is one kept message.
type Entry struct {
	ID int // from 1, in the order of arrival, and never used again
	// From and Subject are the message's header fields, decoded; To are the
	// envelope's recipients, separated by a comma and a space.
	From, To, Subject string
	// Sender is the envelope's sender; empty for the null sender.
	Sender string
	At     time.Time // when it was kept
	Size   int64     // bytes of the file
	File   string    // its name inside Dir
}

// Catcher keeps messages. Its methods are safe for concurrent use.
type Catcher struct {
	o     Options
	log   *slog.Logger
	lock  *flock.Flock
	moods moods

	// receiving is held for reading while a message is being kept, and taken by
	// ServeSMTP at its end to wait for those.
	receiving sync.RWMutex

	mu      sync.Mutex
	ids     []int // in order
	last    int   // the highest number ever seen in Dir
	changed chan struct{}
}

// New opens the folder, removes what an earlier catcher left half-written, and
// finds the messages that are there.
func New(o Options) (*Catcher, error) {
	if o.Dir == "" {
		return nil, newsletter.Errorf(newsletter.Usage, "the catcher needs a folder to keep messages in")
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	c := &Catcher{o: o, log: o.Log}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, newsletter.Errorf(newsletter.Unavailable, "the catcher's folder cannot be made: %w", err).At(o.Dir)
	}
	c.lock = flock.New(filepath.Join(o.Dir, ".lock"))
	switch held, err := c.lock.TryLock(); {
	case err != nil:
		return nil, newsletter.Errorf(newsletter.Unavailable, "the catcher's folder cannot be locked: %w", err).At(o.Dir)
	case !held:
		return nil, newsletter.Errorf(newsletter.Conflict, "another catcher keeps its messages in this folder").At(o.Dir).
			With("Stop it, or name another folder.")
	}
	if err := c.rebuild(); err != nil {
		_ = c.lock.Unlock()
		return nil, err
	}
	return c, nil
}

// Close gives the folder free for another catcher. End ServeSMTP first.
func (c *Catcher) Close() error {
	if err := c.lock.Unlock(); err != nil {
		return newsletter.Errorf(newsletter.Failed, "the catcher's folder cannot be unlocked: %w", err).At(c.o.Dir)
	}
	return nil
}

// Len counts the messages kept.
func (c *Catcher) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ids)
}

// Changed gives a channel that is closed when the next message has been kept. To
// miss none: take the channel, look, wait for it, and begin again.
func (c *Catcher) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

// List reads at most limit entries in the order of arrival, after skipping
// offset. A message whose file was removed meanwhile is left out; one whose
// headers cannot be read has them empty.
func (c *Catcher) List(offset, limit int) []Entry {
	c.mu.Lock()
	from := min(max(offset, 0), len(c.ids))
	ids := slices.Clone(c.ids[from:min(from+max(limit, 0), len(c.ids))])
	c.mu.Unlock()

	entries := make([]Entry, 0, len(ids))
	for _, id := range ids {
		entry, err := c.entry(id)
		if err != nil {
			c.log.Warn("a kept message cannot be read", "message", id, "error", err)
			continue
		}
		entries = append(entries, entry)
	}
	return entries
}

// Open reads a message's file, added lines included. The caller closes it. An
// unknown id is newsletter.NotFound.
func (c *Catcher) Open(id int) (io.ReadCloser, error) {
	f, err := c.open(id)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Entry describes one message. An unknown id is newsletter.NotFound.
func (c *Catcher) Entry(id int) (Entry, error) { return c.entry(id) }
