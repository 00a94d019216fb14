package main

import (
	"bytes"
	"math"
	"math/rand/v2"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/smtp/smtptest"
)

// TestAKillAtAnyMomentLosesAndDoublesNobody kills the program again and again in
// the middle of one send and starts it each time with the same command. Whoever
// is not uncertain afterwards has got the bulletin exactly once, and sending to
// the uncertain ones again repeats their Message-ID and envelope sender.
func TestAKillAtAnyMomentLosesAndDoublesNobody(t *testing.T) {
	t.Parallel()
	readers, kills := 20_000, 50
	if testing.Short() {
		readers, kills = 2_000, 10
	}
	o := newKilling(t, readers, nil)
	uncertain := o.killAndSend(kills)
	if l := o.ledger(); l.Audience != readers || l.States["sent"]+l.States["uncertain"] != readers {
		t.Errorf("the ledger says %+v", l)
	}
	o.eachOnce(readers, uncertain)

	o.run("bulletins", "uncertain", "1", "--resend")
	o.run("bulletins", "send", "1", "--wait", "--quiet")
	if l := o.ledger(); l.State != "sent" || l.States["sent"] != readers {
		t.Errorf("after the uncertain ones were sent again the ledger says %+v", l)
	}
	o.sameAgain(readers, uncertain)
}

// TestAKillLosesNobodyWhoWaitsForTheirDomain does the same where only some rows of
// each chunk are at work, because their domain has a rate.
func TestAKillLosesNobodyWhoWaitsForTheirDomain(t *testing.T) {
	t.Parallel()
	const readers, kills = 2_000, 10
	o := newKilling(t, readers, nil, "EPISTLE_SMTP_DOMAIN_RATES=harbour.example=2000, *=1")
	uncertain := o.killAndSend(kills)
	if l := o.ledger(); l.States["sent"]+l.States["uncertain"] != readers {
		t.Errorf("the ledger says %+v", l)
	}
	o.eachOnce(readers, uncertain)
}

// TestAKillLosesNobodyOfASignedSend does the same where signing takes most of the time,
// so that the steps of a message come in another order.
func TestAKillLosesNobodyOfASignedSend(t *testing.T) {
	t.Parallel()
	const readers, kills = 2_000, 10
	o := newKilling(t, readers, nil)
	o.run("dkim", "new", "--domain", "lantern.example", "--selector", "kill", "--out", "dkim.pem")
	o.env = append(o.env, "EPISTLE_DKIM_DOMAIN=lantern.example", "EPISTLE_DKIM_SELECTOR=kill", "EPISTLE_DKIM_KEY_FILE=dkim.pem")
	uncertain := o.killAndSend(kills)
	if l := o.ledger(); l.States["sent"]+l.States["uncertain"] != readers {
		t.Errorf("the ledger says %+v", l)
	}
	o.eachOnce(readers, uncertain)
	for _, m := range o.server.Accepted() {
		if !bytes.Contains(m.Data, []byte("DKIM-Signature:")) {
			t.Fatalf("a message is not signed:\n%s", m.Data)
		}
	}
}

// TestAKillAmongRefusalsChangesNoVerdict does the same with a server that puts off
// some readers and refuses others: only the latter fail, and all of them.
func TestAKillAmongRefusalsChangesNoVerdict(t *testing.T) {
	t.Parallel()
	const readers, kills = 2_000, 10
	refused, putOff := map[string]string{}, map[string]bool{}
	for id := 1; id <= readers; id++ {
		switch id % 50 {
		case 7:
			refused[reader(id)] = "550 5.1.1 nobody of that name"
		case 31:
			refused[reader(id)] = "550 5.7.1 we do not want this"
		case 3, 20, 40:
			putOff[reader(id)] = true
		}
	}
	o := newKilling(t, readers, func(c smtptest.Command) *smtptest.Action {
		if c.Verb != "RCPT" && c.Verb != "DOT" {
			return nil
		}
		who := c.To[len(c.To)-1]
		switch line := refused[who]; {
		case line != "" && strings.Contains(line, "5.7.1") == (c.Verb == "DOT"):
			return smtptest.Reply(line)
		case putOff[who] && c.Verb == "DOT":
			putOff[who] = false
			return smtptest.Reply("451 4.3.0 not now")
		}
		return nil
	}, "EPISTLE_DELIVERY_RETRY_FIRST=1ms")
	uncertain := o.killAndSend(kills)
	taken, doubtful := o.accepted(), 0 // of the refused ones
	for id := 1; id <= readers; id++ {
		who := reader(id)
		want := 1
		if refused[who] != "" {
			want = 0
			if uncertain[who] {
				doubtful++
			}
		}
		if n := len(taken[who]); n > want || n < want && !uncertain[who] {
			t.Errorf("%s got %d messages, was refused with %q and is uncertain: %t", who, n, refused[who], uncertain[who])
		}
	}
	l := o.ledger()
	if l.States["sent"]+l.States["failed"]+l.States["uncertain"] != readers || l.States["failed"] != len(refused)-doubtful {
		t.Errorf("%d were refused, %d of them are uncertain; the ledger says %+v", len(refused), doubtful, l)
	}
}

// killing is an office whose sender gets killed.
type killing struct {
	*office
	*executioner
}

// killedConnections is how many connections the one that is killed keeps open.
const killedConnections = 8

