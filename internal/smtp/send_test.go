package smtp

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

func TestSendIsTaken(t *testing.T) {
	t.Parallel()
	server := smtptest.Start(t, smtptest.Options{})
	s := connect(t, server, patient())
	for range 2 {
		reply, err := send(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Reply{250, "2.0.0", "taken"}); reply != want {
			t.Errorf("reply %+v, want %+v", reply, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"CONNECT", "EHLO",
		"MAIL", "RCPT", "DATA", "CONTENT", "DOT",
		"MAIL", "RCPT", "DATA", "CONTENT", "DOT", "QUIT",
	}
	if got := server.Commands(); !slices.Equal(got, want) {
		t.Errorf("commands %v\nwant     %v", got, want)
	}
	accepted := server.Accepted()
	if len(accepted) != 2 {
		t.Fatalf("%d messages accepted, want 2", len(accepted))
	}
	m := accepted[0]
	if m.From != sender || !slices.Equal(m.To, []string{recipient}) || string(m.Data) != body {
		t.Errorf("accepted %+v", m)
	}
	if want := "SIZE=49"; m.Params != want {
		t.Errorf("MAIL parameters %q, want %q: nothing that is not needed", m.Params, want)
	}
}

// faults are things that a server does in place of a correct answer.
func faults() map[string]*smtptest.Action {
	return map[string]*smtptest.Action{
		"4xx":      smtptest.Reply("451 4.3.0 later"),
		"5xx":      smtptest.Reply("550 5.1.1 no"),
		"421":      smtptest.ReplyAndClose("421 4.3.2 going down"),
		"login":    smtptest.Reply("530 5.7.0 log in first"),
		"limit":    smtptest.Reply("550 5.4.5 daily limit"),
		"close":    {Close: true},
		"reset":    {Reset: true},
		"stall":    {Stall: true},
		"garbage":  {Raw: "<html>\r\n"},
		"positive": {Raw: "300 well\r\n"},
		"flood":    {Raw: strings.Repeat("x", 3*maxReply)},
		"endless":  {Raw: strings.Repeat("250-and more\r\n", 3*maxReply/14)},
		"half":     {Raw: "25", Close: true},
		"accept and close": {
			Accept: true, Close: true,
		},
		"accept and 421": {
			Accept: true, Raw: "421 4.3.2 going down\r\n", Close: true,
		},
	}
}

func TestFaultsInATransaction(t *testing.T) {
	t.Parallel()
	type result struct {
		outcome Outcome
		usable  bool
	}
	lost := result{ConnectionLost, false}
	unknown := result{Unknown, false}
	everywhere := map[string]result{
		"421":   {SenderFault, false},
		"close": lost, "reset": lost, "stall": lost, "garbage": lost,
		"positive": lost, "flood": lost, "endless": lost, "half": lost,
	}
	withResults := func(more map[string]result) map[string]result {
		all := make(map[string]result)
		for k, v := range everywhere {
			all[k] = v
		}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	stages := []struct {
		verb  string
		stage Stage
		want  map[string]result
	}{
		{"MAIL", Mail, withResults(map[string]result{
			"4xx": {Temporary, true}, "5xx": {Permanent, true}, "login": {SenderFault, true}, "limit": {SenderFault, true},
		})},
		{"RCPT", Rcpt, withResults(map[string]result{
			"4xx": {Temporary, true}, "5xx": {Permanent, true}, "login": {SenderFault, true}, "limit": {SenderFault, true},
		})},
		{"DATA", Data, withResults(map[string]result{
			"4xx": {Temporary, true}, "5xx": {Permanent, true}, "login": {SenderFault, true}, "limit": {SenderFault, true},
		})},
		{"DOT", Dot, withResults(map[string]result{
			"4xx": {Temporary, true}, "5xx": {Permanent, true}, "login": {SenderFault, true}, "limit": {SenderFault, true},
			"close": unknown, "reset": unknown, "stall": unknown, "garbage": unknown,
			"positive": unknown, "flood": unknown, "endless": unknown, "half": unknown,
			"accept and close": unknown,
			"accept and 421":   {SenderFault, false},
		})},
	}
	forms := map[string]func(int) []string{"plainly": withoutGroups, "in a group": nil}
	for _, at := range stages {
		for name, want := range at.want {
			for form, extensions := range forms {
				t.Run(at.verb+" "+name+" "+form, func(t *testing.T) {
					t.Parallel()
					action := faults()[name]
					server := smtptest.Start(t, smtptest.Options{Extensions: extensions, Script: func(c smtptest.Command) *smtptest.Action {
						if c.Verb == at.verb && c.Connection == 1 && c.Message == 1 {
							return action
						}
						return nil
					}})
					lim := patient()
					if name == "stall" {
						lim.shorten(at.stage)
					}
					s := connect(t, server, lim)
					_, err := send(t.Context(), s)
					e := mustFail(t, err)
					if e.Stage != at.stage || e.Outcome != want.outcome || s.Usable() != want.usable {
						t.Errorf("stage %v, outcome %v, usable %v; want %v, %v, %v (%v)",
							e.Stage, e.Outcome, s.Usable(), at.stage, want.outcome, want.usable, e)
					}
					taken := 0
					if action.Accept {
						taken = 1
					}
					if n := len(server.Accepted()); n != taken {
						t.Errorf("the server accepted %d messages, want %d", n, taken)
					}
					checkGoesOn(t, server, s)
				})
			}
		}
	}
}

// checkGoesOn sends another message: a usable session must take it on the same
// connection, a closed one must refuse it by itself.
func checkGoesOn(t *testing.T, server *smtptest.Server, s *Session) {
	t.Helper()
	before := len(server.Accepted())
	usable := s.Usable()
	_, err := send(t.Context(), s)
	if !usable {
		if e := mustFail(t, err); e.Outcome != ConnectionLost {
			t.Errorf("on a closed session: %v, want %v", e.Outcome, ConnectionLost)
		}
		return
	}
	if err != nil {
		t.Fatalf("the next message on a usable session: %v", err)
	}
	if n := len(server.Accepted()) - before; n != 1 || server.Connections() != 1 {
		t.Errorf("%d more accepted on %d connections, want 1 on 1", n, server.Connections())
	}
}

func TestFaultsDuringTheContent(t *testing.T) {
	t.Parallel()
	// More than socket buffers hold, so that the server's silence is felt.
	big := bytes.Repeat([]byte("All lamps are lit, and the harbour school is open.\r\n"), 500_000)
	for _, c := range []struct {
		name    string
		action  *smtptest.Action
		outcome Outcome
	}{
		{"the server closes", &smtptest.Action{Close: true}, ConnectionLost},
		{"the server resets", &smtptest.Action{Reset: true}, ConnectionLost},
		{"the server stalls", &smtptest.Action{Stall: true}, ConnectionLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{
				Extensions: func(int) []string { return nil }, // no SIZE
				Script:     smtptest.At("CONTENT", c.action),
			})
			lim := patient()
			if c.action.Stall {
				lim.block = 50 * time.Millisecond
			}
			s := connect(t, server, lim)
			asked := false
			_, err := s.Send(t.Context(), sender, recipient, false, big, func(context.Context) error {
				asked = true
				return nil
			})
			e := mustFail(t, err)
			if e.Stage != Content || e.Outcome != c.outcome || s.Usable() || asked {
				t.Errorf("stage %v, outcome %v, usable %v, permit asked %v: %v", e.Stage, e.Outcome, s.Usable(), asked, e)
			}
			if n := len(server.Accepted()); n != 0 {
				t.Errorf("%d accepted", n)
			}
		})
	}
}

func TestAServerThatSpeaksOutOfTurn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		raw     string
		outcome Outcome
	}{
		{"421 before the content", "354 go\r\n421 4.3.2 going down\r\n", SenderFault},
		{"552 before the content", "354 go\r\n552 5.3.4 too big\r\n", Permanent},
		{"250 before the content", "354 go\r\n250 2.0.0 taken\r\n", ConnectionLost},
		{"garbage before the content", "354 go\r\nhello\r\n", ConnectionLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := scripted(t, smtptest.At("DATA", &smtptest.Action{Raw: c.raw}))
			s := connect(t, server, patient())
			_, err := s.Send(t.Context(), sender, recipient, false, []byte(body), func(context.Context) error {
				t.Error("the permit was asked for")
				return nil
			})
			e := mustFail(t, err)
			if e.Stage != Content || e.Outcome != c.outcome || s.Usable() {
				t.Errorf("stage %v, outcome %v, usable %v: %v", e.Stage, e.Outcome, s.Usable(), e)
			}
		})
	}
	t.Run("421 with the reply to the dot closes a session that was served", func(t *testing.T) {
		t.Parallel()
		server := scripted(t, smtptest.At("DOT", &smtptest.Action{Accept: true, Raw: "250 taken\r\n421 bye\r\n", Close: true}))
		s := connect(t, server, patient())
		if _, err := send(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if s.Usable() {
			t.Error("still usable")
		}
	})
	t.Run("a reply too many is never taken for the dot's", func(t *testing.T) {
		t.Parallel()
		server := scripted(t, smtptest.At("MAIL", &smtptest.Action{Raw: "250 good\r\n250 good\r\n"}))
		s := connect(t, server, patient())
		_, err := send(t.Context(), s)
		if e := mustFail(t, err); e.Outcome == Unknown || e.Stage == Dot || s.Usable() {
			t.Errorf("%v, usable %v", e, s.Usable())
		}
	})
}

