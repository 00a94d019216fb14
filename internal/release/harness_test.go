package release

import (
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
	"epistle/internal/store"
)

// room is a desk with a newsletter and three readers.
type room struct {
	*Desk
	t          *testing.T
	newsletter *newsletter.Newsletter
	assembly   *assembly.Assembly

	mu  sync.Mutex
	now time.Time
}

func newRoom(t *testing.T, change ...func(*newsletter.Newsletter)) *room {
	t.Helper()
	r := &room{t: t, now: time.Date(2027, 3, 10, 16, 0, 0, 0, time.UTC)}
	clock := func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.now
	}
	db := databasetest.New(t)
	s := store.New(db, clock)
	l := ledger.New(db, clock, slog.New(slog.DiscardHandler))
	secrets, err := s.Secrets(t.Context())
	r.must(err)
	const url = "https://lantern.example.org"
	r.Desk = New(s, l, delivery.NewComposer(s, secrets, delivery.Links{PublicURL: url}, nil), url)
	r.assembly = assembly.New(s)
	if r.newsletter, err = definition.Read("newsletter.toml", data.Newsletter()); err != nil {
		t.Fatal(err)
	}
	r.newsletter.Slug = data.Slug
	for _, f := range change {
		f(r.newsletter)
	}
	r.must(s.AddNewsletter(t.Context(), r.newsletter, "ana"))
	var entries []audience.Entry
	for _, e := range []string{"one@harbour.example", "two@harbour.example", "three@harbour.example"} {
		a, err := address.Parse(e)
		r.must(err)
		entries = append(entries, audience.Entry{Address: a})
	}
	_, err = audience.New(s, l, secrets.Address).Add(t.Context(), r.newsletter, entries, audience.Consent{Source: "test"}, "ana")
	r.must(err)
	return r
}

func (r *room) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// item stores an approved item for the next bulletin.
func (r *room) item(body string) *store.Item {
	r.t.Helper()
	item := &store.Item{NewsletterID: r.newsletter.ID, Section: newsletter.LeadKey, Body: body, Author: "ana"}
	r.must(r.store.AddItem(r.t.Context(), item))
	r.must(r.store.ApproveItem(r.t.Context(), item.ID, "ana"))
	return item
}

// bulletin makes the bulletin of a date, or a new revision of it.
func (r *room) bulletin() *store.Bulletin {
	r.t.Helper()
	out, err := r.assembly.Assemble(r.t.Context(), assembly.Request{
		Newsletter: r.newsletter, Date: newsletter.Date{Year: 2027, Month: time.March, Day: 12}, By: "ana",
	})
	r.must(err)
	return out.Bulletin
}

// approved makes a bulletin with one item and approves it.
func (r *room) approved() (*store.Bulletin, *store.Item) {
	r.t.Helper()
	item := r.item("The lamp is lit.")
	b := r.bulletin()
	r.approve(b, "teresa")
	return r.read(b), item
}

func (r *room) approve(b *store.Bulletin, by string) {
	r.t.Helper()
	_, _, err := r.store.ApproveBulletin(r.t.Context(), b.ID, "", by)
	r.must(err)
}

func (r *room) read(b *store.Bulletin) *store.Bulletin {
	r.t.Helper()
	now, err := r.store.BulletinByID(r.t.Context(), b.ID)
	r.must(err)
	return now
}

func (r *room) isIn(b *store.Bulletin, want newsletter.BulletinState) {
	r.t.Helper()
	if got := r.read(b).State; got != want {
		r.t.Errorf("the bulletin is %s, want %s", got, want)
	}
}

// sent lets a bulletin leave and gives its deliveries the states, in order.
func (r *room) sent(b *store.Bulletin, states ...newsletter.DeliveryState) {
	r.t.Helper()
	_, err := r.Send(r.t.Context(), b, "ana")
	r.must(err)
	r.must(r.ledger.Freeze(r.t.Context(), b.ID))
	r.must(r.store.DB().Write(r.t.Context(), func(tx *database.Tx) error {
		for i, s := range states {
			if _, err := tx.Exec(`UPDATE deliveries SET state = $3 WHERE bulletin_id = $1 AND subscriber_id = $2`, b.ID, i+1, int(s)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (r *room) balance(b *store.Bulletin, want newsletter.Balance) {
	r.t.Helper()
	s, err := r.ledger.Status(r.t.Context(), b.ID)
	r.must(err)
	for _, state := range newsletter.DeliveryStates {
		if s.Balance[state] != want[state] {
			r.t.Errorf("%d deliveries are %s, want %d", s.Balance[state], state, want[state])
		}
	}
}

// refused checks the kind of a refusal, and that it tells the way on.
func (r *room) refused(err error, kind newsletter.Kind) {
	r.t.Helper()
	if newsletter.KindOf(err) != kind || err == nil || newsletter.RemedyOf(err) == "" {
		r.t.Errorf("the answer is %v (kind %d, remedy %q), want kind %d and a remedy", err, newsletter.KindOf(err), newsletter.RemedyOf(err), kind)
	}
}

// exec changes the database as an older program would have left it.
func (r *room) exec(query string, args ...any) {
	r.t.Helper()
	r.must(r.store.DB().Write(r.t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}
