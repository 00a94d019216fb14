package public

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// leaveForm is the form of the page for leaving.
func leaveForm(reason string) url.Values {
	return url.Values{pageField: {pageValue}, reasonField: {reason}}
}

func TestLeavingIsOneClickAndSoIsUndoing(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	resp, page := v.post(v.leavePath(), leaveForm("Too much mail."))
	v.told(resp, page, 200, "You have left The Weekly Lantern")
	if got := v.state("reader@harbour.example"); got != newsletter.SubscriptionUnsubscribed {
		t.Errorf("the subscription is %s", got)
	}
	if !strings.Contains(page, "A short mail with a way back") || len(v.mail()) != 1 || v.mail()[0].Email != "reader@harbour.example" {
		t.Errorf("mail %+v, page %s", v.mail(), page)
	}
	if wrote, err := v.audience.Explain(t.Context(), v.parse("reader@harbour.example"), v.list, nil); err != nil || !strings.Contains(wrote, "Too much mail.") {
		t.Errorf("the reason is not told: %s, %v", wrote, err)
	}
	back := between(t, page, `<form method="post" action="`, `"`)
	if resp, page = v.post(back, nil); resp.StatusCode != 200 || heading(page) != "You have not left The Weekly Lantern" {
		t.Errorf("status %d: %s", resp.StatusCode, page)
	}
	if got := v.state("reader@harbour.example"); got != newsletter.SubscriptionActive {
		t.Errorf("the subscription is %s", got)
	}
	// The mail's link is the same way back, and says now that nothing is left to do.
	resp, page = v.get(v.path(v.mail()[0]))
	v.told(resp, page, 200, "You have not left The Weekly Lantern")
}

func TestLinkInTheMailUndoesByItsButtonOnly(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.post(v.leavePath(), leaveForm(""))
	path := v.path(v.mail()[0])
	for range 2 {
		resp, page := v.get(path)
		v.told(resp, page, 200, "Get The Weekly Lantern again?")
	}
	if got := v.state("reader@harbour.example"); got != newsletter.SubscriptionUnsubscribed {
		t.Errorf("opening the link made the subscription %s", got)
	}
	resp, page := v.post(path, nil)
	v.told(resp, page, 200, "You have not left The Weekly Lantern")
	if got := v.state("reader@harbour.example"); got != newsletter.SubscriptionActive {
		t.Errorf("the subscription is %s", got)
	}
}

func TestOneClickPostIsNotToldByMail(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	resp, text := v.post(v.leavePath(), url.Values{"List-Unsubscribe": {"One-Click"}})
	if resp.StatusCode != 200 || text != "You have left The Weekly Lantern.\n" || len(v.mail()) != 0 {
		t.Errorf("status %d, %d mails: %s", resp.StatusCode, len(v.mail()), text)
	}
	// Whoever has an old bulletin cannot bring the reader back by its link.
	_, page := v.get(v.leavePath())
	if heading(page) != "You have already left The Weekly Lantern" || strings.Contains(page, "<button") || !strings.Contains(page, `<a href="/subscribe/weekly">Subscribe anew</a>`) {
		t.Errorf("page %s", page)
	}
}

func TestUndoRunsOutAndYieldsToAComplaint(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.post(v.leavePath(), leaveForm(""))
	path := v.path(v.mail()[0])
	x, err := v.audience.Target("reader@harbour.example")
	v.must(err)
	x.Reason = store.Complained
	_, err = v.audience.Suppress(t.Context(), x, "ana")
	v.must(err)
	for _, method := range []string{"GET", "POST"} {
		resp, page := v.send(method, path, nil)
		v.told(resp, page, 200, "This can no longer be undone")
	}
	v.wait(audience.UndoFor)
	for _, method := range []string{"GET", "POST"} {
		resp, page := v.send(method, path, nil)
		v.told(resp, page, 410, "This link has run out")
	}
	if got := v.state("reader@harbour.example"); got != newsletter.SubscriptionUnsubscribed {
		t.Errorf("the subscription is %s", got)
	}
}

