package public

import (
	"io/fs"
	"maps"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"epistle/internal/web"
	"epistle/templates"
)

// stories is one example of every page, by its template's file. Package web
// tests the layout and the error page, which are its own.
func stories(k *web.Kit, lang web.Language, w *words) map[string]func(*httptest.ResponseRecorder) error {
	const name = "الفانوس الأسبوعي & The Weekly Lantern"
	mast := web.Masthead{Name: name, NameLang: "ar"}
	all := chooseStories(k, lang, w, mast)
	maps.Copy(all, map[string]func(*httptest.ResponseRecorder) error{
		"layout.html": nil, "error.html": nil, "style.css": nil,
		"front.html": storyFront(k, lang), "archive.html": storyArchive(k, lang), "bulletin.html": storyBulletin(k, lang),
		"leave.html": func(rec *httptest.ResponseRecorder) error {
			return web.NewView[leavePage](templates.Public, "public/leave.html").Write(rec, 200, leavePage{
				Frame: k.Frame(lang, w.LeaveHeading), Masthead: mast, Heading: web.Fill(w.LeaveHeading, name, "ar"),
				Text: w.LeaveText, Button: w.LeaveButton, Action: "/u/TOKEN", Field: pageField, Value: pageValue, ReasonLabel: w.LeaveReason,
			})
		},
		"subscribe.html": func(rec *httptest.ResponseRecorder) error {
			return web.NewView[subscribePage](templates.Public, "public/subscribe.html").Write(rec, 422, subscribePage{
				Frame: k.Frame(lang, w.SubscribeHeading), Masthead: mast, Heading: web.Fill(w.SubscribeHeading, name, "ar"),
				Text: w.SubscribeText, Action: "/subscribe/weekly", Label: w.AddressLabel, Address: "keeper@", Fault: w.AddressFault,
				TrapLabel: w.TrapLabel, TrapField: trapField, Consent: web.Fill(w.Consent, name, "ar"),
				StampField: web.StampField, Stamp: "STAMP", Button: w.SubscribeButton,
			})
		},
		"question.html": func(rec *httptest.ResponseRecorder) error {
			return web.NewView[questionPage](templates.Public, "public/question.html").Write(rec, 200, questionPage{
				Frame: k.Frame(lang, w.ConfirmHeading), Masthead: mast, Heading: web.Fill(w.ConfirmHeading, name, "ar"),
				Text: w.ConfirmText, Button: w.ConfirmButton, Action: "/confirm/TOKEN",
			})
		},
		"told.html": func(rec *httptest.ResponseRecorder) error {
			return web.NewView[toldPage](templates.Public, "public/told.html").Write(rec, 200, toldPage{
				Frame: k.Frame(lang, w.UsedHeading), Masthead: mast, Heading: web.Fill(w.AskedHeading, "", ""),
				Text: web.Fill(w.AskedText, "keeper@harbour.example", ""), Quiet: w.AskedHint, Way: &web.Link{Label: w.SubscribeAnew, Href: "/subscribe/weekly"},
			})
		},
		"left.html": func(rec *httptest.ResponseRecorder) error {
			return web.NewView[leftPage](templates.Public, "public/left.html").Write(rec, 200, leftPage{
				Frame: k.Frame(lang, w.LeftHeading), Masthead: mast, Heading: web.Fill(w.LeftHeading, name, "ar"), Text: w.LeftText, Thanks: w.LeftMailed,
				Way: &web.Link{Label: w.SubscribeAnew, Href: "/subscribe/weekly"}, Undo: &undoForm{Text: w.LeftUndo, Button: w.LeftButton, Action: "/undo/TOKEN"},
			})
		},
	})
	return all
}

func TestEveryTemplateFitsItsStruct(t *testing.T) {
	t.Parallel()
	files, err := fs.ReadDir(templates.Public, "public")
	if err != nil {
		t.Fatal(err)
	}
	c := newCatalogue()
	languages := []web.Language{{Tag: "en", Dir: "ltr"}, {Tag: "de", Dir: "ltr"}, {Tag: "ar", Dir: "rtl"}}
	for _, lang := range languages {
		w, _ := c.For(lang.Tag)
		all := stories(web.New(web.Options{}), lang, w)
		for _, file := range files {
			write, told := all[file.Name()]
			if !told {
				t.Errorf("%s has no story here", file.Name())
			}
			if write == nil {
				continue
			}
			rec := httptest.NewRecorder()
			if err := write(rec); err != nil {
				t.Errorf("%s in %s: %v", file.Name(), lang.Tag, err)
			}
			page := foreignAddresses.ReplaceAllString(rec.Body.String(), "")
			if !strings.Contains(page, `<html lang="`+lang.Tag+`" dir="`+lang.Dir+`">`) || strings.Count(page, "<h1>") != 1 || strings.Count(page, "<main") != 1 {
				t.Errorf("%s in %s: %s", file.Name(), lang.Tag, page)
			}
			for _, forbidden := range []string{"<script", "style=", "onclick", "http://", "https://", "ZgotmplZ"} {
				if strings.Contains(page, forbidden) {
					t.Errorf("%s in %s holds %s", file.Name(), lang.Tag, forbidden)
				}
			}
		}
	}
}

func TestWordsAreCompleteInEveryLanguage(t *testing.T) {
	t.Parallel()
	all := newCatalogue().All()
	first := sentences(reflect.ValueOf(all[0].Words))
	for _, tr := range all {
		for name, text := range sentences(reflect.ValueOf(tr.Words)) {
			if strings.TrimSpace(text) == "" || strings.Count(text, "%s") != strings.Count(first[name], "%s") {
				t.Errorf("%s: %s is %q", tr.Tag, name, text)
			}
		}
	}
}

// sentences gives all words of a language by the name of their field; its parts
// are structs inside the struct.
func sentences(v reflect.Value) map[string]string {
	all := map[string]string{}
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Struct {
			maps.Copy(all, sentences(v.Field(i)))
			continue
		}
		all[v.Type().Field(i).Name] = v.Field(i).String()
	}
	return all
}
