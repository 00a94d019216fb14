package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// clock is the time of a test; it passes only when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type world struct {
	*store.Store
	t     testing.TB
	db    *database.DB
	clock *clock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t), clock: &clock{now: time.Date(2027, 3, 10, 9, 0, 0, 0, time.UTC)}}
	w.Store = store.New(w.db, w.clock.Now)
	return w
}

func (w *world) write(fn func(*database.Tx) error) error {
	return w.db.Write(w.t.Context(), fn)
}

// must fails the test on an error.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func lantern(slug string) *newsletter.Newsletter {
	return &newsletter.Newsletter{
		Slug: slug, Name: "The Weekly Lantern", From: newsletter.Address{Name: "Lantern, The", Email: "lantern@example.org"},
		ListID: slug + ".lists.example.org", Language: "en", TimeZone: "Europe/Berlin", Policy: newsletter.DefaultPolicy(),
		Schedule: newsletter.Schedule{Send: "0 8 * * 5"}, Sections: []newsletter.Section{{Name: "Night Clinics"}},
		Design: newsletter.Design{SetApart: []string{"Thanks"}},
		Staff:  []newsletter.Person{{Name: "Ana", Email: "ana@example.org", Role: newsletter.RoleEditor}},
	}
}

func (w *world) newsletter(slug string, change ...func(*newsletter.Newsletter)) *newsletter.Newsletter {
	w.t.Helper()
	n := lantern(slug)
	for _, f := range change {
		f(n)
	}
	w.must(w.AddNewsletter(w.t.Context(), n, "ana"))
	return n
}

func document(title string) *newsletter.Document {
	return &newsletter.Document{
		Format: newsletter.DocumentFormat, Subject: title,
		Content: newsletter.Content{Title: title, Sections: []newsletter.ContentSection{{Key: "lead", Items: []newsletter.ContentItem{{Text: "Words."}}}}},
	}
}

var friday = newsletter.Date{Year: 2027, Month: time.March, Day: 12}

// bulletin makes the next bulletin of a newsletter, by "ana".
func (w *world) bulletin(n *newsletter.Newsletter) *store.Bulletin {
	w.t.Helper()
	b := &store.Bulletin{NewsletterID: n.ID, Slug: n.Slug}
	w.must(w.write(func(tx *database.Tx) (err error) {
		if b.Number, err = w.NextNumberTx(tx, n); err != nil {
			return err
		}
		b.Date = friday.AddDays(7 * b.Number)
		return w.CreateBulletinTx(tx, b, document(fmt.Sprintf("Number %d", b.Number)), "ana")
	}))
	return b
}

func (w *world) fresh(id int64) *store.Bulletin {
	w.t.Helper()
	b, err := w.BulletinByID(w.t.Context(), id)
	w.must(err)
	return b
}

// set puts a bulletin into a state without asking.
func (w *world) set(id int64, state newsletter.BulletinState) {
	w.t.Helper()
	w.must(w.write(func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE bulletins SET state = $2 WHERE id = $1`, id, string(state))
		return err
	}))
}

// actions are the newest lines of the audit log, oldest first.
func (w *world) actions(n int) string {
	w.t.Helper()
	entries, err := w.Audit(w.t.Context(), n)
	w.must(err)
	var words []string
	for _, e := range entries {
		words = append([]string{e.Actor + " " + e.Action}, words...)
	}
	return strings.Join(words, ", ")
}

// refuses fails the test unless err is of a kind and shows a way on.
func refuses(t testing.TB, err error, kind newsletter.Kind) {
	t.Helper()
	if err == nil || newsletter.KindOf(err) != kind || newsletter.RemedyOf(err) == "" {
		t.Errorf("error %v of kind %d with remedy %q, want kind %d and a remedy", err, newsletter.KindOf(err), newsletter.RemedyOf(err), kind)
	}
}
