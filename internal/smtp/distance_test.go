package smtp

import (
	"net"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

// BenchmarkDistance compares the forms where each round trip takes 20 ms.
func BenchmarkDistance(b *testing.B) {
	server := smtptest.Start(b, smtptest.Options{Discard: true})
	plain := smtptest.Start(b, smtptest.Options{Discard: true, Extensions: withoutGroups})
	for _, c := range []struct {
		name   string
		server *smtptest.Server
		follow bool
	}{{"plain", plain, false}, {"opening group", server, false}, {"one group", server, true}} {
		b.Run(c.name, func(b *testing.B) {
			o := optionsFor(c.server, TLSNone)
			o.Port = distant(b, c.server, 10*time.Millisecond)
			runForm(b, o, c.follow)
		})
	}
}

// distant puts a delay before a server, in each direction, and gives the port.
func distant(b *testing.B, server *smtptest.Server, delay time.Duration) int {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() }) // nothing depends on it
	target := (&net.TCPAddr{IP: net.ParseIP(server.Host()), Port: server.Port()}).String()
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close() // the client notices
				return
			}
			go delayed(far, near, delay)
			go delayed(near, far, delay)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port // it listens on TCP
}

// delayed copies what arrives, each piece when its time has come.
func delayed(to, from net.Conn, delay time.Duration) {
	type piece struct {
		data []byte
		due  time.Time
	}
	way := make(chan piece, 1024)
	go func() {
		defer close(way)
		for {
			data := make([]byte, 64<<10)
			n, err := from.Read(data)
			if err != nil {
				return
			}
			way <- piece{data[:n], time.Now().Add(delay)}
		}
	}()
	for p := range way {
		<-time.After(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	_, _ = to.Close(), from.Close() // the other direction ends, too
}
