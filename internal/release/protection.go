package release

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/preflight"
	"epistle/internal/protect"
	"epistle/internal/store"
)

// Protection adds to deny-lists and lists them. It needs no mail server and no
// keys for signing, so that a name can always be protected.
type Protection struct{ store *store.Store }

// NewProtection makes a Protection.
func NewProtection(s *store.Store) *Protection { return &Protection{store: s} }

// Phrase is something to protect, and where it stands in the list it comes from:
// its errors tell the place, and never the words.
type Phrase struct{ Place, Text string }

// Added is what an addition came to.
type Added struct {
	Label string `json:"label"`
	// New are the entries that the label did not have, Known those that it had. A
	// phrase with umlauts makes two: they are also written as two letters.
	New   int `json:"new"`
	Known int `json:"known"`
	// Common are the places of phrases that will be found where nobody means them.
	Common []string `json:"common"`
	// Revealing says that the label holds one of the phrases, or a word of one.
	Revealing bool `json:"revealing"`
	// Published are the bulletins that left with one of the phrases in them.
	Published []Exposure `json:"published"`
}

// Exposure is a bulletin that readers have, and where something protected stands
// in it.
type Exposure struct {
	Bulletin string                   `json:"bulletin"`
	Date     newsletter.Date          `json:"date"`
	State    newsletter.BulletinState `json:"state"`
	Places   []string                 `json:"places"`
}

// maxLabel is the length of a label, in characters: it stands in a table.
const maxLabel = 80

