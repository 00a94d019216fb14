package public

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/token"
	"epistle/internal/web"
)

// choosePage is the data of templates/public/choose.html.
type choosePage struct {
	web.Frame
	Masthead web.Masthead
	NameLang string // of the sections' names, where it differs from the page's
	Heading  web.Sentence
	Action   string
	Done     string // what was just done
	Standing string // why nothing comes at all
	Choose   *sectionsForm
	Pause    *pauseForm
	Language languageForm
	More     string
	Others   []otherLink
	Join     []joinForm
	You      web.Link
	Leave    *web.Link
}

type sectionsForm struct {
	Heading, Text, Button       string
	Sections                    []sectionBox
	TextOnly                    bool
	TextOnlyLabel, TextOnlyHint string
}

type sectionBox struct {
	Key, Name string
	Wanted    bool
}

type pauseForm struct {
	Heading, Text, Resume          string
	For                            []pauseButton
	Label, Value, Min, Max, Button string
	Fault                          string
}

type pauseButton struct {
	Days  int
	Label string
}

type languageForm struct {
	Heading, Label, Button string
	Options                []languageOption
}

type languageOption struct {
	Tag, Name, Lang string
	Chosen          bool
}

type otherLink struct {
	Label web.Sentence
	Href  string
}

// joinForm asks for a further newsletter.
type joinForm struct {
	Slug            string
	Consent, Button web.Sentence
}

// The lengths of the pauses that are offered, in days.
const (
	twoWeeks = 14
	month    = 30
)

// showChoose answers GET and HEAD.
func (s *site) showChoose(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Choose)
	if err != nil {
		return err
	}
	wanted, err := s.Preferences.Wanted(r.Context(), claims)
	if err != nil {
		return s.gone(r, err)
	}
	return s.choose.Write(w, http.StatusOK, s.choosePage(r, claims, wanted))
}

// doChoose answers POST with the page as it is afterwards, and what was done. Every
// form on it may be sent twice.
func (s *site) doChoose(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Choose)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return newsletter.Errorf(newsletter.Invalid, "read the form of choices: %w", err)
	}
	change := s.makeChoice(r, claims)
	if newsletter.KindOf(change) == newsletter.NotFound {
		return s.gone(r, change)
	}
	wanted, err := s.Preferences.Wanted(r.Context(), claims)
	if err != nil {
		return s.gone(r, err)
	}
	page, words := s.choosePage(r, claims, wanted), s.wordsOf(wanted.Newsletter, wanted.Language)
	if fault := dateFault(words, change); fault != "" && page.Pause != nil {
		page.Pause.Fault, page.Pause.Value = fault, r.PostForm.Get("until")
		return s.choose.Write(w, http.StatusUnprocessableEntity, page)
	}
	if change != nil {
		return change
	}
	page.Done = s.done(words, r.PostForm.Get("do"), wanted)
	return s.choose.Write(w, http.StatusOK, page)
}

// makeChoice does what the button says that was pressed.
func (s *site) makeChoice(r *http.Request, c token.Claims) error {
	p, form := s.Preferences, r.PostForm
	switch do := form.Get("do"); do {
	case "choose":
		return p.Choose(r.Context(), c, audience.Choosing{Shown: form["shown"], Wanted: form["section"], TextOnly: form.Get("text_only") != ""})
	case "pause":
		days, err := strconv.Atoi(form.Get("days"))
		if form.Get("days") == "" {
			return p.Pause(r.Context(), c, form.Get("until"))
		}
		if err != nil {
			return audience.ErrNoDate
		}
		return p.PauseFor(r.Context(), c, days)
	case "resume":
		return p.Resume(r.Context(), c)
	case "language":
		return p.Speak(r.Context(), c, form.Get("language"))
	case "join":
		return s.join(r, c, form.Get("newsletter"))
	default:
		return newsletter.Errorf(newsletter.Invalid, "the form of choices has no button %q", do)
	}
}

// join keeps as the consent the very sentence that the page shows.
func (s *site) join(r *http.Request, c token.Claims, slug string) error {
	wanted, err := s.Preferences.Wanted(r.Context(), c)
	if err != nil {
		return err
	}
	for _, f := range s.joinForms(wanted) {
		if f.Slug == slug {
			return s.Preferences.Join(r.Context(), c, slug, f.Consent.String())
		}
	}
	return newsletter.Errorf(newsletter.Conflict, "the newsletter %q is not open to this reader", slug)
}

// joinForms are the newsletters that a reader could get too.
func (s *site) joinForms(w *audience.Wanted) (list []joinForm) {
	words, lang := s.speak(w.Newsletter, w.Language)
	for _, n := range w.Open {
		nameLang := foreign(n.Language, lang)
		list = append(list, joinForm{Slug: n.Slug, Consent: web.Fill(words.Consent, n.Name, nameLang), Button: web.Fill(words.JoinButton, n.Name, nameLang)})
	}
	return list
}

func dateFault(words *words, err error) string {
	switch {
	case errors.Is(err, audience.ErrNoDate):
		return words.DateFault
	case errors.Is(err, audience.ErrPast):
		return words.PastFault
	case errors.Is(err, audience.ErrFar):
		return words.FarFault
	}
	return ""
}

