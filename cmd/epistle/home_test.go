package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"epistle/internal/web/webtest"
)

// home is a reader's place: the real program serves a newsletter, its catcher is the
// mail server, and a browser opens pages and mails.
type home struct {
	*office
	browser *webtest.Browser
	site    string // the readers' pages
	caught  string // the catcher's folder
	mailbox *httptest.Server
	serve   *process
}

const (
	readerAtHome = "keeper@harbour.example"
	neighbour    = "neighbour@harbour.example"
)

// newHome starts everything. The newsletter is open to all, and the neighbour gets
// it already.
func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{office: &office{t: t, dir: t.TempDir()}, browser: webtest.Chromium(t)}
	smtp, web, inbox := freeAddress(t), freeAddress(t), freeAddress(t)
	_, port, err := net.SplitHostPort(smtp)
	if err != nil {
		t.Fatal(err)
	}
	h.site, h.caught = "http://"+web, filepath.Join(h.dir, "caught")
	h.env = []string{
		"HOME=" + h.dir, "GORACE=atexit_sleep_ms=0",
		"EPISTLE_SMTP_HOST=127.0.0.1", "EPISTLE_SMTP_PORT=" + port, "EPISTLE_SMTP_TLS=none",
		"EPISTLE_WEB_LISTEN=" + web, "EPISTLE_WEB_PUBLIC_URL=" + h.site,
	}
	h.write("lantern.toml", lantern)
	h.write("readers.csv", "email\n"+neighbour+"\n")
	h.run("newsletters", "add", "weekly", "--file", "lantern.toml", "--quiet")
	h.run("subscribers", "import", "readers.csv", "--quiet")
	h.start("catch", "--smtp", smtp, "--http", inbox, "--dir", "caught").await(t, "Inbox")
	h.serve = h.start("serve")
	h.serve.await(t, "msg=serving")
	h.mailbox = httptest.NewServer(http.HandlerFunc(h.showMail))
	t.Cleanup(h.mailbox.Close)
	return h
}

const lantern = `name = "The Weekly Lantern"
from = "The Weekly Lantern <bulletin@lantern.example.org>"
list_id = "weekly.lantern.example.org"
language = "en"
time_zone = "Europe/Lisbon"
postal_address = "The Lantern Network, 14 Harbour Steps, Lisbon"
[public]
subscribe = true
archive = true
[[sections]]
name = "River Towns"
[[sections]]
name = "Night Clinics"
`

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// showMail shows the HTML of a mail as a mail program does, at its number.
func (h *home) showMail(w http.ResponseWriter, r *http.Request) {
	raw, err := os.ReadFile(filepath.Join(h.caught, filepath.Base(r.URL.Path)))
	if err != nil {
		w.WriteHeader(http.StatusNoContent) // the browser asks for an icon
		return
	}
	_, html, err := parts(raw)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, html)
}

// letters are the names of the mails to somebody, the oldest first.
func (h *home) letters(to, subject string) (names []string) {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.caught, "*.eml"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range files {
		m := h.open(filepath.Base(f))
		if strings.Contains(m.Header.Get("To"), to) && m.Header.Get("Subject") == subject {
			names = append(names, filepath.Base(f))
		}
	}
	return names
}

func (h *home) open(name string) *mail.Message {
	h.t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.caught, name))
	if err != nil {
		h.t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	return m
}

// words are a mail's plain text and HTML.
func (h *home) words(name string) (text, html string) {
	h.t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.caught, name))
	if err == nil {
		text, html, err = parts(raw)
	}
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	return text, html
}

// link is a mail's link to one of the site's addresses.
func (h *home) link(name, path string) string {
	h.t.Helper()
	text, _ := h.words(name)
	link := regexp.MustCompile(regexp.QuoteMeta(h.site+path) + `[A-Za-z0-9_-]+`).FindString(text)
	if link == "" {
		h.t.Fatalf("%s has no link to %s: %s", name, path, text)
	}
	return link
}

// parts are the plain text and the HTML of a message, decoded.
func parts(raw []byte) (text, html string, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", "", err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", "", err
	}
	all := multipart.NewReader(m.Body, params["boundary"])
	for _, to := range []*string{&text, &html} {
		p, err := all.NextPart() // decodes quoted-printable by itself
		if err != nil {
			return "", "", err
		}
		body, err := io.ReadAll(p)
		if err != nil {
			return "", "", err
		}
		*to = string(body)
	}
	return text, html, nil
}

// mail waits until so many mails with a subject have come to the reader, and gives
// the newest.
func (h *home) mail(subject string, n int) string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		list := h.letters(readerAtHome, subject)
		if len(list) > n {
			h.t.Fatalf("%d mails %q came, want %d", len(list), subject, n)
		}
		if len(list) == n {
			return list[n-1]
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			h.t.Fatalf("%d mails %q came, want %d", len(list), subject, n)
		}
	}
}

