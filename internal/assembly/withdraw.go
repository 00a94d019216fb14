package assembly

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/protect"
	"epistle/internal/render"
	"epistle/internal/store"
)

// Taken tells what the withdrawal of an item came to.
type Taken struct {
	Item  int64                `json:"item"`
	State newsletter.ItemState `json:"state"` // withdrawn
	// Redacted says that its words are gone from every revision and its history.
	Redacted bool `json:"redacted"`
	// Bulletins are those that changed.
	Bulletins []TakenFrom `json:"bulletins"`
	// Traces are items that held the same or nearly the same words in an older
	// revision, and were redacted with it.
	Traces []int64 `json:"traces"`
}

// TakenFrom is a bulletin that an item was taken out of.
type TakenFrom struct {
	Bulletin string                   `json:"bulletin"`
	State    newsletter.BulletinState `json:"state"`
	// Paused says that a send was under way and waits for a new approval.
	Paused     bool   `json:"paused"`
	HashBefore string `json:"hash_before"`
	HashAfter  string `json:"hash_after"`
	// Headlines are those of "title", "subject" and "preheader" that shared words
	// with the item alone. Redacting takes them out; withdrawing only tells.
	Headlines []string `json:"headlines"`
}

// Withdraw keeps an item from being used. One that stands in a bulletin is taken
// out of it: where readers have the bulletin, a note stands in its place at once
// and a send under way is paused; before that the bulletin goes back to review
// without it. The desk keeps its words; Redact does not.
func (a *Assembly) Withdraw(ctx context.Context, id int64, reason, by string) (*Taken, error) {
	return a.takeBack(ctx, id, reason, by, false)
}

// Redact withdraws an item and puts a note in the place of its words wherever they
// are kept: in every revision of every bulletin of the newsletter, in the item and
// in its history. Wordings that an older revision had and the current one has no
// more go too where they share most of their words with it. Hashes stay as they
// were recorded. Backups, and mail that was sent, are out of reach.
func (a *Assembly) Redact(ctx context.Context, id int64, reason, by string) (*Taken, error) {
	out, err := a.takeBack(ctx, id, reason, by, true)
	if err != nil {
		return nil, err
	}
	// What was overwritten stands in the write-ahead log until that is emptied.
	return out, a.store.DB().Checkpoint(ctx)
}

