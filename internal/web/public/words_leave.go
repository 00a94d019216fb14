package public

// leaveWords are the sentences of the pages for leaving; %s is the newsletter.
type leaveWords struct {
	LeaveHeading string // %s
	LeaveText    string
	LeaveButton  string

	LeftHeading string // %s
	LeftText    string
	LeftThanks  string

	AlreadyHeading string // %s
	AlreadyText    string
}

func leaveEnglish() leaveWords {
	return leaveWords{
		LeaveHeading: "Leave %s",
		LeaveText:    "One press, and no further bulletin goes to the address at which this link arrived.",
		LeaveButton:  "Leave this newsletter",

		LeftHeading: "You have left %s",
		LeftText:    "No further bulletin will be sent to you. One that was on its way before this moment may still arrive.",
		LeftThanks:  "Thank you for reading. You can close this page now.",

		AlreadyHeading: "You have already left %s",
		AlreadyText:    "Nothing more is being sent to you. There is nothing left to do here.",
	}
}

func leaveGerman() leaveWords {
	return leaveWords{
		LeaveHeading: "%s abbestellen",
		LeaveText:    "Ein Druck auf den Knopf, und an die Adresse, an die dieser Link kam, geht keine weitere Ausgabe.",
		LeaveButton:  "Diesen Newsletter abbestellen",

		LeftHeading: "Sie haben %s abbestellt",
		LeftText:    "Es wird Ihnen keine weitere Ausgabe geschickt. Eine, die schon unterwegs war, kann noch ankommen.",
		LeftThanks:  "Danke, dass Sie mitgelesen haben. Sie können diese Seite jetzt schließen.",

		AlreadyHeading: "Sie haben %s schon abbestellt",
		AlreadyText:    "Ihnen wird nichts mehr geschickt. Hier ist nichts mehr zu tun.",
	}
}