// Add protects phrases of a newsletter under a label. A single one that cannot be
// protected refuses all, with every fault. It takes effect with the next check;
// what has left already is told.
func (p *Protection) Add(ctx context.Context, n *newsletter.Newsletter, label string, phrases []Phrase, by string) (*Added, error) {
	if err := checkLabel(label); err != nil {
		return nil, err
	}
	secrets, err := p.store.Secrets(ctx)
	if err != nil {
		return nil, err
	}
	out := &Added{Label: label, Common: []string{}}
	var faults newsletter.Faults
	var entries []protect.Entry
	for _, phrase := range phrases {
		made, err := protect.Hash(secrets.Protect, phrase.Text)
		if err != nil {
			// With the rules of package protect, the error does not repeat the phrase.
			faults = append(faults, newsletter.Errorf(newsletter.KindOf(err), "%w", err).At(phrase.Place))
			continue
		}
		if protect.Common(phrase.Text) {
			out.Common = append(out.Common, phrase.Place)
		}
		entries = append(entries, made...)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	entries = distinct(entries)
	err = p.store.DB().Write(ctx, func(tx *database.Tx) error {
		out.New, err = p.store.AddProtectedTx(tx, n.ID, label, entries, by)
		out.Known = len(entries) - out.New
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.Revealing, err = reveals(secrets.Protect, label, phrases); err != nil {
		return nil, err
	}
	gate, err := gateOf(secrets.Protect, entries)
	if err != nil {
		return nil, err
	}
	out.Published, err = p.published(ctx, n, gate)
	return out, err
}

func gateOf(key []byte, entries []protect.Entry) (*protect.Gate, error) {
	list := make([]protect.Labelled, len(entries))
	for i, e := range entries {
		list[i].Entry = e
	}
	return protect.New(key, list)
}

// shortWord is up to how many letters a word says nothing by itself: "de la".
const shortWord = 3

// reveals says whether a label holds one of the phrases or a word of one.
func reveals(key []byte, label string, phrases []Phrase) (bool, error) {
	var entries []protect.Entry
	for _, phrase := range phrases {
		for _, part := range append(strings.Fields(phrase.Text), phrase.Text) {
			if utf8.RuneCountInString(part) <= shortWord && part != phrase.Text {
				continue
			}
			if made, err := protect.Hash(key, part); err == nil { // a part may be too short to be protected
				entries = append(entries, made...)
			}
		}
	}
	gate, err := gateOf(key, entries)
	if err != nil {
		return false, err
	}
	return len(gate.Search([]protect.Text{{Body: label}})) > 0, nil
}

// published looks through all that readers have.
func (p *Protection) published(ctx context.Context, n *newsletter.Newsletter, gate *protect.Gate) ([]Exposure, error) {
	list := []Exposure{}
	bulletins, err := p.store.Bulletins(ctx, n.ID, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	for _, b := range bulletins {
		if b.StartedAt.IsZero() {
			continue
		}
		doc, err := p.store.Document(ctx, b.ID, 0)
		if err != nil {
			return nil, err
		}
		if places := placesOf(gate.Search(protect.Texts(doc))); len(places) > 0 {
			list = append(list, Exposure{b.Ref(), b.Date, b.State, places})
		}
	}
	return list, nil
}

// Find looks for everything protected in a bulletin as it stands, for whoever has
// just made it. Places and labels are told, never words.
func (p *Protection) Find(ctx context.Context, b *store.Bulletin) ([]preflight.Result, error) {
	gate, _, err := p.store.Gate(ctx, b.NewsletterID)
	if err != nil {
		return nil, err
	}
	doc, err := p.store.Document(ctx, b.ID, 0)
	if err != nil {
		return nil, err
	}
	return preflight.Guard(gate, doc), nil
}

// distinct drops entries that are there twice, such as a phrase that stands in
// the list in two spellings.
func distinct(entries []protect.Entry) (kept []protect.Entry) {
	seen := map[string]bool{}
	for _, e := range entries {
		if !seen[string(e.Hashes)] {
			seen[string(e.Hashes)] = true
			kept = append(kept, e)
		}
	}
	return kept
}

func placesOf(found []protect.Match) (places []string) {
	for _, m := range found {
		if !slices.Contains(places, m.Place) {
			places = append(places, m.Place)
		}
	}
	return places
}

func checkLabel(label string) error {
	bad := func(r rune) bool { return !unicode.IsPrint(r) }
	switch {
	case strings.TrimSpace(label) != label || label == "":
		return newsletter.Errorf(newsletter.Usage, "the label is empty, or begins or ends with a space").At("--label").
			With("Give the words a label that is not secret, such as \"case 7\".")
	case utf8.RuneCountInString(label) > maxLabel || strings.ContainsFunc(label, bad) || !utf8.ValidString(label):
		return newsletter.Errorf(newsletter.Usage, "the label is longer than %d characters, or has some that cannot be shown", maxLabel).At("--label").
			With("Give the words a short label in plain letters, such as \"case 7\".")
	}
	return nil
}

// Label is one label of a deny-list, as a person sees it.
type Label struct {
	Label   string    `json:"label"`
	Entries int       `json:"entries"`
	By      []string  `json:"by"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

// Labels sums a newsletter's deny-list up, by label.
func (p *Protection) Labels(ctx context.Context, n *newsletter.Newsletter) ([]Label, error) {
	list, err := p.store.Protected(ctx, n.ID)
	if err != nil {
		return nil, err
	}
	labels := []Label{}
	for _, e := range list {
		if len(labels) == 0 || labels[len(labels)-1].Label != e.Label {
			labels = append(labels, Label{Label: e.Label, First: e.At})
		}
		l := &labels[len(labels)-1]
		l.Entries++
		if !slices.Contains(l.By, e.By) {
			l.By = append(l.By, e.By)
		}
		if e.At.Before(l.First) {
			l.First = e.At
		}
		if e.At.After(l.Last) {
			l.Last = e.At
		}
	}
	return labels, nil
}

// Hit is a place in a text that was tried.
type Hit struct {
	Label  string `json:"label"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Try looks for everything protected in a text.
func (p *Protection) Try(ctx context.Context, n *newsletter.Newsletter, text string) ([]Hit, error) {
	gate, _, err := p.store.Gate(ctx, n.ID)
	if err != nil {
		return nil, fmt.Errorf("the deny-list of %s: %w", n.Slug, err)
	}
	hits := []Hit{}
	for _, m := range gate.Search([]protect.Text{{Body: text}}) {
		line, column := protect.Position(text, m.Offset)
		hits = append(hits, Hit{m.Label, line, column})
	}
	return hits, nil
}
