package bounce

import (
	"strconv"
	"strings"
)

// verdict is a class and why.
type verdict struct {
	class    Class
	strong   bool   // specific enough to outweigh the codes
	sure     bool   // specific enough to outweigh even X.1.1
	evidence string // the phrase or code that decided
}

// judgeStatus judges the people of a report for machines: first by what the
// report says of each, then, where that says nothing, by its words for people.
func (x *examination) judgeStatus() {
	people := x.report.Recipients
	for i := range people {
		p := &people[i]
		if p.Action == ActionDelivered || p.Action == ActionRelayed || p.Action == ActionExpanded {
			p.Class, p.Evidence = Unknown, "Action: "+string(p.Action)
			continue
		}
		words := x.wordsAbout(p.Address, p.Final, len(people) == 1)
		p.Command = commandIn(p.Diagnostic)
		if p.Command == "" {
			p.Command = commandIn(words)
		}
		x.judgeOne(p, words)
	}
}

// wordsAbout gives what the words for people say of one address: the passage
// behind it, or all of them when it is the only one.
func (x *examination) wordsAbout(address, final string, only bool) string {
	for i, line := range x.lines {
		lower := strings.ToLower(line)
		if strings.Contains(lower, strings.ToLower(address)) || final != "" && strings.Contains(lower, strings.ToLower(final)) {
			if only {
				break
			}
			return x.passage(i, len(x.lines))
		}
	}
	if !only {
		return ""
	}
	return clip(x.words, 4<<10)
}

// judgeWords judges the people of a report for people.
func (x *examination) judgeWords() {
	people := x.report.Recipients
	for i := range people {
		p := &people[i]
		if p.Diagnostic == "" || len(people) == 1 {
			p.Code, p.Status = replyCode(p.Diagnostic), enhancedCode(p.Diagnostic)
			p.Command = commandIn(p.Diagnostic)
			whole := x.passageOfErrors()
			if p.Diagnostic == "" {
				p.Diagnostic = whole
			}
			x.fill(p, whole)
			x.judgeOne(p, clip(x.words, 8<<10)+"\n"+x.report.Subject)
			continue
		}
		x.fill(p, p.Diagnostic)
		x.judgeOne(p, "")
	}
}

// fill sets what is not set yet from a text.
func (x *examination) fill(p *Recipient, text string) {
	if p.Code == 0 {
		p.Code = replyCode(text)
	}
	if p.Status == "" {
		p.Status = enhancedCode(text)
	}
	if p.Command == "" {
		p.Command = commandIn(text)
	}
}

