package inbound_test

import (
	"fmt"
	"strings"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func TestWhatFollowsFromOneMessage(t *testing.T) {
	t.Parallel()
	const open, done = store.InboundPerson, store.InboundDone
	for name, c := range map[string]struct {
		message  func(w *world, bulletin int64) string
		state    store.InboundState
		delivery string
		standing string
	}{
		"an unknown user is suspended at once": {
			func(w *world, b int64) string { return w.bounced(b, 1, "5.1.1", "550 5.1.1 user unknown") }, done, "failed bounced: unknown user", "suspended",
		},
		"a full mailbox counts": {
			func(w *world, b int64) string { return w.bounced(b, 1, "5.2.2", "552 5.2.2 mailbox full") }, done, "failed bounced: mailbox full", "active",
		},
		"a domain that is gone gets a second chance": {
			func(w *world, b int64) string { return w.bounced(b, 1, "5.1.2", "550 5.1.2 domain not found") }, done, "failed bounced: domain gone", "active",
		},
		"a domain that takes no mail does not": {
			func(w *world, b int64) string {
				return w.bounced(b, 1, "5.1.10", "556 5.1.10 recipient domain has null MX")
			}, done, "failed bounced: domain gone", "suspended",
		},
		"a refused sender touches nobody": {
			func(w *world, b int64) string {
				return w.bounced(b, 1, "5.7.26", "550 5.7.26 unauthenticated mail is not accepted")
			}, done, "failed bounced: policy", "active",
		},
		"a failure without a reason is for a person too": {
			func(w *world, b int64) string { return w.bounced(b, 1, "5.0.0", "no") }, open, "failed bounced: unknown", "active",
		},
		"a delay is no bounce": {
			func(w *world, b int64) string {
				return w.dsn(w.verp(b, 1), "r1@harbour.example", "delayed", "4.4.1", "450 4.4.1 no answer")
			}, done, "sent", "active",
		},
		"a success is none either": {
			func(w *world, b int64) string {
				return w.dsn(w.verp(b, 1), "r1@harbour.example", "delivered", "2.0.0", "250 2.0.0 ok")
			}, done, "sent", "active",
		},
		"an automatic answer changes nothing": {
			func(w *world, b int64) string {
				return "Auto-Submitted: auto-replied\n" + w.human("r1@harbour.example", w.verp(b, 1), "Out of office", "I am away.")
			}, done, "sent", "active",
		},
		"a complaint ends everything": {
			func(w *world, b int64) string {
				return w.arf("abuse@lantern.example", "", "Return-Path: <"+w.verp(b, 1)+">\nFrom: weekly@lantern.example\nTo: r1@harbour.example\nSubject: Words\n\nWords\n")
			}, done, "sent", "unsubscribed",
		},
		"a complaint that proves nothing is for a person": {
			func(w *world, b int64) string {
				return w.arf("abuse@lantern.example", "", "From: weekly@lantern.example\nTo: r1@harbour.example\nSubject: Words\n\nWords\n")
			}, open, "sent", "active",
		},
		"a wish to leave by the address for it": {
			func(w *world, b int64) string {
				return w.human("someone@else.example", "leave+"+w.verp(b, 1), "", "")
			}, done, "sent", "unsubscribed",
		},
		"a wish to leave at the bounce address": {
			func(w *world, b int64) string {
				return w.human("r1@harbour.example", w.verp(b, 1), "unsubscribe", "")
			}, done, "sent", "unsubscribed",
		},
		"a wish to leave with a link's token": {
			func(w *world, b int64) string {
				return w.human("r1@harbour.example", "leave+"+w.link(w.weekly, b, 1)+"@bounces.lantern.example", "bye", "")
			}, done, "sent", "unsubscribed",
		},
		"a wish to leave from nobody is for a person": {
			func(w *world, b int64) string {
				return "Return-Path: <>\n" + w.human("r1@harbour.example", "leave+"+w.verp(b, 1), "unsubscribe", "")
			}, open, "sent", "active",
		},
		"a wish to leave without a token is for a person": {
			func(w *world, b int64) string {
				return w.human("r1@harbour.example", "leave@bounces.lantern.example", "unsubscribe", "")
			}, open, "sent", "active",
		},
		"a bounce without a token is for a person": {
			func(w *world, b int64) string {
				return w.dsn("weekly@lantern.example", "r1@harbour.example", "failed", "5.1.1", "550 5.1.1 user unknown")
			}, open, "sent", "active",
		},
		"a bounce without a token about nobody is noise": {
			func(w *world, b int64) string {
				return w.dsn("weekly@lantern.example", "nobody@harbour.example", "failed", "5.1.1", "550 5.1.1 user unknown")
			}, done, "sent", "active",
		},
		"a forged token is refused": {
			func(w *world, b int64) string {
				to := strings.Replace(w.verp(b, 1), "b-", "b-a", 1)
				return w.dsn(to, "r1@harbour.example", "failed", "5.1.1", "550 5.1.1 user unknown")
			}, open, "sent", "active",
		},
		"a new address is for a person": {
			func(w *world, b int64) string {
				return w.human("r1@harbour.example", w.verp(b, 1), "My email address has changed", "My new address is r9@harbour.example")
			}, open, "sent", "active",
		},
		"what is not understood is for a person": {
			func(w *world, b int64) string {
				return w.human("r1@harbour.example", "weekly@lantern.example", "A question", "When is the next meeting?")
			}, open, "sent", "active",
		},
		"the Message-ID that came back proves whose it is": {
			func(w *world, b int64) string {
				id := w.secrets.MessageID.MessageID("bulletin", b, 1) + "@lantern.example"
				return strings.Replace(w.dsn("weekly@lantern.example", "r1@harbour.example", "failed", "5.1.1", "550 5.1.1 user unknown"),
					"\n--b1--", "\n--b1\nContent-Type: text/rfc822-headers\n\nFrom: weekly@lantern.example\nMessage-ID: <"+id+">\nSubject: Words\n--b1--", 1)
			}, done, "failed bounced: unknown user", "suspended",
		},
		"the Message-ID of somebody else's proves nothing": {
			func(w *world, b int64) string {
				id := w.secrets.MessageID.MessageID("bulletin", b, 2) + "@lantern.example"
				return strings.Replace(w.dsn("weekly@lantern.example", "r1@harbour.example", "failed", "5.1.1", "550 5.1.1 user unknown"),
					"\n--b1--", "\n--b1\nContent-Type: text/rfc822-headers\n\nFrom: weekly@lantern.example\nMessage-ID: <"+id+">\nSubject: Words\n--b1--", 1)
			}, open, "sent", "active",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 2)
			b := w.sent(w.weekly)
			m := w.take(c.message(w, b))
			if got := w.delivery(b, 1); m.State != c.state || got != c.delivery || w.standing(w.weekly, 1) != c.standing {
				t.Errorf("the message is %s, the delivery %q, the subscription %s; want %s, %q, %s\n%+v",
					m.State, got, w.standing(w.weekly, 1), c.state, c.delivery, c.standing, m)
			}
			if w.delivery(b, 2) != "sent" || w.standing(w.weekly, 2) != "active" {
				t.Error("another reader was touched")
			}
			if again, err := w.Work(t.Context()); again != 0 || err != nil {
				t.Errorf("worked on %d again, %v", again, err)
			}
		})
	}
}

