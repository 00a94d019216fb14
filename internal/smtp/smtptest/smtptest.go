// Package smtptest is a scripted SMTP server for tests of whatever sends mail.
//
// It runs in the test's process on a port of 127.0.0.1, speaks correct SMTP by
// default, and does at any command what a Script tells it to: refuse, close,
// reset, stall, speak out of turn, or talk nonsense. What it accepts it records
// before it answers, so a test that counts Accepted after any fault knows what a
// real server would have delivered.
//
// A test makes one with Start, points its sender at Host and Port (and RootCAs),
// and reads Accepted, Commands and Connections afterwards. To wait for a moment
// instead of a duration, receive from Stalled, which tells of each stall begun.
// Everything ends with the test; a stall ends then too, or with Release.
package smtptest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TLSMode is how connections are encrypted.
type TLSMode string

// The modes. With StartTLS the server takes no MAIL before the handshake.
const (
	Plain    TLSMode = "none"
	StartTLS TLSMode = "starttls"
	Implicit TLSMode = "implicit"
)

// Options describe the server; the zero value is a plain one without login.
type Options struct {
	TLS TLSMode
	// CertificateHost is the name in the certificate; empty: 127.0.0.1 and
	// localhost, the names that a test connects to.
	CertificateHost string
	// Extensions lists what EHLO offers on the nth connection, counted from 1,
	// beside STARTTLS and AUTH, which follow from TLS and Users. Nil: SIZE,
	// 8BITMIME, SMTPUTF8, PIPELINING and ENHANCEDSTATUSCODES.
	Extensions func(connection int) []string
	// Users are names and passwords for AUTH PLAIN and LOGIN. When there are any,
	// MAIL without a login is answered 530.
	Users map[string]string
	// Script says what to do at each command; nil means always the default.
	Script Script
	// HeaderOnly keeps of each message no more than its header, Discard nothing,
	// for long runs.
	HeaderOnly, Discard bool
}

// Script decides what happens at a command: nil for the usual. It is called by
// the goroutines of several connections, one call at a time.
type Script func(Command) *Action

// Command is a moment at which a script can act.
type Command struct {
	// Verb is the command in upper case, or one of these moments: HANDSHAKE when
	// the client has begun a TLS handshake, CONNECT before the greeting,
	// AUTHENTICATE when a name and password are complete, CONTENT after 354 and
	// before the content is read, DOT once the content has ended.
	Verb string
	// Line is the whole line as it came.
	Line string
	// Connection counts connections, Message the MAIL commands of this
	// connection; both from 1 (0 before the first MAIL).
	Connection, Message int
	// From and To are the envelope so far, To's last recipient included at RCPT.
	From string
	To   []string
	User string
	TLS  bool
	// Grouped says that the command came together with the one before it, not
	// after its answer; Pending that more came together with it.
	Grouped, Pending bool
}

// Action is what a script has the server do in place of its usual answer, in the
// order of the fields.
type Action struct {
	// Accept records the message although the usual answer does not follow. Only
	// at DOT.
	Accept bool
	// Wait, after what was said before has left, is called and waited for: a
	// hook that holds the answer back until the test lets it go.
	Wait func()
	// Stall waits until the test ends or calls Release.
	Stall bool
	// Forget throws away what the client has already sent beyond this command,
	// like a server that knows nothing of groups.
	Forget bool
	// Raw is written as it stands: garbage, or several replies at once.
	Raw string
	// Usual lets the usual answer follow Raw. Without Raw, Close and Reset it
	// follows in any case.
	Usual bool
	// Content, only at DATA, reads a message after Raw, whoever it is for.
	Content bool
	// Hold keeps this answer back until one follows that is not held, even when
	// the client has nothing more to say: who waits for it waits for ever.
	Hold bool
	// Close ends the connection, Reset does so without a proper end (TCP RST,
	// and no TLS close-notify).
	Close, Reset bool
}

// Reply refuses or answers with one line, such as "550 5.1.1 no such user".
func Reply(line string) *Action { return &Action{Raw: line + "\r\n"} }

// ReplyAndClose answers and ends the connection, as a 421 should.
func ReplyAndClose(line string) *Action { return &Action{Raw: line + "\r\n", Close: true} }

// At makes a script that acts at one verb and nowhere else.
func At(verb string, action *Action) Script {
	return func(c Command) *Action {
		if c.Verb == verb {
			return action
		}
		return nil
	}
}

