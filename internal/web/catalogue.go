package web

import (
	"net/http"

	"golang.org/x/text/language"
)

// Language is the language of a text: Tag for the lang attribute (BCP 47), Dir
// for the dir attribute, "ltr" or "rtl".
type Language struct{ Tag, Dir string }

// LanguageOf reads a tag; one that cannot be read is written as undetermined.
func LanguageOf(tag string) Language {
	t, err := language.Parse(tag)
	if err != nil {
		return Language{Tag: "und", Dir: "ltr"}
	}
	return Language{Tag: tag, Dir: direction(t)}
}

// direction goes by the script, which x/text derives from the language where
// the tag does not name it: "az" is written from left to right, "az-Arab" from
// right to left.
func direction(t language.Tag) string {
	script, _ := t.Script()
	switch script.String() {
	case "Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi":
		return "rtl"
	default:
		return "ltr"
	}
}

// Translation is the words of one language. W is a struct of sentences, so that
// a missing one is found by a test and a misspelt one by the compiler.
type Translation[W any] struct {
	Tag   string
	Words W
}

// Catalogue holds the same words in several languages.
type Catalogue[W any] struct {
	translations []Translation[W]
	tags         []language.Tag
	matcher      language.Matcher
}

// NewCatalogue makes a catalogue. The first translation stands in for every
// language that has none. It panics on a tag that is no language, which only a
// fault in this program can bring.
func NewCatalogue[W any](translations ...Translation[W]) *Catalogue[W] {
	c := &Catalogue[W]{translations: translations}
	for _, t := range translations {
		c.tags = append(c.tags, language.MustParse(t.Tag))
	}
	c.matcher = language.NewMatcher(c.tags)
	return c
}

// For gives the words for a language, and the language they are really in: a
// page for "de-AT" is German, one for a language without translation is not.
func (c *Catalogue[W]) For(tag string) (*W, Language) {
	wanted, err := language.Parse(tag)
	if err != nil {
		return c.at(0, language.Und)
	}
	_, i, confidence := c.matcher.Match(wanted)
	if confidence == language.No {
		i = 0
	}
	return c.at(i, wanted)
}

// ForRequest gives the words for the languages that the browser prefers
// (RFC 9110 §12.5.4).
func (c *Catalogue[W]) ForRequest(r *http.Request) (*W, Language) {
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(wanted) == 0 {
		return c.at(0, language.Und)
	}
	_, i, confidence := c.matcher.Match(wanted...)
	if confidence == language.No {
		i = 0
	}
	return c.at(i, language.Und)
}

// at keeps a wanted variety ("de-AT") of the translation's own language.
func (c *Catalogue[W]) at(i int, wanted language.Tag) (*W, Language) {
	tag := c.tags[i]
	have, _, _ := tag.Raw()
	if base, _, _ := wanted.Raw(); base == have {
		tag = wanted
	}
	return &c.translations[i].Words, Language{Tag: tag.String(), Dir: direction(tag)}
}

// All gives every translation, for tests that read them all.
func (c *Catalogue[W]) All() []Translation[W] { return c.translations }
