package lmtp

import (
	"errors"
	"io"

	"github.com/emersion/go-smtp"
)

// session is one connection.
type session struct {
	server *Server
	conn   *smtp.Conn

	from    string
	to      []string
	refused int
}

// Reset forgets the transaction.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout is the end of the connection.
func (s *session) Logout() error {
	if s.refused > 0 {
		s.server.log.Info("mail for unknown recipients was refused", "recipients", s.refused)
	}
	return nil
}

// Mail takes every sender: reports come from "<>", complaints from anywhere, and
// whom a message is about is not for its sender to say.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.stopping.Load() {
		return errStopping()
	}
	s.from = from
	return nil
}

// Rcpt takes known recipients.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	known, err := s.server.o.Known(s.server.accepting, to)
	switch {
	case err != nil:
		s.server.log.Error("a recipient cannot be looked up", "error", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The recipient could not be looked up, please try again later"}
	case known:
		return s.take(to)
	}
	s.server.log.Debug("an unknown recipient was refused", "recipient", to)
	if s.refused++; s.refused >= maxRefused {
		s.conn.Reject() // with 421
	}
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
}

// take notes a known recipient, if there is room.
func (s *session) take(to string) error {
	if room := s.server.o.Room; room != nil {
		free, err := room(s.server.accepting, s.from, to)
		if err != nil {
			s.server.log.Error("it cannot be told whether there is room", "error", err)
		}
		if err != nil || !free {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Too much mail waits for a person here, please try again later"}
		}
	}
	s.to = append(s.to, to)
	return nil
}

// Data keeps a message for all its recipients. go-smtp gives their one answer to
// each of them in LMTP (RFC 2033 §4.2).
func (s *session) Data(r io.Reader) error {
	if !s.server.begin() {
		return errStopping()
	}
	defer s.server.receiving.Done()
	body := &watched{in: r}
	err := s.server.o.Accept(s.server.accepting, s.from, s.to, body)
	switch {
	case err == nil:
		s.server.log.Debug("a message was taken in", "recipients", len(s.to))
	case body.failed != nil: // too large, or the client has gone
		s.server.log.Debug("a message was not taken in", "error", body.failed)
		return answer(body.failed)
	default:
		s.server.log.Error("a message could not be stored", "error", err)
	}
	return answer(err)
}

// watched remembers why reading failed.
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
