package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail/smtp"
)

// Session is one connection on which messages are sent one after the other. It
// belongs to one goroutine at a time; only the contexts given to Deliver, and
// Abort, reach it from elsewhere.
type Session struct {
	client *gomail.Client
	text   *textproto.Conn // the client's own, after STARTTLS
	conn   *guard
	clear  bool // without TLS
	lim    limits
	offers offers
	groups *Groups
	usable bool

	opened    envelope // written in the last group, its replies not yet read
	owesReset bool     // the last transaction was refused and is still open
	proved    [2]bool  // by form: the server has answered such a group in order
	commands  []byte   // the last group, kept for its memory
	wire      wire     // of the message that was admitted last
	block     [][]byte // of the body being written; kept for its memory, as is
	joined    []byte   // the same in one piece
}

// offers are the extensions that matter for a message.
type offers struct {
	pipelining, eightBit, utf8, sizes bool
	size                              int64 // largest message; 0 means not stated
}

func newSession(client *gomail.Client, conn *guard, o *Options, lim limits) *Session {
	s := &Session{client: client, text: client.Text, conn: conn, clear: o.TLS == TLSNone, lim: lim, groups: o.Groups, usable: true}
	if s.groups == nil {
		s.groups = new(Groups)
	}
	s.offers = offers{
		pipelining: s.Supports("PIPELINING"), eightBit: s.Supports("8BITMIME"),
		utf8: s.Supports("SMTPUTF8"), sizes: s.Supports("SIZE"),
	}
	if _, size := client.Extension("SIZE"); size != "" { // RFC 1870 §4
		if n, err := strconv.ParseInt(size, 10, 64); err == nil && n > 0 {
			s.offers.size = n
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
// after a message was taken, after MAIL, RCPT or DATA was refused (the next message
// then begins with RSET), after the dot was refused (that ends the transaction by
// itself, RFC 5321 §4.1.1.4), and after a refusal on this side. After everything
// else, every 421 among it, the connection has been closed.
func (s *Session) Usable() bool { return s.usable }

// Transaction is one message for one recipient.
type Transaction struct {
	// From and To are bare addresses with their domains as A-labels; an empty
	// From is the null sender.
	From, To string
	// UTF8 says that the message has headers that need SMTPUTF8 (RFC 6531 §3.4);
	// an address that needs it is found here.
	UTF8 bool
	// Body is the message. Its memory must not change before Deliver has returned.
	Body Body
	// Permit is called once the body has been written; the final dot only
	// follows when it returns nil. Nil permits.
	Permit func(context.Context) error
}

// Deliver submits one message and gives the reply to its final dot. Errors are
// *Error; Usable says how to go on.
//
// Next names the message after this one, or nil when there is none or it is not
// yet to be begun. It is asked at most once, after the permit and just before the
// dot, and so should only hand over what is ready; it is not asked when this
// message gets no dot, nor on a connection that does not take groups. Where it
// may be nil it saves nothing. What it gave is begun in the same group as the dot
// (RFC 2920 §3.1), so that on a connection kept busy a message costs one round
// trip. Its own replies are read by the next Deliver: the outcome of this message
// never waits for them.
//
// What next gave must be the argument of the next Deliver on this session, the
// same pointer with the same contents, if the session is still usable then; on
// another session it starts afresh. Any other message, and Close, ends the
// connection without a word, because the server may be waiting for content and
// would take everything for it.
//
// When ctx ends the connection is closed: before the dot that is Stopped, after
// it Unknown, so give a ctx that outlives the wait for a reply.
func (s *Session) Deliver(ctx context.Context, t *Transaction, next func() *Transaction) (Reply, error) {
	o, e := s.take(ctx, t)
	if e != nil {
		return Reply{}, e
	}
	stop := context.AfterFunc(ctx, s.conn.abort)
	reply, e := s.transact(ctx, o, next)
	if !stop() {
		s.drop()
	}
	if e != nil {
		return Reply{}, e
	}
	return reply, nil
}

// Send delivers one message that no other follows; see Deliver and Transaction.
func (s *Session) Send(ctx context.Context, from, to string, utf8 bool, body []byte, beforeDot func(context.Context) error) (Reply, error) {
	return s.Deliver(ctx, &Transaction{From: from, To: to, UTF8: utf8, Body: Whole(body), Permit: beforeDot}, nil)
}

// take finds the message among what was opened, or looks whether it can be.
func (s *Session) take(ctx context.Context, t *Transaction) (envelope, *Error) {
	opened := s.opened
	switch {
	case opened.t == nil:
		return s.admit(ctx, t)
	case opened.t != t:
		return envelope{}, s.broken(ctx, Mail, errors.New("another message had been begun on this connection"))
	case ctx.Err() != nil:
		return envelope{}, s.broken(ctx, Mail, errors.New("the message had been begun"))
	}
	return opened, nil
}

// say writes at once and pushes them onto the wire.
func (s *Session) say(commands []byte) error {
	if _, err := s.text.W.Write(commands); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := s.text.W.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// listen reads one reply.
func (s *Session) listen(limit time.Duration) (Reply, error) {
	if err := s.deadline(limit); err != nil {
		return Reply{}, err
	}
	return s.hear()
}

// listenOn reads a reply behind another. One whose beginning came together with that
// is still bounded by its limit.
func (s *Session) listenOn(limit time.Duration) (Reply, error) {
	if s.text.R.Buffered() > 0 {
		return s.hear()
	}
	return s.listen(limit)
}

// hear reads one reply within the limit that was set last.
func (s *Session) hear() (Reply, error) {
	s.conn.heard = 0 // it counts what comes unasked
	return readReply(s.text.R)
}

// command writes one line and reads its reply. A server that gave up before has
// often said why (a 421 when it was idle too long): after a failed write what it
// said is still looked for.
func (s *Session) command(line []byte, limit time.Duration) (Reply, error) {
	if err := s.deadline(limit); err != nil {
		return Reply{}, err
	}
	if err := s.say(line); err != nil {
		return s.lastWords(err)
	}
	return s.listen(limit)
}

// lastWords reads what the server said before it stopped listening, and gives
// the write's error when it said nothing.
func (s *Session) lastWords(writeErr error) (Reply, error) {
	reply, err := s.listen(time.Second)
	if err != nil {
		return Reply{}, writeErr
	}
	return reply, nil
}

// deadline bounds the next phase. go-mail's own deadline, set once by Dial, would
// otherwise end the session some seconds later.
func (s *Session) deadline(limit time.Duration) error {
	return s.conn.SetDeadline(time.Now().Add(limit)) // the callers wrap it
}

// drop closes the connection without a word.
func (s *Session) drop() {
	s.usable, s.opened = false, envelope{}
	s.conn.abort()
}

// Abort closes the connection at once and without a word, from any goroutine:
// what waits on it fails.
func (s *Session) Abort() { s.conn.abort() }

// Close says QUIT where that is possible, waits at most five seconds for the
// answer, and closes the connection. Where a message was begun it only closes.
// Closing again does nothing.
func (s *Session) Close() error {
	if !s.usable {
		return nil
	}
	if s.opened.t != nil { // QUIT would be content
		s.drop()
		return nil
	}
	_, err := s.command([]byte("QUIT\r\n"), s.lim.quit)
	s.drop()
	if err != nil {
		return &Error{Stage: Connect, Outcome: ConnectionLost, Err: fmt.Errorf("QUIT: %w", err)}
	}
	return nil
}
