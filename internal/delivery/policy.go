package delivery

import (
	"errors"
	"math/rand/v2"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
)

// Retry says when a delivery is tried again.
type Retry struct {
	First  time.Duration // wait after the first refusal; doubles with each further one, up to longestWait
	GiveUp time.Duration // after the first attempt
}

// longestWait bounds the wait between two attempts (RFC 5321 §4.5.4.1 suggests
// two to three hours).
const longestWait = 3 * time.Hour

// connectionWait is the first wait after a lost connection, for which no
// recipient is to blame.
const connectionWait = 10 * time.Second

// next is when to try again after a number of counted attempts, spread by up to a
// fifth so that a chunk does not come back all at once.
func (r Retry) next(now time.Time, first time.Duration, attempts int) time.Time {
	wait := first
	for range attempts {
		if wait *= 2; wait >= longestWait {
			wait = longestWait
			break
		}
	}
	return now.Add(wait + rand.N(wait/5+1))
}

// judge turns the end of an attempt into what the ledger records. The table is
// that of the states in docs/architecture.md:
//
//	taken                          sent
//	4xx                            deferred, or failed once GiveUp is over
//	5xx                            failed, unless it may be meant for the sender: see streak.go
//	connection lost before the dot deferred, soon
//	no reply after the dot         uncertain, or deferred where the newsletter says resend
//	                               and there is time left: what may have arrived never failed
//	sender's fault, stopped        deferred, not counted, at once; the run pauses or ends
//	                               (a notice, which pauses nothing, waits as after a 4xx)
func (r Retry) judge(d ledger.Delivery, reply smtp.Reply, err error, resend bool, now time.Time) ledger.Result {
	if err == nil {
		return result(newsletter.DeliverySent, reply, "")
	}
	var e *smtp.Error
	if !errors.As(err, &e) {
		// Nothing of the conversation failed: the message could not be written.
		return ledger.Result{State: newsletter.DeliveryFailed, Counted: true, Reply: err.Error(), Class: "cannot be written"}
	}
	res := result(newsletter.DeliveryDeferred, e.Reply, string(e.Class()))
	if e.Reply.Code == 0 {
		res.Reply = e.Error()
	}
	switch e.Outcome {
	case smtp.Permanent:
		res.State = newsletter.DeliveryFailed
	case smtp.Temporary:
		return r.again(d, res, r.First, now)
	case smtp.ConnectionLost:
		return r.again(d, res, connectionWait, now)
	case smtp.Unknown:
		if resend && !r.over(d, now) {
			return r.again(d, res, r.First, now)
		}
		res.State = newsletter.DeliveryUncertain
	case smtp.SenderFault:
		return r.back(d, res, now)
	case smtp.Stopped:
		res.Counted = false
	}
	return res
}

func result(state newsletter.DeliveryState, reply smtp.Reply, class string) ledger.Result {
	return ledger.Result{State: state, Counted: true, Code: reply.Code, Enhanced: reply.Enhanced, Reply: reply.Text, Class: class}
}

// again defers, unless the time for trying is over.
func (r Retry) again(d ledger.Delivery, res ledger.Result, first time.Duration, now time.Time) ledger.Result {
	res.NotBefore = r.next(now, first, d.Attempts)
	if r.over(d, now) {
		res.State, res.NotBefore = newsletter.DeliveryFailed, time.Time{}
		res.Class = "given up: " + res.Class
	}
	return res
}

// back puts a row back whose recipient is not to blame.
func (r Retry) back(d ledger.Delivery, res ledger.Result, now time.Time) ledger.Result {
	res.State, res.Counted = newsletter.DeliveryDeferred, false
	if d.NoticeID != 0 {
		res.NotBefore = r.next(now, r.First, d.Attempts)
	}
	return res
}

// over says whether the time for trying has passed.
func (r Retry) over(d ledger.Delivery, now time.Time) bool {
	return !d.FirstAt.IsZero() && !now.Before(d.FirstAt.Add(r.GiveUp))
}

// explain puts a fault of the sender's into a sentence for the person who has to
// mend it; it names no address.
func explain(fault error) string {
	var e *smtp.Error
	if !errors.As(fault, &e) {
		return fault.Error()
	}
	why := "the mail server cannot be used with these settings"
	switch {
	case e.Class() == smtp.ClassLogin:
		why = "the mail server refuses the login; check smtp.username and smtp.password"
	case e.Reply.Code == 421:
		why = "the mail server wants to be left alone for a while"
	case e.Class() == smtp.ClassLimit:
		why = "the mail server's limit for this account is reached"
	case e.Class() == smtp.ClassSender:
		why = "the mail server refuses the sender's address"
	case e.Class() == smtp.ClassPolicy && e.Outcome == smtp.Permanent:
		why = "the mail server refuses one reader after another, so this sender is meant; ask who runs it"
	case e.Reply.Code != 0:
		why = "the mail server refuses this sender"
	}
	return why + ": " + e.Error()
}
