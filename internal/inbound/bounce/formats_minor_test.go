package bounce

import "testing"

// minorFormats are those of servers that are rarer, or newer, than the others.
func minorFormats() []format {
	machine := func(who, status, diagnostic string) (head, body string) {
		return "Content-Type: multipart/report; report-type=delivery-status; boundary=\"m1\"\n",
			"--m1\nContent-Type: text/plain\n\nThe letter could not be delivered.\n\n--m1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.harbour.example\n\n" +
				"Final-Recipient: rfc822; " + who + "\nAction: failed\nStatus: " + status + "\nDiagnostic-Code: " + diagnostic + "\n\n--m1\nContent-Type: message/rfc822\n\n" + returned(who) + "\n--m1--\n"
	}
	var all []format
	for _, m := range []struct{ server, status, diagnostic, class string }{
		{"Yandex", "5.1.1", "smtp; 550 5.7.1 No such user!", "unknown-user"},
		{"Yandex, full", "5.0.0", "smtp; 552 5.2.2 Mailbox size limit exceeded", "mailbox-full"},
		{"Facebook, unknown", "5.1.1", "smtp; 550 5.1.1 RCP-P1 http://postmaster.facebook.com/response_codes?ip=192.0.2.1#rcp Refused due to recipient preferences", "unknown-user"},
		{"Facebook, unwilling", "5.1.1", "smtp; 550 5.1.1 RCP-P2 https://postmaster.facebook.com/response_codes?ip=192.0.2.1#rcp Refused due to recipient preferences", "content-refused"},
		{"Facebook, rate", "4.7.1", "smtp; 421 4.7.1 RCP-T4 Too many recipients for this connection", "policy"},
		{"Facebook, INT-P1", "5.1.1", "smtp; 550 5.1.1 INT-P1 https://postmaster.facebook.com/response_codes Access denied", "unknown-user"},
		{"Facebook, DNS-P3", "5.7.1", "smtp; 554 5.7.1 DNS-P3 http://postmaster.facebook.com/response_codes?ip=192.0.2.1#dns No PTR Record", "policy"},
		{"Facebook, MSG-P1", "5.2.3", "smtp; 552 5.2.3 MSG-P1 https://postmaster.facebook.com/response_codes", "too-big"},
		{"Microsoft 365, unknown", "5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient keeper@harbour.example not found by SMTP address lookup", "unknown-user"},
		{"Microsoft 365, edge", "5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "unknown-user"},
		{"Microsoft 365, tenant", "5.7.1", "smtp;550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", "policy"},
		{"Microsoft 365, loop", "5.4.14", "smtp;554 5.4.14 Hop count exceeded - possible mail loop ATTR1", "temporary"},
		{"Microsoft 365, expired", "4.4.7", "smtp;550 4.4.7 QUEUE.Expired; message expired", "temporary"},
		{"Microsoft 365, no domain", "5.4.310", "smtp;550 5.4.310 DNS domain harbour.example does not exist [Message=InfoDomainNonexistent]", "domain-gone"},
		{"Microsoft 365, restricted", "5.7.606", "smtp;550 5.7.606 Access denied, banned sending IP [192.0.2.1]", "policy"},
		{"Microsoft 365, quota", "5.2.2", "smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException", "mailbox-full"},
		{"Exchange 2007, size", "5.2.3", "smtp;550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient", "too-big"},
		{"Outlook.com, block list", "5.7.1", "smtp;550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).", "policy"},
		{"Outlook.com, unknown", "5.5.0", "smtp;550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", "unknown-user"},
		{"Gmail, off", "5.2.1", "smtp; 550-5.2.1 The email account that you tried to reach is inactive.", "mailbox-disabled"},
		{"Gmail, disabled", "5.2.1", "smtp; 550-5.2.1 The email account that you tried to reach is disabled. Learn more at 550 5.2.1 https://support.google.com/mail/?p=DisabledUser", "mailbox-disabled"},
		{"Gmail, receiving too fast", "4.2.1", "smtp; 450-4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered.", "policy"},
		{"Gmail, unauthenticated", "5.7.26", "smtp; 550-5.7.26 This mail has been blocked because the sender is unauthenticated.", "policy"},
		{"Gmail, volume", "4.7.28", "smtp; 421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address.", "policy"},
		{"Gmail, full", "4.2.2", "smtp; 452-4.2.2 The recipient's inbox is out of storage space.", "mailbox-full"},
		{"Gmail, suspicious", "5.7.1", "smtp; 550-5.7.1 Our system has detected that this message is likely unsolicited mail.", "policy"},
		{"iCloud", "5.1.1", "smtp; 550 5.1.1 <keeper@harbour.example>: inactive email address", "unknown-user"},
		{"iCloud, full", "5.2.2", "smtp; 552 5.2.2 <keeper@harbour.example>: user is over quota", "mailbox-full"},
		{"iCloud, policy", "5.7.0", "smtp; 550 5.7.0 Blocked - see https://support.apple.com/en-us/HT204137", "policy"},
		{"Amazon WorkMail", "5.1.1", "smtp; 550 5.1.1 Mailbox does not exist", "unknown-user"},
		{"Amazon SES, plain", "5.1.1", "smtp; 550 5.1.1 The email account that you tried to reach does not exist", "unknown-user"},
		{"Mailgun", "5.0.0", "smtp; 605 Not delivering to previously bounced address", "mailbox-disabled"},
		{"SparkPost", "5.0.0", "smtp; 554 5.7.1 recipient address was suppressed due to customer policy", "mailbox-disabled"},
		{"TurboSMTP", "5.0.0", "smtp; 550 the recipient <keeper@harbour.example> has a full mailbox", "mailbox-full"},
		{"1&1", "5.0.0", "smtp; 550 Requested action not taken: mailbox unavailable", "unknown-user"},
		{"web.de, reverse DNS", "5.0.0", "smtp; 554 Transaction failed\n Reject due to policy restrictions. For explanation visit the provider (PTR of 192.0.2.1)", "policy"},
		{"Comcast", "5.1.1", "smtp; 550 5.1.1 Not our Customer", "unknown-user"},
		{"Cox", "5.0.0", "smtp; 552 5.2.0 Message contains suspect content. 1.0 cmae", "content-refused"},
		{"Orange, full", "5.0.0", "smtp; 552 5.2.2 Boite du destinataire pleine. Recipient overquota. OFR_417", "mailbox-full"},
		{"Orange, unknown", "5.0.0", "smtp; 550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416", "unknown-user"},
		{"Free, rate", "4.0.0", "smtp; 421 too many messages for this user, slow down", "policy"},
		{"QQ", "5.0.0", "smtp; 550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?id=194", "unknown-user"},
		{"QQ, frequency", "5.0.0", "smtp; 550 Connection frequency limited", "policy"},
		{"Tencent, suspended", "5.0.0", "smtp; 550 5.1.1 The user's account is disabled or blocked", "mailbox-disabled"},
		{"Naver", "5.1.1", "smtp; 550 5.1.1 No such user ABCdef - nsmtp", "unknown-user"},
		{"Naver, dormant", "5.1.1", "smtp; 550 5.2.1 Inactive user ABCdef - nsmtp", "mailbox-disabled"},
		{"Kakao", "5.0.0", "smtp; 550 5.1.1 unknown user <keeper@harbour.example>", "unknown-user"},
		{"Spectrum", "5.0.0", "smtp; 550 5.1.0 <weekly@lantern.example> sender rejected. IB603c", "policy"},
		{"UOL", "5.0.0", "smtp; 550 5.1.1 Conta inativa", "mailbox-disabled"},
		{"Proofpoint", "5.0.0", "smtp; 550 5.7.0 Local Policy Violation", "policy"},
		{"Trend Micro", "5.0.0", "smtp; 550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using Trend Micro Email Reputation Service", "policy"},
		{"Cloudflare", "5.1.1", "smtp; 550 5.1.1 Address does not exist. JRt2ZZ1", "unknown-user"},
		{"Rackspace", "5.0.0", "smtp; 550 5.2.1 <keeper@harbour.example>: mailbox is suspended", "mailbox-disabled"},
		{"DragonFly", "5.0.0", "smtp; user unknown: keeper@harbour.example", "unknown-user"},
		{"Dovecot", "5.2.2", "smtp; 552 5.2.2 <keeper@harbour.example> Quota exceeded (mailbox for user is full)", "mailbox-full"},
		{"Cyrus", "5.0.0", "smtp; 550-Mailbox unknown. Either there is no mailbox associated with this\n 550-name or you don't have authorization to see it.", "unknown-user"},
		{"SpamAssassin", "5.0.0", "smtp; 550 Rejected: this message scored 12.0 spam points", "content-refused"},
		{"greylisting that gave up", "4.7.1", "smtp; 450 4.7.1 <keeper@harbour.example>: Recipient address rejected: Greylisted", "policy"},
		{"a timed-out queue", "4.4.1", "smtp; delivery temporarily suspended: connect to mx.harbour.example: Connection refused", "temporary"},
		{"a Postfix bounce of a loop", "5.4.6", "x-postfix; mail for harbour.example loops back to myself", "temporary"},
		{"a pipe", "5.3.0", "x-unix; unknown mailer error 255", "temporary"},
		{"a bad header", "5.6.0", "smtp; 554 5.6.0 Message with invalid header rejected", "content-refused"},
		{"a virus", "5.7.1", "smtp; 554 5.7.1 virus Eicar-Test-Signature detected by ClamAV", "content-refused"},
		{"relaying", "5.7.1", "smtp; 550 5.7.1 Unable to relay for keeper@harbour.example", "policy"},
		{"too many connections", "4.7.0", "smtp; 421 4.7.0 Too many connections from your IP", "policy"},
		{"a full disk", "4.3.1", "smtp; 452 4.3.1 Insufficient system storage", "temporary"},
		{"TLS wanted", "5.7.10", "smtp; 530 5.7.10 Must issue a STARTTLS command first", "policy"},
		{"no mail host", "5.0.0", "smtp; 521 5.3.2 harbour.example does not accept mail", "domain-gone"},
	} {
		head, body := machine(keeper, m.status, m.diagnostic)
		all = append(all, format{server: m.server, head: head, title: "Undelivered Mail", want: keeper + " " + m.class, body: body})
	}
	return append(all, writtenFormats()...)
}

// writtenFormats are those for people alone.
func writtenFormats() []format {
	return []format{
		{server: "qmail-ldap", title: "failure notice", want: keeper + " mailbox-disabled", body: "Hi. This is the qmail-send program at mx.harbour.example.\nI gave up.\n\n<keeper@harbour.example>:\nSorry, this mailbox is disabled; it takes no mail. (#5.2.1)\n\n--- Below this line is a copy of the message.\n\n" + returned(keeper)},
		{server: "netqmail over vpopmail", title: "failure notice", want: keeper + " unknown-user", body: "Hi. This is the qmail-send program at mx.harbour.example.\n\n<keeper@harbour.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n" + returned(keeper)},
		{server: "IndiMail", title: "failure notice", want: keeper + " mailbox-full", body: "Hi. This is the IndiMail MTA program at mx.harbour.example.\nI am afraid it did not work.\n\n<keeper@harbour.example>:\nUser has exceeded its quota. Mailbox is full.\n\n--- Enclosed is a copy of the message.\n\n" + returned(keeper)},
		{server: "qmail without DNS", title: "failure notice", want: keeper + " domain-gone", body: "<keeper@harbour.example>:\nSorry, I couldn't find any host named harbour.example. (#5.1.2)\n\n--- Below this line is a copy of the message.\n\n" + returned(keeper)},
		{server: "qmail that rejects a sender", title: "failure notice", want: keeper + " policy", body: "<keeper@harbour.example>:\nConnected to 192.0.2.9 but sender was rejected.\nRemote host said: 550 5.7.1 this sender is on our block list\n\n--- Below this line is a copy of the message.\n\n" + returned(keeper)},
		{server: "Exim, retry", title: "Mail delivery failed: returning message to sender", want: keeper + " temporary", body: "A message could not be delivered to one of its recipients. This is a permanent error. The following address(es) failed:\n\n  keeper@harbour.example\n    retry timeout exceeded\n\n------ This is a copy of the message, including all the headers. ------\n\n" + returned(keeper)},
		{server: "Exim, a local pipe", title: "Mail delivery failed: returning message to sender", want: keeper + " temporary", body: "The following address(es) failed:\n\n  pipe to |/usr/local/bin/post\n    generated by keeper@harbour.example\n    local delivery failed\n"},
		{server: "Exim, an address behind another", title: "Mail delivery failed: returning message to sender", want: keeper + " mailbox-full", body: "The following address(es) failed:\n\n  keeper@harbour.example\n    (generated from tower@harbour.example)\n    mailbox is full\n"},
		{server: "Exim, over LMTP", title: "Mail delivery failed", want: keeper + " mailbox-full", body: "The following address(es) failed:\n\n  keeper@harbour.example\n    LMTP error from remote mail server after RCPT TO:<keeper@harbour.example>:\n    452 4.2.2 <keeper@harbour.example> Quota exceeded\n"},
		{server: "Apache James", title: "Error: failed to deliver", from: "postmaster@harbour.example", want: keeper + " unknown-user", body: "Message from mx.harbour.example.\nThe server was unable to deliver this message to:\n\nError message below:\n550 5.1.1 Requested action not taken: no such user here\n\nMessage details:\n  Subject: Number 12\n  RCPT TO: keeper@harbour.example\n\n" + returned(keeper)},
		{server: "Lotus Notes in Japanese", title: "DELIVERY FAILURE: メール", from: "Postmaster@harbour.example", want: keeper + " unknown-user", body: "Your message\n\n  Subject: Number 12\n\nwas not delivered to:\n\n  keeper@harbour.example\n\nbecause:\n\n  ユーザー keeper (keeper@harbour.example) は Domino ディレクトリのリストにありません\n"},
		{server: "Lotus Notes in French", title: "DELIVERY FAILURE: Number 12", from: "Postmaster@harbour.example", want: keeper + " unknown-user", body: "Votre message n'a pas pu être remis à:\n\n  keeper@harbour.example\n\ncar:\n\n  Utilisateur keeper (keeper@harbour.example) non répertorié dans l'annuaire Domino\n"},
		{server: "Lotus Notes in German", title: "DELIVERY FAILURE: Number 12", from: "Postmaster@harbour.example", want: keeper + " unknown-user", body: "Ihre Nachricht konnte nicht zugestellt werden an:\n\n  keeper@harbour.example\n\nweil:\n\n  Benutzer keeper (keeper@harbour.example) nicht im Domino-Verzeichnis aufgeführt\n"},
		{server: "Exchange 2007 in Spanish", title: "No se puede entregar: Number 12", from: "postmaster@harbour.example", want: keeper + " unknown-user", body: "Error de entrega para los siguientes destinatarios o listas de distribución:\n\nkeeper@harbour.example\nNo se encontró la dirección de correo electrónico que ha especificado.\n\nInformación de diagnóstico para los administradores:\n\nkeeper@harbour.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nEncabezados de mensajes originales:\n\n" + returned(keeper)},
		{server: "Exchange 2007 in French", title: "Non remis : Number 12", from: "postmaster@harbour.example", want: keeper + " mailbox-full", body: "Échec de la remise pour ces destinataires ou listes de distribution :\n\nkeeper@harbour.example\nLa boîte aux lettres du destinataire est pleine.\n\nInformations de diagnostic pour les administrateurs :\n\nkeeper@harbour.example\n#552 5.2.2 STOREDRV.Deliver; mailbox full ##\n"},
		{server: "Exchange 2003 in Italian", title: "Non recapitabile: Number 12", from: "postmaster@harbour.example", want: keeper + " unknown-user", body: "Il messaggio non è stato recapitato ai seguenti destinatari:\n\nkeeper@harbour.example il 12/03/2027 6.00\nL'account di posta elettronica non esiste nell'organizzazione.\n<mx.harbour.example #5.1.1>\n"},
		{server: "Microsoft 365 for people", title: "Undeliverable: Number 12", from: "postmaster@harbour.example", head: "Content-Type: text/html; charset=utf-8\n", want: keeper + " unknown-user", body: "<html><body><p>Your message to <b>keeper@harbour.example</b> couldn't be delivered.</p><p>keeper wasn't found at harbour.example.</p><p>Error: 550 5.1.10 RESOLVER.ADR.RecipientNotFound</p></body></html>"},
		{server: "Sendmail 8 transcript", title: "Returned mail: see transcript for details", want: keeper + " unknown-user", body: "   ----- The following addresses had permanent fatal errors -----\n<keeper@harbour.example>\n    (reason: 550 5.1.1 <keeper@harbour.example>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.harbour.example.:\n>>> DATA\n<<< 550 5.1.1 <keeper@harbour.example>... User unknown\n550 5.1.1 <keeper@harbour.example>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)\n"},
		{server: "Google Groups", title: "Delivery Status Notification (Failure)", from: "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", head: "X-Failed-Recipients: " + keeper + "\n", want: keeper + " policy", body: "Hello weekly@lantern.example,\n\nYour letter could not be delivered because you don't have permission to post messages to the group (keeper@harbour.example).\n\n----- Original message -----\n\n" + returned(keeper)},
		{server: "Barracuda, content", title: "**Message you sent blocked by our bulk email filter**", want: keeper + " policy", body: "Your message to: keeper@harbour.example\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: Number 12\n"},
		{server: "Surfcontrol, other words", title: "Message not delivered", want: keeper + " unknown-user", from: "Mail Administrator <postmaster@harbour.example>", body: "Your message could not be sent.\nA transcript of the attempts to send the message follows.\nThe number of attempts made: 1\nAddressed To: keeper@harbour.example\n\nFri, 12 Mar 2027 06:00:00 +0000\nFailed to send to identified host,\nkeeper@harbour.example: [192.0.2.9], 550 Unknown user: keeper@harbour.example\n--- Message non-deliverable.\n"},
		{server: "MXLogic, its own", title: "Mail delivery failed: returning message to sender", from: "MXL Admin <mxl@mx.harbour.example>", want: keeper + " unknown-user", body: "The following address failed:\n\n  <keeper@harbour.example>:\n    Remote Host said: 550 5.1.1 unknown recipient\n\nIncluded is a copy of the message header:\n-----------------------------------------\n" + returned(keeper)},
		{server: "McAfee, its own", title: "Delivery Status", want: keeper + " unknown-user", body: "Final-Recipient: rfc822; keeper@harbour.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such person\n"},
		{server: "Trend Micro", title: "Mail delivery System", from: "MAILER-DAEMON@mx.harbour.example", want: keeper + " unknown-user", body: "Unable to deliver message to <keeper@harbour.example>.\nSent <<< RCPT TO:<keeper@harbour.example>\nReceived >>> 550 5.1.1 unknown user\n"},
		{server: "Verizon Wireless", title: "Undeliverable Message", from: "post_master@operator.example", want: keeper + " unknown-user", body: "Message could not be delivered to mobile.\nError: No valid recipients for this MM\n\nTo: keeper@harbour.example\nSubject: Number 12\n"},
		{server: "Bigfoot", title: "Mail Delivery Failure", want: keeper + " unknown-user", body: "   ----- The following addresses had delivery problems -----\n<keeper@harbour.example>  (unrecoverable error)\n\n   ----- Transcript of session follows -----\n... while talking to mx.harbour.example:\n>>> RCPT TO:<keeper@harbour.example>\n<<< 550 no such user\n"},
		{server: "Outlook.com in words", title: "Delivery Status Notification (Failure)", from: "postmaster@harbour.example", want: keeper + " unknown-user", body: "This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       keeper@harbour.example\n\n550 5.1.1 requested action not taken: mailbox unavailable\n"},
	}
}

func TestMinorFormatsOfServers(t *testing.T) {
	t.Parallel()
	testFormats(t, minorFormats())
}
