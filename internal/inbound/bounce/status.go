package bounce

import (
	"strconv"
	"strings"
)

// parseFields reads the fields of a machine-readable part as one list. The first
// of a name wins, because each should stand once.
func parseFields(raw string, l Limits) header {
	return parseHeader(strings.ReplaceAll(strings.Trim(raw, "\n"), "\n\n", "\n"), l)
}

// isStatusField knows the fields of RFC 3464 §2.2 and §2.3, and extensions of
// them. Other lines in a delivery status continue the field before them: servers
// put answers of several lines into Diagnostic-Code without folding them.
func isStatusField(name string) bool {
	switch name {
	case "original-envelope-id", "reporting-mta", "dsn-gateway", "received-from-mta", "arrival-date",
		"original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code",
		"last-attempt-date", "final-log-id", "will-retry-until", "localized-diagnostic": // the last: RFC 6533 §3.2
		return true
	}
	return strings.HasPrefix(name, "x-")
}

// statusGroups reads a delivery status: one group of fields for the message,
// then one for each recipient, parted by empty lines (RFC 3464 §2.1). Missing
// empty lines and a missing first group are forgiven.
func statusGroups(text string, limit int) []header {
	var groups []header
	var g header
	flush := func() {
		if g.names("final-recipient", "original-recipient", "x-actual-recipient") {
			groups = append(groups, g)
			g = nil
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n \t")
		if line == "" {
			flush()
			continue
		}
		name, value, ok := splitField(line)
		name = strings.ToLower(name)
		switch {
		case ok && isStatusField(name) && line[0] > ' ':
			if (name == "final-recipient" || name == "action") && g.names(name) {
				flush()
			}
			if len(groups) >= limit {
				return groups
			}
			g = append(g, field{name, value})
		case len(g) > 0 && len(g[len(g)-1].value) < 4000:
			g[len(g)-1].value += "\n" + strings.TrimLeft(line, " \t")
		}
	}
	flush()
	return groups
}

// names says whether a header has one of the fields.
func (h header) names(any ...string) bool {
	for _, name := range any {
		if _, ok := h.lookup(name); ok {
			return true
		}
	}
	return false
}

// fromGroup reads the fields about one recipient (RFC 3464 §2.3). It gives false
// when no address is named.
func fromGroup(g header) (Recipient, bool) {
	original := typedAddress(g.get("original-recipient"))
	final := typedAddress(g.get("final-recipient"))
	if final == "" {
		final = typedAddress(g.get("x-actual-recipient"))
	}
	p := Recipient{Address: original, Source: FromOriginal}
	if original == "" {
		p.Address, p.Source = final, FromFinal
	} else if !strings.EqualFold(original, final) {
		p.Final = final
	}
	p.Action = actionOf(g.get("action"))
	p.Status = enhancedCode(g.get("status"))
	if p.Action == "" && strings.HasPrefix(p.Status, "2.") {
		p.Action = ActionDelivered
	}
	kind, text, ok := strings.Cut(g.get("diagnostic-code"), ";")
	if !ok || strings.ContainsAny(strings.TrimSpace(kind), " \n") {
		text = g.get("diagnostic-code") // the type is missing
	}
	p.Diagnostic = strings.TrimSpace(text)
	p.Code = replyCode(p.Diagnostic)
	_, host, ok := strings.Cut(g.get("remote-mta"), ";")
	if !ok {
		host = g.get("remote-mta")
	}
	p.RemoteMTA = clip(oneLine(host), 255)
	return p, p.Address != ""
}

// typedAddress reads an address after its type, as in "utf-8; a@b" (RFC 3464 §2.1.2, RFC 6533
// §3), with or without its type and with or without angle brackets.
func typedAddress(value string) string {
	value = oneLine(value)
	kind, text, ok := strings.Cut(value, ";")
	if !ok || strings.ContainsRune(kind, '@') {
		kind, text = "", value
	}
	kind = strings.ToLower(strings.TrimSpace(kind))
	text = strings.TrimSpace(text)
	if strings.HasPrefix(kind, "utf-8") {
		text = unescapeUTF8(text)
		if i := strings.LastIndexByte(text, '@'); i > 0 && !strings.ContainsAny(text, " <>\"") {
			return canonical(text)
		}
	}
	for _, a := range addressesIn(text) {
		return canonical(a.text)
	}
	// What stands here is an address whatever it looks like: servers were asked to
	// send to "keeper@#harbour.example" and say so.
	if text = strings.Trim(text, "<>"); strings.Count(text, "@") == 1 && !strings.ContainsAny(text, " <>()\"") && text[0] != '@' && text[len(text)-1] != '@' {
		return text
	}
	return ""
}

// unescapeUTF8 decodes the \x{HEX} of utf-8-addr-xtext (RFC 6533 §3).
func unescapeUTF8(s string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, `\x{`)
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		digits, after, closed := strings.Cut(rest, "}")
		n, err := strconv.ParseInt(digits, 16, 32)
		if !closed || err != nil || n > 0x10ffff || len(digits) > 6 {
			out.WriteString(`\x{`)
			s = rest
			continue
		}
		out.WriteRune(rune(n))
		s = after
	}
}

func actionOf(value string) Action {
	word := strings.ToLower(strings.TrimSpace(value))
	if i := strings.IndexAny(word, " ;(\t\n"); i >= 0 {
		word = word[:i]
	}
	switch word {
	case "failed", "failure", "fail":
		return ActionFailed
	case "delayed", "delay", "deferred":
		return ActionDelayed
	case "delivered", "deliver", "deliverable":
		return ActionDelivered
	case "relayed":
		return ActionRelayed
	case "expanded":
		return ActionExpanded
	case "expired":
		return ActionFailed
	}
	return ""
}

// enhancedCode finds the first enhanced status code in a text (RFC 3463 §2): one
// digit of 2, 4 or 5, and twice a dot and one to three digits, that is no part of
// a longer number such as an address or a version.
func enhancedCode(text string) string {
	for i := 0; i+4 < len(text); i++ {
		if c := text[i]; c != '2' && c != '4' && c != '5' {
			continue
		}
		if i > 0 && (isAlphanumeric(text[i-1]) || text[i-1] == '.') {
			continue
		}
		end, ok := i+1, true
		for range 2 {
			digits := 0
			if end < len(text) && text[end] == '.' {
				for digits < 4 && end+1+digits < len(text) && isDigit(text[end+1+digits]) {
					digits++
				}
			}
			ok = ok && digits >= 1 && digits <= 3
			end += 1 + digits
		}
		if ok && (end >= len(text) || !isAlphanumeric(text[end]) && (text[end] != '.' || end+1 >= len(text) || !isDigit(text[end+1]))) {
			return text[i:end]
		}
	}
	return ""
}

// replyCode finds the first SMTP reply of failure in a text (RFC 5321 §4.2): three
// digits, the first 4 or 5, followed by a space, a hyphen or the end.
func replyCode(text string) int {
	for i := 0; i+2 < len(text); i++ {
		c := text[i]
		if c != '4' && c != '5' || text[i+1] > '7' || !isDigit(text[i+1]) || !isDigit(text[i+2]) {
			continue
		}
		if i > 0 && (isAlphanumeric(text[i-1]) || strings.IndexByte(".-/,", text[i-1]) >= 0) {
			continue
		}
		if i+3 < len(text) && strings.IndexByte(" -\n\t;,):", text[i+3]) < 0 {
			continue
		}
		return int(c-'0')*100 + int(text[i+1]-'0')*10 + int(text[i+2]-'0')
	}
	return 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
