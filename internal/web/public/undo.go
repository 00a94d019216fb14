package public

import (
	"net/http"

	"epistle/internal/audience"
	"epistle/internal/token"
)

// showUndo answers GET and HEAD with the question; it changes nothing.
func (s *site) showUndo(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Undo)
	if err != nil {
		return err
	}
	u, err := s.Door.Undoing(r.Context(), claims)
	if err != nil {
		return s.forgotten(r, err)
	}
	if !u.Open {
		return s.tellUndoing(w, u)
	}
	words, _ := s.words.For(u.Newsletter.Language)
	return s.ask(w, u.Newsletter, words.UndoHeading, words.UndoText, words.UndoButton, token.Undo.Path()+r.PathValue("token"))
}

// doUndo answers POST, also when it comes again.
func (s *site) doUndo(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.verify(r, token.Undo)
	if err != nil {
		return err
	}
	u, err := s.Door.Return(r.Context(), claims)
	if err != nil {
		return s.forgotten(r, err)
	}
	return s.tellUndoing(w, u)
}

// tellUndoing says how things stand.
func (s *site) tellUndoing(w http.ResponseWriter, u *audience.Undoing) error {
	words, _ := s.words.For(u.Newsletter.Language)
	if u.Back {
		return s.tell(w, u.Newsletter, words.BackHeading, words.BackText, nil)
	}
	return s.tell(w, u.Newsletter, words.TooLateHeading, words.TooLateText, s.anew(u.Newsletter))
}
