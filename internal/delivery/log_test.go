package delivery

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

// TestTheLogNamesDeliveriesAndNoAddresses has a server that repeats addresses in
// all it says, and breaks off now and then.
func TestTheLogNamesDeliveriesAndNoAddresses(t *testing.T) {
	t.Parallel()
	const readers = 12
	o := newOffice(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if c.Verb != "RCPT" {
			return nil
		}
		who := c.To[len(c.To)-1]
		switch slices.Index([]string{reader(1), reader(3), reader(5), reader(6), reader(8), reader(9), reader(10)}, who) {
		case 0:
			return smtptest.Reply("550 5.1.1 <" + who + "> is nobody here")
		case 1:
			return smtptest.Reply("451 4.7.1 <" + who + ">: come later, bulletin@lantern.example.org")
		case 2:
			return smtptest.Reply("550 5.7.1 " + who + " wants nothing")
		case 3:
			return &smtptest.Action{Close: true}
		case 4, 5, 6:
			return smtptest.Reply("550 5.7.1 mail for " + who + " is refused")
		}
		return nil
	}})
	o.crowd(readers)
	b := o.leaving()
	o.proof(b, "teresa@lantern.example.org")
	o.clock.goOn()
	s := o.start(1)
	s.await(t, 1, "sending is paused")
	s.stop()
	if note := o.state(b).Note; strings.Contains(note, "@") {
		t.Errorf("the note says %q", note)
	}
	named := map[string]bool{}
	for _, e := range s.events {
		if e.message == "delivery" && e.attrs["bulletin"] == "1" {
			named[e.attrs["subscriber"]] = true
		}
		if e.level < slog.LevelInfo {
			continue
		}
		for _, said := range append(slices.Collect(maps.Values(e.attrs)), e.message) {
			if strings.Contains(said, "@") {
				t.Errorf("%s says %q", e.message, said)
			}
		}
	}
	for _, message := range []string{"a bulletin leaves", "the mail server lost the connection", "sending is paused"} {
		if s.count(message) == 0 {
			t.Errorf("%q was not logged", message)
		}
	}
	if len(named) < 10 {
		t.Errorf("the deliveries of %d readers were logged", len(named))
	}
	if l := o.row(b, 1); l.State != newsletter.DeliveryFailed {
		t.Errorf("reader 1 is %+v", l)
	}
}
