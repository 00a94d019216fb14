package render

import (
	"errors"
	"fmt"

	"epistle/internal/newsletter"
)

// Letter renders the words of a mail to one person in the looks of the
// newsletter's bulletins: the heading as its title, the newsletter's name below
// it, the paragraphs, the links, the first of them as a button, and the closing in
// the footer's type. The words are plain text; no mark in them means anything.
func Letter(id newsletter.Identity, w *newsletter.Letter) (html, text string, err error) {
	if w == nil {
		return "", "", errors.New("render a letter: it has no words")
	}
	if w.Language != "" {
		id.Language = w.Language
	}
	doc := &newsletter.Document{
		Identity: id, Subject: w.Subject, Content: newsletter.Content{Title: w.Heading},
	}
	l, err := newLetter(doc)
	if err != nil {
		return "", "", fmt.Errorf("render a letter: %w", err)
	}
	l.Dateline, l.ToOne = id.Name, true
	if l.Sections, err = letterSections(w); err != nil {
		return "", "", fmt.Errorf("render a letter: %w", err)
	}
	l.preheader("")
	hash, err := doc.Hash()
	if err != nil {
		return "", "", fmt.Errorf("render a letter: %w", err)
	}
	s := newSlots(hash)
	l.LeaveURL, l.ChooseURL, l.BrowserURL = s.leave, s.choose, s.browser
	page, err := l.html(s)
	if err != nil {
		return "", "", fmt.Errorf("render a letter as HTML: %w", err)
	}
	plain, err := l.text(s)
	if err != nil {
		return "", "", fmt.Errorf("render a letter as text: %w", err)
	}
	// Without a reader of the bulletin, the footer's sentences for one vanish.
	return fill(s.split(page), nil, escapeHTML), fill(s.split(plain), nil, verbatim), nil
}

// letterSections sets a letter's words as one section without heading.
func letterSections(w *newsletter.Letter) ([]section, error) {
	var out section
	for i, p := range w.Paragraphs {
		class := "text"
		if i == 0 {
			class = "lead"
		}
		out.Items = append(out.Items, plainParagraph(p, class))
	}
	for i, way := range w.Links {
		if err := checkTarget(way.URL, false); err != nil {
			return nil, err
		}
		kind := paragraph
		if i == 0 {
			kind = button
		}
		out.Items = append(out.Items, []block{{Kind: kind, Class: "text", Inlines: []inline{
			{Kind: link, Href: way.URL, Children: []inline{{Kind: plain, Text: way.Label}}},
		}}})
	}
	for _, p := range w.Closing {
		out.Items = append(out.Items, plainParagraph(p, "small"))
	}
	return []section{out}, nil
}
