package public

// chooseWords are the sentences of a reader's own page. %s is the newsletter in
// headings, and otherwise what its comment says.
type chooseWords struct {
	ChooseHeading string // %s

	SectionsHeading, SectionsText   string
	TextOnlyLabel, TextOnlyHint     string
	SectionsButton, SectionsDone    string
	PauseHeading, PauseText         string
	PausedText                      string // %s: the day on which bulletins come again
	PausedOpenText                  string
	PauseTwoWeeks, PauseMonth       string // %s: that day
	PauseLabel, PauseLonger         string
	PauseButton                     string
	PauseDone                       string // %s: that day
	ResumeButton, ResumeDone        string
	DateFault, PastFault, FarFault  string
	LanguageHeading, LanguageLabel  string
	LanguageOwn                     string
	LanguageButton, LanguageDone    string
	WaysHeading                     string
	OtherLabel                      string // %s
	YouLabel, LeaveLabel            string
	JoinButton                      string // %s
	JoinDone                        string
	StandingPending, StandingLeft   string
	StandingSuspended, StandingNone string

	YouHeading                                                             string
	YouText                                                                string // %s: the shortened address
	YouBack                                                                string
	NewAddressHeading, NewAddressText, NewAddressLabel, NewAddressButton   string
	NewAddressDone                                                         string // %s: what was typed
	NewAddressFault                                                        string
	DownloadHeading, DownloadText, DownloadButton, DownloadDone            string
	EraseHeading, EraseText, EraseButton, EraseDone                        string
	OftenFault, LatelyFault                                                string
	MoveHeading, MoveText, MoveButton, MovedHeading, MovedText             string
	ReturnHeading, ReturnText, ReturnButton, ReturnedHeading, ReturnedText string
	FetchHeading, FetchText, FetchButton                                   string
	ForgetHeading, ForgetErased, ForgetKept, ForgetNoWay                   string
	ForgetButton, ErasedHeading, ErasedText                                string
	WishUsedHeading, WishUsedText, WishOverHeading, WishOverText           string
}

