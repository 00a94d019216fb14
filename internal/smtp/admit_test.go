package smtp

import (
	"slices"
	"strings"
	"testing"

	"epistle/internal/smtp/smtptest"
)

func TestWhatIsRefusedHere(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 999)
	for _, c := range []struct {
		name       string
		extensions []string
		from, to   string
		utf8       bool
		body       string
		outcome    Outcome
		says       string
	}{
		{name: "local part needs SMTPUTF8", to: "jürgen@harbour.example", outcome: Permanent, says: "SMTPUTF8"},
		{name: "headers need SMTPUTF8", utf8: true, outcome: Permanent, says: "SMTPUTF8"},
		{name: "8-bit content", body: "\r\nLänge\r\n", outcome: SenderFault, says: "8BITMIME"},
		{name: "larger than SIZE", extensions: []string{"SIZE 20"}, outcome: SenderFault, says: "at most 20"},
		{name: "line break in the recipient", to: "a@b.example>\r\nDATA", outcome: Permanent, says: "recipient"},
		{name: "no recipient", to: "-", outcome: Permanent, says: "recipient"},
		{name: "bracket in the sender", from: "a>b@c.example", outcome: SenderFault, says: "sender"},
		{name: "empty message", body: "-", outcome: SenderFault, says: "empty"},
		{name: "bare LF", body: "a\r\nb\nc\r\n", outcome: SenderFault, says: "line 2"},
		{name: "bare CR", body: "a\rb\r\n", outcome: SenderFault, says: "bare CR"},
		{name: "CR at the end", body: "a\r\nb\r", outcome: SenderFault, says: "bare CR"},
		{name: "NUL", body: "a\x00\r\n", outcome: SenderFault, says: "NUL"},
		{name: "long line", body: long + "\r\n", outcome: SenderFault, says: "998"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{Extensions: func(int) []string { return c.extensions }})
			s := connect(t, server, patient())
			or := func(v, usual string) string {
				switch v {
				case "":
					return usual
				case "-":
					return ""
				}
				return v
			}
			_, err := s.Send(t.Context(), or(c.from, sender), or(c.to, recipient), c.utf8, []byte(or(c.body, body)), nil)
			e := mustFail(t, err)
			if e.Outcome != c.outcome || !strings.Contains(e.Error(), c.says) || e.Reply != (Reply{}) {
				t.Errorf("%v (%v), want %v about %q", e, e.Outcome, c.outcome, c.says)
			}
			if slices.Contains(server.Commands(), "MAIL") {
				t.Error("it was said to the server")
			}
			if !s.Usable() {
				t.Error("not usable any more")
			}
		})
	}
}

func TestMailParameters(t *testing.T) {
	t.Parallel()
	const eightBit = "\r\nDas Licht der Küste\r\n"
	for _, c := range []struct {
		name, to, body string
		utf8           bool
		want           string
	}{
		{"plain message", recipient, "\r\n.\r\n", false, "SIZE=5"},
		{"8-bit content", recipient, eightBit, false, "SIZE=24 BODY=8BITMIME"},
		{"UTF-8 headers", recipient, "\r\n", true, "SIZE=2 SMTPUTF8"},
		{"local part beyond ASCII", "jürgen@harbour.example", "\r\n", false, "SIZE=2 SMTPUTF8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{})
			s := connect(t, server, patient())
			if _, err := s.Send(t.Context(), "", c.to, c.utf8, []byte(c.body), nil); err != nil {
				t.Fatal(err)
			}
			m := server.Accepted()[0]
			if m.Params != c.want || m.From != "" || !slices.Equal(m.To, []string{c.to}) || string(m.Data) != c.body {
				t.Errorf("%+v", m)
			}
		})
	}
}

func TestFewerExtensionsAfterReconnecting(t *testing.T) {
	t.Parallel()
	server := smtptest.Start(t, smtptest.Options{Extensions: func(connection int) []string {
		if connection == 1 {
			return []string{"SMTPUTF8", "8BITMIME", "PIPELINING"}
		}
		return nil
	}})
	first, second := connect(t, server, patient()), connect(t, server, patient())
	if !first.Supports("pipelining") || second.Supports("PIPELINING") {
		t.Error("extensions are not those of each connection")
	}
	const to = "jürgen@harbour.example"
	if _, err := first.Send(t.Context(), sender, to, true, []byte(body), nil); err != nil {
		t.Error(err)
	}
	_, err := second.Send(t.Context(), sender, to, true, []byte(body), nil)
	if e := mustFail(t, err); e.Outcome != Permanent || e.Class() != ClassBadAddress {
		t.Errorf("%v (%v, %s)", e, e.Outcome, e.Class())
	}
}

func TestAnOddLongReplyIsUnderstood(t *testing.T) {
	t.Parallel()
	server := scripted(t, func(c smtptest.Command) *smtptest.Action {
		switch c.Verb {
		case "RCPT":
			return &smtptest.Action{Raw: strings.Repeat("250-welcome\r\n", 200) + "250\r\n"}
		case "DOT":
			return &smtptest.Action{Raw: "550-5.7.1 " + strings.Repeat("No. ", 5000) + "\r\n550 5.7.1 \x1b[31mfor <" + recipient + ">\r\n"}
		}
		return nil
	})
	s := connect(t, server, patient())
	_, err := send(t.Context(), s)
	e := mustFail(t, err)
	if e.Stage != Dot || e.Outcome != Permanent || e.Reply.Code != 550 || e.Reply.Enhanced != "5.7.1" || len(e.Reply.Text) > maxText {
		t.Errorf("%+v", e)
	}
	if !s.Usable() {
		t.Error("not usable any more")
	}
}
