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
	for _, c := range []struct{ leave, browser string }{
		{"https://news.example.org/u/abc?x=1&y=2", "https://news.example.org/v/abc"},
		{"http://localhost:8080/u/abc", ""},
		{"mailto:leave@example.org?subject=unsubscribe", "https://news.example.org/v/abc?a=1&b=2"},
	} {
		wantHTML, wantText := b.For(Personal{UnsubscribeURL: c.leave, BrowserURL: c.browser})
		html, text := b.Pieces(c.browser)
		leaveHTML, leaveText, ok := Leave(c.leave)
		if !ok {
			t.Fatalf("%s counts as no link", c.leave)
		}
		if got := filled(html, leaveHTML); got != wantHTML {
			t.Errorf("HTML in pieces differs from For with %v", c)
		}
		if got := filled(text, leaveText); got != wantText {
			t.Errorf("text in pieces differs from For with %v", c)
		}
	}
	if _, _, ok := Leave("javascript:alert(1)"); ok {
		t.Error("a script counts as a link")
	}
}

func filled(list []message.Piece, value string) string {
	var b strings.Builder
	for _, p := range list {
		if p.Gap == 1 {
			b.WriteString(value)
		}
		b.WriteString(p.Text)
	}
	return b.String()
}
