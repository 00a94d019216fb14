package smtp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// transact runs one transaction. On any error it leaves the session usable or
// closed as Usable says.
func (s *Session) transact(ctx context.Context, o envelope, next func() *Transaction) (Reply, *Error) {
	if e := s.open(ctx, o); e != nil {
		return Reply{}, e
	}
	if e := s.content(ctx); e != nil {
		return Reply{}, e
	}
	if e := s.permit(ctx, o.t.Permit); e != nil {
		return Reply{}, e
	}
	return s.dot(ctx, s.following(ctx, next))
}

// open brings a message to the point where its content is asked for: by reading
// the replies where the last group began it, otherwise by a group of its own, or
// plainly where the server does not take groups.
func (s *Session) open(ctx context.Context, o envelope) *Error {
	f := withDot
	if s.opened.t == nil {
		if f = opening; !s.takes(f) {
			return s.openPlainly(ctx, o)
		}
		if e := s.begin(ctx, o); e != nil {
			return e
		}
	}
	s.opened = envelope{}
	e := s.answers(ctx, f)
	if e == nil || !s.usable || !e.Reply.isProtocol() {
		return e
	}
	// It offers groups and cannot take them; the recipient is not to blame.
	s.doubt(ctx, f, errNotSMTP)
	return s.openPlainly(ctx, o)
}

// begin writes MAIL, RCPT and DATA as one group.
func (s *Session) begin(ctx context.Context, o envelope) *Error {
	s.commands = s.appendOpening(s.commands[:0], o)
	err := s.deadline(s.lim.mail)
	if err == nil {
		err = s.say(s.commands)
	}
	if err == nil {
		return nil
	}
	reply, err := s.lastWords(err)
	s.drop()
	if err != nil {
		return s.broken(ctx, Mail, err)
	}
	return s.refused(Mail, reply)
}

// step is a command of an opening.
type step struct {
	stage Stage
	limit time.Duration
	want  int // a code, or its first digit
}

func (st step) meets(code int) bool { return code == st.want || code/100 == st.want }

func (s *Session) steps() [3]step {
	return [3]step{{Mail, s.lim.mail, 2}, {Rcpt, s.lim.rcpt, 2}, {Data, s.lim.data, 354}}
}

// openPlainly says each command after the reply to the one before.
func (s *Session) openPlainly(ctx context.Context, o envelope) *Error {
	if s.owesReset {
		reply, err := s.command([]byte(reset), s.lim.mail)
		if e := s.wasReset(ctx, reply, err); e != nil {
			return e
		}
	}
	for _, st := range s.steps() {
		s.commands = s.appendCommand(s.commands[:0], st.stage, o)
		reply, err := s.command(s.commands, st.limit)
		switch {
		case err != nil:
			return s.broken(ctx, st.stage, err)
		case !st.meets(reply.Code):
			return s.refused(st.stage, reply)
		}
	}
	return nil
}

// answers reads what the server says to an opening that was written in a group.
// All of it is read whatever comes first, because each reply left over would be
// taken for another's (RFC 2920 §3.1); the first refusal is the message's.
func (s *Session) answers(ctx context.Context, f form) *Error {
	read := s.listen
	if s.owesReset {
		reply, err := read(s.lim.mail)
		if e := s.wasReset(ctx, reply, err); e != nil {
			s.doubt(ctx, f, err)
			return e
		}
		read = s.listenOn
	}
	var first *Error
	for _, st := range s.steps() {
		reply, err := read(st.limit)
		read = s.listenOn
		switch {
		case err == nil && reply.Code >= 400 && first != nil:
			if reply.Code == 421 {
				s.drop()
				return first
			}
		case err == nil && reply.Code >= 400:
			if first = s.refused(st.stage, reply); !s.usable {
				return first
			}
		case err == nil && st.meets(reply.Code) && (first == nil || st.stage != Data):
		default: // nothing, nonsense, or DATA was taken although nobody is to get it
			e := s.outOfStep(ctx, f, st, reply, err)
			if first != nil {
				return first
			}
			return e
		}
	}
	if first == nil || !first.Reply.isProtocol() {
		s.prove(f)
	}
	if first != nil && s.text.R.Buffered() > 0 { // else the permit finds it
		s.drop()
	}
	return first
}

// outOfStep closes a connection on which a group was not answered as it should
// be.
func (s *Session) outOfStep(ctx context.Context, f form, st step, reply Reply, err error) *Error {
	switch {
	case err != nil:
		s.doubt(ctx, f, err)
		return s.broken(ctx, st.stage, err)
	case !st.meets(reply.Code):
		s.doubt(ctx, f, errNotSMTP)
	}
	return s.refused(st.stage, reply)
}

// wasReset looks at the reply to a RSET. The recipient that follows is not to
// blame for it.
func (s *Session) wasReset(ctx context.Context, reply Reply, err error) *Error {
	s.owesReset = false
	switch {
	case err == nil && reply.Code == 250:
		return nil
	case err == nil && reply.Code == 421:
		return s.refused(Mail, reply)
	case err == nil:
		err = fmt.Errorf("%w: it answered RSET with %d", errNotSMTP, reply.Code)
	}
	return s.broken(ctx, Mail, err)
}