func TestSoftFailuresSuspendWhenNothingArrivesBetween(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		weeks  string // one bulletin a week: f fails softly, p for policy, - arrives; reported at once
		policy newsletter.Bounces
		want   string
	}{
		"two are too few":               {"ff", newsletter.Bounces{Soft: 3, Weeks: 4}, "active"},
		"three in a row suspend":        {"fff", newsletter.Bounces{Soft: 3, Weeks: 4}, "suspended"},
		"a success between":             {"ff-ff", newsletter.Bounces{Soft: 3, Weeks: 9}, "active"},
		"after a success":               {"f-fff", newsletter.Bounces{Soft: 3, Weeks: 9}, "suspended"},
		"too long ago":                  {"fff", newsletter.Bounces{Soft: 3, Weeks: 1}, "active"},
		"never":                         {"ffffff", newsletter.Bounces{Soft: 0, Weeks: 9}, "active"},
		"the sender's side counts not":  {"fpfp", newsletter.Bounces{Soft: 3, Weeks: 9}, "active"},
		"nor does it end what counts":   {"fpfpf", newsletter.Bounces{Soft: 3, Weeks: 9}, "suspended"},
		"one is enough where so wanted": {"f", newsletter.Bounces{Soft: 1, Weeks: 1}, "suspended"},
		"a domain gone twice":           {"dd", newsletter.Bounces{Soft: 9, Weeks: 9}, "suspended"},
		"and with a success between":    {"d-d", newsletter.Bounces{Soft: 9, Weeks: 9}, "active"},
		"hard, and nothing wanted":      {"h", newsletter.Bounces{Hard: newsletter.HardNothing}, "active"},
		"hard, and leaving wanted":      {"h", newsletter.Bounces{Hard: newsletter.HardUnsubscribe}, "unsubscribed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, func(n *newsletter.Newsletter) { n.Bounces = c.policy })
			for _, fate := range c.weeks {
				b := w.sent(w.weekly)
				switch fate {
				case 'f':
					w.take(w.bounced(b, 1, "5.2.2", "552 5.2.2 mailbox full"))
				case 'p':
					w.take(w.bounced(b, 1, "5.7.1", "550 5.7.1 rejected for policy reasons"))
				case 'd':
					w.take(w.bounced(b, 1, "5.1.2", "550 5.1.2 domain not found"))
				case 'h':
					w.take(w.bounced(b, 1, "5.1.1", "550 5.1.1 user unknown"))
				}
				w.clock.pass(week)
			}
			if got := w.standing(w.weekly, 1); got != c.want {
				t.Errorf("the subscription is %s, want %s", got, c.want)
			}
		})
	}
}

