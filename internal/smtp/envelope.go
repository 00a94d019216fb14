package smtp

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// envelope is a message with what MAIL has to say of it. Its zero value is none.
type envelope struct {
	t        *Transaction
	utf8     bool // needs SMTPUTF8
	eightBit bool // needs 8BITMIME
	size     int  // of the body
}

// admit refuses before anything is said what this server cannot be asked, and gets
// the body ready to travel: that of the message before must be under way.
func (s *Session) admit(ctx context.Context, t *Transaction) (envelope, *Error) {
	refuse := func(stage Stage, outcome Outcome, err error) (envelope, *Error) {
		return envelope{}, &Error{Stage: stage, Outcome: outcome, Err: err}
	}
	switch {
	case ctx.Err() != nil:
		return refuse(Mail, Stopped, context.Cause(ctx))
	case !s.usable:
		return refuse(Mail, ConnectionLost, errors.New("the connection is closed"))
	case !isPath(t.From):
		return refuse(Mail, SenderFault, errors.New("the sender's address cannot stand in a command"))
	case t.To == "" || !isPath(t.To):
		return refuse(Rcpt, Permanent, errors.New("the recipient's address cannot stand in a command"))
	}
	if err := s.wire.set(t.Body); err != nil {
		return refuse(Content, SenderFault, err)
	}
	o := envelope{t: t, utf8: t.UTF8 || !isASCII(t.From) || !isASCII(t.To), eightBit: s.wire.eightBit, size: s.wire.size}
	switch {
	case o.utf8 && !s.offers.utf8: // RFC 6531 §3.2
		return refuse(Rcpt, Permanent, errors.New("the address or the message needs SMTPUTF8 and the server does not offer it"))
	case o.eightBit && !s.offers.eightBit: // RFC 6152 §3
		return refuse(Mail, SenderFault, errors.New("the message has 8-bit text and the server does not offer 8BITMIME"))
	case s.offers.size > 0 && int64(o.size) > s.offers.size: // RFC 1870 §6.1
		return refuse(Mail, SenderFault, fmt.Errorf("the message has %d bytes and the server takes at most %d", o.size, s.offers.size))
	}
	return o, nil
}

// isPath says whether an address can stand between the brackets of a command
// without ending them. Whether it is an address is the server's to say.
func isPath(address string) bool {
	return !strings.ContainsFunc(address, func(c rune) bool { return c < ' ' || c == 0x7f || c == '<' || c == '>' })
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= 0x80 })
}

const reset = "RSET\r\n"

// appendOpening appends the group that begins a message: MAIL, RCPT and DATA,
// which may only be last (RFC 2920 §3.1), and a RSET before them if one is owed.
func (s *Session) appendOpening(b []byte, o envelope) []byte {
	if s.owesReset {
		b = append(b, reset...)
	}
	for _, stage := range [...]Stage{Mail, Rcpt, Data} {
		b = s.appendCommand(b, stage, o)
	}
	return b
}

// appendCommand appends one command of an opening.
func (s *Session) appendCommand(b []byte, stage Stage, o envelope) []byte {
	switch stage { // the stages of an opening
	case Mail:
		b = append(append(append(b, "MAIL FROM:<"...), o.t.From...), '>')
		if s.offers.sizes {
			b = strconv.AppendInt(append(b, " SIZE="...), int64(o.size), 10)
		}
		if o.eightBit {
			b = append(b, " BODY=8BITMIME"...)
		}
		if o.utf8 {
			b = append(b, " SMTPUTF8"...)
		}
	case Rcpt:
		b = append(append(append(b, "RCPT TO:<"...), o.t.To...), '>')
	case Data:
		b = append(b, "DATA"...)
	}
	return append(b, "\r\n"...)
}
