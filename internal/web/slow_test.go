package web

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener inside a test's own time: dial gives the client's end.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.accept <- server
	return client
}

// TestSlowClientsHoldNoConnection is the attack that opens many connections and
// sends a byte now and then, in a time of its own.
func TestSlowClientsHoldNoConnection(t *testing.T) {
	t.Parallel()
	const post = "POST / HTTP/1.1\r\nHost: news.example.org\r\nContent-Length: 100000\r\n\r\n"
	for name, tt := range map[string]struct {
		drip  func(i int) string // what the client sends each second
		limit time.Duration
	}{
		"that never sends a byte":         {func(int) string { return "" }, readHeaderTimeout},
		"that never ends its header":      {func(i int) string { return strings.Repeat("GET / HTTP/1.1\r\nX-A: ", 1-min(i, 1)) + "b" }, readHeaderTimeout},
		"that never ends its body":        {func(i int) string { return strings.Repeat(post, 1-min(i, 1)) + "b" }, readTimeout},
		"that asks and then says nothing": {func(i int) string { return strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1-min(i, 1)) }, idleTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				k := New(Options{})
				h := k.Protect(k.Handle(func(w http.ResponseWriter, r *http.Request) error {
					if _, err := io.ReadAll(r.Body); err != nil {
						return err
					}
					return Write(w, PlainText, "done")
				}))
				go func() { ended <- Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
				conn, begun := l.dial(), time.Now()
				gone := make(chan time.Time, 1)
				go func() {
					_, _ = io.Copy(io.Discard, conn) // ends when the server hangs up
					gone <- time.Now()
				}()
				hungUp, quiet := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(quiet)
					for i := 0; ; i++ {
						if text := tt.drip(i); text != "" {
							if _, err := io.WriteString(conn, text); err != nil {
								return
							}
						}
						select {
						case <-hungUp:
							return
						case <-time.After(time.Second): // of the bubble
						}
					}
				}()
				if held := (<-gone).Sub(begun); held > tt.limit+2*time.Second {
					t.Errorf("the connection was held for %v, want at most %v", held, tt.limit)
				}
				_ = conn.Close()
				close(hungUp)
				<-quiet
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestHeaderOfARequestIsLimited(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, http.NotFoundHandler(), slog.New(slog.DiscardHandler)) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nX-Long: "+strings.Repeat("a", 2*maxHeaderBytes)+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", resp.StatusCode)
	}
	_ = resp.Body.Close()
	_ = conn.Close()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