// send sends a bulletin of a week to its end, and gives how many got it.
func (h *home) send(week int) (sent int) {
	h.t.Helper()
	day := time.Date(2027, 3, 12, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*week).Format(time.DateOnly)
	h.write("bulletin.txt", fmt.Sprintf("The Weekly Lantern\n\nLead of week %d.\n\nRiver Towns\n\nThe ferry of week %[1]d runs late.\n\nNight Clinics\n\nThe stove of week %[1]d is lit.\n", week))
	h.run("bulletins", "import", "bulletin.txt", "--date", day, "--quiet")
	h.run("bulletins", "edit", "latest", "--subject", subjectOf(week), "--quiet")
	h.run("bulletins", "approve", "latest", "--quiet")
	var status struct {
		State  string
		States map[string]int
	}
	if err := json.Unmarshal([]byte(h.run("bulletins", "send", "latest", "--wait", "--json")), &status); err != nil {
		h.t.Fatal(err)
	}
	if status.State != "sent" {
		h.t.Fatalf("bulletin %d is %s: %v", week, status.State, status.States)
	}
	return status.States["sent"]
}

func subjectOf(week int) string { return fmt.Sprintf("Lantern of week %d", week) }

// visit opens a page or a mail, takes the steps, and wants to end at a heading. The
// page there is looked at on every screen.
func (h *home) visit(label, url, heading string, steps ...chromedp.Action[chromedp.Void]) {
	h.t.Helper()
	seen := h.browser.See(h.t, webtest.Visit{URL: url, Width: 390, Steps: steps, Everywhere: true})
	seen.Keep(h.t, "reader-"+label)
	for _, l := range seen.Looks {
		faults := slices.DeleteFunc(l.Faults, func(s string) bool { return strings.Contains(s, `type="checkbox"`) }) // its label is the target
		if len(faults) > 0 {
			h.t.Errorf("%s at %d px, dark %v: %q", label, l.Width, l.Dark, faults)
		}
	}
	if seen.Heading != heading || len(seen.Problems) > 0 || seen.Shift != 0 {
		h.t.Fatalf("%s: heading %q, want %q; problems %q, layout shift %v", label, seen.Heading, heading, seen.Problems, seen.Shift)
	}
	for _, asked := range seen.Requests {
		if !strings.HasPrefix(asked, h.site+"/") && !strings.HasPrefix(asked, h.mailbox.URL+"/") && !strings.HasPrefix(asked, "data:") {
			h.t.Errorf("%s asks for %s", label, asked)
		}
	}
}

// read opens a mail and follows its link to one of the site's addresses.
func (h *home) read(label, name, link, heading string, steps ...chromedp.Action[chromedp.Void]) {
	h.t.Helper()
	h.visit(label, h.mailbox.URL+"/"+name, heading, append([]chromedp.Action[chromedp.Void]{webtest.Press(`a[href*="` + link + `"]`)}, steps...)...)
}

// patiently presses the button for subscribing until the form is old enough to come
// from a person: a browser that is driven is faster than any.
func patiently() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		tick := time.NewTicker(600 * time.Millisecond) // the site takes some tries of one network only
		defer tick.Stop()
		for {
			if err := chromedp.Do(ctx, webtest.Press("button")); err != nil {
				return err
			}
			again, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector('h1').innerText.endsWith('one more press')`))
			if err != nil || !again {
				return err
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}

// state is the reader's subscription as the program tells it; empty without one.
func (h *home) state() string {
	h.t.Helper()
	var list []struct{ Email, State string }
	if err := json.Unmarshal([]byte(h.run("subscribers", "list", "--json")), &list); err != nil {
		h.t.Fatal(err)
	}
	for _, s := range list {
		if s.Email == readerAtHome {
			return s.State
		}
	}
	return ""
}

func (h *home) wantState(when, want string) {
	h.t.Helper()
	if got := h.state(); got != want {
		h.t.Fatalf("%s the subscription is %q, want %q", when, got, want)
	}
}

// wants looks for words in both parts of a mail.
func (h *home) wants(name string, there []string, missing ...string) {
	h.t.Helper()
	text, html := h.words(name)
	for _, w := range there {
		if !strings.Contains(text, w) || !strings.Contains(html, w) {
			h.t.Errorf("%s does not have %q in both parts", name, w)
		}
	}
	for _, w := range missing {
		if strings.Contains(text, w) || strings.Contains(html, w) {
			h.t.Errorf("%s has %q", name, w)
		}
	}
}

func (h *home) ask(method, link string, form url.Values) (*http.Response, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, link, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp, string(body)
}
