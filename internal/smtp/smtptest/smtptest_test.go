package smtptest_test

import (
	"context"
	"errors"
	"testing"

	"epistle/internal/smtp"
	"epistle/internal/smtp/smtptest"
)

// What the server is told to do is tested by package smtp; here is what it
// counts.
func TestCounting(t *testing.T) {
	t.Parallel()
	server := smtptest.Start(t, smtptest.Options{Discard: true})
	dial := func() *smtp.Session {
		s, err := smtp.Dial(t.Context(), smtp.Options{Host: server.Host(), Port: server.Port(), TLS: smtp.TLSNone})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	send := func(ctx context.Context, s *smtp.Session) error {
		_, err := s.Send(ctx, "a@lantern.example", "b@harbour.example", false, []byte(".lamps\r\n"), nil)
		return err
	}
	first, second := dial(), dial()
	for _, s := range []*smtp.Session{first, second} {
		if err := send(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range server.Accepted() {
		if m.Data != nil || m.Size != len(".lamps\r\n") {
			t.Errorf("with Discard: %+v", m)
		}
	}
	server.CloseConnections()
	server.WaitClosed()
	var e *smtp.Error
	if err := send(t.Context(), first); !errors.As(err, &e) || e.Outcome != smtp.ConnectionLost {
		t.Errorf("after a restart: %v", err)
	}
	third := dial()
	if err := third.Close(); err != nil {
		t.Error(err)
	}
	if server.Connections() != 3 || server.MostOpen() != 2 || len(server.Accepted()) != 2 {
		t.Errorf("%d connections, %d at most open, %d accepted", server.Connections(), server.MostOpen(), len(server.Accepted()))
	}
	_ = second.Close() // its connection is gone
}
