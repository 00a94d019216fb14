package lmtp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const keeper = "b-keeper@bounces.lantern.example"

// office is what stands behind a server: it knows addresses that begin with "b-".
type office struct {
	mu     sync.Mutex
	kept   []string // "from|to,to|message"
	broken error    // of Accept
	lost   error    // of Known
	hold   chan struct{}
	held   chan struct{}
}

func (o *office) known(_ context.Context, a string) (bool, error) {
	return strings.HasPrefix(a, "b-"), o.lost
}

func (o *office) accept(_ context.Context, from string, to []string, r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if o.hold != nil {
		close(o.held)
		<-o.hold
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return o.broken
	}
	o.kept = append(o.kept, from+"|"+strings.Join(to, ",")+"|"+string(b))
	return nil
}

func (o *office) all() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.kept, "\n")
}

// start serves until the test ends; stop ends it earlier and gives what Serve said.
func start(t *testing.T, o Options, behind *office) (address string, stop func() error) {
	t.Helper()
	o.Name, o.Known, o.Accept, o.Log = "mx.lantern.example", behind.known, behind.accept, slog.New(slog.DiscardHandler)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(o).Serve(ctx, l) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), stop
}

// client is a scripted mail server.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &client{t, conn, bufio.NewReader(conn)}
}

// say sends lines and demands the beginnings of the answers, one for each of want;
// an answer of several lines counts as its last.
func (c *client) say(lines string, want ...string) {
	c.t.Helper()
	if lines != "" {
		if _, err := io.WriteString(c.conn, strings.ReplaceAll(lines, "\n", "\r\n")+"\r\n"); err != nil {
			c.t.Fatal(err)
		}
	}
	for _, w := range want {
		line := ""
		for more := true; more; more = len(line) > 3 && line[3] == '-' {
			var err error
			if line, err = c.in.ReadString('\n'); err != nil {
				c.t.Fatalf("after %q: %v, want %s", lines, err, w)
			}
		}
		if !strings.HasPrefix(line, w) {
			c.t.Errorf("after %q: %s, want %s", lines, line, w)
		}
	}
}

const report = "Subject: failure\n\nNo such user.\n..\n."

func TestLMTPAnswersForEachRecipient(t *testing.T) {
	t.Parallel()
	behind := &office{}
	address, _ := start(t, Options{}, behind)
	c := dial(t, address)
	c.say("", "220 mx.lantern.example LMTP")
	c.say("EHLO x", "500")
	c.say("LHLO x", "250")
	c.say("MAIL FROM:<>", "250")
	c.say("RCPT TO:<"+keeper+">", "250")
	c.say("RCPT TO:<nobody@lantern.example>", "550 5.1.1")
	c.say("RCPT TO:<relay@elsewhere.example>", "550 5.1.1")
	c.say("RCPT TO:<b-nurse@bounces.lantern.example>", "250")
	c.say("DATA", "354")
	c.say(report, "250 2.0.0 <"+keeper+">", "250 2.0.0 <b-nurse@")
	c.say("MAIL FROM:<filter@clinic.example>", "250")
	c.say("RCPT TO:<nobody@lantern.example>", "550 5.1.1")
	c.say("DATA", "502") // nobody is left to take it for
	c.say("QUIT", "221")
	want := "|" + keeper + ",b-nurse@bounces.lantern.example|Subject: failure\r\n\r\nNo such user.\r\n.\r\n"
	if got := behind.all(); got != want {
		t.Errorf("kept %q, want %q", got, want)
	}
}

func TestSMTPAnswersOnce(t *testing.T) {
	t.Parallel()
	behind := &office{}
	address, _ := start(t, Options{SMTP: true}, behind)
	c := dial(t, address)
	c.say("", "220 mx.lantern.example ESMTP")
	c.say("LHLO x", "500")
	c.say("EHLO x", "250")
	c.say("MAIL FROM:<keeper@harbour.example> SIZE=200", "250")
	c.say("RCPT TO:<"+keeper+">", "250")
	c.say("RCPT TO:<b-nurse@bounces.lantern.example>", "250")
	c.say("DATA", "354")
	c.say(report, "250")
	c.say("RSET", "250")
	c.say("VRFY keeper", "252")
	c.say("AUTH PLAIN", "5")
	if !strings.HasPrefix(behind.all(), "keeper@harbour.example|"+keeper+",b-nurse@") {
		t.Errorf("%q", behind.all())
	}
}

func TestTroubleIsTemporary(t *testing.T) {
	t.Parallel()
	behind := &office{broken: errors.New("no space left on /var/lib/secret")}
	address, _ := start(t, Options{}, behind)
	c := dial(t, address)
	c.say("", "220")
	c.say("LHLO x", "250")
	c.say("MAIL FROM:<>", "250")
	c.say("RCPT TO:<"+keeper+">", "250")
	c.say("RCPT TO:<b-nurse@bounces.lantern.example>", "250")
	c.say("DATA", "354")
	c.say(report, "451 4.3.0 <"+keeper+"> The message could not be stored, please try again later", "451 4.3.0")
	behind.mu.Lock()
	behind.broken = nil
	behind.mu.Unlock()
	c.say("MAIL FROM:<>\nRCPT TO:<"+keeper+">\nDATA", "250", "250", "354")
	c.say(report, "250")

	lost := &office{lost: errors.New("database is locked")}
	address, _ = start(t, Options{}, lost)
	c = dial(t, address)
	c.say("LHLO x\nMAIL FROM:<>\nRCPT TO:<"+keeper+">", "220", "250", "250", "451 4.3.0")
}

