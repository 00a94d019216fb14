package web

import (
	"context"
	"net/http"

	"epistle/internal/newsletter"
)

// Health answers "ok" when check succeeds and 503 when it fails. A nil check
// always succeeds: then the answer only says that the process serves.
func Health(check func(context.Context) error) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if check != nil {
			if err := check(r.Context()); err != nil {
				return newsletter.Errorf(newsletter.Unavailable, "the health check failed: %w", err)
			}
		}
		return Write(w, PlainText, "ok\n")
	}
}
