package delivery

import (
	"strings"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

func TestPreflightAndSendShareWhatWasRendered(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{})
	one, other := o.bulletin("2027-03-12"), o.bulletin("2027-03-19")
	composer := NewComposer(o.store, o.secrets, o.links, o.signers)
	first, err := composer.Edition(t.Context(), one, 0)
	if err != nil {
		t.Fatal(err)
	}
	o.move(one, newsletter.BulletinApproved)
	o.move(one, newsletter.BulletinSending)
	again, err := composer.Edition(t.Context(), one, 0)
	if err != nil {
		t.Fatal(err)
	}
	if first.Rendered() != again.Rendered() {
		t.Error("the same words were rendered twice")
	}
	next, err := composer.Edition(t.Context(), other, 0)
	if err != nil {
		t.Fatal(err)
	}
	for e, want := range map[*Edition]string{again: "2027-03-12", next: "2027-03-19"} {
		if _, text := e.Parts(delivered(1, newsletter.Choice{})); !strings.Contains(text, "The lamp of "+want) {
			t.Errorf("the words of %s are not in %q", want, text)
		}
	}
}
