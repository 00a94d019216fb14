package render

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

func TestEveryAccentIsReadableInBothSchemes(t *testing.T) {
	t.Parallel()
	for hue := range 360 {
		for _, saturation := range []float64{0, 0.25, 0.5, 0.75, 1} {
			for lightness := 0.0; lightness <= 1; lightness += 0.1 {
				accent := fromHSL(float64(hue), saturation, lightness).String()
				light, dark, err := palettes(accent)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range []palette{light, dark} {
					if c := contrastOf(t, p.Accent, p.Paper); c < MinContrast {
						t.Errorf("%s becomes %s on %s: contrast %.2f", accent, p.Accent, p.Paper, c)
					}
				}
			}
		}
	}
}

func TestInkAndQuietAreReadable(t *testing.T) {
	t.Parallel()
	light, dark, err := palettes("")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []palette{light, dark} {
		for _, c := range []string{p.Ink, p.Quiet} {
			if got := contrastOf(t, c, p.Paper); got < MinContrast {
				t.Errorf("%s on %s: contrast %.2f", c, p.Paper, got)
			}
		}
	}
}

func TestReadableAccentsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	light, _, err := palettes("#0f5c63")
	if err != nil || light.Accent != "#0f5c63" {
		t.Errorf("accent = %s, %v", light.Accent, err)
	}
	for _, bad := range []string{"red", "#12345", "#12345g", "123456#", "#+12345"} {
		if _, _, err := palettes(bad); err == nil {
			t.Errorf("%q was taken for a colour", bad)
		}
	}
}

// The known ratio of WCAG's own examples.
func TestContrastOfBlackOnWhiteIs21(t *testing.T) {
	t.Parallel()
	if c := contrast(colour{0, 0, 0}, colour{255, 255, 255}); math.Abs(c-21) > 1e-9 {
		t.Errorf("contrast = %v", c)
	}
	if c := contrast(colour{0x76, 0x76, 0x76}, colour{255, 255, 255}); c < 4.54 || c > 4.55 {
		t.Errorf("contrast of #767676 on white = %v", c)
	}
}

func contrastOf(t *testing.T, a, b string) float64 {
	t.Helper()
	ca, err := parseColour(a)
	if err != nil {
		t.Fatal(err)
	}
	cb, err := parseColour(b)
	if err != nil {
		t.Fatal(err)
	}
	return contrast(ca, cb)
}

func fromHSL(h, s, l float64) colour {
	channel := func(n float64) uint8 {
		k := math.Mod(n+h/30, 12)
		v := l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))
		return uint8(math.Round(255 * v))
	}
	return colour{channel(0), channel(8), channel(4)}
}

func TestDateline(t *testing.T) {
	t.Parallel()
	day := newsletter.Date{Year: 2027, Month: time.March, Day: 12}
	cases := []struct {
		number int
		date   newsletter.Date
		tag    string
		want   string
	}{
		{214, day, "en", "No.\u00a0214 · Friday, 12 March 2027"},
		{214, day, "de-AT", "Nr.\u00a0214 · Freitag, 12. März 2027"},
		{214, day, "fr", "No.\u00a0214 · Friday, 12 March 2027"},
		{0, day, "en-GB", "Friday, 12 March 2027"},
		{7, newsletter.Date{}, "de", "Nr.\u00a07"},
		{0, newsletter.Date{}, "en", ""},
		{1, newsletter.Date{Year: 2028, Month: time.February, Day: 29}, "DE", "Nr.\u00a01 · Dienstag, 29. Februar 2028"},
	}
	for _, c := range cases {
		if got := dateline(c.number, c.date, c.tag); got != c.want {
			t.Errorf("dateline(%d, %s, %s) = %q, want %q", c.number, c.date, c.tag, got, c.want)
		}
	}
}

