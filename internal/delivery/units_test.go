package delivery

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"epistle/internal/ledger"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
	"epistle/internal/store"
)

func TestTheGateOpensLaterWithEachFailure(t *testing.T) {
	t.Parallel()
	c := &clock{t: time.Date(2027, 3, 12, 8, 0, 0, 0, time.UTC)}
	g := &gate{now: c.now}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		until := g.failed()
		if wait := until.Sub(c.now()); wait != want*time.Second {
			t.Fatalf("the wait is %s, want %s", wait, want*time.Second)
		}
		if g.failed() != until {
			t.Error("two failures of one moment count twice")
		}
		if err := g.pass(func() bool { return true }, func() error { t.Error("dialled through a closed gate"); return nil }); !errors.Is(err, errClosed) {
			t.Errorf("a closed gate answered %v", err)
		}
		c.advance(until.Sub(c.now()))
		if !g.closedUntil().IsZero() {
			t.Error("the gate did not open")
		}
	}
	g.answered()
	if wait := g.failed().Sub(c.now()); wait != firstPause {
		t.Errorf("after an answer the wait is %s", wait)
	}
}

func TestOnlyOneDialsAServerNotKnownToAnswer(t *testing.T) {
	t.Parallel()
	c := &clock{t: time.Date(2027, 3, 12, 8, 0, 0, 0, time.UTC)}
	g := &gate{now: c.now}
	var dials int // guarded by the gate: the race detector watches
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			_ = g.pass(func() bool { return true }, func() error {
				dials++
				g.failed()
				return errors.New("away")
			})
		})
	}
	all.Wait()
	if dials != 1 {
		t.Errorf("%d dialled a server that is away", dials)
	}
	c.advance(firstPause)
	if err := g.pass(func() bool { return false }, func() error { t.Error("dialled unwanted"); return nil }); !errors.Is(err, errClosed) {
		t.Errorf("unwanted: %v", err)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 12, 8, 0, 0, 0, time.UTC)
	r := Retry{First: 30 * time.Minute, GiveUp: 72 * time.Hour}
	fresh := ledger.Delivery{Ref: ledger.Ref{BulletinID: 1, SubscriberID: 1}}
	old := fresh
	old.FirstAt, old.Attempts = now.Add(-72*time.Hour), 9
	notice := ledger.Delivery{Ref: ledger.Ref{NoticeID: 1}}
	fails := func(o smtp.Outcome, stage smtp.Stage, code int) error {
		return &smtp.Error{Stage: stage, Outcome: o, Reply: smtp.Reply{Code: code, Text: "words"}}
	}
	for name, c := range map[string]struct {
		d       ledger.Delivery
		err     error
		resend  bool
		state   newsletter.DeliveryState
		counted bool
		first   time.Duration // the least wait; 0: at once, or never
	}{
		"taken":                        {fresh, nil, false, newsletter.DeliverySent, true, 0},
		"4xx":                          {fresh, fails(smtp.Temporary, smtp.Rcpt, 450), false, newsletter.DeliveryDeferred, true, 30 * time.Minute},
		"4xx when the time is over":    {old, fails(smtp.Temporary, smtp.Rcpt, 450), false, newsletter.DeliveryFailed, true, 0},
		"5xx":                          {fresh, fails(smtp.Permanent, smtp.Rcpt, 550), false, newsletter.DeliveryFailed, true, 0},
		"lost before the dot":          {fresh, fails(smtp.ConnectionLost, smtp.Data, 0), false, newsletter.DeliveryDeferred, true, connectionWait},
		"no reply":                     {fresh, fails(smtp.Unknown, smtp.Dot, 0), false, newsletter.DeliveryUncertain, true, 0},
		"no reply, resent":             {fresh, fails(smtp.Unknown, smtp.Dot, 0), true, newsletter.DeliveryDeferred, true, 30 * time.Minute},
		"no reply, resent no more":     {old, fails(smtp.Unknown, smtp.Dot, 0), true, newsletter.DeliveryUncertain, true, 0},
		"sender's fault":               {fresh, fails(smtp.SenderFault, smtp.Mail, 530), false, newsletter.DeliveryDeferred, false, 0},
		"sender's fault, days later":   {old, fails(smtp.SenderFault, smtp.Mail, 530), false, newsletter.DeliveryDeferred, false, 0},
		"sender's fault with a notice": {notice, fails(smtp.SenderFault, smtp.Mail, 530), true, newsletter.DeliveryDeferred, false, 30 * time.Minute},
		"stopped after the mark":       {fresh, fails(smtp.Stopped, smtp.Content, 0), false, newsletter.DeliveryDeferred, false, 0},
		"something else went wrong":    {fresh, errors.New("a bad name"), false, newsletter.DeliveryFailed, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := r.judge(c.d, smtp.Reply{Code: 250}, c.err, c.resend, now)
			if got.State != c.state || got.Counted != c.counted {
				t.Errorf("%s, counted %t; want %s, %t", got.State, got.Counted, c.state, c.counted)
			}
			wait := time.Duration(0)
			if !got.NotBefore.IsZero() {
				wait = got.NotBefore.Sub(now)
			}
			if wait < c.first || wait > c.first+c.first/5 {
				t.Errorf("the wait is %s, want %s and up to a fifth more", wait, c.first)
			}
		})
	}
}

