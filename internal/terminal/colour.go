package terminal

// Style is a meaning, not a colour. What is styled always says the same in
// words, so that nothing is lost without colour.
type Style int

const (
	Plain   Style = iota
	Strong        // a title, the thing that matters
	Quiet         // headings of columns, remedies
	Good          // ok, sent, balanced
	Caution       // a warning, something that waits for a person
	Bad           // an error, something lost
)

// The codes are those of the sixteen colours that a terminal's own theme
// defines (ECMA-48 SGR), so that they suit light and dark alike.
var codes = map[Style]string{
	Strong:  "\x1b[1m",
	Quiet:   "\x1b[2m",
	Good:    "\x1b[32m",
	Caution: "\x1b[33m",
	Bad:     "\x1b[31m",
}

func (s stream) paint(style Style, text string) string {
	code, ok := codes[style]
	if !s.colour || !ok || text == "" {
		return text
	}
	return code + text + "\x1b[0m"
}

// Paint styles a text for standard output; without colour it is returned as it
// is.
func (t *Terminal) Paint(style Style, text string) string { return t.out.paint(style, text) }
