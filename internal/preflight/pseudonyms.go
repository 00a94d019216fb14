package preflight

import (
	"fmt"
	"strings"

	"epistle/internal/manuscript"
	"epistle/internal/markdown"
	"epistle/internal/protect"
)

// pseudonyms compares the bulletin with the newsletter's register. Without one
// nothing is compared.
func pseudonyms(b *bulletin) (found []finding) {
	if b.Newsletter == nil || len(b.Newsletter.Pseudonyms) == 0 || b.unreadable() {
		return nil
	}
	var texts []protect.Text
	for _, p := range b.passages {
		var plain strings.Builder
		writePlain(&plain, p.doc.Blocks)
		texts = append(texts, protect.Text{Place: p.place, Body: plain.String()})
	}
	marked := manuscript.Pseudonyms(&b.Document.Content)
	for _, f := range protect.CheckPseudonyms(b.Newsletter.Pseudonyms, marked, texts) {
		found = append(found, pseudonymFault(f))
	}
	return found
}

// writePlain writes the words of blocks as a reader sees them, so that an asterisk is
// one and no emphasis.
func writePlain(b *strings.Builder, blocks []markdown.Block) {
	var walk func([]markdown.Inline)
	walk = func(list []markdown.Inline) {
		for _, i := range list {
			if i.Kind == markdown.Break {
				b.WriteByte('\n')
			}
			b.WriteString(i.Text)
			walk(i.Children)
		}
	}
	for _, bl := range blocks {
		walk(bl.Inlines)
		b.WriteString("\n\n")
		writePlain(b, bl.Blocks)
		for _, item := range bl.Items {
			writePlain(b, item)
		}
	}
}

func pseudonymFault(f protect.PseudonymFinding) finding {
	switch f.Fault {
	case protect.MisspeltPseudonym:
		return finding{
			place: f.Place, message: fmt.Sprintf("%q is nearly the pseudonym %q", f.Name, f.Known),
			remedy: fmt.Sprintf("Write %s*, or add %s to the register if it is another person's.", f.Known, f.Name),
		}
	case protect.UnmarkedPseudonym:
		return finding{
			place: f.Place, message: fmt.Sprintf("the pseudonym %q stands there first and has no asterisk", f.Known),
			remedy: fmt.Sprintf("Write %s*, so that the footnote explains it.", f.Known),
		}
	}
	return finding{
		place: f.Place, message: fmt.Sprintf("%s* carries an asterisk and is not in the register", f.Name),
		remedy: "Make sure that it is no real name, then add it to pseudonyms in the newsletter's file.",
	}
}
