package letters

import (
	"epistle/internal/newsletter"
	"epistle/internal/web"
)

// Confirm asks whether a sign-up is meant; link leads to the page that takes yes
// for an answer.
func (l *Letters) Confirm(n *newsletter.Newsletter, link string) *newsletter.Letter {
	w, lang := l.signup.For(n.Language)
	return w.Confirm.write(n, lang, newsletter.LetterLink{Label: w.ConfirmLink, URL: link})
}

// Known answers a sign-up of somebody who gets the newsletter already; choose is the
// link to their own page, leave the one to leave it.
func (l *Letters) Known(n *newsletter.Newsletter, choose, leave string) *newsletter.Letter {
	w, lang := l.signup.For(n.Language)
	return w.Known.write(n, lang, newsletter.LetterLink{Label: w.ChooseLink, URL: choose}, newsletter.LetterLink{Label: w.LeaveLink, URL: leave})
}

// Undo says that somebody pressed the button for leaving; back leads to the page
// that takes it back.
func (l *Letters) Undo(n *newsletter.Newsletter, back string) *newsletter.Letter {
	w, lang := l.signup.For(n.Language)
	return w.Undo.write(n, lang, newsletter.LetterLink{Label: w.UndoLink, URL: back})
}

type signupWords struct {
	Confirm     letterWords
	ConfirmLink string
	Known       letterWords
	ChooseLink  string
	LeaveLink   string
	Undo        letterWords
	UndoLink    string
}

func newSignupCatalogue() *web.Catalogue[signupWords] {
	return web.NewCatalogue(
		web.Translation[signupWords]{Tag: "en", Words: signupWords{
			Confirm: letterWords{
				Subject: "Please confirm: %s",
				Heading: "Shall we send you %s?",
				Paragraphs: []string{
					"Somebody, most likely you, asked on our page to get %s at this address.",
					"Nothing is sent before you say yes. The button opens a page, and there you confirm it with one more press.",
				},
				Closing: []string{
					"If it was not you, you need not do anything: you get no further mail, and we forget the address after seven days.",
				},
			},
			ConfirmLink: "Yes, confirm my subscription",
			Known: letterWords{
				Subject: "You already get %s",
				Heading: "You already get %s",
				Paragraphs: []string{
					"Somebody, most likely you, asked on our page to get %s at this address. It is subscribed already, so nothing has changed.",
					"If you miss the bulletins, please look in the folder for unwanted mail, and tell your mail program that they are wanted.",
				},
				Closing: []string{"If it was not you, you need not do anything."},
			},
			ChooseLink: "See and change what you get",
			LeaveLink:  "Leave this newsletter",
			Undo: letterWords{
				Subject: "You have left %s",
				Heading: "You have left %s",
				Paragraphs: []string{
					"The button for leaving was pressed on the page of a bulletin that we sent to you. If that was you, everything is done, and no further bulletin comes.",
					"If it was not you, or not meant, you can take it back. Everything is then as it was.",
				},
				Closing: []string{
					"You get this mail because whoever has a bulletin that you forwarded can press that button too. The way back is open for 30 days.",
				},
			},
			UndoLink: "Undo: send it to me again",
		}},
		web.Translation[signupWords]{Tag: "de", Words: signupWords{
			Confirm: letterWords{
				Subject: "Bitte bestätigen: %s",
				Heading: "Dürfen wir Ihnen %s schicken?",
				Paragraphs: []string{
					"Jemand, vermutlich Sie selbst, hat auf unserer Seite %s für diese Adresse bestellt.",
					"Wir schicken nichts, bevor Sie ja gesagt haben. Der Knopf öffnet eine Seite, und dort bestätigen Sie es mit einem weiteren Druck.",
				},
				Closing: []string{
					"Wenn Sie es nicht waren, brauchen Sie nichts zu tun: Es kommt keine weitere E-Mail, und nach sieben Tagen vergessen wir die Adresse.",
				},
			},
			ConfirmLink: "Ja, die Bestellung bestätigen",
			Known: letterWords{
				Subject: "Sie bekommen %s schon",
				Heading: "Sie bekommen %s schon",
				Paragraphs: []string{
					"Jemand, vermutlich Sie selbst, hat auf unserer Seite %s für diese Adresse bestellt. Sie ist schon eingetragen, also hat sich nichts geändert.",
					"Wenn Sie die Ausgaben vermissen, sehen Sie bitte im Ordner für unerwünschte E-Mails nach und sagen Sie Ihrem Mailprogramm, dass sie erwünscht sind.",
				},
				Closing: []string{"Wenn Sie es nicht waren, brauchen Sie nichts zu tun."},
			},
			ChooseLink: "Ansehen und ändern, was Sie bekommen",
			LeaveLink:  "Diesen Newsletter abbestellen",
			Undo: letterWords{
				Subject: "Sie haben %s abbestellt",
				Heading: "Sie haben %s abbestellt",
				Paragraphs: []string{
					"Auf der Seite einer Ausgabe, die wir Ihnen geschickt haben, wurde der Knopf zum Abbestellen gedrückt. Wenn Sie das waren, ist alles getan, und es kommt keine weitere Ausgabe.",
					"Wenn Sie es nicht waren oder es ein Versehen war, können Sie es rückgängig machen. Dann ist alles wieder, wie es war.",
				},
				Closing: []string{
					"Sie bekommen diese E-Mail, weil auch wer eine von Ihnen weitergeleitete Ausgabe hat, diesen Knopf drücken kann. Der Weg zurück ist 30 Tage lang offen.",
				},
			},
			UndoLink: "Rückgängig machen und weiter bekommen",
		}},
	)
}
