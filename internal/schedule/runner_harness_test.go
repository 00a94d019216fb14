package schedule

import (
	"database/sql"
	"log/slog"
	"sync"
	"testing"
	"time"

	"epistle/data"
	"epistle/internal/address"
	"epistle/internal/assembly"
	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/definition"
	"epistle/internal/delivery"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/release"
	"epistle/internal/store"
)

// week is a database with newsletters, and a clock that a test moves.
type week struct {
	t        *testing.T
	store    *store.Store
	ledger   *ledger.Ledger
	assembly *assembly.Assembly
	desk     *release.Desk
	audience *audience.Audience
	log      *slog.Logger

	mu sync.Mutex
	at time.Time
}

func newWeek(t *testing.T, begin string) *week {
	t.Helper()
	w := &week{t: t, at: minute(t, begin), log: slog.New(slog.DiscardHandler)}
	db := databasetest.New(t)
	w.store = store.New(db, w.now)
	w.ledger = ledger.New(db, w.now, w.log)
	secrets, err := w.store.Secrets(t.Context())
	w.must(err)
	w.assembly = assembly.New(w.store)
	w.audience = audience.New(w.store, w.ledger, secrets.Address)
	w.opens(secrets, url)
	return w
}

// minute reads "2027-03-12 08:00", in UTC.
func minute(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

const url = "https://lantern.example.org"

// opens makes the desk, which is told that readers' pages are at an address.
func (w *week) opens(secrets *store.Secrets, pages string) {
	w.desk = release.New(w.store, w.ledger, delivery.NewComposer(w.store, secrets, delivery.Links{PublicURL: url}, nil), pages)
}

func (w *week) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

// until moves the clock.
func (w *week) until(text string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = minute(w.t, text)
}

func (w *week) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *week) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// newsletter stores one with a schedule and a reader; it wants no approval.
func (w *week) newsletter(slug, zone string, s newsletter.Schedule, change ...func(*newsletter.Newsletter)) *newsletter.Newsletter {
	w.t.Helper()
	n, err := definition.Read("newsletter.toml", data.Newsletter())
	w.must(err)
	n.Slug, n.TimeZone, n.Schedule, n.Policy.Approvals = slug, zone, s, 0
	for _, f := range change {
		f(n)
	}
	w.must(w.store.AddNewsletter(w.t.Context(), n, "ana"))
	a, err := address.Parse("reader@harbour.example")
	w.must(err)
	_, err = w.audience.Add(w.t.Context(), n, []audience.Entry{{Address: a}}, audience.Consent{Source: "test"}, "ana")
	w.must(err)
	return n
}

// item stores an approved item for the newsletter's next bulletin.
func (w *week) item(n *newsletter.Newsletter) {
	w.t.Helper()
	item := &store.Item{NewsletterID: n.ID, Section: newsletter.LeadKey, Body: "The lamp of " + w.now().String() + " is lit.", Author: "ana"}
	w.must(w.store.AddItem(w.t.Context(), item))
	w.must(w.store.ApproveItem(w.t.Context(), item.ID, "ana"))
}

// runner is a program that has just begun.
func (w *week) runner() *Runner { return NewRunner(w.store, w.ledger, w.assembly, w.desk, w.log) }

func (w *week) tick(r *Runner) {
	w.t.Helper()
	w.must(r.Tick(w.t.Context()))
}

// runs gives all runs of a newsletter as they were begun.
func (w *week) runs(n *newsletter.Newsletter) (list []*ledger.Run) {
	w.t.Helper()
	w.must(w.store.DB().Read(w.t.Context(), func(tx *database.Tx) error {
		return tx.Each(func(rows *sql.Rows) error {
			var r ledger.Run
			var due, started int64
			err := rows.Scan(&r.Kind, &r.Wall, &r.Outcome, &r.Note, &due, &started)
			r.DueAt, r.StartedAt = time.UnixMilli(due), time.UnixMilli(started)
			list = append(list, &r)
			return err
		}, `SELECT kind, wall, outcome, note, due_at, started_at FROM runs WHERE newsletter_id = $1 ORDER BY started_at, due_at, kind`, n.ID)
	}))
	return list
}

// told compares the runs of a newsletter with "KIND WALL OUTCOME", in any order.
func (w *week) told(n *newsletter.Newsletter, want ...string) {
	w.t.Helper()
	got := map[string]string{}
	for _, r := range w.runs(n) {
		got[r.Kind+" "+r.Wall+" "+r.Outcome] = r.Note
	}
	for _, line := range want {
		if _, ok := got[line]; !ok {
			w.t.Errorf("there is no run %q in %v", line, got)
		}
	}
	if len(got) != len(want) {
		w.t.Errorf("the runs are %v, want %v", got, want)
	}
}

// bulletins gives the newsletter's bulletins, the newest first.
func (w *week) bulletins(n *newsletter.Newsletter) []*store.Bulletin {
	w.t.Helper()
	list, err := w.store.Bulletins(w.t.Context(), n.ID, 1000)
	w.must(err)
	return list
}

// only gives the newsletter's one bulletin, which must be in a state.
func (w *week) only(n *newsletter.Newsletter, want newsletter.BulletinState) *store.Bulletin {
	w.t.Helper()
	list := w.bulletins(n)
	if len(list) != 1 || list[0].State != want {
		w.t.Fatalf("the bulletins are %v, want one that is %s", list, want)
	}
	return list[0]
}

// weekly is a schedule of a week that closes on Friday.
func weekly() newsletter.Schedule {
	return newsletter.Schedule{Assemble: "0 16 * * 3", Proof: "30 16 * * 3", Send: "0 8 * * 5"}
}

// assemblyOf asks for the bulletin of a date.
func assemblyOf(n *newsletter.Newsletter, day newsletter.Date) assembly.Request {
	return assembly.Request{Newsletter: n, Date: day, By: "ana"}
}
