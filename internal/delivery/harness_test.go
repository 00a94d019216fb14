package delivery

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/mail"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"epistle/data"
	"epistle/internal/address"
	"epistle/internal/assembly"
	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/definition"
	"epistle/internal/ledger"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
	"epistle/internal/smtp/smtptest"
	"epistle/internal/store"
)

// clock is a clock that goes when a test says so, or by a step each time somebody
// looks at it.
type clock struct {
	mu   sync.Mutex
	t    time.Time
	step time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(c.step)
	return c.t
}

// goOn lets every wait of the program pass quickly.
func (c *clock) goOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step = 10 * time.Second
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// office is a newsletter with readers in a real database, and a scripted server.
type office struct {
	t          testing.TB
	path       string
	clock      *clock
	db         *database.DB
	store      *store.Store
	ledger     *ledger.Ledger
	audience   *audience.Audience
	secrets    *store.Secrets
	newsletter *newsletter.Newsletter
	server     *smtptest.Server
	links      Links
	signers    []*message.Signer
}

const httpsURL = "https://lantern.example.org"

func newOffice(t testing.TB, server smtptest.Options, change ...func(*newsletter.Newsletter)) *office {
	t.Helper()
	o := &office{
		t: t, path: filepath.Join(t.TempDir(), "epistle.db"), server: smtptest.Start(t, server),
		clock: &clock{t: time.Date(2027, 3, 12, 8, 0, 0, 0, time.UTC)}, links: Links{PublicURL: httpsURL},
	}
	o.open()
	n, err := definition.Read("newsletter.toml", data.Newsletter())
	if err != nil {
		t.Fatal(err)
	}
	n.Slug = data.Slug
	for _, f := range change {
		f(n)
	}
	if err := o.store.AddNewsletter(t.Context(), n, "ana"); err != nil {
		t.Fatal(err)
	}
	o.newsletter = n
	return o
}

// open opens the database of the office, as every process does for itself.
func (o *office) open() {
	o.t.Helper()
	db, err := database.Open(o.t.Context(), o.path)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() {
		if err := db.Close(); err != nil {
			o.t.Error(err)
		}
	})
	o.db, o.store = db, store.New(db, o.clock.now)
	o.ledger = ledger.New(db, o.clock.now, slog.New(slog.DiscardHandler))
	if o.secrets, err = o.store.Secrets(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	o.audience = audience.New(o.store, o.ledger, o.secrets.Address)
}

// readers subscribes people; their ids count from 1.
func (o *office) readers(emails ...string) {
	o.t.Helper()
	var entries []audience.Entry
	for _, e := range emails {
		a, err := address.Parse(e)
		if err != nil {
			o.t.Fatal(err)
		}
		entries = append(entries, audience.Entry{Address: a})
	}
	if _, err := o.audience.Add(o.t.Context(), o.newsletter, entries, audience.Consent{Source: "test"}, "ana"); err != nil {
		o.t.Fatal(err)
	}
}

// crowd subscribes n people, reader1@harbour.example and so on.
func (o *office) crowd(n int) {
	o.t.Helper()
	list := make([]string, n)
	for i := range list {
		list[i] = reader(i + 1)
	}
	o.readers(list...)
}

func reader(id int) string { return fmt.Sprintf("reader%d@harbour.example", id) }

// bulletin makes one for a date.
func (o *office) bulletin(date string) *store.Bulletin {
	o.t.Helper()
	ctx := o.t.Context()
	item := &store.Item{NewsletterID: o.newsletter.ID, Section: newsletter.LeadKey, Body: "The lamp of " + date + " is lit.", Author: "ana"}
	if err := o.store.AddItem(ctx, item); err != nil {
		o.t.Fatal(err)
	}
	if err := o.store.ApproveItem(ctx, item.ID, "ana"); err != nil {
		o.t.Fatal(err)
	}
	day, err := newsletter.ParseDate(date)
	if err != nil {
		o.t.Fatal(err)
	}
	out, err := assembly.New(o.store).Assemble(ctx, assembly.Request{Newsletter: o.newsletter, Date: day, By: "ana"})
	if err != nil {
		o.t.Fatal(err)
	}
	return out.Bulletin
}

