package catcher

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"epistle/internal/web"
)

const caught = "Return-Path: <b-7@bounces.example.org>\r\n" +
	"X-Envelope-To: <ana@example.org>\r\n" +
	"From: The Weekly Lantern <lantern@example.org>\r\n" +
	"To: ana@example.org\r\n" +
	"Subject: =?utf-8?Q?Light_at_the_harbour_=E2=80=93_No=2E_214?=\r\n" +
	"Date: Fri, 12 Mar 2027 09:30:00 +0000\r\n" +
	"Message-ID: <abc@example.org>\r\n" +
	"List-Unsubscribe: <https://news.example.org/u/TOKEN>, <mailto:leave@example.org?subject=x>, <javascript:alert(1)>\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=\"b1\"\r\n" +
	"\r\n" +
	"--b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"The lamps are lit =E2=80=94 all of them <tonight>.\r\n" +
	"--b1\r\nContent-Type: multipart/related; boundary=b2\r\n\r\n" +
	"--b2\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
	"PGh0bWw+PEhFQUQgbGFuZz0iZGUiPjx0aXRsZT54PC90aXRsZT48L0hFQUQ+PHAgc3R5bGU9ImNv\r\nbG9yOnJlZCI+QvxjaGVyPC9wPjxpbWcgc3JjPSJjaWQ6bGFtcEB4Ij48c2NyaXB0PjE8L3Njcmlw\r\ndD48L2h0bWw+\r\n" +
	"--b2\r\nContent-Type: image/png\r\nContent-ID: <lamp@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0=\r\n--b2--\r\n" +
	"--b1--\r\n"

// inboxOver serves the inbox over a folder that holds these messages.
func inboxOver(t *testing.T, o InboxOptions, messages ...string) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	for i, m := range messages {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.eml", i+1)), []byte(m), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := New(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c.Inbox(o))
	t.Cleanup(func() {
		server.Close()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// wantIn checks an answer's status and that it holds every text.
func wantIn(t *testing.T, url string, status int, texts ...string) string {
	t.Helper()
	resp, body := get(t, url)
	if resp.StatusCode != status {
		t.Errorf("%s: status %d, want %d", url, resp.StatusCode, status)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("%s: no %q in\n%s", url, text, body)
		}
	}
	return body
}

func wantNotIn(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(body, text) {
			t.Errorf("%q is in\n%s", text, body)
		}
	}
}

func TestInboxIsEmptyAtFirst(t *testing.T) {
	t.Parallel()
	server := inboxOver(t, InboxOptions{Prefix: "/inbox/", Links: []web.Link{{Label: "The page for leaving", Href: "/u/TOKEN"}}})
	wantIn(t, server.URL+"/inbox/", 200, "0 messages", "Nothing has been caught yet", `href="/u/TOKEN"`)
	wantIn(t, server.URL+"/inbox/?from=50", 200, "Nothing has been caught yet")
	wantIn(t, server.URL+"/inbox/1", 404, `<a href="/inbox/">All messages</a>`)
	wantIn(t, server.URL+"/elsewhere", 404)
}

func TestInboxListsNewestFirstInPages(t *testing.T) {
	t.Parallel()
	var messages []string
	for i := range 120 {
		messages = append(messages, fmt.Sprintf("X-Envelope-To: <reader%d@example.org>\r\nSubject: Letter %d\r\n\r\nx", i+1, i+1))
	}
	server := inboxOver(t, InboxOptions{}, messages...)
	first := wantIn(t, server.URL+"/", 200, "120 messages", "1 to 50 of 120", "Letter 120<", "Letter 71<", "reader120@example.org", `href="/?from=50" rel="next"`)
	wantNotIn(t, first, "Letter 70<", `rel="prev"`)
	if strings.Index(first, "Letter 120<") > strings.Index(first, "Letter 119<") {
		t.Error("the newest message is not the first")
	}
	last := wantIn(t, server.URL+"/?from=100", 200, "101 to 120 of 120", "Letter 20<", "Letter 1<", `href="/?from=50" rel="prev"`)
	wantNotIn(t, last, "Letter 21<", `rel="next"`)
	for _, from := range []string{"-1", "120", "x", "99999999999999999999"} {
		wantIn(t, server.URL+"/?from="+from, 200, "1 to 50 of 120")
	}
}

func TestInboxSearchesRecipientAndSubject(t *testing.T) {
	t.Parallel()
	messages := []string{caught}
	for i := range 60 {
		messages = append(messages, fmt.Sprintf("X-Envelope-To: <reader%d@example.org>\r\nSubject: Letter\r\n\r\nx", i))
	}
	server := inboxOver(t, InboxOptions{}, messages...)
	body := wantIn(t, server.URL+"/?q=HARBOUR", 200, "1 message with", "Light at the harbour – No. 214", `value="HARBOUR"`)
	wantNotIn(t, body, "Only the newest")
	wantIn(t, server.URL+"/?q=ana@", 200, "1 message with", "ana@example.org")
	wantIn(t, server.URL+"/?q=letter", 200, "60 messages with", `href="/?from=50&amp;q=letter"`)
	wantIn(t, server.URL+"/?q=letter&from=50", 200, "51 to 60 of 60")
	wantNotIn(t, wantIn(t, server.URL+"/?q=%3Cscript%3E", 200, "No recipient", "&lt;script&gt;"), "<script>")
}

func TestMessageHasItsViews(t *testing.T) {
	t.Parallel()
	server := inboxOver(t, InboxOptions{Prefix: "/inbox/"}, "Subject: older\r\n\r\nx", caught)
	page := wantIn(t, server.URL+"/inbox/2", 200,
		"<h1>Light at the harbour – No. 214</h1>", "The Weekly Lantern &lt;lantern@example.org&gt;", "b-7@bounces.example.org",
		`class="letter desktop" src="/inbox/2/html"`, `sandbox="allow-popups allow-popups-to-escape-sandbox"`,
		`<a href="https://news.example.org/u/TOKEN"`, `<a href="mailto:leave@example.org?subject=x"`, "javascript:alert(1)",
		`href="/inbox/1" rel="next"`, `href="/inbox/2?show=desktop" aria-current="page"`)
	wantNotIn(t, page, `href="javascript`, "<script", `rel="prev"`)
	wantIn(t, server.URL+"/inbox/2?show=phone", 200, `class="letter phone"`)
	wantIn(t, server.URL+"/inbox/2?show=text", 200, "The lamps are lit — all of them &lt;tonight&gt;.")
	wantIn(t, server.URL+"/inbox/2?show=source", 200, "=E2=80=94 all of them &lt;tonight&gt;", "X-Envelope-To: &lt;ana@example.org&gt;")
	wantIn(t, server.URL+"/inbox/1", 200, "<pre", ">x</pre>", `rel="prev"`)
	wantIn(t, server.URL+"/inbox/1/html", 404)
	for _, path := range []string{"0", "3", "-1", "x", "2/other", "99999999999999999999", "3/html", "3/raw.eml"} {
		wantIn(t, server.URL+"/inbox/"+path, 404)
	}
}

func TestMessageIsShownInASandbox(t *testing.T) {
	t.Parallel()
	server := inboxOver(t, InboxOptions{}, caught)
	resp, body := get(t, server.URL+"/1/html")
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox ") || strings.Contains(csp, "allow-scripts") ||
		strings.Contains(csp, "allow-same-origin") || strings.Contains(csp, "http") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	for _, want := range []string{`<HEAD lang="de"><base target="_blank">`, "Bücher", "data:image/png;base64,iVBORw0="} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in %s", want, body)
		}
	}
	resp, _ = get(t, server.URL+"/1")
	if csp := resp.Header.Get("Content-Security-Policy"); csp != web.PageCSP+"; frame-src 'self'" {
		t.Errorf("policy of the page around it %q", csp)
	}
}

