package main

import (
	"strings"
	"testing"

	"epistle/internal/smtp/smtptest"
)

// TestTheSecondProcessTakesOver kills the process that sends while another one
// watches.
func TestTheSecondProcessTakesOver(t *testing.T) {
	t.Parallel()
	const readers, connections = 300, 4
	for name, second := range map[string][]string{
		"serve and serve":       {"serve"},
		"serve and send --wait": {"bulletins", "send", "1", "--wait"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stall, dots := true, 0
			o := newOffice(t, readers, smtptest.Options{HeaderOnly: true, Script: func(c smtptest.Command) *smtptest.Action {
				if c.Verb != "DOT" {
					return nil
				}
				if dots++; dots == 100+connections {
					defer func() { stall = false }()
				}
				return &smtptest.Action{Stall: stall && dots > 100}
			}})
			first := o.start("serve")
			o.run("bulletins", "send", "1")
			for range connections {
				<-o.server.Stalled() // the first sends
			}
			other := o.start(second...)
			if second[0] == "serve" {
				other.await(t, "msg=serving")
			}
			if err := first.kill(); err != nil {
				t.Fatal(err)
			}
			o.server.Release()
			if second[0] == "serve" {
				other.await(t, `msg="bulletin sent"`)
				if err := other.kill(); err != nil {
					t.Fatal(err)
				}
			} else {
				o.done(other)
			}
			l, uncertain := o.ledger(), o.uncertain()
			if l.State != "sent" || l.States["sent"]+l.States["uncertain"] != readers || len(uncertain) != connections {
				t.Errorf("the ledger says %+v; %d are listed as uncertain, the first had %d connections", l, len(uncertain), connections)
			}
			o.eachOnce(readers, uncertain)
			if said, _ := first.look(); !strings.Contains(said, "msg=serving") || strings.Contains(said, "level=ERROR") {
				t.Errorf("the first said\n%s", said)
			}
		})
	}
}

// TestWordsFromAnotherProcessTakeEffect pauses, resumes and cancels a send of
// another process, and takes a reader out of it.
func TestWordsFromAnotherProcessTakeEffect(t *testing.T) {
	t.Parallel()
	const readers, pausedAt, cancelledAt = 200, 50, 100
	o := newOffice(t, readers, smtptest.Options{HeaderOnly: true, Script: stallOnce("DOT", pausedAt, cancelledAt)}, "EPISTLE_SMTP_CONNECTIONS=1")
	p := o.start("serve")
	o.run("bulletins", "send", "1")
	<-o.server.Stalled()
	leaves := reader(pausedAt + 2) // the one before may be claimed, and its conversation open
	o.run("subscribers", "remove", leaves)
	o.run("bulletins", "pause", "1")
	o.server.Release()
	o.server.WaitClosed()
	if n := len(o.server.Accepted()); n != pausedAt {
		t.Errorf("%d messages were accepted, the pause came at %d", n, pausedAt)
	}
	if l := o.ledger(); l.State != "paused" || l.States["skipped"] != 1 || l.States["pending"]+l.States["deferred"] != readers-pausedAt-1 {
		t.Errorf("the ledger of the paused send says %+v", l)
	}

	o.run("bulletins", "resume", "1")
	<-o.server.Stalled()
	o.run("bulletins", "cancel", "1")
	o.server.Release()
	o.server.WaitClosed()
	if n := o.server.Connections(); n != 2 {
		t.Errorf("%d connections were made: the pause or the cancel cost more than its own", n)
	}
	if err := p.kill(); err != nil {
		t.Fatal(err)
	}
	taken := o.accepted()
	if l := o.ledger(); l.State != "cancelled" || l.States["cancelled"] != readers-cancelledAt-1 || len(taken) != cancelledAt || len(taken[leaves]) > 0 {
		t.Errorf("the ledger of the cancelled send says %+v; %d were accepted", l, len(taken))
	}
}
