package bounce

// userRules: the mailbox does not exist. Hard.
func userRules() []rule {
	return []rule{
		{class: UnknownUser, strong: true, why: "the owner has moved", phrases: []string{
			"has been replaced by", "no longer at this address", "is not available (moved)", "has moved to", "user has moved", "mailbox has moved", "user not local; please try", "is no longer here", "has left the company", "is no longer with", "no longer works", "no longer employed",
			"address has changed", "address changed", "moved; please try", "relocated",
		}},
		{class: UnknownUser, strong: true, why: "no such user", phrases: []string{
			"user unknown", "unknown user", "unknown recipient", "recipient unknown", "unknown address", "address unknown", "unknown mailbox", "mailbox unknown", "unknown local", "unknown or illegal alias", "unknown account", "account unknown", "unknown email address", "unknown e-mail address",
			"unknown virtual", "unknown to address", "user (<@>) unknown", "userunknown", "unknown-user",
			"no such user", "no such recipient", "no such mailbox", "no such address", "no such account", "no such person", "no such local user", "no such domain user", "no such email", "no such e-mail", "nosuchuser",
			"no mailbox here by that name", "no mailbox by that name", "no mailbox found", "no mail box available", "no account by that name", "no one at this address", "nobody here with that name", "no user by that name", "no recipients found", "no valid recipients", "no matching user",
			"user not found", "recipient not found", "mailbox not found", "address not found", "account not found", "recipientnotfound", "recipnotfound", "notfound; not found", "adr.recip*notfound", "email address could not be found", "address you entered couldn't be found", "address couldn't be found", "recipient name is not recognized",
			"email name is not found", "was not found in", "user * was not found", "recipient * was not found", "wasn't found at", "couldn't be found", "could not be found or", "<@> not found", "not found in", "not found: user",
			"user does not exist", "user doesn't exist", "mailbox does not exist", "mailbox doesn't exist", "recipient does not exist", "address does not exist", "address doesn't exist", "account does not exist", "account doesn't exist", "account that you tried to reach does not exist", "email account does not exist",
			"<@> does not exist", "<@> doesn't exist", "user * does not exist", "mailbox * does not exist", "account * does not exist", "rcpt * does not exist", "recipient * does not exist", "does not exist at", "does not exist here", "doesn't exist here", "destination does not exist", "recipient address does not exist",
			"user not exist", "recipient not exist", "mailbox not exist", "not exist here", "non-existent user", "nonexistent user", "non existent user", "nonexistent mailbox", "non-existent mailbox", "non-existent recipient", "nonexistent address",
			"invalid final delivery userid", "bad_recipient", "did not exactly match", "that's not a valid user", "invalid recipient", "invalid user", "invalid mailbox", "invalid address", "recipient invalid", "invalid local part", "invalid or unknown virtual user", "address invalid", "mailbox invalid", "not a valid mailbox", "not a valid user", "not a valid recipient", "not a valid address", "isn't a valid", "no valid recipient",
			"not a known user", "user not known", "not known at this", "not known here", "recipient not known", "not our customer", "not a local address", "not local; ", "recipient is not local", "not a member", "not a registered", "not registered", "is not listed in", "not listed in domino", "not listed in public", "not listed in * directory", "not in directory", "not present in directory",
			"no * in name directory", "in my badrcptto list", "in my badrecipientto", "badrcptto", "validrcptto", "envelope recipient has been denied", "bad destination mailbox", "bad address", "bad recipient", "bad destination email",
			"recipient address rejected: access denied", "recipient address rejected: invalid", "recipient address rejected: unknown", "recipient address rejected: user", "recipient address rejected: undeliverable address", "5.1.1 * recipient address rejected", "destination addresses were unknown", "rejected recipients",
			"address rejected. (in reply to rcpt", "unknown in local recipient table", "unknown in virtual", "unknown in relay recipient", "recipient not ok", "recipient is not accepted", "rcpt-to rejected",
			"doesn't have a * account", "does not have a * account", "user * has no account", "have an account here", "user doesn't have a", "has no mailbox", "no longer valid", "no longer exist", "no longer available", "no longer active", "no longer in use", "account closed", "account has been closed", "account was closed", "account is closed", "address is wrong", "mailbox not present",
			"address is not an active", "not an active address", "user missing home directory", "can't accept user", "vdeliver: invalid", "this spectator does not exist", "account has been deleted", "mailbox has been deleted", "has been removed from", "user terminated", "user has been deleted", "deactivated account", "wrong recipient", "there is no such",
			"receivernotfound", "cuda_nsu", "adressat unbekannt", "000c05a6", "recipient reject", "inactive email address", "recipient no longer on server",
		}},
		{class: UnknownUser, strong: true, why: "no such user, in other languages", phrases: []string{
			"unbekannter empfänger", "unbekannter benutzer", "empfänger unbekannt", "benutzer unbekannt", "empfänger existiert nicht", "nicht im domino-verzeichnis", "verzeichnis aufgeführt", "existiert nicht", "adresse nicht gefunden", "adresse unbekannt", "nicht gefunden wurde oder keine e-mails", "empfängeradresse * nicht gefunden", "e-mail-adresse * nicht gefunden",
			"utilisateur inconnu", "destinataire inconnu", "adresse inconnue", "adresse d au moins un destinataire invalide", "destinataire invalide", "adresse introuvable", "non répertorié dans", "n'existe pas", "boite inexistante", "boîte inexistante",
			"no existe dicha persona", "no existe ese usuario", "usuario desconocido", "destinatario desconocido", "no se encontró la dirección", "no se ha encontrado la dirección", "cuenta no existe", "no existe", "dirección * no encontrada",
			"utente sconosciuto", "utente inesistente", "nessun utente simile", "destinatario inesistente", "indirizzo inesistente", "casella inesistente", "destinatario sconosciuto", "usuário desconhecido", "usuario inexistente", "destinatário inválido", "endereço não encontrado", "não existe", "conta inexistente",
			"onbekende gebruiker", "gebruiker onbekend", "adres bestaat niet", "okänd mottagare", "ukendt modtager", "ukjent mottaker", "tuntematon vastaanottaja", "nieznany użytkownik", "nie istnieje", "neznámý uživatel", "uživatel neexistuje", "ismeretlen címzett",
			"пользователь не найден", "получатель не найден", "адресат не найден", "неизвестный пользователь", "такого адреса не существует", "адрес не существует", "не существует", "нет такого пользователя", "kullanıcı bulunamadı", "bilinmeyen kullanıcı", "άγνωστος παραλήπτης",
			"メールアドレスが見つかりません", "宛先が見つかりません", "あて先が見つかりません", "宛先不明", "ユーザーが見つかりません", "ユーザが見つかりません", "存在しません", "存在しない", "ディレクトリのリストにありません", "该用户不存在", "用户不存在", "收件人不存在", "邮箱不存在", "地址不存在", "找不到收件人", "未找到收件人", "不存在",
			"收件人地址不存在", "查無此人", "查无此", "존재하지 않는", "존재하지 않", "사용자를 찾을 수 없", "수신자를 찾을 수 없", "받는 사람을 찾을 수",
		}},
		{class: UnknownUser, strong: true, lasting: true, why: "no such user, as RFC 5321 §4.2.3 words its reply 550", phrases: []string{
			"mailbox unavailable", "mailbox is unavailable", "mailbox unavaiable", "mailbox not available", "account unavailable", "user unavailable", "recipient unavailable", "mailbox name not allowed", "unrouteable recipient",
			"the following recipients was undeliverable", "recipient refuses to accept your mail",
		}},
	}
}

