package bounce

import "strings"

// rule is one reason in the tables: words by which servers state it, and the class
// it belongs to.
type rule struct {
	class Class
	// strong: the words outweigh the codes beside them. Weak words count only
	// where no code says more.
	strong bool
	// sure: the words stand even against "X.1.1", the code of an unknown user, which
	// some servers use for everything.
	sure bool
	// lasting: the words count only when no code says that the trouble passes.
	lasting bool
	why     string
	// phrases are in lower case, on one line, with every address as "<@>". A "*"
	// stands for at most 80 bytes of anything.
	phrases []string
}

// rules gives all tables in the order in which they are asked: the first phrase
// found decides. What speaks of the sender comes before what speaks of users,
// because "sender address rejected: user unknown" holds words of both.
func rules() []rule {
	var all []rule
	for _, table := range [][]rule{senderRules(), filterRules(), mailboxRules(), rightsRules(), domainRules(), userRules(), reputationRules(), contentRules(), networkRules(), vagueRules()} {
		all = append(all, table...)
	}
	return all
}

// table is the rules made ready for matching.
type table struct{ rows []row }

type row struct {
	rule    *rule
	pieces  []string
	needles [2]uint16 // hashes of three bytes of the first piece, which a text must have
}

func newTable(all []rule) *table {
	t := &table{}
	for i := range all {
		for _, phrase := range all[i].phrases {
			pieces := strings.Split(phrase, "*")
			longest := pieces[0]
			for _, p := range pieces {
				if len(p) > len(longest) {
					longest = p
				}
			}
			middle := (len(longest) - 3) / 2
			t.rows = append(t.rows, row{&all[i], pieces, [2]uint16{trigram(longest, middle), trigram(longest, len(longest)-3)}})
		}
	}
	return t
}

func trigram(s string, i int) uint16 {
	i = max(i, 0)
	var h uint32
	for _, c := range []byte(s[i:min(len(s), i+3)]) {
		h = h*31 + uint32(c)
	}
	return uint16(h*2654435761>>16) & (trigrams - 1)
}

const trigrams = 1 << 13

// match gives the first rule whose phrase stands in a plain text. A bit for each
// three bytes of the text rules out nearly every phrase without a search.
func (t *table) match(text string) verdict {
	if len(text) < 3 {
		return verdict{}
	}
	var has [trigrams / 64]uint64
	for i := 0; i+3 <= len(text); i++ {
		n := trigram(text, i)
		has[n/64] |= 1 << (n % 64)
	}
	for _, r := range t.rows {
		if has[r.needles[0]/64]&(1<<(r.needles[0]%64)) == 0 || has[r.needles[1]/64]&(1<<(r.needles[1]%64)) == 0 {
			continue
		}
		piece := inOrder(text, r.pieces)
		if piece == "" {
			continue
		}
		if r.rule.lasting && saysTemporary(text) {
			return verdict{class: Temporary, strong: true, evidence: piece}
		}
		return verdict{class: r.rule.class, strong: r.rule.strong, sure: r.rule.sure, evidence: piece}
	}
	return verdict{}
}

// inOrder says whether the pieces stand in a text one after the other, each not
// far from the one before it, and gives the longest of them.
func inOrder(text string, pieces []string) string {
	for from := 0; ; {
		i := strings.Index(text[from:], pieces[0])
		if i < 0 {
			return ""
		}
		start := from + i
		end, longest, ok := start+len(pieces[0]), pieces[0], true
		for _, p := range pieces[1:] {
			j := strings.Index(text[end:min(len(text), end+80+len(p))], p)
			if j < 0 {
				ok = false
				break
			}
			end += j + len(p)
			if len(p) > len(longest) {
				longest = p
			}
		}
		if ok {
			return longest
		}
		if len(pieces) == 1 {
			return ""
		}
		from = start + 1
	}
}

func saysTemporary(text string) bool {
	status := enhancedCode(text)
	return strings.HasPrefix(status, "4.") || status == "" && replyCode(text)/100 == 4
}

// plain brings what a server said into the form of the phrases: lower case, one
// line, every address as "<@>", and without the codes that begin each further line
// of an answer (RFC 5321 §4.2.1).
func plain(text string) string {
	text = clip(text, 16<<10)
	var out strings.Builder
	out.Grow(len(text))
	first := true
	for line := range strings.Lines(strings.ToLower(text)) {
		if all := addressesIn(line); len(all) > 0 {
			line = withoutAddresses(line, all)
		}
		for word := range strings.FieldsSeq(line) {
			word, drop := continuation(word, first)
			if drop {
				continue
			}
			first = false
			if out.Len() > 0 {
				out.WriteByte(' ')
			}
			out.WriteString(word)
		}
	}
	s := strings.ReplaceAll(out.String(), "’", "'")
	s = strings.ReplaceAll(s, "delivery temporarily suspended: ", "")         // Postfix says so before the reason
	return strings.ReplaceAll(s, "invalid address, error_code", "error_code") // Zoho says so of every failure
}

func withoutAddresses(line string, all []found) string {
	var out strings.Builder
	at := 0
	for _, a := range all {
		out.WriteString(line[at:a.start] + "<@>")
		at = a.end
	}
	return out.String() + line[at:]
}

// continuation drops a word such as "550-5.1.1" inside an answer, and takes
// "550-" off one that goes on without a space.
func continuation(word string, first bool) (string, bool) {
	if first || len(word) < 4 || word[3] != '-' || !isDigit(word[0]) || !isDigit(word[1]) || !isDigit(word[2]) {
		return word, false
	}
	rest := word[4:]
	if enhancedCode(rest) == rest {
		return "", true
	}
	return rest, rest == ""
}
