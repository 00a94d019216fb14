package filter

import (
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

// shown writes a tree with every bracket.
func shown(n *Node) string {
	if n == nil {
		return "everyone"
	}
	var parts []string
	for _, a := range n.Args {
		parts = append(parts, shown(a))
	}
	switch n.Kind {
	case And:
		return "(" + strings.Join(parts, " and ") + ")"
	case Or:
		return "(" + strings.Join(parts, " or ") + ")"
	case Not:
		return "not " + parts[0]
	}
	return n.Field + " " + n.Op + " " + strings.Join(n.Values, "|")
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "  ", "everyone"},
		{"the example", "tag:board and country in (DE, NL) and joined < 2025-01-01", "(tag = board and country in DE|NL and joined < 2025-01-01)"},
		{"and binds closer than or", "a=1 or b=2 and c=3", "(a = 1 or (b = 2 and c = 3))"},
		{"brackets", "(a=1 or b=2) and not c!=3", "((a = 1 or b = 2) and not c != 3)"},
		{"words without regard to case", "A=1 AND NOT B IN (x)", "(a = 1 and not b in x)"},
		{"not in", "country not in (DE)", "not country in DE"},
		{"quotation marks", `name = "Ana \"the Lamp\" Ruiz" and tag:"night clinic"`, `(name = Ana "the Lamp" Ruiz and tag = night clinic)`},
		{"an address", "email ~ ana@example.org", "email ~ ana@example.org"},
		{"a quoted word of the language", `name = "and"`, "name = and"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, err := Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(n); got != c.want {
				t.Errorf("read as %s, want %s", got, c.want)
			}
		})
	}
}

func TestErrorsPointAtTheCharacter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, place, message string }{
		{"no comparison", "country", "--where:8", "compared with nothing"},
		{"no value", "country =", "--where:10", "a value is missing before the end"},
		{"no value before and", "country = and a=1", "--where:11", "a value is missing"},
		{"no and", "a=1 b=2", "--where:5", `"and" or "or" is missing before "b"`},
		{"no bracket", "(a=1", "--where:5", "a closing bracket is missing"},
		{"no list", "a in DE", "--where:6", `"(" is missing`},
		{"no comma", "a in (DE NL)", "--where:10", `"," or ")" is missing`},
		{"no quotation mark", `na="x`, "--where:4", "never closed"},
		{"no day", "joined < yesterday", "--where:10", "is not a day"},
		{"a state that is none", "state = gone", "--where:9", "is not one of"},
		{"a colon after something else", "country:DE", "--where:8", `stands only after tag`},
		{"an ordered tag", "tag < b", "--where:5", "there or not"},
		{"counted in characters, not bytes", "größe = ü = b", "--where:11", `"and" or "or"`},
		{"too deep", strings.Repeat("(", 60) + "a=1", "--where:52", "nested"},
		{"too long", strings.Repeat("a=1 or ", 1000), "--where:1", "longer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, err := Parse(c.text)
			if err == nil {
				t.Fatalf("read as %s", shown(n))
			}
			if newsletter.KindOf(err) != newsletter.Usage || !strings.HasPrefix(err.Error(), c.place+": ") || !strings.Contains(err.Error(), c.message) {
				t.Errorf("error %v, want %q at %s", err, c.message, c.place)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"tag:a and b in (c, d)", "not (a=1 or b~\"x\\\"\")", "joined<2025-01-01", "((", "a in (", "\"", "é=\u200b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
		if err != nil {
			return
		}
		var check func(n *Node, depth int)
		check = func(n *Node, depth int) {
			if n.Kind == Compare && (n.Op == "" || len(n.Values) == 0) || n.Kind != Compare && len(n.Args) == 0 || depth > 200 {
				t.Errorf("%q gives the node %+v", text, n)
			}
			for _, a := range n.Args {
				check(a, depth+1)
			}
		}
		if n != nil {
			check(n, 0)
		}
	})
}
