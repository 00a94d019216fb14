package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"epistle/internal/assembly"
	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
	"epistle/internal/store"
)

// parts are the sections of a newsletter for choosers. Each has one item, which
// says "news of" and the section's name.
var parts = []string{"North", "East", "South", "West", "Islands", "Rivers", "Hills"}

func withParts(n *newsletter.Newsletter) {
	n.Sections, n.Staff = nil, nil
	for _, name := range parts {
		n.Sections = append(n.Sections, newsletter.Section{Name: name})
	}
}

func news(section string) string { return "Here is the news of " + section + "." }

// chooseable makes a bulletin of some sections; lead is "lead".
func (o *office) chooseable(sections ...string) *store.Bulletin {
	o.t.Helper()
	ctx := o.t.Context()
	for _, s := range sections {
		item := &store.Item{NewsletterID: o.newsletter.ID, Section: newsletter.SectionKey(s), Body: news(s), Author: "ana"}
		if err := errors.Join(o.store.AddItem(ctx, item), o.store.ApproveItem(ctx, item.ID, "ana")); err != nil {
			o.t.Fatal(err)
		}
	}
	out, err := assembly.New(o.store).Assemble(ctx, assembly.Request{Newsletter: o.newsletter, Date: newsletter.DateOf(o.clock.now()), By: "ana"})
	if err != nil {
		o.t.Fatal(err)
	}
	return out.Bulletin
}

// choose keeps a reader's choice.
func (o *office) choose(subscriber int64, c newsletter.Choice) {
	o.t.Helper()
	err := o.db.Write(o.t.Context(), func(tx *database.Tx) error { return o.store.SetChoiceTx(tx, subscriber, o.newsletter.ID, c) })
	if err != nil {
		o.t.Fatal(err)
	}
}

// subset declines the sections whose bits are set.
func subset(bits int) (c newsletter.Choice) {
	var declined []string
	for i, name := range parts {
		if bits&(1<<i) != 0 {
			declined = append(declined, newsletter.SectionKey(name))
		}
	}
	return newsletter.NewChoice(declined, bits&(1<<len(parts)) != 0)
}

// pick spreads small numbers over all subsets: no two have the same, and about half
// are text alone.
func pick(i int) int { return i * 37 % (1 << (len(parts) + 1)) }

// bodies decodes the parts of a message by their media type.
func bodies(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(r io.Reader) string {
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if media == "text/plain" {
		return map[string]string{media: read(quotedprintable.NewReader(m.Body))}
	}
	found := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart() // decodes quoted-printable by itself
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		found[kind] = read(p)
	}
}

func TestReadersGetWhatTheyChose(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, withParts)
	const subsets = 72 // more than are kept in memory; each is rendered, which takes a while
	o.crowd(subsets)
	for i := range subsets {
		if c := subset(pick(i)); c != (newsletter.Choice{}) {
			o.choose(int64(i+1), c)
		}
	}
	b := o.chooseable(append([]string{"lead"}, parts...)...)
	o.move(b, newsletter.BulletinApproved)
	o.move(b, newsletter.BulletinSending)
	s := o.start(4)
	s.await(t, 1, "bulletin sent")
	s.stop()

	o.balance(b, newsletter.Balance{newsletter.DeliverySent: subsets})
	taken := o.accepted()
	whole := parse(t, taken[reader(1)][0]).Header
	for i := range subsets {
		c, who := subset(pick(i)), reader(i+1)
		if len(taken[who]) != 1 {
			t.Fatalf("%s got %d messages", who, len(taken[who]))
		}
		m := parse(t, taken[who][0])
		got := bodies(t, m)
		if html, there := got["text/html"]; there == c.TextOnly || !c.TextOnly && strings.Contains(html, news("North")) == c.Declines("north") {
			t.Errorf("%s: the HTML is there: %v", c, there)
		}
		for _, name := range append([]string{"lead"}, parts...) {
			if has := strings.Contains(got["text/plain"], news(name)); has == c.Declines(newsletter.SectionKey(name)) {
				t.Errorf("%s: the news of %s is there: %v", c, name, has)
			}
		}
		for field := range whole {
			own := strings.HasPrefix(field, "Content-") || slices.Contains([]string{"To", "Message-Id", "List-Unsubscribe"}, field)
			if m.Header.Get(field) == "" || !own && m.Header.Get(field) != whole.Get(field) {
				t.Errorf("%s: %s is %q, for the whole bulletin %q", c, field, m.Header.Get(field), whole.Get(field))
			}
		}
	}
}

