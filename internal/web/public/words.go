package public

import "epistle/internal/web"

// words are the sentences of the readers' pages, in parts: each part stands in the
// file words_*.go of its pages. Those with %s take a name there, once.
type words struct {
	linkWords
	leaveWords
	signupWords
	chooseWords
}

func newCatalogue() *web.Catalogue[words] {
	return web.NewCatalogue(
		web.Translation[words]{Tag: "en", Words: words{
			linkWords:   linkEnglish(),
			leaveWords:  leaveEnglish(),
			signupWords: signupEnglish(),
			chooseWords: chooseEnglish(),
		}},
		web.Translation[words]{Tag: "de", Words: words{
			linkWords:   linkGerman(),
			leaveWords:  leaveGerman(),
			signupWords: signupGerman(),
			chooseWords: chooseGerman(),
		}},
	)
}

// linkWords are said of links that do not work.
type linkWords struct {
	BrokenHeading, BrokenText, BrokenLeaveText string
	ExpiredHeading, ExpiredText                string
}

func linkEnglish() linkWords {
	return linkWords{
		BrokenHeading:   "This link does not work",
		BrokenText:      "It may have lost a piece on its way, as happens when a mail program breaks it over two lines. Please open it once more from the e-mail.",
		BrokenLeaveText: "It may have lost a piece on its way, as happens when a mail program breaks it over two lines. Please open it once more from the e-mail, or answer that e-mail and ask to be taken off the list.",
		ExpiredHeading:  "This link has run out",
		ExpiredText:     "It worked for a limited time only. Please use the link in the latest e-mail you have.",
	}
}

func linkGerman() linkWords {
	return linkWords{
		BrokenHeading:   "Dieser Link funktioniert nicht",
		BrokenText:      "Vielleicht hat er unterwegs ein Stück verloren, etwa weil ein Mailprogramm ihn auf zwei Zeilen verteilt hat. Bitte öffnen Sie ihn noch einmal aus der E-Mail.",
		BrokenLeaveText: "Vielleicht hat er unterwegs ein Stück verloren, etwa weil ein Mailprogramm ihn auf zwei Zeilen verteilt hat. Bitte öffnen Sie ihn noch einmal aus der E-Mail, oder antworten Sie auf die E-Mail und bitten Sie darum, aus der Liste genommen zu werden.",
		ExpiredHeading:  "Dieser Link ist abgelaufen",
		ExpiredText:     "Er galt nur für begrenzte Zeit. Bitte nehmen Sie den Link aus der neuesten E-Mail, die Sie haben.",
	}
}
