package preflight

import (
	"fmt"

	"epistle/internal/render"
)

// colourContrast tells when the newsletter's accent could not be read and so is
// shown in another shade. The other colours are the template's, which guarantees
// theirs.
func colourContrast(b *bulletin) []finding {
	accent := b.id().Design.Accent
	if accent == "" {
		return nil
	}
	shown, ratio, err := render.Accent(accent)
	switch {
	case err != nil:
		return []finding{{place: "design.accent", message: err.Error(), remedy: "Write six hexadecimal digits after a #."}}
	case ratio >= render.MinContrast:
		return nil
	}
	return []finding{{
		place: "design.accent", message: fmt.Sprintf("the accent %s has a contrast of %.1f on the page, less than %.1f, and is shown as %s", accent, ratio, render.MinContrast, shown),
		remedy: "Choose a darker accent, or keep what is shown.",
	}}
}
