package render_test

import (
	"strings"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/render"
)

func TestLetterSaysItsWordsOnceInBothForms(t *testing.T) {
	t.Parallel()
	id := newsletter.Identity{
		Slug: "weekly", Name: "The Weekly Lantern", From: newsletter.Address{Email: "bulletin@lantern.example.org"},
		ListID: "weekly.lantern.example.org", Language: "en", PostalAddress: "1 Harbour Street",
	}
	w := &newsletter.Letter{
		Subject: "Please confirm", Heading: "Confirm your subscription",
		Paragraphs: []string{"Somebody asked for *this* <letter>.", "Press once."},
		Links:      []newsletter.LetterLink{{Label: "Confirm the subscription", URL: "https://lantern.example.org/c/abc"}},
		Closing:    []string{"If it was not you, do nothing."},
	}
	html, text, err := render.Letter(id, w)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Confirm your subscription", "The Weekly Lantern", "Press once.", "Confirm the subscription",
		"https://lantern.example.org/c/abc", "If it was not you, do nothing.", "1 Harbour Street",
	} {
		if !strings.Contains(html, want) || strings.Count(text, want) < 1 {
			t.Errorf("%q is missing from the HTML or the text", want)
		}
	}
	if !strings.Contains(text, "*this* <letter>") || !strings.Contains(html, "*this* &lt;letter&gt;") {
		t.Error("the words are not taken as plain text")
	}
	for _, never := range []string{"Leave this newsletter", "Read it in the browser", "because you asked", "slot.invalid"} {
		if strings.Contains(html, never) || strings.Contains(text, never) {
			t.Errorf("%q stands in a letter to one person", never)
		}
	}
	w.Links[0].URL = "javascript:alert(1)"
	if _, _, err := render.Letter(id, w); err == nil {
		t.Error("a link that runs code is rendered")
	}
	if _, _, err := render.Letter(id, nil); err == nil {
		t.Error("a notice without words is rendered")
	}
}
