package smtp

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

// form is a kind of group.
type form int

const (
	opening form = iota // MAIL, RCPT, DATA
	withDot             // the dot of one message and the opening of the next
)

// Groups remembers over all connections to one server whether it really takes
// the groups of commands that it offers with PIPELINING. The zero value trusts
// every offer; give one to all Options for the same server.
//
// A server that answers three connections' first groups in a row not at all, or
// not in order, gets smaller groups for an hour: no opening in the group of a dot,
// or no group at all. Nonsense, silence, and a complaint about the order of
// commands are enough the first time as long as no group ever succeeded. What
// happens on a connection after a group succeeded there counts for nothing.
type Groups struct {
	mu    sync.Mutex
	forms [2]record
}

// record is what is known of one form.
type record struct {
	proved bool // ever
	doubts int  // connections in a row
	until  time.Time
}

const (
	enoughDoubts = 3
	doubtLasts   = time.Hour
)

func (g *Groups) takes(f form, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !now.Before(g.forms[f].until)
}

// doubt counts a failed group; plain says that it can hardly have another cause.
func (g *Groups) doubt(f form, plain bool, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := &g.forms[f]
	r.doubts++
	if r.doubts >= enoughDoubts || plain && !r.proved {
		r.doubts, r.until = 0, now.Add(doubtLasts)
	}
}

func (g *Groups) prove(f form) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forms[f].proved, g.forms[f].doubts = true, 0
}

// takes says whether a group of this form is worth trying. A group with a dot
// holds an opening, too.
func (s *Session) takes(f form) bool {
	if !s.offers.pipelining || f == withDot && !s.takes(opening) {
		return false
	}
	return s.proved[f] || s.groups.takes(f, time.Now())
}

// prove notes a group that was answered in order.
func (s *Session) prove(f form) {
	if !s.proved[f] {
		s.proved[f] = true
		s.groups.prove(f)
	}
}

// doubt notes a group that was not. A connection is lost for many reasons.
func (s *Session) doubt(ctx context.Context, f form, err error) {
	if ctx.Err() != nil || s.proved[f] {
		return
	}
	var network net.Error
	silent := errors.As(err, &network) && network.Timeout()
	s.groups.doubt(f, silent || errors.Is(err, errNotSMTP), time.Now())
}

// isProtocol says whether a refusal is about the order or the form of commands
// and not about whom they name (RFC 5321 §4.2.2). The basic code decides: 550
// 5.5.0 is what some servers say of an unknown user.
func (r Reply) isProtocol() bool {
	return (r.Code == 500 || r.Code == 502 || r.Code == 503) &&
		(r.Enhanced == "" || strings.HasPrefix(r.Enhanced, "5.5."))
}
