package delivery

import (
	"fmt"
	"sync"

	"epistle/internal/manuscript"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/render"
)

// maxVariants is how many forms of one bulletin are kept in memory, the whole one
// among them. A reader's choice beyond that costs a rendering now and then.
const maxVariants = 64

// variant is a bulletin as everybody with the same choice gets it.
type variant struct {
	textOnly bool
	rendered *render.Bulletin
	form     *message.Form // nil before the send has begun: its date would not be final

	made sync.Once
	err  error
	used int64 // when it was last asked for, in the order of asking
}

// variants are the forms of a bulletin other than the whole one. It is safe for
// concurrent use.
type variants struct {
	mu    sync.Mutex
	kept  map[newsletter.Choice]*variant
	asked int64
}

// take gives the variant of a choice, which may still have to be made. For a new
// one the variant goes that was not asked for longest; who still writes with that
// goes on.
func (vs *variants) take(c newsletter.Choice) *variant {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	vs.asked++
	v := vs.kept[c]
	if v == nil {
		if len(vs.kept) >= maxVariants-1 {
			vs.forget()
		}
		if vs.kept == nil {
			vs.kept = map[newsletter.Choice]*variant{}
		}
		v = &variant{textOnly: c.TextOnly}
		vs.kept[c] = v
	}
	v.used = vs.asked
	return v
}

func (vs *variants) forget() {
	var oldest newsletter.Choice
	used := vs.asked
	for c, v := range vs.kept {
		if v.used < used {
			oldest, used = c, v.used
		}
	}
	delete(vs.kept, oldest)
}

func (vs *variants) drop(c newsletter.Choice, v *variant) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if vs.kept[c] == v {
		delete(vs.kept, c)
	}
}

// variant gives the bulletin as a choice wants it, rendered and prepared by the
// first who asks.
func (e *Edition) variant(choice newsletter.Choice) (*variant, error) {
	if choice == (newsletter.Choice{}) {
		return e.whole, nil
	}
	c := choice.In(e.doc)
	if c == (newsletter.Choice{}) {
		return e.whole, nil
	}
	v := e.variants.take(c)
	v.made.Do(func() { v.err = e.make(v, c) })
	if v.err != nil {
		e.variants.drop(c, v) // what failed may succeed another time
	}
	return v, v.err
}

// leaves says whether anything is left of the bulletin for a choice.
func (e *Edition) leaves(choice newsletter.Choice) bool {
	_, left := e.doc.Chosen(choice)
	return left
}

func (e *Edition) make(v *variant, c newsletter.Choice) (err error) {
	v.rendered = e.whole.rendered
	if doc := chosen(e.doc, c); doc != e.doc {
		if v.rendered, err = render.Render(doc); err != nil {
			return fmt.Errorf("render bulletin %s %s: %w", e.bulletin.Ref(), c, err)
		}
	}
	if e.whole.form != nil {
		v.form, err = e.prepare(v)
	}
	return err
}

// chosen is the document without what was declined. The footnote of asterisked
// names goes when none of them remains.
func chosen(doc *newsletter.Document, c newsletter.Choice) *newsletter.Document {
	part, _ := doc.Chosen(c)
	if part == doc || len(doc.Pseudonyms) == 0 {
		return part
	}
	if part.Pseudonyms = manuscript.Pseudonyms(&part.Content); len(part.Pseudonyms) == 0 {
		part.Content.Note = ""
	}
	return part
}

// prepare makes the form from which the messages of a variant are spliced.
func (e *Edition) prepare(v *variant) (*message.Form, error) {
	m := e.mail(newsletter.Address{})
	m.Archive, m.FeedbackID = e.browser, e.feedbackID()
	html, text := v.rendered.Pieces(e.browser)
	if v.textOnly {
		html = nil
	}
	form, err := message.NewForm(m, message.Parts{Text: text, HTML: html}, e.composer.signers)
	if err != nil {
		return nil, fmt.Errorf("prepare bulletin %s: %w", e.bulletin.Ref(), err)
	}
	return form, nil
}
