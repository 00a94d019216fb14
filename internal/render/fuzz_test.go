package render

import (
	"testing"

	"epistle/internal/judge"
	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// FuzzRender tries every sort of text in every place. What package markdown
// accepts must come through both renderings with all its words; nothing may
// panic, and nothing may be left over.
func FuzzRender(f *testing.F) {
	f.Add("The Weekly Lantern", "Northern Coast", "Give thanks for Maren*, [who](https://lantern.example/x) stayed.", "en")
	f.Add("", "", "- one\n  1. two\n\n> three", "de")
	f.Add("灯", "Straße ς", "港の学校は\\\n*火曜日*に **再び** `開き`ました。![灯](https://lantern.example/a.png)", "ja")
	f.Add("</title>", "<!--", "https://slot.invalid/x/unsubscribe \\<p\\>", "ar")
	f.Add("* x", "====", "\\* not a note\n\nhttps://lantern.example/(a)", "tr")
	f.Add("T", "H", "words\n\n- a\n- b\n  > c", "en")
	f.Fuzz(func(t *testing.T, title, heading, text, lang string) {
		if _, err := markdown.Parse(text); err != nil {
			t.Skip()
		}
		d := short(lang, title, heading, text)
		b, err := Render(d)
		if err != nil {
			if newsletter.KindOf(err) != newsletter.Invalid {
				t.Fatal(err)
			}
			t.Skip()
		}
		html, plain := b.For(reader1)
		if len(judge.PageLinks(t, html)) < 2 || len(plain) == 0 {
			t.Error("the footer's links are gone")
		}
		compareWords(t, "HTML", judge.PageWords(t, html), contentWords(t, d))
	})
}
