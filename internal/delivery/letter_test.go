package delivery

import (
	"strings"
	"testing"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

func TestLettersGoAheadWithTheirOwnWords(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	o.crowd(2)
	b := o.leaving()
	err := o.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := o.ledger.AddNoticeTx(tx, &ledger.Notice{
			Key: "confirm/1", Kind: "confirm", NewsletterID: o.newsletter.ID, SubscriberID: 9,
			Email: "rui@example.org", Name: "Rui", MadeBy: "reader",
			Letter: &newsletter.Letter{
				Subject: "Please confirm", Heading: "One press is missing", Paragraphs: []string{"You asked for the bulletin."},
				Links: []newsletter.LetterLink{{Label: "Begin", URL: "https://lantern.example.org/c/token"}},
			},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o.sendAll(1)
	taken := o.server.Accepted()
	if len(taken) != 3 || taken[0].To[0] != "rui@example.org" {
		t.Fatalf("%d messages, the first to %v", len(taken), taken[0].To)
	}
	header := parse(t, taken[0]).Header
	for field, want := range map[string]string{
		"Subject": "Please confirm", "To": "Rui <rui@example.org>", "Auto-Submitted": "auto-generated", "List-Unsubscribe": "",
	} {
		if got := header.Get(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if !strings.Contains(header.Get("List-Id"), o.newsletter.ListID) {
		t.Errorf("List-Id: %q", header.Get("List-Id"))
	}
	local, _, _ := strings.Cut(taken[0].From, "@")
	if bulletin, notice, err := o.secrets.VERP.ParseVERP(local); err != nil || bulletin != 0 || notice != 1 {
		t.Errorf("the envelope sender reads as %d, %d, %v", bulletin, notice, err)
	}
	for _, want := range []string{"https://lantern.example.org/c/token", "One press is missing"} {
		if !strings.Contains(string(taken[0].Data), want) {
			t.Errorf("%q is not in the message", want)
		}
	}
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 2})
}