func TestWhoDeclinedAllIsSkippedAndTheLedgerBalances(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, withParts)
	const readers = 1100 // several chunks
	o.crowd(readers)
	without := newsletter.NewChoice([]string{"north", "east"}, false)
	for id := 1; id <= readers; id += 2 {
		o.choose(int64(id), without)
	}
	o.choose(2, newsletter.NewChoice([]string{"north", "hills"}, true))
	b := o.chooseable("North", "East")
	o.move(b, newsletter.BulletinApproved)
	o.move(b, newsletter.BulletinSending)
	o.sendAll(2)

	status := o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers / 2, newsletter.DeliverySkipped: readers / 2})
	if n := status.Classes[newsletter.DeliverySkipped]["nothing chosen"]; n != readers/2 {
		t.Errorf("%d are skipped because nothing was chosen", n)
	}
	if state := o.state(b).State; state != newsletter.BulletinSent {
		t.Errorf("the bulletin is %s", state)
	}
	taken := o.accepted()
	for id := 1; id <= readers; id++ {
		if want := 1 - id%2; len(taken[reader(id)]) != want {
			t.Fatalf("%s got %d messages, want %d", reader(id), len(taken[reader(id)]), want)
		}
	}
	if text := bodies(t, parse(t, taken[reader(2)][0]))["text/plain"]; strings.Contains(text, news("North")) || !strings.Contains(text, news("East")) {
		t.Errorf("who declined one of two sections got\n%s", text)
	}
}

func TestAChoiceMadeDuringTheSendCounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, withParts)
	o.crowd(3)
	b := o.chooseable("lead", "North")
	o.move(b, newsletter.BulletinApproved)
	o.move(b, newsletter.BulletinSending)
	if err := o.ledger.Freeze(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	o.choose(2, newsletter.NewChoice([]string{"north"}, false))
	o.sendAll(1)
	for id, want := range map[int]bool{1: true, 2: false, 3: true} {
		if text := bodies(t, parse(t, o.accepted()[reader(id)][0]))["text/plain"]; strings.Contains(text, news("North")) != want {
			t.Errorf("reader %d gets the section: %v", id, !want)
		}
	}
}

// editions gives a prepared edition and a plain one, for writing both ways.
func (o *office) editions(b *store.Bulletin) (fast, slow *Edition) {
	o.t.Helper()
	composer := NewComposer(o.store, o.secrets, o.links, o.signers)
	for _, e := range []**Edition{&fast, &slow} {
		var err error
		if *e, err = composer.Edition(o.t.Context(), b, 0); err != nil {
			o.t.Fatal(err)
		}
	}
	if why, err := fast.Prepare(); err != nil || why != "" {
		o.t.Fatalf("slow because %q, %v", why, err)
	}
	return fast, slow
}

func delivered(id int64, c newsletter.Choice) ledger.Delivery {
	return ledger.Delivery{Ref: ledger.Ref{BulletinID: 1, SubscriberID: id}, Email: reader(int(id)), Name: "Ana Keeper", Choice: c}
}

func TestEveryVariantIsTheSameBytesBothWays(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, withParts)
	b := o.chooseable(append([]string{"lead"}, parts...)...)
	o.move(b, newsletter.BulletinApproved)
	o.move(b, newsletter.BulletinSending)
	fast, slow := o.editions(b)
	var used *message.Message
	for i := range 16 {
		c := subset(pick(i))
		part, err := fast.variant(c)
		if err != nil || part.form == nil || part.form.Slow() != "" {
			t.Fatalf("%s: %v, or slow", c, err)
		}
		for id := range int64(3) {
			d := delivered(id*1000+1, c)
			got, err := fast.Write(used, d)
			if err != nil {
				t.Fatal(err)
			}
			used = got
			want, err := slow.Message(d)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want.Bytes()) || got.From != want.From || got.To != want.To {
				t.Fatalf("%s: spliced\n%s\ncomposed\n%s", c, got.Bytes(), want.Bytes())
			}
		}
	}
}

func TestAtMost64VariantsAreKept(t *testing.T) {
	t.Parallel()
	var vs variants
	often, rarely := vs.take(subset(1)), vs.take(subset(2))
	for bits := 3; bits < 1<<len(parts); bits++ {
		vs.take(subset(bits))
		if vs.take(subset(1)) != often {
			t.Fatal("a variant that is asked for again and again was forgotten")
		}
		if n := len(vs.kept); n >= maxVariants {
			t.Fatalf("%d variants are kept beside the whole bulletin", n)
		}
	}
	if n := len(vs.kept); n != maxVariants-1 {
		t.Errorf("%d variants are kept", n)
	}
	if vs.take(subset(2)) == rarely {
		t.Error("the variant that was not asked for longest was kept")
	}
	vs.drop(subset(1), rarely)
	if vs.take(subset(1)) != often {
		t.Error("a variant was dropped in the place of another")
	}
	vs.drop(subset(1), often)
	if vs.take(subset(1)) == often {
		t.Error("a variant that failed is kept")
	}
}

