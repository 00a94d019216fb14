package render

import (
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

func TestAProofHasItsLetterAboveTheSameBulletin(t *testing.T) {
	t.Parallel()
	doc := &newsletter.Document{
		Format: newsletter.DocumentFormat, Number: 214, Subject: "Lit",
		Identity: newsletter.Identity{Slug: "weekly", Name: "Lantern", Language: "de", From: newsletter.Address{Email: "lantern@example.org"}},
		Content:  newsletter.Content{Title: "Lantern", Sections: []newsletter.ContentSection{{Key: "lead", Items: []newsletter.ContentItem{{Text: "The lamp is lit."}}}}},
	}
	plain, err := Render(doc)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := Proof(doc, &newsletter.Letter{
		Language: "en", Heading: "Proof of <214>", Paragraphs: []string{"Preflight: *no* errors."},
		Links: []newsletter.LetterLink{{Label: "Approve", URL: "https://lantern.example.org/staff/approve/abc"}}, Closing: []string{"Yours alone."},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := Personal{BrowserURL: "https://lantern.example.org/v/1"}
	html, text := proof.For(p)
	wholeHTML, wholeText := plain.For(p)
	before, after, ok := strings.Cut(text, strings.Repeat("-", columns)+"\n\n")
	if !ok || after != wholeText {
		t.Errorf("the text is not the bulletin's below a rule:\n%s", text)
	}
	for _, want := range []string{"Proof of <214>", "Preflight: *no* errors.", "Approve\nhttps://lantern.example.org/staff/approve/abc", "Yours alone."} {
		if !strings.Contains(before, want) {
			t.Errorf("the letter's text lacks %q:\n%s", want, before)
		}
	}
	masthead := func(page string) string { return page[strings.Index(page, "<h1"):] }
	if masthead(html) != masthead(wholeHTML) {
		t.Error("below the letter the page is not the bulletin's")
	}
	if head := html[:strings.Index(html, "<h1")]; !strings.Contains(head, "Proof of &lt;214&gt;") || !strings.Contains(head, `lang="en"`) {
		t.Errorf("the letter is not above:\n%s", head)
	}
	_, err = Proof(doc, &newsletter.Letter{Links: []newsletter.LetterLink{{Label: "Run", URL: "javascript:alert(1)"}}})
	if err == nil {
		t.Error("a link that runs a program is taken")
	}
}
