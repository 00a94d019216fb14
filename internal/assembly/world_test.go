package assembly_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"epistle/internal/assembly"
	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/manuscript"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

var friday = newsletter.Date{Year: 2027, Month: time.March, Day: 12}

// world is a newsletter of two sections whose desk is empty.
type world struct {
	*assembly.Assembly
	t     testing.TB
	db    *database.DB
	store *store.Store
	list  *newsletter.Newsletter
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t)}
	w.store = store.New(w.db, func() time.Time { return time.Date(2027, 3, 10, 9, 0, 0, 0, time.UTC) })
	w.Assembly = assembly.New(w.store)
	w.list = &newsletter.Newsletter{
		Slug: "weekly-lantern", Name: "The Weekly Lantern", Title: "Lantern Notes",
		From: newsletter.Address{Email: "lantern@example.org"}, ListID: "weekly.lists.example.org",
		Language: "en", TimeZone: "Europe/Berlin", Policy: newsletter.DefaultPolicy(),
		Sections: []newsletter.Section{{Name: "Harbour Schools", Introduction: "From the piers:"}, {Name: "Night Clinics"}},
	}
	if err := w.store.AddNewsletter(t.Context(), w.list, "ana"); err != nil {
		t.Fatal(err)
	}
	return w
}

// item contributes and approves; wanted may be empty.
func (w *world) item(section, body, wanted string) int64 {
	w.t.Helper()
	i := &store.Item{NewsletterID: w.list.ID, Section: section, Body: body, Author: "ben"}
	err := errors.Join(i.Wanted.UnmarshalText([]byte(wanted)), w.store.AddItem(w.t.Context(), i), w.store.ApproveItem(w.t.Context(), i.ID, "ana"))
	if err != nil {
		w.t.Fatal(err)
	}
	return i.ID
}

func (w *world) request() assembly.Request {
	return assembly.Request{Newsletter: w.list, Date: friday, By: "ana"}
}

func (w *world) assemble() *assembly.Outcome {
	w.t.Helper()
	out, err := w.Assemble(w.t.Context(), w.request())
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) read(text string) *manuscript.Manuscript {
	w.t.Helper()
	m, err := manuscript.Read([]byte(text), manuscript.Options{Name: "lantern.md", Sections: w.list.Sections, CreateSections: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) imports(text string) *assembly.Outcome {
	w.t.Helper()
	out, err := w.Import(w.t.Context(), w.request(), w.draft(text))
	if err != nil {
		w.t.Fatal(err)
	}
	return out[0]
}

func (w *world) approve(id int64) {
	w.t.Helper()
	if _, _, err := w.store.ApproveBulletin(w.t.Context(), id, "", "cleo"); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) move(id int64, states ...newsletter.BulletinState) {
	w.t.Helper()
	for _, s := range states {
		if _, err := w.store.MoveBulletin(w.t.Context(), id, s, "", "ana"); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) bulletin(id int64) *store.Bulletin {
	w.t.Helper()
	b, err := w.store.BulletinByID(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// is checks what became of an item.
func (w *world) is(id int64, state newsletter.ItemState, bulletin int64) {
	w.t.Helper()
	i, err := w.store.Item(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	if i.State != state || i.BulletinID != bulletin {
		w.t.Errorf("item %d (%s) is %s in bulletin %d, want %s in %d", id, i.Body, i.State, i.BulletinID, state, bulletin)
	}
}

// dump is everything in the tables that assembling may change.
func (w *world) dump() string {
	w.t.Helper()
	var all []string
	for table, columns := range map[string]string{
		"newsletters": "definition", "bulletins": "id || state || revision", "revisions": "bulletin_id || document || hash",
		"items": "id || state || COALESCE(bulletin_id, 0) || body", "approvals": "bulletin_id || hash", "audit": "id || action",
	} {
		var s string
		err := w.db.Read(w.t.Context(), func(tx *database.Tx) error {
			return tx.QueryRow(`SELECT COALESCE(group_concat(` + columns + `, '; '), '') FROM ` + table).Scan(&s)
		})
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, table+": "+s)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// break makes a write of a table fail.
func (w *world) breakWrites(event, table string) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(fmt.Sprintf(`CREATE TRIGGER broken BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, 'the disk fell out'); END`, event, table))
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// outline writes content in a line.
func outline(c newsletter.Content) string {
	parts := []string{c.Title}
	if c.Epigraph != nil {
		parts = append(parts, fmt.Sprintf("%q by %q", c.Epigraph.Text, c.Epigraph.Source))
	}
	for _, s := range c.Sections {
		var items []string
		for _, i := range s.Items {
			items = append(items, i.Text)
		}
		parts = append(parts, fmt.Sprintf("%s(%s): %s%s", s.Key, s.Heading, s.Introduction, items))
	}
	return strings.Join(parts, " | ")
}

func (w *world) draft(text string) assembly.Draft { return asDraft(w.read(text)) }

func asDraft(m *manuscript.Manuscript) assembly.Draft {
	return assembly.Draft{Date: friday, Manuscript: m}
}
