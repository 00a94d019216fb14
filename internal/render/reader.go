package render

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/markdown"
	"epistle/internal/newsletter"
)

// reader turns the document's Markdown into blocks and keeps every fault with
// the part of the bulletin it stands in.
type reader struct {
	apart  []string
	faults newsletter.Faults
}

// markdown reads one piece; class is given to its paragraphs.
func (r *reader) markdown(place, source, class string) []block {
	doc, err := markdown.Parse(source)
	if err != nil {
		r.fault(place, err)
		return nil
	}
	return r.blocks(place, doc.Blocks, class)
}

func (r *reader) fault(place string, err error) {
	var faults newsletter.Faults
	if errors.As(err, &faults) {
		for _, f := range faults {
			r.fault(place, f)
		}
		return
	}
	var e *newsletter.Error
	if !errors.As(err, &e) {
		e = newsletter.Errorf(newsletter.Invalid, "the text cannot be read: %w", err)
	}
	fault := *e
	if fault.Place = strings.TrimSuffix(place+":"+e.Place, ":"); e.Place == "" {
		fault.Place = place
	}
	r.faults = append(r.faults, &fault)
}

func (r *reader) blocks(place string, in []markdown.Block, class string) []block {
	out := make([]block, 0, len(in))
	for _, b := range in {
		v := block{Class: class, Start: b.Start}
		switch b.Kind {
		case markdown.BulletList, markdown.OrderedList:
			v.Kind = bullets
			if b.Kind == markdown.OrderedList {
				v.Kind = numbers
			}
			for _, item := range b.Items {
				v.Items = append(v.Items, r.blocks(place, item, "point"))
			}
		case markdown.Quote:
			v.Kind, v.Blocks = quotation, r.blocks(place, b.Blocks, "said")
		default:
			v.Kind, v.Inlines = paragraph, r.inlines(place, b.Inlines)
		}
		out = append(out, v)
	}
	return out
}

var inlineKinds = map[markdown.InlineKind]string{
	markdown.Text: plain, markdown.Emphasis: emphasis, markdown.Strong: strong, markdown.Code: code,
	markdown.Link: link, markdown.Image: image, markdown.Break: lineEnd,
}

func (r *reader) inlines(place string, in []markdown.Inline) []inline {
	out := make([]inline, 0, len(in))
	for _, i := range in {
		v := inline{Kind: inlineKinds[i.Kind], Text: i.Text, Href: i.Href, Children: r.inlines(place, i.Children)}
		if v.Kind == link || v.Kind == image {
			if err := checkTarget(v.Href, v.Kind == image); err != nil {
				r.fault(place, err)
			}
		}
		out = append(out, v)
	}
	return out
}

// checkTarget holds the last line against targets that run code or leave the
// page where the letter is shown. Package markdown refuses them before; a
// document may have been made without it.
func checkTarget(target string, image bool) error {
	u, err := url.Parse(target)
	ok := err == nil && (u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "mailto" && !image)
	if !ok || strings.ContainsFunc(target, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return newsletter.Errorf(newsletter.Invalid, "%q cannot be the target of a link or an image", target).
			With("Write a full address that begins with https:, http: or mailto:.")
	}
	return nil
}

// epigraph sets the quotation between the language's marks, as text.
func (r *reader) epigraph(e *newsletter.Epigraph, lang string) *epigraph {
	if e == nil {
		return nil
	}
	blocks := r.markdown("epigraph", e.Text, "epigraph")
	v := &epigraph{Blocks: blocks}
	if first, last := firstParagraph(blocks), lastParagraph(blocks); first != nil && last != nil && !e.Withdrawn {
		before, after := quotes(lang)
		first.Class += " hang"
		first.Inlines = append([]inline{{Kind: mark, Text: before}}, first.Inlines...)
		last.Inlines = append(last.Inlines, inline{Kind: mark, Text: after})
	}
	for i, b := range r.source(e.Source) {
		if i > 0 {
			v.Source = append(v.Source, inline{Kind: lineEnd})
		}
		v.Source = append(v.Source, b.Inlines...)
	}
	return v
}