func chooseEnglish() chooseWords {
	return chooseWords{
		ChooseHeading: "What you get of %s",

		SectionsHeading: "What each bulletin brings",
		SectionsText:    "Take the mark off what you would rather not read. The opening always comes. A bulletin in which nothing is left for you is not sent to you.",
		TextOnlyLabel:   "Plain text only",
		TextOnlyHint:    "Without design and pictures, for old or very simple mail programs.",
		SectionsButton:  "Save this choice",
		SectionsDone:    "Saved. It counts from the next bulletin on, and you can change it here at any time.",

		PauseHeading:   "Pause for a while",
		PauseText:      "During a pause no bulletin comes. Afterwards they come again by themselves; those in between are not sent later.",
		PausedText:     "You are having a pause. Bulletins come again from %s on, by themselves.",
		PausedOpenText: "You are having a pause without an end. Bulletins come again when you say so here.",
		PauseTwoWeeks:  "For two weeks, until %s",
		PauseMonth:     "For a month, until %s",
		PauseLabel:     "Or until a day of your choice",
		PauseLonger:    "Another end of the pause",
		PauseButton:    "Pause until this day",
		PauseDone:      "No bulletin comes before %s. You can end the pause here at any time.",
		ResumeButton:   "End the pause now",
		ResumeDone:     "The pause is over. The next bulletin comes to you.",
		DateFault:      "Please write a day like 2027-05-01: year, month, day.",
		PastFault:      "Please choose a day after today.",
		FarFault:       "Please choose a day within a year. For longer than that, leave the newsletter; you can come back at any time.",

		LanguageHeading: "Language of these pages",
		LanguageLabel:   "These pages, and letters about your subscription",
		LanguageOwn:     "The newsletter’s language",
		LanguageButton:  "Save the language",
		LanguageDone:    "Saved. The bulletins themselves are not translated.",

		WaysHeading: "More",
		OtherLabel:  "What you get of %s",
		YouLabel:    "Your address, and what is kept about you",
		LeaveLabel:  "Leave this newsletter",
		JoinButton:  "Subscribe to %s",
		JoinDone:    "A letter is on its way to your address. Press the button in it, and you are subscribed.",

		StandingPending:   "You do not get this newsletter yet: the letter that asks whether you want it waits for your answer.",
		StandingLeft:      "You have left this newsletter. Nothing is sent to you.",
		StandingSuspended: "Nothing is sent to you at the moment, because your mailbox refused our mail. Please answer one of our e-mails if it works again.",
		StandingNone:      "You do not get this newsletter.",

		YouHeading:        "Your address, and what is kept about you",
		YouText:           "Bulletins go to %s. The address is not shown in full, because a bulletin that you forward carries the link to this page.",
		YouBack:           "Back to what you get",
		NewAddressHeading: "Another address",
		NewAddressText:    "We send a letter to the new address. Once you have pressed the button in it, everything goes there, and the present address is told.",
		NewAddressLabel:   "The new address",
		NewAddressButton:  "Send the letter",
		NewAddressDone:    "If we may write to %s, a letter is on its way there. Nothing changes before you confirm it.",
		NewAddressFault:   "This cannot be an e-mail address. It looks like name@example.org, with nothing before or after it.",
		DownloadHeading:   "Download",
		DownloadText:      "We send you a link with which you get everything that is kept about you, as one file.",
		DownloadButton:    "Send me the link",
		DownloadDone:      "A letter with the link is on its way to your address. The link works for one day.",
		EraseHeading:      "Be forgotten",
		EraseText:         "We send you a link with which you erase everything that is kept about you. To get no more bulletins it is enough to leave.",
		EraseButton:       "Send me the link for erasing",
		EraseDone:         "A letter with the link is on its way to your address. Nothing is erased before you confirm it.",
		OftenFault:        "This was asked for three times within a day. Please look for our letters, also among unwanted mail, or try again tomorrow.",
		LatelyFault:       "Your address was changed a few days ago. So that nobody takes what is yours, this is possible seven days after that.",

		MoveHeading:     "Use this address from now on?",
		MoveText:        "One press, and bulletins come to the address at which this link arrived. The address before it is told.",
		MoveButton:      "Yes, use this address",
		MovedHeading:    "Your new address is used",
		MovedText:       "From now on everything comes there. Links in e-mails that you have already go on to work.",
		ReturnHeading:   "Take the change back?",
		ReturnText:      "One press, and bulletins come again to the address at which this link arrived.",
		ReturnButton:    "Yes, take it back",
		ReturnedHeading: "The change was taken back",
		ReturnedText:    "Everything comes again to the address at which this link arrived.",

		FetchHeading: "What is kept about you",
		FetchText:    "One press, and you get it as one file: your address and name, what you get and since when, every bulletin that was sent to you, and what was changed by whom.",
		FetchButton:  "Download the file",

		ForgetHeading: "Erase everything about you?",
		ForgetErased:  "Erased are your address, earlier addresses, your name, every note about you, what you subscribed to and your consent, for all newsletters that are sent from here.",
		ForgetKept:    "Kept are the number of people to whom each bulletin went, and a fingerprint of your address from which nobody can read it. By it we know that no list may bring you back.",
		ForgetNoWay:   "There is no way back. If you want a newsletter again later, subscribe anew.",
		ForgetButton:  "Yes, erase everything",
		ErasedHeading: "Everything about you was erased",
		ErasedText:    "No further bulletin comes. One that was on its way before this moment may still arrive.",

		WishUsedHeading: "This link has done its work",
		WishUsedText:    "What you asked for has been done. There is nothing left to do here.",
		WishOverHeading: "This link can no longer be used",
		WishOverText:    "Something else happened since, or the address is used by somebody already. Nothing was changed by it. You can ask for a new link on your page, which is linked at the end of each bulletin.",
	}
}