func TestPermit(t *testing.T) {
	t.Parallel()
	t.Run("is asked after the content and before the dot", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{})
		s := connect(t, server, patient())
		asked := 0
		_, err := s.Send(t.Context(), sender, recipient, false, []byte(body), func(context.Context) error {
			asked++
			commands := server.Commands()
			if !slices.Contains(commands, "CONTENT") || slices.Contains(commands, "DOT") || len(server.Accepted()) != 0 {
				t.Errorf("asked when the server had seen %v", commands)
			}
			return nil
		})
		if err != nil || asked != 1 || len(server.Accepted()) != 1 {
			t.Errorf("asked %d times, %v", asked, err)
		}
	})
	t.Run("refused closes the connection without another word", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{})
		s := connect(t, server, patient())
		taken := errors.New("another process has it")
		_, err := s.Send(t.Context(), sender, recipient, false, []byte(body), func(context.Context) error { return taken })
		e := mustFail(t, err)
		if e.Outcome != Stopped || e.Stage != Content || !errors.Is(err, taken) || s.Usable() {
			t.Errorf("%v (%v), usable %v", e, e.Outcome, s.Usable())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		server.WaitClosed()
		want := []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT"}
		if got := server.Commands(); !slices.Equal(got, want) || len(server.Accepted()) != 0 {
			t.Errorf("commands %v, %d accepted", got, len(server.Accepted()))
		}
	})
}

