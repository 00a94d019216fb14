package catcher_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"epistle/internal/catcher"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
)

const (
	sender    = "b-7f2c@bounces.lantern.example"
	recipient = "keeper@harbour.example"
	message   = "From: =?utf-8?q?Das_Licht?= <light@lantern.example>\r\nSubject: =?utf-8?q?K=C3=BCste?=\r\n\r\n.All lamps\r\n.\r\nare lit.\r\n"
)

// running is a catcher that serves.
type running struct {
	*catcher.Catcher
	port int
	stop func() // ends it and frees its folder; the test's end does so too
}

func start(t *testing.T, o catcher.Options) *running {
	t.Helper()
	c, err := catcher.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // it outlives t.Context
	ended := make(chan error, 1)
	go func() { ended <- c.ServeSMTP(ctx, l) }()
	r := &running{Catcher: c, port: l.Addr().(*net.TCPAddr).Port} // it listens on TCP
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("ServeSMTP: %v", err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *running) dial(t *testing.T) *smtp.Session {
	t.Helper()
	s, err := smtp.Dial(t.Context(), smtp.Options{Host: "127.0.0.1", Port: r.port, TLS: smtp.TLSNone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func send(t *testing.T, s *smtp.Session, to string) error {
	t.Helper()
	_, err := s.Send(t.Context(), sender, to, false, []byte(message), nil)
	return err
}

func TestAMessageIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	c := start(t, catcher.Options{Dir: dir})
	s := c.dial(t)
	for _, extension := range []string{"SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING"} {
		if !s.Supports(extension) {
			t.Errorf("%s is not offered", extension)
		}
	}
	changed := c.Changed()
	if err := send(t, s, recipient); err != nil {
		t.Fatal(err)
	}
	<-changed

	entries := c.List(0, 10)
	if c.Len() != 1 || len(entries) != 1 {
		t.Fatalf("%d messages, %d listed", c.Len(), len(entries))
	}
	e := entries[0]
	want := "Return-Path: <" + sender + ">\r\nX-Envelope-To: <" + recipient + ">\r\n" + message
	if e.ID != 1 || e.From != "Das Licht <light@lantern.example>" || e.To != recipient || e.Subject != "Küste" ||
		e.Sender != sender || e.File != "000001.eml" || e.Size != int64(len(want)) || e.At.IsZero() {
		t.Errorf("%+v", e)
	}
	if got := read(t, c.Catcher, 1); got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
	if one, err := c.Entry(1); err != nil || one != e {
		t.Errorf("%+v, %v", one, err)
	}
}

func read(t *testing.T, c *catcher.Catcher, id int) string {
	t.Helper()
	r, err := c.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSMTPUTF8AddressesAreKept(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{Dir: t.TempDir()})
	const to = "jürgen@harbour.example"
	if _, err := c.dial(t).Send(t.Context(), "", to, true, []byte(message), nil); err != nil {
		t.Fatal(err)
	}
	if e := c.List(0, 1)[0]; e.To != to || e.Sender != "" {
		t.Errorf("%+v", e)
	}
}

func TestOnlyWholeMessagesAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := start(t, catcher.Options{Dir: dir, MaxBytes: 1000})
	refused := errors.New("no")
	_, err := c.dial(t).Send(t.Context(), sender, recipient, false, []byte(message), func(context.Context) error { return refused })
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	_, err = c.dial(t).Send(t.Context(), sender, recipient, false, bytes.Repeat([]byte("lamp\r\n"), 200), nil)
	var e *smtp.Error
	if !errors.As(err, &e) || !strings.Contains(e.Error(), "at most 1000") {
		t.Errorf("too big: %v", err)
	}
	c.stop() // waits for what was being received
	if names := files(t, dir); c.Len() != 0 || len(names) != 0 {
		t.Errorf("%d kept, files %v", c.Len(), names)
	}
}

// A client that does not say SIZE is stopped by what it sends.
func TestTooBigWithoutSaying(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := start(t, catcher.Options{Dir: dir, MaxBytes: 1000})
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", c.port))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(conn, "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n"+strings.Repeat("lamp\r\n", 2000)+".\r\nQUIT\r\n")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err = errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(answer), "\r\n552 5.3.4 ") || c.Len() != 0 {
		t.Errorf("%d kept after %q", c.Len(), answer)
	}
	if names := files(t, dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

// files lists a folder without the lock.
func files(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range list {
		if f.Name() != ".lock" {
			names = append(names, f.Name())
		}
	}
	return names
}

func TestRestartFindsWhatWasKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, catcher.Options{Dir: dir})
	s := first.dial(t)
	for i := range 12 {
		if err := send(t, s, fmt.Sprintf("r%d@harbour.example", i)); err != nil {
			t.Fatal(err)
		}
	}
	before := first.List(0, 100)
	if _, err := catcher.New(catcher.Options{Dir: dir}); newsletter.KindOf(err) != newsletter.Conflict {
		t.Errorf("a second catcher on the same folder: %v", err)
	}
	first.stop()
	// A kill in the middle of a message leaves this; the others are not ours.
	for _, name := range []string{".incoming-123", "notes.txt", "7.eml", "000000.eml", "x00001.eml"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "000003.eml")); err != nil {
		t.Fatal(err)
	}

	second := start(t, catcher.Options{Dir: dir})
	want := slices.Delete(slices.Clone(before), 2, 3)
	if after := second.List(0, 100); !slices.Equal(after, want) {
		t.Errorf("after the restart:\n%+v\nwant\n%+v", after, want)
	}
	if names := files(t, dir); slices.Contains(names, ".incoming-123") || !slices.Contains(names, "notes.txt") {
		t.Errorf("files %v", names)
	}
	if err := send(t, second.dial(t), recipient); err != nil {
		t.Fatal(err)
	}
	if e := second.List(second.Len()-1, 5); len(e) != 1 || e[0].ID != 13 || e[0].To != recipient {
		t.Errorf("the next message is %+v", e)
	}
}

