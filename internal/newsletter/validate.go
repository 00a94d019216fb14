package newsletter

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
)

var (
	slugForm   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	// RFC 2919 §2: list-id is a dot-atom-text with at least two labels here,
	// because the right side must be a domain one controls.
	listIDForm   = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)+$`)
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
)

// MaxSlug is the longest slug in bytes; it stands in URLs and VERP senders.
const MaxSlug = 40

// ValidateSlug checks the short name that stands in commands and addresses.
func ValidateSlug(slug string) error {
	if !slugForm.MatchString(slug) || len(slug) > MaxSlug {
		return Errorf(Usage, "%q cannot be a newsletter's short name", slug).
			With("Use lower-case letters, digits and single hyphens, at most 40 characters, for example weekly-lantern.")
	}
	return nil
}

// ValidLanguage says whether a tag has the form of BCP 47 (RFC 5646 §2.1); an
// empty one has not.
func ValidLanguage(tag string) bool { return languageForm.MatchString(tag) }

// Validate reports every fault of a definition at once, each with its key.
// Cron specs are checked by package schedule, which knows their grammar.
func (n *Newsletter) Validate() error {
	v := &validation{}
	v.required("name", n.Name)
	v.singleLine("name", n.Name)
	v.singleLine("title", n.Title)
	v.text("postal_address", n.PostalAddress)
	v.text("reason", n.Reason)
	v.text("pseudonym_note", n.PseudonymNote)
	v.address("from", n.From, true)
	v.address("reply_to", n.ReplyTo, false)
	v.domain("envelope_domain", n.EnvelopeDomain)
	v.check(listIDForm.MatchString(n.ListID) && len(n.ListID) <= 255, "list_id",
		fmt.Sprintf("%q is not a List-Id", n.ListID), "Write a name below a domain of yours, for example weekly.lists.example.org.")
	v.help("help", n.Help)
	v.check(ValidLanguage(n.Language), "language",
		fmt.Sprintf("%q is not a language tag", n.Language), `Write a tag like "en", "de" or "pt-BR".`)
	v.zone("time_zone", n.TimeZone)
	v.check(n.FirstNumber >= 0, "first_number", "the first number is negative", "Leave it out to begin with 1.")
	v.design(n.Design)
	v.policy(n.Policy)
	v.checks(n.Checks)
	v.pseudonyms(n.Pseudonyms)
	v.bounces(n.Bounces)
	v.schedule(n.Schedule)
	v.sections(n.Sections)
	v.staff(n.Staff, n)
	return v.faults.Err()
}

// validation collects faults; one method for each sort of value.
type validation struct{ faults Faults }

func (v *validation) check(ok bool, key, message, remedy string) {
	if !ok {
		v.faults = append(v.faults, Errorf(Usage, "%s", message).At(key).With(remedy))
	}
}

func (v *validation) required(key, value string) {
	v.check(strings.TrimSpace(value) != "", key, "a value is missing", "Every newsletter needs "+key+".")
}

// singleLine refuses line breaks and control characters, which would otherwise
// reach a header (RFC 5322 §2.2).
func (v *validation) singleLine(key, value string) {
	v.check(!strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }), key,
		"the value holds a line break or a control character", "Write it on one line.")
}

// text refuses control characters in a text of several lines: no mail and no page
// can carry them.
func (v *validation) text(key, value string) {
	v.check(!strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r) }), key,
		"the value holds a control character", "Type it anew.")
}

func (v *validation) address(key string, a Address, required bool) {
	if a.IsZero() {
		v.check(!required, key, "an address is missing", `Write it as "Name <name@example.org>".`)
		return
	}
	v.singleLine(key, a.Name)
	again, err := ParseAddress(a.Email)
	v.check(err == nil && again == Address{Email: a.Email}, key, fmt.Sprintf("%q is not an e-mail address", a.Email),
		`Write it as "Name <name@example.org>".`)
	if err == nil {
		v.domain(key, a.Domain())
	}
}

func (v *validation) domain(key, domain string) {
	if domain == "" {
		return
	}
	// localhost is the sender's host of a first try on one's own machine.
	ok := (strings.Contains(domain, ".") || domain == "localhost") && len(domain) <= 255 &&
		!strings.ContainsFunc(domain, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("@/:<>[]\"\\(),;", r)
		})
	for label := range strings.SplitSeq(domain, ".") {
		ok = ok && label != "" && label[0] != '-' && label[len(label)-1] != '-'
	}
	v.check(ok, key, fmt.Sprintf("%q is not a domain", domain), "Write a full domain, for example example.org.")
}

func (v *validation) help(key, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	ok := err == nil && (u.Scheme == "https" && u.Host != "" || u.Scheme == "mailto" && u.Opaque != "") &&
		!strings.ContainsAny(value, " <>\r\n\t")
	v.check(ok, key, fmt.Sprintf("%q is not an https: or mailto: address", value), "For example mailto:help@example.org.")
}

func (v *validation) zone(key, name string) {
	_, err := time.LoadLocation(name)
	v.check(err == nil && name != "" && name != "Local", key,
		fmt.Sprintf("%q is not a time zone", name), `Write an IANA name like "Europe/Berlin".`)
}

func (v *validation) design(d Design) {
	v.check(d.Accent == "" || colourForm.MatchString(d.Accent), "design.accent",
		fmt.Sprintf("%q is not a colour", d.Accent), `Write six hexadecimal digits like "#8a3b12".`)
	if d.Logo != "" {
		u, err := url.Parse(d.Logo)
		v.check(err == nil && u.Scheme == "https" && u.Host != "", "design.logo",
			fmt.Sprintf("%q is not an https address", d.Logo), "Readers' mail programs only load images over https.")
		v.check(d.LogoWidth >= 16 && d.LogoWidth <= 520, "design.logo_width",
			"a logo needs its width", "Give the shown width in pixels, from 16 to 520.")
	}
	for _, word := range d.SetApart {
		v.check(strings.TrimSpace(word) != "", "design.set_apart", "an opening word is empty", "Remove the empty entry.")
	}
}

// maxPullBack is the longest that a send may wait to be stopped: after a day, the
// next day's readers would get the news of the day before.
const maxPullBack = 24 * time.Hour

func (v *validation) schedule(s Schedule) {
	v.check(s.Late >= 0, "schedule.late", "the lateness limit is negative", `Write a duration like "6h".`)
	v.check(s.LateThen == "" || s.LateThen == LateHold || s.LateThen == LateAsk || s.LateThen == LateSend, "schedule.late_then",
		fmt.Sprintf("%q does not say what to do when it is late", s.LateThen), `Write "hold", "ask" or "send".`)
	v.check(s.PullBack >= 0 && time.Duration(s.PullBack) <= maxPullBack, "schedule.pull_back",
		"the time for stopping a send is not from 0 to 24 hours", `Write a duration like "30m".`)
	v.check(s.DeliverAt == "" || s.DeliverAt == DeliverLocal, "schedule.deliver_at",
		fmt.Sprintf("%q does not say whose hour counts", s.DeliverAt), `Write "local", or leave it out to send to all at once.`)
}

func (v *validation) policy(p Policy) {
	v.check(p.Approvals >= 0 && p.Approvals <= 10, "policy.approvals", "the number of approvals is not from 0 to 10", "Usual is 1.")
	v.check(p.Uncertain == UncertainHold || p.Uncertain == UncertainResend, "policy.uncertain",
		fmt.Sprintf("%q is not a policy", p.Uncertain), `Write "hold" or "resend".`)
	v.check(p.ImportState == SubscriptionActive || p.ImportState == SubscriptionPending, "policy.import_state",
		fmt.Sprintf("%q is not a state for imported subscriptions", p.ImportState), `Write "active" or "pending".`)
	v.check(p.AudienceChange >= 0 && p.AudienceChange <= 1000, "policy.audience_change",
		"the change of the audience is not from 0 to 1000 percent", "Usual is 20.")
}

func (v *validation) sections(sections []Section) {
	seen := map[string]string{}
	for i, s := range sections {
		key := fmt.Sprintf("sections[%d].name", i+1)
		v.singleLine(key, s.Name)
		k := s.Key()
		v.check(k != "", key, "a section has no name", "The lead needs no entry; every other section needs a name.")
		v.check(k != LeadKey && k != EpigraphKey, key, fmt.Sprintf("%q is a reserved name", s.Name),
			"The lead and the epigraph always exist; choose another name.")
		if first, twice := seen[k]; twice && k != "" {
			v.check(false, key, fmt.Sprintf("%q is the same section as %q", s.Name, first), "Remove one of them.")
		}
		seen[k] = s.Name
	}
}

func (v *validation) staff(staff []Person, n *Newsletter) {
	for i, p := range staff {
		at := func(field string) string { return fmt.Sprintf("staff[%d].%s", i+1, field) }
		v.check(strings.TrimSpace(p.Name) != "", at("name"), "a member of the staff has no name", "")
		a, err := ParseAddress(p.Email)
		v.check(err == nil && a.Name == "", at("email"), fmt.Sprintf("%q is not an e-mail address", p.Email),
			"Write the bare address, for example ana@example.org.")
		v.check(p.Role == RoleContributor || p.Role == RoleEditor || p.Role == RoleAdministrator, at("role"),
			fmt.Sprintf("%q is not a role", p.Role), `Write "contributor", "editor" or "administrator".`)
		for _, name := range p.Sections {
			_, ok := n.SectionByKey(SectionKey(name))
			v.check(ok || SectionKey(name) == LeadKey || SectionKey(name) == EpigraphKey, at("sections"),
				fmt.Sprintf("the newsletter has no section %q", name), "Write one of its section names, lead or epigraph.")
		}
	}
}
