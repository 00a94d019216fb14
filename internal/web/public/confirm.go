package public

import (
	"fmt"
	"net/http"

	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/token"
	"epistle/internal/web"
)

// showConfirm answers GET and HEAD with the question. It changes nothing, because
// programs that look for harmful links open those in mails: what they open confirms
// nobody.
func (s *site) showConfirm(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Confirm)
	if err != nil {
		return err
	}
	a, err := s.Door.Arrival(r.Context(), claims)
	if err != nil {
		return s.forgotten(r, err)
	}
	if !a.Open {
		return s.tellArrival(w, a)
	}
	words, _ := s.words.For(a.Newsletter.Language)
	return s.ask(w, a.Newsletter, words.ConfirmHeading, words.ConfirmText, words.ConfirmButton, token.Confirm.Path()+r.PathValue("token"))
}

// doConfirm answers POST, also when it comes again.
func (s *site) doConfirm(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Confirm)
	if err != nil {
		return err
	}
	a, err := s.Door.Confirm(r.Context(), claims)
	switch {
	case newsletter.KindOf(err) == newsletter.Refused:
		words, lang := s.words.ForRequest(r)
		return &web.Problem{Err: err, Heading: words.BarredHeading, Text: words.BarredText, Lang: lang}
	case err != nil:
		return s.forgotten(r, err)
	case !a.Open:
		return s.tellArrival(w, a)
	}
	words, _ := s.words.For(a.Newsletter.Language)
	return s.tell(w, a.Newsletter, words.ConfirmedHeading, words.ConfirmedText, nil)
}

// tellArrival says how things stand with a link that was used.
func (s *site) tellArrival(w http.ResponseWriter, a *audience.Arrival) error {
	words, _ := s.words.For(a.Newsletter.Language)
	if a.Active {
		return s.tell(w, a.Newsletter, words.KnownHeading, words.KnownText, nil)
	}
	return s.tell(w, a.Newsletter, words.UsedHeading, words.UsedText, s.anew(a.Newsletter))
}

// forgotten has its own words for a genuine link to something that is gone.
func (s *site) forgotten(r *http.Request, err error) error {
	err = fmt.Errorf("find what a link is about: %w", err)
	if newsletter.KindOf(err) != newsletter.NotFound {
		return err
	}
	words, lang := s.words.ForRequest(r)
	return &web.Problem{Status: http.StatusGone, Err: err, Heading: words.ForgottenHeading, Text: words.ForgottenText, Lang: lang}
}
