package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"epistle/internal/smtp/smtptest"
)

// killUntilTaken starts and kills the program a number of times while it takes in
// messages, at moments between which it has stored some more, and looks at the end
// whether each of them is there once.
func (o *office) killUntilTaken(messages, kills int) {
	o.t.Helper()
	for step := range kills + 1 {
		p, want := o.start("serve"), messages
		before, _ := o.kept()
		if step < kills {
			want = min(messages, before+1+rand.IntN(messages/kills))
		}
		o.await(p, func() bool { stored, _ := o.kept(); return stored >= want })
		if step == kills {
			o.await(p, func() bool { _, settled := o.kept(); return settled == messages })
		}
		if err := p.kill(); err != nil {
			o.t.Fatal(err)
		}
	}
	if stored, settled := o.kept(); stored != messages || settled != messages {
		o.t.Errorf("%d messages are stored and %d settled, of %d", stored, settled, messages)
	}
}

func many(t *testing.T) (messages, kills int) {
	t.Helper()
	if testing.Short() {
		return 100, 3
	}
	return 400, 6
}

// TestAKillLosesNothingOfAnMbox kills the program while it reads an mbox file and
// empties it.
func TestAKillLosesNothingOfAnMbox(t *testing.T) {
	t.Parallel()
	messages, kills := many(t)
	path := filepath.Join(t.TempDir(), "mbox")
	var text strings.Builder
	for id := range messages {
		fmt.Fprintf(&text, "From MAILER-DAEMON Fri Mar 12 07:00:00 2027\n%s\n", strings.ReplaceAll(incoming(id), "\r\n", "\n"))
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, 1, smtptest.Options{}, "EPISTLE_INBOUND_MBOX="+path, "EPISTLE_INBOUND_EVERY=1s", "EPISTLE_INBOUND_AFTERWARDS=delete")
	o.killUntilTaken(messages, kills)
}

// TestAKillLosesNothingOfAnIMAPFolder kills the program while it takes messages from
// an IMAP server, one that tells of news by itself and one that has to be asked.
func TestAKillLosesNothingOfAnIMAPFolder(t *testing.T) {
	t.Parallel()
	for name, caps := range map[string]imap.CapSet{
		"with IDLE, UIDPLUS and MOVE": {imap.CapIMAP4rev1: {}, imap.CapIdle: {}, imap.CapUIDPlus: {}, imap.CapMove: {}},
		"without":                     {imap.CapIMAP4rev1: {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			messages, kills := many(t)
			port, user := imapServer(t, caps)
			for id := range messages {
				text := incoming(id)
				if _, err := user.Append("INBOX", literal{strings.NewReader(text), int64(len(text))}, &imap.AppendOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			o := newOffice(t, 1, smtptest.Options{}, "EPISTLE_IMAP_HOST=127.0.0.1", fmt.Sprintf("EPISTLE_IMAP_PORT=%d", port), "EPISTLE_IMAP_TLS=none",
				"EPISTLE_IMAP_USERNAME=lantern", "EPISTLE_IMAP_PASSWORD=oil", "EPISTLE_INBOUND_EVERY=1s")
			o.killUntilTaken(messages, kills)
		})
	}
}

type literal struct {
	io.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

// imapServer runs a real IMAP server with one user until the test ends.
func imapServer(t *testing.T, caps imap.CapSet) (port int, user *imapmemserver.User) {
	t.Helper()
	user = imapmemserver.NewUser("lantern", "oil")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: caps, InsecureAuth: true, Logger: silent{},
	})
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // it ends when the test closes it
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return l.Addr().(*net.TCPAddr).Port, user
}

type silent struct{}

func (silent) Printf(string, ...any) {}
