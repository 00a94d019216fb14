package web

import "net/http"

// PageCSP is the Content-Security-Policy of every page of ours: our own style
// sheet and forms, nothing else; no script at all, no inline style, no framing.
const PageCSP = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// setHeaders sets the headers of every answer. A handler that serves another
// sort of document, such as a bulletin, replaces the policy by its own.
func (k *Kit) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", PageCSP)
	// Addresses hold tokens; no other site may learn them from a Referer.
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	// What a token leads to belongs in no shared cache and in no history.
	h.Set("Cache-Control", "no-store")
	if k.https {
		// RFC 6797 §6.1. Subdomains are not ours to decide about.
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (k *Kit) withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.setHeaders(w.Header())
		next.ServeHTTP(w, r)
	})
}
