package public

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
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

// office is the pages over a real database, with Ana (number 1) as a reader of the
// weekly, which is English, and of the monthly, which is German.
type office struct {
	t               *testing.T
	now             time.Time
	server          *httptest.Server
	store           *store.Store
	ledger          *ledger.Ledger
	audience        *audience.Audience
	secrets         *store.Secrets
	weekly, monthly *newsletter.Newsletter
}

const ana = "ana@harbour.example"

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, now: time.Date(2027, 3, 12, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return o.now }
	db := databasetest.New(t)
	o.store = store.New(db, now)
	o.ledger = ledger.New(db, now, slog.New(slog.DiscardHandler))
	var err error
	if o.secrets, err = o.store.Secrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.audience = audience.New(o.store, o.ledger, o.secrets.Address)
	o.weekly = o.newsletter("weekly", "The Weekly Lantern", "en", "Northern Coast", "River Towns")
	o.monthly = o.newsletter("monthly", "Die Monatslaterne", "de")
	for _, n := range []*newsletter.Newsletter{o.weekly, o.monthly} {
		o.subscribe(n, ana)
	}
	o.server = httptest.NewServer(Handler(Options{
		Tokens: o.secrets.Links, PublicURL: "https://news.example.org", Now: now,
		Preferences: o.audience.Preferences(o.secrets.Links, "https://news.example.org"),
	}))
	t.Cleanup(o.server.Close)
	return o
}

func (o *office) newsletter(slug, name, language string, sections ...string) *newsletter.Newsletter {
	o.t.Helper()
	n := &newsletter.Newsletter{
		Slug: slug, Name: name, From: newsletter.Address{Email: "lantern@example.org"}, ListID: slug + ".example.org",
		Language: language, TimeZone: "Europe/Berlin", Policy: newsletter.DefaultPolicy(),
	}
	for _, s := range sections {
		n.Sections = append(n.Sections, newsletter.Section{Name: s})
	}
	if err := o.store.AddNewsletter(o.t.Context(), n, "ana"); err != nil {
		o.t.Fatal(err)
	}
	return n
}

func (o *office) subscribe(n *newsletter.Newsletter, email string) (id int64) {
	o.t.Helper()
	a, err := address.Parse(email)
	if err != nil {
		o.t.Fatal(err)
	}
	e := audience.Entry{Address: a, Person: store.Subscriber{Name: "Ana Ruiz"}}
	if _, err := o.audience.Add(o.t.Context(), n, []audience.Entry{e}, audience.Consent{Source: "test"}, "ana"); err != nil {
		o.t.Fatal(err)
	}
	p, err := o.store.Subscriber(o.t.Context(), a)
	if err != nil {
		o.t.Fatal(err)
	}
	return p.ID
}

// choose is the path of Ana's page for a newsletter.
func (o *office) choose(n *newsletter.Newsletter) string {
	return "/choose/" + o.secrets.Links.Sign(token.Choose, token.Claims{Newsletter: n.ID, Subscriber: 1}, time.Time{})
}

func (o *office) get(path string) (status int, page string) { return o.do(http.MethodGet, path, nil) }

func (o *office) post(path string, fields ...string) (status int, page string) {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return o.do(http.MethodPost, path, form)
}

func (o *office) do(method, path string, form url.Values) (status int, page string) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if len(resp.Cookies()) > 0 {
		o.t.Error("a cookie was set")
	}
	return resp.StatusCode, html.UnescapeString(string(b))
}

// wants fails the test unless the page has a status and the words, and lacks those
// that begin with "-".
func (o *office) wants(status int, page string, want int, words ...string) {
	o.t.Helper()
	if status != want {
		o.t.Errorf("status %d, want %d: %s", status, want, page)
	}
	for _, w := range words {
		if word, lacks := strings.CutPrefix(w, "-"); lacks == strings.Contains(page, word) {
			o.t.Errorf("%q is there: %v\n%s", word, lacks, page)
		}
	}
}

