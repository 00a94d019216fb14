package assembly

import (
	"context"
	"maps"
	"slices"
	"strings"

	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// traces knows where the words of one item may stand: by its number, by any of its
// wordings, and by those that an editor made of it.
type traces struct {
	ids    map[int64]bool
	texts  map[string]bool
	quotes map[[2]string]bool // of epigraphs, which have no number: text and source
	bags   []map[string]int   // the words of the wordings, to find those that are alike
	said   map[string]bool    // every word of them, to find headlines that speak of the item
}

func newTraces(item *store.Item) *traces {
	t := &traces{ids: map[int64]bool{item.ID: true}, texts: map[string]bool{}, quotes: map[[2]string]bool{}, said: map[string]bool{}}
	wordsIn(t.said, item.Body)
	if item.Section == newsletter.EpigraphKey {
		t.add(item.Section, item.Body)
	}
	return t
}

// add makes a wording known.
func (t *traces) add(section, body string) {
	wordsIn(t.said, body)
	if section == newsletter.EpigraphKey {
		e := manuscript.ParseEpigraph(body)
		t.quotes[[2]string{canonical(e.Text), canonical(e.Source)}] = true
		return
	}
	text := canonical(body)
	t.texts[text] = true
	t.bags = append(t.bags, bagOf(text))
}

func (t *traces) numbers() []int64 { return slices.Sorted(maps.Keys(t.ids)) }

func contains(list []int64, id int64) bool { return slices.Contains(list, id) }

// find gives the bulletins of a newsletter any of whose revisions has a trace. What
// is learned from one, such as the number of an earlier wording, is looked for in
// all: so it goes over them until nothing new is found.
func (t *traces) find(ctx context.Context, s *store.Store, newsletterID int64) ([]int64, error) {
	found := map[int64]bool{}
	for before := -1; before != len(found)+len(t.ids); {
		before = len(found) + len(t.ids)
		var of []*store.Revision // the revisions of one bulletin
		end := func() {
			if t.inAny(of) {
				found[of[0].BulletinID] = true
			}
			of = nil
		}
		if err := s.EachRevision(ctx, newsletterID, 0, func(r *store.Revision) error {
			if len(of) > 0 && of[0].BulletinID != r.BulletinID {
				end()
			}
			of = append(of, r)
			return nil
		}); err != nil {
			return nil, err
		}
		end()
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// inAny says whether one of a bulletin's revisions has a trace, and if so learns
// the numbers of the earlier wordings in the others.
func (t *traces) inAny(revisions []*store.Revision) bool {
	has := false
	for _, r := range revisions {
		_, found := t.takeOut(r.Document, "x", nil)
		has = has || found
	}
	if !has {
		return false
	}
	kept := textsOf(revisions[len(revisions)-1].Document)
	for _, r := range revisions[:len(revisions)-1] {
		t.takeOut(r.Document, "x", kept)
	}
	return true
}

// textsOf are the items' words of a document.
func textsOf(doc *newsletter.Document) map[string]bool {
	texts := map[string]bool{}
	for _, s := range doc.Content.Sections {
		for _, i := range s.Items {
			texts[canonical(i.Text)] = true
		}
	}
	return texts
}

// takeOut gives the document with a note in the place of every trace, or without
// them when the note is empty. With kept, the words that the current revision has,
// an earlier wording that is not among them is a trace too. The numbers of what is
// taken out are traces from then on.
func (t *traces) takeOut(doc *newsletter.Document, note string, kept map[string]bool) (out *newsletter.Document, found bool) {
	next := *doc
	next.Content.Sections = nil
	for _, s := range doc.Content.Sections {
		items := s.Items
		s.Items = nil
		for _, i := range items {
			if i.Withdrawn || !t.holds(i, kept) {
				s.Items = append(s.Items, i)
				continue
			}
			found = true
			wordsIn(t.said, i.Text)
			if i.ID != 0 {
				t.ids[i.ID] = true
			}
			if note != "" {
				s.Items = append(s.Items, newsletter.ContentItem{ID: i.ID, Text: note, EmailOnly: i.EmailOnly, Withdrawn: true})
			}
		}
		if len(s.Items) > 0 || len(items) == 0 {
			next.Content.Sections = append(next.Content.Sections, s)
		}
	}
	if e := doc.Content.Epigraph; e != nil && t.quotes[[2]string{canonical(e.Text), canonical(e.Source)}] {
		next.Content.Epigraph, found = nil, true
		if note != "" {
			next.Content.Epigraph = &newsletter.Epigraph{Text: note, EmailOnly: e.EmailOnly, Withdrawn: true}
		}
	}
	next.Pseudonyms = manuscript.Pseudonyms(&next.Content)
	return &next, found
}

func (t *traces) holds(i newsletter.ContentItem, kept map[string]bool) bool {
	text := canonical(i.Text)
	if t.ids[i.ID] || t.texts[text] {
		return true
	}
	return kept != nil && !kept[text] && t.alike(text)
}

// alike says whether most words of a text, or of a wording that is known, are in
// both.
func (t *traces) alike(text string) bool {
	bag := bagOf(text)
	for _, other := range t.bags {
		shared := 0
		for word, n := range bag {
			shared += min(n, other[word])
		}
		if 2*shared > min(size(bag), size(other)) {
			return true
		}
	}
	return false
}

func bagOf(text string) map[string]int {
	bag := map[string]int{}
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		bag[strings.Trim(word, ".,;:!?()[]*_“”\"'’")]++
	}
	return bag
}

func size(bag map[string]int) (n int) {
	for _, c := range bag {
		n += c
	}
	return n
}
