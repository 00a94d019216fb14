package protect

import "unicode/utf8"

// source is one way to read a text: its characters after decoding, and for each
// byte of them the bytes of the original that it stands for. All readings of a
// text share the offsets of the original, so that what two of them find can be
// compared.
type source struct {
	text []byte
	// from and to have one value for each byte of text: the original's bytes
	// from[i] to to[i] were written for it.
	from, to []int32
	// fresh marks the bytes that other readings do not have; nil means all.
	fresh []bool
}

// plain is a text read as it stands.
func plain(text string) *source {
	s := &source{text: []byte(text), from: make([]int32, len(text)), to: make([]int32, len(text))}
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		for k := range n {
			s.from[i+k], s.to[i+k] = int32(i), int32(i+n)
		}
		i += n
	}
	return s
}

// rewriter makes a source from another one.
type rewriter struct {
	in  *source
	out *source
}

func rewrite(in *source) *rewriter {
	return &rewriter{in: in, out: &source{
		text: make([]byte, 0, len(in.text)), from: make([]int32, 0, len(in.text)), to: make([]int32, 0, len(in.text)),
	}}
}

// keep takes over the bytes i to j of the old text as they are.
func (w *rewriter) keep(i, j int) {
	w.out.text = append(w.out.text, w.in.text[i:j]...)
	w.out.from = append(w.out.from, w.in.from[i:j]...)
	w.out.to = append(w.out.to, w.in.to[i:j]...)
	if w.in.fresh != nil {
		w.mark()
		copy(w.out.fresh[len(w.out.fresh)-(j-i):], w.in.fresh[i:j])
	}
}

// put writes new text for the bytes i to j of the old one.
func (w *rewriter) put(text string, i, j int) {
	from, to := w.in.from[i], w.in.to[j-1]
	w.out.text = append(w.out.text, text...)
	for range len(text) {
		w.out.from, w.out.to = append(w.out.from, from), append(w.out.to, to)
	}
	if w.in.fresh != nil {
		w.mark()
	}
}

// mark brings the marks up to the length of the text, the new ones set.
func (w *rewriter) mark() {
	for len(w.out.fresh) < len(w.out.text) {
		w.out.fresh = append(w.out.fresh, true)
	}
}

// span is a stretch of bytes, the end excluded.
type span struct{ from, to int }

// only gives the source with marks on the given spans, which are sorted. Nil if
// there are none: the reading would find nothing of its own.
func (s *source) only(spans []span) *source {
	if len(spans) == 0 {
		return nil
	}
	marked := *s
	marked.fresh = make([]bool, len(s.text))
	for _, p := range spans {
		for i := p.from; i < p.to; i++ {
			marked.fresh[i] = true
		}
	}
	return &marked
}

// readings gives the ways to read a text before its letters are looked at:
//
//   - as a reader sees it: Markdown's link targets and HTML tags taken out,
//     character references, percent-encoding and punycode decoded;
//   - with the link targets, with the tags, and with both, decoded too;
//   - as it stands, without decoding;
//   - backwards where a bidirectional override makes a screen show it so.
//
// The first is complete; the others are marked where they differ from it.
func readings(text string) []*source {
	raw := plain(text)
	shown, hidden := markup{links: true, tags: true}.without(raw)
	shown, _ = decode(shown)
	list := []*source{shown}
	for _, m := range partly(raw) {
		whole, _ := m.without(raw.only(hidden))
		whole, _ = decode(whole)
		list = append(list, whole)
	}
	if _, encoded := decode(raw); len(encoded) > 0 {
		list = append(list, raw.only(encoded))
	}
	if reversed := overridden(shown); reversed != nil {
		list = append(list, reversed)
	}
	return list
}

// partly gives what else than all markup can be taken out of a text: what looks
// like one kind may be noise around a name that the other kind is in.
func partly(raw *source) []markup {
	_, links := markup{links: true}.without(raw)
	_, tags := markup{tags: true}.without(raw)
	switch {
	case links == nil && tags == nil:
		return nil
	case links == nil || tags == nil:
		return []markup{{}}
	}
	return []markup{{}, {links: true}, {tags: true}}
}
