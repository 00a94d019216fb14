package bounce

// mailboxRules: the mailbox exists and takes nothing now. Soft: it may be emptied
// or opened again.
func mailboxRules() []rule {
	return []rule{
		{class: MailboxFull, strong: true, why: "over quota", phrases: []string{
			"mailbox full", "mailbox is full", "mailbox * full", "full mailbox", "inbox is full", "inbox full", "mail box full", "mailfolder is full", "user's mailfolder is full", "folder is full", "mailbox exceed", "mail box space not enough", "box space not enough", "account is full", "mailbox size limit exceeded", "mailbox * exceeded", "mailbox would exceed", "mailbox is over", "mailbox has exceeded", "mailbox over",
			"over quota", "overquota", "over * quota", "quota exceed", "quota * exceed", "exceed* quota", "exceeded storage", "exceeds * storage", "exceed * storage", "disk quota", "disc quota", "mailbox quota", "maildir * quota", "quota violation", "quota full", "out of quota", "storage quota", "account is over", "above his quota", "beyond quota", "quotaexceeded", "quota reached",
			"no space left", "not enough disk space", "insufficient disk space", "not sufficient disk space", "not enough * space", "enough free space", "insufficient space", "insufficient storage", "out of storage", "storage allocation", "no storage space", "space has been used up", "too much mail data", "user has too many messages", "too many messages on the server",
			"number of messages in recipient's mailbox exceeded", "exceeded the local limit", "maximum allowed storage", "is out of space", "has reached the maximum", "mailbox capacity", "storage exceeded", "as their mailbox is full", "has no space", "for exceeding receiving limits", "recipient overquota", "storage limit",
			"postfach voll", "postfach ist voll", "postfach * voll", "speicherplatz", "quota überschritten", "boîte pleine", "boite du destinataire pleine", "boîte aux lettres * pleine", "boite * pleine", "buzón lleno", "buzon lleno", "buzón * lleno", "casella piena", "casella * piena", "caixa de entrada * cheia", "caixa postal cheia", "caixa * cheia", "mailbox is vol", "postvak vol",
			"ящик переполнен", "ящик получателя переполнен", "переполнен", "skrzynka * pełna", "przepełniona", "schránka * plná", "posta kutusu dolu", "メールボックスが一杯", "メールボックスがいっぱい", "容量を超え", "容量オーバー", "容量超過", "一杯のため", "信箱已满", "邮箱已满", "邮箱空间不足", "信箱已滿", "空间不足", "편지함이 가득", "메일함이 가득", "용량 초과", "용량을 초과",
		}},
		{class: TooBig, strong: true, why: "larger than the server or the mailbox takes", phrases: []string{
			"message too big", "message too large", "message is too big", "message is too large", "message * too large", "message * too big", "mail too big", "mail is too big", "mail size limit exceeded", "mail size exceeds", "message size exceed", "message * exceeds * maximum", "message file too big", "message length exceeds", "message header size exceed", "exceeds maximum message size", "exceeded the maximum incoming message size", "maximum inbound message size", "maximum incoming message size", "max inbound message size", "exceeds size limit", "exceeds the maximum message size", "maximum message size",
			"size exceeds", "size limit", "too large for", "recipsizelimit", "larger than the current system limit", "larger than * limit", "exeeded the maximum size", "exceeded the maximum size", "databytes limit", "max message size", "data size exceeds", "line limit exceeded", "header size * exceeds", "fixed maximum message size", "the message was too large", "header error: too large", "body too large",
			"nachricht * zu groß", "zu gross", "message trop volumineux", "taille * dépasse", "demasiado grande", "troppo grande", "muito grande", "слишком большой", "サイズが大き", "サイズ制限", "サイズが制限", "邮件过大", "邮件太大", "超过大小", "크기를 초과",
		}},
		{class: MailboxDisabled, strong: true, why: "disabled, inactive or locked", phrases: []string{
			"account is disabled", "account disabled", "account has been disabled", "account * disabled", "mailbox disabled", "mailbox is disabled", "mailbox has been disabled", "mailbox * disabled", "user disabled", "user is disabled", "recipient disabled", "recipient is disabled", "address is disabled", "address * disabled", "user or domain is disabled", "administratively disabled", "administrativly disabled", "administrativley disabled", "administrativeley disabled", "account that you tried to reach is disabled",
			"account that you tried to reach is inactive", "inactive user", "inactive account", "inactive mailbox", "inactive recipient", "accountdisabledexception", "account is not active", "account not active", "account is inactive", "account inactive", "account * inactive", "mailbox is inactive", "mailbox inactive", "user is inactive", "user not active", "user is not active", "not active anymore", "temporarily inactive", "temporary inactive", "inactive mail account", "currently inactive",
			"account suspended", "account is suspended", "user suspended", "has been suspended", "is suspended", "currently suspended", "temporarily suspended", "suspend the service", "mailbox suspended", "mailbox currently suspended", "recipient suspended", "account locked", "account is locked", "temporary locked", "mailbox locked", "mailbox is locked", "account blocked", "account is blocked", "mailbox blocked", "mailbox is blocked", "mailbox is frozen", "mailbox frozen", "account frozen",
			"archived recipient", "destinataire archivee", "boite du destinataire archivee", "deactivated mailbox", "mailbox is deactivated", "account * deactivated", "mailbox deactivated", "account expired", "account has expired", "mailbox expired", "account discontinued", "no longer accepts mail", "no longer accepting mail", "is not accepting mail", "not accepting any mail", "mailbox unavailable or access", "has suppressed sending to this address", "account isblocked", "compte du destinataire est bloque", "user is terminated", "storing this mailbox", "has not been collected", "service suspended", "mailbox not active", "discontinued",
			"konto deaktiviert", "postfach deaktiviert", "postfach gesperrt", "konto gesperrt", "compte désactivé", "compte suspendu", "boîte désactivée", "cuenta desactivada", "cuenta inactiva", "conta inativa", "cuenta suspendida", "casella disabilitata", "casella disattivata", "conta desativada", "conta bloqueada", "ящик отключен", "ящик заблокирован", "аккаунт заблокирован", "почтовый ящик неактивен", "konto zablokowane", "利用停止", "使用停止", "受信拒否設定により停止", "账号已停用", "帐号已停用", "已停用", "已被禁用", "휴면", "정지된 계정",
		}},
	}
}

