package delivery

import (
	"slices"
	"strings"
	"testing"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
	"epistle/internal/store"
)

// proof queues proofs of a bulletin, all at once.
func (o *office) proof(b *store.Bulletin, emails ...string) {
	o.t.Helper()
	err := o.db.Write(o.t.Context(), func(tx *database.Tx) error {
		for _, email := range emails {
			if _, err := o.ledger.AddNoticeTx(tx, &ledger.Notice{
				Key: "proof/" + b.Hash + email, Kind: ledger.NoticeProof, NewsletterID: o.newsletter.ID,
				BulletinID: b.ID, Revision: b.Revision, Email: email, Name: "Teresa Vilar", MadeBy: "ana",
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func TestProofsGoAheadAndAreMarked(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(5)
	b := o.leaving()
	o.proof(b, "teresa@lantern.example.org")
	o.sendAll(1)
	taken := o.server.Accepted()
	if len(taken) != 6 || taken[0].To[0] != "teresa@lantern.example.org" {
		t.Fatalf("%d messages, the first to %v", len(taken), taken[0].To)
	}
	header := parse(t, taken[0]).Header
	for field, want := range map[string]string{
		"Subject":          "[Proof " + b.Hash[:8] + "] The Weekly Lantern",
		"To":               "Teresa Vilar <teresa@lantern.example.org>",
		"Auto-Submitted":   "auto-generated",
		"List-Unsubscribe": "", "List-Unsubscribe-Post": "", "Feedback-Id": "",
	} {
		if got := header.Get(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	local, _, _ := strings.Cut(taken[0].From, "@")
	if bulletin, notice, err := o.secrets.VERP.ParseVERP(local); err != nil || bulletin != 0 || notice != 1 {
		t.Errorf("the envelope sender reads as %d, %d, %v", bulletin, notice, err)
	}
	if strings.Contains(string(taken[0].Data), "/u/") {
		t.Error("the proof has somebody's link to leave")
	}
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 5})
}

func TestAProofIsOfTheRevisionItWasAskedFor(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	b := o.bulletin("2027-03-12")
	first := *b
	o.proof(b, "teresa@lantern.example.org")
	doc, err := o.store.Document(t.Context(), b.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	doc.Subject = "Second thoughts"
	if err := o.db.Write(t.Context(), func(tx *database.Tx) error { return o.store.ReviseBulletinTx(tx, b, doc, "ana") }); err != nil {
		t.Fatal(err)
	}
	o.proof(b, "teresa@lantern.example.org")
	s := o.start(1)
	s.await(t, 2, "delivery", "state=sent")
	s.stop()
	for i, want := range []string{
		"[Proof " + first.Hash[:8] + "] The Weekly Lantern", "[Proof " + b.Hash[:8] + "] Second thoughts",
	} {
		if got := parse(t, o.server.Accepted()[i]).Header.Get("Subject"); got != want {
			t.Errorf("proof %d has the subject %q, want %q", i+1, got, want)
		}
	}
}

func TestAProofThatCannotBeWrittenKeepsNoBulletinBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(3)
	b := o.leaving()
	missing := *b
	missing.Revision = 99
	o.proof(&missing, "teresa@lantern.example.org")
	s := o.start(1)
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 3})
	if s.count("delivery", "notice=1", "state=deferred", "class=cannot be written") != 1 {
		t.Error("the proof was not put off")
	}
	// It is given up like everything else.
	for try := range 12 { // of 6 hours
		o.clock.advance(2 * longestWait)
		s.await(t, try+2, "delivery", "notice=1")
	}
	if s.count("delivery", "notice=1", "state=failed") != 1 {
		t.Error("the proof was not given up")
	}
}

func TestAProofThatTheServerBlamesUsForKeepsNoBulletinBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if c.Verb == "RCPT" && c.To[0] == "teresa@lantern.example.org" {
			return smtptest.Reply("530 5.7.0 not to them")
		}
		return nil
	}})
	o.crowd(3)
	b := o.leaving()
	o.proof(b, "teresa@lantern.example.org")
	s := o.start(2)
	s.await(t, 1, "notices wait")
	s.await(t, 1, "delivery", "notice=1", "state=deferred")
	o.clock.advance(firstPause)
	s.await(t, 1, "bulletin sent")
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 3})
}

func TestALostReplyToAProofIsTriedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{Script: once("DOT", 1, &smtptest.Action{Accept: true, Close: true})})
	o.proof(o.bulletin("2027-03-12"), "teresa@lantern.example.org")
	s := o.start(1)
	s.await(t, 1, "delivery", "notice=1", "state=deferred")
	o.clock.advance(longWait)
	s.await(t, 1, "delivery", "notice=1", "state=sent")
	taken := o.server.Accepted()
	if len(taken) != 2 || taken[0].From != taken[1].From ||
		parse(t, taken[0]).Header.Get("Message-ID") != parse(t, taken[1]).Header.Get("Message-ID") {
		t.Error("the second copy cannot be recognised as one")
	}
}

func TestAReaderWhoseNameCannotBeWrittenFailsAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(12)
	b := o.leaving()
	err := o.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec("UPDATE subscribers SET name = 'Ana\r\nBcc: all@harbour.example' WHERE id IN (2, 4, 5, 7, 8, 9, 12)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o.sendAll(1) // each is written while the one before is on its way
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 5, newsletter.DeliveryFailed: 7})
	if r := o.row(b, 8); r.Class != unwritableClass {
		t.Errorf("the row says %+v", r)
	}
	var got []string
	for _, m := range o.server.Accepted() {
		got = append(got, m.To...)
	}
	if want := []string{reader(1), reader(3), reader(6), reader(10), reader(11)}; !slices.Equal(got, want) {
		t.Errorf("taken for %q, want %q", got, want)
	}
}

func TestOnlyTheReadersOwnFaultsAreTheReaders(t *testing.T) {
	t.Parallel()
	invalid := func(place string) *newsletter.Error {
		return newsletter.Errorf(newsletter.Invalid, "bad").At(place)
	}
	for _, c := range []struct {
		err  error
		want bool
	}{
		{newsletter.Faults{invalid("To")}, true},
		{newsletter.Faults{invalid("To"), invalid("Subject")}, false},
		{newsletter.Faults{invalid("List-Help")}, false},
		{newsletter.Faults{newsletter.Errorf(newsletter.Failed, "bad").At("To")}, false},
		{errNotPermitted, false},
	} {
		if got := concernsReader(c.err); got != c.want {
			t.Errorf("%v: %t", c.err, got)
		}
	}
}
