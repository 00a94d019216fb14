// Package assembly decides which items make a bulletin and freezes it.
//
// In order: choose the approved items that are wanted for the date, set them in
// the newsletter's order of sections with their introductions, give the bulletin
// its number, freeze everything a reader will see into one document with a
// content hash, and mark the items as used; all in one transaction. The same
// database gives the same bytes. A manuscript takes the same way, bringing its
// items along.
//
// How a bulletin looks is left to package render, whether it may leave to
// package preflight.
package assembly

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"epistle/internal/database"
	"epistle/internal/filter"
	"epistle/internal/manuscript"
	"epistle/internal/markdown"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Assembly makes bulletins out of what the store holds.
type Assembly struct{ store *store.Store }

// New makes an Assembly on a store.
func New(s *store.Store) *Assembly { return &Assembly{s} }

// Request names the bulletin to be made.
type Request struct {
	Newsletter *newsletter.Newsletter
	Date       newsletter.Date
	// Extra makes a second bulletin for a date that has one.
	Extra bool
	By    string
}

// Outcome is what was made.
type Outcome struct {
	Bulletin *store.Bulletin
	Document *newsletter.Document
	// Revised says that the bulletin existed and got a new revision, Unchanged
	// that it stands as it did before, approval included.
	Revised   bool
	Unchanged bool
	// LeftOver are approved items that were wanted for a week that has passed, and
	// so were not used.
	LeftOver []*store.Item
	// Expired are approved items whose last date has passed.
	Expired []*store.Item
	// Homeless are approved items that were not used because the newsletter has
	// lost their section.
	Homeless []*store.Item
}

// window is how many days before a bulletin's date an item may be wanted for:
// the week that the bulletin closes.
const window = 7

