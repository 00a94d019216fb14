package public

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func TestSubscribingTakesAFormALetterAndAButton(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	resp, page := v.subscribe("keeper@harbour.example")
	v.told(resp, page, 200, "Look into your mailbox")
	if !strings.Contains(page, "<bdi>keeper@harbour.example</bdi>") {
		t.Errorf("the page does not repeat the address: %s", page)
	}
	mail := v.mail()
	if len(mail) != 1 || mail[0].Email != "keeper@harbour.example" {
		t.Fatalf("mail %+v", mail)
	}
	// A scanner opens the link as often as it likes.
	for _, method := range []string{"GET", "HEAD", "GET"} {
		if resp, _ := v.send(method, v.path(mail[0]), nil); resp.StatusCode != 200 {
			t.Errorf("%s: status %d", method, resp.StatusCode)
		}
	}
	if got := v.state("keeper@harbour.example"); got != "" {
		t.Errorf("opening the link made the subscription %s", got)
	}
	resp, page = v.get(v.path(mail[0]))
	v.told(resp, page, 200, "Get The Weekly Lantern by e-mail?")
	if n := strings.Count(page, "<button"); n != 1 || between(t, page, `action="`, `"`) != v.path(mail[0]) {
		t.Errorf("%d buttons: %s", n, page)
	}
	resp, page = v.post(v.path(mail[0]), nil)
	v.told(resp, page, 200, "You now get The Weekly Lantern")
	s := v.person("keeper@harbour.example").Subscriptions[0]
	want := "By pressing the button I ask for The Weekly Lantern by e-mail. I can leave at any time with one click."
	if s.State != newsletter.SubscriptionActive || s.ConsentText != want || s.ConsentSource != "sign-up page" || s.ConfirmedAt.IsZero() {
		t.Errorf("subscription %+v", s)
	}
	resp, page = v.post(v.path(mail[0]), nil)
	v.told(resp, page, 200, "You get The Weekly Lantern")
	resp, page = v.get(v.path(mail[0]))
	v.told(resp, page, 200, "You get The Weekly Lantern")
}

func TestConsentIsTheSentenceThatWasShown(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, page := v.get("/subscribe/weekly")
	shown := strings.NewReplacer("<bdi>", "", "</bdi>", "").Replace(between(t, page, `<p class="consent">`, "</p>"))
	v.subscribe("keeper@harbour.example")
	v.post(v.path(v.mail()[0]), nil)
	if got := v.person("keeper@harbour.example").Subscriptions[0].ConsentText; got != shown {
		t.Errorf("kept %q, shown %q", got, shown)
	}
}

func TestAnswerSaysNothingAboutAnAddress(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	x, err := v.audience.Target("annoyed@harbour.example")
	v.must(err)
	x.Reason = store.Complained
	_, err = v.audience.Suppress(t.Context(), x, "ana")
	v.must(err)
	var first string
	for _, who := range []string{"stranger", "reader", "annoyed"} {
		resp, page := v.subscribe(who + "@harbour.example")
		page = strings.ReplaceAll(page, who, "SOMEBODY")
		if first == "" {
			first = page
		}
		if resp.StatusCode != 200 || page != first {
			t.Errorf("%s: status %d, and the page differs:\n%s\n%s", who, resp.StatusCode, page, first)
		}
	}
	kinds := map[string]string{}
	for _, n := range v.mail() {
		kinds[n.Email] = n.Kind
	}
	if len(kinds) != 2 || kinds["stranger@harbour.example"] != store.SignupConfirm || kinds["reader@harbour.example"] != store.SignupKnown {
		t.Errorf("mail %v", kinds)
	}
	// The note to who gets it already leads to their choices, and to leaving.
	for _, n := range v.mail() {
		if n.Kind == store.SignupKnown {
			resp, page := v.get(v.path(n))
			v.told(resp, page, 200, "What you get of The Weekly Lantern")
			resp, page = v.get(strings.TrimPrefix(n.Letter.Links[1].URL, v.server.URL))
			v.told(resp, page, 200, "Leave The Weekly Lantern")
		}
	}
}

func TestProgramsSubscribeNobody(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil   func(url.Values)
		wait    time.Duration
		heading string
	}{
		"that never saw the form":        {func(f url.Values) { f.Del("stamp") }, time.Minute, "Subscribe to The Weekly Lantern: one more press"},
		"with a stamp of their own":      {func(f url.Values) { f.Set("stamp", "AAAA") }, time.Minute, "Subscribe to The Weekly Lantern: one more press"},
		"that post at once":              {func(url.Values) {}, time.Second, "Subscribe to The Weekly Lantern: one more press"},
		"that kept the form for long":    {func(url.Values) {}, 5 * time.Hour, "Subscribe to The Weekly Lantern: one more press"},
		"that fill in every field":       {func(f url.Values) { f.Set("topic", "https://pills.example") }, time.Minute, "Look into your mailbox"},
		"that send no address":           {func(f url.Values) { f.Del("address") }, time.Minute, "Subscribe to The Weekly Lantern"},
		"that send a list of addresses":  {func(f url.Values) { f.Set("address", "a@harbour.example, b@harbour.example") }, time.Minute, "Subscribe to The Weekly Lantern"},
		"that send a header in disguise": {func(f url.Values) { f.Set("address", "a@harbour.example\r\nBcc: b@harbour.example") }, time.Minute, "Subscribe to The Weekly Lantern"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVillage(t)
			form := v.form("keeper@harbour.example")
			tt.spoil(form)
			v.wait(tt.wait)
			_, page := v.post("/subscribe/weekly", form)
			if heading(page) != tt.heading || len(v.mail()) != 0 {
				t.Errorf("%d mails, page %s", len(v.mail()), page)
			}
		})
	}
}

