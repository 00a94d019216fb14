package bounce

// The words by which kinds of messages are known, in lower case. They decide only
// where no standard part does.

// reportSubjects: subjects that mail servers give their reports.
func reportSubjects() []string {
	return []string{
		// English
		"undeliver", "delivery fail", "delivery has failed", "delivery status", "delivery failure", "delivery problem", "delivery error", "delivery notification",
		"delivery report", "delivery incomplete", "returned mail", "returned to sender", "returning message", "failure notice", "failure notification",
		"mail failure", "mail delivery", "mail error", "mail system error", "message delivery", "message frozen", "message status - undeliverable",
		"could not be delivered", "couldn't be delivered", "not deliverable", "non-delivery", "nondeliverable", "non delivery", "undelivered",
		"unable to deliver", "warning: message", "warning: could not send", "error sending your mail", "bounce", "rejected mail", "message rejected",
		"rejected:", "mail not delivered", "message not delivered", "not delivered", "message blocked", "blocked message", "user unknown", "unknown user", "loop alert",
		"error in processing", "cannot send message", "cannot send your message", "message you sent blocked", "ndn:", "ndr:", "mdaemon notification",
		"was an error sending", "email returned", "mail returned", "e-mail delivery", "email delivery", "problem delivering", "address not found",
		"subscription error", "fml system error", "inactive mail account", "failed mail", "mail failed", "returning to sender", "returning message to sender",
		// German, Dutch, Scandinavian
		"unzustellbar", "nicht zugestellt", "nicht zustellbar", "zustellung", "unbekannter empfänger", "mailfehler", "onbestelbaar", "niet afgeleverd",
		"kunde inte levereras", "levererades inte", "leveres ikke", "kan ikke leveres", "ei voitu toimittaa",
		// Romance
		"non remis", "non délivré", "non distribu", "échec de remise", "echec de la remise", "échec de la remise", "retour à l'envoyeur", "avis de non-remise",
		"no se ha podido entregar", "no se puede entregar", "no entregado", "no se entregó", "devuelto", "devolución", "error de entrega", "fallo en la entrega",
		"mancato recapito", "recapito", "consegna", "non recapitabile", "não entregue", "não foi entregue", "falha na entrega", "devolvid", "entrega",
		// Slavic, Turkish, Greek
		"не доставлено", "недоставлен", "ошибка доставки", "не может быть доставлено", "возврат", "nedoruč", "niedostarcz", "nie dostarczono", "zwrot",
		"kézbesíthetetlen", "nelivrat", "teslim edilemedi", "iletilemedi", "αποτυχία παράδοσης", "μη παραδοτέο",
		// East Asia
		"配信不能", "配信でき", "配信エラー", "メールエラー", "エラー通知", "不達", "未達", "送信エラー", "返送", "宛先不明", "配送失敗", "退信", "系统退信", "投递失败", "未能送达", "无法送达", "無法傳遞",
		"寄件失敗", "未送達", "반송", "배달 실패", "전송 실패", "배달되지",
	}
}

