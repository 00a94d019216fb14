package delivery

import (
	"errors"
	"sync"
	"time"
)

// gate keeps the workers from dialling a server that does not answer: after a
// failed connection nobody tries for a while, which doubles with each further
// failure (RFC 5321 §4.5.4.1), and then one of them alone. So a reconnect storm is
// impossible, also with a server that takes connections and drops them.
type gate struct {
	now   func() time.Time
	probe sync.Mutex // held by the one that dials a server not known to answer

	mu       sync.Mutex
	reached  bool // the last connection was made
	failures int  // since a message was last answered
	until    time.Time
}

const (
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// errClosed is what pass answers while nobody may dial.
var errClosed = errors.New("the mail server is left alone for a while")

// pass lets dial run, alone as long as the server is not known to be reachable,
// and gives its error. While the gate is closed, and when wanted says no after
// the wait for others, nothing is dialled.
func (g *gate) pass(wanted func() bool, dial func() error) error {
	if !g.isReached() {
		g.probe.Lock()
		defer g.probe.Unlock()
	}
	if !g.closedUntil().IsZero() || !wanted() {
		return errClosed
	}
	if err := dial(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reached = true
	return nil
}

func (g *gate) isReached() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reached
}

// closedUntil gives the time before which nobody may dial; zero when open.
func (g *gate) closedUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) {
		return g.until
	}
	return time.Time{}
}

// failed closes the gate. Failures of the same moment count once.
func (g *gate) failed() (until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) {
		return g.until
	}
	g.reached = false
	g.until = g.now().Add(min(firstPause<<min(g.failures, 20), longestPause))
	g.failures++
	return g.until
}

// answered forgets the failures: the server has said what becomes of a message.
func (g *gate) answered() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures, g.until, g.reached = 0, time.Time{}, true
}
