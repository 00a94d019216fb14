package public

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"epistle/internal/token"
	"epistle/internal/web"
)

func multipartBody(t *testing.T) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if err := m.WriteField("List-Unsubscribe", "One-Click"); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, m.FormDataContentType()
}

func TestOneClickLeavesWhateverTheRequestLooksLike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form, formType := multipartBody(t)
	urlencoded := "application/x-www-form-urlencoded"
	tests := map[string]struct {
		body   io.Reader
		header http.Header
	}{
		"urlencoded as Gmail sends it":       {strings.NewReader("List-Unsubscribe=One-Click"), http.Header{"Content-Type": {urlencoded}}},
		"multipart":                          {form, http.Header{"Content-Type": {formType}}},
		"no body and no content type":        {nil, nil},
		"a body without a content type":      {strings.NewReader("List-Unsubscribe=One-Click"), nil},
		"an unknown content type":            {strings.NewReader("{}"), http.Header{"Content-Type": {"application/json"}}},
		"a content type that does not parse": {strings.NewReader("x"), http.Header{"Content-Type": {";;;"}}},
		"a body that does not parse":         {strings.NewReader("%zz=%&page=1"), http.Header{"Content-Type": {urlencoded}}},
		"multipart without its boundary":     {strings.NewReader("--x"), http.Header{"Content-Type": {"multipart/form-data"}}},
		"another value of the page's field":  {strings.NewReader("page=2"), http.Header{"Content-Type": {urlencoded}}},
		"a body over the limit":              {strings.NewReader("page=1&x=" + strings.Repeat("a", 2*web.DefaultMaxBody)), http.Header{"Content-Type": {urlencoded}}},
		"an opaque origin":                   {nil, http.Header{"Origin": {"null"}}},
		"another site": {nil, http.Header{
			"Origin": {"https://mail.example.com"}, "Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Referer": {"https://mail.example.com/"},
		}},
		"a foreign cookie and authorization": {nil, http.Header{"Cookie": {"a=b"}, "Authorization": {"Basic eDp5"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, text := w.do(t, "POST", "/u/"+w.leaveToken(), tt.body, tt.header)
			if resp.StatusCode != http.StatusOK {
				t.Errorf("status %d, want 200: %s", resp.StatusCode, text)
			}
			if hows := w.taken(); len(hows) != 1 || hows[0] != HowOneClick {
				t.Errorf("left by %q, want once by one-click", hows)
			}
			if want := "You have left The Weekly Lantern.\n"; text != want {
				t.Errorf("answer %q, want %q", text, want)
			}
		})
	}
}

func TestBodyThatBreaksOffIsHonoured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /u/%s HTTP/1.1\r\nHost: news.example.org\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\nList-Un", w.leaveToken())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d, want 200", resp.StatusCode)
	}
	if hows := w.taken(); len(hows) != 1 {
		t.Errorf("left %d times, want once", len(hows))
	}
}

func TestLeavingTwiceSucceedsTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 2 {
		if resp, text := w.do(t, "POST", "/u/"+w.leaveToken(), nil, nil); resp.StatusCode != http.StatusOK {
			t.Errorf("status %d: %s", resp.StatusCode, text)
		}
	}
	_, text := w.do(t, "POST", "/u/"+w.leaveToken(), strings.NewReader("page=1"), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	if !strings.Contains(text, "You have already left") {
		t.Errorf("the page does not say that the reader had left: %s", text)
	}
}

func TestGetAndHeadChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, method := range []string{"GET", "HEAD"} {
		resp, text := w.do(t, method, "/u/"+w.leaveToken(), nil, nil)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", method, resp.StatusCode)
		}
		if (method == "HEAD") != (text == "") {
			t.Errorf("%s: a body of %d bytes", method, len(text))
		}
		if n := strings.Count(text, "<button"); method == "GET" && n != 1 {
			t.Errorf("%d buttons, want one", n)
		}
	}
	for _, method := range []string{"OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"} {
		resp, _ := w.do(t, method, "/u/"+w.leaveToken(), nil, nil)
		if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("%s: status %d, Allow %q", method, resp.StatusCode, resp.Header.Get("Allow"))
		}
	}
	if hows := w.taken(); hows != nil {
		t.Errorf("left by %q although nothing was posted", hows)
	}
}

func TestButtonOfThePageLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, landing := w.do(t, "GET", "/u/"+w.leaveToken(), nil, nil)
	form := url.Values{between(t, landing, `type="hidden" name="`, `"`): {between(t, landing, `value="`, `"`)}}
	// With Referrer-Policy: no-referrer a browser sends this origin even to its own site.
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"null"}}
	resp, text := w.do(t, "POST", between(t, landing, `action="`, `"`), strings.NewReader(form.Encode()), header)
	if resp.StatusCode != http.StatusOK || !strings.Contains(text, "<h1>You have left <bdi>The Weekly Lantern</bdi></h1>") {
		t.Errorf("status %d, page %s", resp.StatusCode, text)
	}
	if hows := w.taken(); len(hows) != 1 || hows[0] != HowPage {
		t.Errorf("left by %q, want once by the page", hows)
	}
}

func TestLandingPageAfterLeavingHasNoButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(t, "POST", "/u/"+w.leaveToken(), nil, nil)
	_, text := w.do(t, "GET", "/u/"+w.leaveToken(), nil, nil)
	if strings.Contains(text, "<button") || !strings.Contains(text, "You have already left") {
		t.Errorf("page %s", text)
	}
}

// forgeries are tokens that must not work for leaving.
func (w *world) forgeries() map[string]string {
	good := w.leaveToken()
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	return map[string]string{
		"made up":              "AAAAAAAAAAAAAAAAAAAAAAAA",
		"changed in one place": string(flipped),
		"cut short":            good[:len(good)-1],
		"with a piece added":   good + "A",
		"for another purpose":  w.keys.Sign(token.View, claims, time.Time{}),
		"percent-encoded junk": "%00%ff%2e%2e%2f",
		"very long":            strings.Repeat("A", 4000),
	}
}

func TestForgedTokenIsRefusedAndRevealsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var first string
	for name, forged := range w.forgeries() {
		for _, method := range []string{"GET", "POST"} {
			resp, text := w.do(t, method, "/u/"+forged, nil, nil)
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s, %s: status %d, want 404", name, method, resp.StatusCode)
			}
			if strings.Contains(text, "Lantern") || strings.Contains(text, "not one of ours") {
				t.Errorf("%s, %s: the page reveals something: %s", name, method, text)
			}
			if !strings.Contains(text, "answer that e-mail") {
				t.Errorf("%s, %s: the page shows no way on: %s", name, method, text)
			}
			if first == "" {
				first = text
			}
			if text != first {
				t.Errorf("%s, %s: this page differs from that of another forgery", name, method)
			}
		}
	}
	if hows := w.taken(); hows != nil {
		t.Errorf("a forged token left by %q", hows)
	}
}

func TestNoPathBelowURedirects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok := w.leaveToken()
	honoured := []string{"/u/" + tok, "/u/" + tok + "/", "//u/" + tok, "/u//" + tok, "/u///" + tok + "//", "/./u/./" + tok, "/x/../u/" + tok, "/u/" + tok + "?", "/u/" + tok + "?utm_source=x"}
	lost := []string{"/u", "/u/", "//u", "/u//", "/u/../u", "/U/" + tok, "/u/" + tok + "/more", "/u/%2e%2e/" + tok, "/u%2f" + tok + "%2fx", "/u/.", "/u/..", "/u/%00"}
	for _, method := range []string{"POST", "GET", "HEAD", "PUT", "OPTIONS", "CONNECT"} {
		for i, path := range append(honoured, lost...) {
			status := w.rawStatus(t, method, path)
			if status >= 300 && status < 400 || status < 200 || status >= 500 {
				t.Errorf("%s %q: status %d", method, path, status)
			}
			hows := w.taken()
			if want := method == "POST" && i < len(honoured); want != (len(hows) == 1) {
				t.Errorf("%s %q: left %d times (status %d)", method, path, len(hows), status)
			}
		}
	}
}

// rawStatus sends a request line exactly as it is written; net/http's client
// would clean it.
func (w *world) rawStatus(t *testing.T, method, path string) int {
	t.Helper()
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", method, path); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s %q: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}
