package render

import (
	"strings"
	"testing"

	"epistle/internal/message"
)

func TestPiecesFilledAreWhatForGives(t *testing.T) {
	t.Parallel()
	b, err := Render(lantern())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ leave, choose, browser string }{
		{"https://news.example.org/u/abc?x=1&y=2", "https://news.example.org/p/abc?x=1&y=2", "https://news.example.org/v/abc"},
		{"http://localhost:8080/u/abc", "http://localhost:8080/p/abc", ""},
		{"mailto:leave@example.org?subject=unsubscribe", "https://news.example.org/p/abc", "https://news.example.org/v/abc?a=1&b=2"},
	} {
		wantHTML, wantText := b.For(Personal{UnsubscribeURL: c.leave, ChooseURL: c.choose, BrowserURL: c.browser})
		html, text := b.Pieces(c.browser)
		ownHTML, ownText, ok := Links(c.leave, c.choose)
		if !ok {
			t.Fatalf("%s or %s counts as no link", c.leave, c.choose)
		}
		if got := filled(html, ownHTML); got != wantHTML {
			t.Errorf("HTML in pieces differs from For with %v", c)
		}
		if got := filled(text, ownText); got != wantText {
			t.Errorf("text in pieces differs from For with %v", c)
		}
	}
	for _, wrong := range [][2]string{{"javascript:alert(1)", "https://a.example"}, {"https://a.example", "mailto:a@b.example"}, {"https://a.example", ""}} {
		if _, _, ok := Links(wrong[0], wrong[1]); ok {
			t.Errorf("%q count as links", wrong)
		}
	}
}

func filled(list []message.Piece, values []string) string {
	var b strings.Builder
	for _, p := range list {
		if p.Gap > 0 {
			b.WriteString(values[p.Gap-1])
		}
		b.WriteString(p.Text)
	}
	return b.String()
}
