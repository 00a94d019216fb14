// Package filter reads the small language in which an administrator says whom of
// a list they mean:
//
//	tag:board and country in (DE, NL) and joined < 2025-01-01
//
// Its grammar, loosest first:
//
//	filter     = term { "or" term }
//	term       = factor { "and" factor }
//	factor     = "not" factor | "(" filter ")" | comparison
//	comparison = "tag" ":" value
//	           | field ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" ) value
//	           | field [ "not" ] "in" "(" value { "," value } ")"
//
// A field is email, domain, name, language, time_zone or state (text), joined,
// since or consent (a date), tag, or else a custom field. "~" means contains.
// Text is compared without regard to the case of ASCII letters; a field that a
// person does not have is empty text. A value with spaces or signs stands in
// double quotes, in which a backslash goes before a quote.
//
// Parse gives a tree with positions, and every error points at the character.
// SQL turns the tree into a condition with parameters; the query around it belongs
// to packages store and ledger.
package filter

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"epistle/internal/newsletter"
)

// Kind is what a node of the tree does.
type Kind int

const (
	And     Kind = iota // of all Args
	Or                  // of any of Args
	Not                 // of Args[0]
	Compare             // Field, Op and Values
)

// Node is one part of a filter.
type Node struct {
	Kind   Kind
	Args   []*Node
	Field  string   // lower case
	Op     string   // = != < <= > >= ~ in
	Values []string // one, but for in
	At     int      // the character, from 0, at which it begins
}

// IsDate says whether a field holds a moment; its values are days.
func IsDate(field string) bool { return field == "joined" || field == "since" || field == "consent" }

// Limits of a filter, far beyond what a person writes.
const (
	maxLength = 4000
	maxDepth  = 50
)

// Parse reads a filter. An empty one gives nil: everyone.
func Parse(text string) (*Node, error) {
	p := &parser{text: text}
	if len(text) > maxLength {
		return nil, p.fault(0, "the filter is longer than 4000 characters")
	}
	if !utf8.ValidString(text) {
		return nil, p.fault(0, "the filter is not in UTF-8")
	}
	if err := p.scan(); err != nil {
		return nil, err
	}
	if p.token().kind == end {
		return nil, nil
	}
	n, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if t := p.token(); t.kind != end {
		return nil, p.fault(t.at, `"and" or "or" is missing before %s`, t)
	}
	return n, nil
}

type tokenKind int

const (
	word tokenKind = iota
	quoted
	sign
	end
)

type token struct {
	kind tokenKind
	text string
	at   int // byte
}

