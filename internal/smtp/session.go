package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail/smtp"
)

// Session is one connection on which messages are sent one after the other. It
// belongs to one goroutine at a time; only the contexts given to Send reach it
// from elsewhere.
type Session struct {
	client *gomail.Client
	text   *textproto.Conn // the client's own, after STARTTLS
	conn   *guard
	lim    limits
	usable bool

	size int64 // largest message the server takes; 0 means not stated
}

func newSession(client *gomail.Client, conn *guard, lim limits) *Session {
	s := &Session{client: client, text: client.Text, conn: conn, lim: lim, usable: true}
	if _, size := client.Extension("SIZE"); size != "" { // RFC 1870 §4
		if n, err := strconv.ParseInt(size, 10, 64); err == nil && n > 0 {
			s.size = n
		}
	}
	return s
}

// Supports says whether the server offered an extension, such as "PIPELINING",
// after TLS and on this connection.
func (s *Session) Supports(ext string) bool {
	ok, _ := s.client.Extension(ext)
	return ok
}

// Usable says whether another message can be sent on this session. It stays true
// after a message was taken, after MAIL or RCPT was refused (the transaction is
// then reset), after the dot was refused (that ends the transaction by itself,
// RFC 5321 §4.1.1.4), and after a refusal on this side. After everything else,
// every 421 among it, the connection has been closed.
func (s *Session) Usable() bool { return s.usable }

// envelope is what MAIL and RCPT say of one message.
type envelope struct {
	from, to string
	utf8     bool // needs SMTPUTF8
	eightBit bool // needs 8BITMIME
	size     int  // octets of the message
}

// Send submits one message to one recipient and gives the reply to the final dot.
// From and to are bare addresses with their domains as A-labels; an empty from is
// the null sender. Body is the whole message with CRLF line ends. Utf8 says that
// the message has headers that need SMTPUTF8 (RFC 6531 §3.4); an address that
// needs it is found here.
//
// BeforeDot is called once the body has been written, and the final dot only
// follows when it returns nil. It may be nil. When ctx ends the connection is
// closed: before the dot that is Stopped, after it Unknown, so give a ctx that
// outlives the wait for a reply. Errors are *Error; Usable says how to go on.
func (s *Session) Send(ctx context.Context, from, to string, utf8 bool, body []byte, beforeDot func(context.Context) error) (Reply, error) {
	env := envelope{
		from: from, to: to, size: len(body), eightBit: is8bit(body),
		utf8: utf8 || !isASCII(from) || !isASCII(to),
	}
	if e := s.admit(ctx, env, body); e != nil {
		return Reply{}, e
	}
	stop := context.AfterFunc(ctx, s.conn.abort)
	reply, e := s.transact(ctx, env, body, beforeDot)
	if !stop() {
		s.drop()
	}
	if e != nil {
		return Reply{}, e
	}
	return reply, nil
}

// transact runs one transaction. On any error it leaves the session usable or
// closed as Usable says.
func (s *Session) transact(ctx context.Context, env envelope, body []byte, beforeDot func(context.Context) error) (Reply, *Error) {
	if e := s.open(ctx, env); e != nil {
		return Reply{}, e
	}
	if e := s.content(ctx, body); e != nil {
		return Reply{}, e
	}
	if e := s.permit(ctx, beforeDot); e != nil {
		return Reply{}, e
	}
	return s.dot(ctx)
}

// admit refuses before anything is said what this server cannot be asked.
func (s *Session) admit(ctx context.Context, env envelope, body []byte) *Error {
	fault := func(stage Stage, outcome Outcome, err error) *Error {
		return &Error{Stage: stage, Outcome: outcome, Err: err}
	}
	switch {
	case !s.usable:
		return fault(Mail, ConnectionLost, errors.New("the connection is closed"))
	case ctx.Err() != nil:
		return fault(Mail, Stopped, context.Cause(ctx))
	case !isPath(env.from):
		return fault(Mail, SenderFault, errors.New("the sender's address cannot stand in a command"))
	case env.to == "" || !isPath(env.to):
		return fault(Rcpt, Permanent, errors.New("the recipient's address cannot stand in a command"))
	case env.utf8 && !s.Supports("SMTPUTF8"): // RFC 6531 §3.2
		return fault(Rcpt, Permanent, errors.New("the address or the message needs SMTPUTF8 and the server does not offer it"))
	case env.eightBit && !s.Supports("8BITMIME"): // RFC 6152 §3
		return fault(Mail, SenderFault, errors.New("the message has 8-bit text and the server does not offer 8BITMIME"))
	case s.size > 0 && int64(env.size) > s.size: // RFC 1870 §6.1
		return fault(Mail, SenderFault, fmt.Errorf("the message has %d bytes and the server takes at most %d", env.size, s.size))
	}
	if err := checkContent(body); err != nil {
		return fault(Content, SenderFault, err)
	}
	return nil
}

