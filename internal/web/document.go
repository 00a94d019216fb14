package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Document is an answer that was made once and is given many times: whole, in
// short when the visitor has it already, or compressed. Only what is public and
// the same for everybody may be one: a page with a token in it must not be
// compressed together with what a stranger can choose.
type Document struct {
	contentType  string
	plain, small []byte // small is nil where compressing gains nothing
	tag          string // without quotation marks
	modified     time.Time
}

// NewDocument makes a document. modified is when its source last changed; the
// zero time leaves Last-Modified out.
func NewDocument(contentType string, body []byte, modified time.Time) (*Document, error) {
	sum := sha256.Sum256(body)
	d := &Document{contentType: contentType, plain: body, tag: hex.EncodeToString(sum[:12]), modified: modified}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("compress a page: %w", err)
	}
	if b.Len() < len(body) {
		d.small = b.Bytes()
	}
	return d, nil
}

// Serve answers GET and HEAD. The tag is a strong one (RFC 9110 §8.8.3), so it
// names the compressed form by another name. The answer may be kept by anybody,
// but not used again without asking: what it says may be withdrawn at any moment.
func (d *Document) Serve(w http.ResponseWriter, r *http.Request) error {
	h, body, tag := w.Header(), d.plain, `"`+d.tag+`"`
	if d.small != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			body, tag = d.small, `"`+d.tag+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Cache-Control", "public, no-cache")
	h.Set("ETag", tag)
	if !d.modified.IsZero() {
		h.Set("Last-Modified", d.modified.UTC().Format(http.TimeFormat))
	}
	if d.known(r, tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", d.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return writeError(err)
}

// known says whether the visitor has the document: by its tag, and only without
// one by the time (RFC 9110 §13.2.2).
func (d *Document) known(r *http.Request, tag string) bool {
	if list := r.Header.Values("If-None-Match"); len(list) > 0 {
		return matches(strings.Join(list, ","), tag)
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	// The header has whole seconds; what changed within this one counts as changed.
	return err == nil && !d.modified.IsZero() && !d.modified.After(since)
}

// matches compares weakly (RFC 9110 §13.1.2). Our tags hold no comma, so a list
// may be cut at every one.
func matches(list, tag string) bool {
	for candidate := range strings.SplitSeq(list, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
			return true
		}
	}
	return false
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3). A wildcard does not count:
// who can read gzip says so.
func acceptsGzip(header string) bool {
	for entry := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(entry, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, given := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(weight, " ", "")), "q=")
		if !given {
			return true
		}
		value, err := strconv.ParseFloat(q, 64)
		return err == nil && value > 0
	}
	return false
}