// Message is one accepted message.
type Message struct {
	From   string
	To     []string
	Params string // what followed the address in MAIL FROM
	Data   []byte // without dot-stuffing; nil with Options.Discard, cut after the empty line with HeaderOnly
	Size   int

	Connection int
	User       string
	TLS        bool
}

// Server is a running server.
type Server struct {
	o       Options
	l       net.Listener
	tls     *tls.Config
	roots   *x509.CertPool
	stalled chan Command
	done    chan struct{} // closed at the end of the test
	ended   sync.WaitGroup

	script sync.Mutex // one script call at a time

	mu          sync.Mutex
	gone        *sync.Cond    // on mu: a connection has ended
	release     chan struct{} // closed by Release
	conns       map[net.Conn]bool
	connections int
	mostOpen    int
	accepted    []Message
	commands    []string
	answers     int
}

// Start runs a server until the test ends.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{
		o: o, l: l,
		stalled: make(chan Command, 1024),
		done:    make(chan struct{}),
		release: make(chan struct{}),
		conns:   make(map[net.Conn]bool),
	}
	s.gone = sync.NewCond(&s.mu)
	if s.o.TLS == "" {
		s.o.TLS = Plain
	}
	if s.o.TLS != Plain {
		if s.tls, s.roots, err = certificate(o.CertificateHost); err != nil {
			tb.Fatal(err)
		}
	}
	s.ended.Go(s.serve)
	tb.Cleanup(s.stop)
	return s
}

// Host is the address that the server listens on.
func (s *Server) Host() string { return "127.0.0.1" }

// Port is the TCP port.
func (s *Server) Port() int { return s.l.Addr().(*net.TCPAddr).Port } // net.Listen("tcp")

// RootCAs hold the authority that signed the server's certificate; nil for Plain.
func (s *Server) RootCAs() *x509.CertPool { return s.roots }

// Accepted are the messages taken so far, in order.
func (s *Server) Accepted() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accepted)
}

// Commands are the verbs so far, of all connections, the moments that are no
// commands among them.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Answers counts how often answers have left, each time for one command or for a
// whole group: the round trips of a client that waits for them.
func (s *Server) Answers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers
}

// Connections counts the connections so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// MostOpen is the largest number of connections open at one time.
func (s *Server) MostOpen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mostOpen
}

// Stalled receives the command of each stall as it begins.
func (s *Server) Stalled() <-chan Command { return s.stalled }

// Release ends all stalls of now; later ones stall again.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.release)
	s.release = make(chan struct{})
}

// CloseConnections cuts every open connection, like a server that restarts.
func (s *Server) CloseConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// WaitClosed waits until no connection is open, so that a test sees a client that
// forgets to close one: it hangs.
func (s *Server) WaitClosed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.conns) > 0 {
		s.gone.Wait()
	}
}

func (s *Server) serve() {
	for {
		conn, err := s.l.Accept()
		if err != nil {
			return
		}
		number := s.opened(conn)
		s.ended.Go(func() {
			defer s.closed(conn)
			newConnection(s, conn, number).run()
		})
	}
}

func (s *Server) opened(conn net.Conn) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = true
	s.connections++
	s.mostOpen = max(s.mostOpen, len(s.conns))
	return s.connections
}

func (s *Server) closed(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	s.gone.Broadcast()
}

func (s *Server) stop() {
	close(s.done)
	_ = s.l.Close()
	s.CloseConnections()
	s.ended.Wait()
}

func (s *Server) stall(c Command) {
	s.mu.Lock()
	release := s.release
	s.mu.Unlock()
	select {
	case s.stalled <- c:
	default: // nobody listens
	}
	select {
	case <-release:
	case <-s.done:
	}
}

func (s *Server) ask(c Command) *Action {
	s.mu.Lock()
	s.commands = append(s.commands, c.Verb)
	s.mu.Unlock()
	if s.o.Script == nil {
		return nil
	}
	s.script.Lock()
	defer s.script.Unlock()
	return s.o.Script(c)
}

func (s *Server) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers++
}

func (s *Server) accept(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = append(s.accepted, m)
}

func (s *Server) extensions(connection int, secure bool) []string {
	list := []string{"SIZE 10485760", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"}
	if s.o.Extensions != nil {
		list = slices.Clone(s.o.Extensions(connection))
	}
	if s.o.TLS == StartTLS && !secure {
		list = append(list, "STARTTLS")
	}
	if len(s.o.Users) > 0 && !slices.ContainsFunc(list, func(e string) bool { return strings.HasPrefix(e, "AUTH") }) {
		list = append(list, "AUTH PLAIN LOGIN")
	}
	return list
}
