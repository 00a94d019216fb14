// Package bounce reads one message that came back and judges what it says: who
// is meant, what happened, whether it is final, and which line said so.
//
// A Reader works in this order:
//
//  1. intake.go: the message is read as a stream. Its first megabytes are kept,
//     the rest is counted and goes into the identity, so that memory stays small
//     whatever arrives.
//  2. header.go, mime.go, charset.go, html.go: fields, parts, transfer encodings
//     and character sets are taken apart, each with a limit. What is broken is
//     read as far as it goes; nothing is an error.
//  3. own.go: envelope addresses and link tokens that this system signed are
//     verified. They alone say for certain who is meant; takes.go asks the same
//     of an address before there is a message.
//  4. status.go, feedback.go, notification.go: reports for machines (RFC 3464,
//     RFC 6533, RFC 5965, the notifications of Amazon SES).
//  5. text.go, recipients.go: reports for people: the words before the returned
//     message, the addresses in them, and which words belong to which address.
//  6. kind.go, automatic.go: bounce, delay, complaint, wish to leave, automatic
//     answer, challenge, change of address, or something for a person.
//  7. judge.go and the tables in phrases_*.go: words and codes become a Class.
//
// Hard means: this address will take no mail, whatever is sent and whoever sends
// it. Only an unknown user, a user who moved, and a domain that takes no mail are
// hard. A disabled or full mailbox may come back, and a refusal of the message or
// its sender says nothing of the reader: these are soft. This is also the rule of
// the sisimai project, whose names of reasons fall into the classes thus:
//
//	UnknownUser      userunknown, hasmoved                                  (hard)
//	DomainGone       hostunknown, notaccept                                 (hard)
//	MailboxFull      mailboxfull
//	MailboxDisabled  suspend, suppressed; status 5.2.1
//	Policy           rejected, blocked, badreputation, authfailure, requireptr,
//	                 norelaying, policyviolation, securityerror, toomanyconn,
//	                 speeding, ratelimited
//	ContentRefused   spamdetected, virusdetected, contenterror, notcompliantrfc,
//	                 filtered, which is also a user unknown only after DATA
//	TooBig           mesgtoobig, exceedlimit, emailtoolarge
//	Temporary        expired, networkerror, systemerror, systemfull, mailererror
//	Unknown          undefined, onhold, syntaxerror
//	Complained       feedback
//	Automatic        vacation
//
// An unknown user is hard with the status 4.1.1 too when the report is final; a
// domain that takes no mail is hard only when no code says that this passes. What
// was delivered, or is only delayed, is neither hard nor soft.
//
// It asks no server but the resolver it is handed, keeps nothing, answers nobody
// and suppresses nobody. Storing, exactly-once, and what follows for a delivery
// or a subscription are the work of package inbound; only a Recipient whose
// Verified is true may change anything there.
package bounce