func chooseGerman() chooseWords {
	return chooseWords{
		ChooseHeading: "Was Sie von %s bekommen",

		SectionsHeading: "Was jede Ausgabe bringt",
		SectionsText:    "Nehmen Sie das Häkchen weg, wo Sie lieber nicht mitlesen. Der Anfang kommt immer. Eine Ausgabe, in der für Sie nichts übrig bleibt, schicken wir Ihnen nicht.",
		TextOnlyLabel:   "Nur als reiner Text",
		TextOnlyHint:    "Ohne Gestaltung und Bilder, für alte oder sehr einfache Mailprogramme.",
		SectionsButton:  "Diese Auswahl speichern",
		SectionsDone:    "Gespeichert. Es gilt von der nächsten Ausgabe an, und Sie können es hier jederzeit ändern.",

		PauseHeading:   "Eine Weile aussetzen",
		PauseText:      "Während einer Pause kommt keine Ausgabe. Danach kommen sie von selbst wieder; die dazwischen werden nicht nachgeschickt.",
		PausedText:     "Sie haben gerade Pause. Ab dem %s kommen die Ausgaben von selbst wieder.",
		PausedOpenText: "Sie haben eine Pause ohne Ende. Die Ausgaben kommen wieder, wenn Sie es hier sagen.",
		PauseTwoWeeks:  "Zwei Wochen, bis zum %s",
		PauseMonth:     "Einen Monat, bis zum %s",
		PauseLabel:     "Oder bis zu einem Tag Ihrer Wahl",
		PauseLonger:    "Ein anderes Ende der Pause",
		PauseButton:    "Bis zu diesem Tag aussetzen",
		PauseDone:      "Vor dem %s kommt keine Ausgabe. Sie können die Pause hier jederzeit beenden.",
		ResumeButton:   "Die Pause jetzt beenden",
		ResumeDone:     "Die Pause ist vorbei. Die nächste Ausgabe kommt zu Ihnen.",
		DateFault:      "Bitte schreiben Sie einen Tag wie 2027-05-01: Jahr, Monat, Tag.",
		PastFault:      "Bitte wählen Sie einen Tag nach dem heutigen.",
		FarFault:       "Bitte wählen Sie einen Tag innerhalb eines Jahres. Für länger bestellen Sie den Newsletter ab; Sie können jederzeit wiederkommen.",

		LanguageHeading: "Sprache dieser Seiten",
		LanguageLabel:   "Diese Seiten und Briefe zu Ihrem Abonnement",
		LanguageOwn:     "Sprache des Newsletters",
		LanguageButton:  "Die Sprache speichern",
		LanguageDone:    "Gespeichert. Die Ausgaben selbst werden nicht übersetzt.",

		WaysHeading: "Mehr",
		OtherLabel:  "Was Sie von %s bekommen",
		YouLabel:    "Ihre Adresse, und was über Sie gespeichert ist",
		LeaveLabel:  "Diesen Newsletter abbestellen",
		JoinButton:  "%s bestellen",
		JoinDone:    "Ein Brief ist an Ihre Adresse unterwegs. Drücken Sie darin auf den Knopf, dann bekommen Sie den Newsletter.",

		StandingPending:   "Sie bekommen diesen Newsletter noch nicht: Der Brief mit der Frage, ob Sie ihn wollen, wartet auf Ihre Antwort.",
		StandingLeft:      "Sie haben diesen Newsletter abbestellt. Es wird Ihnen nichts geschickt.",
		StandingSuspended: "Im Augenblick wird Ihnen nichts geschickt, weil Ihr Postfach unsere E-Mails abgelehnt hat. Bitte antworten Sie auf eine unserer E-Mails, wenn es wieder geht.",
		StandingNone:      "Sie bekommen diesen Newsletter nicht.",

		YouHeading:        "Ihre Adresse, und was über Sie gespeichert ist",
		YouText:           "Die Ausgaben gehen an %s. Die Adresse steht hier nicht ganz, denn eine Ausgabe, die Sie weiterleiten, enthält den Link zu dieser Seite.",
		YouBack:           "Zurück zu dem, was Sie bekommen",
		NewAddressHeading: "Eine andere Adresse",
		NewAddressText:    "Wir schicken einen Brief an die neue Adresse. Sobald Sie darin auf den Knopf gedrückt haben, geht alles dorthin, und die jetzige Adresse erfährt es.",
		NewAddressLabel:   "Die neue Adresse",
		NewAddressButton:  "Den Brief schicken",
		NewAddressDone:    "Wenn wir an %s schreiben dürfen, ist ein Brief dorthin unterwegs. Es ändert sich nichts, bevor Sie es bestätigen.",
		NewAddressFault:   "Das kann keine E-Mail-Adresse sein. Sie sieht aus wie name@example.org, ohne etwas davor oder dahinter.",
		DownloadHeading:   "Herunterladen",
		DownloadText:      "Wir schicken Ihnen einen Link, mit dem Sie alles, was über Sie gespeichert ist, als eine Datei bekommen.",
		DownloadButton:    "Den Link schicken",
		DownloadDone:      "Ein Brief mit dem Link ist an Ihre Adresse unterwegs. Der Link gilt einen Tag.",
		EraseHeading:      "Vergessen werden",
		EraseText:         "Wir schicken Ihnen einen Link, mit dem Sie alles löschen, was über Sie gespeichert ist. Um keine Ausgaben mehr zu bekommen, genügt es, abzubestellen.",
		EraseButton:       "Den Link zum Löschen schicken",
		EraseDone:         "Ein Brief mit dem Link ist an Ihre Adresse unterwegs. Es wird nichts gelöscht, bevor Sie es bestätigen.",
		OftenFault:        "Darum wurde innerhalb eines Tages dreimal gebeten. Bitte suchen Sie unsere Briefe, auch unter den unerwünschten E-Mails, oder versuchen Sie es morgen wieder.",
		LatelyFault:       "Ihre Adresse wurde vor wenigen Tagen geändert. Damit niemand an sich nimmt, was Ihnen gehört, geht das erst sieben Tage danach.",

		MoveHeading:     "Von nun an diese Adresse verwenden?",
		MoveText:        "Ein Druck auf den Knopf, und die Ausgaben kommen an die Adresse, an der dieser Link ankam. Die Adresse davor erfährt es.",
		MoveButton:      "Ja, diese Adresse verwenden",
		MovedHeading:    "Ihre neue Adresse wird verwendet",
		MovedText:       "Von nun an kommt alles dorthin. Links in E-Mails, die Sie schon haben, gelten weiter.",
		ReturnHeading:   "Die Änderung rückgängig machen?",
		ReturnText:      "Ein Druck auf den Knopf, und die Ausgaben kommen wieder an die Adresse, an der dieser Link ankam.",
		ReturnButton:    "Ja, rückgängig machen",
		ReturnedHeading: "Die Änderung ist rückgängig gemacht",
		ReturnedText:    "Alles kommt wieder an die Adresse, an der dieser Link ankam.",

		FetchHeading: "Was über Sie gespeichert ist",
		FetchText:    "Ein Druck auf den Knopf, und Sie bekommen es als eine Datei: Ihre Adresse und Ihren Namen, was Sie bekommen und seit wann, jede Ausgabe, die an Sie ging, und wer was geändert hat.",
		FetchButton:  "Die Datei herunterladen",

		ForgetHeading: "Alles über Sie löschen?",
		ForgetErased:  "Gelöscht werden Ihre Adresse, frühere Adressen, Ihr Name, jede Notiz über Sie, was Sie bestellt haben und Ihre Einwilligung, für alle Newsletter, die von hier kommen.",
		ForgetKept:    "Es bleiben die Zahl der Menschen, an die jede Ausgabe ging, und ein Fingerabdruck Ihrer Adresse, aus dem niemand sie lesen kann. An ihm erkennen wir, dass keine Liste Sie zurückbringen darf.",
		ForgetNoWay:   "Es gibt keinen Weg zurück. Wenn Sie später wieder einen Newsletter möchten, bestellen Sie ihn neu.",
		ForgetButton:  "Ja, alles löschen",
		ErasedHeading: "Alles über Sie ist gelöscht",
		ErasedText:    "Es kommt keine weitere Ausgabe. Eine, die schon unterwegs war, kann noch ankommen.",

		WishUsedHeading: "Dieser Link hat seinen Dienst getan",
		WishUsedText:    "Was Sie wollten, ist getan. Hier ist nichts mehr zu tun.",
		WishOverHeading: "Dieser Link kann nicht mehr verwendet werden",
		WishOverText:    "Inzwischen ist etwas anderes geschehen, oder die Adresse gehört schon jemandem hier. Es wurde dadurch nichts geändert. Einen neuen Link bekommen Sie auf Ihrer Seite, zu der ein Link am Ende jeder Ausgabe führt.",
	}
}
