package audience_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"epistle/internal/address"
	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

var key = token.NewFixed([]byte("0123456789abcdef0123456789abcdef"))

var noon = time.Date(2027, 3, 12, 12, 0, 0, 0, time.UTC)

// world is a newsletter with a bulletin that is being sent.
type world struct {
	*audience.Audience
	t        testing.TB
	db       *database.DB
	store    *store.Store
	ledger   *ledger.Ledger
	list     *newsletter.Newsletter
	bulletin int64
	clock    time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t), clock: noon}
	now := func() time.Time { return w.clock }
	w.store = store.New(w.db, now)
	w.ledger = ledger.New(w.db, now, slog.New(slog.DiscardHandler))
	w.Audience = audience.New(w.store, w.ledger, key)
	w.list = w.newsletter("weekly-lantern")
	doc := &newsletter.Document{Format: 1, Content: newsletter.Content{Title: "Lamps"}}
	b := &store.Bulletin{NewsletterID: w.list.ID, Number: 1, Date: newsletter.DateOf(noon)}
	err := w.db.Write(t.Context(), func(tx *database.Tx) error {
		return errors.Join(w.store.CreateBulletinTx(tx, b, doc, "ana"),
			w.store.MoveBulletinTx(tx, b, newsletter.BulletinApproved, "", "ana"),
			w.store.MoveBulletinTx(tx, b, newsletter.BulletinSending, "", "ana"))
	})
	if err != nil {
		t.Fatal(err)
	}
	w.bulletin = b.ID
	return w
}

