package public

import (
	"fmt"
	"time"

	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/web"
)

// speak gives the words in the language that a reader chose for their pages, where
// there are words in it, and otherwise in the newsletter's.
func (s *site) speak(n *newsletter.Newsletter, reader string) (*words, web.Language) {
	if words, lang := s.words.For(reader); reader != "" && newsletter.PrimaryLanguage(lang.Tag) == newsletter.PrimaryLanguage(reader) {
		return words, lang
	}
	return s.words.For(n.Language)
}

func (s *site) wordsOf(n *newsletter.Newsletter, reader string) *words {
	words, _ := s.speak(n, reader)
	return words
}

var germanMonths = [...]string{
	"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
}

// spoken writes a day as the page's language does.
func (s *site) spoken(w *audience.Wanted, d newsletter.Date) string {
	if _, lang := s.speak(w.Newsletter, w.Language); newsletter.PrimaryLanguage(lang.Tag) == "de" {
		return fmt.Sprintf("%d. %s %d", d.Day, germanMonths[d.Month-1], d.Year)
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format("2 January 2006")
}
