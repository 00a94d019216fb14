package smtp

import (
	"strings"
)

// Stage is where in a conversation something happened.
type Stage int

// The stages in the order of a conversation. Up to Auth there is no message and
// no recipient yet: Dial fails there, Deliver never does.
const (
	Connect Stage = iota // name lookup, TCP, and the server's greeting
	TLS                  // STARTTLS, handshake, certificate
	Hello                // EHLO or HELO
	Auth                 // AUTH
	Mail                 // MAIL FROM
	Rcpt                 // RCPT TO
	Data                 // DATA
	Content              // the message, without its final dot, and the permit
	Dot                  // the final dot and its reply
)

var stageNames = [...]string{"connect", "TLS", "EHLO", "AUTH", "MAIL FROM", "RCPT TO", "DATA", "content", "final dot"}

// String names the stage by its command.
func (s Stage) String() string {
	if s < 0 || int(s) >= len(stageNames) {
		return "unknown stage"
	}
	return stageNames[s]
}

// Outcome is what a failure means for the delivery.
//
//	what happened                                     outcome
//	4xx                                               Temporary
//	5xx                                               Permanent
//	421 at any stage                                  SenderFault
//	530, 534, 535, 538 at any stage; any 5.4.5        SenderFault
//	5xx before MAIL (greeting, EHLO, STARTTLS, AUTH)  SenderFault
//	certificate refused, no STARTTLS, no usable AUTH  SenderFault
//	message or settings refused here                  SenderFault
//	recipient refused here (bad, or needs SMTPUTF8)   Permanent
//	network error, timeout, no SMTP, before the dot   ConnectionLost
//	nothing of the dot could be written               ConnectionLost
//	the same once a part of it may have been          Unknown
//	permit refused, ctx ended before the dot          Stopped
//	begun with another's dot, connection then closed  ConnectionLost, at Mail
//
// The basic code decides and never the enhanced one (RFC 5321 §4.2.1), but for
// 5.4.5, the sender's own daily limit.
type Outcome int

// The outcomes. Only Unknown leaves open whether the message was taken; in all
// others it certainly was not.
const (
	// Temporary: the server may take this message later.
	Temporary Outcome = iota + 1
	// Permanent: the server will not take this message for this recipient.
	Permanent
	// ConnectionLost: the connection or the protocol broke before the dot.
	// RFC 5321 §3.8 has it treated like a 451.
	ConnectionLost
	// Unknown: the dot may have been read and there is no reply that says so.
	// RFC 1047 describes how that doubles messages when simply tried again.
	Unknown
	// SenderFault: the cause lies with the sender's account, settings or rate;
	// the recipient is not to blame, and the next one would fare no better.
	SenderFault
	// Stopped: our own side ended it before the dot.
	Stopped
)

var outcomeNames = [...]string{"", "temporary", "permanent", "connection lost", "unknown", "sender's fault", "stopped"}

// String gives the outcome in lower-case words.
func (o Outcome) String() string {
	if o <= 0 || int(o) >= len(outcomeNames) {
		return "no outcome"
	}
	return outcomeNames[o]
}

// Error is a conversation that did not end with the message taken. All errors of
// this package are of this type.
type Error struct {
	Stage   Stage
	Reply   Reply // zero when the failure was not a reply
	Outcome Outcome
	Err     error // the cause when there was no reply; may be nil otherwise
}

// Error says what failed in one line. Words that hold an @ are left out, so the
// line may be logged; Reply.Text has the server's own.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Stage.String())
	b.WriteString(": ")
	switch {
	case e.Reply.Code != 0:
		b.WriteString("the server answered ")
		b.WriteString(withoutAddresses(e.Reply.String()))
	case e.Err != nil:
		b.WriteString(withoutAddresses(e.Err.Error()))
	default:
		b.WriteString(e.Outcome.String())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// withoutAddresses replaces each word that could be an address.
func withoutAddresses(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	words := strings.Fields(text)
	for i, w := range words {
		if strings.Contains(w, "@") {
			words[i] = "(address)"
		}
	}
	return strings.Join(words, " ")
}

// outcomeOf classifies a refusal; the table is at Outcome.
func outcomeOf(stage Stage, r Reply) Outcome {
	switch {
	case r.Code == 421: // RFC 5321 §3.8: this connection is finished, whoever the recipient is
		return SenderFault
	case isAuthCode(r.Code), r.Code >= 500 && r.Enhanced == "5.4.5":
		return SenderFault
	case r.Code < 500:
		return Temporary
	case stage <= Auth:
		return SenderFault
	default:
		return Permanent
	}
}

// isAuthCode says whether a code speaks of the login, as RFC 4954 §6 lists them.
func isAuthCode(code int) bool {
	return code == 530 || code == 534 || code == 535 || code == 538
}
