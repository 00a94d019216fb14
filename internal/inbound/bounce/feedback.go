package bounce

import (
	"bytes"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// feedback reads complaints: the reports of RFC 5965, and the form of Microsoft's
// program that came before them.
func (x *examination) feedback() bool {
	for _, p := range x.parts {
		if p.kind == "message/feedback-report" && !p.nested {
			x.feedbackReport(parseFields(p.decoded(x.limits.Text), x.limits))
			return true
		}
	}
	subject := strings.ToLower(x.report.Subject)
	if strings.HasPrefix(subject, "complaint about message from ") && len(x.returned) > 0 {
		x.report.Kind, x.report.Feedback = Complaint, "abuse"
		x.nameComplainant(nil, "Subject: "+x.report.Subject)
		return true
	}
	return false
}

// feedbackReport judges a report by its Feedback-Type. What an operator tells of
// authentication or viruses, or that a message was no spam, is no complaint of the
// reader; types that are not known must be ignored (RFC 5965 §3.1).
func (x *examination) feedbackReport(h header) {
	r := x.report
	kind, _, _ := strings.Cut(strings.ToLower(oneLine(h.get("feedback-type"))), " ")
	r.Feedback = clip(kind, 40)
	r.CFBL = h.names("cfbl-feedback-id") || x.returned.names("cfbl-address") // RFC 9477 §3.2
	x.authenticate()
	evidence := "Feedback-Type: " + kind
	switch kind {
	case "abuse", "fraud", "miscategorized", "opt-out", "opt-out-list":
		r.Kind = Complaint
		x.nameComplainant(h, evidence)
	case "":
		// Some programs of 2005 leave the type out; the report still says "abuse".
		r.Kind, r.Feedback = Complaint, "abuse"
		x.nameComplainant(h, "Content-Type: message/feedback-report")
	default:
		r.Kind = Other
		r.NotIdentifiable = "the feedback report is of the type " + kind + ", which is no complaint of a reader"
	}
}

// nameComplainant finds whose complaint it is. Operators take the address out of
// the returned message; the token that attachProof adds survives that.
func (x *examination) nameComplainant(h header, evidence string) {
	for _, name := range []string{"original-rcpt-to", "removal-recipient", "redacted-address"} {
		for _, value := range h.all(name) {
			for _, a := range addressesIn(value) {
				x.complainant(a.text, FromFeedback, evidence)
			}
		}
	}
	if len(x.report.Recipients) > 0 {
		return
	}
	for _, name := range []string{"x-hmxmroriginalrecipient", "x-originalrecipient", "x-original-recipient"} {
		for _, a := range addressesIn(x.returned.get(name)) {
			x.complainant(a.text, FromReturned, evidence)
		}
	}
	if len(x.report.Recipients) > 0 {
		return
	}
	for _, p := range x.returnedRecipients() {
		x.complainant(p.Address, FromReturned, evidence)
	}
	if len(x.report.Recipients) == 0 {
		x.report.NotIdentifiable = "the complaint's operator has removed the reader's address"
	}
}

func (x *examination) complainant(address string, source Source, evidence string) {
	p := Recipient{Address: canonical(address), Source: source, Class: Complained, Evidence: evidence}
	for _, old := range x.report.Recipients {
		if strings.EqualFold(old.Address, p.Address) {
			return
		}
	}
	x.report.Recipients = append(x.report.Recipients, p)
}

// maxSignatures bounds the work that the signatures of one message may ask for.
const maxSignatures = 5

// authenticate verifies the DKIM signatures (RFC 9477 §3.1: a report that is not
// signed by its author's domain must not be processed). A message that was not kept
// whole cannot be verified.
func (x *examination) authenticate() {
	if x.lookup == nil || x.message.truncated || !x.root.header.names("dkim-signature") {
		return
	}
	found, err := dkim.VerifyWithOptions(bytes.NewReader(wireForm(x.message.text)),
		&dkim.VerifyOptions{LookupTXT: x.lookup, MaxVerifications: maxSignatures})
	if err != nil && len(found) == 0 {
		return
	}
	author := ""
	for _, a := range addressesIn(x.root.header.get("from")) {
		_, author = splitAddress(a.text)
	}
	for _, v := range found {
		if v.Err != nil || !covers(v.HeaderKeys, "from") { // RFC 6376 §5.4
			continue
		}
		domain := strings.ToLower(v.Domain)
		x.report.SignedBy = append(x.report.SignedBy, domain)
		if author == domain || strings.HasSuffix(author, "."+domain) && strings.Contains(domain, ".") {
			x.report.Aligned = true
		}
	}
}

func covers(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// wireForm gives a message the line ends it was signed with.
func wireForm(text string) []byte {
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}
