package public

// leaveWords are the sentences of the pages for leaving; %s is the newsletter.
type leaveWords struct {
	LeaveHeading string // %s
	LeaveText    string
	LeaveButton  string
	LeaveReason  string

	LeftHeading string // %s
	LeftText    string
	LeftThanks  string
	LeftMailed  string
	LeftUndo    string
	LeftButton  string

	AlreadyHeading string // %s
	AlreadyText    string

	UndoHeading string // %s
	UndoText    string
	UndoButton  string

	BackHeading string // %s
	BackText    string

	TooLateHeading string
	TooLateText    string // %s
}

func leaveEnglish() leaveWords {
	return leaveWords{
		LeaveHeading: "Leave %s",
		LeaveText:    "One press, and no further bulletin goes to the address at which this link arrived.",
		LeaveButton:  "Leave this newsletter",
		LeaveReason:  "Why? Tell us only if you like.",

		LeftHeading: "You have left %s",
		LeftText:    "No further bulletin will be sent to you. One that was on its way before this moment may still arrive.",
		LeftThanks:  "Thank you for reading. You can close this page now.",
		LeftMailed:  "A short mail with a way back is on its way to your mailbox; the way is open for 30 days.",
		LeftUndo:    "Not what you meant?",
		LeftButton:  "Undo",

		AlreadyHeading: "You have already left %s",
		AlreadyText:    "Nothing more is being sent to you. There is nothing left to do here.",

		UndoHeading: "Get %s again?",
		UndoText:    "One press, and your subscription is again what it was before you left.",
		UndoButton:  "Undo: send it to me again",

		BackHeading: "You have not left %s",
		BackText:    "Your subscription is again what it was.",

		TooLateHeading: "This can no longer be undone",
		TooLateText:    "Something else has happened to your subscription to %s since you left.",
	}
}

func leaveGerman() leaveWords {
	return leaveWords{
		LeaveHeading: "%s abbestellen",
		LeaveText:    "Ein Druck auf den Knopf, und an die Adresse, an die dieser Link kam, geht keine weitere Ausgabe.",
		LeaveButton:  "Diesen Newsletter abbestellen",
		LeaveReason:  "Warum? Nur, wenn Sie es uns sagen möchten.",

		LeftHeading: "Sie haben %s abbestellt",
		LeftText:    "Es wird Ihnen keine weitere Ausgabe geschickt. Eine, die schon unterwegs war, kann noch ankommen.",
		LeftThanks:  "Danke, dass Sie mitgelesen haben. Sie können diese Seite jetzt schließen.",
		LeftMailed:  "Eine kurze E-Mail mit dem Weg zurück ist unterwegs in Ihr Postfach; er ist 30 Tage lang offen.",
		LeftUndo:    "War es nicht so gemeint?",
		LeftButton:  "Rückgängig machen",

		AlreadyHeading: "Sie haben %s schon abbestellt",
		AlreadyText:    "Ihnen wird nichts mehr geschickt. Hier ist nichts mehr zu tun.",

		UndoHeading: "%s wieder bekommen?",
		UndoText:    "Ein Druck auf den Knopf, und alles ist wieder, wie es war, bevor Sie abbestellt haben.",
		UndoButton:  "Rückgängig machen und weiter bekommen",

		BackHeading: "Sie haben %s doch nicht abbestellt",
		BackText:    "Alles ist wieder, wie es war.",

		TooLateHeading: "Das lässt sich nicht mehr rückgängig machen",
		TooLateText:    "Seit Sie %s abbestellt haben, ist noch etwas anderes geschehen.",
	}
}
