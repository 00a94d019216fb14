package smtp

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"epistle/internal/smtp/smtptest"
)

// counting is a connection that counts what is written to it, or fails to.
type counting struct {
	net.Conn
	writes int
	fail   bool
	takes  int // bytes of a failing write that go through
}

var errWire = errors.New("the wire is cut")

func (c *counting) Write(p []byte) (int, error) {
	c.writes++
	if !c.fail {
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:c.takes])
	return n, errors.Join(errWire, err)
}

// The server holds each answer back until the client has sent all that its form
// allows, so a client that waits in between hangs; and the answers are counted.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	const messages = 20
	for _, c := range []struct {
		name            string
		extensions      func(int) []string
		follow          bool
		answers, writes int
		held            func(smtptest.Command) bool
	}{
		{"one a message in one group", nil, true, 1 + messages, 1 + 2*messages, func(c smtptest.Command) bool {
			return c.Verb == "MAIL" || c.Verb == "RCPT" || c.Verb == "DOT" && c.Message < messages
		}},
		{"two a message without a next", nil, false, 2 * messages, 3 * messages, func(c smtptest.Command) bool {
			return c.Verb == "MAIL" || c.Verb == "RCPT"
		}},
		{"four a message without PIPELINING", withoutGroups, true, 4 * messages, 5 * messages, func(smtptest.Command) bool { return false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{Extensions: c.extensions, Script: func(cmd smtptest.Command) *smtptest.Action {
				return &smtptest.Action{Hold: c.held(cmd)}
			}})
			s := connect(t, server, patient())
			wire := &counting{Conn: s.conn.Conn}
			s.conn.Conn = wire
			before := server.Answers()
			for i, following := 0, letter(0); i < messages; i++ {
				current := following
				following = nil
				if i+1 < messages {
					following = letter(i + 1)
				}
				next := func() *Transaction { return following }
				if !c.follow {
					next = nil
				}
				if _, err := s.Deliver(t.Context(), current, next); err != nil {
					t.Fatalf("message %d: %v", i, err)
				}
			}
			if n := server.Answers() - before; n != c.answers {
				t.Errorf("%d round trips, want %d", n, c.answers)
			}
			if wire.writes != c.writes {
				t.Errorf("%d writes, want %d", wire.writes, c.writes)
			}
			for i, m := range server.Accepted() {
				if want := letter(i); m.From != want.From || !slices.Equal(m.To, []string{want.To}) || string(m.Data) != body {
					t.Errorf("message %d: %+v", i, m)
				}
			}
			if n := len(server.Accepted()); n != messages {
				t.Errorf("%d accepted, want %d", n, messages)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if commands := server.Commands(); commands[len(commands)-1] != "QUIT" {
				t.Errorf("the run ended with %v", commands[len(commands)-3:])
			}
		})
	}
}

func TestOneGroupOverTLS(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{TLSImplicit, TLSStart} {
		server := smtptest.Start(t, smtptest.Options{TLS: smtptest.TLSMode(mode)})
		s, err := Dial(t.Context(), optionsFor(server, mode))
		if err != nil {
			t.Fatal(err)
		}
		before := server.Answers()
		for i, following := 0, letter(0); following != nil; i++ {
			current := following
			following = nil
			if i < 4 {
				following = letter(i + 1)
			}
			if _, err := deliver(t.Context(), s, current, following); err != nil {
				t.Fatal(err)
			}
		}
		if n := server.Answers() - before; n != 6 || len(server.Accepted()) != 5 {
			t.Errorf("%s: %d accepted in %d round trips, want 5 in 6", mode, len(server.Accepted()), n)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestARefusedOpeningCostsNoWrite(t *testing.T) {
	t.Parallel()
	server := scripted(t, script(map[string]*smtptest.Action{"RCPT 2": smtptest.Reply("550 5.1.1 no")}))
	s := connect(t, server, patient())
	wire := &counting{Conn: s.conn.Conn}
	s.conn.Conn = wire
	second := letter(2)
	if _, err := deliver(t.Context(), s, letter(1), second); err != nil {
		t.Fatal(err)
	}
	before := wire.writes
	_, err := deliver(t.Context(), s, second, letter(3))
	if f := fateOf(t, err); f != (fate{Rcpt, Permanent, 550}) || wire.writes != before {
		t.Errorf("%+v after %d writes", f, wire.writes-before)
	}
	if _, err := send(t.Context(), s); err != nil {
		t.Error(err)
	}
	want := []string{
		"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT", "DOT", "MAIL", "RCPT", "DATA",
		"RSET", "MAIL", "RCPT", "DATA", "CONTENT", "DOT",
	}
	if got := server.Commands(); !slices.Equal(got, want) || server.Connections() != 1 {
		t.Errorf("commands %v\nwant     %v", got, want)
	}
}

func TestARefusedResetBlamesNobody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		extensions func(int) []string
		answer     *smtptest.Action
		want       fate
	}{
		{"550 in a group", nil, smtptest.Reply("550 no"), fate{Mail, ConnectionLost, 0}},
		{"421 in a group", nil, smtptest.ReplyAndClose("421 bye"), fate{Mail, SenderFault, 421}},
		{"closed in a group", nil, &smtptest.Action{Close: true}, fate{Mail, ConnectionLost, 0}},
		{"550 plainly", withoutGroups, smtptest.Reply("550 no"), fate{Mail, ConnectionLost, 0}},
		{"421 plainly", withoutGroups, smtptest.ReplyAndClose("421 bye"), fate{Mail, SenderFault, 421}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{
				Extensions: c.extensions,
				Script:     script(map[string]*smtptest.Action{"RCPT 1": smtptest.Reply("550 5.1.1 no"), "RSET 1": c.answer}),
			})
			s := connect(t, server, patient())
			_, _, fates := pair(t, s)
			if want := [2]fate{{Rcpt, Permanent, 550}, c.want}; fates != want || s.Usable() || len(server.Accepted()) != 0 {
				t.Errorf("fates %+v, usable %v, want %+v", fates, s.Usable(), want)
			}
		})
	}
}

