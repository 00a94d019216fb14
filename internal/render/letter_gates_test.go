package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"epistle/internal/judge"
	"epistle/internal/newsletter"
)

// letters are samples of mails to one person, each under its name, with whom they
// come from.
func letters() map[string]*newsletter.Letter {
	const link = "https://lantern.example/confirm/AwMBBOGhAgAAZm9vYmFyYmF6cXV4cXV1eGNvcmdl"
	confirm := &newsletter.Letter{
		Language: "en", Subject: "Please confirm: The Weekly Lantern", Heading: "Shall we send you The Weekly Lantern?",
		Paragraphs: []string{
			"Somebody, most likely you, asked on our page to get The Weekly Lantern at this address.",
			"Nothing is sent before you say yes. The button opens a page, and there you confirm it with one more press.",
		},
		Links:   []newsletter.LetterLink{{Label: "Yes, confirm my subscription", URL: link}},
		Closing: []string{"If it was not you, you need not do anything: you get no further mail, and we forget the address after seven days."},
	}
	arabic := *confirm
	arabic.Language, arabic.Heading = "ar", "هل نرسل إليك الفانوس الأسبوعي؟"
	arabic.Paragraphs = []string{"طلب أحدهم، على الأرجح أنت، الحصول على الفانوس الأسبوعي على هذا العنوان."}
	arabic.Links = []newsletter.LetterLink{{Label: "نعم، أؤكد اشتراكي", URL: link}}
	full := *confirm
	full.Heading = `"Quoted" & <tagged> ` + strings.Repeat("Donaudampfschifffahrtsgesellschaft", 3)
	full.Links = []newsletter.LetterLink{
		{Label: `Press "here" & <now> ` + strings.Repeat("gesellschaft", 8), URL: link + "?a=1&b=2"},
		{Label: "Or do something else", URL: link},
	}
	return map[string]*newsletter.Letter{"letter-confirm": confirm, "letter-arabic": &arabic, "letter-full": &full}
}

func mustLetter(t *testing.T, w *newsletter.Letter, accent string) (html, text string) {
	t.Helper()
	id := lantern().Identity
	id.Design.Accent = accent
	html, text, err := Letter(id, w)
	if err != nil {
		t.Fatal(err)
	}
	return html, text
}

func TestLettersAreAsTheGoldenFilesSay(t *testing.T) {
	t.Parallel()
	for name, w := range letters() {
		html, text := mustLetter(t, w, "")
		for end, got := range map[string]string{".html": html, ".txt": text} {
			path := filepath.Join("testdata", name+end)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not as in the golden file; look at it, then: go test ./internal/render -update", path)
			}
		}
	}
}

func TestLettersPassTheGates(t *testing.T) {
	t.Parallel()
	browser := judge.Chromium(t)
	var all []string
	for name, w := range letters() {
		for _, accent := range []string{"", "#ffee00", "#000000"} {
			page, _ := mustLetter(t, w, accent)
			all = append(all, page)
			for _, dark := range []bool{false, true} {
				for _, violation := range browser.Axe(t, page, judge.View{Dark: dark}) {
					t.Errorf("%s, accent %q (dark: %v): axe: %s", name, accent, dark, violation)
				}
			}
			for _, bare := range []bool{false, true} {
				if width := browser.ScrollWidth(t, page, judge.View{Width: 320, Bare: bare}); width > 320 {
					t.Errorf("%s at 320 px (no sheet: %v) is %d px wide", name, bare, width)
				}
			}
		}
		page, _ := mustLetter(t, w, "")
		if size := browser.SmallestText(t, page, judge.View{Width: 320}); size < 13 {
			t.Errorf("%s: the smallest text has %v px", name, size)
		}
		keepShots(t, browser, name, page)
	}
	for _, fault := range judge.Vnu(t, all...) {
		t.Errorf("Nu: %s", fault)
	}
	for _, fault := range judge.HTMLValidate(t, all...) {
		t.Errorf("html-validate: %s", fault)
	}
}

// keepShots writes pictures into the folder that EPISTLE_SHOTS names, for people to
// look at.
func keepShots(t *testing.T, browser *judge.Browser, name, page string) {
	t.Helper()
	dir := os.Getenv("EPISTLE_SHOTS")
	if dir == "" {
		return
	}
	for end, v := range map[string]judge.View{
		"320": {Width: 320}, "1200": {Width: 1200}, "600-dark": {Dark: true}, "600-forced": {Forced: true}, "600-bare": {Bare: true},
	} {
		if err := os.WriteFile(filepath.Join(dir, name+"-"+end+".png"), browser.Screenshot(t, page, v), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFirstLinkOfALetterIsAButton(t *testing.T) {
	t.Parallel()
	html, _ := mustLetter(t, letters()["letter-confirm"], "")
	for _, want := range []string{`<td class="act" style="`, `mso-padding-alt:`, `<a class="press" href="https://lantern.example/confirm/`} {
		if !strings.Contains(html, want) {
			t.Errorf("the button has no %s", want)
		}
	}
	bulletin, _ := mustRender(t, lantern()).For(reader1)
	if strings.Contains(bulletin, "press") {
		t.Error("a bulletin carries the sheet of letters")
	}
}

func TestSpamAssassinFindsAlmostNothingInALetter(t *testing.T) {
	t.Parallel()
	html, text := mustLetter(t, letters()["letter-confirm"], "")
	if score, rules := judge.SpamAssassin(t, mail(t, html, text)); score > 0.1 {
		t.Errorf("SpamAssassin gives %v for %s", score, rules)
	}
}