// person is Ana, or whoever has her number.
func (o *office) person() (p *store.Subscriber) {
	o.t.Helper()
	err := o.store.DB().Read(o.t.Context(), func(tx *database.Tx) (err error) {
		p, err = o.store.PersonTx(tx, 1)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// letters gives what is to be mailed, the oldest first.
func (o *office) letters() []*ledger.Notice {
	o.t.Helper()
	all, err := o.ledger.DueNotices(o.t.Context(), 100)
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// last is the latest letter, and the path of its link.
func (o *office) last() (n *ledger.Notice, path string) {
	o.t.Helper()
	all := o.letters()
	if len(all) == 0 {
		o.t.Fatal("nothing is to be mailed")
	}
	n = all[len(all)-1]
	if len(n.Letter.Links) == 1 {
		path = strings.TrimPrefix(n.Letter.Links[0].URL, "https://news.example.org")
	}
	return n, path
}

func (o *office) audited(action string) (n int) {
	o.t.Helper()
	all, err := o.store.History(o.t.Context(), 1)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, e := range all {
		if e.Action == action && e.Actor == audience.Reader {
			n++
		}
	}
	return n
}

func TestAReaderChoosesSections(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := o.choose(o.weekly)
	status, page := o.get(path)
	o.wants(status, page, 200, "<h1>What you get of <bdi>The Weekly Lantern</bdi></h1>", "Northern Coast", `value="river-towns" checked`,
		"What you get of <bdi lang=\"de\">Die Monatslaterne</bdi>", "-harbour", "-Ana Ruiz", "-role=\"status\"")

	status, page = o.post(path, "do", "choose", "shown", "northern-coast", "shown", "river-towns", "section", "river-towns", "text_only", "1")
	o.wants(status, page, 200, "Saved. It counts from the next bulletin on", `value="northern-coast">`, `value="river-towns" checked`, `name="text_only" value="1" checked`)
	want := newsletter.NewChoice([]string{"northern-coast"}, true)
	if c := o.person().Subscriptions[1].Choice; c == nil || *c != want {
		t.Errorf("the choice is %v", c)
	}
	if o.person().Subscriptions[0].Choice != nil {
		t.Error("the other newsletter changed too")
	}
	o.post(path, "do", "choose", "shown", "northern-coast", "shown", "river-towns", "section", "river-towns", "text_only", "1")
	if n := o.audited("subscription.choose"); n != 1 {
		t.Errorf("%d changes are in the audit log, want one", n)
	}

	// A section that came after the page was shown is not declined, one that was not
	// asked about stays declined, and one that is not the newsletter's is ignored.
	o.post(path, "do", "choose", "shown", "river-towns", "shown", "made-up")
	if c := o.person().Subscriptions[1].Choice; c == nil || *c != newsletter.NewChoice([]string{"northern-coast", "river-towns"}, false) {
		t.Errorf("the choice is %v", c)
	}
	o.post(path, "do", "choose", "shown", "northern-coast", "shown", "river-towns", "section", "northern-coast", "section", "river-towns")
	if c := o.person().Subscriptions[1].Choice; c != nil {
		t.Errorf("everything again, but the choice is %v", c)
	}
}

func TestAReaderPausesAndEndsThePause(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := o.choose(o.weekly)
	status, page := o.get(path)
	o.wants(status, page, 200, "For two weeks, until 26 March 2027", "For a month, until 11 April 2027", `min="2027-03-13"`)
	status, page = o.post(path, "do", "pause", "days", "14")
	o.wants(status, page, 200, "No bulletin comes before 26 March 2027", "Bulletins come again from 26 March 2027 on", "End the pause now")
	sub := o.person().Subscriptions[1]
	if berlin := sub.PausedUntil.UTC(); sub.State != newsletter.SubscriptionPaused || !berlin.Equal(time.Date(2027, 3, 25, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("%s until %s, want until midnight in Berlin", sub.State, berlin)
	}
	status, page = o.post(path, "do", "pause", "until", " 2027-05-01 ")
	o.wants(status, page, 200, "No bulletin comes before 1 May 2027")
	status, page = o.post(path, "do", "resume")
	o.wants(status, page, 200, "The pause is over.", "For two weeks")
	if sub := o.person().Subscriptions[1]; sub.State != newsletter.SubscriptionActive || !sub.PausedUntil.IsZero() {
		t.Errorf("%s until %s", sub.State, sub.PausedUntil)
	}
	o.post(path, "do", "resume")
	if p, r := o.audited("subscription.paused"), o.audited("subscription.resumed"); p != 2 || r != 1 {
		t.Errorf("%d pauses and %d ends of them are in the audit log", p, r)
	}
}

func TestDaysThatAreNoneAreRefusedBesideTheField(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for until, words := range map[string]string{
		"":           "Please write a day like",
		"1 May":      "Please write a day like",
		"<b>x</b>":   "Please write a day like",
		"2027-02-30": "Please write a day like",
		"2027-03-12": "Please choose a day after today",
		"2026-01-01": "Please choose a day after today",
		"2029-01-01": "Please choose a day within a year",
	} {
		status, page := o.post(o.choose(o.weekly), "do", "pause", "until", until)
		o.wants(status, page, http.StatusUnprocessableEntity, words, `aria-invalid="true" aria-describedby="until-fault"`, `value="`+until+`"`, "-role=\"status\"")
	}
	for _, days := range []string{"x", "-1", "0", "10000"} {
		if status, page := o.post(o.choose(o.weekly), "do", "pause", "days", days); status != http.StatusUnprocessableEntity {
			t.Errorf("%s days: status %d, %s", days, status, page)
		}
	}
	if sub := o.person().Subscriptions[1]; sub.State != newsletter.SubscriptionActive {
		t.Errorf("the subscription is %s", sub.State)
	}
}

func TestPagesSpeakTheReadersLanguage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	status, page := o.get(o.choose(o.monthly))
	o.wants(status, page, 200, `<html lang="de" dir="ltr">`, "Zwei Wochen, bis zum 26. März 2027", `<option value="" selected>`)
	status, page = o.post(o.choose(o.monthly), "do", "language", "language", "en")
	o.wants(status, page, 200, `<html lang="en" dir="ltr">`, "Saved. The bulletins themselves", `<bdi lang="de">Die Monatslaterne</bdi>`, `<option value="en" lang="en" selected>`)
	o.post(o.choose(o.weekly), "do", "language", "language", "de")
	status, page = o.get(o.choose(o.weekly))
	o.wants(status, page, 200, `<html lang="de" dir="ltr">`, `<bdi lang="en">Northern Coast</bdi>`)
	if o.person().Language != "de" {
		t.Error("the language was not kept")
	}
	if status, _ = o.post(o.choose(o.weekly), "do", "language", "language", "<nonsense>"); status != http.StatusBadRequest {
		t.Errorf("a language that is none: status %d", status)
	}
	o.post(o.choose(o.weekly), "do", "language", "language", "")
	if o.person().Language != "" {
		t.Error("the newsletter's own language was not kept")
	}
}

func TestLinksOfOnePurposeAreForgedForAnother(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	claims := token.Claims{Newsletter: o.weekly.ID, Subscriber: 1, Row: 1}
	o.post(o.choose(o.weekly)+"/you", "do", "download")
	for path, purpose := range map[string]token.Purpose{
		"/choose/": token.Unsubscribe, "/address/": token.Choose, "/download/": token.Choose, "/erase/": token.Download, "/u/": token.Choose,
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			status, page := o.do(method, path+o.secrets.Links.Sign(purpose, claims, time.Time{}), nil)
			o.wants(status, page, http.StatusNotFound, "This link does not work", "-"+ana)
		}
	}
	// A genuine link about the wish of another kind, or of another reader.
	bea := o.subscribe(o.weekly, "bea@harbour.example")
	for _, path := range []string{
		"/erase/" + o.secrets.Links.Sign(token.Erase, claims, time.Time{}),
		"/download/" + o.secrets.Links.Sign(token.Download, token.Claims{Newsletter: o.weekly.ID, Subscriber: bea, Row: 1}, time.Time{}),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			status, page := o.do(method, path, nil)
			o.wants(status, page, http.StatusGone, "-"+ana)
		}
	}
	if o.person() == nil {
		t.Error("the reader was erased")
	}
}

func TestWhoGetsNothingIsToldSo(t *testing.T) {
	t.Parallel()
	for state, words := range map[newsletter.SubscriptionState]string{
		newsletter.SubscriptionUnsubscribed: "You have left this newsletter",
		newsletter.SubscriptionSuspended:    "your mailbox refused our mail",
		newsletter.SubscriptionPending:      "waits for your answer",
	} {
		o := newOffice(t)
		err := o.store.DB().Write(context.WithoutCancel(t.Context()), func(tx *database.Tx) error {
			_, _, err := o.store.SetSubscriptionTx(tx, 1, o.weekly.ID, state, "test")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		status, page := o.get(o.choose(o.weekly))
		o.wants(status, page, 200, words, "-Pause for a while", "-/u/")
		for _, do := range []string{"resume", "pause"} {
			status, page = o.post(o.choose(o.weekly), "do", do, "days", "14")
			o.wants(status, page, http.StatusConflict)
		}
		if got := o.person().Subscriptions[1].State; got != state {
			t.Errorf("%s became %s", state, got)
		}
	}
}

func TestNonsenseOnTheReadersPageIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, path := range []string{o.choose(o.weekly), o.choose(o.weekly) + "/you"} {
		status, page := o.post(path, "do", "<script>")
		o.wants(status, page, http.StatusBadRequest, "-<script>")
		status, page = o.do(http.MethodPost, path, nil)
		o.wants(status, page, http.StatusBadRequest)
		if status, _ = o.do(http.MethodPut, path, nil); status != http.StatusMethodNotAllowed {
			t.Errorf("PUT: status %d", status)
		}
	}
}

func TestAFurtherNewsletterIsOnePressAndOneLetterAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	daily := o.newsletter("daily", "The Daily Lantern", "en")
	closed := o.newsletter("closed", "The Closed Lantern", "en")
	status, page := o.get(o.choose(o.weekly))
	o.wants(status, page, 200, "-Daily", "-Closed")
	daily.Public.Subscribe = true
	if err := o.store.EditNewsletter(t.Context(), daily, "ana"); err != nil {
		t.Fatal(err)
	}
	status, page = o.get(o.choose(o.weekly))
	o.wants(status, page, 200, "Subscribe to <bdi>The Daily Lantern</bdi>", "By pressing the button I ask for <bdi>The Daily Lantern</bdi>", "-Closed")
	status, page = o.post(o.choose(o.weekly), "do", "join", "newsletter", "daily")
	o.wants(status, page, 200, "A letter is on its way to your address")
	letter, link := o.last()
	if letter.Email != ana || letter.NewsletterID != daily.ID || !strings.HasPrefix(link, "/confirm/") {
		t.Fatalf("the letter goes to %s, its link is %s", letter.Email, link)
	}
	if n := len(o.person().Subscriptions); n != 2 {
		t.Error("whoever has the link to the page subscribed the reader")
	}
	if _, err := o.audience.Door(o.secrets.Links, "").Confirm(t.Context(), o.claims(link)); err != nil {
		t.Fatal(err)
	}
	sub := o.person().Subscriptions[0]
	if sub.Newsletter != "daily" || sub.ConsentText != "By pressing the button I ask for The Daily Lantern by e-mail. I can leave at any time with one click." {
		t.Errorf("the consent is %q for %s", sub.ConsentText, sub.Newsletter)
	}
	status, page = o.get(o.choose(o.weekly))
	o.wants(status, page, 200, "What you get of <bdi>The Daily Lantern</bdi>", "-Subscribe to")
	for _, slug := range []string{"daily", closed.Slug, "nothing", ""} {
		before := len(o.letters())
		status, page = o.post(o.choose(o.weekly), "do", "join", "newsletter", slug)
		o.wants(status, page, http.StatusConflict)
		if len(o.letters()) != before {
			t.Errorf("%q: a letter was sent", slug)
		}
	}
}

// claims reads what a link to confirm says.
func (o *office) claims(link string) token.Claims {
	o.t.Helper()
	c, err := o.secrets.Links.Verify(token.Confirm, strings.TrimPrefix(link, "/confirm/"), o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}