func TestTheOutcomeDoesNotWaitForTheNextMessage(t *testing.T) {
	t.Parallel()
	delivered := make(chan struct{})
	server := scripted(t, script(map[string]*smtptest.Action{"MAIL 2": {Wait: func() { <-delivered }}}))
	s := connect(t, server, patient())
	second := letter(2)
	if _, err := deliver(t.Context(), s, letter(1), second); err != nil {
		t.Fatal(err)
	}
	close(delivered) // MAIL is only answered now
	if _, err := deliver(t.Context(), s, second, nil); err != nil || len(server.Accepted()) != 2 {
		t.Errorf("%v, %d accepted", err, len(server.Accepted()))
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	t.Run("is asked once, after the permit and before the dot", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{})
		s := connect(t, server, patient())
		var asked []string
		first := letter(1)
		first.Permit = func(context.Context) error {
			asked = append(asked, "permit")
			return nil
		}
		_, err := s.Deliver(t.Context(), first, func() *Transaction {
			asked = append(asked, "next")
			if slices.Contains(server.Commands(), "DOT") {
				t.Error("asked after the dot")
			}
			return nil
		})
		if err != nil || !slices.Equal(asked, []string{"permit", "next"}) {
			t.Errorf("%v, asked for %v", err, asked)
		}
		if err := s.Close(); err != nil || !slices.Contains(server.Commands(), "QUIT") {
			t.Errorf("%v: %v", err, server.Commands())
		}
	})
	never := func(t *testing.T) func() *Transaction {
		return func() *Transaction {
			t.Error("asked")
			return nil
		}
	}
	t.Run("is not asked when the permit is refused", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{})
		s := connect(t, server, patient())
		first, second := letter(1), letter(2)
		second.Permit = func(context.Context) error { return errors.New("another process has it") }
		if _, err := deliver(t.Context(), s, first, second); err != nil {
			t.Fatal(err)
		}
		_, err := s.Deliver(t.Context(), second, never(t))
		if f := fateOf(t, err); f != (fate{Content, Stopped, 0}) || s.Usable() {
			t.Errorf("%+v, usable %v", f, s.Usable())
		}
		server.WaitClosed()
		if got := acceptedFor(server, first, second); !slices.Equal(got, []int{1, 0}) || slices.Contains(server.Commands(), "QUIT") {
			t.Errorf("accepted %v, commands %v", got, server.Commands())
		}
	})
	t.Run("is not asked without PIPELINING", func(t *testing.T) {
		t.Parallel()
		s := connect(t, smtptest.Start(t, smtptest.Options{Extensions: withoutGroups}), patient())
		if _, err := s.Deliver(t.Context(), letter(1), never(t)); err != nil {
			t.Error(err)
		}
	})
	t.Run("names a message that this server cannot be asked to take", func(t *testing.T) {
		t.Parallel()
		server := smtptest.Start(t, smtptest.Options{Extensions: func(int) []string { return []string{"PIPELINING"} }})
		s := connect(t, server, patient())
		second := letter(2)
		second.UTF8 = true
		if _, err := deliver(t.Context(), s, letter(1), second); err != nil {
			t.Fatal(err)
		}
		_, err := deliver(t.Context(), s, second, nil)
		if f := fateOf(t, err); f != (fate{Rcpt, Permanent, 0}) || !s.Usable() {
			t.Errorf("%+v, usable %v", f, s.Usable())
		}
		checkGoesOn(t, server, s)
	})
}

func TestAMessageThatWasBegunCannotBeLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		leave func(*testing.T, *Session)
	}{
		{"for another", func(t *testing.T, s *Session) {
			_, err := send(t.Context(), s)
			if f := fateOf(t, err); f != (fate{Mail, ConnectionLost, 0}) {
				t.Errorf("%+v", f)
			}
		}},
		{"for the end of the run", func(t *testing.T, s *Session) {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}},
		{"by a stop", func(t *testing.T, s *Session) {
			ctx, cancel := context.WithCancelCause(t.Context())
			reason := errors.New("the bulletin was paused")
			cancel(reason)
			_, err := s.Deliver(ctx, s.opened.t, nil)
			if f := fateOf(t, err); f != (fate{Mail, Stopped, 0}) || !errors.Is(err, reason) {
				t.Errorf("%+v: %v", f, err)
			}
		}},
		{"from elsewhere", func(t *testing.T, s *Session) {
			s.Abort()
			_, err := deliver(t.Context(), s, s.opened.t, nil)
			if f := fateOf(t, err); f != (fate{Mail, ConnectionLost, 0}) {
				t.Errorf("%+v", f)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{})
			s := connect(t, server, patient())
			if _, err := deliver(t.Context(), s, letter(1), letter(2)); err != nil {
				t.Fatal(err)
			}
			wire := &counting{Conn: s.conn.Conn}
			s.conn.Conn = wire
			c.leave(t, s)
			if s.Usable() || wire.writes > 0 {
				t.Errorf("usable %v, %d writes: every word would be content", s.Usable(), wire.writes)
			}
			server.WaitClosed()
			want := []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT", "DOT", "MAIL", "RCPT", "DATA", "CONTENT"}
			if got := server.Commands(); !slices.Equal(got, want) || len(server.Accepted()) != 1 {
				t.Errorf("commands %v, %d accepted", got, len(server.Accepted()))
			}
		})
	}
}

// TestABodyInPiecesArrivesWhole sends bodies of several blocks, of text and of lines
// that were inspected before, with and without TLS, each begun with the dot of the one
// before.
func TestABodyInPiecesArrivesWhole(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(".Lamps and .dots.\r\n..\r\nend\r\n", 4000) // 112 KB
	lines, err := Inspect([]byte(many))
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) Piece { return Piece{Text: []byte(s)} }
	bodies := []Body{
		{text("Subject: 1\r\n\r\n.\r\n"), {Lines: lines}, text(".one\r\n"), {Lines: lines}, text(".end")},
		{text("Subject: 2\r\n\r\n"), text("half a "), text("line\r\n"), {Lines: lines}},
		{text("Subject: 3\r\n\r\n" + many + many)},
		{{Lines: lines}},
	}
	for mode, served := range map[string]smtptest.TLSMode{TLSNone: smtptest.Plain, TLSStart: smtptest.StartTLS, TLSImplicit: smtptest.Implicit} {
		server := smtptest.Start(t, smtptest.Options{TLS: served})
		s, err := dial(t.Context(), optionsFor(server, mode), patient())
		if err != nil {
			t.Fatal(err)
		}
		var letters []*Transaction
		for _, b := range bodies {
			letters = append(letters, &Transaction{From: sender, To: recipient, Body: b})
		}
		for i, l := range letters {
			var next *Transaction
			if i+1 < len(letters) {
				next = letters[i+1]
			}
			if _, err := deliver(t.Context(), s, l, next); err != nil {
				t.Fatalf("%s, body %d: %v", mode, i+1, err)
			}
		}
		for i, m := range server.Accepted() {
			want := string(bodies[i].Bytes())
			if !strings.HasSuffix(want, "\r\n") {
				want += "\r\n"
			}
			if string(m.Data) != want {
				t.Errorf("%s: of body %d with %d octets %d arrived, or others", mode, i+1, len(want), len(m.Data))
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
