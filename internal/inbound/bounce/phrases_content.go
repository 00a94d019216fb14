package bounce

// contentRules: this one message was not wanted for what it holds. Soft, and no
// reader's fault.
func contentRules() []rule {
	return []rule{
		{class: ContentRefused, strong: true, why: "taken for spam", phrases: []string{
			"spam", "junk mail", "junk e-mail", "unwanted mail", "considered unsolicited", "phish", "message content rejected", "content rejected", "content filter", "content restriction", "content denied", "mail content denied", "message content", "suspect content", "rejected by filter", "rejected by content", "message rejected due to content", "message scored", "high probability of", "scored * points", "bayes", "razor", "cloudmark", "fingerprint", "mail rejected as", "blacklisted url", "url * blacklist", "uri * blacklist", "链接", "垃圾邮件", "垃圾郵件", "スパム", "迷惑メール", "스팸", "спам",
		}},
		{class: ContentRefused, strong: true, why: "taken for dangerous", phrases: []string{
			"virus", "malware", "infected", "trojan", "dangerous attachment", "attachment type", "attachment is not", "attachments are not", "blocked attachment", "banned attachment", "attachment rejected", "attachment blocked", "executable", "blocked file", "banned file", "zip file", "ウイルス", "病毒", "바이러스", "вирус",
		}},
		{class: ContentRefused, strong: true, why: "its form", phrases: []string{
			"header error", "invalid header", "bad header", "header field", "missing header", "missing message-id", "message-id is missing", "too many \"received\" headers", "malformed", "not rfc", "rfc 5322", "rfc 2822", "rfc5322", "rfc2822", "rfc 822", "rfc compliant", "bare lf", "bare newline", "bare cr", "bare line feed", "line too long", "lines too long", "improper use of 8-bit", "8-bit data", "invalid characters", "charset not", "illegal character", "mime error", "mime parse", "invalid mime", "improperly-formatted", "badly formatted", "duplicated message-id", "date header", "conversion required", "conversion is prohibited", "non-ascii", "smtputf8", "empty message", "blank subject", "message format",
		}},
	}
}

// networkRules: trouble on the way. Weak: a code beside it says more.
func networkRules() []rule {
	return []rule{
		{class: Temporary, why: "a loop", phrases: []string{
			"hop count", "too many hops", "mail loop", "message looping", "looping", "routing loop", "forwarding loop", "loop detected", "maximum forwarding", "duplicate message", "loop!",
		}},
		{class: Temporary, why: "no connection, or not in time", phrases: []string{
			"connection timed out", "timed out", "timeout", "time out", "time-out", "expired", "delivery time", "too long", "retry time", "could not be delivered for", "no response", "did not respond", "not responding", "no answer", "connection lost", "lost connection", "connection closed", "connection refused", "connection dropped", "connection reset", "connection was dropped", "connection failed", "connection error", "could not connect", "unable to connect", "can't connect", "cannot connect", "did not accept our requests to connect", "no route to host", "network is unreachable", "network unreachable", "host is unreachable", "host unreachable", "host is down", "network error", "socket error", "bad connection", "conversation with * timed out", "i wasn't able to establish an smtp connection", "wasn't able to establish",
			"cannot send message for", "delivery attempts", "delivery failed * attempts", "queue period", "not reachable", "was aborted after", "could not find a gateway", "not yet been delivered", "will be retried", "deferred", "has been frozen", "was frozen", "message frozen", "delayed", "starttls", "tls", "ssl", "certificate", "handshake", "unable to resolve route", "temporarily unable", "zeitüberschreitung", "délai", "tiempo de espera", "время ожидания", "タイムアウト", "接続できません", "连接超时", "시간 초과",
		}},
		{class: Temporary, why: "trouble of the receiving system", phrases: []string{
			"internal error", "system error", "server error", "local error", "configuration error", "error in processing", "processing error", "requested action aborted", "system not accepting", "not accepting network messages", "insufficient system", "system full", "disk full", "out of memory", "resources temporarily", "temporary failure", "temporary error", "temporary problem", "temporarily", "try again later", "try later", "service unavailable", "service currently unavailable", "service not available", "server busy", "system busy", "server overloaded", "congestion", "maintenance", "database", "ldap", "i/o error", "cannot append", "can't create", "can't open", "cannot open", "unable to open", "permission denied", "command died", "command output", "mailer returned", "exit status", "child status", "pipe to", "local delivery failed", "delivery to file forbidden", "delivery to pipe forbidden", "lmtp error", "unexpected", "procmail", "x-unix", "vdelivermail", "crashed", "queue file write error",
		}},
	}
}

// vagueRules: words that say little. Weak.
func vagueRules() []rule {
	return []rule{
		{class: Policy, why: "refused without a reason", phrases: []string{
			"not accepted", "not allowed", "not authorized", "unauthorized", "rejected", "refused", "denied", "forbidden", "transaction failed", "abgelehnt", "refusé", "rechazado", "rifiutato", "rejeitad", "отклонено", "拒否", "拒绝", "거부",
		}},
		{class: Unknown, why: "the conversation itself failed", phrases: []string{
			"syntax error", "command not implemented", "command unrecognized", "unrecognized command", "bad sequence", "protocol error", "rcpt first",
		}},
	}
}
