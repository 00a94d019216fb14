package web

import (
	"errors"
	"net/http"
	"runtime/debug"

	"epistle/internal/newsletter"
)

// withRecovery turns a panic into the page of an internal failure, so that one
// faulty request neither ends the process nor leaves the visitor without an
// answer. http.ErrAbortHandler is passed on: it is the agreed way to drop a
// connection.
func (k *Kit) withRecovery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			k.Fail(w, r, newsletter.Errorf(newsletter.Failed, "a handler panicked: %v\n%s", cause, debug.Stack()))
		}()
		next.ServeHTTP(w, r)
	})
}