// passageOfErrors gives the lines that tell of an error, for a report about one
// person that says why before it says whom.
func (x *examination) passageOfErrors() string {
	var lines []string
	for _, line := range x.lines {
		if line = strings.TrimSpace(line); line == "" || len(lines) >= 12 {
			continue
		}
		if v := x.phrases.match(plain(line)); v.class != "" || replyCode(line) != 0 || enhancedCode(line) != "" && !strings.HasPrefix(line, "Received") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// judgeBlank judges somebody whom only a token names.
func (x *examination) judgeBlank(p *Recipient) {
	if x.report.Kind != Bounce && x.report.Kind != Delayed {
		switch x.report.Kind {
		case Complaint:
			p.Class = Complained
		case Unsubscribe:
			p.Class = Unsubscribed
		case AutoReply, Challenge, AddressChange:
			p.Class = Automatic
		}
		return
	}
	p.Diagnostic = x.passageOfErrors()
	x.fill(p, p.Diagnostic)
	x.judgeOne(p, clip(x.words, 8<<10)+"\n"+x.report.Subject)
}

// judgeOne decides the class of one recipient. The server's own words come first,
// because codes are chosen carelessly: "5.1.1" stands on full mailboxes and
// "5.7.1" on unknown users. Then the codes; last, words that say little.
func (x *examination) judgeOne(p *Recipient, more string) {
	spoken := x.phrases.match(plain(p.Diagnostic))
	coded := codeVerdict(p)
	if spoken.class == "" || !spoken.strong && coded.class == "" {
		if wider := x.phrases.match(plain(more)); wider.class != "" && (spoken.class == "" || wider.strong) {
			if spoken.class == "" && (wider.strong || coded.class == "") {
				spoken = wider
			}
		}
	}
	decided := weighVerdicts(p, spoken, coded)
	p.Class = decided.class
	p.Evidence = x.evidenceLine(p, decided, more)
}

// weighVerdicts puts words and codes together.
func weighVerdicts(p *Recipient, spoken, coded verdict) verdict {
	switch {
	case spoken.class == "" && coded.class == "":
		return verdict{class: Unknown}
	case spoken.class == "":
		return coded
	case coded.class == "":
		return afterData(p, spoken)
	case coded.class == MailboxFull && coded.strong && spoken.class != TooBig:
		return coded // X.2.2 is rarely chosen without reason
	case !spoken.strong:
		return coded
	case coded.class == UnknownUser && coded.strong && !spoken.sure && (spoken.class == ContentRefused || spoken.class == Temporary):
		return coded
	case spoken.class == UnknownUser && coded.class == UnknownUser && coded.strong:
		return spoken
	}
	return afterData(p, spoken)
}

// afterData doubts an unknown user who became unknown only after the message had
// been sent: the address was accepted before. Mobile operators say so of messages
// that the reader's own filter refuses.
func afterData(p *Recipient, v verdict) verdict {
	if v.class == UnknownUser && p.Command == "DATA" {
		v.class = ContentRefused
	}
	return v
}

// evidenceLine gives the line that decided, as the server wrote it.
func (x *examination) evidenceLine(p *Recipient, v verdict, more string) string {
	if v.evidence == "" {
		return ""
	}
	for _, text := range []string{p.Diagnostic, more} {
		for line := range strings.Lines(text) {
			if strings.Contains(plain(line), v.evidence) {
				return strings.TrimSpace(line)
			}
		}
	}
	if strings.Contains(plain(p.Diagnostic), v.evidence) { // it goes over two lines
		return oneLine(p.Diagnostic)
	}
	if p.Status != "" {
		return "Status: " + p.Status
	}
	if p.Code != 0 {
		return strconv.Itoa(p.Code) + " " + oneLine(p.Diagnostic)
	}
	return v.evidence
}

// commandIn tells which SMTP command was refused, by the words of the common
// servers; the last one named counts, because transcripts go forward.
func commandIn(text string) string {
	lower := strings.ToLower(text)
	if command := commandInTranscript(lower); command != "" {
		return command
	}
	command, at := "", -1
	for _, c := range []struct{ name, phrase string }{
		{"RCPT", "rcpt to"},
		{"RCPT", "does not like recipient"},
		{"RCPT", "smtp:rcpt"},
		{"RCPT", "[rcpt_to]"},
		{"RCPT", "rcpt command"},
		{"RCPT", "(rcpt)"},
		{"RCPT", "rcpt response"},
		{"DATA", "end of data"},
		{"DATA", "data command"},
		{"DATA", "failed after i sent the message"},
		{"DATA", "(data)"},
		{"DATA", ">>> data"},
		{"DATA", "after data"},
		{"DATA", "after end-of-data"},
		{"DATA", "[data"},
		{"DATA", "in data"},
		{"DATA", "smtp command\ndata"},
		{"DATA", ">>> ."},
		{"DATA", "smtp:data"},
		{"MAIL", "mail from"},
		{"MAIL", "sender was rejected"},
		{"MAIL", "mail command"},
		{"MAIL", "smtp:mail"},
		{"EHLO", "my name was rejected"},
		{"EHLO", "ehlo command"},
		{"EHLO", "helo command"},
		{"EHLO", ">>> helo"},
		{"EHLO", ">>> ehlo"},
		{"EHLO", "after ehlo"},
		{"EHLO", "after helo"},
		{"CONNECT", "greeting failed"},
		{"CONNECT", "initial connection"},
		{"CONNECT", "refused to talk to me"},
		{"CONNECT", "while receiving the initial"},
	} {
		if i := strings.LastIndex(lower, c.phrase); i > at {
			command, at = c.name, i
		}
	}
	return command
}

// commandInTranscript reads ">>> RCPT TO:<a@b>" and "<<< 550 no": the command
// before the first refusal counts, because what follows it fails for that reason.
func commandInTranscript(lower string) string {
	sent := ""
	for line := range strings.Lines(lower) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, ">>> "); ok {
			switch word, _, _ := strings.Cut(strings.TrimSpace(rest), " "); {
			case strings.HasPrefix(word, "rcpt"):
				sent = "RCPT"
			case strings.HasPrefix(word, "mail"):
				sent = "MAIL"
			case word == "data" || word == ".":
				sent = "DATA"
			case word == "helo" || word == "ehlo":
				sent = "EHLO"
			}
		}
		if rest, ok := strings.CutPrefix(line, "<<< "); ok && sent != "" && replyCode(rest) != 0 {
			return sent
		}
	}
	return ""
}

// codeVerdict judges by the enhanced status, then by the reply alone.
func codeVerdict(p *Recipient) verdict {
	status := p.Status
	inWords := enhancedCode(p.Diagnostic)
	if inWords != "" && (vague(status) || !vague(inWords) && status[0] != inWords[0] && p.Code/100 == int(inWords[0]-'0')) {
		status = inWords
		p.Status = inWords
	}
	if v := statusVerdict(status); v.class != "" {
		return v
	}
	switch p.Code {
	case 521, 556: // RFC 7504 §4, RFC 7505 §4.1: no mail here
		return verdict{class: DomainGone, strong: true, evidence: strconv.Itoa(p.Code)}
	case 552: // RFC 5321 §4.2.3: exceeded storage allocation
		return verdict{class: MailboxFull, strong: false, evidence: "552"}
	case 535, 530, 538, 534:
		return verdict{class: Policy, strong: false, evidence: strconv.Itoa(p.Code)}
	case 525: // a disabled account
		return verdict{class: MailboxDisabled, strong: true, evidence: "525"}
	}
	if p.Code/100 == 4 {
		return verdict{class: Temporary, strong: false, evidence: strconv.Itoa(p.Code)}
	}
	return verdict{}
}

// vague says that a status leaves everything open (RFC 3463 §3.1).
func vague(status string) bool {
	return status == "" || strings.HasSuffix(status, ".0.0") || strings.HasSuffix(status, ".3.0") || strings.HasSuffix(status, ".5.0") ||
		status == "4.4.7" || status == "4.7.0"
}
