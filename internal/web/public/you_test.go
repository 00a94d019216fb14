package public

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"epistle/internal/address"
	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/token"
)

func TestTheAddressChangesOnceItsOwnerSaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	you := o.choose(o.weekly) + "/you"
	status, page := o.get(you)
	o.wants(status, page, 200, "<bdi>a…@h….example</bdi>", "-"+ana)
	status, page = o.post(you, "do", "address", "address", " Ana@New.Example ")
	o.wants(status, page, 200, "If we may write to <bdi>Ana@New.Example</bdi>, a letter is on its way")
	letter, link := o.last()
	if letter.Email != "Ana@new.example" || letter.Name != "" || len(o.letters()) != 1 || o.person().Email != ana {
		t.Fatalf("the letter goes to %q, %s", letter.Email, letter.Name)
	}
	for range 2 { // scanners open links
		status, page = o.get(link)
		o.wants(status, page, 200, "Use this address from now on?", "Yes, use this address", "-"+ana)
	}
	if o.person().Email != ana {
		t.Error("opening the link changed the address")
	}
	status, page = o.post(link)
	o.wants(status, page, 200, "Your new address is used")
	status, page = o.post(link)
	o.wants(status, page, 200, "This link has done its work")
	if o.person().Email != "Ana@new.example" || o.audited("subscriber.address") != 1 {
		t.Errorf("the address is %s", o.person().Email)
	}
	// What was mailed before names the reader and works still.
	status, page = o.get(o.choose(o.weekly))
	o.wants(status, page, 200, "What you get of")

	told, back := o.last()
	if told.Email != ana || !strings.Contains(strings.Join(told.Letter.Paragraphs, " "), "A…@n….example") {
		t.Fatalf("who is told is %s: %q", told.Email, told.Letter.Paragraphs)
	}
	status, page = o.get(back)
	o.wants(status, page, 200, "Take the change back?")
	status, page = o.post(back)
	o.wants(status, page, 200, "The change was taken back")
	if o.person().Email != ana {
		t.Errorf("after taking it back the address is %s", o.person().Email)
	}
	if last, _ := o.last(); last.Email != "Ana@new.example" || len(last.Letter.Links) != 0 {
		t.Errorf("who is told of the way back is %s", last.Email)
	}
}

func TestTheWayBackOutlivesASecondChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	you := o.choose(o.weekly) + "/you"
	move := func(to string) (back string) {
		o.post(you, "do", "address", "address", to)
		_, link := o.last()
		o.post(link)
		_, back = o.last()
		return back
	}
	first := move("one@thief.example")
	second := move("two@thief.example")
	// Meanwhile nothing about the reader goes out to the new address.
	for _, do := range []string{"download", "erase"} {
		before := len(o.letters())
		status, page := o.post(you, "do", do)
		o.wants(status, page, http.StatusUnprocessableEntity, "Your address was changed a few days ago")
		if len(o.letters()) != before {
			t.Errorf("%s: a link was mailed to an address that may be a stranger's", do)
		}
	}
	status, page := o.post(first)
	o.wants(status, page, 200, "The change was taken back")
	status, page = o.post(second)
	o.wants(status, page, 200, "This link can no longer be used")
	if o.person().Email != ana {
		t.Errorf("the address is %s", o.person().Email)
	}
	o.now = o.now.Add(audience.AddressBackFor + time.Hour)
	status, page = o.post(first)
	o.wants(status, page, http.StatusGone)
	status, page = o.post(you, "do", "download")
	o.wants(status, page, 200, "A letter with the link is on its way")
}

func TestAddressesThatCannotBeHersGetTheSameAnswer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.subscribe(o.weekly, "bea@harbour.example")
	gone, err := address.Parse("gone@harbour.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.audience.Erase(t.Context(), gone, "ana"); err != nil {
		t.Fatal(err)
	}
	you := o.choose(o.weekly) + "/you"
	blank := regexp.MustCompile(`[a-z]+@harbour\.example|a…@h….example`)
	var first string
	for _, typed := range []string{"free@harbour.example", "bea@harbour.example", "gone@harbour.example"} {
		status, page := o.post(you, "do", "address", "address", typed)
		o.wants(status, page, 200, typed)
		if page = blank.ReplaceAllString(page, "ADDRESS"); first == "" {
			first = page
		}
		if page != first {
			t.Errorf("%s gets another answer:\n%s", typed, page)
		}
	}
	var to []string
	for _, n := range o.letters() {
		to = append(to, n.Kind+" "+n.Email)
		if n.Email == "bea@harbour.example" && len(n.Letter.Links) != 0 {
			t.Error("who has the address already got a link")
		}
	}
	if got := strings.Join(to, ", "); got != "address free@harbour.example, address taken bea@harbour.example" {
		t.Errorf("letters: %s", got)
	}
	// Somebody takes the address before the link is used.
	o.now = o.now.Add(time.Hour)
	o.subscribe(o.weekly, "free@harbour.example")
	link := strings.TrimPrefix(o.letters()[0].Letter.Links[0].URL, "https://news.example.org")
	status, page := o.post(link)
	o.wants(status, page, 200, "This link can no longer be used", "-free@")
	if o.person().Email != ana {
		t.Error("the address of somebody else was taken")
	}
	status, page = o.post(you, "do", "address", "address", "no address")
	o.wants(status, page, http.StatusUnprocessableEntity, "This cannot be an e-mail address", `value="no address"`, `aria-describedby="new-fault"`)
}

