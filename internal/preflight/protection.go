package preflight

import (
	"fmt"
	"maps"
	"slices"

	"epistle/internal/newsletter"
	"epistle/internal/protect"
)

// ProtectionGate is the name of the check that cannot be overridden.
const ProtectionGate = newsletter.ProtectionGate

const protectionRemedy = "Take it out, or put a pseudonym with an asterisk in its place. The words are not repeated here on purpose."

// Guard is the protection gate alone, for a bulletin that cannot be rendered: what
// it found, or nothing.
func Guard(gate *protect.Gate, doc *newsletter.Document) (results []Result) {
	b := &bulletin{Input: Input{Document: doc, Gate: gate}}
	for _, f := range b.guarded() {
		results = append(results, f.result(check{name: ProtectionGate, verdict: Error}))
	}
	return results
}

// guarded searches what readers get, once: the document's own texts, and then,
// for what only the rendering brings together, the page and the plain text. What
// was found in the document is not told again of those.
func (b *bulletin) guarded() []finding {
	if b.Gate == nil {
		return nil
	}
	found, known := b.search(protect.Texts(b.Document), nil)
	rendered, _ := b.search(b.renderedTexts(), known)
	return append(found, rendered...)
}

func (b *bulletin) renderedTexts() []protect.Text {
	if !b.rendered() {
		return nil
	}
	texts := []protect.Text{{Place: "plain text", Body: b.text}}
	if b.page == nil {
		// What cannot be read as a page is searched as it is.
		return append(texts, protect.Text{Place: "HTML", Body: b.html})
	}
	texts = append(texts, protect.Text{Place: "HTML", Body: b.page.text})
	for _, href := range slices.Sorted(maps.Keys(b.page.hrefs)) {
		texts = append(texts, protect.Text{Place: "link in the HTML", Body: href})
	}
	return texts
}

// search gives a finding for each match of a label that is not known, and the
// labels that were found.
func (b *bulletin) search(texts []protect.Text, known map[string]bool) (found []finding, labels map[string]bool) {
	labels = map[string]bool{}
	for _, t := range texts {
		for _, m := range b.Gate.Search([]protect.Text{t}) {
			if known[m.Label] {
				continue
			}
			labels[m.Label] = true
			line, column := protect.Position(t.Body, m.Offset)
			found = append(found, finding{
				place:   fmt.Sprintf("%s, at %d:%d", m.Place, line, column),
				message: fmt.Sprintf("something protected stands here, labelled %q", m.Label),
				remedy:  protectionRemedy,
			})
		}
	}
	return found, labels
}

func protectionGate(b *bulletin) []finding { return b.protected }

// withheld takes the words out of a finding of a check that repeats words of the
// bulletin: they might be the protected ones, in a disguise of their own.
func (f finding) withheld() finding {
	return finding{
		verdict: f.verdict,
		message: "something is to be mended, and not shown as long as something protected stands in the bulletin",
		remedy:  "Mend what " + ProtectionGate + " found, then check again.",
	}
}
