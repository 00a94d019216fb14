package public

import (
	"fmt"
	"net/http"

	"epistle/internal/token"
	"epistle/internal/web"
)

// bulletinCSP is the policy of a bulletin shown in the browser. A bulletin is
// an e-mail: its style stands in style attributes, thousands of them, because
// mail programs drop style sheets. Attributes can only be allowed one by one by
// their hashes ('unsafe-hashes') or all together ('unsafe-inline'); the header
// with all hashes would be longer than the bulletin. So this document, and no
// other, may be styled inline. It still runs no script, submits no form and
// cannot be framed. Its images are those that the bulletin names over https.
const bulletinCSP = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// showBulletin answers GET and HEAD with the bulletin that a token names.
func (s *site) showBulletin(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.View)
	if err != nil {
		return err
	}
	html, lang, err := s.Page(r.Context(), claims)
	if err != nil {
		return fmt.Errorf("show a bulletin in the browser: %w", err)
	}
	w.Header().Set("Content-Security-Policy", bulletinCSP)
	if lang != "" {
		w.Header().Set("Content-Language", lang)
	}
	return web.Write(w, web.HTML, html)
}
