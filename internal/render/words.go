package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"epistle/internal/newsletter"
)

// words is what the bulletin says beside what offices wrote, in one language.
type words struct {
	Number      string // before the bulletin's number
	Email       string // what a screen reader calls the letter
	Reason      string // why the reader gets it; %s is the newsletter's name
	Leave       string // before the link to leave
	LeaveLink   string
	Choose      string // before the links to the page of choices
	ChooseLink  string
	Or          string // between the two
	PauseLink   string
	Browser     string // before the link to the browser
	BrowserLink string
	Note        string // the footnote of asterisked names, without its asterisk
	Withdrawn   string // in the place of an item that was withdrawn
	Picture     string // before the words of a picture that is only linked to
}

// wordsFor gives the catalogue of a BCP 47 tag's language; English for every
// language that has none.
func wordsFor(tag string) words {
	if newsletter.PrimaryLanguage(tag) == "de" {
		return words{
			Number:      "Nr.",
			Email:       "E-Mail",
			Reason:      "Sie bekommen „%s“, weil Sie darum gebeten haben.",
			Leave:       "Nicht mehr das Richtige für Sie?",
			LeaveLink:   "Diesen Newsletter abbestellen",
			Choose:      "Im Augenblick zu viel?",
			ChooseLink:  "Rubriken auswählen",
			Or:          "oder",
			PauseLink:   "eine Weile aussetzen",
			Browser:     "Wird etwas falsch angezeigt?",
			BrowserLink: "Im Browser lesen",
			Note:        "Name zum Schutz der Person geändert.",
			Withdrawn:   "Dieser Beitrag wurde zurückgezogen.",
			Picture:     "Bild",
		}
	}
	return words{
		Number:      "No.",
		Email:       "e-mail",
		Reason:      "You get %s because you asked for it.",
		Leave:       "No longer what you need?",
		LeaveLink:   "Leave this newsletter",
		Choose:      "Too much at the moment?",
		ChooseLink:  "Choose what you get",
		Or:          "or",
		PauseLink:   "pause for a while",
		Browser:     "Does something look wrong?",
		BrowserLink: "Read it in the browser",
		Note:        "Name changed to protect the person.",
		Withdrawn:   "This item was withdrawn.",
		Picture:     "Picture",
	}
}

// script is how a language is set: its direction, and whether Latin habits
// (italics, spaced letters, capitals) suit it. Spacing tears joined letters
// apart, and these scripts have no slanted forms.
type script struct {
	RTL   bool
	Latin bool
}

func scriptOf(tag string) script {
	lower := strings.ToLower(tag)
	switch newsletter.PrimaryLanguage(tag) {
	case "ar", "he", "iw", "fa", "ur", "ps", "sd", "ug", "yi", "ji", "dv", "ckb", "arc", "syr":
		if strings.Contains(lower, "-latn") {
			return script{Latin: true}
		}
		return script{RTL: true}
	case "zh", "ja", "ko", "th", "km", "lo", "my", "hi", "bn", "ta", "te", "ml", "kn", "gu", "pa", "mr", "ne", "si", "am", "ti":
		return script{}
	}
	if strings.Contains(lower, "-arab") || strings.Contains(lower, "-hebr") {
		return script{RTL: true}
	}
	return script{Latin: true}
}

// quotes gives a language's outer quotation marks, with the spaces that belong
// inside them.
func quotes(tag string) (before, after string) {
	switch newsletter.PrimaryLanguage(tag) {
	case "de", "cs", "sk", "bg", "sl", "is", "lt", "et", "ka":
		return "„", "“"
	case "pl", "hu", "ro", "hr", "sr", "bs":
		return "„", "”"
	case "fr":
		return "«\u00a0", "\u00a0»"
	case "ar", "es", "it", "pt", "ca", "gl", "eu", "no", "nb", "nn", "ru", "uk", "be", "el", "fa", "hy", "az", "sq":
		if strings.EqualFold(tag, "pt-BR") {
			return "“", "”"
		}
		return "«", "»"
	case "sv", "fi":
		return "”", "”"
	case "da":
		return "»", "«"
	case "ja":
		return "「", "」"
	}
	return "“", "”"
}

var (
	germanDays   = [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
	germanMonths = [...]string{
		"Januar", "Februar", "März", "April", "Mai", "Juni",
		"Juli", "August", "September", "Oktober", "November", "Dezember",
	}
)

// longDate writes a day out: "Friday, 12 March 2027", "Freitag, 12. März 2027".
func longDate(d newsletter.Date, tag string) string {
	if newsletter.PrimaryLanguage(tag) == "de" {
		return fmt.Sprintf("%s, %d. %s %d", germanDays[d.Weekday()], d.Day, germanMonths[d.Month-time.January], d.Year)
	}
	return fmt.Sprintf("%s, %d %s %d", d.Weekday(), d.Day, d.Month, d.Year)
}

// Month writes a month out in a language: "March 2027", "März 2027".
func Month(d newsletter.Date, tag string) string {
	if newsletter.PrimaryLanguage(tag) == "de" {
		return fmt.Sprintf("%s %d", germanMonths[d.Month-time.January], d.Year)
	}
	return fmt.Sprintf("%s %d", d.Month, d.Year)
}

// dateline is the line under the title; what is not given is left out.
func dateline(number int, d newsletter.Date, tag string) string {
	var parts []string
	if number > 0 {
		parts = append(parts, wordsFor(tag).Number+"\u00a0"+strconv.Itoa(number))
	}
	if !d.IsZero() {
		parts = append(parts, longDate(d, tag))
	}
	return strings.Join(parts, " · ")
}

// capitals sets a heading of the plain text in capitals. No letter is added or
// lost: ß becomes its own capital, and Turkish keeps its two letters i.
func capitals(s, tag string) string {
	if lang := newsletter.PrimaryLanguage(tag); lang == "tr" || lang == "az" {
		return strings.ToUpperSpecial(unicode.TurkishCase, s)
	}
	return strings.ReplaceAll(strings.ToUpper(s), "ß", "ẞ")
}

// WithdrawnNote is what stands in the place of an item that was withdrawn, in a
// newsletter's language; Markdown.
func WithdrawnNote(language string) string { return wordsFor(language).Withdrawn }
