package bounce

import (
	"strings"
	"testing"
)

func group(fields ...string) string { return strings.Join(fields, "\n") + "\n" }

func machine(kind, body string) string {
	return "From: postmaster@mx.harbour.example\nSubject: report\nContent-Type: multipart/report; boundary=b1\n\n--b1\n\nwords\n--b1\nContent-Type: " + kind + "\n\n" + body + "\n--b1--\n"
}

func TestSeveralRecipients(t *testing.T) {
	t.Parallel()
	raw := machine("message/delivery-status", group("Reporting-MTA: dns; mx", "", "Final-Recipient: rfc822;a@harbour.example", "Action: failed", "Status: 5.1.1", "",
		"Final-Recipient: rfc822; <b@harbour.example>", "Action: delayed", "Status: 4.4.1", "",
		"Original-Recipient: rfc822;c@school.example", "Final-Recipient: rfc822;c2@harbour.example", "Action: delivered", "Status: 2.0.0", "Remote-MTA: dns; mx2.harbour.example"))
	got := read(t, New(options(t)), raw)
	if got.Kind != Bounce || len(got.Recipients) != 3 {
		t.Fatalf("%s, %+v", got.Kind, got.Recipients)
	}
	a, b, c := got.Recipients[0], got.Recipients[1], got.Recipients[2]
	if !a.Hard || a.Source != FromFinal || b.Hard || b.Action != ActionDelayed || c.Hard || c.Action != ActionDelivered {
		t.Errorf("%+v", got.Recipients)
	}
	if c.Address != "c@school.example" || c.Final != "c2@harbour.example" || c.Source != FromOriginal || c.RemoteMTA != "mx2.harbour.example" {
		t.Errorf("%+v", c)
	}
	if v := got.Verdict(); v.Hard || v.Address != "c@school.example" {
		t.Errorf("a message of which one copy arrived is no hard failure: %+v", v)
	}
}

func TestActionDecidesFinality(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]Kind{
		"failed": Bounce, "delayed": Delayed, "delivered": Delivered, "relayed": Delivered, "expanded": Delivered,
		"Failed (no such user)": Bounce, "DELAYED": Delayed, "something": Bounce,
	} {
		raw := machine("message/delivery-status", group("Final-Recipient: rfc822;a@harbour.example", "Action: "+action, "Status: 4.1.1", "Diagnostic-Code: smtp; 450 user unknown"))
		got := read(t, New(options(t)), raw)
		if got.Kind != want {
			t.Errorf("%s: %s", action, got.Kind)
		}
		if p := only(t, got); p.Hard != (want == Bounce) {
			t.Errorf("%s: hard %v", action, p.Hard)
		}
	}
}

func TestInternationalReports(t *testing.T) {
	t.Parallel()
	for name, recipient := range map[string]string{
		"escaped": `utf-8; wächter@harbour.example`,
		"xtext":   `utf-8; w\x{E4}chter@harbour.example`,
		"capital": `UTF-8;<wächter@harbour.example>`,
	} {
		raw := machine("message/global-delivery-status", group("Reporting-MTA: dns; mx", "", "Final-Recipient: "+recipient, "Action: failed", "Status: 5.1.1"))
		if got := only(t, read(t, New(options(t)), raw)); got.Address != "wächter@harbour.example" || !got.Hard {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestBrokenStatusIsReadAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	const a, b = "a@harbour.example", "b@harbour.example"
	for name, test := range map[string]struct {
		body string
		want []string
	}{
		"no group for the message":     {group("Original-Recipient: <"+a+">", "Action: failed"), []string{a}},
		"no empty lines":               {group("Reporting-MTA: dns; x", "Final-Recipient: rfc822;"+a, "Action: failed", "Final-Recipient: rfc822;"+b, "Action: failed"), []string{a, b}},
		"fields before the recipient":  {group("Reporting-MTA: dns; x", "", "Action: failed", "Status: 5.0.0", "Final-Recipient: rfc822; "+a), []string{a}},
		"an answer that is not folded": {group("Final-Recipient: rfc822;"+a, "Action: failed", "Diagnostic-Code: smtp; 550-5.1.1 one", "550 5.1.1 user unknown", "Status: 5.1.1"), []string{a}},
		"the same person twice":        {group("Final-Recipient: rfc822;"+a, "Action: failed", "", "Final-Recipient: rfc822;"+a, "Action: failed"), []string{a}},
		"a type that is missing":       {group("Final-Recipient: "+a, "Action: failed"), []string{a}},
	} {
		got := read(t, New(options(t)), machine("message/delivery-status", test.body))
		var names []string
		for _, p := range got.Recipients {
			names = append(names, p.Address)
			if p.Action != ActionFailed {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if strings.Join(names, " ") != strings.Join(test.want, " ") {
			t.Errorf("%s: %v", name, names)
		}
	}
}

func TestTheReturnedMessage(t *testing.T) {
	t.Parallel()
	got := read(t, New(options(t)), report("5.1.1", "550 user unknown"))
	if got.ReturnedMessageID != "abc12@lantern.example" || got.ReturnedSubject != "Number 12" || !got.NullSender || got.Loop {
		t.Errorf("%+v", got)
	}
	loop := strings.Replace(report("5.1.1", "550 user unknown"), "From: The Weekly Lantern <weekly@lantern.example>", "From: MAILER-DAEMON@x.example\nReturn-Path: <>", 1)
	if !read(t, New(options(t)), loop).Loop {
		t.Error("a bounce of a bounce is not called a loop")
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	r := New(options(t))
	plain := report("5.1.1", "550 user unknown")
	id := read(t, r, plain).Identity
	for name, same := range map[string]string{
		"CRLF":           strings.ReplaceAll(plain, "\n", "\r\n"),
		"an mbox folder": "From MAILER-DAEMON Fri Mar 12 06:00:00 2027\n" + plain,
		"another way in": "Received: by mail.lantern.example\nDelivered-To: x@lantern.example\n" + plain,
	} {
		if got := read(t, r, same).Identity; got != id {
			t.Errorf("%s changes the identity", name)
		}
	}
	if read(t, r, report("5.1.1", "550 user unknown!")).Identity == id || len(id) != 64 {
		t.Error("two messages share an identity")
	}
}
