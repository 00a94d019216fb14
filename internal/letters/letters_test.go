package letters

import (
	"reflect"
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

// all gives every letter to the readers of a newsletter.
func all(n *newsletter.Newsletter) map[string]*newsletter.Letter {
	l := New()
	return map[string]*newsletter.Letter{
		"confirm": l.Confirm(n, "https://lantern.example.org/confirm/a"),
		"known":   l.Known(n, "https://lantern.example.org/choose/d", "https://lantern.example.org/u/b"),
		"undo":    l.Undo(n, "https://lantern.example.org/undo/c"),
	}
}

func TestLettersAreWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"en": "en", "en-GB": "en-GB", "de": "de", "de-AT": "de-AT", "ar": "en", "": "en"} {
		n := &newsletter.Newsletter{Name: "100 % Lantern %d", Language: tag}
		for kind, letter := range all(n) {
			if letter.Language != want {
				t.Errorf("%s for %q is in %q, want %q", kind, tag, letter.Language, want)
			}
			links := 1
			if kind == "known" {
				links = 2 // first, as a button, to the page of choices
			}
			if len(letter.Paragraphs) < 2 || len(letter.Links) != links || letter.Links[0].Label == "" || letter.Links[links-1].Label == "" || len(letter.Closing) != 1 {
				t.Errorf("%s for %q is not whole: %+v", kind, tag, letter)
			}
			for _, text := range []string{letter.Subject, letter.Heading} {
				if !strings.Contains(text, n.Name) || strings.ContainsAny(text, "\r\n") {
					t.Errorf("%s for %q: %q", kind, tag, text)
				}
			}
		}
	}
}

func TestTranslationsSayAsMuch(t *testing.T) {
	t.Parallel()
	var shapes []string
	for _, tr := range newSignupCatalogue().All() {
		var shape strings.Builder
		measure(&shape, reflect.ValueOf(tr.Words))
		shapes = append(shapes, shape.String())
	}
	for _, shape := range shapes[1:] {
		if shape != shapes[0] {
			t.Errorf("one translation has %s, another %s", shapes[0], shape)
		}
	}
}

// measure writes how many names each sentence takes.
func measure(out *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			measure(out, v.Field(i))
		}
	case reflect.Slice:
		out.WriteString("[")
		for i := range v.Len() {
			measure(out, v.Index(i))
		}
		out.WriteString("]")
	default:
		if v.String() == "" {
			out.WriteString("empty ")
		}
		out.WriteString(strings.Repeat("%", strings.Count(v.String(), "%s")) + " ")
	}
}
