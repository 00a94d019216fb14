package markdown

import (
	"strings"
	"unicode"
)

// trimLeft and trimRight take off every sort of space, no-break spaces too.
func trimLeft(s string) string  { return strings.TrimLeftFunc(s, unicode.IsSpace) }
func trimRight(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }

// tidyParagraph brings a paragraph's inlines into normal form.
func tidyParagraph(in []Inline) []Inline {
	return trim(merge(flatten(in, context{})))
}

// tidyLabel does so for the label of a link or an image, in which a line break
// is a space.
func tidyLabel(in []Inline) []Inline {
	return merge(flatten(in, context{label: true}))
}

// context is what surrounds an inline.
type context struct{ emphasis, strong, label bool }

// flatten takes apart emphasis inside emphasis and links inside a label, and
// moves spaces and breaks out of emphasis.
func flatten(in []Inline, ctx context) []Inline {
	var out []Inline
	for _, n := range in {
		switch n.Kind {
		case Emphasis, Strong:
			inner := ctx
			inner.emphasis = ctx.emphasis || n.Kind == Emphasis
			inner.strong = ctx.strong || n.Kind == Strong
			children := merge(flatten(n.Children, inner))
			if n.Kind == Emphasis && ctx.emphasis || n.Kind == Strong && ctx.strong {
				out = append(out, children...)
				continue
			}
			out = append(out, hoist(n.Kind, children)...)
		case Link:
			n.Children = merge(flatten(n.Children, context{ctx.emphasis, ctx.strong, true}))
			if ctx.label {
				out = append(out, n.Children...)
				continue
			}
			out = append(out, n)
		case Break:
			if ctx.label {
				n = Inline{Kind: Text, Text: " "}
			}
			out = append(out, n)
		default:
			out = append(out, n)
		}
	}
	return out
}

// hoist wraps children in emphasis but for the spaces and breaks at their ends.
func hoist(kind InlineKind, children []Inline) []Inline {
	lead, rest := cutBlank(children, false)
	rest, tail := cutTail(rest)
	out := lead
	if len(rest) > 0 {
		out = append(out, Inline{Kind: kind, Children: rest})
	}
	return append(out, tail...)
}

func cutTail(in []Inline) (rest, tail []Inline) {
	tail, rest = cutBlank(in, true)
	for i, j := 0, len(tail)-1; i < j; i, j = i+1, j-1 {
		tail[i], tail[j] = tail[j], tail[i]
	}
	return rest, tail
}

// cutBlank takes spaces and breaks off the beginning, or off the end, of a
// merged list; what it cut is given in the order of cutting.
func cutBlank(in []Inline, end bool) (cut, rest []Inline) {
	rest = in
	for len(rest) > 0 {
		i := 0
		if end {
			i = len(rest) - 1
		}
		n := rest[i]
		kept := ""
		switch {
		case n.Kind == Break:
			cut = append(cut, n)
		case n.Kind != Text:
			return cut, rest
		case end:
			kept = trimRight(n.Text)
			cut = appendText(cut, n.Text[len(kept):])
		default:
			kept = trimLeft(n.Text)
			cut = appendText(cut, n.Text[:len(n.Text)-len(kept)])
		}
		if kept != "" {
			changed := append([]Inline(nil), rest...)
			changed[i].Text = kept
			return cut, changed
		}
		if end {
			rest = rest[:i]
		} else {
			rest = rest[1:]
		}
	}
	return cut, rest
}

func appendText(list []Inline, text string) []Inline {
	if text == "" {
		return list
	}
	return append(list, Inline{Kind: Text, Text: text})
}

// merge joins neighbours of one kind and drops what is empty.
func merge(in []Inline) []Inline {
	var out []Inline
	for i := 0; i < len(in); {
		n := in[i]
		run := i + 1
		for run < len(in) && in[run].Kind == n.Kind {
			run++
		}
		switch n.Kind {
		case Text:
			if n.Text = texts(in[i:run]); n.Text != "" {
				out = append(out, n)
			}
		case Emphasis, Strong:
			var children []Inline
			for _, part := range in[i:run] {
				children = append(children, part.Children...)
			}
			if n.Children = merge(children); len(n.Children) > 0 {
				out = append(out, n)
			}
		case Break:
			out = append(out, n)
		default:
			out = append(out, in[i:run]...)
		}
		i = run
	}
	if len(out) < len(in) && mergeable(out) {
		return merge(out) // what was empty stood between neighbours
	}
	return out
}

func texts(in []Inline) string {
	var b strings.Builder
	for _, n := range in {
		b.WriteString(n.Text)
	}
	return b.String()
}

// mergeable says whether neighbours are left that merge would join.
func mergeable(in []Inline) bool {
	for i := 1; i < len(in); i++ {
		if k := in[i].Kind; k == in[i-1].Kind && (k == Text || k == Emphasis || k == Strong || k == Break) {
			return true
		}
	}
	return false
}

// trim takes spaces off the ends of a paragraph's lines, and breaks off its ends.
func trim(in []Inline) []Inline {
	_, in = cutBlank(in, false)
	_, in = cutBlank(in, true)
	out := make([]Inline, 0, len(in))
	for i, n := range in {
		if n.Kind == Text && i+1 < len(in) && in[i+1].Kind == Break {
			n.Text = trimRight(n.Text)
		}
		if n.Kind == Text && i > 0 && in[i-1].Kind == Break {
			n.Text = trimLeft(n.Text)
		}
		out = append(out, n)
	}
	return merge(out)
}

// blank says whether a label shows nothing.
func blank(in []Inline) bool {
	for _, n := range in {
		if n.Kind == Image || n.Kind == Code || n.Kind == Text && strings.TrimSpace(n.Text) != "" || !blank(n.Children) {
			return false
		}
	}
	return true
}
