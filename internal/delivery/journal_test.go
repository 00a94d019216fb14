package delivery

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// event is one thing that was logged: the moments that tests wait for.
type event struct {
	level   slog.Level
	message string
	attrs   map[string]string
}

// journal is a log that can be waited on.
type journal struct {
	mu     sync.Mutex
	events []event
	more   chan struct{} // closed, and made anew, with each event
}

func newJournal() *journal { return &journal{more: make(chan struct{})} }

// handler writes to a journal.
type handler struct {
	*journal
	attrs []slog.Attr
}

func (h handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) WithGroup(string) slog.Handler            { return h }
func (h handler) WithAttrs(a []slog.Attr) slog.Handler {
	return handler{h.journal, append(h.attrs[:len(h.attrs):len(h.attrs)], a...)}
}

func (h handler) Handle(_ context.Context, r slog.Record) error {
	e := event{r.Level, r.Message, map[string]string{}}
	for _, a := range h.attrs {
		e.attrs[a.Key] = a.Value.String()
	}
	r.Attrs(func(a slog.Attr) bool {
		e.attrs[a.Key] = a.Value.String()
		return true
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
	close(h.more)
	h.more = make(chan struct{})
	return nil
}

// count tells how many events there are of a message, with the given attributes
// ("state=deferred").
func (j *journal) count(message string, attrs ...string) int {
	n, _ := j.look(message, attrs)
	return n
}

func (j *journal) look(message string, attrs []string) (n int, more <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.message == message && e.has(attrs) {
			n++
		}
	}
	return n, j.more
}

// last gives the error of the newest event of a message.
func (j *journal) last(message string) (said string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.message == message {
			said = e.attrs["error"]
		}
	}
	return said
}

func (e event) has(attrs []string) bool {
	for _, want := range attrs {
		key, value, _ := strings.Cut(want, "=")
		if e.attrs[key] != value {
			return false
		}
	}
	return true
}

// await waits until an event has happened n times. The limit only ends a test
// that would hang.
func (j *journal) await(t testing.TB, n int, message string, attrs ...string) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		have, more := j.look(message, attrs)
		if have >= n {
			return
		}
		select {
		case <-more:
		case <-limit:
			j.mu.Lock()
			defer j.mu.Unlock()
			t.Fatalf("%q %v happened %d times, not %d; there was: %v", message, attrs, have, n, j.events)
		}
	}
}