func TestGermanNamesTheDaysAsGoDoes(t *testing.T) {
	t.Parallel()
	if germanDays[time.Monday] != "Montag" || germanDays[time.Saturday] != "Samstag" || germanMonths[time.December-1] != "Dezember" {
		t.Error("a German name stands in the wrong place")
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	cases := map[string]script{
		"en": {Latin: true}, "de-DE": {Latin: true}, "": {Latin: true}, "ar": {RTL: true}, "AR-eg": {RTL: true},
		"he": {RTL: true}, "fa": {RTL: true}, "ur-PK": {RTL: true}, "uz-Arab": {RTL: true}, "ar-Latn": {Latin: true},
		"ja": {}, "th": {},
	}
	for tag, want := range cases {
		if got := scriptOf(tag); got != want {
			t.Errorf("%s: %+v", tag, got)
		}
	}
}

func TestCapitalsKeepEveryLetter(t *testing.T) {
	t.Parallel()
	cases := []struct{ tag, in, want string }{
		{"en", "Latin America & HQ", "LATIN AMERICA & HQ"},
		{"de", "Große Straße", "GROẞE STRAẞE"},
		{"tr", "iğne ışık", "İĞNE IŞIK"},
		{"ja", "川の町", "川の町"},
	}
	for _, c := range cases {
		if got := capitals(c.in, c.tag); got != c.want {
			t.Errorf("capitals(%q) = %q", c.in, got)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	ninety := strings.Repeat("nine char ", 9)
	cases := []struct {
		name, in, first, rest string
		want                  []string
	}{
		{"fills lines up to 72", ninety, "", "", []string{strings.TrimSpace(ninety[:70]), strings.TrimSpace(ninety[70:])}},
		{"hangs the rest", ninety, "• ", "  ", []string{"• " + strings.TrimSpace(ninety[:70]), "  " + strings.TrimSpace(ninety[70:])}},
		{"keeps asked breaks", "one\ntwo", "> ", "  ", []string{"> one", "  two"}},
		{"never breaks a word", strings.Repeat("x", 80), "  ", "  ", []string{"  " + strings.Repeat("x", 80)}},
		{"keeps no-break spaces", strings.Repeat("a ", 35) + "No.\u00a0214", "", "", []string{strings.TrimSpace(strings.Repeat("a ", 35)), "No.\u00a0214"}},
		{"counts wide characters twice", strings.Repeat("灯", 40), "", "", []string{strings.Repeat("灯", 36), strings.Repeat("灯", 4)}},
		{"lets no line begin with a full stop", strings.Repeat("灯", 36) + "。", "", "", []string{strings.Repeat("灯", 35), "灯。"}},
		{"folds double spaces", "a  b", "", "", []string{"a b"}},
		{"is empty for nothing", "", "", "", []string{""}},
	}
	for _, c := range cases {
		if got := wrap(c.in, c.first, c.rest); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestSheetsThatTheInlinerWouldSpoilAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"an at-rule":             "@media screen{.a{color:red}}",
		"@font-face":             "@font-face { src: x }",
		"a pseudo-class":         ".a:hover { color: red }",
		"a type":                 "p { color: red }",
		"a descendant":           ".a .b { color: red }",
		"a list of selectors":    ".a, .b { color: red }",
		"everything":             "* { color: red }",
		"an important mark":      ".a { color: red !important }",
		"a fallback pair":        ".a { color: red; color: blue }",
		"a quoted font":          `.a { font-family: "Inter" }`,
		"an address":             ".a { background-image: url(https://x) }",
		"a missing value":        ".a { color: }",
		"a missing colon":        ".a { color red }",
		"an unclosed rule":       ".a { color: red",
		"a brace too many":       ".a { color: red } }",
		"nesting":                ".a { color: red; &:hover { color: blue } }",
		"capitals in a name":     ".A { color: red }",
		"capital property":       ".a { COLOR: red }",
		"a selector and no body": ".a",
	}
	for name, sheet := range cases {
		if rules, err := parseSheet(sheet); err == nil {
			t.Errorf("%s was accepted as %v", name, rules)
		}
	}
}

func TestWhatTheInlinerLosesIsFound(t *testing.T) {
	t.Parallel()
	rules, err := parseSheet(".a { color: red; margin-top: 0 }\n.b { color: blue }")
	if err != nil {
		t.Fatal(err)
	}
	const kept = ":root { x: y !important }\n"
	page := func(body string) string {
		return "<html><head>" + keptOpen + "\n" + kept + styleClose + "</head><body>" + body + "</body></html>"
	}
	good := `<p class="a b" style="margin-top:0;color:blue">x</p><p class="b other" style="color: blue;">y</p><i>z</i>`
	if err := checkInlined(page(good), rules, kept); err != nil {
		t.Fatalf("the right page is refused: %v", err)
	}
	cases := map[string]string{
		"a lost declaration":   page(`<p class="a" style="color:red">x</p>`),
		"a lost rule":          page(`<p class="a">x</p>`),
		"the wrong winner":     page(`<p class="a b" style="margin-top:0;color:red">x</p>`),
		"an invented one":      page(`<p style="color:red">x</p>`),
		"a leftover sheet":     page(good + inlineOpen + "p{}</style>"),
		"a lost selector":      page(good + "<style>\n {\nx: y }</style>"),
		"a changed kept sheet": strings.Replace(page(good), "x: y", "x:y", 1),
		"no kept sheet":        strings.Replace(page(good), keptOpen, "<style>", 1),
	}
	for name, p := range cases {
		if err := checkInlined(p, rules, kept); err == nil {
			t.Errorf("%s was not found", name)
		}
	}
}

func TestSlotsSplitAndFill(t *testing.T) {
	t.Parallel()
	s := newSlots("abc")
	parts := s.split("1" + s.open("leave") + "2" + s.leave + "3" + s.close("leave") + "4" + s.open("reader") + "5" + s.close("reader") + s.browser)
	cases := []struct {
		p    *Personal
		want string
	}{
		{&Personal{UnsubscribeURL: "https://x.example/?a&b", BrowserURL: "http://y.example"}, "12https://x.example/?a&amp;b345http://y.example"},
		{&Personal{}, "145"},
		{nil, "14"},
	}
	for _, c := range cases {
		if got := fill(parts, c.p, escapeHTML); got != c.want {
			t.Errorf("fill(%+v) = %q, want %q", c.p, got, c.want)
		}
	}
	if got := fmt.Sprint(newSlots("x").split("")); got != "[]" {
		t.Errorf("nothing splits into %s", got)
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"one two three", 9, "one two…"},
		{"one two, three", 10, "one two…"},
		{"灯灯灯灯灯灯", 3, "灯灯灯…"},
	}
	for _, c := range cases {
		if got := shorten(c.in, c.limit); got != c.want {
			t.Errorf("shorten(%q, %d) = %q", c.in, c.limit, got)
		}
	}
}

func TestSourceOfAnEpigraphIsNeverAList(t *testing.T) {
	t.Parallel()
	d := lantern()
	d.Content.Epigraph.Source = "1. Mose 1,3"
	html, text := mustRender(t, d).For(reader1)
	if !strings.Contains(html, "— 1. Mose 1,3</p>") || !strings.Contains(text, "— 1. Mose 1,3\n") {
		t.Error("the source was taken apart")
	}
}
