package inbound_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"epistle/internal/address"
	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/database/databasetest"
	"epistle/internal/inbound"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
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

const week = 7 * 24 * time.Hour

// world is a newsletter whose readers got bulletins, and what comes back of them.
// Readers have the numbers 1, 2, 3 …, their addresses are rN@harbour.example.
type world struct {
	*inbound.Intake
	t       testing.TB
	db      *database.DB
	clock   *clock
	store   *store.Store
	ledger  *ledger.Ledger
	people  *audience.Audience
	secrets *store.Secrets
	weekly  *newsletter.Newsletter
	serial  int
}

func newWorld(t testing.TB, readers int, change ...func(*newsletter.Newsletter)) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t), clock: &clock{now: time.Date(2027, 3, 12, 9, 0, 0, 0, time.UTC)}}
	quiet := slog.New(slog.DiscardHandler)
	w.store = store.New(w.db, w.clock.Now)
	w.ledger = ledger.New(w.db, w.clock.Now, quiet)
	var err error
	w.secrets, err = w.store.Secrets(t.Context())
	w.must(err)
	w.people = audience.New(w.store, w.ledger, w.secrets.Address)
	w.Intake = inbound.New(inbound.Options{Store: w.store, Ledger: w.ledger, Audience: w.people, Log: quiet})
	w.weekly = w.newsletter("weekly", change...)
	var entries []audience.Entry
	for i := range readers {
		addr, err := address.Parse(fmt.Sprintf("r%d@harbour.example", i+1))
		w.must(err)
		entries = append(entries, audience.Entry{Address: addr})
	}
	_, err = w.people.Add(t.Context(), w.weekly, entries, audience.Consent{Source: "test"}, "ana")
	w.must(err)
	return w
}

