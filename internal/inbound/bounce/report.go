package bounce

import "epistle/internal/address"

// Kind is what a message is. The values are stored.
type Kind string

// The kinds.
const (
	Bounce        Kind = "bounce"           // a delivery has failed for good
	Delayed       Kind = "delayed"          // somebody is still trying: no bounce (RFC 3464 §2.3.3)
	Delivered     Kind = "delivered"        // a delivery has succeeded
	Complaint     Kind = "complaint"        // a reader has called the message spam
	Unsubscribe   Kind = "unsubscribe"      // a reader asks by mail to leave
	AutoReply     Kind = "automatic-answer" // a vacation message or the like: never a bounce
	Challenge     Kind = "challenge"        // somebody's filter wants an answer, and gets none
	AddressChange Kind = "address-change"   // a reader tells of a new address
	Other         Kind = "other"            // something for a person
)

// Class is why. The values are stored.
type Class string

// The classes. UnknownUser and DomainGone are hard.
const (
	UnknownUser     Class = "unknown-user"     // no such mailbox, or its owner has moved
	DomainGone      Class = "domain-gone"      // the domain does not exist or takes no mail
	MailboxFull     Class = "mailbox-full"     // over quota
	MailboxDisabled Class = "mailbox-disabled" // suspended, inactive, locked
	Policy          Class = "policy"           // the sender's side: authentication, reputation, rate, rights
	ContentRefused  Class = "content-refused"  // spam, virus or form of this one message, or the reader's own filter
	TooBig          Class = "too-big"          // the message is larger than the server or the mailbox allows
	Temporary       Class = "temporary"        // network, time or system trouble on the way
	Automatic       Class = "automatic-answer"
	Complained      Class = "complaint"
	Unsubscribed    Class = "unsubscribe"
	Unknown         Class = "unknown" // nothing in the message says why
)

// Hard says whether a final failure of this class is about the address itself.
func (c Class) Hard() bool { return c == UnknownUser || c == DomainGone }

// Source says how a recipient was found. The values are stored.
type Source string

// The sources, the most trustworthy first. Only the first two prove anything:
// everybody can write the others.
const (
	FromVERP        Source = "verp"               // the signed envelope address the message was sent to
	FromToken       Source = "token"              // a signed token in List-Unsubscribe or in the mail itself
	FromOriginal    Source = "original-recipient" // RFC 3464 §2.3.1
	FromFinal       Source = "final-recipient"    // RFC 3464 §2.3.2
	FromHeader      Source = "x-failed-recipients"
	FromNotice      Source = "notification" // a provider's JSON
	FromFeedback    Source = "feedback"     // Original-Rcpt-To or Removal-Recipient (RFC 5965 §3.2)
	FromText        Source = "text"         // the words of the report
	FromReturned    Source = "returned-to"  // the header of the returned message
	FromSender      Source = "from"         // whoever wrote: automatic answers, wishes to leave
	NotIdentifiable Source = ""
)

// Action is what the reporting server did with one recipient (RFC 3464 §2.3.3).
// It decides whether a report is final; the status does not.
type Action string

// The actions.
const (
	ActionFailed    Action = "failed"
	ActionDelayed   Action = "delayed"
	ActionDelivered Action = "delivered"
	ActionRelayed   Action = "relayed"
	ActionExpanded  Action = "expanded"
)

// Identity is what a signed token says. Zero numbers were not said.
type Identity struct {
	Newsletter, Bulletin, Subscriber int64
}

