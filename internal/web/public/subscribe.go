package public

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"epistle/internal/address"
	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/token"
	"epistle/internal/web"
)

// What a form for subscribing must satisfy, beside its limits. A program posts at
// once or without ever having been shown the form, and fills in every field; a
// person does none of that. Whoever fails is asked for one more press and not
// turned away, so that a form on another site, which has no stamp, works too.
const (
	addressField = "address"
	trapField    = "topic" // hidden from people
	formMinAge   = 2 * time.Second
	formMaxAge   = 4 * time.Hour
)

// Limits of sign-ups, beside those that package audience counts in the database.
const (
	signupsAtOnce  = 20 // from one network: a class that subscribes together
	signupsEvery   = time.Minute
	perAddress     = 10 // wishes for one address, before the database is asked at all
	perAddressWait = 6 * time.Minute
	// busyWait is when to try again after too many wishes for one newsletter.
	busyWait = time.Hour
)

// sourcePage is where a consent came from.
const sourcePage = "sign-up page"

// SubscribePath is where people subscribe to a newsletter that takes sign-ups. It
// stands in forms on other sites and must not change.
func SubscribePath(slug string) string { return "/subscribe/" + slug }

// subscribePage is the data of templates/public/subscribe.html.
type subscribePage struct {
	web.Frame
	Masthead              web.Masthead
	Heading               web.Sentence
	Text                  string
	Action                string
	Label, Address, Fault string
	TrapLabel, TrapField  string
	Consent               web.Sentence
	StampField, Stamp     string
	Button                string
}

// showSubscribe answers GET and HEAD with the form.
func (s *site) showSubscribe(w http.ResponseWriter, r *http.Request) error {
	n, err := s.Door.Open(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	return s.subscribe.Write(w, http.StatusOK, s.subscribeForm(n))
}

// subscribeForm is the empty form for a newsletter.
func (s *site) subscribeForm(n *newsletter.Newsletter) subscribePage {
	words, lang := s.words.For(n.Language)
	nameLang := foreign(n.Language, lang)
	heading := web.Fill(words.SubscribeHeading, n.Name, nameLang)
	return subscribePage{
		Frame: s.kit.Frame(lang, heading.String()), Masthead: masthead(n, lang),
		Heading: heading, Text: words.SubscribeText, Action: SubscribePath(n.Slug),
		Label: words.AddressLabel, TrapLabel: words.TrapLabel, TrapField: trapField,
		Consent:    web.Fill(words.Consent, n.Name, nameLang),
		StampField: web.StampField, Stamp: s.stamps.Make(token.SignupForm, token.Claims{Newsletter: n.ID}, formMaxAge),
		Button: words.SubscribeButton,
	}
}

// doSubscribe answers POST. Whether an address is known is told to its owner alone,
// by mail: here the answer is the same for every address.
func (s *site) doSubscribe(w http.ResponseWriter, r *http.Request) error {
	n, err := s.Door.Open(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return newsletter.Errorf(newsletter.Invalid, "read the form for subscribing: %w", err)
	}
	typed := r.PostForm.Get(addressField)
	page := s.subscribeForm(n)
	page.Address = typed
	addr, err := address.Parse(typed)
	if err != nil {
		words, _ := s.words.For(n.Language)
		page.Fault = words.AddressFault
		return s.subscribe.Write(w, http.StatusUnprocessableEntity, page)
	}
	if more := s.oneMore(n, r.PostForm, &page); more {
		return s.subscribe.Write(w, http.StatusOK, page)
	}
	if r.PostForm.Get(trapField) == "" && s.addresses.Take(addr.Key()) == 0 {
		err = s.Door.Ask(r.Context(), audience.Asking{Newsletter: n, Address: addr, Text: page.Consent.String(), Source: sourcePage})
		if err != nil {
			return s.busy(n, err)
		}
	}
	return s.writeAsked(w, n, addr)
}

// oneMore turns the page into one that asks for one more press when the form was
// not shown by us, too long ago, or just now. What was shown just now keeps its
// stamp, which is getting older.
func (s *site) oneMore(n *newsletter.Newsletter, form url.Values, page *subscribePage) bool {
	stamp := form.Get(web.StampField)
	age, ok := s.stamps.Age(token.SignupForm, token.Claims{Newsletter: n.ID}, stamp)
	if ok && age >= formMinAge {
		return false
	}
	if ok {
		page.Stamp = stamp
	}
	words, lang := s.words.For(n.Language)
	page.Heading, page.Text = web.Fill(words.MoreHeading, n.Name, foreign(n.Language, lang)), words.MoreText
	page.Title = page.Heading.String()
	return true
}

// busy has its own words for too many sign-ups; they say nothing about an address.
func (s *site) busy(n *newsletter.Newsletter, err error) error {
	err = fmt.Errorf("take a sign-up: %w", err)
	if newsletter.KindOf(err) != newsletter.Unavailable {
		return err
	}
	words, lang := s.words.For(n.Language)
	return &web.Problem{Err: err, RetryAfter: busyWait, Heading: words.BusyHeading, Text: words.BusyText, Lang: lang}
}

func (s *site) writeAsked(w http.ResponseWriter, n *newsletter.Newsletter, addr address.Address) error {
	words, lang := s.words.For(n.Language)
	return s.told.Write(w, http.StatusOK, toldPage{
		Frame: s.kit.Frame(lang, words.AskedHeading), Masthead: masthead(n, lang),
		Heading: web.Sentence{Before: words.AskedHeading},
		Text:    web.Fill(words.AskedText, addr.String(), ""), Quiet: words.AskedHint,
	})
}

// masthead is a newsletter's name on top of a page in a language.
func masthead(n *newsletter.Newsletter, lang web.Language) web.Masthead {
	return web.Masthead{Name: n.Name, NameLang: foreign(n.Language, lang)}
}