func (w *world) newsletter(slug string) *newsletter.Newsletter {
	w.t.Helper()
	n := &newsletter.Newsletter{
		Slug: slug, Name: "The Weekly Lantern", From: newsletter.Address{Email: "lantern@example.org"}, ListID: slug + ".example.org",
		Language: "en", TimeZone: "UTC", Policy: newsletter.DefaultPolicy(),
	}
	if err := w.store.AddNewsletter(w.t.Context(), n, "ana"); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func parse(t testing.TB, s string) address.Address {
	t.Helper()
	a, err := address.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func entry(t testing.TB, s string) audience.Entry {
	t.Helper()
	return audience.Entry{Address: parse(t, s)}
}

func (w *world) add(n *newsletter.Newsletter, entries ...audience.Entry) audience.Counts {
	w.t.Helper()
	counts, err := w.Add(w.t.Context(), n, entries, audience.Consent{Source: "import of list.csv", Text: "I want it"}, "ana")
	if err != nil {
		w.t.Fatal(err)
	}
	return counts
}

func (w *world) person(s string) *store.Subscriber {
	w.t.Helper()
	p, err := w.store.Subscriber(w.t.Context(), parse(w.t, s))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) leave(id int64) (already bool) {
	w.t.Helper()
	already, err := w.Leave(w.t.Context(), id, w.list.ID, "one click", audience.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	return already
}

func (w *world) balance() newsletter.Balance {
	w.t.Helper()
	s, err := w.ledger.Status(w.t.Context(), w.bulletin)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Balance
}

func (w *world) freeze() {
	w.t.Helper()
	if err := w.ledger.Freeze(w.t.Context(), w.bulletin); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) audit() []store.Entry {
	w.t.Helper()
	entries, err := w.store.Audit(w.t.Context(), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

func TestAddSubscribesWithConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	given := noon.AddDate(-1, 0, 0)
	cleo := entry(t, "Cleo@Example.org")
	cleo.Person = store.Subscriber{Name: "Cleo", Language: "pt-BR", TimeZone: "Europe/Lisbon", Tags: []string{"b", "a"}, Fields: map[string]string{"port": "west"}}
	cleo.ConsentAt = given
	if got := w.add(w.list, cleo, entry(t, "dan@example.org")); got != (audience.Counts{Added: 2, Subscribed: 2}) {
		t.Errorf("counts %+v", got)
	}
	p := w.person("cleo@example.org")
	if p.Email != "Cleo@example.org" || p.Name != "Cleo" || p.Language != "pt-BR" || p.TimeZone != "Europe/Lisbon" || strings.Join(p.Tags, "") != "ab" || p.Fields["port"] != "west" {
		t.Errorf("person %+v", p)
	}
	want := store.Subscription{
		NewsletterID: w.list.ID, Newsletter: "weekly-lantern", State: newsletter.SubscriptionActive, Since: noon, How: "import of list.csv",
		ConsentAt: given, ConsentSource: "import of list.csv", ConsentText: "I want it", ConsentBy: "ana",
	}
	if len(p.Subscriptions) != 1 || p.Subscriptions[0] != want {
		t.Errorf("subscriptions %+v, want %+v", p.Subscriptions, want)
	}
	if dan := w.person("dan@example.org"); !dan.Subscriptions[0].ConsentAt.Equal(noon) {
		t.Errorf("consent without a date is of %s, want now", dan.Subscriptions[0].ConsentAt)
	}
}

func TestAddAgainFillsInAndChangesNoSubscription(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.list, entry(t, "dan@example.org"))
	before := w.person("dan@example.org")
	again := entry(t, "DAN@example.org")
	again.Person.Name = "Dan"
	if got := w.add(w.list, again); got != (audience.Counts{Known: 1}) {
		t.Errorf("counts %+v", got)
	}
	other := w.newsletter("other")
	if got := w.add(other, entry(t, "dan@example.org")); got != (audience.Counts{Subscribed: 1}) {
		t.Errorf("counts for a second newsletter %+v", got)
	}
	p := w.person("dan@example.org")
	if p.ID != before.ID || p.Name != "Dan" || p.Email != "dan@example.org" || len(p.Subscriptions) != 2 {
		t.Errorf("person %+v", p)
	}
}

func TestAddUsesTheStateOfThePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list.Policy.ImportState = newsletter.SubscriptionPending
	w.add(w.list, entry(t, "dan@example.org"))
	if p := w.person("dan@example.org"); p.Subscriptions[0].State != newsletter.SubscriptionPending {
		t.Errorf("subscription %+v", p.Subscriptions[0])
	}
}

func TestAddCountsWhoIsSuppressed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	suppress := func(s string, newsletterID int64) {
		err := w.db.Write(t.Context(), func(tx *database.Tx) error {
			_, err := tx.Exec(`INSERT INTO suppressions (email_hash, newsletter_id, reason, made_at) VALUES ($1, $2, 'complained', 1)`,
				key.AddressHash(parse(t, s).Key()), newsletterID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	suppress("all@example.org", 0)
	suppress("this@example.org", w.list.ID)
	suppress("other@example.org", w.newsletter("other").ID)
	got := w.add(w.list, entry(t, "ALL@example.org"), entry(t, "this@example.org"), entry(t, "other@example.org"))
	if got != (audience.Counts{Added: 3, Subscribed: 3, Suppressed: 2}) {
		t.Errorf("counts %+v", got)
	}
	w.freeze()
	if b := w.balance(); b[newsletter.DeliverySkipped] != 2 || b[newsletter.DeliveryPending] != 1 {
		t.Errorf("balance %v", b)
	}
}

func TestAddIsAllOrNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := entry(t, "eve@example.org")
	bad.Person.Fields = map[string]string{"": "a field without a name"}
	lines := len(w.audit())
	if _, err := w.Add(t.Context(), w.list, []audience.Entry{entry(t, "dan@example.org"), bad}, audience.Consent{Source: "x"}, "ana"); err == nil {
		t.Fatal("it was added")
	}
	if _, err := w.store.Subscriber(t.Context(), parse(t, "dan@example.org")); newsletter.KindOf(err) != newsletter.NotFound {
		t.Errorf("the first of the refused list stayed (%v)", err)
	}
	if len(w.audit()) != lines {
		t.Error("an audit line stayed")
	}
}

func TestLeaveIsEffectiveAtOnceAndIdempotent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.newsletter("other")
	w.add(w.list, entry(t, "dan@example.org"), entry(t, "eve@example.org"))
	w.add(other, entry(t, "dan@example.org"))
	w.freeze()
	dan := w.person("dan@example.org")
	lines := len(w.audit())
	if w.leave(dan.ID) {
		t.Error("who leaves had left before")
	}
	if b := w.balance(); b[newsletter.DeliverySkipped] != 1 || b[newsletter.DeliveryPending] != 1 {
		t.Errorf("balance %v", b)
	}
	after := w.person("dan@example.org")
	if s := after.Subscriptions[1]; s.State != newsletter.SubscriptionUnsubscribed || s.How != "one click" || s.ConsentText != "I want it" {
		t.Errorf("subscription %+v", s)
	}
	if after.Subscriptions[0].State != newsletter.SubscriptionActive {
		t.Error("the other newsletter was left too")
	}
	for range 2 {
		if !w.leave(dan.ID) {
			t.Error("leaving again is not known")
		}
	}
	entries := w.audit()
	if len(entries) != lines+1 {
		t.Errorf("%d audit lines for one change", len(entries)-lines)
	}
	if e := entries[0]; e.Action != "subscription.leave" || e.SubscriberID != dan.ID || e.Detail != "active → unsubscribed, one click" || e.Actor != audience.Reader {
		t.Errorf("audit line %+v", e)
	}
}

func TestWhoIsGoneHasLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if !w.leave(4711) {
		t.Error("a person who does not exist left just now")
	}
	other := w.newsletter("other")
	w.add(other, entry(t, "dan@example.org"))
	if !w.leave(w.person("dan@example.org").ID) {
		t.Error("a person without a subscription left just now")
	}
}

func TestLeaveOfManyAtOnceHappensOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.list, entry(t, "dan@example.org"))
	id := w.person("dan@example.org").ID
	var first atomic.Int64
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if !w.leave(id) {
				first.Add(1)
			}
		})
	}
	group.Wait()
	if first.Load() != 1 {
		t.Errorf("%d of 16 clicks were the first", first.Load())
	}
}

func TestListNeverBringsBackWhoLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.list, entry(t, "dan@example.org"))
	w.leave(w.person("dan@example.org").ID)
	if got := w.add(w.list, entry(t, "Dan@EXAMPLE.org")); got != (audience.Counts{Known: 1}) {
		t.Errorf("counts %+v", got)
	}
	if s := w.person("dan@example.org").Subscriptions[0]; s.State != newsletter.SubscriptionUnsubscribed {
		t.Errorf("subscription %+v", s)
	}
	w.freeze()
	if n := w.balance().Audience(); n != 0 {
		t.Errorf("%d deliveries to who left", n)
	}
}

// TestLeaveDuringASend: who leaves between mark and reply is not tried again.
func TestLeaveDuringASend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.list, entry(t, "dan@example.org"))
	id := w.person("dan@example.org").ID
	w.freeze()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.ledger.Run(ctx) }()
	row := ledger.Ref{BulletinID: w.bulletin, SubscriberID: id}
	if ok, err := w.ledger.Mark(t.Context(), row, 1, 1); !ok || err != nil {
		t.Fatalf("mark %t, %v", ok, err)
	}
	w.leave(id)
	if err := w.ledger.Record(t.Context(), row, 1, ledger.Result{State: newsletter.DeliveryDeferred, Counted: true}); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if b := w.balance(); b[newsletter.DeliverySkipped] != 1 {
		t.Errorf("balance %v", b)
	}
}

func TestAuditHoldsNoAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Add(t.Context(), w.list, []audience.Entry{entry(t, "dan@example.org")}, audience.Consent{Source: "letter of <dan@example.org>, by hand"}, "ana"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Leave(t.Context(), w.person("dan@example.org").ID, w.list.ID, "wrote from dan@example.org", "ana"); err != nil {
		t.Fatal(err)
	}
	for _, e := range w.audit() {
		if strings.Contains(e.Detail, "@") {
			t.Errorf("audit line %+v", e)
		}
	}
}