func (w *world) newsletter(slug string, change ...func(*newsletter.Newsletter)) *newsletter.Newsletter {
	w.t.Helper()
	n := &newsletter.Newsletter{
		Slug: slug, Name: "The " + slug + " Lantern", From: newsletter.Address{Email: slug + "@lantern.example"},
		EnvelopeDomain: "bounces.lantern.example", ListID: slug + ".lantern.example", Language: "en", TimeZone: "UTC",
		Policy: newsletter.DefaultPolicy(), Bounces: newsletter.DefaultBounces(),
		Staff: []newsletter.Person{
			{Name: "Ana", Email: "ana@lantern.example", Role: newsletter.RoleEditor},
			{Name: "Bo", Email: "bo@lantern.example", Role: newsletter.RoleContributor},
			{Name: "Cy", Email: "cy@lantern.example", Role: newsletter.RoleAdministrator},
		},
	}
	for _, f := range change {
		f(n)
	}
	w.must(w.store.AddNewsletter(w.t.Context(), n, "ana"))
	return n
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(fn func(*database.Tx) error) {
	w.t.Helper()
	w.must(w.db.Write(w.t.Context(), fn))
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.write(func(tx *database.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
}

func (w *world) word(query string, args ...any) (s string) {
	w.t.Helper()
	err := w.db.Read(w.t.Context(), func(tx *database.Tx) error { return tx.QueryRow(query, args...).Scan(&s) })
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return s
}

// sent makes a bulletin that was sent to every active reader of a newsletter a
// moment ago, and gives its number in the database.
func (w *world) sent(n *newsletter.Newsletter) int64 {
	w.t.Helper()
	b := &store.Bulletin{NewsletterID: n.ID, Slug: n.Slug}
	w.write(func(tx *database.Tx) (err error) {
		if b.Number, err = w.store.NextNumberTx(tx, n); err != nil {
			return err
		}
		b.Date = newsletter.DateOf(w.clock.Now()).AddDays(b.Number)
		doc := &newsletter.Document{
			Format: newsletter.DocumentFormat, Subject: "Words",
			Content: newsletter.Content{Title: "Words", Sections: []newsletter.ContentSection{{Key: "lead", Items: []newsletter.ContentItem{{Text: "Words."}}}}},
		}
		if err := w.store.CreateBulletinTx(tx, b, doc, "ana"); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE bulletins SET state = 'sending', started_at = $2 WHERE id = $1`, b.ID, w.clock.Now().UnixMilli())
		return err
	})
	w.must(w.ledger.Freeze(w.t.Context(), b.ID))
	w.exec(`UPDATE deliveries SET state = 3, attempts = 1, at = $2, first_at = $2, code = 250 WHERE bulletin_id = $1 AND state = 0`, b.ID, w.clock.Now().UnixMilli())
	w.exec(`UPDATE chunks SET done = 1 WHERE bulletin_id = $1`, b.ID)
	w.exec(`UPDATE bulletins SET state = 'sent' WHERE id = $1`, b.ID)
	return b.ID
}

// verp is the envelope sender of a message.
func (w *world) verp(bulletin, reader int64) string {
	return w.secrets.VERP.VERP(bulletin, reader) + "@bounces.lantern.example"
}

// unique makes each message another one.
func (w *world) unique() string {
	w.serial++
	return fmt.Sprintf("Message-ID: <%d@mx.harbour.example>\n", w.serial)
}

// dsn is a delivery report of RFC 3464 to an address.
func (w *world) dsn(to, recipient, action, status, words string) string {
	return "From: MAILER-DAEMON@mx.harbour.example\nReturn-Path: <>\nTo: " + to + "\nSubject: Undelivered Mail Returned to Sender\n" + w.unique() +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b1\n\n--b1\n\nThe mail could not be delivered.\n--b1\n" +
		"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.harbour.example\n\nFinal-Recipient: rfc822; " + recipient +
		"\nAction: " + action + "\nStatus: " + status + "\nDiagnostic-Code: smtp; " + words + "\n--b1--\n"
}

// bounced is a failure of one message, by its reader's server.
func (w *world) bounced(bulletin, reader int64, status, words string) string {
	return w.dsn(w.verp(bulletin, reader), fmt.Sprintf("r%d@harbour.example", reader), "failed", status, words)
}

func (w *world) arf(to, head, returned string) string {
	return "From: feedback@harbour.example\nTo: " + to + "\nSubject: complaint\n" + w.unique() + head +
		"Content-Type: multipart/report; report-type=feedback-report; boundary=b1\n\n--b1\n\nA complaint.\n--b1\n" +
		"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n--b1\nContent-Type: message/rfc822\n\n" + returned + "\n--b1--\n"
}

func (w *world) human(from, to, subject, text string) string {
	return "From: " + from + "\nTo: " + to + "\nSubject: " + subject + "\n" + w.unique() + "\n" + text + "\n"
}

// take takes messages in and works on them; it gives the last one.
func (w *world) take(messages ...string) *store.Inbound {
	w.t.Helper()
	for _, m := range messages {
		_, err := w.Accept(w.t.Context(), "test", inbound.Envelope{}, strings.NewReader(m))
		w.must(err)
	}
	_, err := w.Work(w.t.Context())
	w.must(err)
	w.balanced()
	var id int64
	w.must(w.db.Read(w.t.Context(), func(tx *database.Tx) error { return tx.QueryRow(`SELECT MAX(id) FROM inbound`).Scan(&id) }))
	m, _, err := w.store.InboundByID(w.t.Context(), id)
	w.must(err)
	return m
}

// balanced fails the test unless each bulletin's ledger sums to its audience.
func (w *world) balanced() {
	w.t.Helper()
	if n := w.word(`SELECT COUNT(*) FROM deliveries WHERE state NOT IN (0, 1, 2, 3, 4, 5, 6, 7)`); n != "0" {
		w.t.Errorf("%s rows are in no state", n)
	}
	all, err := w.store.Bulletins(w.t.Context(), 0, 1000)
	w.must(err)
	for _, b := range all {
		s, err := w.ledger.Status(w.t.Context(), b.ID)
		w.must(err)
		if rows := w.word(`SELECT COUNT(*) FROM deliveries WHERE bulletin_id = $1`, b.ID); fmt.Sprint(s.Balance.Audience()) != rows {
			w.t.Errorf("bulletin %d: the states sum to %d, the audience is %s", b.ID, s.Balance.Audience(), rows)
		}
	}
}

func (w *world) delivery(bulletin, reader int64) string {
	w.t.Helper()
	told, err := w.ledger.Deliveries(w.t.Context(), reader, bulletin)
	w.must(err)
	if len(told) != 1 {
		return "none"
	}
	return strings.TrimSpace(told[0].State + " " + told[0].Class)
}

func (w *world) standing(n *newsletter.Newsletter, reader int64) string {
	w.t.Helper()
	state, err := w.store.SubscriptionState(w.t.Context(), reader, n.ID)
	w.must(err)
	return string(state)
}

func (w *world) link(n *newsletter.Newsletter, bulletin, reader int64) string {
	return w.secrets.Links.Sign(token.Unsubscribe, token.Claims{Newsletter: n.ID, Bulletin: bulletin, Subscriber: reader}, time.Time{})
}

func mustParse(t testing.TB, text string) address.Address {
	t.Helper()
	a, err := address.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
