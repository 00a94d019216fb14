package assembly

import (
	"context"
	"fmt"

	"epistle/internal/database"
	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Draft is one manuscript to be made a bulletin, with the date it is for. Name
// is what errors call it; it may be empty.
type Draft struct {
	Name       string
	Date       newsletter.Date
	Manuscript *manuscript.Manuscript
}

// Import makes a bulletin, in review, from each manuscript, all or none; the
// drafts' dates stand in for r.Date. Sections that the reader of a manuscript was
// allowed to add are added to the newsletter in the same transaction, and to
// r.Newsletter when it succeeds. Contributed items whose words stand in the
// manuscript count as used by it; all others that an earlier revision used are
// free again.
func (a *Assembly) Import(ctx context.Context, r Request, drafts ...Draft) (made []*Outcome, err error) {
	callers := r.Newsletter
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		made = nil
		for _, d := range drafts {
			out, err := a.importTx(tx, &r, callers.ID, d)
			if err != nil && d.Name != "" {
				err = fmt.Errorf("%s: %w", d.Name, err)
			}
			if err != nil {
				return err
			}
			made = append(made, out)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	*callers = *r.Newsletter
	return made, nil
}

func (a *Assembly) importTx(tx *database.Tx, r *Request, newsletterID int64, d Draft) (*Outcome, error) {
	n, err := a.withSections(tx, newsletterID, d.Manuscript.Added, r.By)
	if err != nil {
		return nil, err
	}
	r.Newsletter, r.Date = n, d.Date
	old, extra, err := a.place(tx, *r)
	if err != nil {
		return nil, err
	}
	m := d.Manuscript
	return a.freezeManuscript(tx, *r, old, extra, frozen{content: m.Content, subject: m.Subject, preheader: m.Preheader})
}

// withSections reads the newsletter and adds the sections that it lacks.
func (a *Assembly) withSections(tx *database.Tx, newsletterID int64, added []newsletter.Section, by string) (*newsletter.Newsletter, error) {
	n, err := a.store.NewsletterTx(tx, newsletterID)
	if err != nil {
		return nil, err
	}
	before := len(n.Sections)
	for _, s := range added {
		if _, known := n.SectionByKey(s.Key()); !known {
			n.Sections = append(n.Sections, s)
		}
	}
	if len(n.Sections) == before {
		return n, nil
	}
	return n, a.store.EditNewsletterTx(tx, n, by)
}

// Edit changes a bulletin; nil fields stay. Once it has begun to leave only title,
// subject and preheader can change.
type Edit struct {
	Title, Subject, Preheader *string
	// Audience is a filter of package filter; empty: everyone.
	Audience   *string
	Manuscript *manuscript.Manuscript
}

// Edit makes a new revision of a bulletin. Its subject follows a new title
// unless it had one of its own. On one that readers have already, the lines that
// are changed go from every revision (see retitle).
func (a *Assembly) Edit(ctx context.Context, bulletinID int64, e Edit, by string) (out *Outcome, err error) {
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		out, err = a.editTx(tx, bulletinID, e, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (a *Assembly) editTx(tx *database.Tx, bulletinID int64, e Edit, by string) (*Outcome, error) {
	b, err := a.store.BulletinTx(tx, bulletinID)
	if err != nil {
		return nil, err
	}
	if b.State.Begun() {
		if e.Manuscript == nil && e.Audience == nil {
			return a.retitle(tx, b, e, by)
		}
		return nil, newsletter.Errorf(newsletter.Refused, "bulletin %d is %s and cannot change any more", b.Number, b.State).
			With("Take something out of it with: epistle items withdraw, or redact. Or make another one for the same date with --extra.")
	}
	doc, err := a.store.DocumentTx(tx, bulletinID, 0)
	if err != nil {
		return nil, err
	}
	f := frozen{content: doc.Content, preheader: doc.Preheader}
	if doc.Subject != doc.Content.Title {
		f.subject = doc.Subject
	}
	var added []newsletter.Section
	if e.Manuscript != nil {
		added, f = e.Manuscript.Added, merge(f, e.Manuscript)
	}
	set(&f.content.Title, e.Title)
	set(&f.subject, e.Subject)
	set(&f.preheader, e.Preheader)
	f.audience = e.Audience
	if err := a.setOwn(tx, b.ID, e); err != nil {
		return nil, err
	}
	r := Request{Date: b.Date, By: by}
	if r.Newsletter, err = a.withSections(tx, b.NewsletterID, added, by); err != nil {
		return nil, err
	}
	if e.Manuscript != nil {
		return a.freezeManuscript(tx, r, b, b.Extra, f)
	}
	return a.freeze(tx, r, b, b.Extra, f)
}

// merge takes the words of a manuscript and keeps what it does not mention.
func merge(f frozen, m *manuscript.Manuscript) frozen {
	title := f.content.Title
	f.content = m.Content
	if f.content.Title == "" {
		f.content.Title = title
	}
	if m.Subject != "" {
		f.subject = m.Subject
	}
	if m.Preheader != "" {
		f.preheader = m.Preheader
	}
	return f
}

func set(target, value *string) {
	if value != nil {
		*target = *value
	}
}

// freezeManuscript freezes content whose items are not in the store yet: those
// that are there with the same words are taken, the rest are stored as the
// manuscript's own. What the bulletin used before and no longer holds is given
// back.
func (a *Assembly) freezeManuscript(tx *database.Tx, r Request, old *store.Bulletin, extra int, f frozen) (*Outcome, error) {
	if len(f.content.Sections) == 0 {
		return nil, newsletter.Errorf(newsletter.Invalid, "the manuscript holds no contribution").
			With("A bulletin needs at least one paragraph below its title.")
	}
	if err := a.readMarks(tx, r.Newsletter.ID, &f.content); err != nil {
		return nil, err
	}
	out, err := a.freeze(tx, r, old, extra, f)
	if err != nil {
		return nil, err
	}
	t, err := a.gather(tx, r.Newsletter.ID, out.Bulletin.ID)
	if err != nil {
		return nil, err
	}
	if err := a.storeItems(tx, r, out, t); err != nil {
		return nil, err
	}
	if err := a.store.ReleaseItemsTx(tx, out.Bulletin.ID, t.taken...); err != nil {
		return nil, err
	}
	return out, a.store.ReplaceDocumentTx(tx, out.Bulletin, out.Document)
}

// tray holds the items that a manuscript may take, by section and words.
type tray struct {
	items map[[2]string][]int64
	taken []int64
}

// gather fills a tray: what the bulletin used before comes first, then what
// offices contributed and waits.
func (a *Assembly) gather(tx *database.Tx, newsletterID, bulletinID int64) (*tray, error) {
	used, err := a.store.ItemsTx(tx, store.ItemFilter{BulletinID: bulletinID})
	if err != nil {
		return nil, err
	}
	waiting, err := a.store.ItemsTx(tx, store.ItemFilter{NewsletterID: newsletterID, State: newsletter.ItemApproved})
	if err != nil {
		return nil, err
	}
	t := &tray{items: map[[2]string][]int64{}}
	for _, i := range append(used, waiting...) {
		k := [2]string{i.Section, words(i.Section, i.Body)}
		t.items[k] = append(t.items[k], i.ID)
	}
	return t, nil
}

// take gives the next item with these words; 0 when there is none.
func (t *tray) take(section, body string) (id int64) {
	k := [2]string{section, words(section, body)}
	if len(t.items[k]) == 0 {
		return 0
	}
	id, t.items[k] = t.items[k][0], t.items[k][1:]
	t.taken = append(t.taken, id)
	return id
}

// words gives the form in which texts are compared: canonical Markdown, which is
// how they come back from a manuscript that was written out.
func words(section, body string) string {
	if section == newsletter.EpigraphKey {
		e := manuscript.ParseEpigraph(body)
		return canonical(e.Text) + "\n" + canonical(e.Source)
	}
	return canonical(body)
}

// storeItems gives every item of the document its number in the database. An
// epigraph lives in the document alone, unless it was contributed as an item.
func (a *Assembly) storeItems(tx *database.Tx, r Request, out *Outcome, t *tray) error {
	if e := out.Document.Content.Epigraph; e != nil {
		if id := t.take(newsletter.EpigraphKey, e.Text+"\n— "+e.Source); id != 0 {
			if err := a.store.UseItemsTx(tx, out.Bulletin.ID, []int64{id}); err != nil {
				return err
			}
		}
	}
	for i := range out.Document.Content.Sections {
		s := &out.Document.Content.Sections[i]
		for j := range s.Items {
			if err := a.storeItem(tx, r, out.Bulletin.ID, s.Key, &s.Items[j], t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Assembly) storeItem(tx *database.Tx, r Request, bulletinID int64, section string, item *newsletter.ContentItem, t *tray) error {
	if item.ID = t.take(section, item.Text); item.ID != 0 {
		if err := a.store.UseItemsTx(tx, bulletinID, []int64{item.ID}); err != nil {
			return err
		}
		return a.store.MarkItemTx(tx, item.ID, item.EmailOnly)
	}
	stored := &store.Item{
		NewsletterID: r.Newsletter.ID, Section: section, Body: item.Text, State: newsletter.ItemUsed, Wanted: r.Date,
		Origin: store.FromManuscript, Author: r.By, ApprovedBy: r.By, BulletinID: bulletinID, EmailOnly: item.EmailOnly,
	}
	if err := a.store.AddItemTx(tx, stored); err != nil {
		return err
	}
	item.ID, t.taken = stored.ID, append(t.taken, stored.ID)
	return nil
}