// Assemble makes the bulletin of a date from the approved items. A week with
// nothing to say makes no bulletin: the error's cause is ErrNothing.
func (a *Assembly) Assemble(ctx context.Context, r Request) (out *Outcome, err error) {
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		if r.Newsletter, err = a.store.NewsletterTx(tx, r.Newsletter.ID); err != nil {
			return err
		}
		old, extra, err := a.place(tx, r)
		if err != nil {
			return err
		}
		if old != nil {
			// The items of the revision that is replaced are free again, so that the
			// new one chooses among all.
			if err := a.store.ReleaseItemsTx(tx, old.ID); err != nil {
				return err
			}
		}
		c, err := a.choose(tx, r)
		if err != nil {
			return err
		}
		f := frozen{content: compose(r.Newsletter, c.items)}
		if len(f.content.Sections) == 0 {
			return nothing(r, c.left)
		}
		if err := a.keepOwn(tx, old, &f); err != nil {
			return err
		}
		out, err = a.freeze(tx, r, old, extra, f)
		if err != nil {
			return err
		}
		out.LeftOver, out.Expired, out.Homeless = c.left, c.expired, homeless(r.Newsletter, c.items)
		return a.use(tx, out, c.items)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ErrNothing is the cause of Assemble's error when no item was ready.
var ErrNothing = errors.New("no approved item is waiting")

func nothing(r Request, left []*store.Item) error {
	message := fmt.Sprintf("there is nothing to say on %s: no approved item is waiting for it", r.Date)
	if len(left) > 0 {
		message += fmt.Sprintf(" (%d wanted for weeks that have passed)", len(left))
	}
	return &newsletter.Error{
		Kind: newsletter.NotFound, Message: message, Err: ErrNothing,
		Remedy: "See what is there with: epistle items list --newsletter " + r.Newsletter.Slug,
	}
}

// place finds the bulletin that the request is about: an existing one to revise,
// or a free place.
func (a *Assembly) place(tx *database.Tx, r Request) (old *store.Bulletin, extra int, err error) {
	if r.Date.IsZero() {
		return nil, 0, newsletter.Errorf(newsletter.Usage, "the bulletin has no date").With("Give one with --date YYYY-MM-DD.")
	}
	if r.Extra {
		extra, err = a.store.NextExtraTx(tx, r.Newsletter.ID, r.Date)
		return nil, extra, err
	}
	old, err = a.store.BulletinOnTx(tx, r.Newsletter.ID, r.Date, 0)
	if err != nil {
		return nil, 0, err
	}
	if old != nil && old.State.Begun() {
		return nil, 0, newsletter.Errorf(newsletter.Refused, "bulletin %d for %s is %s and cannot change any more", old.Number, r.Date, old.State).
			With("Choose another --date, or add --extra for a second bulletin on that date.")
	}
	return old, 0, nil
}

// choice is what the approved items come to for one date.
type choice struct {
	items []*store.Item
	// left came too late for the week they were wanted for, expired are no longer
	// valid.
	left, expired []*store.Item
}

// choose picks the approved items that are wanted for the date and valid on it. One
// that is valid only later waits.
func (a *Assembly) choose(tx *database.Tx, r Request) (c choice, err error) {
	items, err := a.store.ItemsTx(tx, store.ItemFilter{NewsletterID: r.Newsletter.ID, State: newsletter.ItemApproved, Before: r.Date})
	if err != nil {
		return c, err
	}
	first := r.Date.AddDays(1 - window)
	for _, i := range items {
		switch {
		case !i.Wanted.IsZero() && i.Wanted.Before(first):
			c.left = append(c.left, i)
		case i.ExpiredOn(r.Date):
			c.expired = append(c.expired, i)
		case i.ValidOn(r.Date):
			c.items = append(c.items, i)
		}
	}
	return c, nil
}

// compose sets items in order: the epigraph, the lead, then the newsletter's
// sections; those without items vanish. Of several epigraphs the oldest is taken.
// All texts are brought into canonical Markdown, so that the same words give the
// same hash whether they come from items or from a manuscript.
func compose(n *newsletter.Newsletter, items []*store.Item) newsletter.Content {
	content := newsletter.Content{Title: n.BulletinTitle()}
	bySection := map[string][]*store.Item{}
	for _, i := range items {
		bySection[i.Section] = append(bySection[i.Section], i)
	}
	if e := bySection[newsletter.EpigraphKey]; len(e) > 0 {
		epigraph := manuscript.ParseEpigraph(e[0].Body)
		content.Epigraph = &newsletter.Epigraph{Text: canonical(epigraph.Text), Source: canonical(epigraph.Source), EmailOnly: e[0].EmailOnly}
	}
	add := func(s newsletter.ContentSection) {
		for _, i := range bySection[s.Key] {
			s.Items = append(s.Items, newsletter.ContentItem{ID: i.ID, Text: canonical(i.Body), EmailOnly: i.EmailOnly})
		}
		if len(s.Items) > 0 {
			content.Sections = append(content.Sections, s)
		}
	}
	add(newsletter.ContentSection{Key: newsletter.LeadKey})
	for _, s := range n.Sections {
		add(newsletter.ContentSection{Key: s.Key(), Heading: s.Name, Introduction: canonical(s.Introduction)})
	}
	return content
}

// canonical is the form in which texts are frozen and compared.
func canonical(text string) string {
	doc, err := markdown.Parse(text)
	if err != nil {
		return strings.TrimSpace(text) // it was stored by hand; only the very same words match
	}
	return doc.Format()
}

// homeless gives the items whose section is none of the newsletter's.
func homeless(n *newsletter.Newsletter, items []*store.Item) []*store.Item {
	var list []*store.Item
	for _, i := range items {
		_, known := n.SectionByKey(i.Section)
		if !known && i.Section != newsletter.LeadKey && i.Section != newsletter.EpigraphKey {
			list = append(list, i)
		}
	}
	return list
}

// use marks the items that stand in the bulletin.
func (a *Assembly) use(tx *database.Tx, out *Outcome, chosen []*store.Item) error {
	placed := map[int64]bool{}
	for _, s := range out.Document.Content.Sections {
		for _, i := range s.Items {
			placed[i.ID] = true
		}
	}
	var ids []int64
	epigraph := out.Document.Content.Epigraph != nil
	for _, i := range chosen {
		if i.Section == newsletter.EpigraphKey && epigraph {
			placed[i.ID], epigraph = true, false
		}
		if placed[i.ID] {
			ids = append(ids, i.ID)
		}
	}
	return a.store.UseItemsTx(tx, out.Bulletin.ID, ids)
}

// frozen is what goes into a document beside the newsletter's own.
type frozen struct {
	content            newsletter.Content
	subject, preheader string
	audience           *string // nil: as it was
}

// freeze makes the document and stores it as a new bulletin or a new revision.
func (a *Assembly) freeze(tx *database.Tx, r Request, old *store.Bulletin, extra int, f frozen) (*Outcome, error) {
	b := old
	if b == nil {
		number, err := a.store.NextNumberTx(tx, r.Newsletter)
		if err != nil {
			return nil, err
		}
		b = &store.Bulletin{NewsletterID: r.Newsletter.ID, Slug: r.Newsletter.Slug, Number: number, Date: r.Date, Extra: extra}
	}
	doc, err := document(r.Newsletter, b, f)
	if err != nil {
		return nil, err
	}
	if doc.Audience, err = a.audience(tx, old, f.audience); err != nil {
		return nil, err
	}
	out := &Outcome{Bulletin: b, Document: doc, Revised: old != nil}
	hash, err := doc.Hash()
	if err != nil {
		return nil, err
	}
	switch {
	case old == nil:
		return out, a.store.CreateBulletinTx(tx, b, doc, r.By)
	case hash == old.Hash:
		out.Revised, out.Unchanged = false, true
		return out, a.store.ReplaceDocumentTx(tx, b, doc)
	default:
		return out, a.store.ReviseBulletinTx(tx, b, doc, r.By)
	}
}

// audience is the filter asked for, else the one that the bulletin had: new words
// must not reach more people by themselves.
func (a *Assembly) audience(tx *database.Tx, old *store.Bulletin, asked *string) (string, error) {
	if asked == nil {
		if old == nil {
			return "", nil
		}
		doc, err := a.store.DocumentTx(tx, old.ID, 0)
		if err != nil {
			return "", err
		}
		return doc.Audience, nil
	}
	where := strings.TrimSpace(*asked)
	if where == "" {
		return "", nil
	}
	_, err := filter.Parse(where)
	return where, err
}

func document(n *newsletter.Newsletter, b *store.Bulletin, f frozen) (*newsletter.Document, error) {
	title, subject := &f.content.Title, &f.subject
	if *title = strings.TrimSpace(*title); *title == "" {
		*title = n.BulletinTitle()
	}
	if *subject = strings.TrimSpace(*subject); *subject == "" {
		*subject = *title
	}
	var faults newsletter.Faults
	for _, line := range []struct{ key, value string }{{"title", *title}, {"subject", *subject}, {"preheader", f.preheader}} {
		if strings.ContainsFunc(line.value, unicode.IsControl) {
			faults = append(faults, newsletter.Errorf(newsletter.Invalid, "the %s holds a line break or a control character", line.key).
				At(line.key).With("Write it on one line."))
		}
	}
	return &newsletter.Document{
		Format: newsletter.DocumentFormat, Identity: n.Identity(), Number: b.Number, Date: b.Date,
		Subject: *subject, Preheader: f.preheader, Content: f.content, Pseudonyms: manuscript.Pseudonyms(&f.content),
	}, faults.Err()
}