// TestLinkOfAnOldBulletinStillLeaves is a reader a year later: the address, the
// newsletter's name and its slug have changed, and there is a new key.
func TestLinkOfAnOldBulletinStillLeaves(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	old := v.leavePath()
	v.wait(366 * 24 * time.Hour)
	moved := v.parse("reader@new.example")
	v.must(v.audience.Edit(t.Context(), v.parse("reader@harbour.example"), audience.Edit{Email: &moved}, "ana"))
	v.list.Name = "The Daily Lantern"
	v.must(v.store.EditNewsletter(t.Context(), v.list, "ana"))
	v.must(v.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO secrets (purpose, key, made_at) VALUES ('link', randomblob(32), $1)`, v.now().UnixMilli())
		return err
	}))
	v.open(t)
	if v.leavePath()[:5] == old[:5] {
		t.Fatal("the new key does not sign")
	}
	resp, page := v.get(old)
	v.told(resp, page, 200, "Leave The Daily Lantern")
	resp, page = v.post(old, leaveForm(""))
	v.told(resp, page, 200, "You have left The Daily Lantern")
	if mail := v.mail(); len(mail) != 1 || mail[0].Email != "reader@new.example" {
		t.Errorf("mail %+v", mail)
	}
	resp, page = v.post(v.path(v.mail()[0]), nil)
	v.told(resp, page, 200, "You have not left The Daily Lantern")
}

func TestConfirmingIsBarredAfterAComplaintAndForgottenInTime(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.subscribe("keeper@harbour.example")
	path := v.path(v.mail()[0])
	x, err := v.audience.Target("keeper@harbour.example")
	v.must(err)
	x.Reason = store.Complained
	_, err = v.audience.Suppress(t.Context(), x, "ana")
	v.must(err)
	resp, page := v.post(path, nil)
	v.told(resp, page, 403, "We may not write to this address")
	v.must(v.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`DELETE FROM signups`)
		return err
	}))
	for _, method := range []string{"GET", "POST"} {
		resp, page = v.send(method, path, nil)
		v.told(resp, page, 410, "This link has run out")
	}
}

func TestEveryLinkServesItsOwnPurposeAlone(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.subscribe("keeper@harbour.example")
	v.post(v.leavePath(), leaveForm(""))
	var tokens []string
	for _, n := range v.mail() {
		tokens = append(tokens, v.path(n)[strings.LastIndex(v.path(n), "/")+1:])
	}
	tokens = append(tokens, v.leavePath()[3:])
	worked := 0
	for _, tok := range tokens {
		for _, path := range []string{"/confirm/", "/undo/", "/u/", "/v/"} {
			if resp, _ := v.get(path + tok); resp.StatusCode == 200 {
				worked++
			} else if resp.StatusCode != 404 {
				t.Errorf("%s: status %d", path, resp.StatusCode)
			}
		}
	}
	if worked != len(tokens) {
		t.Errorf("%d tokens worked in %d places", len(tokens), worked)
	}
}

func TestLeavingIsUnderNoLimit(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	v.open(t)
	// A network that has used up what it may do, with links that do not work.
	seen := map[int]int{}
	for range wrongAtOnce + 10 {
		resp, _ := v.post("/u/AAAA", nil)
		seen[resp.StatusCode]++
	}
	for range writesAtOnce + 10 {
		resp, _ := v.post("/undo/AAAA", nil)
		seen[resp.StatusCode]++
	}
	if seen[http.StatusTooManyRequests] < 20 || seen[http.StatusNotFound] < wrongAtOnce {
		t.Errorf("answers %v", seen)
	}
	for range wrongAtOnce + writesAtOnce {
		if resp, _ := v.post(v.leavePath(), url.Values{"List-Unsubscribe": {"One-Click"}}); resp.StatusCode != 200 {
			t.Fatalf("a valid link for leaving: status %d", resp.StatusCode)
		}
	}
}
