package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"epistle/templates"
)

// Frame is what the layout around every page needs. Each page's struct embeds
// it; Kit.Frame fills it.
type Frame struct {
	// Lang is the language of the page's own sentences.
	Lang Language
	// Title stands in the browser's tab.
	Title string
	// Style is the path of the style sheet.
	Style string
	// Wide is for pages with tables rather than sentences.
	Wide bool
	// Colours is the path of a second style sheet with a newsletter's own colours;
	// empty for the pages' usual ones.
	Colours string
	// Indexed lets search engines find the page; its handler takes the header
	// X-Robots-Tag away as well.
	Indexed bool
}

// Frame gives the frame of a page.
func (k *Kit) Frame(lang Language, title string) Frame {
	return Frame{Lang: lang, Title: title, Style: k.style.path}
}

// Masthead is the newsletter's name on top of a page. NameLang is the language
// of the name where it differs from the page's; empty otherwise.
type Masthead struct{ Name, NameLang string }

// Sentence is a sentence with a name inside that may be of another language or
// direction than the sentence (the template sets it in <bdi>).
type Sentence struct{ Before, Name, After, Lang string }

// Fill puts a name where format has its one %s. Lang is the name's language
// where it differs from the sentence's.
func Fill(format, name, lang string) Sentence {
	before, after, found := strings.Cut(format, "%s")
	if !found {
		return Sentence{Before: format}
	}
	return Sentence{Before: before, Name: name, After: after, Lang: lang}
}

// String is the sentence without markup.
func (s Sentence) String() string { return s.Before + s.Name + s.After }

// View is one page's template bound to the one type it is executed with.
type View[T any] struct{ t *template.Template }

// NewView joins the shared layout and one page's file, which defines "content" and
// may define "head" for what it adds to the page's head.
// It panics when the file does not parse: templates are compiled in, and the
// tests execute every one.
func NewView[T any](files fs.FS, name string) View[T] {
	layout := template.Must(template.New("").ParseFS(templates.Public, "public/layout.html"))
	return View[T]{template.Must(layout.ParseFS(files, name))}
}

// Write executes the template and only then answers, so that a failing template
// leaves no half page behind.
func (v View[T]) Write(w http.ResponseWriter, status int, page T) error {
	body, err := v.Execute(page)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", HTML)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err = w.Write(body)
	return writeError(err)
}

// Execute gives the whole page.
func (v View[T]) Execute(page T) ([]byte, error) {
	var body bytes.Buffer
	if err := v.t.ExecuteTemplate(&body, "layout", page); err != nil {
		return nil, fmt.Errorf("execute a page's template: %w", err)
	}
	return body.Bytes(), nil
}
