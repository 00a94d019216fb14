// Package smtp submits finished messages to one mail server, one recipient a
// message, and says exactly what became of each.
//
// Its steps, in order:
//
//  1. Dial: go-mail connects, sets up TLS, greets and logs in (dial.go). What
//     go-mail hides on the way, such as a 421 answer to EHLO, is kept.
//  2. Deliver: MAIL, RCPT, DATA, the content, the caller's permit, the final dot,
//     its reply (session.go, transaction.go). Where the server offers PIPELINING
//     the dot goes out together with the MAIL, RCPT and DATA of the next message
//     (RFC 2920 §3.1): one round trip a message on a connection kept busy, two
//     without a next message, four without PIPELINING; no NOOP, no RSET but after
//     a refusal. A server that offers groups and cannot take them is found out
//     (groups.go). The commands are written here and not by go-mail, because
//     go-mail has no groups, no SIZE and no deadline a phase, sends SMTPUTF8
//     whenever it is offered, and keeps a connection after a 421.
//  3. Every failure becomes an *Error: where (Stage), what the server said
//     (Reply), what it means for the delivery (Outcome, error.go) and in a
//     person's words (Class, class.go).
//
// The rule it serves: the final dot is written only after the permit returned nil,
// and once the dot may have been written only a reply can say what became of the
// message; without one the outcome is Unknown and never anything else. A message
// that was only begun in another's group has certainly not been sent.
//
// It leaves to others: what is in a message, whom to write to, retries, rates,
// and everything durable. It logs nothing. Addresses come back in Reply.Text
// where a server repeats them, but never in Error.Error().
package smtp