func TestOneMorePressIsEnough(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	// As from a form on another site, which has nothing but the address.
	r, err := http.NewRequestWithContext(t.Context(), "POST", v.server.URL+"/subscribe/weekly", strings.NewReader("address=keeper%40harbour.example"))
	v.must(err)
	for key, value := range map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://harbour.example", "Sec-Fetch-Site": "cross-site",
	} {
		r.Header.Set(key, value)
	}
	resp, page := v.do(r)
	v.told(resp, page, 200, "Subscribe to The Weekly Lantern: one more press")
	form := url.Values{"address": {between(t, page, `type="email" dir="ltr" value="`, `"`)}, "stamp": {between(t, page, `name="stamp" value="`, `"`)}}
	v.wait(time.Second) // a quick hand: asked again, and the form gets older meanwhile
	_, page = v.post("/subscribe/weekly", form)
	form.Set("stamp", between(t, page, `name="stamp" value="`, `"`))
	v.wait(time.Second)
	resp, page = v.post("/subscribe/weekly", form)
	v.told(resp, page, 200, "Look into your mailbox")
	if len(v.mail()) != 1 {
		t.Errorf("%d mails", len(v.mail()))
	}
}

func TestFaultStandsBesideItsField(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	resp, page := v.subscribe(`keeper@<script>"`)
	v.told(resp, page, 422, "Subscribe to The Weekly Lantern")
	if !strings.Contains(page, `aria-invalid="true" aria-describedby="fault"`) || !strings.Contains(page, `id="fault">This cannot be an e-mail address.`) {
		t.Errorf("page %s", page)
	}
	if strings.Contains(page, "<script") || !strings.Contains(page, `value="keeper@&lt;script&gt;&#34;"`) {
		t.Errorf("what was typed is not there, or not as text: %s", page)
	}
}

func TestClosedNewsletterHasNoForm(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.list.Public.Subscribe = false
	v.must(v.store.EditNewsletter(t.Context(), v.list, "ana"))
	for _, path := range []string{"/subscribe/weekly", "/subscribe/nothing", "/subscribe/", "/subscribe/WEEKLY", "/subscribe/%00"} {
		for _, method := range []string{"GET", "POST"} {
			resp, page := v.send(method, path, nil)
			v.told(resp, page, 404, "There is no page here")
		}
	}
}

func TestSignUpsOfOneNetworkAreLimited(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	v.open(t)
	form := v.form("keeper@harbour.example")
	v.wait(time.Minute)
	post := func(i int, from string) *http.Response {
		form.Set("address", fmt.Sprintf("keeper%d@harbour.example", i))
		r, err := http.NewRequestWithContext(t.Context(), "POST", v.server.URL+"/subscribe/weekly", strings.NewReader(form.Encode()))
		v.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", from)
		resp, _ := v.do(r)
		return resp
	}
	for i := range signupsAtOnce {
		// What a visitor writes in front does not make another network.
		if resp := post(i, fmt.Sprintf("10.0.0.%d, 198.51.100.7", i)); resp.StatusCode != 200 {
			t.Fatalf("number %d: status %d", i+1, resp.StatusCode)
		}
	}
	if resp := post(99, "198.51.100.7"); resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "60" {
		t.Errorf("one too many: status %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	if resp := post(99, "198.51.100.8"); resp.StatusCode != 200 {
		t.Errorf("another network: status %d", resp.StatusCode)
	}
	if n := len(v.mail()); n != signupsAtOnce+1 {
		t.Errorf("%d mails", n)
	}
}

func TestTooManySignUpsCloseTheFormForAWhile(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.crowd(500)
	resp, page := v.subscribe("keeper@harbour.example")
	v.told(resp, page, 503, "Too many at once")
	if resp.Header.Get("Retry-After") != "3600" || len(v.mail()) != 0 {
		t.Errorf("Retry-After %q, %d mails", resp.Header.Get("Retry-After"), len(v.mail()))
	}
	v.wait(time.Hour)
	resp, page = v.subscribe("keeper@harbour.example")
	v.told(resp, page, 200, "Look into your mailbox")
}

func TestWishesForOneAddressStopBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	form := v.form("keeper@harbour.example")
	for range perAddress + 5 {
		v.wait(6 * time.Second)
		resp, page := v.post("/subscribe/weekly", form)
		v.told(resp, page, 200, "Look into your mailbox")
	}
	if n := len(v.mail()); n > 3 || n == 0 {
		t.Errorf("%d mails", n)
	}
}
