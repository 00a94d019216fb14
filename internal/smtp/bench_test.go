package smtp

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

// BenchmarkForms compares what one connection carries in each form, messages of
// 30 KB.
func BenchmarkForms(b *testing.B) {
	server := smtptest.Start(b, smtptest.Options{Discard: true})
	plain := smtptest.Start(b, smtptest.Options{Discard: true, Extensions: withoutGroups})
	sink := startSink(b)
	for _, c := range []struct {
		name    string
		options Options
		follow  bool
	}{
		{"plain", optionsFor(plain, TLSNone), false},
		{"opening group", optionsFor(server, TLSNone), false},
		{"one group", optionsFor(server, TLSNone), true},
		{"smtp-sink/opening group", sink, false},
		{"smtp-sink/one group", sink, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			if c.options.Host == "" {
				b.Skip("smtp-sink of Debian's postfix is not installed")
			}
			runForm(b, c.options, c.follow)
		})
	}
}

func runForm(b *testing.B, o Options, follow bool) {
	b.Helper()
	s, err := Dial(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }() // what is measured came before
	text := bytes.Repeat([]byte("All lamps are lit, and the harbour school is open until the tide turns.\r\n"), 30<<10/73)
	lines, err := Inspect(text)
	if err != nil {
		b.Fatal(err)
	}
	letter := Transaction{From: sender, To: recipient, Body: Body{{Lines: lines}}}
	both := [2]Transaction{letter, letter}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		next := func() *Transaction {
			if !follow || i == b.N-1 {
				return nil
			}
			return &both[(i+1)%2]
		}
		if _, err := s.Deliver(b.Context(), &both[i%2], next); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// startSink runs postfix's test server, when there is one, until the benchmark
// ends.
func startSink(b *testing.B) Options {
	b.Helper()
	path, err := exec.LookPath("smtp-sink")
	if err != nil {
		return Options{}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port // it listens on TCP
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	arguments := []string{address, "100"}
	if os.Geteuid() == 0 {
		arguments = []string{"-u", "nobody", address, "100"}
	}
	command := exec.CommandContext(b.Context(), path, arguments...)
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = command.Process.Kill() // it ends with the context in any case
		_ = command.Wait()
	})
	for range 200 {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = conn.Close()
			return Options{Host: "127.0.0.1", Port: port, TLS: TLSNone, LocalName: "sender.example"}
		}
		<-time.After(10 * time.Millisecond) // it says nowhere when it listens
	}
	b.Fatal("smtp-sink does not listen")
	return Options{}
}
