package bounce

// senderRules: the envelope sender or the author was refused. They come first
// because they quote the words of users and domains.
func senderRules() []rule {
	return []rule{
		{class: Policy, strong: true, why: "the sender's address was refused", phrases: []string{
			"too many invalid", "too many unknown", "too many bad", "daily sending quota", "sending quota exceeded", "helo command rejected", "sender address has null mx", "sender has no", "sender verify failed", "sender verification failed", "sender address rejected", "sender email address rejected", "sender rejected", "sender was rejected", "sender denied", "sender not allowed", "sender refused", "invalid sender", "bad sender", "unroutable sender", "unrouteable sender", "sender domain", "domain of sender address", "domain of the sender", "senders domain", "sender's domain", "sender is spammer", "sender is in my black list", "sender not pre-approved",
			"sender has been blacklisted", "sender address has been blacklisted", "sender isn't on the recipient's", "sender id", "sender unknown", "sender is not authorized", "sender not authorized", "not authorized to send", "your email address has been blacklisted", "your e-mail address has been blocked", "your address * blacklist", "envelope blocked", "empty envelope sender", "null sender", "bogus mail from", "mail from not owned", "mail from * refused", "mail from: rejected", "mail from command failed", "access denied (in reply to mail from", "access denied (sender blacklisted",
			"does not accept mail from", "not accept mail from", "not accepting mail from", "you are not allowed to post", "not a registered gateway user", "batv", "backscatter protection", "bouncedeny", "no third-party dsns", "returned mail not accepted", "returned mail not", "emetteur invalide", "invalid domain, see", "purported responsible address", "not allowed to send mail from", "from: domain is invalid", "message rejected: email address is not verified", "email address is not verified", "sending this from a different address",
			"access to submit messages to this e-mail system has been rejected", "envelope from address * not", "envelope sender", "from address * not", "from header", "rule imposed mailbox access", "transaction failed unsigned dsn", "null mx * sender", "address not accepted for sender", "mx records for * violate", "recursive cname", "connections not accepted from servers without a valid sender domain", "fully qualified email address required", "does not exist e2110", "administrative prohibition", "delivery not authorized, message refused", "delivery not authorized", "restrictdomains",
			"resolver.rst.notauthorized", "resolver.rst.authrequired", "requireauthtosendto", "sendasdenied", "notauthorized", "authrequired", "restricted; only", "not have permission", "you don't have permission", "do not have permission", "permission to send", "permission to post", "不允许发送", "发件人被拒", "отправитель заблокирован", "absender abgelehnt", "expéditeur refusé", "remitente rechazado", "送信者が拒否",
		}},
	}
}

// rightsRules: the server would not take mail from this sender or for others. The
// reader has no part in it.
func rightsRules() []rule {
	return []rule{
		{class: UnknownUser, strong: true, lasting: true, why: "no right to relay, or no such user: one server's words for both", phrases: []string{
			"that domain or user isn't in my list",
		}},
		{class: Policy, strong: true, why: "no right to relay", phrases: []string{
			"relay access denied", "relaying denied", "relay denied", "relay not permitted", "relaying not permitted", "relaying not allowed", "relaying is not", "relaying mail to", "no relaying", "unable to relay", "not allowed to relay", "not permitted to relay", "cannot relay", "can't relay", "relaying is prohibited", "relay prohibited", "relaying prohibited", "as a relay", "mail relay", "open relay", "not an open relay", "not a gateway", "not local host", "isn't in my list of allowed rcpthosts", "isn't in my list of allowed", "not in my list of allowed", "list of allowed rcpthosts", "don't handle mail for", "not configured to relay", "relay this", "specified domain is not allowed", "we do not relay",
			"authentication required", "authentication is required", "requires authentication", "must be authenticated", "not authenticated", "smtp auth", "must authenticate", "must issue a starttls", "authentication credentials",
		}},
		{class: Policy, strong: true, why: "SPF, DKIM, DMARC or ARC failed", phrases: []string{
			" spf", "spf ", "(spf", "spf=", "sender policy framework", "dkim", "dmarc", "unauthenticated email", "unauthenticated mail", "not authenticated", "domainkeys", "domain authentication", "domain's authentication", "authentication level", "authentication checks", "authentication results", "does not meet ipv6 sending guidelines", "arc validation", "fails authentication", "failed authentication", "failed the authentication",
		}},
	}
}

