package delivery

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

// once a lifetime of a test: the first message of a domain leaves, and no other.
const hardlyEver = 1e-9

// mixed subscribes readers of a slow domain in front of, between and behind the
// others; it gives how many others there are.
func (o *office) mixed(slow, others int) {
	o.t.Helper()
	var list []string
	for i := range slow {
		list = append(list, fmt.Sprintf("s%d@slow.example", i))
		if i >= slow-others/2 {
			list = append(list, reader(i))
		}
	}
	for i := range others - others/2 {
		list = append(list, reader(slow+i))
	}
	o.readers(list...)
}

func slowly(s *Sender) {
	s.queue = newQueue(0, []DomainRate{{[]string{"slow.example"}, hardlyEver}}, s.queue.clock)
}

// TestASlowDomainHoldsUpNobodyElse has more readers of a slow domain than the
// queue takes, in several chunks, and stops in the middle: everyone else has got
// the bulletin, and nobody is lost.
func TestASlowDomainHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	const slow, others = 1200, 700
	o := newOffice(t, smtptest.Options{HeaderOnly: true})
	o.mixed(slow, others)
	b := o.leaving()
	s := o.start(4, slowly)
	s.await(t, others+1, "delivery", "state=sent")
	o.proof(b, "teresa@lantern.example.org") // nor does it hold up a notice
	s.await(t, 1, "delivery", "notice=1", "state=sent")
	s.stop()
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: others + 1, newsletter.DeliveryPending: slow - 1})
	if s.count("bulletin sent") > 0 {
		t.Error("the bulletin was taken for sent")
	}
	// The next start finds who was left.
	o.sendAll(4)
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: slow + others})
	for who, got := range o.accepted() {
		if len(got) != 1 {
			t.Errorf("%s got %d messages", who, len(got))
		}
	}
}

// TestALimitedDomainIsClaimedAgainAsItMoves has a domain whose lane overflows and
// empties again and again.
func TestALimitedDomainIsClaimedAgainAsItMoves(t *testing.T) {
	t.Parallel()
	const slow, others = 1700, 10
	o := newOffice(t, smtptest.Options{HeaderOnly: true})
	o.mixed(slow, others)
	b := o.leaving()
	s := o.start(4, func(s *Sender) {
		s.queue = newQueue(0, []DomainRate{{[]string{"slow.example"}, 2000}}, s.queue.clock)
	})
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: slow + others})
	o.once(slow + others)
}

func TestAPauseReachesRowsThatWaitForTheirDomain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.mixed(20, 4)
	b := o.leaving()
	s := o.start(2, slowly)
	s.await(t, 5, "delivery", "state=sent")
	o.move(b, newsletter.BulletinPaused)
	s.await(t, 1, "somebody stopped the bulletin")
	if _, err := o.audience.Leave(t.Context(), 2, o.newsletter.ID, "one-click", "reader"); err != nil {
		t.Fatal(err)
	}
	s.stop()
	o.move(b, newsletter.BulletinSending)
	o.sendAll(2)
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 23, newsletter.DeliverySkipped: 1})
}

// TestTwoBulletinsLeaveSideBySide has the first held up by its domain.
func TestTwoBulletinsLeaveSideBySide(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.readers("a@slow.example", "b@slow.example", "c@slow.example")
	first := o.leaving()
	s := o.start(2, slowly)
	s.await(t, 1, "delivery", "state=sent")
	o.readers(reader(4), reader(5))
	second := o.bulletin("2027-03-19")
	o.move(second, newsletter.BulletinApproved)
	o.move(second, newsletter.BulletinSending)
	s.await(t, 3, "delivery", "state=sent")
	s.stop()
	o.balance(first, newsletter.Balance{newsletter.DeliverySent: 1, newsletter.DeliveryPending: 2})
	o.balance(second, newsletter.Balance{newsletter.DeliverySent: 2, newsletter.DeliveryPending: 3})
}