func TestListBounds(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{Dir: t.TempDir()})
	s := c.dial(t)
	for range 3 {
		if err := send(t, s, recipient); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []struct {
		offset, limit int
		want          []int
	}{
		{0, 2, []int{1, 2}}, {2, 5, []int{3}}, {3, 1, nil}, {99, 1, nil}, {-1, 1, []int{1}}, {0, 0, nil}, {0, -1, nil},
	} {
		var ids []int
		for _, e := range c.List(b.offset, b.limit) {
			ids = append(ids, e.ID)
		}
		if !slices.Equal(ids, b.want) {
			t.Errorf("List(%d, %d) gives %v, want %v", b.offset, b.limit, ids, b.want)
		}
	}
	for _, id := range []int{-1, 0, 4} {
		if _, err := c.Open(id); newsletter.KindOf(err) != newsletter.NotFound {
			t.Errorf("Open(%d): %v", id, err)
		}
	}
}

func TestManyConnectionsGetDistinctNumbers(t *testing.T) {
	t.Parallel()
	const connections, each = 8, 40
	c := start(t, catcher.Options{Dir: t.TempDir()})
	var wg sync.WaitGroup
	for i := range connections {
		s := c.dial(t)
		wg.Go(func() {
			for j := range each {
				if err := send(t, s, fmt.Sprintf("r%d-%d@harbour.example", i, j)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := make(map[string]bool)
	for i, e := range c.List(0, connections*each+1) {
		seen[e.To] = true
		if e.ID != i+1 {
			t.Errorf("entry %d has number %d", i, e.ID)
		}
	}
	if len(seen) != connections*each {
		t.Errorf("%d different recipients, want %d", len(seen), connections*each)
	}
}

func TestBehaviour(t *testing.T) {
	t.Parallel()
	type want struct {
		outcome smtp.Outcome // 0: taken
		reply   string
		kept    int // so far
	}
	for _, c := range []struct {
		to    string
		tries []want
	}{
		{"keeper@harbour.example", []want{{kept: 1}}},
		{"bounce-1@harbour.example", []want{{smtp.Permanent, "550 5.1.1", 0}, {smtp.Permanent, "550 5.1.1", 0}}},
		{"full.house@harbour.example", []want{{smtp.Permanent, "552 5.2.2", 0}}},
		{"defer@harbour.example", []want{{smtp.Temporary, "451 4.7.1", 0}, {kept: 1}, {kept: 2}}},
		{"drop7@harbour.example", []want{{outcome: smtp.Unknown, kept: 1}, {kept: 2}}},
		{"a-bounce@harbour.example", []want{{kept: 1}}},
	} {
		t.Run(c.to, func(t *testing.T) {
			t.Parallel()
			catching := start(t, catcher.Options{Dir: t.TempDir(), Behave: true})
			for i, w := range c.tries {
				err := send(t, catching.dial(t), c.to)
				var e *smtp.Error
				if errors.As(err, &e); err != nil != (w.outcome != 0) || e != nil && (e.Outcome != w.outcome || !strings.HasPrefix(e.Reply.String(), w.reply)) {
					t.Errorf("try %d: %v", i+1, err)
				}
				if n := catching.Len(); n != w.kept {
					t.Errorf("try %d: %d kept, want %d", i+1, n, w.kept)
				}
			}
		})
	}
	t.Run("a stalling recipient ends with the catcher", func(t *testing.T) {
		t.Parallel()
		catching := start(t, catcher.Options{Dir: t.TempDir(), Behave: true})
		changed := catching.Changed()
		s := catching.dial(t)
		result := make(chan error, 1)
		go func() { result <- send(t, s, "stall@harbour.example") }()
		<-changed
		catching.stop()
		var e *smtp.Error
		if err := <-result; !errors.As(err, &e) || e.Outcome != smtp.Unknown {
			t.Errorf("the reply came although the catcher had ended: %v", err)
		}
	})
	t.Run("without Behave everybody is a reader", func(t *testing.T) {
		t.Parallel()
		catching := start(t, catcher.Options{Dir: t.TempDir()})
		if err := send(t, catching.dial(t), "bounce@harbour.example"); err != nil {
			t.Error(err)
		}
	})
}

func TestServingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c, err := catcher.New(catcher.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("also when it was over before", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.ServeSMTP(ctx, l); err != nil {
			t.Error(err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the listener is still open: %v", err)
		}
	})
	t.Run("and says when its listener fails", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.ServeSMTP(t.Context(), l); newsletter.KindOf(err) != newsletter.Unavailable {
			t.Errorf("%v", err)
		}
	})
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestAFolderIsNeeded(t *testing.T) {
	t.Parallel()
	if _, err := catcher.New(catcher.Options{}); newsletter.KindOf(err) != newsletter.Usage {
		t.Errorf("%v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := catcher.New(catcher.Options{Dir: file}); newsletter.KindOf(err) != newsletter.Unavailable {
		t.Errorf("%v", err)
	}
}
