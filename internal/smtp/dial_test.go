package smtp

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

func TestDialFaults(t *testing.T) {
	t.Parallel()
	inTLS := func(verb string, action *smtptest.Action) smtptest.Script {
		return func(c smtptest.Command) *smtptest.Action {
			if c.Verb == verb && c.TLS {
				return action
			}
			return nil
		}
	}
	for _, c := range []struct {
		name    string
		mode    string // of client and server; empty: none
		script  smtptest.Script
		stage   Stage
		outcome Outcome
		code    int
	}{
		{"554 greeting", "", smtptest.At("CONNECT", smtptest.ReplyAndClose("554 5.7.1 no service for you")), Connect, SenderFault, 554},
		{"421 greeting", "", smtptest.At("CONNECT", smtptest.ReplyAndClose("421 4.3.2 too many")), Connect, SenderFault, 421},
		{"450 greeting", "", smtptest.At("CONNECT", smtptest.ReplyAndClose("450 4.3.2 not now")), Connect, Temporary, 450},
		{"closes at once", "", smtptest.At("CONNECT", &smtptest.Action{Close: true}), Connect, ConnectionLost, 0},
		{"resets at once", "", smtptest.At("CONNECT", &smtptest.Action{Reset: true}), Connect, ConnectionLost, 0},
		{"garbage greeting", "", smtptest.At("CONNECT", smtptest.Reply("* OK IMAP ready")), Connect, ConnectionLost, 0},
		{"flood for a greeting", "", smtptest.At("CONNECT", smtptest.Reply(strings.Repeat("220-", 3*maxReply))), Connect, ConnectionLost, 0},
		{"greeting stalls", "", smtptest.At("CONNECT", &smtptest.Action{Stall: true}), Connect, ConnectionLost, 0},
		{"positive nonsense", "", smtptest.At("CONNECT", smtptest.Reply("354 go ahead")), Connect, ConnectionLost, 0},

		{"421 to EHLO", "", smtptest.At("EHLO", smtptest.ReplyAndClose("421 4.7.0 slow down")), Hello, SenderFault, 421},
		{"421 to EHLO, kept open", "", smtptest.At("EHLO", smtptest.Reply("421 4.7.0 slow down")), Hello, SenderFault, 421},
		{"421 to EHLO where TLS is due", TLSStart, smtptest.At("EHLO", smtptest.Reply("421 4.7.0 slow down")), Hello, SenderFault, 421},
		{"550 to EHLO", "", smtptest.At("EHLO", smtptest.Reply("550 5.7.1 bad name")), Hello, SenderFault, 550},
		{"451 to EHLO", "", smtptest.At("EHLO", smtptest.Reply("451 4.3.0 later")), Hello, Temporary, 451},
		{"closes at EHLO", "", smtptest.At("EHLO", &smtptest.Action{Close: true}), Hello, ConnectionLost, 0},
		{"EHLO stalls", "", smtptest.At("EHLO", &smtptest.Action{Stall: true}), Hello, ConnectionLost, 0},
		{"garbage to EHLO", "", smtptest.At("EHLO", smtptest.Reply("what?")), Hello, ConnectionLost, 0},

		{"454 to STARTTLS", TLSStart, smtptest.At("STARTTLS", smtptest.Reply("454 4.7.0 no TLS now")), TLS, Temporary, 454},
		{"502 to STARTTLS", TLSStart, smtptest.At("STARTTLS", smtptest.Reply("502 5.5.1 no")), TLS, SenderFault, 502},
		{"421 to STARTTLS", TLSStart, smtptest.At("STARTTLS", smtptest.ReplyAndClose("421 4.3.2 bye")), TLS, SenderFault, 421},
		{"drops TLS", TLSStart, smtptest.At("STARTTLS", smtptest.ReplyAndClose("220 begin")), TLS, ConnectionLost, 0},
		{"stalls before the handshake", TLSStart, smtptest.At("HANDSHAKE", &smtptest.Action{Stall: true}), TLS, ConnectionLost, 0},
		{"stalls before an implicit handshake", TLSImplicit, smtptest.At("HANDSHAKE", &smtptest.Action{Stall: true}), TLS, ConnectionLost, 0},
		{"resets in place of an implicit handshake", TLSImplicit, smtptest.At("HANDSHAKE", &smtptest.Action{Reset: true}), TLS, ConnectionLost, 0},
		{"clear text in place of the handshake", TLSStart, smtptest.At("HANDSHAKE", smtptest.ReplyAndClose("220 or rather not")), TLS, SenderFault, 0},
		{"closes at EHLO inside TLS", TLSStart, inTLS("EHLO", &smtptest.Action{Close: true}), Hello, ConnectionLost, 0},
		{"421 to EHLO inside TLS", TLSStart, inTLS("EHLO", smtptest.ReplyAndClose("421 4.3.2 bye")), Hello, SenderFault, 421},
		{"554 greeting inside TLS", TLSImplicit, inTLS("CONNECT", smtptest.ReplyAndClose("554 5.7.1 no")), Connect, SenderFault, 554},
		{"garbage greeting inside TLS", TLSImplicit, inTLS("CONNECT", smtptest.Reply("hello")), Connect, ConnectionLost, 0},
		{"resets inside TLS", TLSImplicit, inTLS("EHLO", &smtptest.Action{Reset: true}), Hello, ConnectionLost, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.mode == "" {
				c.mode = TLSNone
			}
			server := smtptest.Start(t, smtptest.Options{TLS: smtptest.TLSMode(c.mode), Script: c.script})
			lim := patient()
			if strings.Contains(c.name, "stalls") {
				lim.greeting = time.Second
			}
			_, err := dial(t.Context(), optionsFor(server, c.mode), lim)
			e := mustFail(t, err)
			if e.Stage != c.stage || e.Outcome != c.outcome || e.Reply.Code != c.code {
				t.Errorf("stage %v, outcome %v, code %d; want %v, %v, %d (%v)", e.Stage, e.Outcome, e.Reply.Code, c.stage, c.outcome, c.code, e)
			}
			if slices.Contains(server.Commands(), "HELO") {
				t.Error("HELO was tried")
			}
			server.Release()
			server.WaitClosed() // go-mail leaves such connections open
		})
	}
}