// source reads the epigraph's source, which is words and never a list: "1. Mose
// 1,3" is the German name of a book.
func (r *reader) source(text string) []block {
	doc, err := markdown.Parse(text)
	if err == nil && slices.ContainsFunc(doc.Blocks, func(b markdown.Block) bool { return b.Kind != markdown.Paragraph }) {
		doc, err = markdown.ParsePlain(text)
	}
	if err != nil {
		r.fault("epigraph source", err)
		return nil
	}
	return r.blocks("epigraph source", doc.Blocks, "source")
}

// firstParagraph and lastParagraph look into quotes and lists too; nil when
// there is no paragraph at that end.
func firstParagraph(blocks []block) *block {
	switch {
	case len(blocks) == 0:
		return nil
	case blocks[0].Kind == paragraph:
		return &blocks[0]
	case len(blocks[0].Items) > 0:
		return firstParagraph(blocks[0].Items[0])
	}
	return firstParagraph(blocks[0].Blocks)
}

func lastParagraph(blocks []block) *block {
	if len(blocks) == 0 {
		return nil
	}
	last := &blocks[len(blocks)-1]
	switch {
	case last.Kind == paragraph:
		return last
	case len(last.Items) > 0:
		return lastParagraph(last.Items[len(last.Items)-1])
	}
	return lastParagraph(last.Blocks)
}

func (r *reader) sections(in []newsletter.ContentSection) []section {
	var out []section
	for n, s := range in {
		v := section{
			Heading:      strings.TrimSpace(s.Heading),
			Introduction: r.markdown(fmt.Sprintf("section %d, introduction", n+1), s.Introduction, "intro"),
		}
		for i, item := range s.Items {
			blocks := r.markdown(fmt.Sprintf("section %d, item %d", n+1, i+1), item.Text, "text")
			if len(blocks) == 0 {
				continue
			}
			// An item that is nothing but a list becomes entries of the
			// section's own list: a bullet beside a bullet says nothing.
			if v.Heading != "" && len(blocks) == 1 && blocks[0].Kind == bullets {
				v.List = true
				for _, entry := range blocks[0].Items {
					v.Items = append(v.Items, r.entry(entry))
				}
				continue
			}
			r.setApart(blocks)
			v.Items = append(v.Items, blocks)
		}
		v.List = v.List || v.Heading != "" && len(v.Items) > 1
		if v.Heading == "" && len(out) == 0 && len(v.Items) > 0 && v.Items[0][0].Kind == paragraph {
			v.Items[0][0].Class = "lead"
		}
		if v.Heading != "" || len(v.Items) > 0 || len(v.Introduction) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// entry sets a list's entry as if it were an item of its own.
func (r *reader) entry(blocks []block) []block {
	if len(blocks) > 0 {
		r.setApart(blocks)
	}
	return classed(blocks, "text")
}

// classed gives paragraphs another class.
func classed(blocks []block, class string) []block {
	for i := range blocks {
		if blocks[i].Kind == paragraph {
			blocks[i].Class = class
		}
	}
	return blocks
}

// setApart marks an item's opening word when the newsletter sets it apart. The
// letters stay as they were written.
func (r *reader) setApart(item []block) {
	if item[0].Kind != paragraph || len(item[0].Inlines) == 0 || item[0].Inlines[0].Kind != plain {
		return
	}
	first := item[0].Inlines[0]
	for _, opening := range r.apart {
		rest, ok := strings.CutPrefix(first.Text, opening)
		if next, _ := utf8.DecodeRuneInString(rest); !ok || rest != "" && (unicode.IsLetter(next) || unicode.IsDigit(next) || unicode.IsMark(next)) {
			continue
		}
		head := []inline{{Kind: apart, Text: opening}}
		if rest != "" {
			head = append(head, inline{Kind: plain, Text: rest})
		}
		item[0].Inlines = append(head, item[0].Inlines[1:]...)
		return
	}
}
