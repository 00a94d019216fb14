package public

import "epistle/internal/web"

// words are the sentences of the readers' pages. Those with %s take the
// newsletter's name there, once.
type words struct {
	LeaveHeading string // %s
	LeaveText    string
	LeaveButton  string

	LeftHeading string // %s
	LeftText    string
	LeftThanks  string

	AlreadyHeading string // %s
	AlreadyText    string

	BrokenHeading, BrokenText, BrokenLeaveText string
	ExpiredHeading, ExpiredText                string
}

func newCatalogue() *web.Catalogue[words] {
	return web.NewCatalogue(
		web.Translation[words]{Tag: "en", Words: words{
			LeaveHeading: "Leave %s",
			LeaveText:    "One press, and no further bulletin goes to the address at which this link arrived.",
			LeaveButton:  "Leave this newsletter",

			LeftHeading: "You have left %s",
			LeftText:    "No further bulletin will be sent to you. One that was on its way before this moment may still arrive.",
			LeftThanks:  "Thank you for reading. You can close this page now.",

			AlreadyHeading: "You have already left %s",
			AlreadyText:    "Nothing more is being sent to you. There is nothing left to do here.",

			BrokenHeading:   "This link does not work",
			BrokenText:      "It may have lost a piece on its way, as happens when a mail program breaks it over two lines. Please open it once more from the e-mail.",
			BrokenLeaveText: "It may have lost a piece on its way, as happens when a mail program breaks it over two lines. Please open it once more from the e-mail, or answer that e-mail and ask to be taken off the list.",
			ExpiredHeading:  "This link has run out",
			ExpiredText:     "It worked for a limited time only. Please use the link in the latest e-mail you have.",
		}},
		web.Translation[words]{Tag: "de", Words: words{
			LeaveHeading: "%s abbestellen",
			LeaveText:    "Ein Druck auf den Knopf, und an die Adresse, an die dieser Link kam, geht keine weitere Ausgabe.",
			LeaveButton:  "Diesen Newsletter abbestellen",

			LeftHeading: "Sie haben %s abbestellt",
			LeftText:    "Es wird Ihnen keine weitere Ausgabe geschickt. Eine, die schon unterwegs war, kann noch ankommen.",
			LeftThanks:  "Danke, dass Sie mitgelesen haben. Sie können diese Seite jetzt schließen.",

			AlreadyHeading: "Sie haben %s schon abbestellt",
			AlreadyText:    "Ihnen wird nichts mehr geschickt. Hier ist nichts mehr zu tun.",

			BrokenHeading:   "Dieser Link funktioniert nicht",
			BrokenText:      "Vielleicht hat er unterwegs ein Stück verloren, etwa weil ein Mailprogramm ihn auf zwei Zeilen verteilt hat. Bitte öffnen Sie ihn noch einmal aus der E-Mail.",
			BrokenLeaveText: "Vielleicht hat er unterwegs ein Stück verloren, etwa weil ein Mailprogramm ihn auf zwei Zeilen verteilt hat. Bitte öffnen Sie ihn noch einmal aus der E-Mail, oder antworten Sie auf die E-Mail und bitten Sie darum, aus der Liste genommen zu werden.",
			ExpiredHeading:  "Dieser Link ist abgelaufen",
			ExpiredText:     "Er galt nur für begrenzte Zeit. Bitte nehmen Sie den Link aus der neuesten E-Mail, die Sie haben.",
		}},
	)
}
