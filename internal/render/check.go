package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// rule is one rule of the inline sheet: a class and its declarations, each
// written "property:value".
type rule struct {
	class        string
	declarations []string
}

var (
	classSelector = regexp.MustCompile(`^\.[a-z][a-z0-9-]*$`)
	declaration   = regexp.MustCompile(`^[a-z-]+:[^:{}"]+$`)
)

// parseSheet reads the inline sheet and refuses whatever the inliner is known
// to lose, to turn round or to corrupt: at-rules, pseudo-classes, lists and
// descendants, quoted names, important declarations, two values for one
// property. A sheet of single classes has no contest of specificity either.
func parseSheet(sheet string) ([]rule, error) {
	var rules []rule
	for rest := strings.TrimSpace(sheet); rest != ""; rest = strings.TrimSpace(rest) {
		selector, after, ok := strings.Cut(rest, "{")
		body, next, closed := strings.Cut(after, "}")
		if selector = strings.TrimSpace(selector); !ok || !closed || !classSelector.MatchString(selector) {
			return nil, fmt.Errorf("%q is not one class with its declarations", shorten(selector, 60))
		}
		r := rule{class: selector[1:]}
		properties := map[string]bool{}
		for _, d := range strings.Split(body, ";") {
			property, value, _ := strings.Cut(d, ":")
			property, value = strings.TrimSpace(property), strings.TrimSpace(value)
			if property+value == "" {
				continue
			}
			d = property + ":" + value
			if !declaration.MatchString(d) || strings.Contains(d, "!") || properties[property] {
				return nil, fmt.Errorf("%s: the declaration %q cannot be inlined safely", selector, d)
			}
			properties[property] = true
			r.declarations = append(r.declarations, d)
		}
		rules, rest = append(rules, r), next
	}
	return rules, nil
}

// expected gives the declarations that an element of these classes must carry:
// all of each rule, a later rule winning over an earlier one.
func expected(rules []rule, classes []string) []string {
	var want []string
	for _, r := range rules {
		if !slices.Contains(classes, r.class) {
			continue
		}
		for _, d := range r.declarations {
			property, _, _ := strings.Cut(d, ":")
			want = slices.DeleteFunc(want, func(w string) bool { return strings.HasPrefix(w, property+":") })
			want = append(want, d)
		}
	}
	slices.Sort(want)
	return want
}

// checkInlined proves that nothing was lost and nothing left over: every
// element carries exactly the declarations of its classes, the kept sheet
// stands there byte for byte, and there is no third sheet.
func checkInlined(page string, rules []rule, kept string) error {
	switch {
	case strings.Count(page, keptOpen+"\n"+kept+styleClose) != 1:
		return fmt.Errorf("the kept sheet was changed")
	case strings.Contains(page, inlineOpen):
		return fmt.Errorf("rules were left over as a sheet of their own")
	case strings.Contains(page, "\n {"):
		return fmt.Errorf("a rule lost its selector")
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return fmt.Errorf("read the page again: %w", err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		classes := strings.Fields(attribute(n, "class"))
		want, got := expected(rules, classes), declarations(attribute(n, "style"))
		if !slices.Equal(want, got) {
			return fmt.Errorf("<%s class=%q> carries %q where the sheet says %q", n.Data, attribute(n, "class"), got, want)
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// declarations splits a style attribute, sorted.
func declarations(style string) []string {
	var out []string
	for _, d := range strings.Split(style, ";") {
		if property, value, ok := strings.Cut(d, ":"); ok {
			out = append(out, strings.TrimSpace(property)+":"+strings.TrimSpace(value))
		}
	}
	slices.Sort(out)
	return out
}
