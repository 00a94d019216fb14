package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"epistle/internal/config"
	"epistle/internal/inbound/mailbox"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

// refusal is a delivery report about one reader, who is unknown.
func refusal(reader string) string {
	return "From: Mail Delivery <MAILER-DAEMON@mx.harbour.example>\r\nSubject: Undelivered Mail Returned to Sender\r\n" +
		"Message-ID: <about-" + reader + ">\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n" +
		"--b\r\n\r\nA letter came back.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.harbour.example\r\n\r\n" +
		"Final-Recipient: rfc822; " + reader + "\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b--\r\n"
}

// TestServeTakesInWhatComesBack sends a bulletin to three readers and lets each come
// back by another way.
func TestServeTakesInWhatComesBack(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{})
	cfg := settings(t, server)
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, "Maildir", sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Inbound.Maildir, cfg.Inbound.Mbox, cfg.Inbound.Every = filepath.Join(dir, "Maildir"), filepath.Join(dir, "mbox"), newsletter.Duration(5*time.Millisecond)
	cfg.Inbound.Listen = freeAddress(t)
	a := openApp(t, cfg)
	b := leaving(t, a, "ana@harbour.example", "bo@harbour.example", "chima@harbour.example")
	listener, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.ServeOn(ctx, listener) }()
	awaitSent(t, a, b, server)
	sender := map[string]string{}
	for _, m := range server.Accepted() {
		sender[m.To[0]] = m.From
	}

	handOver(t, cfg.Inbound.Listen, sender["ana@harbour.example"], refusal("ana@harbour.example"))
	write(t, filepath.Join(cfg.Inbound.Maildir, "new", "1"), "Delivered-To: "+sender["bo@harbour.example"]+"\n"+refusal("bo@harbour.example"))
	write(t, cfg.Inbound.Mbox, "From MAILER-DAEMON Fri Mar 12 07:00:00 2027\nDelivered-To: "+sender["chima@harbour.example"]+"\n"+refusal("chima@harbour.example")+"\n")
	for id := range int64(3) {
		awaitState(t, a, id+1, newsletter.SubscriptionSuspended)
	}
	for _, check := range CheckWays(t.Context(), cfg) {
		if check.Err != nil || check.Found == "" {
			t.Errorf("%s: %q, %v", check.Name, check.Found, check.Err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(cfg.Inbound.Maildir, "cur", "1:2,S")); err != nil {
		t.Error("the message in the Maildir was not marked: ", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	noneLeft(t)
}

// freeAddress is one where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// handOver is a mail server that speaks LMTP.
func handOver(t *testing.T, address, to, message string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	for err != nil { // serve begins to listen
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
		conn, err = net.Dial("tcp", address)
	}
	c := textproto.NewConn(conn)
	defer func() { _ = c.Close() }()
	for _, step := range []struct {
		say  string
		code int
	}{
		{"", 220},
		{"LHLO mx.lantern.example", 250},
		{"MAIL FROM:<>", 250},
		{"RCPT TO:<" + strings.Replace(to, "b-", "b-x", 1) + ">", 550},
		{"RCPT TO:<" + to + ">", 250},
		{"DATA", 354},
		{message + ".", 250},
		{"QUIT", 221},
	} {
		if step.say != "" {
			if _, err := fmt.Fprintf(conn, "%s\r\n", step.say); err != nil {
				t.Fatal(err)
			}
		}
		if _, line, err := c.ReadResponse(step.code); err != nil {
			t.Fatalf("after %.40q: %s, %v", step.say, line, err)
		}
	}
}

func awaitState(t *testing.T, a *App, subscriber int64, want newsletter.SubscriptionState) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	limit := time.After(time.Minute)
	for {
		state, err := a.Store.SubscriptionState(t.Context(), subscriber, 1)
		if err != nil {
			t.Fatal(err)
		}
		if state == want {
			return
		}
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatalf("subscriber %d is %s", subscriber, state)
		}
	}
}

func TestAWayThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the server has gone")
		begun := time.Now()
		var tries []time.Duration
		ctx, stop := context.WithCancel(t.Context())
		w := way{"imap", func(ctx context.Context, well func()) error {
			tries = append(tries, time.Since(begun))
			switch len(tries) {
			case 4:
				well()
			case 6:
				<-ctx.Done()
				return nil
			}
			return broken
		}}
		done := make(chan error, 1)
		go func() { done <- w.keepOpen(ctx, slog.New(slog.DiscardHandler)) }()
		time.Sleep(10 * time.Minute)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		want := "[0s 5s 15s 35s 40s 50s]" // it begins anew after it has worked
		if fmt.Sprint(tries) != want {
			t.Errorf("tried at %v, want %s", tries, want)
		}
	})
}

func TestLookingTellsWhetherItWorks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("a message cannot be read")
		looks, good := 0, 0
		run := looking(time.Minute, func(context.Context, mailbox.Accept) (int, error) {
			if looks++; looks == 4 {
				return 0, broken
			}
			return 0, nil
		}, nil)
		if err := run(t.Context(), func() { good++ }); !errors.Is(err, broken) || looks != 4 || good != 3 {
			t.Errorf("%v after %d looks, %d of them good", err, looks, good)
		}
	})
}

func TestWaysThatCannotBeUsed(t *testing.T) {
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	c := config.Default()
	c.Inbound.Maildir, c.Inbound.Mbox, c.Inbound.Listen = "missing", t.TempDir(), l.Addr().String()
	c.IMAP.Host, c.IMAP.Port, c.IMAP.TLS = "127.0.0.1", 1, config.TLSNone
	checks := CheckWays(t.Context(), c)
	for _, check := range checks {
		if check.Err == nil || newsletter.RemedyOf(check.Err) == "" {
			t.Errorf("%s: %q, %v", check.Name, check.Found, check.Err)
		}
	}
	if len(checks) != 4 {
		t.Errorf("%d checks", len(checks))
	}
}