// reputationRules: where the message came from was refused, or that it came too
// fast. The reader has no part in it.
func reputationRules() []rule {
	return []rule{
		{class: Policy, strong: true, why: "the sending host has no name", phrases: []string{
			"reverse dns", "reverse-dns", "rdns", "reverse lookup", "ptr record", "ptr-record", "no ptr", "cannot find your reverse hostname", "cannot find your hostname", "cannot resolve your address", "hostname lookup failed", "cannot find your", "unresolvable", "no fcrdns", "forward-confirmed", "client host rejected: cannot find", "fix reverse", "domain name required", "invalid helo", "helo command rejected", "ehlo command rejected", "helo rejected", "bad helo", "invalid ehlo", "ip name", "name possibly forged", "ip address without a name", "dns ptr", "hostname is not",
			"dial-up", "dialup", "dynamic ip", "dynamic/zombied", "hosts with dynamic", "residential", "direct to mx",
		}},
		{class: Policy, strong: true, why: "reputation or a blocklist", phrases: []string{
			"blacklist", "black list", "blocklist", "block list", "blocked using", "blocked by", "is blocked", "was blocked", "been blocked", "blocked for", "blocked because", "blocked due", "blocked - see", "blocked; see", "blocked. see", "has blocked", "spamhaus", "spamcop", "barracudacentral", " sorbs", "sorbs.", "dnsbl", " rbl", "rbl ", "rblsmtpd", "abuseat", "senderscore", "surbl", "uribl", "ivmsip", "reputation", "banned sending", "banned sender", "banned ip", "poor sending", "bad ip", "listed at", "listed in", "listed by", "is listed", "on our block", "ip address rejected", "ip rejected", "client host", "client ip", "sender ip", "your ip", "your network", "your host", "your server", "your mail server", "from ip", "ip address * rejected",
			"access from", "not allowed to connect", "not currently accepting mail from", "not accepting connections", "refused to talk to me", "refused connection", "connection rejected", "invalid ip for sending mail", "no access from", "go away", "bad sender ip", "suspicious", "looks suspiciously", "unsolicited", "bulk mail", "multi-blacklist", "too many spams", "user complaints", "unexpected volume", "temporarily deferred due to", "s3140", "s3150", "gu_eib", "abus detecte", "service refused", "confirm this mail server", "requires confirmation", "open proxy", "smtp error from remote mail server after initial connection", "initial connection",
			"554 rly:", "(rly:", "(dns:nr)", "(rtr:", "(dyn:", "(hvu:", "(con:b1)", "not passed validation", "server access forbidden", "extreme bad", "has been rejected by the recipient's", "may not be mail exchanger", "error: no valid recipients from", "cannot accept mail from", "rejecting", "blocked", "blackholed", "greylist", "graylist", "grey list", "postgrey",
		}},
		{class: Policy, strong: true, why: "too fast or too many", phrases: []string{
			"too many connections", "too many concurrent", "too many sessions", "too many recipients", "too many messages", "too many errors", "too many mails", "too many unknown", "too many invalid", "too many emails", "rate limit", "rate-limit", "ratelimit", "rate control", "rate exceeded", "throttl", "sending too", "too fast", "too quickly", "slow down", "exceeded the rate", "exceeded * rate", "receiving mail at a rate", "maximum rate", "connection rate", "message rate", "max connections", "connections from your", "concurrent connections", "connection limit", "exceeds * limit of messages",
			"daily * limit", "hourly * limit", "sending limit", "sending quota", "message submission rate", "flood", "unusual rate", "excessive", "mail send volume", "limit exceeded * ip", "exceeded their limit", "receiving messages is limited", "frequency limited", "per hour", "per day", "per minute", "please try again slower",
		}},
		{class: Policy, strong: true, why: "the receiving side's policy", phrases: []string{
			"policy violation", "policy reasons", "policy reason", "due to policy", "by policy", "local policy", "security policy", "violates", "policy restriction", "against policy", "prohibited", "not permitted", "terms of service", "not in compliance", "administratively denied", "administrative", "denied by policy", "message refused", "message denied", "transport.rules.rejectmessage", "mail rule", "compliance", "delivery restriction", "rejected for policy", "for security reasons", "access denied",
		}},
	}
}