// Recipient is one person in a report and what happened to the message for them.
type Recipient struct {
	// Address is whom the report names: as it was sent to, if the report says so,
	// else as it was refused; canonical when it is an address. Empty when only a
	// token names the person.
	Address string
	// Final is the address that refused, when it is another: behind an alias or a
	// forwarding.
	Final  string
	Source Source
	// Identity is set when Verified: a token of ours names the person. Without
	// one, the recipient may inform somebody and must change nothing.
	Identity Identity
	Verified bool

	Class Class
	// Hard is set for final failures of a hard class only.
	Hard   bool
	Action Action
	// Status is the enhanced code such as "5.1.1" (RFC 3463 §2), Code the SMTP
	// reply such as 550; empty and 0 when not said.
	Status string
	Code   int
	// Command is the SMTP command that was refused, when it can be told: "CONNECT",
	// "EHLO", "MAIL", "RCPT" or "DATA".
	Command string
	// Diagnostic is what the server said, at most 1000 bytes on one line.
	Diagnostic string
	// Evidence is the line that decided the class, at most 300 bytes.
	Evidence  string
	RemoteMTA string
}

// Report is what one message says.
type Report struct {
	Kind Kind
	// Recipients has everybody the message is about, in its order, at most
	// Limits.Recipients.
	Recipients []Recipient
	// NotIdentifiable says why Recipients is empty although somebody should be
	// named; else empty.
	NotIdentifiable string

	// Subject and From are those of the message itself, decoded, for people.
	Subject, From string
	// MessageID is the message's own, without angle brackets; it may be empty and
	// proves nothing.
	MessageID string
	// Identity is 64 hexadecimal digits that stay the same when the same message
	// comes in again, by another way too: it leaves out what servers add on the way.
	Identity string
	// NullSender is set when the message came from "<>": it is a report or claims
	// to be, and must not be answered (RFC 5321 §4.5.5).
	NullSender bool
	// Loop is set when the returned message was itself a report or came from
	// "<>": a bounce of a bounce.
	Loop bool

	// ReturnedMessageID is the Message-ID of the message that came back, without
	// angle brackets, and ReturnedSubject its subject.
	ReturnedMessageID, ReturnedSubject string
	// Proven is whom a token of ours in the message names, also when the message is
	// none that is known; ProvenBy is empty when there was none.
	Proven   Identity
	ProvenBy Source
	// ForgedTokens counts what looks like one of our tokens and is not.
	ForgedTokens int

	// Feedback is the Feedback-Type of a complaint (RFC 5965 §3.1), such as "abuse".
	Feedback string
	// CFBL is set for a report under RFC 9477, which must be ignored unless Aligned.
	CFBL bool
	// SignedBy lists the domains whose DKIM signature on the message is valid;
	// Aligned is set when one of them belongs to the author's domain.
	SignedBy []string
	Aligned  bool

	// Size is the number of bytes read, Truncated that not all of them were looked
	// at, Oversized that reading stopped at Limits.Message.
	Size      int64
	Truncated bool
	Oversized bool
}

// Verdict sums up a message about one subscriber: each of our messages goes to
// one person, so that several recipients are that person's forwardings. The
// summary is hard only if every final failure is. It is the zero Recipient when
// nobody is named.
func (r *Report) Verdict() Recipient {
	if len(r.Recipients) == 0 {
		return Recipient{}
	}
	worst := r.Recipients[0]
	for _, other := range r.Recipients[1:] {
		if milder(other, worst) {
			verified, identity := worst.Verified, worst.Identity
			worst = other
			if !worst.Verified {
				worst.Verified, worst.Identity = verified, identity
			}
		}
	}
	return worst
}

// milder orders the recipients of one report: a success is the mildest, then a
// delay, a soft failure, a hard one.
func milder(a, b Recipient) bool {
	rank := func(r Recipient) int {
		switch {
		case r.Action == ActionDelivered || r.Action == ActionRelayed || r.Action == ActionExpanded:
			return 0
		case r.Action == ActionDelayed:
			return 1
		case !r.Hard:
			return 2
		}
		return 3
	}
	return rank(a) < rank(b)
}

// canonical brings an address from a message into the form in which addresses are
// stored, or leaves it as it is when it has no such form.
func canonical(s string) string {
	if a, err := address.Parse(s); err == nil {
		return a.String()
	}
	return s
}
