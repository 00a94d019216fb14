package rehearsal

import (
	"context"
	"errors"
	"sync"
	"time"

	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Choice is what one reader wants of a bulletin.
type Choice struct {
	// Key is the same for readers who want the same.
	Key      string
	TextOnly bool
	Gets     func(section string) bool
}

// readers are those who must get the bulletin, and what arrived for them.
type readers struct {
	now     func() time.Time
	choices map[int64]Choice // of those who chose; all others get everything

	mu      sync.Mutex
	ids     map[string]int64 // by address as it stands in the list
	seen    map[int64]int
	strange int
}

func newReaders(expected []store.Reader, choices map[int64]Choice, now func() time.Time) *readers {
	r := &readers{now: now, choices: choices, ids: make(map[string]int64, len(expected)), seen: make(map[int64]int, len(expected))}
	for _, e := range expected {
		r.ids[e.Email] = e.ID
	}
	return r
}

// arrived notes a message for an address.
func (r *readers) arrived(email string) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := r.ids[email]
	if !ok {
		r.strange++
		return 0, errors.New("this address must not get the bulletin")
	}
	r.seen[id]++
	if r.seen[id] > 1 {
		return id, errors.New("it is a further message to the same reader")
	}
	return id, nil
}

func (r *readers) choice(id int64) Choice {
	if c, ok := r.choices[id]; ok {
		return c
	}
	return Choice{Gets: func(string) bool { return true }}
}

// audience reads who must get the bulletin and what they chose.
func audience(ctx context.Context, s *store.Store, b *store.Bulletin, doc *newsletter.Document) ([]store.Reader, map[int64]Choice, error) {
	expected, err := s.ExpectedReaders(ctx, b.NewsletterID, doc.Audience)
	if err != nil {
		return nil, nil, err
	}
	kept, err := s.Choices(ctx, b.NewsletterID)
	if err != nil {
		return nil, nil, err
	}
	choices := make(map[int64]Choice, len(kept))
	for id, c := range kept {
		choices[id] = Choice{Key: c.String(), TextOnly: c.TextOnly, Gets: func(section string) bool { return !c.Declines(section) }}
	}
	return expected, choices, nil
}

// reaches says whether anything of the bulletin is left for a reader.
func reaches(doc *newsletter.Document, c Choice) bool {
	for _, s := range doc.Content.Sections {
		if len(s.Items) > 0 && c.Gets(s.Key) {
			return true
		}
	}
	return false
}

// stayed counts those who are still on the list of the copy on which every one
// of them left.
func stayed(ctx context.Context, s *store.Store, newsletterID int64, left map[int64]int) (n int, err error) {
	err = s.EachSubscribed(ctx, newsletterID, func(id int64) {
		if left[id] > 0 {
			n++
		}
	})
	return n, err
}
