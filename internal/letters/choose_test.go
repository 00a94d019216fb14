package letters

import (
	"reflect"
	"strings"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/render"
)

var lantern = &newsletter.Newsletter{
	Slug: "weekly", Name: "The Weekly Lantern", Language: "de", From: newsletter.Address{Email: "lantern@example.org"}, ListID: "weekly.example.org",
}

// choiceLetters are all letters that a reader's page has sent.
func choiceLetters(reader string) map[string]*newsletter.Letter {
	c, link := NewChoices(), "https://news.example.org/x/TOKEN"
	return map[string]*newsletter.Letter{
		"address": c.Address(lantern, reader, link), "taken": c.Taken(lantern, reader), "changed": c.Changed(lantern, reader, "a…@h….example", link),
		"back": c.Back(lantern, reader), "download": c.Download(lantern, reader, link), "erase": c.Erase(lantern, reader, link),
	}
}

func TestChoiceLettersAreWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	for reader, want := range map[string]string{"": "de", "en": "en", "en-GB": "en-GB", "de-AT": "de-AT", "pt": "de", "nonsense!": "de"} {
		for name, letter := range choiceLetters(reader) {
			html, text, err := render.Letter(lantern.Identity(), letter)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{html, text, letter.Subject} {
				if strings.Contains(s, "%s") || strings.Contains(s, "%a") || strings.TrimSpace(s) == "" {
					t.Errorf("%s for %q: %s", name, reader, s)
				}
			}
			if letter.Language != want || !strings.Contains(letter.Subject, lantern.Name) || len(letter.Paragraphs) == 0 || len(letter.Closing) == 0 {
				t.Errorf("%s for %q: %+v", name, reader, letter)
			}
			linked := name != "taken" && name != "back"
			if linked != strings.Contains(text, "https://news.example.org/x/TOKEN") || linked && letter.Links[0].Label == "" {
				t.Errorf("%s for %q: the link is there: %v", name, reader, !linked)
			}
		}
	}
}

func TestChoiceWordsHaveNoGap(t *testing.T) {
	t.Parallel()
	for _, tr := range newChooseCatalogue().All() {
		v := reflect.ValueOf(tr.Words)
		for i := range v.NumField() {
			w := v.Field(i).Interface().(choiceLetter)
			if w.Subject == "" || w.Heading == "" || len(w.Paragraphs) == 0 || len(w.Closing) == 0 {
				t.Errorf("%s: %s has a gap: %+v", tr.Tag, v.Type().Field(i).Name, w)
			}
		}
	}
}
