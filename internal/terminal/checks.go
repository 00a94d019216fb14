package terminal

import "strings"

// Check is one line of a list of checks, as `doctor` and the preflight show it.
type Check struct {
	// Verdict is "ok", "warning" or "error".
	Verdict string
	Name    string
	Problem
}

// Checks writes a list of checks to standard output: verdict, name, what was
// found and where, and, where something is to be mended, the way to do it below.
func (t *Terminal) Checks(checks []Check) {
	verdicts, names := 0, 0
	for _, c := range checks {
		verdicts = max(verdicts, Columns(c.Verdict))
		names = max(names, Columns(c.Name))
	}
	margin := 2 + verdicts + 2 + names + 2
	room := 0
	if w := t.out.width(); w > margin+30 {
		room = w - margin
	}
	var b strings.Builder
	for _, c := range checks {
		style := verdictStyle(c.Verdict)
		b.WriteString("  " + t.Paint(style, c.Verdict) + strings.Repeat(" ", verdicts-Columns(c.Verdict)+2))
		text := line(c.Message)
		if c.Place != "" {
			text = line(c.Place) + ": " + text
		}
		l := pad(line(c.Name), names, false) + "  " + indentRest(wrapTo(text, room), strings.Repeat(" ", margin))
		b.WriteString(strings.TrimRight(l, " ") + "\n")
		if remedy := strings.TrimSpace(Clean(c.Remedy)); remedy != "" && c.Verdict != "ok" {
			b.WriteString(indent(wrapTo(remedy, room), strings.Repeat(" ", margin)) + "\n")
		}
	}
	t.print(b.String())
}

// wrapTo wraps only where there is a width to wrap to.
func wrapTo(text string, n int) string {
	if n <= 0 {
		return text
	}
	return Wrap(text, n)
}

func verdictStyle(verdict string) Style {
	switch verdict {
	case "ok":
		return Good
	case "warning":
		return Caution
	case "error":
		return Bad
	}
	return Plain
}
