package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func answer(t *testing.T, d *Document, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = header
	rec := httptest.NewRecorder()
	if err := d.Serve(rec, r); err != nil {
		t.Fatal(err)
	}
	return rec.Result()
}

func document(t *testing.T, body string, modified time.Time) *Document {
	t.Helper()
	d, err := NewDocument(HTML, []byte(body), modified)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestVisitorWhoHasTheDocumentIsToldSo(t *testing.T) {
	t.Parallel()
	changed := time.Date(2027, 3, 12, 8, 0, 0, 500, time.UTC)
	d := document(t, strings.Repeat("light ", 100), changed)
	plain := answer(t, d, nil).Header.Get("ETag")
	small := answer(t, d, http.Header{"Accept-Encoding": {"gzip"}}).Header.Get("ETag")
	if plain == small || len(plain) < 20 || plain[0] != '"' {
		t.Fatalf("the tags are %s and %s", plain, small)
	}
	tests := map[string]struct {
		header http.Header
		status int
	}{
		"asks for the first time":        {nil, 200},
		"has it":                         {http.Header{"If-None-Match": {plain}}, 304},
		"compares weakly":                {http.Header{"If-None-Match": {`"x", W/` + plain}}, 304},
		"has anything":                   {http.Header{"If-None-Match": {"*"}}, 304},
		"has another":                    {http.Header{"If-None-Match": {`"x"`}}, 200},
		"has the compressed form":        {http.Header{"If-None-Match": {small}}, 200},
		"has it compressed":              {http.Header{"If-None-Match": {small}, "Accept-Encoding": {"br, gzip"}}, 304},
		"had it later":                   {http.Header{"If-Modified-Since": {"Fri, 12 Mar 2027 08:00:01 GMT"}}, 304},
		"had it in the same second":      {http.Header{"If-Modified-Since": {"Fri, 12 Mar 2027 08:00:00 GMT"}}, 200},
		"has another, although of today": {http.Header{"If-None-Match": {`"x"`}, "If-Modified-Since": {"Fri, 12 Mar 2027 09:00:00 GMT"}}, 200},
		"asks in no known time":          {http.Header{"If-Modified-Since": {"yesterday"}}, 200},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := answer(t, d, tt.header)
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tt.status || (len(body) == 0) != (tt.status == 304) {
				t.Errorf("status %d, want %d; %d bytes, %v", resp.StatusCode, tt.status, len(body), err)
			}
			if resp.Header.Get("ETag") == "" || resp.Header.Get("Vary") != "Accept-Encoding" || resp.Header.Get("Cache-Control") != "public, no-cache" {
				t.Errorf("headers %v", resp.Header)
			}
		})
	}
	if resp := answer(t, document(t, "x", time.Time{}), http.Header{"If-Modified-Since": {"Fri, 12 Mar 2027 09:00:00 GMT"}}); resp.StatusCode != 200 || resp.Header.Get("Last-Modified") != "" {
		t.Errorf("without a time: status %d, %v", resp.StatusCode, resp.Header)
	}
}

func TestDocumentIsCompressedForWhoCanReadThat(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("light ", 100)
	d := document(t, body, time.Time{})
	tests := map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "gzip; q=1.0": true, "deflate,gzip": true,
		"": false, "br": false, "gzip;q=0": false, "gzip;q=0.000": false, "*": false, "gzip;q=much": false, "xgzip": false,
	}
	for header, want := range tests {
		resp := answer(t, d, http.Header{"Accept-Encoding": {header}})
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: compressed is %t", header, got)
			continue
		}
		var from io.Reader = resp.Body
		if want {
			var err error
			if from, err = gzip.NewReader(from); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := io.ReadAll(from); err != nil || string(got) != body {
			t.Errorf("%q: got %q, %v", header, got, err)
		}
	}
	if resp := answer(t, document(t, "x", time.Time{}), http.Header{"Accept-Encoding": {"gzip"}}); resp.Header.Get("Content-Encoding") != "" {
		t.Error("what does not get smaller was compressed")
	}
}
