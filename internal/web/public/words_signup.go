package public

// signupWords are the sentences of the pages for subscribing; %s is the newsletter,
// but for AskedText, where it is the address that was typed.
type signupWords struct {
	SubscribeHeading string // %s
	SubscribeText    string
	AddressLabel     string
	AddressFault     string
	TrapLabel        string
	Consent          string // %s; kept as the consent that was given
	SubscribeButton  string

	MoreHeading string // %s
	MoreText    string

	AskedHeading string
	AskedText    string // %s
	AskedHint    string

	BusyHeading, BusyText string

	ConfirmHeading string // %s
	ConfirmText    string
	ConfirmButton  string

	ConfirmedHeading string // %s
	ConfirmedText    string

	KnownHeading string // %s
	KnownText    string

	UsedHeading      string
	UsedText         string // %s
	SubscribeAnew    string
	BarredHeading    string
	BarredText       string
	ForgottenHeading string
	ForgottenText    string
}

func signupEnglish() signupWords {
	return signupWords{
		SubscribeHeading: "Subscribe to %s",
		SubscribeText:    "It comes by e-mail. We first send you a letter in which you confirm that you want it.",
		AddressLabel:     "Your e-mail address",
		AddressFault:     "This cannot be an e-mail address. It looks like name@example.org, with nothing before or after it.",
		TrapLabel:        "Please leave this field empty",
		Consent:          "By pressing the button I ask for %s by e-mail. I can leave at any time with one click.",
		SubscribeButton:  "Subscribe",

		MoreHeading: "Subscribe to %s: one more press",
		MoreText:    "Please see whether the address is right, and press the button.",

		AskedHeading: "Look into your mailbox",
		AskedText:    "If we may write to %s, a letter is on its way there. In it you confirm that you want the newsletter.",
		AskedHint:    "Nothing there after a few minutes? Please look in the folder for unwanted mail, and see whether the address above is right. We send at most three such letters an hour to one address.",

		BusyHeading: "Too many at once",
		BusyText:    "So many people are subscribing at the moment that we have to go slowly. Please try again in an hour.",

		ConfirmHeading: "Get %s by e-mail?",
		ConfirmText:    "One press, and from now on every bulletin comes to the address at which this link arrived.",
		ConfirmButton:  "Yes, send it to me",

		ConfirmedHeading: "You now get %s",
		ConfirmedText:    "The next bulletin comes to you. In each one there is a link with which you can leave at once.",

		KnownHeading: "You get %s",
		KnownText:    "This link has done its work, and nothing is left to do here.",

		UsedHeading:   "This link has been used",
		UsedText:      "It made you a subscriber of %s once, and you have left since. If you want to get it again, you are welcome.",
		SubscribeAnew: "Subscribe anew",

		BarredHeading: "We may not write to this address",
		BarredText:    "Mail to it was once called unwanted, and then we send nothing more. If you want the newsletter all the same, please answer the letter that brought you here.",

		ForgottenHeading: "This link has run out",
		ForgottenText:    "What it was about is no longer kept here. Please subscribe anew if you want the newsletter.",
	}
}

func signupGerman() signupWords {
	return signupWords{
		SubscribeHeading: "%s bestellen",
		SubscribeText:    "Er kommt per E-Mail. Zuerst schicken wir Ihnen einen Brief, in dem Sie bestätigen, dass Sie ihn wollen.",
		AddressLabel:     "Ihre E-Mail-Adresse",
		AddressFault:     "Das kann keine E-Mail-Adresse sein. Sie sieht aus wie name@example.org, ohne etwas davor oder dahinter.",
		TrapLabel:        "Bitte lassen Sie dieses Feld leer",
		Consent:          "Mit dem Knopf bestelle ich %s per E-Mail. Ich kann jederzeit mit einem Klick abbestellen.",
		SubscribeButton:  "Bestellen",

		MoreHeading: "%s bestellen: noch ein Druck",
		MoreText:    "Bitte sehen Sie nach, ob die Adresse stimmt, und drücken Sie auf den Knopf.",

		AskedHeading: "Sehen Sie in Ihr Postfach",
		AskedText:    "Wenn wir an %s schreiben dürfen, ist ein Brief dorthin unterwegs. Darin bestätigen Sie, dass Sie den Newsletter wollen.",
		AskedHint:    "Nach ein paar Minuten noch nichts da? Bitte sehen Sie im Ordner für unerwünschte E-Mails nach, und ob die Adresse oben stimmt. An eine Adresse schicken wir höchstens drei solche Briefe in der Stunde.",

		BusyHeading: "Zu viele auf einmal",
		BusyText:    "Im Augenblick bestellen so viele, dass wir langsam machen müssen. Bitte versuchen Sie es in einer Stunde noch einmal.",

		ConfirmHeading: "%s per E-Mail bekommen?",
		ConfirmText:    "Ein Druck auf den Knopf, und von nun an kommt jede Ausgabe an die Adresse, an die dieser Link kam.",
		ConfirmButton:  "Ja, schicken Sie ihn mir",

		ConfirmedHeading: "Sie bekommen jetzt %s",
		ConfirmedText:    "Die nächste Ausgabe kommt zu Ihnen. In jeder steht ein Link, mit dem Sie sofort abbestellen können.",

		KnownHeading: "Sie bekommen %s",
		KnownText:    "Dieser Link hat seinen Dienst getan, und hier ist nichts mehr zu tun.",

		UsedHeading:   "Dieser Link ist schon benutzt",
		UsedText:      "Mit ihm haben Sie einmal %s bestellt, und seither haben Sie abbestellt. Wenn Sie den Newsletter wieder bekommen möchten, sind Sie willkommen.",
		SubscribeAnew: "Neu bestellen",

		BarredHeading: "An diese Adresse dürfen wir nicht schreiben",
		BarredText:    "Eine E-Mail an sie wurde einmal als unerwünscht gemeldet, und dann schicken wir nichts mehr. Wenn Sie den Newsletter trotzdem möchten, antworten Sie bitte auf den Brief, der Sie hierher gebracht hat.",

		ForgottenHeading: "Dieser Link ist abgelaufen",
		ForgottenText:    "Worum es ging, ist hier nicht mehr gespeichert. Bitte bestellen Sie neu, wenn Sie den Newsletter möchten.",
	}
}
