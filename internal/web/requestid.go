package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
)

type requestIDKey struct{}

// RequestID is the id of the request that ctx belongs to: eight lower-case
// letters and digits, shown on pages of internal failures and written beside
// every line of the log. It is empty outside of Protect.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// withRequestID gives the request an id and hands it to protected. A request
// that has one already passed through an outer Protect and goes straight to
// next.
//
// The log line names the route's pattern and never the path: a path may hold a
// token, which is as good as a password.
func (k *Kit) withRequestID(next, protected http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if RequestID(r.Context()) != "" {
			next.ServeHTTP(w, r)
			return
		}
		id := strings.ToLower(rand.Text()[:8])
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		w.Header().Set("X-Request-Id", id)
		tracked := track(w)
		protected.ServeHTTP(tracked, r)
		k.log.DebugContext(r.Context(), "request", slog.String("request", id),
			slog.String("method", r.Method), slog.Int("status", tracked.status))
	})
}

// writer remembers whether an answer has begun, because an error page can only
// be written before that.
type writer struct {
	http.ResponseWriter
	status int
}

func track(w http.ResponseWriter) *writer {
	if t, ok := w.(*writer); ok {
		return t
	}
	return &writer{ResponseWriter: w}
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the real writer.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
