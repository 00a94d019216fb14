package smtp

import (
	"fmt"
	"net"
	"syscall"
)

// guard is the TCP connection under go-mail's client. It bounds what a server
// may say without being asked, which net/textproto does not, and can be closed
// from outside while go-mail's client holds its lock waiting for a reply.
type guard struct {
	net.Conn
	// heard counts bytes since the last write or since a reply was last waited
	// for, and sent what was ever written. Only the goroutine that drives
	// the session touches it, below TLS too.
	heard int
	sent  int64
	peeking
	// spoke says whether anything was written since arm.
	spoke bool
}

// peeking is what stirred keeps from one call to the next.
type peeking struct {
	raw     syscall.RawConn // the socket below, once it was asked for
	look    func(socket uintptr) bool
	glimpse [1]byte
	quiet   bool
}

// arm begins the conversation proper, after an implicit TLS handshake.
func (g *guard) arm() { g.spoke, g.heard = false, 0 }

func (g *guard) Read(p []byte) (int, error) {
	if g.heard > 2*maxReply { // twice: TLS adds its own
		return 0, fmt.Errorf("%w: it sent %d KiB unasked", errNotSMTP, g.heard>>10)
	}
	n, err := g.Conn.Read(p)
	g.heard += n
	return n, err // io.EOF must stay itself
}

func (g *guard) Write(p []byte) (int, error) {
	g.heard, g.spoke = 0, true
	n, err := g.Conn.Write(p)
	g.sent += int64(n)
	return n, err // a net.Conn hands on what it got
}

// writeAll writes pieces with as few system calls as it takes. Only without TLS, and
// while nothing waits in go-mail's own buffer.
func (g *guard) writeAll(pieces net.Buffers) error {
	g.heard, g.spoke = 0, true
	n, err := pieces.WriteTo(g.Conn)
	g.sent += n
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// abort closes the connection at once and from any goroutine; every waiting read
// and write fails.
func (g *guard) abort() { _ = g.Conn.Close() }