// filterRules: the reader's own settings keep this message out. The mailbox
// exists; the content or the sender was not wanted. Soft.
//
// Before them stand codes of providers that carry the words of another reason:
// Facebook's, as its page for postmasters explains them, and those of services that
// send for others and keep lists of their own.
func filterRules() []rule {
	return []rule{
		{class: UnknownUser, strong: true, why: "Facebook: no such recipient", phrases: []string{"rcp-p1 ", "int-p1 ", "int-p3 ", "int-p4 "}},
		{class: TooBig, strong: true, why: "Facebook: too big", phrases: []string{"msg-p1 ", "int-p2 "}},
		{class: MailboxDisabled, strong: true, sure: true, why: "the sending service's own list", phrases: []string{
			"not delivering to previously bounced", "address was suppressed", "address is suppressed", "suppressed due to", "on the suppression list", "on suppression list", "on your account suppression",
		}},
		{class: ContentRefused, strong: true, sure: true, why: "the reader's own filter", phrases: []string{
			"550 : user unknown", "bounced address", "spam reporting address", "not in the list mail address management", "refused due to recipient preferences", "email preferences of the person", "not accepting mail with", "recipient preferences", "account is protected by", "restricted sms e-mail", "message filtered", "rejected due to user rules", "user rules", "not found recipient account", "refuse to receive mail", "only accepting mail from", "user refuses to receive", "user reject", "blocked by the recipient", "you have been blocked",
			"content presents a potential", "recipient has chosen not to", "recipient's list of senders", "not on the recipient's", "not authorized to send to the recipient", "restricts * from receiving", "受信拒否", "收件人拒收", "拒绝接收", "수신 거부",
		}},
	}
}
