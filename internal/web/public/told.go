package public

import (
	"net/http"

	"epistle/internal/newsletter"
	"epistle/internal/web"
)

// questionPage is the data of templates/public/question.html: one question with one
// button.
type questionPage struct {
	web.Frame
	Masthead             web.Masthead
	Heading              web.Sentence
	Text, Button, Action string
}

// toldPage is the data of templates/public/told.html: what has happened.
type toldPage struct {
	web.Frame
	Masthead web.Masthead
	Heading  web.Sentence
	Text     web.Sentence
	Quiet    string
	Way      *web.Link // a way on; nil: there is none
}

// ask writes a page that asks with the newsletter's name in its heading.
func (s *site) ask(w http.ResponseWriter, n *newsletter.Newsletter, heading, text, button, action string) error {
	_, lang := s.words.For(n.Language)
	page := questionPage{
		Masthead: masthead(n, lang), Heading: web.Fill(heading, n.Name, foreign(n.Language, lang)),
		Text: text, Button: button, Action: action,
	}
	page.Frame = s.kit.Frame(lang, page.Heading.String())
	return s.question.Write(w, http.StatusOK, page)
}

// tell writes a page that says what has happened; heading and text may take the
// newsletter's name.
func (s *site) tell(w http.ResponseWriter, n *newsletter.Newsletter, heading, text string, way *web.Link) error {
	_, lang := s.words.For(n.Language)
	nameLang := foreign(n.Language, lang)
	page := toldPage{
		Masthead: masthead(n, lang), Heading: web.Fill(heading, n.Name, nameLang), Text: web.Fill(text, n.Name, nameLang), Way: way,
	}
	page.Frame = s.kit.Frame(lang, page.Heading.String())
	return s.told.Write(w, http.StatusOK, page)
}

// anew is the way to subscribe again; nil when the newsletter takes no sign-ups.
func (s *site) anew(n *newsletter.Newsletter) *web.Link {
	path := openPath(n)
	if path == "" {
		return nil
	}
	words, _ := s.words.For(n.Language)
	return &web.Link{Label: words.SubscribeAnew, Href: path}
}
