// Package lmtp is the way in for a mail server that hands over what comes back: a
// small server of LMTP (RFC 2033) or SMTP (RFC 5321) for the envelope domain. It
// takes mail for the recipients that Options.Known knows and for nobody else, so
// that it can never be a relay.
//
// Its steps: Serve accepts connections, a bounded number at a time and each for a
// bounded time; session.go holds the conversation; at the end of a message
// Options.Accept is called once, whatever the number of its recipients, and only
// when that has returned nil is the message answered with 250. LMTP answers for
// each recipient; all of them get the same answer. Trouble on this side is 451, so
// that the mail server tries again.
//
// It offers neither TLS nor AUTH: LMTP stays on one machine or in one network, and
// a server that faces the world should stand in front of it. What a message says
// is the work of package inbound.
package lmtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"

	"epistle/internal/newsletter"
)

// Options of a Server.
type Options struct {
	// Name is the name by which the server greets.
	Name string
	// SMTP speaks SMTP instead of LMTP.
	SMTP bool
	// Known says whether mail to an address is taken in. An error is answered with
	// 451.
	Known func(ctx context.Context, address string) (bool, error)
	// Room says whether mail from a sender, empty for the null sender, to a known
	// address is taken in now; else it is answered with 451. Nil: always.
	Room func(ctx context.Context, from, to string) (bool, error)
	// Accept keeps a message; when it returns nil the message is durable. from is
	// empty for the null sender.
	Accept func(ctx context.Context, from string, to []string, message io.Reader) error
	Log    *slog.Logger

	// MaxBytes is the largest message taken, 0 for 100 MiB; Connections how many
	// are held at a time, 0 for 50.
	MaxBytes    int64
	Connections int
}

const (
	maxRecipients = 100              // the least that RFC 5321 §4.5.3.1.10 allows
	maxRefused    = 20               // recipients refused in one connection before it is closed: nobody may try names
	idle          = 5 * time.Minute  // RFC 5321 §4.5.3.2.7
	lifetime      = 30 * time.Minute // of a connection, whatever it does
	drain         = 5 * time.Second  // for messages under way when the server stops
)

// Server takes mail in. Make it with New.
type Server struct {
	o   Options
	log *slog.Logger

	stopping  atomic.Bool
	receiving sync.WaitGroup // messages between the first byte and the answer
	mu        sync.Mutex     // between stopping and the beginning of a message
	accepting context.Context
}

// New makes a Server.
func New(o Options) *Server {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 100 << 20
	}
	if o.Connections <= 0 {
		o.Connections = 50
	}
	return &Server{o: o, log: o.Log}
}

// Serve takes messages on l until ctx ends. Then no further message is begun, those
// under way have five seconds to end, and l and every connection are closed. It is
// nil after that, and otherwise says why l failed. Call it once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	accepting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.accepting = accepting
	server := smtp.NewServer(smtp.BackendFunc(s.open))
	server.Domain, server.LMTP = s.o.Name, !s.o.SMTP
	server.MaxMessageBytes, server.MaxRecipients = s.o.MaxBytes, maxRecipients
	server.EnableSMTPUTF8 = true // reports about addresses outside ASCII come so (RFC 6533 §4)
	server.ReadTimeout, server.WriteTimeout = idle, idle
	server.ErrorLog = serverLog{s}

	drained := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(drained)
		_ = l.Close()
		s.finish()
		cancel()
		_ = server.Close()
	})
	err := server.Serve(netutil.LimitListener(mortal{l}, s.o.Connections))
	if !stop() {
		<-drained
		s.receiving.Wait()
		return nil
	}
	_ = server.Close()
	cancel()
	s.receiving.Wait()
	return newsletter.Errorf(newsletter.Unavailable, "mail can no longer be taken in: %w", err).At(l.Addr().String())
}

// mortal gives each connection its lifetime: go-smtp only bounds each wait, and a
// client that says something now and then could stay for ever.
type mortal struct{ net.Listener }

func (m mortal) Accept() (net.Conn, error) {
	conn, err := m.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &mortalConn{conn, time.AfterFunc(lifetime, func() { _ = conn.Close() })}, nil
}

type mortalConn struct {
	net.Conn
	end *time.Timer
}

func (c *mortalConn) Close() error {
	c.end.Stop()
	return c.Conn.Close()
}

// finish waits for the messages under way, but not for long.
func (s *Server) finish() {
	s.mu.Lock()
	s.stopping.Store(true)
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.receiving.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(drain):
	}
}

// begin says whether a message may begin; its end is then receiving.Done.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping.Load() {
		return false
	}
	s.receiving.Add(1)
	return true
}

// open begins a session.
func (s *Server) open(conn *smtp.Conn) (smtp.Session, error) {
	if s.stopping.Load() {
		_ = conn.Conn().Close()
		return nil, errStopping()
	}
	return &session{server: s, conn: conn}, nil
}

// serverLog takes go-smtp's own complaints, which are about broken connections.
type serverLog struct{ s *Server }

func (l serverLog) Printf(format string, v ...any) {
	l.s.log.Debug("a connection that brings mail", "error", fmt.Sprintf(format, v...))
}

func (l serverLog) Println(v ...any) { l.Printf("%s", fmt.Sprintln(v...)) }

func errStopping() error {
	return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "The server is stopping"}
}

// answer turns what an Accept says into a reply. What go-smtp says of its own, such
// as 552 for a message that is too large, stays.
func answer(err error) error {
	var said *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return said
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The message could not be stored, please try again later"}
}