func TestAStreakGoesOnFromChunkToChunk(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		connections int
		refused     []int // readers; chunks hold 500
		again       bool  // a greylisting stands between them
		stops       bool
	}{
		"over the end of a chunk":                {1, []int{499, 500, 501}, false, true},
		"over the end of what is claimed":        {1, []int{1999, 2000, 2001}, false, true},
		"with a greylisting in between":          {1, []int{499, 500, 502}, true, false},
		"over chunks and several connections":    {3, []int{498, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509}, false, true},
		"two at the end of a chunk, and no more": {1, []int{499, 500}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calm atomic.Bool
			of := map[int]string{}
			for _, id := range c.refused {
				of[id] = policy
			}
			if c.again {
				of[501] = greylist
			}
			o := newOffice(t, smtptest.Options{HeaderOnly: true, Script: answers("DOT", &calm, of)})
			const readers = 2100
			o.crowd(readers)
			b := o.leaving()
			s := o.start(c.connections)
			if !c.stops {
				if c.again {
					s.await(t, 1, "delivery", "state=deferred", "code=451")
					s.await(t, 3, "delivery", "state=failed")
					calm.Store(true)
					o.clock.advance(longWait)
				}
				s.await(t, 1, "bulletin sent")
				o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers - len(c.refused), newsletter.DeliveryFailed: len(c.refused)})
				return
			}
			s.await(t, 1, "sending is paused")
			status := o.state(b)
			if !strings.HasPrefix(status.Note, "the mail server refuses one reader after another") {
				t.Errorf("paused with %q", status.Note)
			}
			// A refusal before others' answers, which came over other connections, was
			// meant for its reader.
			failed := 0
			for _, id := range c.refused {
				if o.row(b, id).State == newsletter.DeliveryFailed {
					failed++
				}
			}
			if failed > c.connections-1 {
				t.Errorf("%d failed", failed)
			}
			o.uncounted(b, readers)
			calm.Store(true)
			o.move(b, newsletter.BulletinSending)
			s.await(t, 1, "bulletin sent")
			o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers - failed, newsletter.DeliveryFailed: failed})
			o.once(readers)
		})
	}
}

// TestNoticesHaveAStreakOfTheirOwn has the server refuse notices while a bulletin
// leaves: the notices wait, the bulletin does not, and neither lengthens the
// other's streak.
func TestNoticesHaveAStreakOfTheirOwn(t *testing.T) {
	t.Parallel()
	var calm atomic.Bool
	o := newOffice(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if c.Verb != "RCPT" || calm.Load() {
			return nil
		}
		who := c.To[len(c.To)-1]
		if strings.HasSuffix(who, "@lantern.example.org") || who == reader(1) || who == reader(2) {
			return smtptest.Reply(policy)
		}
		return nil
	}})
	o.crowd(2)
	b := o.leaving()
	o.proof(b, "teresa@lantern.example.org")
	s := o.start(1)
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliveryFailed: 2})
	s.await(t, 1, "delivery", "notice=1", "state=failed") // a lone one is meant for its reader

	o.proof(b, "ana@lantern.example.org", "rui@lantern.example.org", "eva@lantern.example.org")
	s.await(t, 1, "notices wait")
	for n := 2; n <= 4; n++ {
		s.await(t, 1, "delivery", fmt.Sprintf("notice=%d", n), "state=deferred")
	}
	o.readers(reader(3), reader(4))
	second := o.bulletin("2027-03-19")
	o.move(second, newsletter.BulletinApproved)
	calm.Store(true)
	o.move(second, newsletter.BulletinSending)
	s.await(t, 2, "bulletin sent") // although the notices still wait
	o.clock.advance(longWait)
	for n := 2; n <= 4; n++ {
		s.await(t, 1, "delivery", fmt.Sprintf("notice=%d", n), "state=sent")
	}
	if s.count("sending is paused") > 0 {
		t.Error("a bulletin was paused")
	}
}
