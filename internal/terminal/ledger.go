package terminal

import "strings"

// Row is one line of a ledger: a state, how many stand in it, and what a person
// may want to know or do about it.
type Row struct {
	Label string
	N     int
	Note  string
}

// Ledger writes a bulletin's ledger to standard output so that the eye can add
// it up: title, audience, one line a state, a rule, and the sum of the states
// beside the verdict whether it equals the audience.
//
//	Bulletin 214 · The Weekly Lantern · 12 March 2027
//	  audience    12 408
//	  sent        12 399
//	  deferred         9   next try 10:42 CET
//	              ──────
//	              12 408   balanced
func (t *Terminal) Ledger(title string, audience int, rows []Row) {
	sum := 0
	labels, numbers := Columns("audience"), len(Count(audience))
	for _, r := range rows {
		sum += r.N
		labels = max(labels, Columns(r.Label))
		numbers = max(numbers, len(Count(r.N)))
	}
	numbers = max(numbers, len(Count(sum)))

	var b strings.Builder
	write := func(label, number, note string) {
		l := "  " + pad(label, labels+3, false) + pad(number, numbers, true)
		if note != "" {
			l += "   " + note
		}
		b.WriteString(l + "\n")
	}
	b.WriteString(t.Paint(Strong, line(title)) + "\n")
	write("audience", Count(audience), "")
	for _, r := range rows {
		write(line(r.Label), Count(r.N), line(r.Note))
	}
	write("", strings.Repeat("─", numbers), "")
	verdict := t.Paint(Good, "balanced")
	if sum != audience {
		verdict = t.Paint(Bad, "DOES NOT BALANCE")
	}
	write("", Count(sum), verdict)
	t.print(b.String())
}
