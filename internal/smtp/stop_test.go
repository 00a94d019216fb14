package smtp

import (
	"context"
	"errors"
	"slices"
	"testing"

	"epistle/internal/smtp/smtptest"
)

func TestCancellingInAGroup(t *testing.T) {
	t.Parallel()
	reason := errors.New("the bulletin was paused")
	for _, c := range []struct {
		at    string
		fates [2]fate
		count int
	}{
		{"DOT 1", [2]fate{{Dot, Unknown, 0}, {Mail, Stopped, 0}}, 0},
		{"MAIL 2", [2]fate{{}, {Mail, Stopped, 0}}, 1},
		{"RCPT 2", [2]fate{{}, {Rcpt, Stopped, 0}}, 1},
		{"DATA 2", [2]fate{{}, {Data, Stopped, 0}}, 1},
		{"DOT 2", [2]fate{{}, {Dot, Unknown, 0}}, 1},
	} {
		t.Run("while waiting at "+c.at, func(t *testing.T) {
			t.Parallel()
			server := scripted(t, script(map[string]*smtptest.Action{c.at: {Stall: true}}))
			s := connect(t, server, patient())
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			first, second := letter(1), letter(2)
			began := make(chan struct{})
			go func() {
				<-server.Stalled()
				if c.at != "DOT 1" {
					<-began // the outcome of the first is not what is cancelled
				}
				cancel(reason)
			}()
			_, err := deliver(ctx, s, first, second)
			fates := [2]fate{fateOf(t, err)}
			close(began)
			_, err = deliver(ctx, s, second, nil)
			fates[1] = fateOf(t, err)
			// When the second Deliver begins, the end may already have come.
			if early := (fate{Mail, Stopped, 0}); fates != c.fates && (fates[0] != c.fates[0] || c.at == "DOT 2" || fates[1] != early) {
				t.Errorf("fates %+v, want %+v", fates, c.fates)
			}
			if s.Usable() || len(server.Accepted()) != c.count {
				t.Errorf("usable %v, %d accepted", s.Usable(), len(server.Accepted()))
			}
		})
	}
}

// Whether a byte of the dot was written decides between lost and unknown.
func TestTheGroupCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		takes   int
		outcome Outcome
	}{
		{"nothing of it", 0, ConnectionLost}, {"a part of the dot", 1, Unknown}, {"the dot alone", 3, Unknown}, {"all but the end", 60, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{})
			s := connect(t, server, patient())
			wire := &counting{Conn: s.conn.Conn, takes: c.takes}
			s.conn.Conn = wire
			first, second := letter(1), letter(2)
			first.Permit = func(context.Context) error {
				wire.fail = true
				return nil
			}
			_, err := deliver(t.Context(), s, first, second)
			if e := mustFail(t, err); e.Outcome != c.outcome || e.Stage != Dot || s.Usable() {
				t.Errorf("%v (%v), usable %v", e, e.Outcome, s.Usable())
			}
			_, err = deliver(t.Context(), s, second, nil)
			if f := fateOf(t, err); f != (fate{Mail, ConnectionLost, 0}) {
				t.Errorf("%+v", f)
			}
			server.WaitClosed()
			if got := acceptedFor(server, first, second); got[1] != 0 || c.outcome != Unknown && got[0] != 0 {
				t.Errorf("accepted %v", got)
			}
		})
	}
}

// Between the content and the dot lies the permit, which may take its time.
func TestWhatHappensDuringThePermit(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{TLSNone, TLSImplicit} {
		t.Run("the server closes, TLS "+mode, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, smtptest.Options{TLS: smtptest.TLSMode(mode)})
			s, err := dial(t.Context(), optionsFor(server, mode), patient())
			if err != nil {
				t.Fatal(err)
			}
			first, second := letter(1), letter(2)
			second.Permit = func(context.Context) error {
				server.CloseConnections()
				server.WaitClosed()
				return nil
			}
			_, err = deliver(t.Context(), s, first, second)
			if f := fateOf(t, err); f != (fate{}) {
				t.Errorf("%+v", f)
			}
			_, err = s.Deliver(t.Context(), second, func() *Transaction {
				t.Error("next was asked")
				return nil
			})
			if f := fateOf(t, err); f != (fate{Content, ConnectionLost, 0}) || s.Usable() {
				t.Errorf("%+v, usable %v", f, s.Usable())
			}
			if got := acceptedFor(server, first, second); !slices.Equal(got, []int{1, 0}) {
				t.Errorf("accepted %v", got)
			}
		})
	}
	t.Run("the server says 421", func(t *testing.T) {
		t.Parallel()
		asked := make(chan struct{})
		server := scripted(t, script(map[string]*smtptest.Action{
			"CONTENT 2": {Wait: func() { <-asked }, Raw: "421 4.3.2 going down\r\n", Close: true},
		}))
		s := connect(t, server, patient())
		first, second := letter(1), letter(2)
		second.Permit = func(context.Context) error {
			close(asked)
			server.WaitClosed()
			return nil
		}
		_, err := deliver(t.Context(), s, first, second)
		fates := [2]fate{fateOf(t, err)}
		_, err = deliver(t.Context(), s, second, nil)
		fates[1] = fateOf(t, err)
		if want := [2]fate{{}, {Content, SenderFault, 421}}; fates != want || s.Usable() || len(server.Accepted()) != 1 {
			t.Errorf("fates %+v, usable %v", fates, s.Usable())
		}
	})
}
