package bounce

import "strings"

// decide finds out what the message is and whom it is about. The order matters:
// reports for machines say what they are; reports for people are known by their
// words, and only what is certainly none of these may be an automatic answer, whose
// marks reports carry too.
func (x *examination) decide() {
	switch {
	case x.notification(), x.feedback(), x.deliveryStatus(), x.receipt():
	case x.isWrittenReport():
		x.writtenReport()
	case x.automatic():
	case x.wishToLeave():
	default:
		x.report.Kind = Other
		x.report.NotIdentifiable = "the message is none of the reports that are known"
	}
	x.attachProof()
}

// deliveryStatus reads the reports of RFC 3464 and RFC 6533.
func (x *examination) deliveryStatus() bool {
	found := false
	for _, nested := range []bool{false, true} {
		for _, p := range x.parts {
			if p.nested != nested || p.kind != "message/delivery-status" && p.kind != "message/global-delivery-status" {
				continue
			}
			text := p.decoded(x.limits.Text)
			if !p.leaf { // an empty line before the fields makes some writers nest them
				text = p.raw
			}
			found = true
			x.addGroups(statusGroups(text, x.limits.Recipients))
		}
		// A report within a report counts only when the outer one names nobody: some
		// gateways wrap what they forward.
		if len(x.report.Recipients) > 0 || nested || !found && !x.isWrittenReport() {
			break
		}
		if found && len(x.textRecipients()) > 0 {
			break
		}
	}
	if !found {
		return false
	}
	if len(x.report.Recipients) == 0 {
		x.writtenReport()
		return true
	}
	x.report.Kind = kindOfActions(x.report.Recipients)
	x.judgeStatus()
	return true
}

func (x *examination) addGroups(groups []header) {
	for _, g := range groups {
		if p, ok := fromGroup(g); ok && !x.alreadyNamed(p) {
			x.report.Recipients = append(x.report.Recipients, p)
		}
	}
}

// alreadyNamed merges a second group about the same person into the first when it
// says the same; the graver one stays.
func (x *examination) alreadyNamed(p Recipient) bool {
	for i := range x.report.Recipients {
		old := &x.report.Recipients[i]
		if !strings.EqualFold(old.Address, p.Address) || !strings.EqualFold(old.Final, p.Final) {
			continue
		}
		if old.Action == ActionDelayed && p.Action == ActionFailed || old.Diagnostic == "" && p.Diagnostic != "" {
			*old = p
		}
		return true
	}
	return false
}

// kindOfActions is a bounce when anything has failed for good (RFC 3464 §2.3.3),
// else a delay, else a success. A group without an action is a failure.
func kindOfActions(people []Recipient) Kind {
	kind := Delivered
	for i := range people {
		p := &people[i]
		if p.Action == "" {
			p.Action = ActionFailed
		}
		switch {
		case p.Action == ActionFailed:
			return finish(people)
		case p.Action == ActionDelayed:
			kind = Delayed
		}
	}
	return kind
}

// finish gives the groups behind a failed one their action as well.
func finish(people []Recipient) Kind {
	for i := range people {
		if people[i].Action == "" {
			people[i].Action = ActionFailed
		}
	}
	return Bounce
}

// receipt passes over reading receipts (RFC 8098 §3), which look like delivery
// reports and say nothing of a delivery. One is a refusal: a Sieve script that
// rejects a message has it deleted by a program and says so (RFC 5429 §2.1).
func (x *examination) receipt() bool {
	for _, p := range x.parts {
		if p.nested || p.kind != "message/disposition-notification" && p.kind != "message/global-disposition-notification" {
			continue
		}
		fields := parseFields(p.decoded(x.limits.Text), x.limits)
		disposition := strings.ToLower(strings.ReplaceAll(fields.get("disposition"), " ", ""))
		if strings.HasPrefix(disposition, "automatic-action/") && strings.HasSuffix(disposition, ";deleted") && containsAny(strings.ToLower(x.words), reportWords()) {
			x.refusal(fields)
			return true
		}
		x.report.Kind = AutoReply
		x.addSender(Automatic, "Content-Type: "+p.kind)
		return true
	}
	return false
}

// refusal reads the notification of a message that a reader's script has refused.
func (x *examination) refusal(fields header) {
	p, ok := fromGroup(fields)
	if !ok {
		x.writtenReport()
		return
	}
	p.Action = ActionFailed
	x.report.Kind, x.report.Recipients = Bounce, []Recipient{p}
	x.judgeWords()
	// Whatever words the script chose, only these are no choice of the reader.
	if refused := &x.report.Recipients[0]; refused.Class != MailboxFull && refused.Class != TooBig {
		refused.Class, refused.Evidence = ContentRefused, "Disposition: "+fields.get("disposition")
	}
}