func TestCancelling(t *testing.T) {
	t.Parallel()
	reason := errors.New("the bulletin was paused")
	for _, c := range []struct {
		verb    string
		outcome Outcome
	}{
		{"MAIL", Stopped}, {"RCPT", Stopped}, {"DATA", Stopped}, {"DOT", Unknown},
	} {
		t.Run("while waiting at "+c.verb, func(t *testing.T) {
			t.Parallel()
			server := scripted(t, smtptest.At(c.verb, &smtptest.Action{Stall: true}))
			s := connect(t, server, patient())
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				<-server.Stalled()
				cancel(reason)
			}()
			_, err := send(ctx, s)
			e := mustFail(t, err)
			if e.Outcome != c.outcome || s.Usable() {
				t.Errorf("%v (%v), usable %v", e, e.Outcome, s.Usable())
			}
			if c.outcome == Stopped && !errors.Is(err, reason) {
				t.Errorf("%v does not say why", err)
			}
		})
	}
	t.Run("between the permit and the dot", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{})
		s := connect(t, server, patient())
		ctx, cancel := context.WithCancelCause(t.Context())
		_, err := s.Send(ctx, sender, recipient, false, []byte(body), func(context.Context) error {
			cancel(reason)
			return nil
		})
		if e := mustFail(t, err); e.Outcome != Stopped || !errors.Is(err, reason) || len(server.Accepted()) != 0 {
			t.Errorf("%v (%v)", e, e.Outcome)
		}
	})
	t.Run("before anything was said", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{})
		s := connect(t, server, patient())
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(reason)
		_, err := send(ctx, s)
		if e := mustFail(t, err); e.Outcome != Stopped || !s.Usable() {
			t.Errorf("%v (%v), usable %v", e, e.Outcome, s.Usable())
		}
		checkGoesOn(t, server, s)
	})
}

func TestASessionOutlivesTheDialDeadline(t *testing.T) {
	t.Parallel()
	server := scripted(t, smtptest.At("MAIL", &smtptest.Action{Stall: true}))
	lim := patient()
	lim.greeting = time.Second
	s := connect(t, server, lim)
	go func() {
		<-server.Stalled()
		<-time.After(lim.greeting + 100*time.Millisecond) // what is tested is a clock
		server.Release()
	}()
	if _, err := send(t.Context(), s); err != nil {
		t.Error(err)
	}
}