func TestBounceIsAboutItsOwnNewsletterAndComplaintAboutAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	daily := w.newsletter("daily")
	w.exec(`INSERT INTO subscriptions (newsletter_id, subscriber_id, state, since, made_at) VALUES ($1, 1, 'active', 1, 1)`, daily.ID)
	first, second := w.sent(w.weekly), w.sent(daily)
	w.take(w.bounced(first, 1, "5.1.1", "550 5.1.1 user unknown"))
	if w.standing(w.weekly, 1) != "suspended" || w.standing(daily, 1) != "active" {
		t.Errorf("weekly is %s, daily %s", w.standing(w.weekly, 1), w.standing(daily, 1))
	}
	m := w.take(w.arf("abuse@lantern.example", "", "Return-Path: <"+w.verp(second, 1)+">\nFrom: daily@lantern.example\nTo: (hidden)\nSubject: Words\n\nWords\n"))
	if w.standing(w.weekly, 1) != "unsubscribed" || w.standing(daily, 1) != "unsubscribed" {
		t.Errorf("weekly is %s, daily %s: %+v", w.standing(w.weekly, 1), w.standing(daily, 1), m)
	}
	if reason := w.word(`SELECT reason FROM suppressions WHERE newsletter_id = 0`); reason != store.Complained {
		t.Errorf("suppressed for %s", reason)
	}
}

func TestUncertainIsSettledByWhatComesBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ action, want string }{
		"failed":    {"failed", "failed bounced: mailbox full"},
		"delayed":   {"delayed", "sent settled by a report"},
		"delivered": {"delivered", "sent settled by a report"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			b := w.sent(w.weekly)
			w.exec(`UPDATE deliveries SET state = 5`)
			w.take(w.dsn(w.verp(b, 1), "r1@harbour.example", c.action, "5.2.2", "552 5.2.2 mailbox full"))
			if got := w.delivery(b, 1); got != c.want {
				t.Errorf("the delivery is %q, want %q", got, c.want)
			}
		})
	}
}

func TestStaffIsWarnedOncePerBulletinAndClass(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	b := w.sent(w.weekly)
	for i := range int64(3) {
		w.take(w.bounced(b, i+1, "5.7.26", fmt.Sprintf("550 5.7.26 mail for r%d@harbour.example is not authenticated", i+1)))
	}
	if got := w.word(`SELECT GROUP_CONCAT(email || ' ' || kind, ', ') FROM (SELECT * FROM notices ORDER BY email)`); got != "ana@lantern.example warning, cy@lantern.example warning" {
		t.Errorf("warned: %s", got)
	}
	letter := w.word(`SELECT letter FROM notices LIMIT 1`)
	if strings.Contains(letter, "@harbour") || !strings.Contains(letter, "550 5.7.26 mail for (address)") || !strings.Contains(letter, "bounces list --class policy") {
		t.Error(letter)
	}
	w.take(w.bounced(w.sent(w.weekly), 1, "5.7.26", "550 5.7.26 not authenticated"))
	if got := w.word(`SELECT COUNT(*) FROM notices`); got != "4" {
		t.Errorf("%s notices after the second bulletin", got)
	}
	// A warning that is refused itself warns of nothing.
	m := w.take(w.dsn(w.verp(0, 1), "ana@lantern.example", "failed", "5.7.26", "550 5.7.26 not authenticated"))
	if got := w.word(`SELECT COUNT(*) FROM notices`); got != "4" || m.NoticeID != 1 {
		t.Errorf("%s notices, %+v", got, m)
	}
}

func TestOfWhoIsGoneNothingIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.sent(w.weekly)
	message := w.bounced(b, 1, "5.1.1", "550 5.1.1 r1@harbour.example is unknown")
	_, err := w.people.Erase(t.Context(), mustParse(t, "r1@harbour.example"), "ana")
	w.must(err)
	m := w.take(message)
	if m.State != store.InboundDone || strings.Contains(fmt.Sprintf("%+v", m), "r1@harbour") || w.word(`SELECT COUNT(*) FROM inbound_raw`) != "0" {
		t.Errorf("%+v", m)
	}
	unproven := w.take(w.dsn("weekly@lantern.example", "r1@harbour.example", "failed", "5.1.1", "550 user unknown"))
	if strings.Contains(fmt.Sprintf("%+v", unproven), "r1@harbour") {
		t.Errorf("%+v", unproven)
	}
}