// leaving makes a bulletin and lets it leave.
func (o *office) leaving() *store.Bulletin {
	o.t.Helper()
	b := o.bulletin("2027-03-12")
	o.move(b, newsletter.BulletinApproved)
	o.move(b, newsletter.BulletinSending)
	return b
}

func (o *office) move(b *store.Bulletin, to newsletter.BulletinState) {
	o.t.Helper()
	moved, err := o.store.MoveBulletin(o.t.Context(), b.ID, to, "", "ana")
	if err != nil {
		o.t.Fatal(err)
	}
	*b = *moved
}

// running is a Sender at work.
type running struct {
	*Sender
	*journal
	cancel context.CancelFunc // as SIGTERM does
	ended  chan error
	stop   func() // cancels, and waits for the end
}

// start runs a Sender until stop is called or the test ends.
func (o *office) start(connections int, change ...func(*Sender)) *running {
	o.t.Helper()
	r := &running{journal: newJournal(), ended: make(chan error, 1)}
	composer := NewComposer(o.store, o.secrets, o.links, o.signers)
	options := Options{
		SMTP:        smtp.Options{Host: o.server.Host(), Port: o.server.Port(), TLS: smtp.TLSNone},
		Connections: connections,
		Retry:       Retry{First: 30 * time.Minute, GiveUp: 72 * time.Hour},
	}
	r.Sender = NewSender(options, o.store, o.ledger, composer, slog.New(handler{journal: r.journal}))
	r.poll = 2 * time.Millisecond
	for _, f := range change {
		f(r.Sender)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(o.t.Context()))
	r.cancel = cancel
	go func() {
		r.ended <- r.Run(ctx)
		close(r.ended)
	}()
	r.stop = func() {
		cancel()
		if err := <-r.ended; err != nil {
			o.t.Errorf("the sender ended with %v", err)
		}
	}
	o.t.Cleanup(r.stop)
	return r
}

// sendAll sends until the bulletin has ended and stops the sender.
func (o *office) sendAll(connections int) {
	o.t.Helper()
	s := o.start(connections)
	s.await(o.t, 1, "bulletin sent")
	s.stop()
}

// balance checks that the ledger has exactly these numbers, and so balances.
func (o *office) balance(b *store.Bulletin, want newsletter.Balance) *ledger.Status {
	o.t.Helper()
	s, err := o.ledger.Status(o.t.Context(), b.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, state := range newsletter.DeliveryStates {
		if s.Balance[state] != want[state] {
			o.t.Errorf("%d deliveries are %s, want %d (all: %v)", s.Balance[state], state, want[state], s.Balance)
		}
	}
	return s
}

// state reads the bulletin afresh.
func (o *office) state(b *store.Bulletin) *store.Bulletin {
	o.t.Helper()
	now, err := o.store.BulletinByID(o.t.Context(), b.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	return now
}

// row is what the ledger holds of one delivery.
type row struct {
	State                  newsletter.DeliveryState
	Attempts, Code         int
	Enhanced, Reply, Class string
	NotBefore              time.Time
}

func (o *office) row(b *store.Bulletin, subscriber int) (r row) {
	o.t.Helper()
	var notBefore int64
	err := o.db.Read(o.t.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT state, attempts, code, enhanced, reply, class, not_before FROM deliveries
			WHERE bulletin_id = $1 AND subscriber_id = $2`, b.ID, subscriber).
			Scan(&r.State, &r.Attempts, &r.Code, &r.Enhanced, &r.Reply, &r.Class, &notBefore)
	})
	if err != nil {
		o.t.Fatal(err)
	}
	r.NotBefore = time.UnixMilli(notBefore)
	return r
}

// accepted gives the messages that the server took, by recipient.
func (o *office) accepted() map[string][]smtptest.Message {
	taken := map[string][]smtptest.Message{}
	for _, m := range o.server.Accepted() {
		for _, to := range m.To {
			taken[to] = append(taken[to], m)
		}
	}
	return taken
}

func parse(t *testing.T, m smtptest.Message) *mail.Message {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatalf("the accepted message cannot be parsed: %v\n%s", err, m.Data)
	}
	return parsed
}
