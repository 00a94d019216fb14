package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

// pileKinds is what comes back in a pile: message number N is of the kind N % len.
var pileKinds = []func(m original, id string) string{
	func(m original, id string) string { return m.dsn(id, "failed", "5.1.1", "550 5.1.1 user unknown") },
	func(m original, id string) string {
		return m.dsn(id, "failed", "5.2.2", "552 5.2.2 the mailbox is full")
	},
	func(m original, id string) string {
		return m.dsn(id, "failed", "5.1.2", "550 5.1.2 domain not found")
	},
	func(m original, id string) string {
		return m.dsn(id, "failed", "5.7.26", "550 5.7.26 not authenticated")
	},
	func(m original, id string) string { return m.dsn(id, "delayed", "4.4.1", "450 4.4.1 no answer") },
	func(m original, id string) string { return m.complaint(id) },
	func(m original, id string) string { return m.human(id, m.leave, "unsubscribe", "", "") },
	func(m original, id string) string {
		return m.human(id, m.envelope, "Out of office", "Auto-Submitted: auto-replied\n", "I am away.")
	},
	func(m original, id string) string {
		return m.human(id, "bulletin@news.example.org", "A question", "", "When is the next meeting?")
	},
	func(m original, id string) string {
		return "Return-Path: <>\nFrom: MAILER-DAEMON@mx.harbour.example\nTo: " + m.envelope + "\nSubject: failure notice\nMessage-ID: <" + id + "@mx>\n\n" +
			"Hi. This is the qmail-send program at mx.harbour.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n" +
			"This is a permanent error; I've given up. Sorry it didn't work out.\n\n<" + m.to + ">:\nSorry, no mailbox here by that name. (#5.1.1)\n\n" +
			"--- Below this line is a copy of the message.\n\n" + m.head + "\n\nWords\n"
	},
}

// sentPile is an office that has sent to its readers, and a folder of what came
// back, one message for each.
func sentPile(tb testing.TB, o *office) (dir string) {
	tb.Helper()
	o.run("bulletins", "send", "1", "--wait", "--quiet")
	dir = filepath.Join(o.dir, "in")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	for at, m := range o.server.Accepted() {
		raw := append([]byte("Return-Path: <"+m.From+">\r\n"), m.Data...)
		back, err := originalOf(raw)
		if err != nil {
			tb.Fatal(err)
		}
		id := fmt.Sprintf("%06d", at)
		if err := os.WriteFile(filepath.Join(dir, id), []byte(pileKinds[at%len(pileKinds)](back, id)), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// back is what `bounces list --json` says of one message, without what differs from
// run to run.
type back struct {
	Email, State, Class, Effect, Reason string
}

func (o *office) cameBack() map[back]int {
	o.t.Helper()
	var list []back
	if err := json.Unmarshal([]byte(o.run("bounces", "list", "--limit", "100000", "--json")), &list); err != nil {
		o.t.Fatal(err)
	}
	set := map[back]int{}
	for _, b := range list {
		set[b]++
	}
	return set
}

// TestAKillWhileMailIsProcessedChangesNothing kills `bounces process` again and
// again at random moments. In the end everything is as after one run that nobody
// disturbed: each message acted on once.
func TestAKillWhileMailIsProcessedChangesNothing(t *testing.T) {
	t.Parallel()
	readers, kills := 600, 25
	if testing.Short() {
		readers, kills = 200, 8
	}
	o := newOffice(t, readers, smtptest.Options{}, "EPISTLE_INBOUND_LEAVE_MAILBOX=leave", "EPISTLE_WEB_PUBLIC_URL=https://news.example.org")
	dir := sentPile(t, o)
	o.run("backup", "before.db")

	begun := time.Now()
	o.run("bounces", "process", dir, "--quiet")
	whole := time.Since(begun)
	want, ledger := o.cameBack(), o.ledger()
	audit := o.acts()

	o.env = append(o.env, "EPISTLE_DATABASE_URL="+filepath.Join(o.dir, "before.db"))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, seed))
	killed := 0
	for range kills {
		p := o.start("bounces", "process", dir, "--quiet")
		moment := make(chan struct{})
		time.AfterFunc(time.Duration(random.Int64N(int64(whole)/4)), func() { close(moment) })
		select {
		case <-moment:
			killed++
			if err := p.kill(); err != nil {
				t.Fatal(err)
			}
		case err := <-p.ended:
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	o.run("bounces", "process", dir, "--quiet")
	t.Logf("%d runs were killed", killed)
	got := o.cameBack()
	for b, n := range want {
		if got[b] != n {
			t.Errorf("%d times %+v, want %d", got[b], b, n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d different messages, want %d", len(got), len(want))
	}
	if l := o.ledger(); fmt.Sprint(l) != fmt.Sprint(ledger) {
		t.Errorf("the ledger says %+v, want %+v", l, ledger)
	}
	if again := o.acts(); fmt.Sprint(again) != fmt.Sprint(audit) {
		t.Errorf("the audit log says %v, want %v", again, audit)
	}
}

// acts counts the acts in the audit log.
func (o *office) acts() map[string]int {
	o.t.Helper()
	var list []struct{ Action string }
	if err := json.Unmarshal([]byte(o.run("audit", "--json", "--limit", "100000")), &list); err != nil {
		o.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range list {
		counts[e.Action]++
	}
	return counts
}
