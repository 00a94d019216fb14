package delivery

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

// once makes a script that acts at a verb for the first n times.
func once(verb string, n int, action *smtptest.Action) smtptest.Script {
	return func(c smtptest.Command) *smtptest.Action {
		if c.Verb != verb || n == 0 {
			return nil
		}
		n--
		return action
	}
}

// resending is the policy of a newsletter that prefers a duplicate to a gap.
func resending(n *newsletter.Newsletter) { n.Policy.Uncertain = newsletter.UncertainResend }

// longWait is beyond every first wait with its spread, and below GiveUp.
const longWait = 40 * time.Minute

func TestATemporaryFailureIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script smtptest.Script
		class  string
		policy func(*newsletter.Newsletter)
		twice  bool // accepted twice
	}{
		"greylisted at RCPT":          {once("RCPT", 1, smtptest.Reply("450 4.2.0 try again in a while")), "temporary", nil, false},
		"mailbox full at RCPT":        {once("RCPT", 1, smtptest.Reply("452 4.2.2 mailbox full")), "mailbox full", nil, false},
		"deferred at the dot":         {once("DOT", 1, smtptest.Reply("451 4.3.0 not now")), "temporary", nil, false},
		"closed before the dot":       {once("DATA", 1, &smtptest.Action{Close: true}), "connection", nil, false},
		"reset before the dot":        {once("RCPT", 1, &smtptest.Action{Reset: true}), "connection", nil, false},
		"taken, and no reply, resent": {once("DOT", 1, &smtptest.Action{Accept: true, Close: true}), "no final reply", resending, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var froms []string
			o := newOffice(t, smtptest.Options{Script: func(cmd smtptest.Command) *smtptest.Action {
				if cmd.Verb == "MAIL" {
					mu.Lock()
					defer mu.Unlock()
					froms = append(froms, cmd.From)
				}
				return c.script(cmd)
			}})
			if c.policy != nil {
				c.policy(o.newsletter)
				if err := o.store.EditNewsletter(t.Context(), o.newsletter, "ana"); err != nil {
					t.Fatal(err)
				}
			}
			o.crowd(1)
			b := o.leaving()
			s := o.start(1)
			s.await(t, 1, "delivery", "state=deferred")
			if r := o.row(b, 1); r.Class != c.class || r.Attempts != 1 || !r.NotBefore.After(o.clock.now()) {
				t.Errorf("after the first try the row is %+v, want class %q and a later time", r, c.class)
			}
			// A new key must not change the sender of what has begun.
			addVERPKey(t, o)
			o.clock.advance(longWait)
			s.await(t, 1, "bulletin sent")
			o.balance(b, newsletter.Balance{newsletter.DeliverySent: 1})

			want := 1
			if c.twice {
				want = 2
			}
			taken := o.server.Accepted()
			if len(taken) != want {
				t.Fatalf("%d messages were accepted, want %d", len(taken), want)
			}
			if c.twice && parse(t, taken[0]).Header.Get("Message-ID") != parse(t, taken[1]).Header.Get("Message-ID") {
				t.Error("the second copy has another Message-ID")
			}
			mu.Lock()
			defer mu.Unlock()
			if len(froms) != 2 || froms[0] != froms[1] {
				t.Errorf("the envelope sender changed between the tries: %v", froms)
			}
		})
	}
}