func TestVariantsAreMadeOnceForAllWhoAskAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, withParts)
	b := o.chooseable("lead", "North", "East")
	fast, _ := o.editions(b)
	var all sync.WaitGroup
	found := make([]*variant, 50)
	for i := range found {
		all.Go(func() {
			// Who declines what the bulletin has not is like everybody else.
			c := newsletter.NewChoice([]string{"north", fmt.Sprintf("other-%d", i)}, false)
			found[i], _ = fast.variant(c)
			if _, err := fast.Write(nil, delivered(int64(i+1), c)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, v := range found {
		if v == nil || v != found[0] {
			t.Fatal("readers of the same sections have different variants")
		}
	}
	if whole, err := fast.variant(newsletter.NewChoice([]string{"hills"}, false)); err != nil || whole != fast.whole {
		t.Errorf("who declines nothing that is there does not get the whole bulletin: %v", err)
	}
}

func TestVariantIsALetterOfItsOwn(t *testing.T) {
	t.Parallel()
	doc := &newsletter.Document{
		Subject: "Lamps", Pseudonyms: []string{"Maren"},
		Content: newsletter.Content{Title: "Lamps", Note: `\* Names are changed.`, Sections: []newsletter.ContentSection{
			{Key: "north", Heading: "North", Items: []newsletter.ContentItem{{Text: "Give thanks for Maren*."}}},
			{Key: "east", Heading: "East", Items: []newsletter.ContentItem{{Text: "The ferry runs."}}},
		}},
	}
	keeps := chosen(doc, newsletter.NewChoice([]string{"east"}, false))
	if !slices.Equal(keeps.Pseudonyms, doc.Pseudonyms) || keeps.Content.Note != doc.Content.Note {
		t.Errorf("the footnote went although its name remains: %q, %q", keeps.Pseudonyms, keeps.Content.Note)
	}
	lacks := chosen(doc, newsletter.NewChoice([]string{"north"}, false))
	if len(lacks.Pseudonyms) != 0 || lacks.Content.Note != "" || lacks.Subject != doc.Subject {
		t.Errorf("the footnote stays without its name: %q, %q", lacks.Pseudonyms, lacks.Content.Note)
	}
	if doc.Content.Note == "" || len(doc.Pseudonyms) != 1 {
		t.Error("the whole bulletin was changed")
	}
	doc.Pseudonyms = nil
	if other := chosen(doc, newsletter.NewChoice([]string{"north"}, false)); other.Content.Note == "" {
		t.Error("a note that is about no pseudonym went")
	}
}

func TestThePreheaderIsOfWhatRemains(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, withParts)
	b := o.chooseable("North", "East")
	_, slow := o.editions(b)
	for declined, first := range map[string]string{"north": "East", "east": "North"} {
		part, err := slow.variant(newsletter.NewChoice([]string{declined}, false))
		if err != nil {
			t.Fatal(err)
		}
		html, _ := slow.fill(part, delivered(1, newsletter.Choice{}))
		_, after, _ := strings.Cut(html, `class="preheader"`)
		if !strings.HasPrefix(after[strings.Index(after, ">")+1:], news(first)) {
			t.Errorf("without %s the preheader is %.80q", declined, after)
		}
	}
}

func TestAPauseEndsBeforeTheAudienceIsFrozen(t *testing.T) {
	t.Parallel()
	o := newOffice(t, smtptest.Options{}, withParts)
	o.crowd(3)
	for id, until := range map[int64]time.Time{1: o.clock.now(), 2: o.clock.now().Add(time.Minute)} {
		if err := o.audience.Pause(t.Context(), id, o.newsletter.ID, "reader"); err != nil {
			t.Fatal(err)
		}
		if err := o.db.Write(t.Context(), func(tx *database.Tx) error { return o.store.SetPauseTx(tx, id, o.newsletter.ID, until) }); err != nil {
			t.Fatal(err)
		}
	}
	b := o.chooseable("lead")
	o.move(b, newsletter.BulletinApproved)
	o.move(b, newsletter.BulletinSending)
	o.sendAll(1)
	o.balance(b, newsletter.Balance{newsletter.DeliverySent: 2})
	if taken := o.accepted(); len(taken[reader(1)]) != 1 || len(taken[reader(2)]) != 0 {
		t.Error("the wrong pause ended")
	}
}
