package public

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/token"
	"epistle/internal/web"
)

// youPage is the data of templates/public/you.html.
type youPage struct {
	web.Frame
	Masthead web.Masthead
	Heading  string
	Text     web.Sentence
	Action   string
	Done     *web.Sentence
	Address  addressForm
	Asks     []askForm
	Back     web.Link
}

type addressForm struct{ Heading, Text, Label, Value, Fault, Button string }

// askForm has a link mailed; Do is the button's value.
type askForm struct{ Do, Heading, Text, Fault, Button string }

// showYou answers GET and HEAD.
func (s *site) showYou(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Choose)
	if err != nil {
		return err
	}
	wanted, err := s.Preferences.Wanted(r.Context(), claims)
	if err != nil {
		return s.gone(r, err)
	}
	return s.you.Write(w, http.StatusOK, s.youPage(r, wanted))
}

// doYou answers POST. Nothing is changed here: a letter goes out with a link.
func (s *site) doYou(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Choose)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return newsletter.Errorf(newsletter.Invalid, "read the form about the reader: %w", err)
	}
	wanted, err := s.Preferences.Wanted(r.Context(), claims)
	if err != nil {
		return s.gone(r, err)
	}
	page, words := s.youPage(r, wanted), s.wordsOf(wanted.Newsletter, wanted.Language)
	do := r.PostForm.Get("do")
	err = s.makeWish(r.Context(), claims, do, r.PostForm.Get("address"))
	if fault := wishFault(words, err); fault != "" {
		page.refuse(do, r.PostForm.Get("address"), fault)
		return s.you.Write(w, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	done := web.Sentence{Before: words.EraseDone}
	switch do {
	case "address":
		done = web.Fill(words.NewAddressDone, strings.TrimSpace(r.PostForm.Get("address")), "")
	case "download":
		done = web.Sentence{Before: words.DownloadDone}
	}
	page.Done = &done
	return s.you.Write(w, http.StatusOK, page)
}

func (s *site) makeWish(ctx context.Context, c token.Claims, do, address string) error {
	switch do {
	case "address":
		return s.Preferences.AskAddress(ctx, c, address)
	case "download":
		return s.Preferences.AskDownload(ctx, c)
	case "erase":
		return s.Preferences.AskErase(ctx, c)
	}
	return newsletter.Errorf(newsletter.Invalid, "the form about the reader has no button %q", do)
}

func wishFault(words *words, err error) string {
	switch {
	case errors.Is(err, audience.ErrAddress):
		return words.NewAddressFault
	case errors.Is(err, audience.ErrOften):
		return words.OftenFault
	case errors.Is(err, audience.ErrLately):
		return words.LatelyFault
	}
	return ""
}

// refuse puts a fault beside the form it is about.
func (p *youPage) refuse(do, address, fault string) {
	if do == "address" {
		p.Address.Value, p.Address.Fault = address, fault
		return
	}
	for i := range p.Asks {
		if p.Asks[i].Do == do {
			p.Asks[i].Fault = fault
		}
	}
}

func (s *site) youPage(r *http.Request, w *audience.Wanted) youPage {
	words, lang := s.speak(w.Newsletter, w.Language)
	page := token.Choose.Path() + r.PathValue("token")
	return youPage{
		Frame: s.kit.Frame(lang, words.YouHeading), Masthead: web.Masthead{Name: w.Newsletter.Name, NameLang: foreign(w.Newsletter.Language, lang)},
		Heading: words.YouHeading, Text: web.Fill(words.YouText, w.Address, ""), Action: page + "/you",
		Address: addressForm{Heading: words.NewAddressHeading, Text: words.NewAddressText, Label: words.NewAddressLabel, Button: words.NewAddressButton},
		Asks: []askForm{
			{Do: "download", Heading: words.DownloadHeading, Text: words.DownloadText, Button: words.DownloadButton},
			{Do: "erase", Heading: words.EraseHeading, Text: words.EraseText, Button: words.EraseButton},
		},
		Back: web.Link{Label: words.YouBack, Href: page},
	}
}

// wishPage is the data of templates/public/wish.html: what a link from a letter
// does, with its button, or what it did.
type wishPage struct {
	web.Frame
	Masthead       web.Masthead
	Heading        string
	Texts          []string
	Button, Action string
}

// showWish answers GET and HEAD of the links in letters. It changes nothing: what a
// scanner of mails opens does nothing.
func (s *site) showWish(purpose token.Purpose) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		claims, err := s.verify(r, purpose)
		if err != nil {
			return err
		}
		x, err := s.Preferences.Waiting(r.Context(), claims, purpose)
		if err != nil {
			return s.gone(r, err)
		}
		words := s.wordsOf(x.Newsletter, x.Language)
		if !x.Open {
			return s.tellWish(w, x)
		}
		page := wishPage{Action: purpose.Path() + r.PathValue("token")}
		switch {
		case purpose == token.Download:
			page.Heading, page.Texts, page.Button = words.FetchHeading, []string{words.FetchText}, words.FetchButton
		case purpose == token.Erase:
			page.Heading, page.Button = words.ForgetHeading, words.ForgetButton
			page.Texts = []string{words.ForgetErased, words.ForgetKept, words.ForgetNoWay}
		case x.Back:
			page.Heading, page.Texts, page.Button = words.ReturnHeading, []string{words.ReturnText}, words.ReturnButton
		default:
			page.Heading, page.Texts, page.Button = words.MoveHeading, []string{words.MoveText}, words.MoveButton
		}
		return s.writeWish(w, x, page)
	}
}