func (s *site) done(words *words, do string, w *audience.Wanted) string {
	switch do {
	case "choose":
		return words.SectionsDone
	case "pause":
		return fmt.Sprintf(words.PauseDone, s.spoken(w, w.Back))
	case "resume":
		return words.ResumeDone
	case "join":
		return words.JoinDone
	}
	return words.LanguageDone
}

// gone has its own words for a genuine link to somebody who was erased.
func (s *site) gone(r *http.Request, err error) error {
	err = fmt.Errorf("find whom a link is about: %w", err)
	if newsletter.KindOf(err) != newsletter.NotFound {
		return err
	}
	words, lang := s.words.ForRequest(r)
	return &web.Problem{Status: http.StatusGone, Err: err, Heading: words.WishOverHeading, Text: words.ExpiredText, Lang: lang}
}

func (s *site) choosePage(r *http.Request, c token.Claims, w *audience.Wanted) choosePage {
	words, lang := s.speak(w.Newsletter, w.Language)
	nameLang := foreign(w.Newsletter.Language, lang)
	heading := web.Fill(words.ChooseHeading, w.Newsletter.Name, nameLang)
	action := token.Choose.Path() + r.PathValue("token")
	page := choosePage{
		Frame: s.kit.Frame(lang, heading.String()), Masthead: web.Masthead{Name: w.Newsletter.Name, NameLang: nameLang},
		NameLang: nameLang, Heading: heading, Action: action,
		Standing: standing(words, w), Language: s.languageForm(words, w.Language),
		More: words.WaysHeading, Join: s.joinForms(w), You: web.Link{Label: words.YouLabel, Href: action + "/you"},
	}
	if w.Gets() {
		page.Choose, page.Pause = sections(words, w), s.pauseForm(words, w)
		page.Leave = &web.Link{Label: words.LeaveLabel, Href: s.Preferences.LeaveLink(c)}
	}
	for _, other := range w.Others {
		page.Others = append(page.Others, otherLink{
			Label: web.Fill(words.OtherLabel, other.Name, foreign(other.Language, lang)), Href: s.Preferences.Link(other.ID, c.Subscriber),
		})
	}
	return page
}

// standing says why nothing comes and nothing can be chosen.
func standing(words *words, w *audience.Wanted) string {
	switch w.State {
	case newsletter.SubscriptionActive, newsletter.SubscriptionPaused:
		return ""
	case newsletter.SubscriptionPending:
		return words.StandingPending
	case newsletter.SubscriptionSuspended:
		return words.StandingSuspended
	case newsletter.SubscriptionUnsubscribed:
		return words.StandingLeft
	}
	return words.StandingNone
}

func sections(words *words, w *audience.Wanted) *sectionsForm {
	f := &sectionsForm{
		Heading: words.SectionsHeading, Text: words.SectionsText, Button: words.SectionsButton,
		TextOnly: w.Choice.TextOnly, TextOnlyLabel: words.TextOnlyLabel, TextOnlyHint: words.TextOnlyHint,
	}
	for _, section := range w.Newsletter.Sections {
		f.Sections = append(f.Sections, sectionBox{Key: section.Key(), Name: section.Name, Wanted: !w.Choice.Declines(section.Key())})
	}
	return f
}

func (s *site) pauseForm(words *words, w *audience.Wanted) *pauseForm {
	f := &pauseForm{
		Heading: words.PauseHeading, Text: words.PauseText, Label: words.PauseLabel, Button: words.PauseButton,
		Min: w.Today.AddDays(1).String(), Max: w.Today.AddDays(365).String(),
	}
	switch {
	case w.Paused() && w.Back.IsZero():
		f.Text, f.Resume, f.Label = words.PausedOpenText, words.ResumeButton, words.PauseLonger
	case w.Paused():
		f.Text, f.Resume, f.Label = fmt.Sprintf(words.PausedText, s.spoken(w, w.Back)), words.ResumeButton, words.PauseLonger
	default:
		for _, offer := range []pauseButton{{twoWeeks, words.PauseTwoWeeks}, {month, words.PauseMonth}} {
			offer.Label = fmt.Sprintf(offer.Label, s.spoken(w, w.Today.AddDays(offer.Days)))
			f.For = append(f.For, offer)
		}
	}
	return f
}

// languageForm offers the languages of the pages by their own names, and keeps one
// that staff or a list brought.
func (s *site) languageForm(words *words, chosen string) languageForm {
	f := languageForm{Heading: words.LanguageHeading, Label: words.LanguageLabel, Button: words.LanguageButton}
	f.Options = []languageOption{
		{Name: words.LanguageOwn, Chosen: chosen == ""},
		{Tag: "en", Name: "English", Lang: "en"},
		{Tag: "de", Name: "Deutsch", Lang: "de"},
	}
	known := chosen == ""
	for i := range f.Options[1:] {
		if o := &f.Options[i+1]; o.Tag == chosen {
			o.Chosen, known = true, true
		}
	}
	if !known {
		f.Options = append(f.Options, languageOption{Tag: chosen, Name: chosen, Chosen: true})
	}
	return f
}