func TestDownloadIsTheFile(t *testing.T) {
	t.Parallel()
	server := inboxOver(t, InboxOptions{}, caught)
	resp, body := get(t, server.URL+"/1/raw.eml")
	if body != caught || resp.Header.Get("Content-Type") != "message/rfc822" ||
		resp.Header.Get("Content-Disposition") != `attachment; filename="message-1.eml"` {
		t.Errorf("headers %v, %d bytes", resp.Header, len(body))
	}
}

func TestFaultyMessagesAreStillShown(t *testing.T) {
	t.Parallel()
	deep := "Subject: deep\r\n"
	for i := range 50 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%02d\r\n\r\n--b%02d\r\n", i, i)
	}
	tests := map[string]struct{ raw, want string }{
		"no header at all":          {"\x00\x01 nothing like mail", "is faulty"},
		"empty":                     {"", "(no subject)"},
		"the last boundary missing": {"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nstill here", "still here"},
		"broken base64":             {"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=!!!!", "hello"},
		"multiparts without end":    {deep, "too many parts"},
		"unknown charset":           {"Subject: =?x-none?Q?abc?=\r\nContent-Type: text/plain; charset=x-none\r\n\r\nas it is \xff", "as it is \uFFFD"},
		"no boundary named":         {"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx", "is faulty"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inboxOver(t, InboxOptions{}, tt.raw)
			wantIn(t, server.URL+"/", 200, "1 message")
			wantIn(t, server.URL+"/1", 200, tt.want)
			wantIn(t, server.URL+"/1?show=source", 200)
		})
	}
}

func TestImagesCannotMakeADocumentExplode(t *testing.T) {
	t.Parallel()
	l := &letter{
		HTML:   strings.Repeat("cid:a ", 100_000),
		Images: map[string]string{"a": "data:image/png;base64," + strings.Repeat("A", 1<<20)},
	}
	if n := len(l.document()); n > maxDocument {
		t.Errorf("a document of %d bytes", n)
	}
}

func FuzzReadLetter(f *testing.F) {
	f.Add(caught)
	f.Add("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--")
	f.Add("Content-Transfer-Encoding: quoted-printable\n\n=\n=3D=x")
	f.Add("List-Unsubscribe: <<a>, <b\nContent-Type: text/html; charset=utf-16\n\n\x00")
	f.Fuzz(func(t *testing.T, raw string) {
		l, _ := readLetter(strings.NewReader(raw))
		if l == nil {
			t.Fatal("no letter")
		}
		if document := l.document(); !strings.Contains(document, `<base target="_blank">`) || len(l.Text) > 4*len(raw)+64 {
			t.Errorf("document of %d bytes, text of %d, from %d", len(document), len(l.Text), len(raw))
		}
		for _, link := range l.unsubscribeLinks() {
			if strings.Contains(link, ">") {
				t.Errorf("link %q", link)
			}
		}
	})
}
