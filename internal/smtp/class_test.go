package smtp

import (
	"strings"
	"testing"
)

func TestRefusalsInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stage    Stage
		code     int
		enhanced string
		outcome  Outcome
		class    Class
	}{
		{Rcpt, 550, "5.1.1", Permanent, ClassUnknownUser},
		{Rcpt, 550, "", Permanent, ClassUnknownUser},
		{Rcpt, 551, "5.1.6", Permanent, ClassUnknownUser},
		{Rcpt, 553, "", Permanent, ClassUnknownUser},
		{Dot, 550, "5.1.1", Permanent, ClassUnknownUser},
		{Rcpt, 550, "5.1.3", Permanent, ClassBadAddress},
		{Rcpt, 553, "5.1.0", Permanent, ClassBadAddress},
		{Rcpt, 550, "5.1.2", Permanent, ClassDomainGone},
		{Rcpt, 556, "5.1.10", Permanent, ClassDomainGone},
		{Rcpt, 556, "", Permanent, ClassDomainGone},
		{Rcpt, 550, "5.2.1", Permanent, ClassMailboxDisabled},
		{Rcpt, 552, "5.2.2", Permanent, ClassMailboxFull},
		{Rcpt, 552, "", Permanent, ClassMailboxFull},
		{Rcpt, 452, "4.2.2", Temporary, ClassMailboxFull},
		{Mail, 552, "5.3.4", Permanent, ClassTooBig},
		{Dot, 552, "", Permanent, ClassTooBig},
		{Dot, 552, "5.2.3", Permanent, ClassTooBig},
		{Rcpt, 550, "5.4.1", Permanent, ClassUnreachable},
		{Mail, 550, "5.1.8", Permanent, ClassSender},
		{Mail, 550, "5.1.1", Permanent, ClassSender},
		{Mail, 550, "", Permanent, ClassSender},
		{Rcpt, 554, "5.7.1", Permanent, ClassPolicy},
		{Dot, 550, "5.7.26", Permanent, ClassPolicy},
		{Dot, 554, "5.6.0", Permanent, ClassContent},
		{Dot, 554, "", Permanent, ClassContent},
		{Rcpt, 554, "", Permanent, ClassRefused},
		{Rcpt, 503, "5.5.1", Permanent, ClassRefused},
		{Rcpt, 450, "", Temporary, ClassTemporary},
		{Rcpt, 450, "4.1.1", Temporary, ClassTemporary},
		{Rcpt, 451, "4.7.1", Temporary, ClassTemporary},
		{Rcpt, 450, "5.1.1", Temporary, ClassTemporary}, // the basic code decides
		{Rcpt, 550, "4.2.2", Permanent, ClassMailboxFull},
		{Dot, 421, "4.7.28", SenderFault, ClassLimit},
		{Rcpt, 421, "", SenderFault, ClassTemporary},
		{Rcpt, 421, "5.7.32", SenderFault, ClassTemporary},
		{Dot, 550, "5.4.5", SenderFault, ClassLimit},
		{Rcpt, 450, "4.4.5", Temporary, ClassLimit},
		{Mail, 530, "5.7.0", SenderFault, ClassLogin},
		{Auth, 535, "5.7.8", SenderFault, ClassLogin},
		{Auth, 550, "", SenderFault, ClassLogin},
		{Auth, 454, "4.7.0", Temporary, ClassTemporary},
		{Connect, 554, "", SenderFault, ClassPolicy},
		{Hello, 550, "", SenderFault, ClassPolicy},
	} {
		reply := Reply{c.code, c.enhanced, "words"}
		e := &Error{Stage: c.stage, Reply: reply, Outcome: outcomeOf(c.stage, reply)}
		if e.Outcome != c.outcome || e.Class() != c.class {
			t.Errorf("%v at %v: %v, %s; want %v, %s", reply, c.stage, e.Outcome, e.Class(), c.outcome, c.class)
		}
	}
}

func TestAnErrorNamesNoAddress(t *testing.T) {
	t.Parallel()
	e := &Error{Stage: Rcpt, Outcome: Permanent, Reply: Reply{550, "5.1.1", "<keeper@harbour.example>: unknown, ask postmaster@harbour.example."}}
	const want = "RCPT TO: the server answered 550 5.1.1 (address) unknown, ask (address)"
	if e.Error() != want {
		t.Errorf("%q, want %q", e, want)
	}
	if !strings.Contains(e.Reply.String(), "keeper@harbour.example") {
		t.Error("the reply itself must keep the server's words")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	if Dot.String() != "final dot" || Stage(99).String() != "unknown stage" {
		t.Error(Dot, Stage(99))
	}
	if SenderFault.String() != "sender's fault" || Stopped.String() != "stopped" || Outcome(0).String() != "no outcome" {
		t.Error(SenderFault, Stopped, Outcome(0))
	}
}
