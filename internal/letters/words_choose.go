package letters

import "epistle/internal/web"

func newChooseCatalogue() *web.Catalogue[chooseWords] {
	return web.NewCatalogue(
		web.Translation[chooseWords]{Tag: "en", Words: chooseEnglish()},
		web.Translation[chooseWords]{Tag: "de", Words: chooseGerman()},
	)
}

func chooseEnglish() chooseWords {
	return chooseWords{
		Address: choiceLetter{
			Subject: "Please confirm your new address: %s",
			Heading: "Is this your new address?",
			Paragraphs: []string{
				"Somebody, most likely you, asked on our page to get %s at this address from now on, instead of another one.",
				"Nothing changes before you say yes. The link opens a page, and there you confirm it with one more press.",
			},
			Link:    "Yes, use this address",
			Closing: []string{"The link works for three days. If it was not you, you need not do anything: this address is not used, and we forget it."},
		},
		Taken: choiceLetter{
			Subject: "This address is known already: %s",
			Heading: "This address is known already",
			Paragraphs: []string{
				"Somebody, most likely you, asked on our page to get %s at this address instead of another one. We know this address already, so nothing has changed.",
				"If you have two subscriptions and want only one, leave the other by the link at the end of any e-mail that comes to it.",
			},
			Closing: []string{"If it was not you, you need not do anything."},
		},
		Changed: choiceLetter{
			Subject: "Your address was changed: %s",
			Heading: "Your address was changed",
			Paragraphs: []string{
				"From now on your bulletins go to another address, %a, whose owner has confirmed it. If that was you, everything is done, and this is the last mail to this address.",
				"If it was not you, you can take it back. Everything then comes to this address again.",
			},
			Link:    "Take the change back",
			Closing: []string{"You get this mail because whoever has a bulletin that you forwarded can open your page too. The way back is open for seven days."},
		},
		Back: choiceLetter{
			Subject: "Your address was changed back: %s",
			Heading: "The address was changed back",
			Paragraphs: []string{
				"The owner of the address that was used before has taken the change back. Bulletins that came to this address go there again.",
			},
			Closing: []string{"If you want %s at this address, please subscribe with it, or answer this e-mail."},
		},
		Download: choiceLetter{
			Subject: "What is kept about you: %s",
			Heading: "Download what is kept about you",
			Paragraphs: []string{
				"Somebody, most likely you, asked on our page for everything that is kept about you. The link opens a page, and there you download it with one press, as one file.",
			},
			Link:    "Download what is kept about me",
			Closing: []string{"The link works for one day. If it was not you, you need not do anything: nobody has seen anything. Please do not forward this e-mail."},
		},
		Erase: choiceLetter{
			Subject: "Please confirm that you want to be forgotten: %s",
			Heading: "Do you want to be forgotten?",
			Paragraphs: []string{
				"Somebody, most likely you, asked on our page to erase everything that is kept about you. Nothing is erased before you say yes.",
				"The link opens a page that says what is erased, and there you confirm it with one more press. There is no way back afterwards.",
			},
			Link:    "See what is erased, and confirm",
			Closing: []string{"The link works for one day. If it was not you, you need not do anything: everything stays as it is. Please do not forward this e-mail."},
		},
	}
}

