package web

import (
	"errors"
	"net/http"
)

// errorPage is the data of templates/public/error.html.
type errorPage struct {
	Frame
	Heading, Text string
	Home          *Link
	Reference     *reference
}

// reference is the request's id with the words before it, for visitors who
// report a failure of ours.
type reference struct{ Label, Number string }

func (k *Kit) errorPage(r *http.Request, status int, err error) errorPage {
	words, lang := k.words.ForRequest(r)
	heading, text := words.of(status)
	var problem *Problem
	if errors.As(err, &problem) && problem.Heading != "" {
		heading, text, lang = problem.Heading, problem.Text, problem.Lang
		words, _ = k.words.For(lang.Tag)
	}
	page := errorPage{Frame: k.Frame(lang, heading), Heading: heading, Text: text}
	if k.home.Label != "" {
		page.Home = &k.home
	}
	if status >= http.StatusInternalServerError {
		page.Reference = &reference{Label: words.Reference, Number: RequestID(r.Context())}
	}
	return page
}

// errorWords are the sentences of error pages. Each text ends with a way on.
type errorWords struct {
	BadHeading, BadText                 string // 400
	RefusedHeading, RefusedText         string // 403
	NotFoundHeading, NotFoundText       string // 404
	MethodHeading, MethodText           string // 405
	ConflictHeading, ConflictText       string // 409
	TooLargeHeading, TooLargeText       string // 413
	TooManyHeading, TooManyText         string // 429
	FailedHeading, FailedText           string // 500
	UnavailableHeading, UnavailableText string // 503
	Reference                           string // before the request's id
}

func (w *errorWords) of(status int) (heading, text string) {
	switch status {
	case http.StatusBadRequest:
		return w.BadHeading, w.BadText
	case http.StatusForbidden:
		return w.RefusedHeading, w.RefusedText
	case http.StatusNotFound:
		return w.NotFoundHeading, w.NotFoundText
	case http.StatusMethodNotAllowed:
		return w.MethodHeading, w.MethodText
	case http.StatusConflict:
		return w.ConflictHeading, w.ConflictText
	case http.StatusRequestEntityTooLarge:
		return w.TooLargeHeading, w.TooLargeText
	case http.StatusTooManyRequests:
		return w.TooManyHeading, w.TooManyText
	case http.StatusServiceUnavailable:
		return w.UnavailableHeading, w.UnavailableText
	default:
		return w.FailedHeading, w.FailedText
	}
}

func newErrorCatalogue() *Catalogue[errorWords] {
	return NewCatalogue(
		Translation[errorWords]{"en", errorWords{
			BadHeading:         "This could not be understood",
			BadText:            "Something in the request is missing or not in its place. Please go back one page and try once more.",
			RefusedHeading:     "This is not allowed",
			RefusedText:        "The request was understood, but it may not be done. If you think it should be, please write to the people who send you the newsletter.",
			NotFoundHeading:    "There is no page here",
			NotFoundText:       "The address may have lost a piece on its way. Please open the link once more from the e-mail you found it in.",
			MethodHeading:      "This cannot be done here",
			MethodText:         "The page exists, but not for this kind of request. Please open it as a link in your browser.",
			ConflictHeading:    "Something changed in between",
			ConflictText:       "What you asked for no longer fits how things stand now. Please open the page again to see how they stand.",
			TooLargeHeading:    "This is too much at once",
			TooLargeText:       "More was sent than this page can take. Please go back one page and send less.",
			TooManyHeading:     "One thing after another, please",
			TooManyText:        "Too many requests came from your network in a short time. Please wait a few minutes and try again; nothing is lost.",
			FailedHeading:      "This did not work",
			FailedText:         "The fault is on our side, and it has been written down. Please try again in a few minutes.",
			UnavailableHeading: "Not just now",
			UnavailableText:    "The page cannot be served at the moment. Please try again in a minute.",
			Reference:          "If you write to us about it, please give this number:",
		}},
		Translation[errorWords]{"de", errorWords{
			BadHeading:         "Das war nicht zu verstehen",
			BadText:            "In der Anfrage fehlt etwas, oder es steht nicht an seinem Platz. Bitte gehen Sie eine Seite zurück und versuchen Sie es noch einmal.",
			RefusedHeading:     "Das ist nicht erlaubt",
			RefusedText:        "Die Anfrage wurde verstanden, darf aber nicht ausgeführt werden. Wenn Sie das für falsch halten, schreiben Sie bitte an die Absender des Newsletters.",
			NotFoundHeading:    "Hier ist keine Seite",
			NotFoundText:       "Vielleicht hat die Adresse unterwegs ein Stück verloren. Bitte öffnen Sie den Link noch einmal aus der E-Mail, in der Sie ihn gefunden haben.",
			MethodHeading:      "Das geht hier nicht",
			MethodText:         "Die Seite gibt es, aber nicht für diese Art von Anfrage. Bitte öffnen Sie sie als Link in Ihrem Browser.",
			ConflictHeading:    "Inzwischen hat sich etwas geändert",
			ConflictText:       "Was Sie wollten, passt nicht mehr zum jetzigen Stand. Bitte öffnen Sie die Seite noch einmal, dann sehen Sie ihn.",
			TooLargeHeading:    "Das ist zu viel auf einmal",
			TooLargeText:       "Es wurde mehr gesendet, als diese Seite annehmen kann. Bitte gehen Sie eine Seite zurück und senden Sie weniger.",
			TooManyHeading:     "Bitte eins nach dem anderen",
			TooManyText:        "Aus Ihrem Netz kamen in kurzer Zeit zu viele Anfragen. Bitte warten Sie ein paar Minuten und versuchen Sie es dann noch einmal; verloren ist nichts.",
			FailedHeading:      "Das hat nicht geklappt",
			FailedText:         "Der Fehler liegt bei uns und ist festgehalten. Bitte versuchen Sie es in ein paar Minuten noch einmal.",
			UnavailableHeading: "Im Augenblick nicht",
			UnavailableText:    "Die Seite ist gerade nicht verfügbar. Bitte versuchen Sie es in einer Minute noch einmal.",
			Reference:          "Wenn Sie uns deswegen schreiben, nennen Sie bitte diese Nummer:",
		}},
	)
}
