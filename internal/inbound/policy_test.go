package inbound

import (
	"testing"
	"time"

	"epistle/internal/inbound/bounce"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

func TestStreakEndsAtASuccessThatIsCertain(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 12, 9, 0, 0, 0, time.UTC)
	sent := func(days int) ledger.Outcome {
		return ledger.Outcome{State: newsletter.DeliverySent, At: now.Add(-time.Duration(days) * 24 * time.Hour)}
	}
	failed := func(class string) ledger.Outcome {
		return ledger.Outcome{State: newsletter.DeliveryFailed, At: now, Class: class}
	}
	full, policy := failed("bounced: mailbox full"), failed("bounced: policy")
	for name, c := range map[string]struct {
		outcomes []ledger.Outcome // the newest first
		want     int
	}{
		"nothing was sent":                          {nil, 0},
		"all failed":                                {[]ledger.Outcome{full, full, full}, 3},
		"one arrived between":                       {[]ledger.Outcome{full, sent(7), full}, 1},
		"a newer one may still come back":           {[]ledger.Outcome{sent(2), full, full}, 2},
		"a newer one has arrived":                   {[]ledger.Outcome{sent(6), full, full}, 0},
		"one between arrived, however lately":       {[]ledger.Outcome{full, sent(1), full}, 1},
		"refused at once and given up count too":    {[]ledger.Outcome{failed("mailbox full"), failed("given up: temporary"), full}, 3},
		"the sender's side neither counts nor ends": {[]ledger.Outcome{policy, full, failed("sender refused"), full, failed("cannot be written")}, 2},
	} {
		if got := streak(c.outcomes, countsAgainst, now); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestEveryClassHasItsConsequence(t *testing.T) {
	t.Parallel()
	want := map[bounce.Class]consequence{
		bounce.UnknownUser: atOnce, bounce.DomainGone: onRepeat, bounce.MailboxFull: counted, bounce.MailboxDisabled: counted, bounce.TooBig: counted,
		bounce.Temporary: counted, bounce.Unknown: counted, bounce.Policy: sender, bounce.ContentRefused: sender,
		bounce.Automatic: nothing, bounce.Complained: nothing, bounce.Unsubscribed: nothing,
	}
	for _, class := range Classes() {
		got, known := want[class]
		if !known || consequenceOf(class, "", 0) != got {
			t.Errorf("%s leads to %d, want %d (known: %t)", class, consequenceOf(class, "", 0), got, known)
		}
	}
	for _, c := range []struct {
		status string
		code   int
	}{{"5.1.10", 0}, {"", 556}, {"", 521}} {
		if consequenceOf(bounce.DomainGone, c.status, c.code) != atOnce {
			t.Errorf("%+v says that the domain takes no mail", c)
		}
	}
}