// isPath says whether an address can stand between the brackets of a command
// without ending them. Whether it is an address is the server's to say.
func isPath(address string) bool {
	return !strings.ContainsFunc(address, func(c rune) bool { return c < ' ' || c == 0x7f || c == '<' || c == '>' })
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= 0x80 })
}

// open says MAIL, RCPT and DATA.
func (s *Session) open(ctx context.Context, env envelope) *Error {
	for _, step := range []struct {
		stage   Stage
		command string
		limit   time.Duration
		want    int // a code, or its first digit
	}{
		{Mail, s.mailCommand(env), s.lim.mail, 2},
		{Rcpt, "RCPT TO:<" + env.to + ">", s.lim.rcpt, 2},
		{Data, "DATA", s.lim.data, 354},
	} {
		reply, err := s.command(step.command, step.limit)
		if err != nil {
			return s.broken(ctx, step.stage, err)
		}
		if reply.Code != step.want && reply.Code/100 != step.want {
			return s.refused(step.stage, reply)
		}
	}
	return nil
}

func (s *Session) mailCommand(env envelope) string {
	command := "MAIL FROM:<" + env.from + ">"
	if s.Supports("SIZE") {
		command += " SIZE=" + strconv.Itoa(env.size)
	}
	if env.eightBit {
		command += " BODY=8BITMIME"
	}
	if env.utf8 {
		command += " SMTPUTF8"
	}
	return command
}

// command writes one line and reads its reply. A server that gave up before has
// often said why (a 421 when it was idle too long): after a failed write what it
// said is still looked for.
func (s *Session) command(line string, limit time.Duration) (Reply, error) {
	if err := s.deadline(limit); err != nil {
		return Reply{}, err
	}
	if _, err := s.text.W.WriteString(line + "\r\n"); err != nil {
		return s.lastWords(err)
	}
	if err := s.text.W.Flush(); err != nil {
		return s.lastWords(err)
	}
	return readReply(s.text.R)
}

// content writes the body without its dot and pushes it onto the wire, so that
// what can go wrong with it goes wrong before the permit is asked for.
func (s *Session) content(ctx context.Context, body []byte) *Error {
	const block = 64 << 10
	for rest := stuff(body); len(rest) > 0; {
		part := rest[:min(block, len(rest))]
		rest = rest[len(part):]
		err := s.deadline(s.lim.block)
		if err == nil {
			_, err = s.text.W.Write(part)
		}
		if err == nil && len(rest) == 0 {
			err = s.text.W.Flush()
		}
		if err == nil {
			continue
		}
		if reply, err := s.lastWords(err); err != nil {
			return s.broken(ctx, Content, err)
		} else {
			return s.refused(Content, reply)
		}
	}
	return nil
}

// permit asks beforeDot. On a refusal the connection must be closed: after DATA
// everything else, RSET and QUIT too, would be taken for content.
func (s *Session) permit(ctx context.Context, beforeDot func(context.Context) error) *Error {
	if s.text.R.Buffered() > 0 {
		// The server spoke out of turn. Its words must not be taken for the
		// reply to a dot that was not yet written.
		reply, err := readReply(s.text.R)
		if err != nil {
			return s.broken(ctx, Content, err)
		}
		return s.refused(Content, reply)
	}
	if beforeDot != nil {
		if err := beforeDot(ctx); err != nil {
			s.drop()
			return &Error{Stage: Content, Outcome: Stopped, Err: err}
		}
	}
	if ctx.Err() != nil {
		return s.broken(ctx, Content, errors.New("before the final dot"))
	}
	return nil
}

