package audience_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

func (w *world) request(list string) audience.ImportRequest {
	return audience.ImportRequest{Newsletter: w.list, Name: "list.csv", List: strings.NewReader(list), By: "ana"}
}

func (w *world) read(list string) *audience.Plan {
	w.t.Helper()
	p, err := w.Import(w.t.Context(), w.request(list))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// seen is everything that a reader of the list sees.
func (w *world) seen() string {
	w.t.Helper()
	var lines []string
	err := w.store.Export(w.t.Context(), store.Selection{}, func(e *store.Exported) error {
		lines = append(lines, fmt.Sprint(e.Email, " ", e.Name, " ", e.Language, " ", e.TimeZone, " ", e.Tags, " ", e.Fields, " ", e.State, " ", e.How, " ", e.ConsentText))
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestImportReadsWhatSpreadsheetsSave(t *testing.T) {
	t.Parallel()
	const plain = "email,name\ndan@example.org,Jürgen Größe\n"
	encode := func(s string, big, mark bool) string {
		order, policy := unicode.LittleEndian, unicode.IgnoreBOM
		if big {
			order = unicode.BigEndian
		}
		if mark {
			policy = unicode.UseBOM
		}
		out, err := unicode.UTF16(order, policy).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	latin, err := charmap.Windows1252.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, list string }{
		{"UTF-8", plain},
		{"UTF-8 with a mark", "\ufeff" + plain},
		{"Windows-1252", latin},
		{"UTF-16, little end first", encode(plain, false, true)},
		{"UTF-16, big end first", encode(plain, true, true)},
		{"UTF-16 without a mark", encode(strings.Replace(plain, "\n", "\n\n", 1), false, false)},
		{"semicolons", strings.ReplaceAll(plain, ",", ";")},
		{"tabs and an empty cell", "email\tport\tname\ndan@example.org\t\tJürgen Größe\n"},
		{"bars", strings.ReplaceAll(plain, ",", "|")},
		{"another title", strings.Replace(plain, "email", "E-Mail", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if p := w.read(c.list); p.Added != 1 || p.Refused != 0 {
				t.Fatalf("plan %+v", p)
			}
			if p := w.person("dan@example.org"); p.Name != "Jürgen Größe" || len(p.Fields) != 0 {
				t.Errorf("person %+v", p)
			}
		})
	}
}

// watched lets a test look at the list in the middle of an import: it reads a few
// rows, then calls look, then reads the rest.
type watched struct {
	rest  *strings.Reader
	look  func()
	after int
}

func (r *watched) Read(b []byte) (int, error) {
	if r.after -= len(b); r.after < 0 && r.look != nil {
		r.look()
		r.look = nil
	}
	return r.rest.Read(b)
}

// TestNobodySeesHalfAnImport looks at the list after each transaction of an
// import and of its undoing.
func TestNobodySeesHalfAnImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := entry(t, "ana@example.org")
	ana.Person = store.Subscriber{Name: "Ana", Tags: []string{"old"}, Fields: map[string]string{"port": "west"}}
	w.add(w.list, ana, entry(t, "left@example.org"))
	w.leave(w.person("left@example.org").ID)
	before := w.seen()
	var b strings.Builder
	b.WriteString("email,name,language,tags,port,boat,consent_date\nana@example.org,Ana Ruiz,pt,new,east,blue,\nleft@example.org,Lev,,,,,2100-01-01\n")
	for i := range 4000 {
		fmt.Fprintf(&b, "reader%d@example.org,,,night,,,\n", i)
	}
	looks := 0
	r := w.request(b.String())
	r.Revive = true
	r.Progress = func(what string, done, _ int) {
		if looks++; w.seen() != before {
			t.Errorf("%s, at row %d: the list is not what it was before", what, done)
		}
	}
	p, err := w.Import(t.Context(), r)
	if err != nil || p.Added != 4000 || p.Changed != 1 || p.Revived != 1 {
		t.Fatalf("plan %+v, error %v", p, err)
	}
	if looks < 4 {
		t.Errorf("only %d looks", looks)
	}
	whole := w.seen()
	if !strings.Contains(whole, "ana@example.org Ana Ruiz pt  [new old] map[boat:blue port:east] active") || !strings.Contains(whole, "left@example.org Lev   [] map[] active") {
		t.Errorf("after the import the list is\n%s", whole[:400])
	}
	looks = 0
	if _, err := w.Undo(t.Context(), "latest", "ana", func(done, _ int) {
		if looks++; w.seen() != before {
			t.Errorf("undone up to %d: the list is not what it was before", done)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if got := w.seen(); got != before || looks < 2 {
		t.Errorf("after the undo (%d looks) the list is\n%s\nwant\n%s", looks, got, before)
	}
}

func TestInterruptedImportLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.list, entry(t, "ana@example.org"))
	before := w.seen()
	text := list(5000) + "ana@example.org,Ana,en\n"
	ctx, stop := context.WithCancel(t.Context())
	r := w.request(text)
	r.Progress = func(what string, _, _ int) {
		if what == "Importing" {
			stop()
		}
	}
	if _, err := w.Import(ctx, r); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if got := w.seen(); got != before {
		t.Errorf("the list is\n%s", got)
	}
	var people int
	if err := w.db.Read(t.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM subscribers`).Scan(&people)
	}); err != nil || people != 1 {
		t.Errorf("%d people are stored, %v", people, err)
	}
	if p := w.read(text); p.Added != 5000 || p.Changed != 1 {
		t.Errorf("the second run: %+v", p)
	}
}

// TestImportAfterAKill: what a killed import left is out of sight, and the next
// one puts it back first.
func TestImportAfterAKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.list, entry(t, "ana@example.org"))
	before := w.seen()
	left := &store.Import{NewsletterID: w.list.ID, File: "killed.csv", By: "bea", Header: "[]"}
	if err := w.store.BeginImport(t.Context(), left, false); err != nil {
		t.Fatal(err)
	}
	dan := parse(t, "dan@example.org")
	err := w.db.Write(t.Context(), func(tx *database.Tx) error {
		return w.store.AddNewcomersTx(tx, left.ID, w.list.ID, store.Subscription{State: newsletter.SubscriptionActive},
			[]store.Newcomer{{Address: dan, Key: dan.Key(), Hash: key.AddressHash(dan.Key())}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.seen(); got != before {
		t.Errorf("half an import is seen:\n%s", got)
	}
	w.freeze()
	if n := w.balance().Audience(); n != 1 {
		t.Errorf("a send has %d readers", n)
	}
	if p := w.read("email\ndan@example.org\n"); p.Added != 1 {
		t.Errorf("plan %+v", p)
	}
	list, err := w.store.Imports(t.Context(), 10)
	if err != nil || len(list) != 2 || list[1].State != store.ImportStopped {
		t.Errorf("imports %+v, %v", list, err)
	}
}

func TestOneLongChangeAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := "email\ndan@example.org\n"
	r := w.request(text)
	asked := false
	r.List = &watched{rest: strings.NewReader(text), look: func() {
		asked = true
		if _, err := w.Import(t.Context(), w.request(text)); newsletter.KindOf(err) != newsletter.Conflict {
			t.Errorf("a second import meanwhile: %v", err)
		}
	}}
	if _, err := w.Import(t.Context(), r); err != nil || !asked {
		t.Fatal(asked, err)
	}
}

// TestUndoLeavesWhatHappenedSince: people whom an import added and who left, were
// edited or sent to since.
func TestUndoLeavesWhatHappenedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.read("email,name,tags\nleaver@example.org,L,x\nedited@example.org,E,x\nother@example.org,O,x\nquiet@example.org,Q,x\n")
	w.leave(w.person("leaver@example.org").ID)
	name := "Edda"
	if err := w.Edit(t.Context(), parse(t, "edited@example.org"), audience.Edit{Name: &name}, "bea"); err != nil {
		t.Fatal(err)
	}
	second := w.newsletter("second")
	w.add(second, entry(t, "other@example.org"))
	w.freeze()
	if _, err := w.Undo(t.Context(), "latest", "ana", nil); err != nil {
		t.Fatal(err)
	}
	if s := w.person("leaver@example.org").Subscriptions; len(s) != 1 || s[0].State != newsletter.SubscriptionUnsubscribed {
		t.Errorf("the leaver has %+v", s)
	}
	if p := w.person("edited@example.org"); p.Name != "Edda" || len(p.Subscriptions) != 0 || len(p.Tags) != 0 {
		t.Errorf("the edited one is %+v", p)
	}
	if s := w.person("other@example.org").Subscriptions; len(s) != 1 || s[0].Newsletter != "second" {
		t.Errorf("who was subscribed elsewhere has %+v", s)
	}
	if b := w.balance(); b[newsletter.DeliverySkipped] != 3 || b[newsletter.DeliveryPending] != 0 {
		t.Errorf("the send under way has %v", b)
	}
}

func TestOnlyTheirOwnSignUpLiftsASuppression(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		want   string
	}{{"by hand", ""}, {store.Bounced, ""}, {store.Erased, ""}, {store.Complained, "suppressed (complained)"}} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			x, err := w.Target("dan@example.org")
			if err != nil {
				t.Fatal(err)
			}
			x.Reason = c.reason
			if _, err := w.Suppress(t.Context(), x, "ana"); err != nil {
				t.Fatal(err)
			}
			w.read("email\ndan@example.org\n")
			dan := parse(t, "dan@example.org")
			says := func() string {
				s, err := w.Explain(t.Context(), dan, w.list, nil)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			if s := says(); !strings.Contains(s, "gets nothing") {
				t.Errorf("after the import: %s", s)
			}
			err = w.Confirm(t.Context(), w.list, dan, audience.Consent{Source: "form", Text: "yes"}, "link in a mail")
			if refused := newsletter.KindOf(err) == newsletter.Refused; err != nil && !refused || refused != (c.want != "") {
				t.Fatal(err)
			}
			if s := says(); c.want == "" && !strings.Contains(s, "dan@example.org gets The Weekly Lantern") || !strings.Contains(s, c.want) {
				t.Errorf("after the sign-up: %s", s)
			}
			if s := w.person("dan@example.org").Subscriptions[0]; c.want == "" && (!s.ConfirmedAt.Equal(noon) || s.ConfirmedHow != "link in a mail" || s.ConsentBy != audience.Reader) {
				t.Errorf("consent %+v", s)
			}
		})
	}
}

// TestEraseLeavesNoTrace looks for the address in every byte of the tables.
func TestEraseLeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.read("email,name,port\ndan@example.org,Danilo,Westport\neve@example.org,Eve,\n")
	trial := w.request("email,name,port\nDan@example.org,Danilo,Eastport\ndan@example.org, again,x\n")
	trial.Trial = true
	if _, err := w.Import(t.Context(), trial); err != nil {
		t.Fatal(err)
	}
	w.read("email,name,port\ndan@example.org,Danilo II,Eastport\n")
	w.freeze()
	id := w.person("dan@example.org").ID
	if err := w.Pause(t.Context(), id, w.list.ID, "ana"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Tag(t.Context(), store.Selection{}, "harbour", true, "ana"); err != nil {
		t.Fatal(err)
	}
	door, _ := w.door()
	w.must(door.Ask(t.Context(), audience.Asking{Newsletter: w.list, Address: parse(t, "dan@example.org"), Text: "yes", Source: "page"}))
	if _, err := door.Leave(t.Context(), token.Claims{Newsletter: w.list.ID, Subscriber: id}, audience.HowPage, "Danilo has no time"); err != nil {
		t.Fatal(err)
	}
	if found, err := w.Erase(t.Context(), parse(t, "DAN@example.org"), "ana"); !found || err != nil {
		t.Fatal(found, err)
	}
	path := t.TempDir() + "/copy.db"
	if err := w.db.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	data := readFile(t, path)
	for _, trace := range []string{"dan@", "Dan@", "Danilo", "Westport", "Eastport"} {
		if bytes.Contains(data, []byte(trace)) {
			t.Errorf("%q is still in the database", trace)
		}
	}
	if b := w.balance(); b.Audience() != 2 {
		t.Errorf("the bulletin's sum has changed: %v", b)
	}
	if p := w.read("email\ndan@example.org\n"); p.Added != 0 || p.Alone != 1 {
		t.Errorf("a list brings back who was erased: %+v", p)
	}
	fresh := entry(t, "new@example.org")
	w.add(w.list, fresh)
	if got := w.person("new@example.org").ID; got <= id {
		t.Errorf("the number %d was given again (%d)", id, got)
	}
}

// TestTransactionsAreShort measures how long others wait while a list is applied:
// not as a limit, which a busy machine breaks, but as the number of transactions.
func TestTransactionsAreShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	steps := map[int]bool{}
	r := w.request(list(6000))
	r.Progress = func(what string, done, _ int) {
		if what == "Importing" {
			steps[done] = true
		}
	}
	if _, err := w.Import(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(steps) < 3 {
		t.Errorf("6000 rows in %d transactions", len(steps))
	}
}

func FuzzImport(f *testing.F) {
	for _, s := range []string{"email\na@b.org\n", "email;name\na@b.org;\"x\n\"\n", "\xff\xfee\x00m\x00", "email\tname\na@b.org\t\xff", "email,email\n", "refused_line,email\n1,a@b.org\n"} {
		f.Add([]byte(s))
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r := w.request(string(data))
		r.Trial = true
		p, err := w.Import(t.Context(), r)
		if err != nil {
			return
		}
		rows := 0
		if err := w.store.ImportRows(t.Context(), p.ImportID, "", func(store.ImportRow) error {
			rows++
			return nil
		}); err != nil || rows != p.Subscribed+p.Known+p.Refused {
			t.Errorf("%d rows in the plan, counted %+v, %v", rows, p.Counts, err)
		}
	})
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
