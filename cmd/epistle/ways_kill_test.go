package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/smtp/smtptest"
)

// incoming is a message that comes in; none is understood, so that each is kept for
// a person.
func incoming(id int) string {
	return fmt.Sprintf("From: keeper@harbour.example\r\nSubject: Lamp %d\r\nMessage-ID: <%d@harbour.example>\r\n\r\nThe lamp is lit.\r\n", id, id)
}

// kept counts the messages that are stored, and those of them that wait for nothing
// any more.
func (o *office) kept() (stored, settled int) {
	o.t.Helper()
	db, err := database.Open(o.t.Context(), filepath.Join(o.dir, "epistle.db"))
	if err != nil {
		o.t.Fatal(err)
	}
	err = db.Read(o.t.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*), COUNT(CASE WHEN state <> 'waiting' THEN 1 END) FROM inbound`).Scan(&stored, &settled)
	})
	if err = errors.Join(err, db.Close()); err != nil {
		o.t.Fatal(err)
	}
	return stored, settled
}

// TestAKillLosesNothingOfAMaildir kills the program again and again while it takes
// messages out of a folder.
func TestAKillLosesNothingOfAMaildir(t *testing.T) {
	t.Parallel()
	messages, kills := 600, 8
	if testing.Short() {
		messages, kills = 200, 3
	}
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for id := range messages {
		if err := os.WriteFile(filepath.Join(dir, "new", fmt.Sprintf("%04d", id)), []byte(incoming(id)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := newOffice(t, 1, smtptest.Options{}, "EPISTLE_INBOUND_MAILDIR="+dir, "EPISTLE_INBOUND_EVERY=1s", "EPISTLE_INBOUND_AFTERWARDS=delete")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, seed))
	left := func() int {
		entries, err := os.ReadDir(filepath.Join(dir, "new"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	for step := range kills + 1 {
		p := o.start("serve")
		until := 0
		if step < kills {
			until = max(0, left()-1-random.IntN(messages/kills))
		}
		o.await(p, func() bool { return left() <= until })
		if step == kills {
			o.await(p, func() bool { _, settled := o.kept(); return settled == messages })
		}
		if err := p.kill(); err != nil {
			t.Fatal(err)
		}
		if stored, _ := o.kept(); stored < messages-left() {
			t.Fatalf("%d files are gone and only %d messages are stored", messages-left(), stored)
		}
	}
	if stored, settled := o.kept(); stored != messages || settled != messages {
		t.Errorf("%d messages are stored and %d settled, of %d", stored, settled, messages)
	}
}

// TestAKillLosesNothingThatWasAcknowledged kills the program while a mail server
// hands messages over: what it has answered with 250 is stored, and what is handed
// over again is stored once.
func TestAKillLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	messages, kills := 300, 6
	if testing.Short() {
		messages, kills = 100, 2
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, 1, smtptest.Options{}, "EPISTLE_INBOUND_LISTEN="+address, "EPISTLE_WEB_PUBLIC_URL=https://news.example.org")
	acknowledged := 0
	for step := 0; step < kills && acknowledged < messages; step++ {
		p, at := o.start("serve"), min(acknowledged+rand.IntN(messages/kills), messages-1)
		dying := make(chan error, 1)
		acknowledged = handOver(t.Context(), address, acknowledged, messages, func(n int) {
			if n == at {
				go func() { dying <- p.kill() }() // while the next ones are handed over
			}
		})
		if err := <-dying; err != nil {
			t.Fatal(err)
		}
		if stored, _ := o.kept(); stored < acknowledged {
			t.Fatalf("%d were acknowledged and %d are stored", acknowledged, stored)
		}
	}
	p := o.start("serve")
	acknowledged = handOver(t.Context(), address, acknowledged, messages, func(int) {})
	o.await(p, func() bool { _, settled := o.kept(); return settled == messages })
	if err := p.kill(); err != nil {
		t.Fatal(err)
	}
	if stored, _ := o.kept(); stored != messages || acknowledged != messages {
		t.Errorf("%d were acknowledged and %d are stored, of %d", acknowledged, stored, messages)
	}
}

// handOver hands over messages from the given number on, one connection for all,
// until the server is gone, and gives the number of the first that was not
// acknowledged. acknowledged is told each that was.
func handOver(ctx context.Context, address string, from, to int, acknowledged func(n int)) int {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	for limit := time.Now().Add(time.Minute); err != nil && time.Now().Before(limit); { // the server begins
		conn, err = dialer.DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return from
	}
	defer func() { _ = conn.Close() }()
	c := textproto.NewConn(conn)
	say := func(code int, text string) bool {
		if text != "" {
			if _, err := fmt.Fprintf(conn, "%s\r\n", text); err != nil {
				return false
			}
		}
		_, _, err := c.ReadResponse(code)
		return err == nil
	}
	if !say(220, "") || !say(250, "LHLO mx.lantern.example") {
		return from
	}
	for ; from < to; from++ {
		if !say(250, "MAIL FROM:<>") || !say(250, "RCPT TO:<postmaster@news.example.org>") || !say(354, "DATA") || !say(250, incoming(from)+".") {
			return from
		}
		acknowledged(from)
	}
	return from
}

// await waits until something is so; the process must go on meanwhile.
func (o *office) await(p *process, so func() bool) {
	o.t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(2 * time.Minute)
	for !so() {
		select {
		case err := <-p.ended:
			said, _ := p.look()
			o.t.Fatalf("it ended by itself: %v\n%s", err, said)
		case <-limit:
			said, _ := p.look()
			o.t.Fatalf("it takes too long; it said:\n%s", strings.TrimSpace(said))
		case <-ticker.C:
		}
	}
}
