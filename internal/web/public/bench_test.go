package public

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func BenchmarkPages(b *testing.B) {
	l, pages := stocked(b)
	handler := l.server.Config.Handler
	for _, name := range []string{"bulletin", "archive", "bulletin-mailed"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rec := httptest.NewRecorder()
				handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, pages[name], nil))
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
			}
		})
	}
}
