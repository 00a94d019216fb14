package inbound

import (
	"slices"
	"strings"
	"time"

	"epistle/internal/inbound/bounce"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

// consequence is what a failure means for whom it was meant for.
type consequence int

const (
	nothing  consequence = iota
	atOnce               // the address takes no mail: the newsletter's policy for hard failures
	onRepeat             // the same, once a second bulletin has met it
	counted              // one of several that suspend
	sender               // the sender is meant: nobody is touched, the staff is warned
)

// consequenceOf decides by class. A domain that is not found may be a fault of a
// name server for a day, unless it says of itself that it takes no mail (RFC 7505
// §4.1, RFC 7504 §4).
func consequenceOf(class bounce.Class, status string, code int) consequence {
	switch class {
	case bounce.UnknownUser:
		return atOnce
	case bounce.DomainGone:
		if strings.HasSuffix(status, ".1.10") || code == 521 || code == 556 {
			return atOnce
		}
		return onRepeat
	case bounce.MailboxFull, bounce.MailboxDisabled, bounce.TooBig, bounce.Temporary, bounce.Unknown:
		return counted
	case bounce.Policy, bounce.ContentRefused:
		return sender
	}
	return nothing
}

// late is how long after a bulletin was taken its bounce may still come: servers
// try for up to five days (RFC 5321 §4.5.4.1).
const late = 5 * 24 * time.Hour

// streak counts the failures of the newest bulletins until one arrived. What was
// taken after the newest failure, and whose own bounce may still come, is no
// success yet.
func streak(outcomes []ledger.Outcome, counts func(class string) bool, now time.Time) (n int) {
	for _, o := range outcomes { // the newest first
		switch {
		case o.State == newsletter.DeliverySent && (n > 0 || now.Sub(o.At) >= late):
			return n
		case o.State == newsletter.DeliveryFailed && counts(o.Class):
			n++
		}
	}
	return n
}

// Words that stand before a class in the ledger.
const (
	bounced = "bounced: "
	givenUp = "given up: " // package delivery's
)

// ledgerWords is a class as the ledger has it, in the words of package smtp.
func ledgerWords(class bounce.Class) string {
	return bounced + strings.ReplaceAll(string(class), "-", " ")
}

// countsAgainst says whether a failure, by its class in the ledger, counts against
// the address: not when the sender or the message was refused, or the own mail
// server could not be spoken to.
func countsAgainst(class string) bool {
	return !slices.Contains([]string{
		"policy", "content refused", "sender refused", "login refused", "sending limit", "settings", "cannot be written",
		"connection", "no final reply", "stopped",
	}, plainClass(class))
}

func isDomainGone(class string) bool { return plainClass(class) == "domain gone" }

func plainClass(class string) string {
	return strings.TrimPrefix(strings.TrimPrefix(class, bounced), givenUp)
}
