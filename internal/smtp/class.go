package smtp

import "strings"

// Class is a failure in a person's words, for tables and pages. It decides
// nothing about retries; Outcome does.
type Class string

// The classes.
const (
	ClassUnknownUser     Class = "unknown user"
	ClassMailboxDisabled Class = "mailbox disabled"
	ClassMailboxFull     Class = "mailbox full"
	ClassBadAddress      Class = "bad address"
	ClassDomainGone      Class = "domain gone"
	ClassUnreachable     Class = "unreachable"
	ClassPolicy          Class = "policy"
	ClassContent         Class = "content refused"
	ClassTooBig          Class = "too big"
	ClassSender          Class = "sender refused"
	ClassLogin           Class = "login refused"
	ClassLimit           Class = "sending limit"
	ClassTemporary       Class = "temporary"
	ClassRefused         Class = "refused"
	ClassConnection      Class = "connection"
	ClassNoReply         Class = "no final reply"
	ClassSettings        Class = "settings"
	ClassStopped         Class = "stopped"
)

// enhancedClasses reads the second and third number of an enhanced code (RFC 3463
// §3; X.1.10 is RFC 7505 §4.1, X.6.7 to X.6.10 RFC 6531 §4.3). The longest match
// counts: ".1.1" before ".1.". A table for people:
//
//	5.1.1 5.1.6            unknown user       550, 551, 553 at RCPT without one
//	5.2.1                  mailbox disabled
//	X.2.2                  mailbox full       552 at RCPT without one
//	5.1.3, other 5.1.x     bad address
//	5.1.2 5.1.10           domain gone        556 without one
//	X.4.x                  unreachable
//	5.4.5, 421 4.7.x       sending limit
//	X.7.x                  policy
//	X.6.x                  content refused    5xx after the dot without one
//	X.2.3 X.3.4            too big            552 elsewhere without one
//	X.1.7 X.1.8            sender refused     5xx at MAIL without one
//	530 534 535 538        login refused      5xx at AUTH
//	other 4xx              temporary
//	other 5xx              refused
var enhancedClasses = map[string]Class{
	".1.1": ClassUnknownUser, ".1.6": ClassUnknownUser,
	".1.2": ClassDomainGone, ".1.10": ClassDomainGone,
	".1.7": ClassSender, ".1.8": ClassSender,
	".1.":  ClassBadAddress,
	".2.1": ClassMailboxDisabled, ".2.2": ClassMailboxFull, ".2.3": ClassTooBig,
	".3.4": ClassTooBig,
	".4.5": ClassLimit, ".4.": ClassUnreachable,
	".6.": ClassContent,
	".7.": ClassPolicy,
}

// Class puts the failure into a person's words.
func (e *Error) Class() Class {
	code := e.Reply.Code
	switch {
	case e.Outcome == Stopped:
		return ClassStopped
	case e.Outcome == Unknown:
		return ClassNoReply
	case code == 0:
		return e.classWithoutReply()
	case code == 421 && strings.HasPrefix(e.Reply.Enhanced, "4.7."):
		return ClassLimit
	case code == 421:
		return ClassTemporary
	case isAuthCode(code), e.Stage == Auth && code >= 500:
		return ClassLogin
	}
	if class, ok := classOfEnhanced(e.Reply.Enhanced); ok && e.fits(class) {
		return class
	}
	if code < 500 {
		return ClassTemporary
	}
	return e.classOfCode()
}

// classOfEnhanced looks an enhanced code up, first whole and then by its subject.
func classOfEnhanced(enhanced string) (Class, bool) {
	if len(enhanced) < 2 {
		return "", false
	}
	if class, ok := enhancedClasses[enhanced[1:]]; ok {
		return class, true
	}
	class, ok := enhancedClasses[enhanced[1:strings.LastIndexByte(enhanced, '.')+1]]
	return class, ok
}

// fits says whether a class can be true at this stage. A server that answers
// MAIL with 5.1.1 speaks of the sender, and a 4xx about a recipient (450 4.1.1,
// 451 4.7.1: greylisting) is only a matter of time.
func (e *Error) fits(class Class) bool {
	switch class {
	case ClassUnknownUser, ClassMailboxDisabled, ClassBadAddress, ClassDomainGone:
		return e.Stage != Mail && e.Reply.Code >= 500
	case ClassPolicy, ClassContent:
		return e.Reply.Code >= 500
	default:
		return true
	}
}

// classOfCode reads a 5xx without a telling enhanced code.
func (e *Error) classOfCode() Class {
	switch {
	case e.Reply.Code == 556: // RFC 7504 §4
		return ClassDomainGone
	case e.Reply.Code == 552 && e.Stage == Rcpt:
		return ClassMailboxFull
	case e.Reply.Code == 552:
		return ClassTooBig
	case e.Stage == Mail:
		return ClassSender
	case e.Stage == Rcpt && (e.Reply.Code == 550 || e.Reply.Code == 551 || e.Reply.Code == 553) && e.Reply.Enhanced == "":
		return ClassUnknownUser
	case e.Stage <= Hello:
		return ClassPolicy
	case e.Stage == Dot || e.Stage == Content:
		return ClassContent
	default:
		return ClassRefused
	}
}

func (e *Error) classWithoutReply() Class {
	switch e.Outcome {
	case ConnectionLost:
		return ClassConnection
	case Permanent: // only a recipient's address is refused on this side
		return ClassBadAddress
	default:
		return ClassSettings
	}
}