func chooseGerman() chooseWords {
	return chooseWords{
		Address: choiceLetter{
			Subject: "Bitte bestätigen Sie Ihre neue Adresse: %s",
			Heading: "Ist das Ihre neue Adresse?",
			Paragraphs: []string{
				"Jemand, vermutlich Sie selbst, hat auf unserer Seite darum gebeten, %s von nun an an diese Adresse zu schicken statt an eine andere.",
				"Es ändert sich nichts, bevor Sie ja gesagt haben. Der Link öffnet eine Seite, und dort bestätigen Sie es mit einem weiteren Druck.",
			},
			Link:    "Ja, diese Adresse verwenden",
			Closing: []string{"Der Link gilt drei Tage. Wenn Sie es nicht waren, brauchen Sie nichts zu tun: Die Adresse wird nicht verwendet, und wir vergessen sie."},
		},
		Taken: choiceLetter{
			Subject: "Diese Adresse ist schon bekannt: %s",
			Heading: "Diese Adresse ist schon bekannt",
			Paragraphs: []string{
				"Jemand, vermutlich Sie selbst, hat auf unserer Seite darum gebeten, %s an diese Adresse zu schicken statt an eine andere. Wir kennen diese Adresse schon, also hat sich nichts geändert.",
				"Wenn Sie zwei Abonnements haben und nur eines wollen, bestellen Sie das andere mit dem Link am Ende einer E-Mail ab, die dort ankommt.",
			},
			Closing: []string{"Wenn Sie es nicht waren, brauchen Sie nichts zu tun."},
		},
		Changed: choiceLetter{
			Subject: "Ihre Adresse wurde geändert: %s",
			Heading: "Ihre Adresse wurde geändert",
			Paragraphs: []string{
				"Von nun an gehen Ihre Ausgaben an eine andere Adresse, %a; ihr Inhaber hat das bestätigt. Wenn Sie das waren, ist alles getan, und dies ist die letzte E-Mail an diese Adresse.",
				"Wenn Sie es nicht waren, können Sie es rückgängig machen. Dann kommt alles wieder an diese Adresse.",
			},
			Link:    "Die Änderung rückgängig machen",
			Closing: []string{"Sie bekommen diese E-Mail, weil auch wer eine von Ihnen weitergeleitete Ausgabe hat, Ihre Seite öffnen kann. Der Weg zurück ist sieben Tage lang offen."},
		},
		Back: choiceLetter{
			Subject: "Ihre Adresse wurde zurückgeändert: %s",
			Heading: "Die Adresse wurde zurückgeändert",
			Paragraphs: []string{
				"Der Inhaber der früheren Adresse hat die Änderung rückgängig gemacht. Ausgaben, die an diese Adresse kamen, gehen wieder dorthin.",
			},
			Closing: []string{"Wenn Sie %s an diese Adresse bekommen möchten, bestellen Sie bitte damit, oder antworten Sie auf diese E-Mail."},
		},
		Download: choiceLetter{
			Subject: "Was über Sie gespeichert ist: %s",
			Heading: "Herunterladen, was über Sie gespeichert ist",
			Paragraphs: []string{
				"Jemand, vermutlich Sie selbst, hat auf unserer Seite um alles gebeten, was über Sie gespeichert ist. Der Link öffnet eine Seite, und dort laden Sie es mit einem Druck als eine Datei herunter.",
			},
			Link:    "Herunterladen, was über mich gespeichert ist",
			Closing: []string{"Der Link gilt einen Tag. Wenn Sie es nicht waren, brauchen Sie nichts zu tun: Niemand hat etwas gesehen. Bitte leiten Sie diese E-Mail nicht weiter."},
		},
		Erase: choiceLetter{
			Subject: "Bitte bestätigen Sie, dass Sie vergessen werden möchten: %s",
			Heading: "Möchten Sie vergessen werden?",
			Paragraphs: []string{
				"Jemand, vermutlich Sie selbst, hat auf unserer Seite darum gebeten, alles zu löschen, was über Sie gespeichert ist. Es wird nichts gelöscht, bevor Sie ja gesagt haben.",
				"Der Link öffnet eine Seite, auf der steht, was gelöscht wird, und dort bestätigen Sie es mit einem weiteren Druck. Danach gibt es keinen Weg zurück.",
			},
			Link:    "Ansehen, was gelöscht wird, und bestätigen",
			Closing: []string{"Der Link gilt einen Tag. Wenn Sie es nicht waren, brauchen Sie nichts zu tun: Alles bleibt, wie es ist. Bitte leiten Sie diese E-Mail nicht weiter."},
		},
	}
}
