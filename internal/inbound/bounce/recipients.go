package bounce

import (
	"slices"
	"strings"
)

// Weights of a place where an address stands in the words of a report.
const (
	inPassing = 1  // somewhere in a sentence
	quoted    = 3  // in a summary of the returned message
	withCode  = 6  // in an SMTP reply
	labelled  = 8  // behind a word such as "recipient"
	headed    = 9  // at the beginning of a line that goes on with a colon or the like
	alone     = 10 // the line is nothing but this address
)

// candidate is an address that the words may mean as failed.
type candidate struct {
	address string
	weight  int
	line    int  // index of its line
	self    bool // it is also one of those who sent or received the report
}

// textRecipients finds whom the words of a report are about.
func (x *examination) textRecipients() []Recipient {
	chosen := x.choose(x.candidates())
	people := make([]Recipient, 0, len(chosen))
	for i, c := range chosen {
		end := len(x.lines)
		if i+1 < len(chosen) {
			end = chosen[i+1].line
		}
		people = append(people, Recipient{
			Address: canonical(c.address), Source: FromText,
			Diagnostic: x.passage(c.line, max(end, c.line+1)),
		})
	}
	return people
}

// candidates weighs every address in the words, in their order.
func (x *examination) candidates() []candidate {
	var all []candidate
	above := ""
	for i, line := range x.lines {
		if len(line) > 2000 {
			line = line[:2000]
		}
		for _, a := range addressesIn(line) {
			weight := x.weigh(line, a, above)
			if weight == 0 {
				continue
			}
			lower := strings.ToLower(a.text)
			if isRole(a.text) && weight < labelled {
				continue
			}
			all = append(all, candidate{address: a.text, weight: weight, line: i, self: x.self[lower] || x.isOurs(a.text)})
			if len(all) >= 4*x.limits.Recipients {
				return all
			}
		}
		if strings.TrimSpace(line) != "" {
			above = line
		}
	}
	return all
}

// weigh judges the place of one address; 0 for an address that is certainly
// another's.
func (x *examination) weigh(line string, a found, above string) int {
	before := strings.ToLower(strings.TrimSpace(line[:a.start]))
	after := strings.ToLower(strings.TrimSpace(line[a.end:]))
	if a.angled && len(before) > 1 && before[0] == '"' && strings.IndexByte(before[1:], '"') == len(before)-2 {
		before = "" // a display name (RFC 5322 §3.4)
	}
	before = strings.TrimRight(before, "<([\"'* \t")
	after = strings.TrimLeft(after, ">)]\"' \t")
	switch {
	case strings.HasPrefix(strings.TrimSpace(line), "(") && strings.Contains(before, "generated from"):
		return inPassing
	case isSenderLabel(before):
		return 0
	case strings.Trim(before, "-*•·>[(<\"' \t0123456789.)") == "" && (after == "" || after == ":" || after == "." || after == ";" || after == ","):
		if isSenderLabel(strings.ToLower(strings.TrimSpace(above))) {
			return 0
		}
		return alone
	case a.angled && strings.HasPrefix(after, ":"), before == "" && strings.IndexByte(":.([-;#", after[0]) >= 0, strings.Trim(before, ">* \t") == "" && a.angled:
		return headed
	case isRecipientLabel(before):
		return labelled
	case before == "to" || before == "to:" || before == "cc:" || strings.HasSuffix(before, " to:"):
		return quoted
	case replyCode(line) != 0 || strings.HasPrefix(strings.TrimSpace(line), "<<<"):
		return withCode
	case before == "" && (strings.HasPrefix(after, "on ") || x.phrases.match(plain(after)).class != ""):
		return withCode // not the middle of a sentence that a line end has cut
	case isContact(before):
		return 0
	}
	return inPassing
}

// isSenderLabel knows the words behind which the sender stands.
func isSenderLabel(before string) bool {
	before = strings.TrimRight(before, ": \t<")
	for _, end := range []string{
		"from", "mail from", "sender", "original sender", "reply-to", "return-path", "envelope-from", "envelope sender", "sent by",
		"a message sent by", "message from", "reporting-mta", "the sender is", "return path", "errors-to", "отправитель", "差出人", "发件人", "absender", "expéditeur", "remitente",
	} {
		if before == end || strings.HasSuffix(before, " "+end) || strings.HasSuffix(before, "("+end) {
			return true
		}
	}
	return false
}

