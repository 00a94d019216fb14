package staff

import (
	"fmt"
	"strings"
)

// words are the sentences of the page for a matter.
func words(m Matter) page {
	b := fmt.Sprintf("bulletin %d", m.Number)
	switch m.Standing {
	case Changed:
		return page{
			Heading: capital(b) + " has changed",
			Paragraphs: []string{
				fmt.Sprintf("It is not what your letter showed any more (hash %s), so this link does nothing now. Nothing was approved or sent.", m.Hash),
				"The next proof brings a link for what the bulletin says then.",
			},
		}
	case Over:
		return page{
			Heading:    fmt.Sprintf("%s %s", capital(b), stateWords(m.State)),
			Paragraphs: []string{"This link was good until then. Nothing was done now."},
		}
	case Barred:
		return page{Heading: "This cannot be done", Paragraphs: append(strings.Split(m.Why, "\n"), "Nothing was done.")}
	}
	switch m.Act {
	case ActStop:
		return stopWords(m, b)
	case ActSend:
		return sendWords(m, b)
	}
	return approveWords(m, b)
}

func approveWords(m Matter, b string) page {
	undo := "To take it back, open the other link in the same letter and stop the bulletin: it is then held until somebody approves it again."
	switch m.Standing {
	case Done, Already:
		heading := "You have approved " + b
		if m.Standing == Already {
			heading = "You had already approved " + b
		}
		return page{Heading: heading, Paragraphs: []string{what(m), approvals(m) + " " + next(m)}, Quiet: []string{undo}}
	}
	return page{
		Heading:    "Approve " + b,
		Paragraphs: []string{what(m), "Your approval is for exactly what the letter showed. " + approvals(m)},
		Button:     "Approve this bulletin",
		Quiet:      []string{"It is recorded under your name, " + m.Person + "."},
	}
}

func sendWords(m Matter, b string) page {
	switch m.Standing {
	case Done, Already:
		return page{
			Heading:    capital(b) + " is leaving",
			Paragraphs: []string{what(m)},
			Quiet:      []string{"To stop it, open the other link in the same letter: whoever has it by then keeps it, and nobody else gets it."},
		}
	}
	return page{
		Heading:    "Send " + b + " now",
		Paragraphs: []string{what(m), "Its time has passed. It is checked once more, and leaves only if it is approved and the preflight finds no error."},
		Button:     "Send this bulletin",
		Quiet:      []string{"It is recorded under your name, " + m.Person + "."},
	}
}

func stopWords(m Matter, b string) page {
	leaving := m.State == "sending" || m.State == "paused"
	again := "To let it go after all, approve it again, or send it with: epistle bulletins send " + m.Ref
	if leaving {
		again = "To go on, use: epistle bulletins resume " + m.Ref
	}
	switch m.Standing {
	case Done:
		effect := "It is held. Nothing of it leaves until somebody decides otherwise."
		if leaving {
			effect = "The send is paused. Whoever has the bulletin keeps it; nobody else gets it until the send is resumed."
		}
		return page{Heading: capital(b) + " is stopped", Paragraphs: []string{what(m), effect}, Quiet: []string{again}}
	case Already:
		return page{Heading: capital(b) + " is stopped already", Paragraphs: []string{what(m), "There is nothing left to do here."}, Quiet: []string{again}}
	}
	effect := "It has not begun to leave. It is held then, and nothing of it leaves until somebody approves it again or sends it by hand."
	if leaving {
		effect = "It is being sent. The send is paused then: whoever has the bulletin keeps it, and nobody else gets it until the send is resumed."
	}
	return page{
		Heading: "Stop " + b, Paragraphs: []string{what(m), effect}, Button: "Stop this bulletin",
		Quiet: []string{"It is recorded under your name, " + m.Person + "."},
	}
}

// what names the bulletin.
func what(m Matter) string {
	return fmt.Sprintf("%s, of %s, hash %s.", m.Title, m.Date, m.Hash)
}

// approvals says how many there are and how many are missing.
func approvals(m Matter) string {
	switch {
	case m.Needed == 0:
		return "The newsletter asks for no approval."
	case len(m.Approved) == 0:
		return fmt.Sprintf("There is no approval yet of %d needed.", m.Needed)
	}
	return fmt.Sprintf("Approved by %s: %d of %d needed.", strings.Join(m.Approved, " and "), len(m.Approved), m.Needed)
}

func next(m Matter) string {
	if missing := m.Needed - len(m.Approved); missing > 0 {
		return fmt.Sprintf("%d more must approve before it can leave.", missing)
	}
	return "It leaves at its time, or when it is sent by hand."
}

func stateWords(state string) string {
	switch state {
	case "sent":
		return "has left"
	case "cancelled":
		return "was cancelled"
	}
	return "is leaving"
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
