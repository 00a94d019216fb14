package bounce

import "strings"

// statusVerdict judges an enhanced status code by itself (RFC 3463 §3 and the
// registry that RFC 5248 §2 keeps).
func statusVerdict(status string) verdict {
	kind, rest, ok := strings.Cut(status, ".")
	if !ok {
		return verdict{}
	}
	for _, row := range statusTable() {
		if row.code == rest && (row.only == "" || row.only == kind) {
			return verdict{class: row.class, strong: row.strong, evidence: status}
		}
	}
	subject, _, _ := strings.Cut(rest, ".")
	switch {
	case subject == "6":
		return verdict{class: ContentRefused, strong: false, evidence: status}
	case subject == "7":
		return verdict{class: Policy, strong: false, evidence: status}
	case kind == "4" || subject == "3" || subject == "4":
		return verdict{class: Temporary, strong: false, evidence: status}
	}
	return verdict{}
}

type statusRow struct {
	code   string // without the first digit
	only   string // the first digit, when the meaning hangs on it
	class  Class
	strong bool
}

func statusTable() []statusRow {
	return []statusRow{
		{"1.0", "5", UnknownUser, false}, // other address status
		{"1.1", "", UnknownUser, true},   // bad destination mailbox address: final also as 4.1.1, when the report is
		{"1.2", "5", DomainGone, true},   // bad destination system address
		{"1.3", "5", UnknownUser, true},  // bad destination mailbox address syntax
		{"1.6", "", UnknownUser, true},   // mailbox has moved
		{"1.7", "", Policy, true},        // bad sender's mailbox address syntax
		{"1.8", "", Policy, true},        // bad sender's system address
		{"1.10", "5", DomainGone, true},  // null MX, RFC 7505 §4.1
		{"2.1", "5", MailboxDisabled, false},
		{"2.2", "", MailboxFull, true},
		{"2.3", "", TooBig, true},
		{"3.2", "5", DomainGone, false}, // the system takes no messages
		{"3.4", "", TooBig, true},
		{"4.4", "5", DomainGone, false}, // unable to route: no address record
		{"7.13", "5", MailboxDisabled, true},
		{"7.16", "", TooBig, true},
		{"7.17", "5", UnknownUser, true}, // the mailbox has another owner, RFC 7293 §14
		{"7.18", "5", UnknownUser, true}, // the domain has another owner
		{"6.7", "", ContentRefused, false},
	}
}
