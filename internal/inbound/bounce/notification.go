package bounce

import (
	"encoding/json"
	"strings"
)

// notice is a notification of Amazon SES about one message. Only what is needed
// is read.
type notice struct {
	Type      string `json:"notificationType"`
	EventType string `json:"eventType"`
	// Message is set when the notice comes in the wrapping of Amazon SNS.
	Message string `json:"Message"`
	Bounce  struct {
		BounceType, BounceSubType, ReportingMTA string
		BouncedRecipients                       []struct{ EmailAddress, Action, Status, DiagnosticCode string }
	} `json:"bounce"`
	Complaint struct {
		ComplaintFeedbackType string
		ComplainedRecipients  []struct{ EmailAddress string }
	} `json:"complaint"`
	Delivery struct {
		Recipients                 []string
		SMTPResponse, ReportingMTA string
	} `json:"delivery"`
	Delay struct {
		DelayType         string
		DelayedRecipients []struct{ EmailAddress, Status, DiagnosticCode string }
	} `json:"deliveryDelay"`
	Mail struct {
		Headers []struct{ Name, Value string }
	} `json:"mail"`
}

// notification reads a notification in JSON, which comes as the text of a mail.
func (x *examination) notification() bool {
	start := strings.IndexByte(x.words, '{')
	if start < 0 || !strings.Contains(x.words, `otificationType`) && !strings.Contains(x.words, `eventType`) ||
		len(strings.TrimSpace(x.words[:start])) > 200 {
		return false
	}
	var n notice
	if !readNotice(x.words[start:], &n) {
		return false
	}
	if n.Type == "" && n.EventType == "" && n.Message != "" && !readNotice(n.Message, &n) {
		return false
	}
	kind := n.Type + n.EventType
	for _, f := range n.Mail.Headers {
		if len(x.returned) < x.limits.Fields {
			x.returned = append(x.returned, field{strings.ToLower(f.Name), f.Value})
		}
	}
	x.report.ReturnedMessageID = identifier(x.returned.get("message-id"))
	x.report.ReturnedSubject = clip(decodeWords(x.returned.get("subject")), 300)
	x.verifyOwn()
	return x.fromNotice(kind, &n)
}

func (x *examination) fromNotice(kind string, n *notice) bool {
	r := x.report
	switch {
	case strings.HasPrefix(kind, "Bounce"):
		r.Kind = Bounce
		for _, b := range n.Bounce.BouncedRecipients {
			p := x.noticed(b.EmailAddress, ActionFailed, b.Status, b.DiagnosticCode)
			x.judgeOne(p, "")
			x.judgeSubType(p, n.Bounce.BounceType, n.Bounce.BounceSubType)
		}
	case strings.HasPrefix(kind, "Complaint"):
		r.Kind, r.Feedback = Complaint, n.Complaint.ComplaintFeedbackType
		for _, c := range n.Complaint.ComplainedRecipients {
			p := x.noticed(c.EmailAddress, "", "", "")
			p.Class, p.Evidence = Complained, "notificationType: Complaint"
		}
	case strings.HasPrefix(kind, "DeliveryDelay"):
		r.Kind = Delayed
		for _, d := range n.Delay.DelayedRecipients {
			p := x.noticed(d.EmailAddress, ActionDelayed, d.Status, d.DiagnosticCode)
			x.judgeOne(p, "")
			x.judgeSubType(p, "Transient", n.Delay.DelayType)
		}
	case strings.HasPrefix(kind, "Delivery"):
		r.Kind = Delivered
		for _, address := range n.Delivery.Recipients {
			p := x.noticed(address, ActionDelivered, "", n.Delivery.SMTPResponse)
			p.Class, p.Evidence = Unknown, n.Delivery.SMTPResponse
		}
	default:
		return false
	}
	return true
}

func (x *examination) noticed(address string, action Action, status, diagnostic string) *Recipient {
	_, text, ok := strings.Cut(diagnostic, ";")
	if !ok {
		text = diagnostic
	}
	x.report.Recipients = append(x.report.Recipients, Recipient{
		Address: canonical(clip(address, 400)), Source: FromNotice, Action: action,
		Status: enhancedCode(status), Code: replyCode(text), Diagnostic: strings.TrimSpace(text),
	})
	return &x.report.Recipients[len(x.report.Recipients)-1]
}

// judgeSubType asks the provider's own judgement where the server's words say
// nothing. An address on the provider's own list is not tried any more: that says
// what was, not what is.
func (x *examination) judgeSubType(p *Recipient, kind, sub string) {
	evidence := "bounceType: " + kind + ", bounceSubType: " + sub
	switch sub {
	case "Suppressed", "OnAccountSuppressionList":
		p.Class, p.Evidence = MailboxDisabled, evidence
		return
	}
	if p.Class != Unknown {
		return
	}
	switch {
	case sub == "NoEmail":
		p.Class = UnknownUser
	case sub == "MailboxFull":
		p.Class = MailboxFull
	case sub == "MessageTooLarge":
		p.Class = TooBig
	case sub == "ContentRejected" || sub == "AttachmentRejected":
		p.Class = ContentRefused
	case kind == "Transient":
		p.Class = Temporary
	default:
		return
	}
	p.Evidence = evidence
}

// readNotice decodes the first value of a text. Mail servers break lines of more
// than 998 bytes (RFC 5322 §2.1.1) with "!", a line end and a space.
func readNotice(text string, n *notice) bool {
	text = strings.ReplaceAll(text, "!\n ", "")
	text = strings.ReplaceAll(text, "\n", "")
	return json.NewDecoder(strings.NewReader(text)).Decode(n) == nil
}
