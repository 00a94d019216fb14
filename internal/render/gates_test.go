package render

import (
	"bytes"
	"cmp"
	"fmt"
	picture "image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"epistle/internal/judge"
)

// pages are all samples as one reader gets them.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, doc := range documents() {
		out[name], _ = mustRender(t, doc).For(reader1)
	}
	return out
}

func TestReadersSeeAPageThatFitsAndCanBeRead(t *testing.T) {
	t.Parallel()
	browser := judge.Chromium(t)
	for name, page := range pages(t) {
		t.Run(name, func(t *testing.T) {
			for _, bare := range []bool{false, true} {
				if width := browser.ScrollWidth(t, page, judge.View{Width: 320, Bare: bare}); width > 320 {
					t.Errorf("at 320 px (no sheet: %v) the page is %d px wide", bare, width)
				}
			}
			if size := browser.SmallestText(t, page, judge.View{Width: 320}); size < 13 {
				t.Errorf("the smallest text has %v px", size)
			}
			for _, dark := range []bool{false, true} {
				for _, violation := range browser.Axe(t, page, judge.View{Dark: dark}) {
					t.Errorf("axe (dark: %v): %s", dark, violation)
				}
			}
		})
	}
}

func TestAnyAccentPassesAxe(t *testing.T) {
	t.Parallel()
	browser := judge.Chromium(t)
	for _, accent := range []string{"#ffee00", "#00ff88", "#0000ff", "#000000", "#ffffff"} {
		doc := lantern()
		doc.Identity.Design.Accent = accent
		page, _ := mustRender(t, doc).For(reader1)
		for _, dark := range []bool{false, true} {
			for _, violation := range browser.Axe(t, page, judge.View{Dark: dark}) {
				t.Errorf("%s (dark: %v): %s", accent, dark, violation)
			}
		}
	}
}

func TestInliningKeepsEveryComputedStyle(t *testing.T) {
	t.Parallel()
	browser := judge.Chromium(t)
	for _, name := range []string{"lantern", "feast", "arabic"} {
		doc := documents()[name]
		l, err := newLetter(doc)
		if err != nil {
			t.Fatal(err)
		}
		s := newSlots("0123")
		l.LeaveURL, l.ChooseURL, l.BrowserURL = s.leave, s.choose, s.browser
		before, err := l.page(s)
		if err != nil {
			t.Fatal(err)
		}
		after, err := l.html(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []judge.View{{Width: 1200}, {Width: 400}, {Width: 400, Dark: true}} {
			want, got := browser.Styles(t, before, v), browser.Styles(t, after, v)
			if len(want) != len(got) || len(want) < 20 {
				t.Fatalf("%s: %d elements before, %d after", name, len(want), len(got))
			}
			for i := range want {
				if want[i] != got[i] {
					t.Errorf("%s, %+v, element %d looks different after inlining:\n got %.200s\nwant %.200s", name, v, i, got[i], want[i])
				}
			}
		}
	}
}

func TestValidatorsFindNothing(t *testing.T) {
	t.Parallel()
	var all []string
	for _, doc := range documents() {
		page, _ := mustRender(t, doc).For(reader1)
		all = append(all, page)
	}
	t.Run("Nu", func(t *testing.T) {
		for _, fault := range judge.Vnu(t, all...) {
			t.Error(fault)
		}
	})
	t.Run("html-validate", func(t *testing.T) {
		for _, fault := range judge.HTMLValidate(t, all...) {
			t.Error(fault)
		}
	})
}

func TestValidatorsFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	const wrong = "<!DOCTYPE html><html lang=\"en\"><head><title>x</title></head><body><p><b>x</p></div></body></html>"
	t.Run("Nu", func(t *testing.T) {
		if len(judge.Vnu(t, wrong)) == 0 {
			t.Error("it accepts an end tag without its element")
		}
	})
	t.Run("html-validate", func(t *testing.T) {
		if len(judge.HTMLValidate(t, wrong)) == 0 {
			t.Error("it accepts an end tag without its element")
		}
	})
	t.Run("axe", func(t *testing.T) {
		page := "<!DOCTYPE html><html lang=\"en\"><head><title>x</title></head><body><p style=\"color:#ccc\">Some words</p></body></html>"
		if len(judge.Chromium(t).Axe(t, page, judge.View{})) == 0 {
			t.Error("it accepts light grey on white")
		}
	})
}

func TestSpamAssassinFindsAlmostNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"lantern", "feast", "long", "german"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			html, text := mustRender(t, documents()[name]).For(reader1)
			if score, rules := judge.SpamAssassin(t, mail(t, html, text)); score > 0.1 {
				t.Errorf("SpamAssassin gives %v for %s", score, rules)
			}
		})
	}
}

// mail is a minimal whole message; package message makes the real ones.
func mail(t *testing.T, html, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("lantern-boundary"); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(&b, "From: The Weekly Lantern <letters@lantern.example>\r\nTo: ana@reader.example\r\nSubject: The Weekly Lantern, 12 March\r\n"+
		"Date: Fri, 12 Mar 2027 06:00:00 +0000\r\nMessage-ID: <b214.x7k2@lantern.example>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/alternative; boundary=\"lantern-boundary\"\r\n\r\n")
	for _, part := range []struct{ kind, body string }{{"text/plain", text}, {"text/html", html}} {
		p, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type": {part.kind + "; charset=UTF-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			t.Fatal(err)
		}
		q := quotedprintable.NewWriter(p)
		if _, err := q.Write([]byte(part.body)); err != nil {
			t.Fatal(err)
		}
		if err := q.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The pictures are for people to look at; -update takes them anew. The test
// only makes sure that docs/email.md shows pictures of the widths it says.
func TestPicturesOfTheSampleAreThere(t *testing.T) {
	t.Parallel()
	pictures := map[string]judge.View{
		"320-light": {Width: 320}, "600-light": {Width: 600}, "1200-light": {Width: 1200},
		"320-dark": {Width: 320, Dark: true}, "600-dark": {Width: 600, Dark: true}, "1200-dark": {Width: 1200, Dark: true},
		"600-no-styles": {Width: 600, Bare: true},
	}
	dir := filepath.Join(judge.Root(t), "docs", "images")
	if *update {
		browser := judge.Chromium(t)
		page, _ := mustRender(t, lantern()).For(reader1)
		for name, view := range pictures {
			picture := smaller(t, browser.Screenshot(t, page, view))
			if err := os.WriteFile(filepath.Join(dir, "bulletin-"+name+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, view := range pictures {
		picture, err := os.ReadFile(filepath.Join(dir, "bulletin-"+name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		shape, err := png.DecodeConfig(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		if shape.Width != view.Width || shape.Height < 900 {
			t.Errorf("%s is %d by %d pixels", name, shape.Width, shape.Height)
		}
	}
}

// smaller keeps the 256 commonest colours of a picture, which are nearly all
// that a page of text has, so that it takes a third of the room.
func smaller(t *testing.T, shot []byte) []byte {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.Color]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			count[img.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int {
		return cmp.Or(count[b]-count[a], strings.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	few := picture.NewPaletted(img.Bounds(), colours[:min(256, len(colours))])
	draw.Draw(few, few.Bounds(), img, picture.Point{}, draw.Src)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, few); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
