// Package smtp submits finished messages to one mail server, one recipient a
// message, and says exactly what became of each.
//
// Its steps, in order:
//
//  1. Dial: go-mail connects, sets up TLS, greets and logs in (dial.go). What
//     go-mail hides on the way, such as a 421 answer to EHLO, is kept.
//  2. Send: MAIL, RCPT, DATA, the content, the caller's permit (beforeDot), the
//     final dot, its reply (session.go). Four round trips a message, no NOOP, no
//     RSET but after a refusal. The commands are written here and not by go-mail,
//     because go-mail offers neither SIZE nor a deadline a phase, sends SMTPUTF8
//     whenever it is offered, and keeps a connection after a 421.
//  3. Every failure becomes an *Error: where (Stage), what the server said
//     (Reply), what it means for the delivery (Outcome, error.go) and in a
//     person's words (Class, class.go).
//
// The rule it serves: the final dot is written only after beforeDot returned nil,
// and once the dot may have been written only a reply can say what became of the
// message; without one the outcome is Unknown and never anything else.
//
// It leaves to others: what is in a message, whom to write to, retries, rates,
// and everything durable. It logs nothing. Addresses come back in Reply.Text
// where a server repeats them, but never in Error.Error().
package smtp