func TestLettersAreBounded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	you := o.choose(o.weekly) + "/you"
	for do, words := range map[string]string{"address": "Please look for our letters", "download": "Please look for our letters", "erase": "Please look for our letters"} {
		before := len(o.letters())
		for i := range audience.PerReaderDay + 2 {
			status, page := o.post(you, "do", do, "address", "new"+string(rune('a'+i))+"@harbour.example")
			if i < audience.PerReaderDay {
				o.wants(status, page, 200, "on its way")
			} else {
				o.wants(status, page, http.StatusUnprocessableEntity, words)
			}
		}
		if n := len(o.letters()) - before; n != audience.PerReaderDay {
			t.Errorf("%s: %d letters", do, n)
		}
	}
	o.now = o.now.Add(24 * time.Hour)
	if status, page := o.post(you, "do", "erase"); status != 200 {
		t.Errorf("the next day: status %d, %s", status, page)
	}
}

func TestOneMailboxIsNotFloodedThroughManyReaders(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 6 {
		id := o.subscribe(o.weekly, "reader"+string(rune('a'+i))+"@harbour.example")
		path := "/choose/" + o.secrets.Links.Sign(token.Choose, token.Claims{Newsletter: o.weekly.ID, Subscriber: id}, time.Time{}) + "/you"
		status, page := o.post(path, "do", "address", "address", "victim@harbour.example")
		o.wants(status, page, 200, "If we may write to")
	}
	if n := len(o.letters()); n != audience.PerAddressDay {
		t.Errorf("%d letters went to one mailbox", n)
	}
}

func TestAReaderDownloadsWhatIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.post(o.choose(o.weekly), "do", "choose", "shown", "river-towns")
	status, page := o.post(o.choose(o.weekly)+"/you", "do", "download")
	o.wants(status, page, 200, "A letter with the link is on its way", "-"+ana)
	letter, link := o.last()
	if letter.Email != ana || letter.SubscriberID != 1 {
		t.Fatalf("the letter goes to %s", letter.Email)
	}
	status, page = o.get(link)
	o.wants(status, page, 200, "Download the file", "-"+ana)
	for range 2 {
		status, page = o.post(link)
		var story struct {
			Email         string `json:"email"`
			Subscriptions []struct {
				Newsletter string
				Choice     struct{ Declined []string }
			} `json:"subscriptions"`
		}
		if err := json.Unmarshal([]byte(page), &story); err != nil || status != 200 {
			t.Fatalf("%d, %v: %s", status, err, page)
		}
		if story.Email != ana || len(story.Subscriptions) != 2 || len(story.Subscriptions[1].Choice.Declined) != 1 {
			t.Errorf("%+v", story)
		}
	}
	o.now = o.now.Add(audience.DownloadFor)
	status, page = o.post(link)
	o.wants(status, page, http.StatusGone, "This link has run out", "-"+ana)
}

func TestAReaderIsForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.post(o.choose(o.weekly)+"/you", "do", "address", "address", "new@harbour.example")
	o.post(o.choose(o.weekly)+"/you", "do", "erase")
	_, link := o.last()
	status, page := o.get(link)
	o.wants(status, page, 200, "Erased are your address", "a fingerprint of your address", "There is no way back", "Yes, erase everything")
	if o.person() == nil {
		t.Fatal("opening the link erased the reader")
	}
	status, page = o.post(link)
	o.wants(status, page, 200, "Everything about you was erased")
	if o.person() != nil || len(o.letters()) != 0 {
		t.Error("something of the reader is left")
	}
	for _, path := range []string{link, o.choose(o.weekly), o.choose(o.weekly) + "/you"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			status, page = o.do(method, path, url.Values{"do": {"resume"}})
			o.wants(status, page, http.StatusGone, "This link can no longer be used", "-"+ana)
		}
	}
	err := o.store.DB().Read(t.Context(), func(tx *database.Tx) error {
		var n int
		for _, q := range []string{`SELECT COUNT(*) FROM notices WHERE email <> '' OR letter <> ''`, `SELECT COUNT(*) FROM wishes`, `SELECT COUNT(*) FROM choices`} {
			if err := tx.QueryRow(q).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: %d, %v", q, n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAddressesThatNobodyConfirmedAreForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.post(o.choose(o.weekly)+"/you", "do", "address", "address", "new@harbour.example")
	letter, link := o.last()
	forget := func() {
		t.Helper()
		if err := o.audience.Preferences(o.secrets.Links, "").Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	o.now = o.now.Add(audience.AddressFor)
	forget()
	if last, _ := o.last(); last.Email != letter.Email {
		t.Error("the wish is forgotten while it still counts for the limits")
	}
	o.now = o.now.Add(25 * time.Hour)
	forget()
	if len(o.letters()) != 0 {
		t.Error("the letter waits still")
	}
	err := o.store.DB().Read(t.Context(), func(tx *database.Tx) error {
		var n int
		err := tx.QueryRow(`SELECT (SELECT COUNT(*) FROM wishes) + (SELECT COUNT(*) FROM notices WHERE email <> '' OR letter <> '')`).Scan(&n)
		if n != 0 {
			t.Errorf("%d rows still hold the address", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	status, page := o.post(link)
	o.wants(status, page, http.StatusGone)
}