func (t token) String() string {
	if t.kind == end {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

type parser struct {
	text   string
	tokens []token
	next   int
}

// fault points at the character: the filter again, and a mark below.
func (p *parser) fault(at int, format string, args ...any) error {
	column := utf8.RuneCountInString(p.text[:min(at, len(p.text))])
	return newsletter.Errorf(newsletter.Usage, "%s", fmt.Sprintf(format, args...)).At(fmt.Sprintf("--where:%d", column+1)).
		With(strings.Map(visible, p.text) + "\n" + strings.Repeat(".", column) + "^")
}

func visible(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// scan cuts the text into words, quoted texts and signs.
func (p *parser) scan() error {
	for i := 0; i < len(p.text); {
		c, size := utf8.DecodeRuneInString(p.text[i:])
		switch {
		case unicode.IsSpace(c):
			i += size
		case c == '"':
			t, length, ok := unquote(p.text[i:])
			if !ok {
				return p.fault(i, "the quotation mark is never closed")
			}
			p.tokens = append(p.tokens, token{quoted, t, i})
			i += length
		case strings.ContainsRune("!<>", c) && strings.HasPrefix(p.text[i+1:], "="):
			p.tokens = append(p.tokens, token{sign, p.text[i : i+2], i})
			i += 2
		case strings.ContainsRune("()<>=~,:!", c):
			p.tokens = append(p.tokens, token{sign, string(c), i})
			i += size
		default:
			length := strings.IndexFunc(p.text[i:], func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(`()<>=~,:!"`, c) })
			if length < 0 {
				length = len(p.text) - i
			}
			p.tokens = append(p.tokens, token{word, p.text[i : i+length], i})
			i += length
		}
	}
	p.tokens = append(p.tokens, token{end, "", len(p.text)})
	return nil
}

func unquote(s string) (text string, length int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i + 1, true
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", 0, false
}

func (p *parser) token() token { return p.tokens[p.next] }

// keyword takes a word of the language if it comes next.
func (p *parser) keyword(w string) bool {
	t := p.token()
	if t.kind != word || !strings.EqualFold(t.text, w) {
		return false
	}
	p.next++
	return true
}

func (p *parser) sign(s string) bool {
	t := p.token()
	if t.kind != sign || t.text != s {
		return false
	}
	p.next++
	return true
}

func (p *parser) or(depth int) (*Node, error) { return p.chain(Or, "or", depth, p.and) }

func (p *parser) and(depth int) (*Node, error) { return p.chain(And, "and", depth, p.factor) }

// chain reads parts that stand between the same word.
func (p *parser) chain(kind Kind, between string, depth int, part func(int) (*Node, error)) (*Node, error) {
	first, err := part(depth)
	if err != nil {
		return nil, err
	}
	n := &Node{Kind: kind, Args: []*Node{first}, At: first.At}
	for p.keyword(between) {
		next, err := part(depth)
		if err != nil {
			return nil, err
		}
		n.Args = append(n.Args, next)
	}
	if len(n.Args) == 1 {
		return first, nil
	}
	return n, nil
}

func (p *parser) factor(depth int) (*Node, error) {
	t := p.token()
	if depth > maxDepth {
		return nil, p.fault(t.at, "the filter is nested more than %d deep", maxDepth)
	}
	if p.keyword("not") {
		n, err := p.factor(depth + 1)
		if err != nil {
			return nil, err
		}
		return &Node{Kind: Not, Args: []*Node{n}, At: t.at}, nil
	}
	if !p.sign("(") {
		return p.comparison()
	}
	n, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if !p.sign(")") {
		return nil, p.fault(p.token().at, "a closing bracket is missing before %s", p.token())
	}
	return n, nil
}

func (p *parser) comparison() (*Node, error) {
	t := p.token()
	if t.kind != word {
		return nil, p.fault(t.at, "a field is missing before %s", t)
	}
	p.next++
	n := &Node{Kind: Compare, Field: strings.ToLower(t.text), At: t.at}
	op := p.token()
	negated := false
	switch {
	case p.sign(":"):
		if n.Field != "tag" {
			return nil, p.fault(op.at, `":" stands only after tag; write %s = …`, n.Field)
		}
		n.Op = "="
	case p.keyword("in"):
		n.Op = "in"
	case p.keyword("not"):
		if !p.keyword("in") {
			return nil, p.fault(p.token().at, `"in" is missing before %s`, p.token())
		}
		n.Op, negated = "in", true
	case op.kind == sign && strings.Contains(" = != < <= > >= ~ ", " "+op.text+" "):
		p.next++
		n.Op = op.text
	default:
		return nil, p.fault(op.at, `%s is compared with nothing: = != < <= > >= ~ or in is missing before %s`, t, op)
	}
	if err := p.values(n, op); err != nil {
		return nil, err
	}
	if negated {
		return &Node{Kind: Not, Args: []*Node{n}, At: n.At}, nil
	}
	return n, nil
}

func (p *parser) values(n *Node, op token) error {
	if n.Field == "tag" && n.Op != "=" && n.Op != "!=" && n.Op != "in" {
		return p.fault(op.at, "a tag is there or not; write tag:NAME")
	}
	if IsDate(n.Field) && n.Op == "~" {
		return p.fault(op.at, "%s is a date and contains nothing", n.Field)
	}
	if n.Op != "in" {
		return p.value(n)
	}
	if !p.sign("(") {
		return p.fault(p.token().at, `"(" is missing before %s`, p.token())
	}
	for {
		if err := p.value(n); err != nil {
			return err
		}
		if p.sign(")") {
			return nil
		}
		if !p.sign(",") {
			return p.fault(p.token().at, `"," or ")" is missing before %s`, p.token())
		}
	}
}

func (p *parser) value(n *Node) error {
	t := p.token()
	if t.kind != word && t.kind != quoted {
		return p.fault(t.at, "a value is missing before %s", t)
	}
	if t.kind == word && (strings.EqualFold(t.text, "and") || strings.EqualFold(t.text, "or")) {
		return p.fault(t.at, "a value is missing before %s; in quotation marks it would be one", t)
	}
	if IsDate(n.Field) {
		if _, err := time.Parse(time.DateOnly, t.text); err != nil {
			return p.fault(t.at, "%s is not a day such as 2027-03-12", t)
		}
	}
	if states := " pending active paused suspended unsubscribed "; n.Field == "state" && n.Op != "~" && !strings.Contains(states, " "+t.text+" ") {
		return p.fault(t.at, "%s is not one of pending, active, paused, suspended, unsubscribed", t)
	}
	p.next++
	n.Values = append(n.Values, t.text)
	return nil
}
