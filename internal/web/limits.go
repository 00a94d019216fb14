package web

import (
	"context"
	"net/http"
)

// withLimits bounds what one request may cost: the bytes that are read from its
// body and the time that its handler may take.
func (k *Kit) withLimits(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), k.maxTime)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, k.maxBody)
		next.ServeHTTP(w, r)
	})
}