func TestOldServersAreGreetedWithHELO(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{"500 what", "502 not implemented"} {
		server := scripted(t, smtptest.At("EHLO", smtptest.Reply(reply)))
		s := connect(t, server, patient())
		if _, err := send(t.Context(), s); err != nil {
			t.Error(err)
		}
		if m := server.Accepted(); len(m) != 1 || m[0].Params != "" {
			t.Errorf("accepted %+v", m)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{TLSImplicit, TLSStart} {
		t.Run(mode+" carries messages", func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{TLS: smtptest.TLSMode(mode)})
			s, err := Dial(t.Context(), optionsFor(server, mode))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := send(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if m := server.Accepted(); len(m) != 2 || !m[0].TLS || !m[1].TLS {
				t.Errorf("accepted %+v", m)
			}
		})
		t.Run(mode+" refuses a certificate for another name", func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{TLS: smtptest.TLSMode(mode), CertificateHost: "mail.elsewhere.example"})
			_, err := Dial(t.Context(), optionsFor(server, mode))
			checkSettings(t, err, TLS, "certificate")
		})
		t.Run(mode+" refuses an unknown authority", func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{TLS: smtptest.TLSMode(mode)})
			o := optionsFor(server, mode)
			o.RootCAs = nil
			_, err := Dial(t.Context(), o)
			checkSettings(t, err, TLS, "certificate")
		})
	}
	t.Run("a server without STARTTLS gets no message", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{})
		_, err := Dial(t.Context(), optionsFor(server, TLSStart))
		checkSettings(t, err, TLS, "does not offer STARTTLS")
	})
	t.Run("implicit TLS to a port in clear", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{})
		_, err := Dial(t.Context(), optionsFor(server, TLSImplicit))
		checkSettings(t, err, TLS, "does not speak TLS")
	})
	t.Run("a server that demands TLS", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{TLS: smtptest.StartTLS})
		s := connect(t, server, patient())
		_, err := send(t.Context(), s)
		if e := mustFail(t, err); e.Stage != Mail || e.Outcome != SenderFault || e.Reply.Code != 530 || e.Class() != ClassLogin {
			t.Errorf("%v (%v, %s)", e, e.Outcome, e.Class())
		}
	})
}

