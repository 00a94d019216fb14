package assembly

import (
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// shortest is how many letters a word has at least that a headline can tell.
const shortest = 3

// wordsIn gives the words of texts in lower case, without those that tell nothing.
func wordsIn(into map[string]bool, texts ...string) {
	for _, text := range texts {
		for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) }) {
			if utf8.RuneCountInString(word) >= shortest {
				into[word] = true
			}
		}
	}
}

// above is what a withdrawal finds in the lines above a bulletin.
type above struct {
	neutral string          // what stands there when nothing else does
	words   map[string]bool // by which a line is known to speak of the item
	names   []string        // of the lines of the current revision that do
	kept    bool            // only older revisions have the item itself
}

// headline is one of the lines that stand above a bulletin, and what stands there
// when it says nothing of its own.
type headline struct {
	name          string // for people
	line, neutral *string
}

// headlines are those of a document. Without one of its own the newsletter's title
// stands there, also as the subject.
func headlines(doc *newsletter.Document, neutral string) []headline {
	none := ""
	return []headline{
		{"title", &doc.Content.Title, &neutral},
		{"subject", &doc.Subject, &neutral},
		{"preheader", &doc.Preheader, &none},
	}
}

// only are the words of the item that the rest of the bulletin does not have: a
// headline with one of them speaks of the item.
func (t *traces) only(rest *newsletter.Document, neutral string) map[string]bool {
	left := map[string]bool{}
	wordsIn(left, neutral, rest.Identity.Name, rest.Identity.From.Name)
	c := &rest.Content
	if e := c.Epigraph; e != nil {
		wordsIn(left, e.Text, e.Source)
	}
	for _, s := range c.Sections {
		wordsIn(left, s.Heading, s.Introduction)
		for _, i := range s.Items {
			wordsIn(left, i.Text)
		}
	}
	words := maps.Clone(t.said)
	for word := range left {
		delete(words, word)
	}
	return words
}

// speaking gives the headlines of a document that have one of the words.
func speaking(doc *newsletter.Document, neutral string, words map[string]bool) (list []headline) {
	for _, h := range headlines(doc, neutral) {
		has := map[string]bool{}
		wordsIn(has, *h.line)
		for word := range has {
			if words[word] {
				list = append(list, h)
				break
			}
		}
	}
	return list
}

// silence takes the headlines out that speak, and names them.
func silence(doc *newsletter.Document, neutral string, words map[string]bool) (names []string) {
	for _, h := range speaking(doc, neutral, words) {
		*h.line = *h.neutral
		names = append(names, h.name)
	}
	return names
}

// forgetOwn forgets headlines that were given by hand.
func forgetOwn(tx *database.Tx, s *store.Store, bulletinID int64, names []string) error {
	own, err := s.OwnWordsTx(tx, bulletinID)
	if err != nil {
		return err
	}
	for _, name := range names {
		switch name {
		case "title":
			own.Title = ""
		case "subject":
			own.Subject = ""
		case "preheader":
			own.Preheader = ""
		}
	}
	return s.SetOwnWordsTx(tx, bulletinID, own)
}

// retitle gives a bulletin that readers have other headlines. Those that it had go
// from every revision of it too: whoever changes them now wants them gone. A send
// under way is paused, and what it says now needs an approval.
func (a *Assembly) retitle(tx *database.Tx, b *store.Bulletin, e Edit, by string) (*Outcome, error) {
	n, err := a.store.NewsletterTx(tx, b.NewsletterID)
	if err != nil {
		return nil, err
	}
	var revisions []*store.Revision
	if err := a.store.EachRevisionTx(tx, b.NewsletterID, b.ID, func(r *store.Revision) error {
		revisions = append(revisions, r)
		return nil
	}); err != nil {
		return nil, err
	}
	current := revisions[len(revisions)-1].Document
	f := frozen{content: current.Content, subject: current.Subject, preheader: current.Preheader}
	if current.Subject == current.Content.Title {
		f.subject = ""
	}
	set(&f.content.Title, e.Title)
	set(&f.subject, e.Subject)
	set(&f.preheader, e.Preheader)
	made, err := document(n, b, f) // for its rules on these lines
	if err != nil {
		return nil, err
	}
	apply := func(doc *newsletter.Document) {
		follows := doc.Subject == doc.Content.Title
		if e.Title != nil {
			doc.Content.Title = made.Content.Title
		}
		if e.Subject != nil || e.Title != nil && follows {
			doc.Subject = made.Subject
		}
		if e.Preheader != nil {
			doc.Preheader = made.Preheader
		}
	}
	next := *current
	apply(&next)
	out := &Outcome{Bulletin: b, Document: &next, Revised: true}
	hash, err := next.Hash()
	if err != nil {
		return nil, err
	}
	if hash == b.Hash {
		out.Revised, out.Unchanged = false, true
		return out, nil
	}
	for _, r := range revisions {
		apply(r.Document)
		if err := a.store.RewriteRevisionTx(tx, r); err != nil {
			return nil, err
		}
	}
	if err := ledger.ForgetLettersTx(tx, b.ID); err != nil {
		return nil, err
	}
	if err := a.setOwn(tx, b.ID, e); err != nil {
		return nil, err
	}
	return out, a.store.ReplaceBegunTx(tx, b, &next, "the lines above it were changed by "+by+"; what it says now needs a new approval before it goes on", by)
}