// isRecipientLabel knows the words behind which a failed recipient stands.
func isRecipientLabel(before string) bool {
	before = strings.TrimRight(before, ",:= \t<'\"")
	for _, end := range []string{
		"rcpt to", "dda:smtp", "was addressed", "recipient", "recipients", "recipient address", "recipient(s)", "final-recipient", "original-recipient", "intended recipient",
		"addressed to", "delivered to", "deliver to", "deliver message to", "delivery to", "deliver your message to", "message to", "mail to",
		"address", "addresses", "address(es)", "unknown user", "user unknown", "unknown address", "invalid recipient", "permanent errors",
		"not relayed to", "failed for", "failed to", "delivering to", "deliver mail to", "send to", "sent to", "reach", "errors", "user",
		"mailbox", "account", "failed address", "undeliverable to", "rcpt", "delivery failed", "could not be delivered to", "unable to deliver to",
		"empfänger", "empfängeradresse", "an", "destinataire", "destinatario", "destinatário", "ontvanger", "mottagare", "получатель", "адрес", "адресату",
		"宛先", "あて先", "送信先", "收件人", "받는 사람", "rfc822;", "utf-8;", "orig_to", "orcpt", "no such user", "does not exist",
	} {
		if strings.HasSuffix(before, end) && (len(before) == len(end) || !isAlphanumeric(before[len(before)-len(end)-1])) {
			return true
		}
	}
	return false
}

// isContact knows the words behind which stands whom to ask.
func isContact(before string) bool {
	for _, word := range []string{"contact", "please", "write to", "questions", "support", "administrator", "help", "e-mail to", "forward", "report"} {
		if strings.Contains(before, word) {
			return true
		}
	}
	return false
}

// choose keeps the candidates of the best sort of place, each address once. The
// report's own sender and receiver are chosen only when nobody else is: a report
// that a mailbox sends about itself is rare, one that quotes both is not.
func (x *examination) choose(all []candidate) []candidate {
	others := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return c.self })
	if best(others) > inPassing || best(all) < withCode {
		all = others
	}
	top := best(all)
	floor := withCode
	if top < withCode {
		floor = top
	}
	if top >= labelled {
		floor = labelled
	}
	var chosen []candidate
	at := map[string]bool{}
	for _, c := range all {
		key := strings.ToLower(c.address)
		if c.weight < floor || at[key] {
			continue
		}
		at[key] = true
		chosen = append(chosen, c)
		if c.weight == inPassing || c.weight == quoted && len(chosen) >= x.limits.Recipients {
			break
		}
	}
	return chosen
}

func best(all []candidate) int {
	top := 0
	for _, c := range all {
		top = max(top, c.weight)
	}
	return top
}

// passage gives the lines that belong to one address, without what is far away.
func (x *examination) passage(start, end int) string {
	var lines []string
	size := 0
	for _, line := range x.lines[start:min(end, start+25)] {
		line = strings.TrimSpace(line)
		if size += len(line); size > 2000 {
			break
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// localRecipients reads lists of names without a domain, which mean the domain of
// the server that writes: a word alone on an indented line, behind a line that
// announces recipients.
func (x *examination) localRecipients() []Recipient {
	domain := ""
	for _, a := range addressesIn(x.root.header.get("from")) {
		if isDaemon(a.text) && !x.isOurs(a.text) {
			_, domain = splitAddress(a.text)
		}
	}
	var people []Recipient
	announced := ""
	for i, line := range x.lines {
		word := strings.TrimSpace(line)
		indented := word != "" && (line[0] == ' ' || line[0] == '\t')
		switch {
		case domain == "" || len(people) >= x.limits.Recipients:
			return people
		case indented && announced != "" && isLocalName(word):
			people = append(people, Recipient{Address: canonical(word + "@" + domain), Source: FromText, Diagnostic: announced + "\n" + x.passage(i, i+1)})
		case word != "":
			announced = ""
			if before := x.passage(max(0, i-2), i+1); strings.HasSuffix(word, ":") && containsAny(strings.ToLower(before), []string{"recipient", "address"}) {
				announced = before
			}
		}
	}
	return people
}

// isLocalName says whether a word can be a local part: no number, no heading.
func isLocalName(word string) bool {
	letters := 0
	for i := range len(word) {
		if !isLocalByte(word[i]) {
			return false
		}
		if isAlphanumeric(word[i]) && !isDigit(word[i]) {
			letters++
		}
	}
	return letters > 0 && len(word) <= 64
}

// returnedRecipients gives whom the returned message was sent to: first what
// servers noted of its envelope, then its header.
func (x *examination) returnedRecipients() []Recipient {
	for _, name := range []string{"x-envelope-to", "envelope-to", "x-original-to", "x-hmxmroriginalrecipient", "original-recipient", "x-rcpt-to", "to", "apparently-to", "cc"} {
		var people []Recipient
		for _, value := range x.returned.all(name) {
			for _, a := range addressesIn(decodeWords(value)) {
				if !x.isOurs(a.text) {
					people = append(people, Recipient{Address: canonical(a.text), Source: FromReturned})
				}
			}
		}
		if len(people) == 1 { // of several, nobody knows which
			return people
		}
	}
	received := x.returned.all("received")
	for i := len(received) - 1; i >= 0; i-- { // RFC 5321 §4.4: "for" the recipient
		_, rest, ok := strings.Cut(received[i], " for ")
		for _, a := range addressesIn(rest) {
			if ok && !x.self[strings.ToLower(a.text)] && !x.isOurs(a.text) {
				return []Recipient{{Address: canonical(a.text), Source: FromReturned}}
			}
		}
	}
	return nil
}
