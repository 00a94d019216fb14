package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"epistle/internal/web/webtest"
)

// TestAReaderComesChoosesLeavesAndComesBack is a reader's whole way, on the real
// program, its catcher and a browser: subscribe, open the mail, confirm, get a
// bulletin, choose sections, pause, leave, and come back, from the page and from
// the mail.
func TestAReaderComesChoosesLeavesAndComesBack(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.subscribes()
	h.chooses()
	h.pauses()
	h.leavesAndComesBack()
	h.leavesByOneClick()
	if said, _ := h.serve.look(); strings.Contains(said, "level=ERROR") || strings.Contains(said, readerAtHome) {
		t.Errorf("the log says\n%s", said)
	}
}

func (h *home) subscribes() {
	h.t.Helper()
	h.visit("subscribe", h.site+"/", "Subscribe to The Weekly Lantern", webtest.Press(`a[href="/subscribe/weekly"]`))
	h.visit("asked", h.site+"/subscribe/weekly", "Look into your mailbox", webtest.Type("#address", readerAtHome), patiently())
	h.wantState("before the mail is opened", "")
	letter := h.mail("Please confirm: The Weekly Lantern", 1)
	link := h.link(letter, "/confirm/")
	for range 2 { // scanners open links
		if resp, _ := h.ask(http.MethodGet, link, nil); resp.StatusCode != http.StatusOK {
			h.t.Errorf("the link %q answers %s", link, resp.Status)
		}
	}
	h.read("confirm", letter, "/confirm/", "Get The Weekly Lantern by e-mail?")
	h.wantState("before the button is pressed", "")
	h.read("confirmed", letter, "/confirm/", "You now get The Weekly Lantern", webtest.Press("button"))
	h.wantState("once confirmed", "active")
}

func (h *home) chooses() {
	h.t.Helper()
	if n := h.send(1); n != 2 {
		h.t.Errorf("bulletin 1 went to %d", n)
	}
	first := h.mail(subjectOf(1), 1)
	h.wants(first, []string{"Lead of week 1", "The ferry of week 1", "The stove of week 1"})
	const page = "What you get of The Weekly Lantern"
	h.read("choose", first, "/choose/", page)
	h.read("chosen", first, "/choose/", page, chromedp.Click(chromedp.CSS(`input[name="section"][value="night-clinics"]`)), webtest.Press(`button[value="choose"]`),
		chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	h.send(2)
	h.wants(h.mail(subjectOf(2), 1), []string{"Lead of week 2", "The ferry of week 2"}, "The stove of week 2", "Night Clinics", "NIGHT CLINICS")
}

func (h *home) pauses() {
	h.t.Helper()
	const page = "What you get of The Weekly Lantern"
	second := h.mail(subjectOf(2), 1)
	h.read("paused", second, "#pause", page, webtest.Press(`button[name="days"]`), chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	h.wantState("in the pause", "paused")
	if n := h.send(3); n != 1 || len(h.letters(readerAtHome, subjectOf(3))) != 0 {
		h.t.Errorf("in the pause bulletin 3 went to %d", n)
	}
	h.read("resumed", second, "/choose/", page, webtest.Press(`button[value="resume"]`), chromedp.WaitVisible(chromedp.CSS("[role=status]")))
	h.wantState("after the pause", "active")
	h.send(4)
	h.wants(h.mail(subjectOf(4), 1), []string{"The ferry of week 4"}, "The stove of week 4")
}

func (h *home) leavesAndComesBack() {
	h.t.Helper()
	bulletin := h.mail(subjectOf(4), 1)
	h.read("leave", bulletin, "/u/", "Leave The Weekly Lantern")
	h.wantState("before the button is pressed", "active")
	h.read("left", bulletin, "/u/", "You have left The Weekly Lantern", webtest.Press("button"))
	h.wantState("after leaving", "unsubscribed")
	h.mail("You have left The Weekly Lantern", 1)
	// Back from the mail.
	h.read("undo", h.mail("You have left The Weekly Lantern", 1), "/undo/", "Get The Weekly Lantern again?")
	h.wantState("before undoing", "unsubscribed")
	h.read("undone", h.mail("You have left The Weekly Lantern", 1), "/undo/", "You have not left The Weekly Lantern", webtest.Press("button"))
	h.wantState("after undoing", "active")
	// Back from the page.
	h.read("undone-at-once", bulletin, "/u/", "You have not left The Weekly Lantern",
		webtest.Type("#reason", "Too much to read."), webtest.Press("button"), webtest.Press("button"))
	h.wantState("after undoing at once", "active")
	h.mail("You have left The Weekly Lantern", 2)
	h.send(5)
	h.wants(h.mail(subjectOf(5), 1), []string{"The ferry of week 5"}, "The stove of week 5")
}

// leavesByOneClick shows that a mail program's POST sends no mail, unlike the page's
// button: the bulletin after it comes behind every letter that waits. The header for it
// is there with https only; its address is that of the bulletin's own link.
func (h *home) leavesByOneClick() {
	h.t.Helper()
	resp, said := h.ask(http.MethodPost, h.link(h.mail(subjectOf(5), 1), "/u/"), url.Values{"List-Unsubscribe": {"One-Click"}})
	if resp.StatusCode != http.StatusOK {
		h.t.Errorf("one click answers %s: %s", resp.Status, said)
	}
	h.wantState("after one click", "unsubscribed")
	if n := h.send(6); n != 1 || len(h.letters(readerAtHome, subjectOf(6))) != 0 {
		h.t.Errorf("bulletin 6 went to %d", n)
	}
	h.mail("You have left The Weekly Lantern", 2)
}
