package terminal

import (
	"slices"
	"strings"
)

// Problem is one thing that went wrong, in a person's words: where (a file with
// line and column, a key, a flag), what and why, and what to do now. Only the
// message is required.
type Problem struct {
	Place   string
	Message string
	Remedy  string
}

// Error writes problems to standard error, each once and in the order given; a
// remedy that all of them share is said once, at the end.
//
//	epistle: epistle.toml:3:1: the key "smpt.host" is not known
//	  Did you mean "smtp.host"?
func (t *Terminal) Error(problems ...Problem) {
	var unique []Problem
	for _, p := range problems {
		p.Place, p.Message = line(p.Place), strings.TrimSpace(Clean(p.Message))
		p.Remedy = strings.TrimSpace(Clean(p.Remedy))
		if !slices.Contains(unique, p) {
			unique = append(unique, p)
		}
	}
	name := t.err.paint(Bad, "epistle:")
	switch len(unique) {
	case 0:
	case 1:
		t.say(name + " " + t.problem(unique[0], ""))
	default:
		shared := sharedRemedy(unique)
		var b strings.Builder
		b.WriteString(name + " " + Plural(len(unique), "fault", "faults") + "\n")
		for _, p := range unique {
			if shared != "" {
				p.Remedy = ""
			}
			b.WriteString("  " + t.problem(p, "  "))
		}
		b.WriteString(t.remedy(shared, ""))
		t.say(b.String())
	}
}

// problem writes place and message on one line and the remedy below, a step
// further in than the prefix. The message is never wrapped: editors and scripts
// look for "file:line:column: message".
func (t *Terminal) problem(p Problem, prefix string) string {
	head := indentRest(p.Message, prefix+"  ")
	if p.Place != "" && !strings.HasPrefix(p.Message, p.Place+":") {
		head = t.err.paint(Strong, p.Place+":") + " " + head
	}
	return head + "\n" + t.remedy(p.Remedy, prefix)
}

func (t *Terminal) remedy(text, prefix string) string {
	if text == "" {
		return ""
	}
	prefix += "  "
	return indent(Wrap(text, readable(t.err.width())-len(prefix)), prefix) + "\n"
}

// indentRest indents every line but the first.
func indentRest(text, prefix string) string {
	return strings.TrimPrefix(indent(text, prefix), prefix)
}

func sharedRemedy(problems []Problem) string {
	for _, p := range problems {
		if p.Remedy != problems[0].Remedy {
			return ""
		}
	}
	return problems[0].Remedy
}