// content writes the body without its dot and pushes it onto the wire, so that
// what can go wrong with it goes wrong before the permit is asked for. A body of
// usual size is one write.
func (s *Session) content(ctx context.Context) *Error {
	const block = 64 << 10
	for rest := s.wire.pieces; len(rest) > 0; {
		s.block, rest = cutBlock(s.block[:0], rest, block)
		err := s.deadline(s.lim.block)
		if err == nil {
			err = s.push(s.block)
		}
		if err == nil {
			continue
		}
		if reply, err := s.lastWords(err); err != nil {
			return s.broken(ctx, Content, err)
		} else {
			s.drop()
			return s.refused(Content, reply)
		}
	}
	return nil
}

// cutBlock appends what comes first of the pieces, up to a size, and gives the rest
// in the same memory.
func cutBlock(block, pieces [][]byte, size int) (cut, rest [][]byte) {
	for len(pieces) > 0 && size > 0 {
		n := min(len(pieces[0]), size)
		block = append(block, pieces[0][:n])
		size -= n
		if n < len(pieces[0]) {
			pieces[0] = pieces[0][n:]
			break
		}
		pieces = pieces[1:]
	}
	return block, pieces
}

// push writes pieces at once. To TLS they go joined, because each write becomes a
// record of its own there.
func (s *Session) push(pieces [][]byte) error {
	if s.clear {
		return s.conn.writeAll(pieces)
	}
	s.joined = s.joined[:0]
	for _, p := range pieces {
		s.joined = append(s.joined, p...)
	}
	return s.say(s.joined)
}

// permit asks the caller. On a refusal the connection must be closed: after DATA
// everything else, RSET and QUIT too, would be taken for content. The server is
// looked at before, to spare the permit, and after it, to spare an outcome that
// nobody knows: both may have taken their time.
func (s *Session) permit(ctx context.Context, ask func(context.Context) error) *Error {
	if e := s.unasked(ctx); e != nil || ask == nil {
		return e
	}
	if err := ask(ctx); err != nil {
		s.drop()
		return &Error{Stage: Content, Outcome: Stopped, Err: err}
	}
	if ctx.Err() != nil {
		return s.broken(ctx, Content, errors.New("before the final dot"))
	}
	return s.unasked(ctx)
}

// unasked finds out whether the server has spoken out of turn, whose words must
// not be taken for the reply to a dot that was not yet written, or has gone.
func (s *Session) unasked(ctx context.Context) *Error {
	if s.text.R.Buffered() == 0 && !s.conn.stirred() {
		return nil
	}
	if err := s.deadline(time.Second); err != nil {
		return s.broken(ctx, Content, err)
	}
	var network net.Error
	if _, err := s.text.R.Peek(1); errors.As(err, &network) && network.Timeout() {
		return nil // TLS spoke, and not the server
	}
	reply, err := s.listen(s.lim.data)
	if err != nil {
		return s.broken(ctx, Content, err)
	}
	s.drop() // whatever it was
	return s.refused(Content, reply)
}

// following asks for the message that is begun together with the dot. One that
// this server cannot be asked to take is not begun; its own Deliver says so.
func (s *Session) following(ctx context.Context, next func() *Transaction) envelope {
	if next == nil || !s.takes(withDot) {
		return envelope{}
	}
	t := next()
	if t == nil {
		return envelope{}
	}
	o, e := s.admit(ctx, t)
	if e != nil {
		return envelope{}
	}
	return o
}

// dot ends the message, and begins the following one if there is one. From the
// first byte of it only a reply can say what became of the message.
func (s *Session) dot(ctx context.Context, following envelope) (Reply, *Error) {
	s.commands = append(s.commands[:0], ".\r\n"...)
	if following.t != nil {
		s.commands = s.appendOpening(s.commands, following)
	}
	if err := s.deadline(s.lim.dot); err != nil { // closed by ctx, and nothing written
		return Reply{}, s.broken(ctx, Content, err)
	}
	before := s.conn.sent
	if err := s.say(s.commands); err != nil {
		return Reply{}, s.cutOff(ctx, s.conn.sent > before, err)
	}
	s.opened = following
	reply, err := s.hear()
	switch {
	case err == nil && reply.Code/100 == 2: // RFC 5321 §4.2.5: the server owns it now
		if following.t == nil && s.text.R.Buffered() > 0 { // "250 taken" and "421 good-bye" in one breath
			s.drop()
		}
		return reply, nil
	case err == nil && reply.Code >= 400:
		return Reply{}, s.refused(Dot, reply)
	case err == nil:
		err = fmt.Errorf("%w: it answered the final dot with %d", errNotSMTP, reply.Code)
	}
	if following.t != nil {
		s.doubt(ctx, withDot, err)
	}
	s.drop()
	return Reply{}, &Error{Stage: Dot, Outcome: Unknown, Err: noReply(err)}
}

// cutOff is a dot whose write failed, which ends the connection. A refusal that
// the server had sent before is believed; a 2xx cannot have been the answer to
// this dot. Where nothing was written the message was certainly not taken.
func (s *Session) cutOff(ctx context.Context, begun bool, writeErr error) *Error {
	reply, err := s.lastWords(writeErr)
	s.drop()
	switch {
	case err == nil && reply.Code >= 400:
		return s.refused(Dot, reply)
	case err == nil:
		err = fmt.Errorf("%w: it spoke before the final dot", errNotSMTP)
	}
	if !begun {
		return s.broken(ctx, Dot, err)
	}
	return &Error{Stage: Dot, Outcome: Unknown, Err: noReply(err)}
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
	case reply.Code == 421:
		s.drop()
	case stage < Content:
		s.owesReset = true
	case stage != Dot:
		s.drop()
	case s.opened.t == nil && s.text.R.Buffered() > 0: // more than was asked
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
