package newsletter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// LeadKey and EpigraphKey are the section keys that every newsletter has. The
// lead opens the bulletin and has no heading; the epigraph is a single item
// whose last line is its source.
const (
	LeadKey     = "lead"
	EpigraphKey = "epigraph"
)

// Epigraph is the opening quotation. Text is Markdown without its outer
// quotation marks (the rendering sets them in the newsletter's language), Source
// is Markdown without its leading dash.
type Epigraph struct {
	Text   string `json:"text"`
	Source string `json:"source,omitempty"`
	// EmailOnly is as in ContentItem.
	EmailOnly bool `json:"email_only,omitempty"`
	// Withdrawn says that Text is the note in the place of what was withdrawn.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// Content is the body of a bulletin as offices write it: what a manuscript
// holds and what assembly gathers from items.
type Content struct {
	Title    string           `json:"title"`
	Epigraph *Epigraph        `json:"epigraph,omitempty"`
	Sections []ContentSection `json:"sections"`
	// Note is the manuscript's own footnote for asterisked names; empty
	// means the newsletter's own pseudonym note is used when one is needed.
	Note string `json:"note,omitempty"`
}

// ContentSection is one section of one bulletin.
type ContentSection struct {
	// Key is SectionKey(Heading) of the newsletter's section, or LeadKey.
	Key string `json:"key"`
	// Heading stands as it was written in this bulletin; empty for the lead.
	Heading string `json:"heading,omitempty"`
	// Introduction is the standing introduction as Markdown; may be empty.
	Introduction string        `json:"introduction,omitempty"`
	Items        []ContentItem `json:"items"`
}

// ContentItem is one contribution as it stands in a bulletin.
type ContentItem struct {
	// ID is the item's number in the database; 0 until it is stored.
	ID int64 `json:"id,omitempty"`
	// Text is Markdown in the safe subset of package markdown.
	Text string `json:"text"`
	// EmailOnly keeps the item out of everything public: archive, feed and search.
	EmailOnly bool `json:"email_only,omitempty"`
	// Withdrawn says that Text is the note in the place of what was withdrawn.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// Identity is everything of the newsletter that a reader of a bulletin sees.
// A frozen bulletin carries its own copy, so that a change to the newsletter
// never alters what was approved.
type Identity struct {
	Slug          string  `json:"slug"`
	Name          string  `json:"name"`
	From          Address `json:"from"`
	ReplyTo       Address `json:"reply_to,omitzero"`
	ListID        string  `json:"list_id"`
	Help          string  `json:"help,omitempty"`
	PostalAddress string  `json:"postal_address,omitempty"`
	Language      string  `json:"language"`
	Reason        string  `json:"reason,omitempty"`
	PseudonymNote string  `json:"pseudonym_note,omitempty"`
	Design        Design  `json:"design"`
}

// Document is a frozen bulletin: one value that holds all a reader will see.
// It is stored as canonical JSON and never changed; a change makes a new
// revision with a new Document.
type Document struct {
	// Format is the version of this structure and of the e-mail template. The hash
	// covers it, so that a bulletin that is made anew after it was raised needs a
	// new approval. One that was frozen before leaves in the present template with
	// the approval that was given to its words.
	Format    int      `json:"format"`
	Identity  Identity `json:"identity"`
	Number    int      `json:"number"`
	Date      Date     `json:"date"`
	Subject   string   `json:"subject"`
	Preheader string   `json:"preheader,omitempty"`
	Content   Content  `json:"content"`
	// Audience is a filter (package filter) that narrows who gets the bulletin;
	// empty: everyone who subscribes. An approval is given to it too.
	Audience string `json:"audience,omitempty"`
	// Pseudonyms are the asterisked names in order of appearance, without
	// the asterisk.
	Pseudonyms []string `json:"pseudonyms,omitempty"`
}

// DocumentFormat is the current Document.Format.
const DocumentFormat = 2

// Encode gives the canonical JSON of the document: same document, same bytes.
func (d *Document) Encode() ([]byte, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode bulletin document: %w", err)
	}
	return b, nil
}

// DecodeDocument reads what Encode wrote.
func DecodeDocument(b []byte) (*Document, error) {
	var d Document
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("decode bulletin document: %w", err)
	}
	return &d, nil
}

// Hash is the SHA-256 of the canonical JSON in lower-case hexadecimal, without
// the items' numbers in the database: it covers what readers see, in the mail and
// in public, and nothing else. An approval is given to a hash.
func (d *Document) Hash() (string, error) {
	visible := *d
	visible.Content.Sections = make([]ContentSection, len(d.Content.Sections))
	for i, s := range d.Content.Sections {
		visible.Content.Sections[i] = s
		visible.Content.Sections[i].Items = make([]ContentItem, len(s.Items))
		for j, item := range s.Items {
			item.ID = 0
			visible.Content.Sections[i].Items[j] = item
		}
	}
	b, err := visible.Encode()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
