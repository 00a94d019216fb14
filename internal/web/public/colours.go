package public

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/render"
	"epistle/internal/web"
)

// colourSheet is a style sheet with a newsletter's own colours. The policy of the
// pages allows no style inside them.
func colourSheet(accent string) (string, error) {
	light, dark, err := render.Schemes(accent)
	if err != nil {
		return "", err
	}
	set := func(s render.Scheme) string {
		return fmt.Sprintf(":root { --accent: %s; --accent-strong: %s; --on-accent: %s }", s.Accent, s.Strong, s.On)
	}
	// On paper the pages' own style sheet has its black.
	return "@media screen { " + set(light) + " }\n@media screen and (prefers-color-scheme: dark) { " + set(dark) + " }\n", nil
}

// coloursPath is the path of a newsletter's colours; empty for one that states
// none, which has those of the pages. As the path has the accent and a part of the
// sheet's hash, the answer never changes.
func coloursPath(accent string) (string, error) {
	if accent == "" {
		return "", nil
	}
	sheet, err := colourSheet(accent)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(sheet))
	return "/colours/" + strings.ToLower(strings.TrimPrefix(accent, "#")) + "-" + hex.EncodeToString(sum[:4]) + ".css", nil
}

// showColours answers GET with the sheet that a path names.
func (s *site) showColours(w http.ResponseWriter, r *http.Request) error {
	accent, _, _ := strings.Cut(r.PathValue("sheet"), "-")
	path, err := coloursPath("#" + accent)
	if err != nil || path != "/colours/"+r.PathValue("sheet") {
		return newsletter.Errorf(newsletter.NotFound, "the path names no colours")
	}
	sheet, err := colourSheet("#" + accent)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return web.Write(w, "text/css; charset=utf-8", sheet)
}