// checkSettings wants a failure that only a person can mend.
func checkSettings(t *testing.T, err error, stage Stage, says string) {
	t.Helper()
	e := mustFail(t, err)
	if e.Stage != stage || e.Outcome != SenderFault || e.Reply.Code != 0 || e.Class() != ClassSettings || !strings.Contains(e.Error(), says) {
		t.Errorf("stage %v, outcome %v, class %s: %v; want it to speak of %q", e.Stage, e.Outcome, e.Class(), e, says)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	users := map[string]string{"lantern": "s3cret wick"}
	for _, c := range []struct {
		name, mode string
		mechanisms string
		password   string
		stage      Stage // Connect: it works
		class      Class
	}{
		{"PLAIN over implicit TLS", TLSImplicit, "AUTH PLAIN", "s3cret wick", Connect, ""},
		{"LOGIN over STARTTLS", TLSStart, "AUTH LOGIN", "s3cret wick", Connect, ""},
		{"PLAIN in clear to this machine", TLSNone, "AUTH PLAIN LOGIN", "s3cret wick", Connect, ""},
		{"LOGIN in clear to this machine", TLSNone, "AUTH LOGIN", "s3cret wick", Connect, ""},
		{"wrong password by PLAIN", TLSImplicit, "AUTH PLAIN", "guess", Auth, ClassLogin},
		{"wrong password by LOGIN", TLSStart, "AUTH LOGIN", "guess", Auth, ClassLogin},
		{"only unknown mechanisms", TLSImplicit, "AUTH GSSAPI", "s3cret wick", Auth, ClassSettings},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{
				TLS: smtptest.TLSMode(c.mode), Users: users,
				Extensions: func(int) []string { return []string{c.mechanisms} },
			})
			o := optionsFor(server, c.mode)
			o.Username, o.Password = "lantern", c.password
			s, err := Dial(t.Context(), o)
			if c.stage == Connect {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := send(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				if m := server.Accepted(); len(m) != 1 || m[0].User != "lantern" {
					t.Errorf("accepted %+v", m)
				}
				_ = s.Close()
				return
			}
			e := mustFail(t, err)
			if e.Stage != c.stage || e.Outcome != SenderFault || e.Class() != c.class {
				t.Errorf("stage %v, outcome %v, class %s: %v", e.Stage, e.Outcome, e.Class(), e)
			}
			if strings.Contains(e.Error(), c.password) {
				t.Errorf("the password is in %q", e)
			}
		})
	}
	t.Run("a server without AUTH", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{TLS: smtptest.Implicit})
		o := optionsFor(server, TLSImplicit)
		o.Username, o.Password = "lantern", "s3cret wick"
		_, err := Dial(t.Context(), o)
		checkSettings(t, err, Auth, "no login")
	})
	t.Run("temporary failure", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{
			TLS: smtptest.Implicit, Users: users,
			Script: smtptest.At("AUTHENTICATE", smtptest.Reply("454 4.7.0 try again")),
		})
		o := optionsFor(server, TLSImplicit)
		o.Username, o.Password = "lantern", "s3cret wick"
		_, err := Dial(t.Context(), o)
		if e := mustFail(t, err); e.Stage != Auth || e.Outcome != Temporary {
			t.Errorf("%v (%v)", e, e.Outcome)
		}
	})
	t.Run("connection lost", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{
			TLS: smtptest.Implicit, Users: users,
			Script: smtptest.At("AUTH", &smtptest.Action{Close: true}),
		})
		o := optionsFor(server, TLSImplicit)
		o.Username, o.Password = "lantern", "s3cret wick"
		_, err := Dial(t.Context(), o)
		if e := mustFail(t, err); e.Stage != Auth || e.Outcome != ConnectionLost {
			t.Errorf("%v (%v)", e, e.Outcome)
		}
	})
}

func TestOptionsThatNoServerCouldAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		o     Options
		stage Stage
		says  string
	}{
		{"no host", Options{Port: 25, TLS: TLSNone}, Connect, "no host"},
		{"port out of range", Options{Host: "127.0.0.1", Port: 99999, TLS: TLSNone}, Connect, "port"},
		{"unknown TLS mode", Options{Host: "127.0.0.1", Port: 25, TLS: "maybe"}, TLS, `"maybe"`},
		{"password in clear", Options{Host: "mail.lantern.example", Port: 25, TLS: TLSNone, Username: "u", Password: "p"}, Auth, "without TLS"},
		{"local name beyond ASCII", Options{Host: "127.0.0.1", Port: 25, TLS: TLSNone, LocalName: "küste.example"}, Hello, "local name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Dial(t.Context(), c.o)
			checkSettings(t, err, c.stage, c.says)
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port // it listens on TCP
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Dial(t.Context(), Options{Host: "127.0.0.1", Port: port, TLS: TLSNone})
	if e := mustFail(t, err); e.Stage != Connect || e.Outcome != ConnectionLost || e.Class() != ClassConnection {
		t.Errorf("%v (%v, %s)", e, e.Outcome, e.Class())
	}
}

func TestCancellingDial(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ mode, verb string }{
		{TLSNone, "CONNECT"}, {TLSNone, "EHLO"}, {TLSStart, "STARTTLS"}, {TLSStart, "HANDSHAKE"}, {TLSImplicit, "CONNECT"}, {TLSImplicit, "HANDSHAKE"},
	} {
		t.Run(c.mode+" while waiting at "+c.verb, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{
				TLS: smtptest.TLSMode(c.mode), Script: smtptest.At(c.verb, &smtptest.Action{Stall: true}),
			})
			reason := errors.New("the program ends")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				<-server.Stalled()
				cancel(reason)
			}()
			_, err := Dial(ctx, optionsFor(server, c.mode))
			if e := mustFail(t, err); e.Outcome != Stopped || !errors.Is(err, reason) {
				t.Errorf("%v (%v)", e, e.Outcome)
			}
		})
	}
}
