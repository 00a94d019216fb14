package render

import (
	"fmt"

	"epistle/internal/newsletter"
)

// Proof renders a document as Render does, with a letter to whoever looks at it
// above the masthead: its heading, its paragraphs, its links and its closing.
func Proof(doc *newsletter.Document, preface *newsletter.Letter) (*Bulletin, error) {
	l, err := newLetter(doc)
	if err != nil {
		return nil, fmt.Errorf("render the proof: %w", err)
	}
	sections, err := letterSections(preface)
	if err != nil {
		return nil, fmt.Errorf("render the proof: %w", err)
	}
	l.Preface = &sections[0]
	l.Preface.Heading, l.PrefaceLang = preface.Heading, newsletter.PrimaryLanguage(preface.Language)
	for i, item := range l.Preface.Items {
		if item[0].Inlines[0].Kind != link {
			l.Preface.Items[i] = classed(item, "small")
		}
	}
	return l.bulletin(doc)
}
