package public

import (
	"net/http/httptest"

	"epistle/internal/web"
	"epistle/templates"
)

// chooseStories is one example of each page of a reader's own.
func chooseStories(k *web.Kit, lang web.Language, w *words, mast web.Masthead) map[string]func(*httptest.ResponseRecorder) error {
	return map[string]func(*httptest.ResponseRecorder) error{
		"choose.html": func(rec *httptest.ResponseRecorder) error {
			return web.NewView[choosePage](templates.Public, "public/choose.html").Write(rec, 200, choosePage{
				Frame: k.Frame(lang, w.ChooseHeading), Masthead: mast, NameLang: "ar", Heading: web.Fill(w.ChooseHeading, mast.Name, "ar"),
				Action: "/choose/TOKEN", Done: w.SectionsDone, Standing: w.StandingLeft,
				Choose: &sectionsForm{
					Heading: w.SectionsHeading, Text: w.SectionsText, Button: w.SectionsButton, TextOnlyLabel: w.TextOnlyLabel, TextOnlyHint: w.TextOnlyHint,
					Sections: []sectionBox{{"coast", `Coast & "Isles"`, true}, {"rivers", "بلدات النهر", false}}, TextOnly: true,
				},
				Pause: &pauseForm{
					Heading: w.PauseHeading, Text: w.PauseText, For: []pauseButton{{twoWeeks, w.PauseTwoWeeks}, {month, w.PauseMonth}},
					Label: w.PauseLabel, Value: "2027-03-01", Min: "2027-03-13", Max: "2028-03-12", Button: w.PauseButton, Fault: w.PastFault,
				},
				Language: languageForm{Heading: w.LanguageHeading, Label: w.LanguageLabel, Button: w.LanguageButton, Options: []languageOption{{Name: w.LanguageOwn, Chosen: true}, {Tag: "de", Name: "Deutsch", Lang: "de"}}},
				More:     w.WaysHeading, Others: []otherLink{{web.Fill(w.OtherLabel, "The Monthly Lantern", ""), "/choose/OTHER"}},
				Join: []joinForm{{"daily", web.Fill(w.Consent, "The Daily Lantern", ""), web.Fill(w.JoinButton, "The Daily Lantern", "")}},
				You:  web.Link{Label: w.YouLabel, Href: "/choose/TOKEN/you"}, Leave: &web.Link{Label: w.LeaveLabel, Href: "/u/TOKEN"},
			})
		},
		"you.html": func(rec *httptest.ResponseRecorder) error {
			done := web.Fill(w.NewAddressDone, "ana@harbour.example", "")
			return web.NewView[youPage](templates.Public, "public/you.html").Write(rec, 200, youPage{
				Frame: k.Frame(lang, w.YouHeading), Masthead: mast, Heading: w.YouHeading, Text: web.Fill(w.YouText, "a…@h….example", ""), Action: "/choose/TOKEN/you",
				Done: &done, Address: addressForm{w.NewAddressHeading, w.NewAddressText, w.NewAddressLabel, `"><b>`, w.NewAddressFault, w.NewAddressButton},
				Asks: []askForm{{"download", w.DownloadHeading, w.DownloadText, w.OftenFault, w.DownloadButton}, {"erase", w.EraseHeading, w.EraseText, "", w.EraseButton}},
				Back: web.Link{Label: w.YouBack, Href: "/choose/TOKEN"},
			})
		},
		"wish.html": func(rec *httptest.ResponseRecorder) error {
			return web.NewView[wishPage](templates.Public, "public/wish.html").Write(rec, 200, wishPage{
				Frame: k.Frame(lang, w.ForgetHeading), Masthead: mast, Heading: w.ForgetHeading,
				Texts: []string{w.ForgetErased, w.ForgetKept, w.ForgetNoWay}, Button: w.ForgetButton, Action: "/erase/TOKEN",
			})
		},
	}
}