// isWrittenReport says whether the words are those of a report for people. Its
// sender alone proves nothing: a postmaster answers questions too, and goes on
// leave. Nor do its words alone: people quote what they were sent.
func (x *examination) isWrittenReport() bool {
	h := x.root.header
	if h.names("x-failed-recipients") {
		return true
	}
	lower := strings.ToLower(x.words)
	if strings.Contains(lower, "final-recipient:") && strings.Contains(lower, "action:") {
		return true
	}
	subject := strings.ToLower(x.report.Subject)
	automatic := x.looksAutomatic() != ""
	daemon := x.fromDaemon()
	bySubject := containsAny(subject, reportSubjects())
	byWords := containsAny(strings.ToLower(clip(x.words, 16<<10)), reportWords())
	said := bySubject && byWords && !isReplySubject(subject)
	if containsAny(subject, awaySubjects()) || !daemon && !automatic && !x.report.NullSender && len(x.returned) == 0 && !said {
		return false
	}
	if automatic && !daemon && !bySubject && !x.isDeliveryReport() {
		return false // a person's program may say "does not exist" of anything
	}
	points := 0
	if x.isDeliveryReport() {
		points += 2
	}
	if x.report.NullSender {
		points++
	}
	if daemon {
		points += 2
	}
	if bySubject {
		points += 2
	}
	if byWords {
		points += 2
	}
	if len(x.returned) > 0 {
		points++
	}
	if automatic && !byWords {
		points -= 2
	}
	return points >= 4 && (bySubject || byWords)
}

// isDeliveryReport says whether the message calls itself what RFC 3464 §2 asks for,
// whatever became of its parts.
func (x *examination) isDeliveryReport() bool {
	return x.root.kind == "multipart/report" && strings.EqualFold(x.root.params["report-type"], "delivery-status")
}

// isReplySubject knows the subjects of people who answer or forward.
func isReplySubject(subject string) bool {
	subject = strings.TrimSpace(subject)
	for _, mark := range []string{"re:", "aw:", "sv:", "fw:", "fwd:", "wg:", "tr:", "rv:"} {
		if strings.HasPrefix(subject, mark) {
			return true
		}
	}
	return false
}

// fromDaemon knows the names of programs; an author without an address is one too.
func (x *examination) fromDaemon() bool {
	from := strings.ToLower(x.report.From)
	if strings.HasSuffix(strings.ReplaceAll(from, " ", ""), "<>") {
		return true
	}
	for _, a := range addressesIn(from) {
		if isDaemon(a.text) {
			return true
		}
	}
	return containsAny(from, []string{
		"mailer-daemon", "mail delivery", "delivery subsystem", "postmaster", "mail deliver", "system administrator", "mailer daemon",
		"mail system", "internet mail", "delivery service",
	})
}

// writtenReport reads a report for people.
func (x *examination) writtenReport() {
	r := x.report
	if strings.Contains(strings.ToLower(x.words), "final-recipient:") {
		x.addGroups(statusGroups(x.words, x.limits.Recipients))
	}
	if len(r.Recipients) > 0 {
		r.Kind = kindOfActions(r.Recipients)
		x.judgeStatus()
		return
	}
	r.Recipients = x.headerRecipients()
	written := x.textRecipients()
	if len(r.Recipients) == 0 {
		r.Recipients = written
	} else {
		x.borrowDiagnostics(written)
	}
	if len(r.Recipients) == 0 {
		r.Recipients = x.returnedRecipients()
	}
	if len(r.Recipients) == 0 {
		r.Recipients = x.localRecipients()
	}
	r.Kind = Bounce
	action := ActionFailed
	if x.soundsDelayed() {
		r.Kind, action = Delayed, ActionDelayed
	}
	for i := range r.Recipients {
		r.Recipients[i].Action = action
	}
	x.judgeWords()
}

// headerRecipients reads X-Failed-Recipients, which Exim and Gmail write.
func (x *examination) headerRecipients() []Recipient {
	var people []Recipient
	for _, value := range x.root.header.all("x-failed-recipients") {
		for _, a := range addressesIn(value) {
			people = append(people, Recipient{Address: canonical(a.text), Source: FromHeader})
		}
	}
	return people
}

// borrowDiagnostics gives the people of the header the words about them.
func (x *examination) borrowDiagnostics(written []Recipient) {
	for i := range x.report.Recipients {
		p := &x.report.Recipients[i]
		for _, w := range written {
			if strings.EqualFold(w.Address, p.Address) {
				p.Diagnostic = w.Diagnostic
			}
		}
	}
}

// soundsDelayed says whether the words promise further attempts.
func (x *examination) soundsDelayed() bool {
	text := strings.ToLower(clip(x.report.Subject+"\n"+x.words, 16<<10))
	return containsAny(text, promiseWords()) || containsAny(text, delayWords()) && !containsAny(text, finalWords())
}

// attachProof marks whom a token of ours names. One of our messages goes to one
// person: everybody in a report about it is a forwarding of that person. When the
// report names nobody, the token does.
func (x *examination) attachProof() {
	r := x.report
	if x.proof == nil {
		return
	}
	r.Proven, r.ProvenBy = x.proof.identity, x.proof.source
	if r.Kind == Other {
		return
	}
	if len(r.Recipients) == 0 {
		p := Recipient{Source: x.proof.source, Class: Unknown, Evidence: x.proof.evidence}
		if r.Kind == Bounce {
			p.Action = ActionFailed
		}
		r.Recipients = []Recipient{p}
		r.NotIdentifiable = ""
		x.judgeBlank(&r.Recipients[0])
	}
	for i := range r.Recipients {
		p := &r.Recipients[i]
		p.Verified, p.Identity, p.Source = true, x.proof.identity, x.proof.source
	}
}

// addSender names whoever wrote the message.
func (x *examination) addSender(class Class, evidence string) {
	for _, name := range []string{"from", "sender", "reply-to"} {
		for _, a := range addressesIn(x.root.header.get(name)) {
			x.report.Recipients = []Recipient{{Address: canonical(a.text), Source: FromSender, Class: class, Evidence: evidence}}
			return
		}
	}
}

func containsAny(text string, phrases []string) bool {
	for _, p := range phrases {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}