// dot ends the message. From the first byte of it only a reply can say what
// became of the message.
func (s *Session) dot(ctx context.Context) (Reply, *Error) {
	if err := s.deadline(s.lim.dot); err != nil { // closed by ctx, and nothing written
		return Reply{}, s.broken(ctx, Content, err)
	}
	reply, err := s.writeDot()
	switch {
	case err == nil && reply.Code/100 == 2: // RFC 5321 §4.2.5: the server owns it now
		if s.text.R.Buffered() > 0 { // "250 taken" and "421 good-bye" in one breath
			s.drop()
		}
		return reply, nil
	case err == nil && reply.Code >= 400:
		return Reply{}, s.refused(Dot, reply)
	case err == nil:
		err = fmt.Errorf("%w: it answered the final dot with %d", errNotSMTP, reply.Code)
	}
	s.drop()
	return Reply{}, &Error{Stage: Dot, Outcome: Unknown, Err: noReply(err)}
}

// writeDot writes the dot and reads its reply. Where the write fails, only a
// refusal is believed: a 2xx cannot have been the answer to this dot.
func (s *Session) writeDot() (Reply, error) {
	_, err := s.text.W.WriteString(".\r\n")
	if err == nil {
		err = s.text.W.Flush()
	}
	if err == nil {
		return readReply(s.text.R)
	}
	reply, err := s.lastWords(err)
	if err == nil && reply.Code < 400 {
		err = fmt.Errorf("%w: it spoke before the final dot", errNotSMTP)
	}
	return reply, err
}

// refused turns an unwanted reply into an error, and the session into one that
// can go on or is closed.
func (s *Session) refused(stage Stage, reply Reply) *Error {
	if reply.Code < 400 {
		s.drop()
		return &Error{Stage: stage, Outcome: ConnectionLost, Err: fmt.Errorf("%w: it answered %s with %d", errNotSMTP, stage, reply.Code)}
	}
	e := &Error{Stage: stage, Reply: reply, Outcome: outcomeOf(stage, reply)}
	switch {
	case reply.Code == 421, s.text.R.Buffered() > 0:
		s.drop()
	case stage == Mail || stage == Rcpt:
		if again, err := s.command("RSET", s.lim.mail); err != nil || again.Code != 250 {
			s.drop()
		}
	case stage != Dot:
		s.drop()
	}
	return e
}

// broken is a connection that failed before the dot.
func (s *Session) broken(ctx context.Context, stage Stage, err error) *Error {
	s.drop()
	if ctx.Err() != nil {
		return &Error{Stage: stage, Outcome: Stopped, Err: fmt.Errorf("%w: %w", context.Cause(ctx), err)}
	}
	return &Error{Stage: stage, Outcome: ConnectionLost, Err: noReply(err)}
}

func noReply(err error) error { return fmt.Errorf("no reply came: %w", err) }

// lastWords reads what the server said before it stopped listening, and gives
// the write's error when it said nothing.
func (s *Session) lastWords(writeErr error) (Reply, error) {
	if err := s.deadline(time.Second); err != nil {
		return Reply{}, writeErr
	}
	reply, err := readReply(s.text.R)
	if err != nil {
		return Reply{}, writeErr
	}
	return reply, nil
}

// deadline bounds the next phase. go-mail's own deadline, set once by Dial, would
// otherwise end the session some seconds later.
func (s *Session) deadline(limit time.Duration) error {
	return s.conn.SetDeadline(time.Now().Add(limit)) // the callers do
}

// drop closes the connection without a word.
func (s *Session) drop() {
	s.usable = false
	s.conn.abort()
}

// Close says QUIT where that is possible, waits at most five seconds for the
// answer, and closes the connection. Closing again does nothing.
func (s *Session) Close() error {
	if !s.usable {
		return nil
	}
	_, err := s.command("QUIT", s.lim.quit)
	s.drop()
	if err != nil {
		return &Error{Stage: Connect, Outcome: ConnectionLost, Err: fmt.Errorf("QUIT: %w", err)}
	}
	return nil
}
