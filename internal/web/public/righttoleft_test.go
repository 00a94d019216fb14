package public

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"epistle/internal/judge"
	"epistle/internal/web"
	"epistle/internal/web/webtest"
)

// TestEveryTemplateFitsEveryScreenFromRightToLeft shows every template's story as a
// page in Arabic would be set; the words themselves are English there.
func TestEveryTemplateFitsEveryScreenFromRightToLeft(t *testing.T) {
	kit := web.New(web.Options{})
	lang := web.Language{Tag: "ar", Dir: "rtl"}
	words, _ := newCatalogue().For(lang.Tag)
	mux := http.NewServeMux()
	mux.Handle("GET "+kit.StylePath(), kit.Handle(kit.Style))
	mux.Handle("GET /favicon.ico", kit.Handle(web.NoIcon))
	names := map[string]string{}
	for file, write := range stories(kit, lang, words) {
		if write == nil {
			continue
		}
		name := strings.TrimSuffix(file, ".html")
		names[name] = "/" + file
		mux.Handle("GET /"+file, kit.Handle(func(w http.ResponseWriter, _ *http.Request) error {
			rec := httptest.NewRecorder()
			if err := write(rec); err != nil {
				return err
			}
			return web.Write(w, web.HTML, rec.Body.String())
		}))
	}
	server := httptest.NewServer(kit.Protect(mux))
	t.Cleanup(server.Close)
	browser, judges := webtest.Chromium(t), judge.Chromium(t)
	for name, path := range names {
		fits(t, browser, server.URL, path, "right-to-left-"+name)
	}
	for name, path := range names {
		page := webtest.Standalone(t, server.URL, path)
		if n := strings.Count(page, `type="email"`); n != strings.Count(page, `type="email" dir="ltr"`) {
			t.Errorf("%s: an address is written from left to right everywhere", name)
		}
		if found := judges.Axe(t, page, judge.View{Width: 320}); len(found) > 0 {
			t.Errorf("%s: axe-core finds %s", name, strings.Join(found, "\n"))
		}
	}
}