func TestWaitsGrowToALimit(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	for attempts, want := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 3 * time.Hour} {
		wait := (Retry{}).next(now, 30*time.Minute, attempts).Sub(now)
		if wait < want || wait > want+want/5 {
			t.Errorf("after %d attempts the wait is %s, want %s", attempts, wait, want)
		}
	}
}

func TestAFaultIsExplained(t *testing.T) {
	t.Parallel()
	reply := func(stage smtp.Stage, code int, enhanced string) *smtp.Error {
		return &smtp.Error{Stage: stage, Outcome: smtp.SenderFault, Reply: smtp.Reply{Code: code, Enhanced: enhanced, Text: "no"}}
	}
	for want, err := range map[string]error{
		"the mail server refuses the login; check":                reply(smtp.Auth, 535, "5.7.8"),
		"the mail server wants to be left alone":                  reply(smtp.Mail, 421, "4.7.0"),
		"the mail server's limit for this account is reached":     reply(smtp.Rcpt, 550, "5.4.5"),
		"the mail server refuses this sender: connect":            reply(smtp.Connect, 554, ""),
		"the mail server cannot be used with these settings: TLS": &smtp.Error{Stage: smtp.TLS, Outcome: smtp.SenderFault, Err: errors.New("no certificate")},
		"the message cannot be written":                           errors.New("the message cannot be written: no key"),
	} {
		if got := explain(err); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q…", got, want)
		}
	}
}

func TestNoRowStaysMarkedForTheTimeOfASignature(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		signers     []*message.Signer
		connections int
		want        bool
	}{
		{name: "unsigned", connections: 1000},
		{name: "signed, on few connections", signers: []*message.Signer{{}}, connections: 1},
		{name: "signed", signers: []*message.Signer{{}}, connections: 1000, want: true},
	} {
		s := NewSender(Options{Connections: c.connections}, &store.Store{}, nil, &Composer{signers: c.signers}, slog.New(slog.DiscardHandler))
		if s.signsFirst != c.want {
			t.Errorf("%s: before the mark: %v", c.name, s.signsFirst)
		}
	}
	m := mark{sender: &Sender{signsFirst: true}, batch: newBatch(nil, func() {}), soft: t.Context()}
	signed := false
	m.meanwhile = func() {
		signed = !m.tried
		m.batch.stop(nil) // somebody pauses the bulletin
	}
	if err := m.beforeDot(t.Context()); !errors.Is(err, errNotPermitted) || m.tried || !signed {
		t.Errorf("%v; marked: %v, signed before: %v", err, m.tried, signed)
	}
}
