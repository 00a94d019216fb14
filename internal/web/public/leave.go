package public

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"epistle/internal/token"
	"epistle/internal/web"
)

// The hidden field by which a press of the page's button is told from a
// one-click POST, whose only field is List-Unsubscribe (RFC 8058 §3.2).
const (
	pageField = "page"
	pageValue = "1"
	// reasonField is what the reader may write beside it.
	reasonField = "reason"
)

// leaveTimeout is how long leaving may take once the token was found good.
const leaveTimeout = 10 * time.Second

// leavePage is the data of templates/public/leave.html.
type leavePage struct {
	web.Frame
	Masthead             web.Masthead
	Heading              web.Sentence
	Text, Button         string
	Action, Field, Value string
	ReasonLabel          string
}

// leftPage is the data of templates/public/left.html.
type leftPage struct {
	web.Frame
	Masthead     web.Masthead
	Heading      web.Sentence
	Text, Thanks string
	Way          *web.Link // to subscribe anew; nil: there is none
	Undo         *undoForm // nil: nothing can be undone here
}

// undoForm takes back having left, with one press.
type undoForm struct{ Text, Button, Action string }

// showLeave answers GET and HEAD. It changes nothing, because programs that
// look for harmful links open every address in a message's header (RFC 8058 §1).
func (s *site) showLeave(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Unsubscribe)
	if err != nil {
		return err
	}
	d, err := s.Describe(r.Context(), claims)
	if err != nil {
		return fmt.Errorf("describe the subscription to leave: %w", err)
	}
	if d.Left {
		return s.writeLeft(w, LeaveResult{NewsletterName: d.NewsletterName, Language: d.Language, Subscribe: d.Subscribe, Already: true})
	}
	words, lang := s.words.For(d.Language)
	nameLang := foreign(d.Language, lang)
	heading := web.Fill(words.LeaveHeading, d.NewsletterName, nameLang)
	return s.leave.Write(w, http.StatusOK, leavePage{
		Frame:    s.kit.Frame(lang, heading.String()),
		Masthead: web.Masthead{Name: d.NewsletterName, NameLang: nameLang},
		Heading:  heading,
		Text:     words.LeaveText,
		Button:   words.LeaveButton, ReasonLabel: words.LeaveReason,
		Action: token.Unsubscribe.Path() + r.PathValue("token"), Field: pageField, Value: pageValue,
	})
}

// doLeave answers POST. The token alone decides: whatever the body holds, in
// whichever encoding, too long or cut off, and whatever site or program it came
// from, a good token is honoured (RFC 8058 §3.1). The answer is 200 also when
// the reader had left before, because clients repeat a POST whose answer was lost.
func (s *site) doLeave(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Unsubscribe)
	if err != nil {
		return err
	}
	how, reason := readHow(r)
	// The wish counts from here on, even if the client hangs up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), leaveTimeout)
	defer cancel()
	result, err := s.Leave(ctx, claims, how, reason)
	if err != nil {
		return fmt.Errorf("leave (%s): %w", how, err)
	}
	if how == HowPage {
		return s.writeLeft(w, result)
	}
	words, _ := s.words.For(result.Language)
	return web.Write(w, web.PlainText, web.Fill(words.LeftHeading, result.NewsletterName, "").String()+".\n")
}

// readHow tells the page's button from a one-click POST, and reads the reader's
// reason. Only the page sends its own field, and always urlencoded; everything else
// is one-click, also a body that cannot be read.
func readHow(r *http.Request) (how, reason string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return HowOneClick, ""
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return HowOneClick, ""
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get(pageField) != pageValue {
		return HowOneClick, ""
	}
	return HowPage, form.Get(reasonField)
}

// writeLeft says that the reader has left, with the way back. A page that is opened
// later has none: whoever has an old bulletin could otherwise bring the reader back.
func (s *site) writeLeft(w http.ResponseWriter, r LeaveResult) error {
	words, lang := s.words.For(r.Language)
	nameLang := foreign(r.Language, lang)
	page := leftPage{
		Masthead: web.Masthead{Name: r.NewsletterName, NameLang: nameLang},
		Heading:  web.Fill(words.LeftHeading, r.NewsletterName, nameLang),
		Text:     words.LeftText,
		Thanks:   words.LeftThanks,
	}
	if r.Mailed {
		page.Thanks = words.LeftMailed
	}
	if r.Undo != "" {
		page.Undo = &undoForm{Text: words.LeftUndo, Button: words.LeftButton, Action: token.Undo.Path() + r.Undo}
	}
	if r.Already {
		page.Heading = web.Fill(words.AlreadyHeading, r.NewsletterName, nameLang)
		page.Text = words.AlreadyText
		if r.Subscribe != "" {
			page.Way = &web.Link{Label: words.SubscribeAnew, Href: r.Subscribe}
		}
	}
	page.Frame = s.kit.Frame(lang, page.Heading.String())
	return s.left.Write(w, http.StatusOK, page)
}

// verify checks the token in the address. A visitor learns only whether the
// link works, not why it does not, except that an expired one once did. Only links
// that do not work are counted against the visitor's network.
func (s *site) verify(r *http.Request, purpose token.Purpose) (token.Claims, error) {
	claims, err := s.Tokens.Verify(purpose, r.PathValue("token"), s.Now())
	if err == nil {
		return claims, nil
	}
	if wait := s.wrong.Take(web.Network(s.kit.Client(r))); wait > 0 {
		return token.Claims{}, web.TooMany(wait)
	}
	words, lang := s.words.ForRequest(r)
	problem := &web.Problem{Status: http.StatusNotFound, Lang: lang, Err: err, Heading: words.BrokenHeading, Text: words.BrokenText}
	switch {
	case errors.Is(err, token.ErrExpired):
		problem.Status = http.StatusGone
		problem.Heading, problem.Text = words.ExpiredHeading, words.ExpiredText
	case purpose == token.Unsubscribe:
		problem.Text = words.BrokenLeaveText
	}
	return token.Claims{}, problem
}

// foreign is the tag of a newsletter's language where the page speaks another.
func foreign(newsletter string, page web.Language) string {
	if newsletter == "" || strings.EqualFold(newsletter, page.Tag) {
		return ""
	}
	return newsletter
}
