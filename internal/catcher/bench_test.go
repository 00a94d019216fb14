package catcher_test

import (
	"bytes"
	"context"
	"net"
	"testing"

	"epistle/internal/catcher"
	"epistle/internal/smtp"
)

// BenchmarkConversation sends messages of 30 KB over one connection for each
// processor, through smtp.Session, and keeps them.
func BenchmarkConversation(b *testing.B) {
	c, err := catcher.New(catcher.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.ServeSMTP(ctx, l) }()
	body := bytes.Repeat([]byte("All the lamps of the harbour are lit tonight, and the school is open.\r\n"), 420)
	port := l.Addr().(*net.TCPAddr).Port
	b.SetBytes(int64(len(body)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		s, err := smtp.Dial(b.Context(), smtp.Options{Host: "127.0.0.1", Port: port, TLS: smtp.TLSNone})
		if err != nil {
			b.Error(err)
			return
		}
		for pb.Next() {
			if _, err := s.Send(b.Context(), sender, recipient, false, body, nil); err != nil {
				b.Error(err)
				return
			}
		}
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	if c.Len() < b.N {
		b.Errorf("%d kept of %d", c.Len(), b.N)
	}
	if err := c.Close(); err != nil {
		b.Error(err)
	}
}
