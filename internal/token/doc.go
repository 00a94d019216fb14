// Package token makes and checks the strings by which a link, an envelope
// sender or a Message-ID names a person without a look into the database and
// without anybody else being able to write one.
//
// A link token is, in order: the number of the key, newsletter, bulletin,
// subscriber, expiry and, for the later purposes, row as varints, and a
// truncated HMAC-SHA-256 over the purpose and all of these; the whole in
// base64url without padding. A VERP local part is "b-" and the same for bulletin
// and subscriber in lower-case base32. Each use has its own label inside the HMAC, so that a value made for
// one use is never taken for another.
//
// Every token has exactly one accepted spelling. Verifying needs no storage:
// revoking a single token is the work of whoever keeps subscriptions. Keys are
// made, stored and rotated by the caller.
package token