// domainRules: the domain does not exist or takes no mail. Hard, but for a name
// server that did not answer.
func domainRules() []rule {
	return []rule{
		{class: Temporary, strong: true, sure: true, why: "a program that should have taken the message has died", phrases: []string{
			"command died with status", "unknown mailer error", "command output:", "died with signal", "bad interpreter", "exec of", "child status 1",
		}},
		{class: Temporary, strong: true, why: "the name server did not answer, or its answer makes no sense", phrases: []string{
			"host not found, try again", "try again*host not found", "name server timeout", "dns lookup failure", "host name lookup failure", "malformed name server reply", "malformed or unexpected name server reply", "dns query failed", "servfail", "nameserver * did not respond", "dns soft-error", "dns error: timed out", "loop back to myself", "loops back to myself",
			"mail exchanger points to self", "mx points to self", "local configuration error", "unrouteable mail domain", "sorry. although i'm listed", "couldn't find any host by that name. (#4.1.2)", "temporary name lookup failure", "no matches to nameserver query", "lowest numbered mx record points to local host",
		}},
		{class: DomainGone, strong: true, why: "the domain takes no mail", phrases: []string{
			"nullmx", "null mx", "does not accept mail (nullmx)", "domain does not accept mail", "host does not accept mail", "host/domain does not accept mail", "name server: .: host not found", "no mx record found for domain", "an mx or srv record indicated no smtp service", "indicated no smtp service", "mail receiving disabled", "no smtp service here", "no mail service here",
			"no route for current request", "couldn't find a mail exchanger or ip address", "no host found for existing smtp connection", "domain is not accepting mail", "domain not in use", "domain has been disabled",
		}},
		{class: DomainGone, strong: true, why: "no such domain", phrases: []string{
			"host or domain name not found", "host unknown", "unknown host", "unknown domain", "domain unknown", "domain does not exist", "domain doesn't exist", "no such domain", "domain not found", "domain name not found", "domain must exist", "name or service not known", "nxdomain", "non-existent domain", "nonexistent domain", "domain * does not exist",
			"couldn't find any host named", "couldn't find any host by that name", "unrouteable address", "unroutable address", "unrouteable domain", "unroutable domain", "no route to domain", "all host address lookups failed permanently", "all relevant mx records point to non-existent hosts", "mail domain mentioned in email address is unknown", "domain is not reachable", "bad destination system", "bad destination host",
			"the account or domain may not exist", "name service error for name=", "domain couldn't be found", "domain wasn't found", "domain isn't found", "domain could not be found", "host not found", "invalid domain", "no mail exchanger", "no mx or a record", "no mx records", "illegal host/domain name", "dns records for the destination computer could not be found",
			"domäne nicht gefunden", "domain existiert nicht", "domaine inconnu", "dominio inesistente", "dominio no encontrado", "домен не найден", "домен не существует", "ドメインが見つかりません", "域名不存在", "도메인을 찾을 수 없",
		}},
	}
}