func (a *Assembly) takeBack(ctx context.Context, id int64, reason, by string, redact bool) (out *Taken, err error) {
	item, err := a.store.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	w := &withdrawal{Assembly: a, id: id, reason: strings.TrimSpace(reason), by: by, redact: redact}
	if err := w.checkReason(ctx, item); err != nil {
		return nil, err
	}
	if err := w.look(ctx, item); err != nil {
		return nil, err
	}
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		out, err = w.do(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// maxReason is the longest reason in characters: it stands in a list.
const maxReason = 300

// checkReason refuses a reason that is missing where readers have the item, and
// one that the log must not have.
func (w *withdrawal) checkReason(ctx context.Context, item *store.Item) error {
	if w.reason == "" && w.redact {
		return newsletter.Errorf(newsletter.Usage, "redacting needs a reason").At("--reason").With("Say why, without the words themselves.")
	}
	return CheckReason(ctx, w.store, item.NewsletterID, w.reason)
}

// CheckReason refuses a reason that cannot stand in a log: one of several lines,
// or with something protected in it.
func CheckReason(ctx context.Context, s *store.Store, newsletterID int64, reason string) error {
	if utf8.RuneCountInString(reason) > maxReason || strings.ContainsFunc(reason, unicode.IsControl) || !utf8.ValidString(reason) {
		return newsletter.Errorf(newsletter.Usage, "the reason is longer than %d characters, or more than one line", maxReason).
			At("--reason").With("Say it in one sentence.")
	}
	gate, _, err := s.Gate(ctx, newsletterID)
	if err != nil {
		return err
	}
	if found := gate.Search([]protect.Text{{Body: reason}}); len(found) > 0 {
		return newsletter.Errorf(newsletter.Refused, "something protected stands in the reason, labelled %q", found[0].Label).
			At("--reason").With("Reasons are logged and shown: say it without the name.")
	}
	return nil
}

// withdrawal is one taking back under way.
type withdrawal struct {
	*Assembly
	id         int64
	reason, by string
	redact     bool
	// traces knows the wordings to be found; bulletins are those that have one.
	traces    *traces
	bulletins []int64
}

// look finds, before anything is changed, which bulletins are concerned. For a
// withdrawal that is only the one that uses the item.
func (w *withdrawal) look(ctx context.Context, item *store.Item) (err error) {
	w.traces = newTraces(item)
	if !w.redact {
		if item.BulletinID != 0 {
			w.bulletins = []int64{item.BulletinID}
		}
		return nil
	}
	versions, err := w.store.ItemVersions(ctx, w.id)
	if err != nil {
		return err
	}
	for _, v := range versions {
		w.traces.add(v.Section, v.Body)
	}
	w.bulletins, err = w.traces.find(ctx, w.store, item.NewsletterID)
	return err
}

func (w *withdrawal) do(tx *database.Tx) (*Taken, error) {
	item, err := w.store.ItemTx(tx, w.id)
	if err != nil {
		return nil, err
	}
	if !item.RedactedAt.IsZero() {
		return nil, newsletter.Errorf(newsletter.Conflict, "item %d was redacted already", w.id).With("See: epistle items show " + fmt.Sprint(w.id))
	}
	out := &Taken{Item: w.id, State: newsletter.ItemWithdrawn, Redacted: w.redact, Bulletins: []TakenFrom{}, Traces: []int64{}}
	if item.BulletinID != 0 && !contains(w.bulletins, item.BulletinID) {
		w.bulletins = append(w.bulletins, item.BulletinID)
	}
	for _, id := range w.bulletins {
		if err := w.from(tx, id, item, out); err != nil {
			return nil, err
		}
	}
	if len(out.Bulletins) == 0 {
		if err := w.store.AddWithdrawalTx(tx, item.NewsletterID, w.record(0)); err != nil {
			return nil, err
		}
	}
	return out, w.items(tx, item, out)
}

func (w *withdrawal) record(bulletinID int64) store.Withdrawal {
	return store.Withdrawal{ItemID: w.id, BulletinID: bulletinID, Redacted: w.redact, Reason: w.reason, By: w.by}
}

// items withdraws the item and, when its words are to go, those that held them
// before.
func (w *withdrawal) items(tx *database.Tx, item *store.Item, out *Taken) error {
	for _, id := range w.traces.numbers() {
		i, err := w.store.ItemTx(tx, id)
		if newsletter.KindOf(err) == newsletter.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		leftWith := i.LeftWith
		if i.BulletinID != 0 {
			b, err := w.store.BulletinTx(tx, i.BulletinID)
			if err != nil {
				return err
			}
			if b.State.Begun() {
				leftWith = b.ID
			}
		}
		if err := w.store.WithdrawItemTx(tx, id, leftWith); err != nil {
			return err
		}
		if id != w.id {
			out.Traces = append(out.Traces, id)
		}
		if w.redact {
			if err := w.store.RedactItemTx(tx, id, w.note(tx, item.NewsletterID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// note is what stands in the place of an item that is in no bulletin.
func (w *withdrawal) note(tx *database.Tx, newsletterID int64) string {
	language := ""
	if n, err := w.store.NewsletterTx(tx, newsletterID); err == nil {
		language = n.Language
	}
	return render.WithdrawnNote(language)
}

// from takes the item out of one bulletin: a new revision without it, and, when its
// words are to go, a note in the older ones.
func (w *withdrawal) from(tx *database.Tx, bulletinID int64, item *store.Item, out *Taken) error {
	b, err := w.store.BulletinTx(tx, bulletinID)
	if err != nil {
		return err
	}
	var revisions []*store.Revision
	if err := w.store.EachRevisionTx(tx, b.NewsletterID, b.ID, func(r *store.Revision) error {
		revisions = append(revisions, r)
		return nil
	}); err != nil {
		return err
	}
	current := revisions[len(revisions)-1]
	next, err := w.next(b, current.Document)
	if err != nil {
		return err
	}
	n, err := w.store.NewsletterTx(tx, b.NewsletterID)
	if err != nil {
		return err
	}
	above := above{neutral: n.BulletinTitle()}
	if next == nil {
		unchanged := *current.Document // only older revisions had it
		next = &unchanged
		above.kept = true
	}
	above.words = w.traces.only(next, above.neutral)
	if w.redact {
		above.names = silence(next, above.neutral, above.words)
		if err := w.overwrite(tx, revisions, current.Document, above); err != nil {
			return err
		}
		if err := forgetOwn(tx, w.store, b.ID, above.names); err != nil {
			return err
		}
		if err := ledger.ForgetLettersTx(tx, b.ID); err != nil {
			return err
		}
	} else {
		for _, h := range speaking(next, above.neutral, above.words) {
			above.names = append(above.names, h.name)
		}
	}
	if above.kept && len(above.names) == 0 {
		return nil
	}
	return w.replace(tx, b, next, item, above.names, out)
}

// next is the bulletin without the item; nil when it does not hold it.
func (w *withdrawal) next(b *store.Bulletin, doc *newsletter.Document) (*newsletter.Document, error) {
	note := render.WithdrawnNote(doc.Identity.Language)
	noted, found := w.traces.takeOut(doc, note, nil)
	if !found {
		return nil, nil
	}
	if b.State.Begun() {
		return noted, nil
	}
	if less, _ := w.traces.takeOut(doc, "", nil); len(less.Content.Sections) > 0 {
		return less, nil
	}
	if w.redact {
		return noted, nil
	}
	return nil, newsletter.Errorf(newsletter.Refused, "bulletin %s would be empty without item %d", b.Ref(), w.id).
		With("Cancel it with: epistle bulletins cancel " + b.Ref())
}

// overwrite puts the note into every revision that has the words.
func (w *withdrawal) overwrite(tx *database.Tx, revisions []*store.Revision, current *newsletter.Document, above above) error {
	kept := textsOf(current)
	for _, r := range revisions {
		but := kept
		if r.Document == current {
			but = nil // what it holds is current, and no earlier wording
		}
		noted, found := w.traces.takeOut(r.Document, render.WithdrawnNote(r.Document.Identity.Language), but)
		if lines := silence(noted, above.neutral, above.words); !found && len(lines) == 0 {
			continue
		}
		if err := w.store.RewriteRevisionTx(tx, &store.Revision{BulletinID: r.BulletinID, Revision: r.Revision, Document: noted}); err != nil {
			return err
		}
	}
	return nil
}

// replace stores the new revision and the record of what was done.
func (w *withdrawal) replace(tx *database.Tx, b *store.Bulletin, next *newsletter.Document, item *store.Item, headlines []string, out *Taken) error {
	from := TakenFrom{Headlines: append([]string{}, headlines...), Bulletin: b.Ref(), HashBefore: b.Hash, Paused: b.State == newsletter.BulletinSending}
	if b.State.Begun() && w.reason == "" {
		return newsletter.Errorf(newsletter.Usage, "readers have bulletin %s already: withdrawing something from it needs a reason", b.Ref()).
			At("--reason").With("Say why, without the words themselves.")
	}
	var err error
	if b.State.Begun() {
		note := fmt.Sprintf("item %d was withdrawn by %s; what is left needs a new approval before it goes on", w.id, w.by)
		err = w.store.ReplaceBegunTx(tx, b, next, note, w.by)
	} else {
		err = w.store.ReviseBulletinTx(tx, b, next, w.by)
	}
	if err != nil {
		return err
	}
	from.State, from.HashAfter = b.State, b.Hash
	out.Bulletins = append(out.Bulletins, from)
	record := w.record(b.ID)
	record.HashBefore, record.HashAfter = from.HashBefore, from.HashAfter
	return w.store.AddWithdrawalTx(tx, item.NewsletterID, record)
}

// Carry gives an item that waits, or that a bulletin not begun or cancelled holds,
// to the bulletin of another week. Its approval stays: its words do.
func (a *Assembly) Carry(ctx context.Context, id int64, date newsletter.Date, by string) (item *store.Item, err error) {
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		if item, err = a.store.ItemTx(tx, id); err != nil {
			return err
		}
		b, err := a.store.BulletinTx(tx, item.BulletinID)
		if err != nil {
			return err
		}
		if err := mayCarry(item, b); err != nil {
			return err
		}
		if !b.State.Begun() {
			w := &withdrawal{Assembly: a, id: id, by: by, traces: newTraces(item)}
			doc, err := a.store.DocumentTx(tx, b.ID, 0)
			if err != nil {
				return err
			}
			next, err := w.next(b, doc)
			if err != nil {
				return err
			}
			if next != nil {
				if err := a.store.ReviseBulletinTx(tx, b, next, by); err != nil {
					return err
				}
			}
		}
		item.Wanted = date
		return a.store.CarryItemTx(tx, item, by)
	})
	if err != nil {
		return nil, err
	}
	return item, nil
}

func mayCarry(item *store.Item, b *store.Bulletin) error {
	if item.Origin == store.FromManuscript {
		return newsletter.Errorf(newsletter.Conflict, "item %d came with the manuscript of bulletin %s and stays in it", item.ID, b.Ref()).
			With("Contribute its words anew, with: epistle items add")
	}
	if b.State.Begun() && b.State != newsletter.BulletinCancelled {
		return newsletter.Errorf(newsletter.Conflict, "item %d left with bulletin %s", item.ID, b.Ref()).
			With("If its words are to leave once more, contribute them anew, with: epistle items add")
	}
	return nil
}
