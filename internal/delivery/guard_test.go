package delivery

import (
	"strings"
	"testing"
	"time"

	"epistle/internal/assembly"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/protect"
	"epistle/internal/smtp/smtptest"
)

// protect puts a phrase on the deny-list.
func (o *office) protect(phrase string) {
	o.t.Helper()
	entries, err := protect.Hash(o.secrets.Protect, phrase)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.db.Write(o.t.Context(), func(tx *database.Tx) error {
		_, err := o.store.AddProtectedTx(tx, o.newsletter.ID, "case 7", entries, "ana")
		return err
	}); err != nil {
		o.t.Fatal(err)
	}
}

func TestWhatIsWithdrawnInTheMiddleReachesNobodyElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		unseen bool // it goes on before the sender has looked again
	}{{"when the pause is seen", false}, {"when it goes on at once", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			withdrawInTheMiddle(t, c.unseen)
		})
	}
}

func withdrawInTheMiddle(t *testing.T, unseen bool) {
	o := newOffice(t, smtptest.Options{Script: stallFor("RCPT", reader(3))})
	o.crowd(10)
	b := o.leaving()
	doc, err := o.store.Document(t.Context(), b.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	item := doc.Content.Sections[0].Items[0]
	words := strings.Join(strings.Fields(item.Text)[:3], " ")
	s := o.start(1)
	<-o.server.Stalled()
	if unseen {
		doc.Content.Sections[0].Items[0].Text = "This item was withdrawn."
		err = o.db.Write(t.Context(), func(tx *database.Tx) error {
			now, err := o.store.BulletinTx(tx, b.ID)
			if err != nil {
				return err
			}
			if err := o.store.ReplaceBegunTx(tx, now, doc, "", "bo"); err != nil {
				return err
			}
			return o.store.MoveBulletinTx(tx, now, newsletter.BulletinSending, "", "bo")
		})
	} else {
		_, err = assembly.New(o.store).Redact(t.Context(), item.ID, "danger", "bo")
	}
	if err != nil {
		t.Fatal(err)
	}
	if unseen {
		o.server.Release()
	} else {
		s.await(t, 1, "somebody stopped the bulletin")
		o.server.Release()
		o.server.WaitClosed()
		o.move(b, newsletter.BulletinSending)
	}
	<-o.server.Stalled() // once more for the same reader
	o.server.Release()
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 10})
	for who, got := range o.accepted() {
		early := who == reader(1) || who == reader(2)
		if text := string(got[0].Data); len(got) != 1 || strings.Contains(text, words) != early || strings.Contains(text, "This item was withdrawn.") == early {
			t.Errorf("%s got %d messages, the old words %t", who, len(got), strings.Contains(text, words))
		}
	}
}

func TestAProofThatWaitedIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	b := o.bulletin("2027-03-12")
	o.proof(b, "teresa@lantern.example.org")
	o.protect("Weekly Lantern")
	s := o.start(1)
	s.await(t, 1, "delivery", "notice=1", "state=deferred", "class=cannot be written")
	s.stop()
	if n := len(o.server.Accepted()); n != 0 {
		t.Errorf("%d messages left", n)
	}
}

func TestAPauseDoesNotEndByItselfOverSomethingProtected(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(3)
	b := o.leaving()
	if err := o.store.PauseBulletin(t.Context(), b.ID, "later", o.clock.now().Add(time.Minute), "sender"); err != nil {
		t.Fatal(err)
	}
	o.protect("Weekly Lantern")
	o.clock.advance(time.Hour)
	s := o.start(1)
	s.await(t, 1, "sending stays paused")
	s.stop()
	now := o.state(b)
	if now.State != newsletter.BulletinPaused || !now.ResumeAt.IsZero() || !strings.Contains(now.Note, `labelled "case 7"`) || strings.Contains(now.Note, "Lantern") {
		t.Errorf("the bulletin is %+v", now)
	}
	if n := len(o.server.Accepted()); n != 0 {
		t.Errorf("%d messages left", n)
	}
}
