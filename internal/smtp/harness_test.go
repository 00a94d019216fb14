package smtp

import (
	"context"
	"errors"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

const (
	sender    = "b-7f2c@bounces.lantern.example"
	recipient = "keeper@harbour.example"
	body      = "Subject: The week's light\r\n\r\nAll lamps are lit.\r\n"
)

// patient are limits that no test reaches unless it shortens one.
func patient() limits {
	const long = time.Minute
	return limits{greeting: long, mail: long, rcpt: long, data: long, block: long, dot: long, quit: long}
}

// optionsFor points at a test server.
func optionsFor(server *smtptest.Server, tls string) Options {
	return Options{Host: server.Host(), Port: server.Port(), TLS: tls, RootCAs: server.RootCAs(), LocalName: "sender.example"}
}

// connect dials a plain test server and closes the session with the test.
func connect(t *testing.T, server *smtptest.Server, lim limits) *Session {
	t.Helper()
	s, err := dial(t.Context(), optionsFor(server, TLSNone), lim)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a broken session has nothing to say
	return s
}

// send submits the test message.
func send(ctx context.Context, s *Session) (Reply, error) {
	return s.Send(ctx, sender, recipient, false, []byte(body), nil)
}

// mustFail gives the *Error that every failure of this package must be.
func mustFail(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

// scripted starts a plain server with a script.
func scripted(t *testing.T, script smtptest.Script) *smtptest.Server {
	t.Helper()
	return smtptest.Start(t, smtptest.Options{Script: script})
}