// newKilling prints its seed: with the same one the same moments are chosen.
func newKilling(t *testing.T, readers int, script smtptest.Script, env ...string) *killing {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	e := &executioner{random: rand.New(rand.NewPCG(seed, seed)), readers: readers, script: script, due: make(chan struct{}, 1)}
	e.at.Store(math.MaxInt64)
	env = append(env, "EPISTLE_SMTP_CONNECTIONS="+strconv.Itoa(killedConnections))
	return &killing{newOffice(t, readers, smtptest.Options{HeaderOnly: true, Script: e.watch}, env...), e}
}

// killAndSend kills a send this often, lets it come to its end, and gives the
// uncertain addresses.
func (k *killing) killAndSend(kills int) (uncertain map[string]bool) {
	k.t.Helper()
	send := []string{"bulletins", "send", "1", "--wait", "--quiet"}
	for _, at := range k.moments(kills) {
		moment := k.next(at)
		p := k.start(send...)
		select {
		case <-moment:
		case err := <-p.ended:
			said, _ := p.look()
			k.t.Fatalf("the send ended by itself: %v\n%s", err, said)
		}
		if err := p.kill(); err != nil {
			k.t.Fatal(err)
		}
	}
	k.run(send...)
	l, uncertain := k.ledger(), k.uncertain()
	if l.State != "sent" || len(uncertain) != l.States["uncertain"] {
		k.t.Errorf("the ledger says %+v; %d are listed as uncertain", l, len(uncertain))
	}
	if len(uncertain) > kills*killedConnections {
		k.t.Errorf("%d are uncertain after %d kills of %d connections", len(uncertain), kills, killedConnections)
	}
	taken, arrived := k.accepted(), 0
	for who := range uncertain {
		if len(taken[who]) > 0 {
			arrived++
		}
	}
	k.t.Logf("%d kills left %d deliveries uncertain; %d of these had arrived", kills, len(uncertain), arrived)
	return uncertain
}

// executioner says when a process is to be killed: when the server has seen a
// number of commands, so that every stage of a message has its turn, and now and
// then a random while after the start, before the first of them.
type executioner struct {
	random  *rand.Rand
	readers int
	script  smtptest.Script // may be nil
	seen    int64           // commands; the server's scripts run one at a time
	at      atomic.Int64
	due     chan struct{}
}

func (e *executioner) watch(c smtptest.Command) *smtptest.Action {
	e.seen++
	if at := e.at.Load(); e.seen >= at && e.at.CompareAndSwap(at, math.MaxInt64) {
		e.due <- struct{}{}
	}
	if e.script == nil {
		return nil
	}
	return e.script(c)
}

// moments spreads the kills over the commands of a whole send; 0 is a kill while
// the program starts.
func (e *executioner) moments(kills int) []int64 {
	const perMessage = 5 // MAIL, RCPT, DATA, the content and its dot
	list := make([]int64, kills)
	for i := range list {
		list[i] = 1 + e.random.Int64N(int64(e.readers)*perMessage*9/10)
	}
	slices.Sort(list)
	for i := 3; i < kills; i += 10 {
		list[i] = 0
	}
	return list
}

// next is the moment of the next kill.
func (e *executioner) next(at int64) <-chan struct{} {
	if at > 0 {
		e.at.Store(at)
		return e.due
	}
	starting := make(chan struct{})
	time.AfterFunc(time.Duration(e.random.Int64N(int64(200*time.Millisecond))), func() { close(starting) })
	return starting
}

// eachOnce checks that everybody has got the bulletin once, but for the uncertain
// ones, who may not have.
func (o *office) eachOnce(readers int, uncertain map[string]bool) {
	o.t.Helper()
	taken := o.accepted()
	for id := 1; id <= readers; id++ {
		who := reader(id)
		n := len(taken[who])
		if n > 1 || n == 0 && !uncertain[who] {
			o.t.Errorf("%s got %d messages and is uncertain: %t", who, n, uncertain[who])
		}
	}
	if len(taken) > readers {
		o.t.Errorf("%d people got something, there are %d readers", len(taken), readers)
	}
}

// sameAgain checks that only who was uncertain got a second copy, which looks like
// the first one to whoever recognises copies.
func (o *office) sameAgain(readers int, uncertain map[string]bool) {
	o.t.Helper()
	taken, ids := o.accepted(), map[string]bool{}
	for id := 1; id <= readers; id++ {
		who := reader(id)
		copies := taken[who]
		if len(copies) == 0 || len(copies) > 2 || len(copies) == 2 && !uncertain[who] {
			o.t.Fatalf("%s got %d messages and was uncertain: %t", who, len(copies), uncertain[who])
		}
		ids[messageID(o.t, copies[0])] = true
		if again := copies[len(copies)-1]; messageID(o.t, again) != messageID(o.t, copies[0]) || again.From != copies[0].From {
			o.t.Errorf("%s got two copies that differ in Message-ID or envelope sender", who)
		}
	}
	if len(ids) != readers {
		o.t.Errorf("%d readers have %d Message-IDs", readers, len(ids))
	}
}

func messageID(t testing.TB, m smtptest.Message) string {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatalf("the accepted message cannot be parsed: %v\n%s", err, m.Data)
	}
	return parsed.Header.Get("Message-Id")
}