// reportWords: phrases in the text of reports.
func reportWords() []string {
	return []string{
		// English
		"could not be delivered", "couldn't be delivered", "cannot be delivered", "can not be delivered", "can't be delivered", "was not delivered", "wasn't delivered",
		"has not been delivered", "have not been able to deliver", "not been delivered", "unable to deliver", "not able to deliver", "wasn't able to deliver",
		"were unable to deliver", "undeliverable", "non-deliverable", "undelivered", "delivery to the following", "delivery has failed", "delivery failed",
		"delivery of your message", "did not reach the following", "failed to deliver", "following addresses had", "following address had", "following address(es)",
		"following addresses failed", "following address failed", "permanent fatal error", "permanent error", "delivery error", "delivery problem", "delivery status notification",
		"smtp error", "remote host said", "the server responded", "error message below", "error messages", "failure reasons", "non-delivered", "was not relayed",
		"transcript of session", "rcpt to", "returned to you", "has been returned", "message could not be sent", "could not be sent", "email could not", "recipients were affected",
		"following recipient", "was rejected by", "has been rejected", "automatically rejected", "mailbox is full", "no such user", "user unknown", "unknown user", "mailbox unavailable",
		"does not exist", "original message follows", "unsent message", "returned message", "hop count exceeded", "mail server has been unable", "trouble delivering", "problem delivering",
		"message frozen", "was frozen on arrival", "has been frozen", "your message was blocked", "original mail as follows", "address(es) failed", "delivery attempts", "address not found",
		"not listed in", "could not deliver", "reject reason", "was rejected and", "duplicated message-id", "fml system error message", "incorrectly constructed", "failed permanently", "temporarily unable", "is not accepting mail", "was not sent", "recipients returned permanent errors", "not a valid user", "did not exactly match", "no valid recipients were found", "was automatically rejected",
		// German, Dutch, Scandinavian
		"konnte nicht zugestellt", "nicht zugestellt werden", "konnten nicht zugestellt", "nicht ausgeliefert", "unzustellbar", "niet worden afgeleverd", "niet worden bezorgd",
		"kunde inte levereras", "kunne ikke leveres", "ei voitu toimittaa",
		// Romance
		"n'a pas pu être", "n'a pas été remis", "n'ont pas pu être", "impossible de remettre", "échec de la remise", "no pudo ser entregado", "no se ha podido entregar", "no se pudo entregar",
		"no ha podido ser entregado", "no fue entregado", "non è stato possibile", "non può essere consegnato", "non è stato recapitato", "impossibile recapitare", "não pôde ser entregue",
		"não foi possível entregar", "não foi entregue", "nu a putut fi livrat",
		// Slavic, Turkish, Greek
		"не может быть доставлено", "не удалось доставить", "не было доставлено", "не доставлено", "nie można dostarczyć", "nie została dostarczona", "nelze doručit", "nepodařilo doručit",
		"nem kézbesíthető", "teslim edilemedi", "iletilemedi", "δεν ήταν δυνατή η παράδοση",
		// East Asia
		"送信できません", "送信に失敗", "配信できません", "配信することができません", "お届けできません", "届けることができません", "エラーのため", "宛先が見つかり", "メールアドレスが見つかり", "无法送达", "無法傳送", "投递失败",
		"无法投递", "未能送达", "退回", "배달되지 못", "전달하지 못", "전송하지 못", "보낼 수 없",
	}
}

// delayWords: the server goes on trying.
func delayWords() []string {
	return []string{
		"will be retried", "still being retried", "will continue to try", "continue trying", "delivery attempts will continue", "will keep trying", "has not yet been delivered",
		"not yet been delivered", "being delayed", "delivery is delayed", "delivery delayed", "message delayed", "delayed delivery", "status notification (delay)", "warning message only",
		"you do not need to resend", "do not need to resend", "no action is required on your part", "temporarily deferred, will", "will retry", "will try again", "delay reason",
		"still trying to deliver", "wird weiter versucht", "weitere zustellversuche", "verzögert", "sera retentée", "nouvelle tentative", "se seguirá intentando", "retrasad", "попытки доставки будут",
		"再送します", "再送を試み", "배달이 지연",
	}
}

// promiseWords: the same, said so plainly that no other word counts.
func promiseWords() []string {
	return []string{"attempts will continue to be made", "delivery attempts will continue", "(still being retried)", "this is a warning message only"}
}

// finalWords: the server has given up, whatever else it says.
func finalWords() []string {
	return []string{
		"permanent error", "permanent failure", "permanent fatal", "failed permanently", "given up", "giving up", "i've given up", "gave up", "no further delivery attempts", "will not be retried",
		"not going to try again", "delivery failure", "delivery has failed", "undeliverable", "delivery status notification (failure)", "cancelled", "canceled", "returned to sender", "could not be delivered",
		"retry timeout exceeded", "has been frozen", "too long", "wird nicht erneut", "status notification (fail", "endgültig", "définitif", "definitiv",
	}
}

// awaySubjects: how automatic answers call themselves.
func awaySubjects() []string {
	return []string{
		"out of office", "out of the office", "out-of-office", "automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse", "auto:", "automated reply",
		"automated response", "automatic response", "autoresponder", "vacation reply", "vacation response", "on vacation", "on holiday", "away from my mail", "away from the office", "on leave", "i am away",
		"abwesenheit", "automatische antwort", "nicht im büro", "urlaub", "außer haus", "afwezig", "automatisch antwoord", "automatisk svar", "frånvaro", "autosvar", "fravær", "poissaolo", "automaattinen vastaus",
		"réponse automatique", "absence du bureau", "absent du bureau", "message d'absence", "je suis absent", "respuesta automática", "fuera de la oficina", "ausencia", "risposta automatica", "fuori ufficio", "assenza",
		"resposta automática", "ausência", "fora do escritório", "răspuns automat", "автоответ", "автоматический ответ", "нет на месте", "в отпуске", "autoodpowiedź", "odpowiedź automatyczna", "automatyczna odpowiedź", "automatická odpověď",
		"automatikus válasz", "otomatik yanıt", "otomatik cevap", "αυτόματη απάντηση", "不在", "自動返信", "自動応答", "自动回复", "自动答复", "自動回覆", "外出", "休假", "자동 응답", "자동응답", "부재중", "자동 회신", "رد تلقائي", "תשובה אוטומטית",
	}
}

