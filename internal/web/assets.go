package web

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"

	"epistle/templates"
)

// asset is a file whose address holds the hash of its content, so that it may
// be kept for ever and a new version is never mistaken for the old one.
type asset struct{ path, body string }

func loadStyle(prefix string) asset {
	body, err := fs.ReadFile(templates.Public, "public/style.css")
	if err != nil {
		// The file is compiled in; without it nothing can have been tested.
		panic(err)
	}
	sum := sha256.Sum256(body)
	return asset{
		path: prefix + "assets/style-" + hex.EncodeToString(sum[:8]) + ".css",
		body: string(body),
	}
}

// StylePath is the path of the style sheet. Whoever registers routes serves
// Style there.
func (k *Kit) StylePath() string { return k.style.path }

// Style serves the style sheet.
func (k *Kit) Style(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return Write(w, "text/css; charset=utf-8", k.style.body)
}

// NoIcon answers browsers that ask for /favicon.ico unasked: there is none.
func NoIcon(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
