package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"epistle/internal/newsletter"
)

// HandlerFunc answers a request or returns an error, which becomes a page. An
// error that is returned after the answer has begun is only logged.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Problem is an error that brings its own words for the visitor, in the
// visitor's language. Without it the page speaks by the error's kind alone.
type Problem struct {
	// Status is the HTTP status; 0 means by the kind of Err.
	Status int
	// Heading and Text replace the page's words; empty ones stay as they are.
	Heading, Text string
	// RetryAfter is how long the visitor should wait before trying again; 0 says
	// nothing, but for a minute with status 503.
	RetryAfter time.Duration
	// Lang is the language of these words; only used with Heading.
	Lang Language
	// Err is the cause, for the log.
	Err error
}

// Error gives the cause, for the log.
func (p *Problem) Error() string {
	if p.Err == nil {
		return http.StatusText(p.Status)
	}
	return p.Err.Error()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Handle makes an http.Handler of h whose errors become pages.
func (k *Kit) Handle(h HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tracked := track(w)
		if err := h(tracked, r); err != nil {
			k.Fail(tracked, r, err)
		}
	})
}

// NotFound is the handler of everything that no route serves.
func NotFound(http.ResponseWriter, *http.Request) error {
	return newsletter.Errorf(newsletter.NotFound, "no route serves this path")
}

// NotAllowed is the handler of a path's other methods. Allow lists those that
// it has (RFC 9110 §15.5.6).
func NotAllowed(allow string) HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", allow)
		return &Problem{Status: http.StatusMethodNotAllowed}
	}
}

// Status is the HTTP status of an error: that of its Problem if it has one,
// otherwise by the newsletter.Kind of its chain.
func Status(err error) int {
	var problem *Problem
	if errors.As(err, &problem) && problem.Status != 0 {
		return problem.Status
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return http.StatusServiceUnavailable
	}
	switch newsletter.KindOf(err) {
	case newsletter.Usage, newsletter.Invalid:
		return http.StatusBadRequest
	case newsletter.Refused:
		return http.StatusForbidden
	case newsletter.NotFound:
		return http.StatusNotFound
	case newsletter.Conflict:
		return http.StatusConflict
	case newsletter.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// Fail answers with the page of an error and logs the error with the request's
// id. The page never shows the error's own text.
func (k *Kit) Fail(w http.ResponseWriter, r *http.Request, err error) {
	status := Status(err)
	tracked := track(w)
	k.logFailure(r, status, err)
	if tracked.status != 0 {
		return
	}
	k.setHeaders(tracked.Header())
	if wait := waitOf(status, err); wait > 0 {
		tracked.Header().Set("Retry-After", retryAfter(wait))
	}
	if err := k.failure.Write(tracked, status, k.errorPage(r, status, err)); err != nil {
		k.logFailure(r, status, fmt.Errorf("answer with an error page: %w", err))
	}
}

// waitOf is how long to wait before the next try.
func waitOf(status int, err error) time.Duration {
	var problem *Problem
	if errors.As(err, &problem) && problem.RetryAfter > 0 {
		return problem.RetryAfter
	}
	if status == http.StatusServiceUnavailable {
		return time.Minute
	}
	return 0
}

// logFailure writes the program's own failures as errors and everybody else's
// mistakes at debug level: they are as many as there are scanners.
func (k *Kit) logFailure(r *http.Request, status int, err error) {
	level := slog.LevelDebug
	var gone *clientGone
	if status >= http.StatusInternalServerError && !errors.As(err, &gone) && !errors.Is(err, context.Canceled) {
		level = slog.LevelError
	}
	k.log.Log(r.Context(), level, "request failed", slog.String("request", RequestID(r.Context())),
		slog.String("method", r.Method), slog.String("route", r.Pattern), slog.Int("status", status), slog.Any("error", err))
}