func TestTooLargeIsRefusedForGood(t *testing.T) {
	t.Parallel()
	behind := &office{}
	address, _ := start(t, Options{MaxBytes: 1000}, behind)
	c := dial(t, address)
	c.say("LHLO x\nMAIL FROM:<> SIZE=1001", "220", "250", "552")
	c.say("MAIL FROM:<>\nRCPT TO:<"+keeper+">\nDATA", "250", "250", "354")
	c.say(strings.Repeat("lamp\n", 1000)+".", "552 5.3.4")
	c.say("MAIL FROM:<>\nRCPT TO:<"+keeper+">\nDATA", "250", "250", "354")
	c.say(report, "250")
	if strings.Contains(behind.all(), "lamp") {
		t.Error("it was kept")
	}
}

func TestHalfAMessageIsNotKept(t *testing.T) {
	t.Parallel()
	behind := &office{}
	address, stop := start(t, Options{}, behind)
	c := dial(t, address)
	c.say("LHLO x\nMAIL FROM:<>\nRCPT TO:<"+keeper+">\nDATA", "220", "250", "250", "250", "354")
	c.say("Subject: half\n\nNo such")
	_ = c.conn.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if behind.all() != "" {
		t.Errorf("kept %q", behind.all())
	}
}

func TestNobodyMayTryNames(t *testing.T) {
	t.Parallel()
	address, _ := start(t, Options{}, &office{})
	c := dial(t, address)
	c.say("LHLO x\nMAIL FROM:<>", "220", "250", "250")
	for i := range maxRefused - 1 {
		c.say(fmt.Sprintf("RCPT TO:<name%d@lantern.example>", i), "550 5.1.1")
	}
	c.say("RCPT TO:<one.more@lantern.example>", "421")
	if _, err := c.in.ReadString('\n'); err == nil {
		t.Error("the connection is still open")
	}
}

func TestManyRecipients(t *testing.T) {
	t.Parallel()
	address, _ := start(t, Options{}, &office{})
	c := dial(t, address)
	c.say("LHLO x\nMAIL FROM:<>", "220", "250", "250")
	for i := range maxRecipients {
		c.say(fmt.Sprintf("RCPT TO:<b-%d@lantern.example>", i), "250")
	}
	c.say("RCPT TO:<b-more@lantern.example>", "452 4.5.3")
}

func TestAFurtherConnectionWaits(t *testing.T) {
	t.Parallel()
	address, _ := start(t, Options{Connections: 1}, &office{})
	first := dial(t, address)
	first.say("", "220")
	second := dial(t, address)
	if err := second.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if line, err := second.in.ReadString('\n'); err == nil {
		t.Errorf("it was greeted: %s", line)
	}
	if err := second.conn.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	first.say("QUIT", "221")
	second.say("", "220")
}

func TestStopLetsTheMessageUnderWayEnd(t *testing.T) {
	t.Parallel()
	behind := &office{hold: make(chan struct{}), held: make(chan struct{})}
	address, stop := start(t, Options{}, behind)
	c := dial(t, address)
	c.say("LHLO x\nMAIL FROM:<>\nRCPT TO:<"+keeper+">\nDATA", "220", "250", "250", "250", "354")
	c.say(report)
	<-behind.held
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	for { // until it is stopping
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", address)
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(behind.hold)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if behind.all() == "" {
		t.Error("the message under way was not kept")
	}
}

func TestAConnectionHasALifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		conn, err := mortal{pipe{ours}}.Accept()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(lifetime - time.Second)
		synctest.Wait()
		go func() { _, _ = theirs.Write([]byte("x")) }()
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Errorf("before its end: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("it lives on")
		}
	})
}

type pipe struct{ conn net.Conn }

func (p pipe) Accept() (net.Conn, error) { return p.conn, nil }
func (p pipe) Close() error              { return nil }
func (p pipe) Addr() net.Addr            { return p.conn.LocalAddr() }

func TestNoRoomIsTemporary(t *testing.T) {
	t.Parallel()
	address, _ := start(t, Options{Room: func(_ context.Context, from, _ string) (bool, error) { return from == "", nil }}, &office{})
	c := dial(t, address)
	c.say("LHLO x\nMAIL FROM:<keeper@harbour.example>\nRCPT TO:<"+keeper+">\nRSET\nMAIL FROM:<>\nRCPT TO:<"+keeper+">",
		"220", "250", "250", "451 4.3.1", "250", "250", "250")
}