// addVERPKey rotates the keys of envelope senders an hour after the bulletin began.
func addVERPKey(t *testing.T, o *office) {
	t.Helper()
	err := o.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO secrets (purpose, key, made_at) VALUES ('verp', $1, $2)`,
			[]byte(strings.Repeat("k", 32)), o.clock.now().Add(time.Hour).UnixMilli())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestANewKeySignsTheSendersOfLaterBulletins(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(1)
	b := o.bulletin("2027-03-12")
	addVERPKey(t, o)
	before, err := o.store.EnvelopeKeys(t.Context(), o.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	o.clock.advance(2 * time.Hour)
	o.move(b, newsletter.BulletinApproved)
	o.move(b, newsletter.BulletinSending)
	o.sendAll(1)
	local, _, _ := strings.Cut(o.server.Accepted()[0].From, "@")
	if local == before.VERP(b.ID, 1) {
		t.Error("the new key is not used")
	}
	if bulletin, subscriber, err := before.ParseVERP(local); err != nil || bulletin != b.ID || subscriber != 1 {
		t.Errorf("%s reads as %d, %d, %v", local, bulletin, subscriber, err)
	}
}

func TestALastingFailureEndsTheRow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script     smtptest.Script
		extensions []string
		email      string
		want       row
	}{
		"unknown user": {
			script: smtptest.At("RCPT", smtptest.Reply("550 5.1.1 nobody of that name")),
			want:   row{State: newsletter.DeliveryFailed, Attempts: 1, Code: 550, Enhanced: "5.1.1", Reply: "nobody of that name", Class: "unknown user"},
		},
		"content refused": {
			script: smtptest.At("DOT", smtptest.Reply("554 5.6.0 we do not like it")),
			want:   row{State: newsletter.DeliveryFailed, Attempts: 1, Code: 554, Enhanced: "5.6.0", Reply: "we do not like it", Class: "content refused"},
		},
		"a lone policy refusal": {
			script: smtptest.At("RCPT", smtptest.Reply("550 5.7.1 not from you")),
			want:   row{State: newsletter.DeliveryFailed, Attempts: 1, Code: 550, Enhanced: "5.7.1", Reply: "not from you", Class: "policy"},
		},
		"an address that the server cannot take": {
			extensions: []string{"8BITMIME", "ENHANCEDSTATUSCODES"}, email: "läser@harbour.example",
			want: row{
				State: newsletter.DeliveryFailed, Attempts: 1, Class: "bad address",
				Reply: "RCPT TO: the address or the message needs SMTPUTF8 and the server does not offer it",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := smtptest.Options{Script: func(cmd smtptest.Command) *smtptest.Action {
				if c.script != nil && slices.Contains(cmd.To, reader(1)) {
					return c.script(cmd)
				}
				return nil
			}}
			if c.extensions != nil {
				options.Extensions = func(int) []string { return c.extensions }
			}
			o := newOffice(t, options)
			if c.email == "" {
				c.email = reader(1)
			}
			o.readers(c.email, reader(2), reader(3))
			b := o.leaving()
			o.sendAll(1)
			o.balance(b, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryFailed: 1})
			got := o.row(b, 1)
			got.NotBefore = time.Time{}
			if got != c.want {
				t.Errorf("the row is %+v\nwant       %+v", got, c.want)
			}
			if n := o.server.Connections(); n != 1 {
				t.Errorf("%d connections: a refused reader cost one", n)
			}
		})
	}
}

func TestWhatMayHaveArrivedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if c.Verb == "DOT" && c.To[0] == reader(2) {
			return &smtptest.Action{Accept: true, Close: true}
		}
		return nil
	}})
	o.crowd(3)
	b := o.leaving()
	s := o.start(1)
	s.await(t, 1, "delivery", "state=uncertain")
	o.clock.advance(longWait) // the gate, too, is open again
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryUncertain: 1})
	if n := len(o.accepted()[reader(2)]); n != 1 {
		t.Errorf("the reader got %d messages", n)
	}
	if r := o.row(b, 2); r.Class != "no final reply" || r.Reply == "" {
		t.Errorf("the uncertain row says %+v", r)
	}
}

func TestARefusalForDaysIsGivenUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: smtptest.At("RCPT", smtptest.Reply("450 4.2.1 still not"))})
	o.crowd(1)
	b := o.leaving()
	s := o.start(1)
	tries := 0
	for o.state(b).State == newsletter.BulletinSending && tries < 1000 {
		tries++
		s.await(t, tries, "delivery")
		if o.row(b, 1).State == newsletter.DeliveryFailed {
			break
		}
		o.clock.advance(longestWait * 2)
	}
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliveryFailed: 1})
	if r := o.row(b, 1); r.Class != "given up: temporary" || r.Reply != "still not" || r.Attempts != tries || tries != 13 {
		t.Errorf("after %d tries the row is %+v", tries, r)
	}
}