// awayWords: the same in the text.
func awayWords() []string {
	return []string{
		"out of the office", "out of office", "on vacation", "on holiday", "on annual leave", "on maternity leave", "on parental leave", "limited access to", "no access to e-mail", "no access to email",
		"this is an automated response", "this is an automatic reply", "this is an auto", "automatically generated reply", "i will be back", "i am currently away", "i'm away", "will return on", "thank you for your email. i am",
		"nicht im büro", "nicht im haus", "bin im urlaub", "abwesend", "bin derzeit nicht", "absent du bureau", "en congé", "je suis absent", "fuera de la oficina", "de vacaciones", "sono in ferie", "fuori ufficio", "estou de férias",
		"ausente", "op vakantie", "afwezig", "på semester", "нахожусь в отпуске", "на urlopie", "na urlopie", "tatildeyim", "休暇", "出張中", "休假", "부재중",
	}
}

// challengeWords: a filter wants proof that a person has written.
func challengeWords() []string {
	return []string{
		"confirm that you sent", "confirm that this message", "verify that you are", "verify you are human", "verify that you are a human", "prove you are human", "prove that you are human", "prove you're human",
		"to deliver your message, click", "click the link below to have your", "click here to have your message delivered", "to have your address added", "added to the recipient's allowed", "to ensure delivery of your", "message is awaiting", "your message is being held", "will be delivered once you",
		"sender verification", "sender confirmation", "please confirm your message", "requires confirmation", "requires verification", "challenge/response", "challenge-response", "spamarrest", "spam arrest", "boxbe",
		"is now protected by", "protects his mailbox", "protects her mailbox", "approved senders list", "allowed senders list", "add yourself to", "reply to this message to be added", "anti-spam challenge", "antispam uol",
		"bestätigen sie ihre nachricht", "bestätigen sie, dass", "confirmez votre message", "confirmer que vous", "confirme su mensaje", "confirmar o envio", "подтвердите отправку",
	}
}

// movedWords: a reader, or a program for one, tells of a new address.
func movedWords() []string {
	return []string{
		"change of address", "change of e-mail address", "change of email address", "changed my e-mail", "changed my email", "my new e-mail address", "my new email address", "my e-mail address has changed",
		"my email address has changed", "email address has changed", "e-mail address has changed", "new e-mail address is", "new email address is", "has a new email address", "has a new e-mail address", "please update your address book",
		"no longer using this e-mail", "no longer using this email", "neue e-mail-adresse", "neue e-mailadresse", "neue mailadresse", "neue mail-adresse", "meine e-mail-adresse hat sich", "nouvelle adresse e-mail", "nouvelle adresse email",
		"nouvelle adresse mail", "nouvelle adresse électronique", "changement d'adresse", "nueva dirección de correo", "nuevo correo electrónico", "cambio de correo", "nuovo indirizzo e-mail", "nuovo indirizzo email", "novo endereço de e-mail",
		"novo e-mail", "nieuw e-mailadres", "ny e-postadress", "новый адрес электронной почты", "nowy adres e-mail", "メールアドレス変更", "アドレスを変更", "アドレスが変わりました", "邮箱地址已更改", "이메일 주소가 변경",
	}
}

// leaveWords: how subjects begin by which readers ask to leave.
func leaveWords() []string {
	return []string{
		"unsubscribe", "un-subscribe", "unsub", "opt-out", "optout", "please unsubscribe", "cancel subscription", "abmelden", "abmeldung", "abbestellen", "newsletter abmelden",
		"désabonner", "desabonner", "se désabonner", "désinscription", "désinscrire", "darse de baja", "cancelar suscripción", "cancelar inscrição", "descadastrar", "annulla iscrizione", "cancellami", "disiscrizione",
		"disiscriviti", "afmelden", "uitschrijven", "avregistrera", "avsluta prenumeration", "afmeld", "meld av", "отписаться", "отписка", "wypisz", "odhlásit", "leiratkozás", "abonelikten çık", "配信停止", "退订", "退訂", "取消订阅", "수신거부", "구독취소",
	}
}

// shortLeaveWords: subjects that mean it only when nothing else stands beside them.
func shortLeaveWords() []string {
	return []string{"remove", "remove me", "opt out", "signoff", "leave", "stop", "cancel", "austragen", "baja", "解除", "退会"}
}
