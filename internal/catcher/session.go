package catcher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"epistle/internal/newsletter"
)

const (
	maxRecipients = 100             // the least that RFC 5321 §4.5.3.1.10 allows
	idle          = 5 * time.Minute // RFC 5321 §4.5.3.2.7
)

// ServeSMTP accepts messages on l until ctx ends, then closes l and every
// connection and waits for the messages being written. It is nil after that, and
// otherwise says why l failed. The server offers SIZE, 8BITMIME, SMTPUTF8,
// PIPELINING, CHUNKING and ENHANCEDSTATUSCODES, and neither TLS nor AUTH.
func (c *Catcher) ServeSMTP(ctx context.Context, l net.Listener) error {
	server := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		if ctx.Err() != nil { // it was accepted while the server was closing
			_ = conn.Conn().Close()
			return nil, context.Cause(ctx)
		}
		return &session{c: c, ctx: ctx, conn: conn}, nil
	}))
	server.Domain = "epistle.catcher"
	server.MaxMessageBytes = c.o.MaxBytes
	server.MaxRecipients = maxRecipients
	server.EnableSMTPUTF8 = true
	server.ReadTimeout, server.WriteTimeout = idle, idle
	server.ErrorLog = serverLog{c}

	stop := context.AfterFunc(ctx, func() {
		_ = server.Close()
		_ = l.Close() // Close does not know l when ctx ended before Serve
	})
	defer stop()
	err := server.Serve(l)
	_ = server.Close() // a second time is harmless; when l failed it is the first
	c.receiving.Lock() // waits for every Data
	defer c.receiving.Unlock()
	if err != nil && ctx.Err() == nil {
		return newsletter.Errorf(newsletter.Unavailable, "the catcher cannot accept connections: %w", err).At(l.Addr().String())
	}
	return nil
}

// serverLog takes go-smtp's own complaints, which are about broken connections.
type serverLog struct{ c *Catcher }

func (l serverLog) Printf(format string, v ...any) {
	l.c.log.Debug("catcher connection", "error", fmt.Sprintf(format, v...))
}

func (l serverLog) Println(v ...any) { l.Printf("%s", fmt.Sprintln(v...)) }

// session is one connection.
type session struct {
	c    *Catcher
	ctx  context.Context // ServeSMTP's, which is the connection's life
	conn *smtp.Conn

	sender     string
	recipients []string
}

func (s *session) Reset() { s.sender, s.recipients = "", nil }

func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.sender = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.c.o.Behave {
		if refusal := s.c.moods.refusal(to); refusal != nil {
			return refusal
		}
	}
	s.recipients = append(s.recipients, to)
	return nil
}

// Data keeps a message. It is recorded before it is answered, as every mail
// server does.
func (s *session) Data(r io.Reader) error {
	s.c.receiving.RLock()
	defer s.c.receiving.RUnlock()
	r, wanted, err := s.look(r)
	if err != nil || !wanted {
		return err
	}
	id, err := s.c.keep(s.sender, s.recipients, r)
	var disk *fs.PathError
	switch {
	case errors.As(err, &disk):
		s.c.log.Error("the catcher cannot keep a message", "error", err)
		return &smtp.SMTPError{
			Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0},
			Message: "The message could not be stored",
		}
	case err != nil: // too big, a line too long, or the client has gone
		s.c.log.Debug("message not kept", "error", err)
		return err
	}
	s.c.log.Debug("message kept", "message", id)
	if s.c.o.Behave {
		return s.afterwards()
	}
	return nil
}

// look lets Options.Keep decide about a message, and gives it to be read again.
func (s *session) look(r io.Reader) (again io.Reader, wanted bool, err error) {
	if s.c.o.Keep == nil {
		return r, true, nil
	}
	raw, err := io.ReadAll(r) // bounded by MaxBytes
	if err != nil {
		return nil, false, err // the server's own error decides the reply
	}
	return bytes.NewReader(raw), s.c.o.Keep(s.sender, s.recipients, raw), nil
}

// afterwards plays what happens after the final dot.
func (s *session) afterwards() error {
	for _, to := range s.recipients {
		switch {
		case strings.HasPrefix(to, "stall"):
			select {
			case <-time.After(stallTime):
			case <-s.ctx.Done(): // a server that ends does not answer any more
				return s.hangUp()
			}
		case strings.HasPrefix(to, "drop") && s.c.moods.first(to):
			return s.hangUp()
		}
	}
	return nil
}

// hangUp closes the connection; nobody reads the answer to its error.
func (s *session) hangUp() error {
	_ = s.conn.Conn().Close()
	return net.ErrClosed
}

// stallTime is how long a stalling recipient keeps the sender waiting.
const stallTime = 3 * time.Second

// moods plays recipients, by the beginning of their local part:
//
//	bounce   550 5.1.1 at RCPT: no such user
//	full     552 5.2.2 at RCPT: mailbox full
//	defer    451 4.7.1 at the first RCPT, then accepted: greylisting
//	stall    accepted, but the reply to the final dot comes 3 seconds late
//	drop     the first message is kept and the connection closed without a reply
//	         to the final dot; later ones are accepted
//
// What is "first" is known for as long as the process lives.
type moods struct {
	mu   sync.Mutex
	seen map[string]bool
}

// maxSeen bounds the memory of first attempts; beyond it all is accepted.
const maxSeen = 100_000

func (m *moods) refusal(to string) error {
	switch {
	case strings.HasPrefix(to, "bounce"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user here"}
	case strings.HasPrefix(to, "full"):
		return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 2, 2}, Message: "The mailbox is full"}
	case strings.HasPrefix(to, "defer") && m.first(to):
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Greylisted, please try again later"}
	}
	return nil
}

// first says whether this is the first time that it is asked about a recipient.
func (m *moods) first(to string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = make(map[string]bool)
	}
	if m.seen[to] || len(m.seen) >= maxSeen {
		return false
	}
	m.seen[to] = true
	return true
}
