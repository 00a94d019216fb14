package message

import "strings"

// Gmail's limits on the last field of a Feedback-ID, the sender's name.
const (
	minSender = 5
	maxSender = 15
)

// FeedbackID makes the value of the Feedback-ID field, by which Gmail reports
// complaint rates to the owner of the signing domain. Up to three parts go from
// the most to the least special (bulletin, kind), the sender last and the same in
// all mail. No part may be unique to one message. Characters other than letters
// and digits become "-"; the sender is cut or filled to Gmail's 5 to 15.
func FeedbackID(sender string, parts ...string) string {
	fields := make([]string, 0, 4)
	for _, p := range parts[:min(len(parts), 3)] {
		fields = append(fields, feedbackField(p))
	}
	sender = feedbackField(sender)
	if len(sender) < minSender {
		sender += "-mail"
	}
	return strings.Join(append(fields, sender[:min(len(sender), maxSender)]), ":")
}

func feedbackField(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && isAlphanumeric(byte(r)) {
			return r
		}
		return '-'
	}, s)
}

// feedbackForm accepts one to four fields of printable ASCII; Gmail reads them
// from the right and only asks for the last.
func feedbackForm(s string) bool {
	fields := strings.Split(s, ":")
	sender := fields[len(fields)-1]
	return len(fields) <= 4 && len(sender) >= minSender && len(sender) <= maxSender &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
