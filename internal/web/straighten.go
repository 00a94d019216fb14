package web

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// straighten cleans the request's path in place: "//u/./token" is served as
// "/u/token". http.ServeMux would answer such paths with a redirect, which a
// one-click POST must never get (RFC 8058 §3.1) and which many clients follow
// with a GET, so that the reader's wish is lost without a word.
//
// A slash at the end stays, because routes tell "/inbox/" from "/inbox"; routes
// that must never redirect are registered in both forms.
func straighten(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := path.Clean("/" + r.URL.Path)
		if strings.HasSuffix(r.URL.Path, "/") && clean != "/" {
			clean += "/"
		}
		if clean != r.URL.Path || r.URL.RawPath != "" {
			u := new(url.URL)
			*u = *r.URL
			u.Path, u.RawPath = clean, ""
			r2 := new(http.Request)
			*r2 = *r
			r2.URL = u
			r = r2
		}
		next.ServeHTTP(w, r)
	})
}