// tellWish says of a link that it has been used, or cannot be any more.
func (s *site) tellWish(w http.ResponseWriter, x *audience.Waiting) error {
	words := s.wordsOf(x.Newsletter, x.Language)
	if x.Done {
		return s.writeWish(w, x, wishPage{Heading: words.WishUsedHeading, Texts: []string{words.WishUsedText}})
	}
	return s.writeWish(w, x, wishPage{Heading: words.WishOverHeading, Texts: []string{words.WishOverText}})
}

func (s *site) writeWish(w http.ResponseWriter, x *audience.Waiting, page wishPage) error {
	_, lang := s.speak(x.Newsletter, x.Language)
	page.Frame = s.kit.Frame(lang, page.Heading)
	page.Masthead = web.Masthead{Name: x.Newsletter.Name, NameLang: foreign(x.Newsletter.Language, lang)}
	return s.wish.Write(w, http.StatusOK, page)
}

// doMove answers POST of a link that confirms a new address or takes one back.
func (s *site) doMove(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Address)
	if err != nil {
		return err
	}
	before, err := s.Preferences.Waiting(r.Context(), claims, token.Address)
	if err != nil {
		return s.gone(r, err)
	}
	if !before.Open {
		return s.tellWish(w, before)
	}
	x, err := s.Preferences.Move(r.Context(), claims)
	if err != nil {
		return s.gone(r, err)
	}
	words := s.wordsOf(x.Newsletter, x.Language)
	switch {
	case !x.Done:
		return s.tellWish(w, x)
	case x.Back:
		return s.writeWish(w, x, wishPage{Heading: words.ReturnedHeading, Texts: []string{words.ReturnedText}})
	}
	return s.writeWish(w, x, wishPage{Heading: words.MovedHeading, Texts: []string{words.MovedText}})
}

// doDownload answers POST with all that is kept about the reader, as a file.
func (s *site) doDownload(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Download)
	if err != nil {
		return err
	}
	x, err := s.Preferences.Waiting(r.Context(), claims, token.Download)
	if err != nil {
		return s.gone(r, err)
	}
	if !x.Open {
		return s.tellWish(w, x)
	}
	story, err := s.Preferences.Download(r.Context(), claims)
	if err != nil {
		return s.gone(r, err)
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(story); err != nil {
		return fmt.Errorf("write what is kept about a reader: %w", err)
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+x.Newsletter.Slug+`-about-me.json"`)
	return web.Write(w, "application/json; charset=utf-8", b.String())
}

// doErase answers POST of the link with which a reader is forgotten.
func (s *site) doErase(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Erase)
	if err != nil {
		return err
	}
	x, err := s.Preferences.Waiting(r.Context(), claims, token.Erase)
	if err != nil {
		return s.gone(r, err)
	}
	if !x.Open {
		return s.tellWish(w, x)
	}
	// The wish counts from here on, even if the client hangs up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), leaveTimeout)
	defer cancel()
	if err := s.Preferences.Erase(ctx, claims); err != nil {
		return s.gone(r, err)
	}
	words := s.wordsOf(x.Newsletter, x.Language)
	return s.writeWish(w, x, wishPage{Heading: words.ErasedHeading, Texts: []string{words.ErasedText}})
}
