package smtp

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// letter is the nth test message, recognised by its recipient.
func letter(n int) *Transaction {
	return &Transaction{From: sender, To: fmt.Sprintf("reader-%d@harbour.example", n), Body: Whole([]byte(body))}
}

// deliver sends one message and begins the next with its dot; next may be nil.
func deliver(ctx context.Context, s *Session, t, next *Transaction) (Reply, error) {
	return s.Deliver(ctx, t, func() *Transaction { return next })
}

// acceptedFor counts what the server took for each of the first letters.
func acceptedFor(server *smtptest.Server, letters ...*Transaction) []int {
	counts := make([]int, len(letters))
	for _, m := range server.Accepted() {
		for i, t := range letters {
			if slices.Equal(m.To, []string{t.To}) {
				counts[i]++
			}
		}
	}
	return counts
}

// withoutGroups is what a server offers that does not know PIPELINING.
func withoutGroups(int) []string { return []string{"SIZE 10485760", "8BITMIME"} }

// shorten makes the limit of one stage one that a test reaches.
func (l *limits) shorten(stage Stage) {
	const short = 50 * time.Millisecond
	switch stage { // the stages that tests stall at
	case Mail:
		l.mail = short
	case Rcpt:
		l.rcpt = short
	case Data:
		l.data = short
	case Dot:
		l.dot = short
	}
}
