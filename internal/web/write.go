package web

import (
	"io"
	"net/http"
	"strconv"
)

// The content types of most answers.
const (
	HTML      = "text/html; charset=utf-8"
	PlainText = "text/plain; charset=utf-8"
)

// Write answers with status 200 and a whole body. Its error means that the
// client went away, which Handle does not count as a failure of ours.
func Write(w http.ResponseWriter, contentType, body string) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, err := io.WriteString(w, body)
	return writeError(err)
}

// clientGone marks an answer that could not be written: there is nobody left to
// tell.
type clientGone struct{ err error }

func (e *clientGone) Error() string { return "write the answer: " + e.err.Error() }
func (e *clientGone) Unwrap() error { return e.err }

func writeError(err error) error {
	if err == nil {
		return nil
	}
	return &clientGone{err}
}
