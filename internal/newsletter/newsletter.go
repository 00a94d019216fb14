package newsletter

import (
	"strings"
	"time"
	"unicode"
)

// Newsletter is what people subscribe to. The toml names are those of its
// definition file; package definition reads and writes it.
type Newsletter struct {
	ID   int64  `toml:"-" json:"-"`
	Slug string `toml:"-" json:"slug"`
	// PlannedAt is when the schedule or the time zone last changed; set by
	// package store. The schedule has no run before it.
	PlannedAt time.Time `toml:"-" json:"-"`

	// Name is shown as the sender and in the footer.
	Name string `toml:"name" json:"name"`
	// Title is the masthead of a bulletin that brings none of its own; empty
	// means Name.
	Title string `toml:"title,omitempty" json:"title,omitempty"`
	// From is the one visible sender, ReplyTo where answers go (empty: From).
	From    Address `toml:"from" json:"from"`
	ReplyTo Address `toml:"reply_to,omitempty" json:"reply_to,omitzero"`
	// EnvelopeDomain takes bounces; empty means the domain of From.
	EnvelopeDomain string `toml:"envelope_domain,omitempty" json:"envelope_domain,omitempty"`
	// ListID is the dot-atom of the List-Id header, the same for the list's
	// whole life (RFC 2919 §2).
	ListID string `toml:"list_id" json:"list_id"`
	// Help is an https: or mailto: URI for the List-Help header; empty means
	// a mailto: to ReplyTo or From.
	Help string `toml:"help,omitempty" json:"help,omitempty"`
	// PostalAddress is shown in the footer; several lines are allowed.
	PostalAddress string `toml:"postal_address,omitempty" json:"postal_address,omitempty"`
	// Language is a BCP 47 tag, such as "en" or "ar".
	Language string `toml:"language" json:"language"`
	// TimeZone is an IANA name, such as "Europe/Berlin".
	TimeZone string `toml:"time_zone" json:"time_zone"`
	// Reason is the footer's sentence why the reader gets this; empty means
	// a default in the newsletter's language.
	Reason string `toml:"reason,omitempty" json:"reason,omitempty"`
	// PseudonymNote is the footnote tied to asterisked names.
	PseudonymNote string `toml:"pseudonym_note,omitempty" json:"pseudonym_note,omitempty"`
	// Pseudonyms is the register of names that stand for people who must not be
	// named; preflight compares every bulletin with it.
	Pseudonyms []string `toml:"pseudonyms,omitempty" json:"pseudonyms,omitempty"`
	// FirstNumber is the number of the first bulletin; 0 means 1.
	FirstNumber int `toml:"first_number,omitempty" json:"first_number,omitempty"`

	Design   Design   `toml:"design,omitempty" json:"design"`
	Schedule Schedule `toml:"schedule,omitempty" json:"schedule"`
	Policy   Policy   `toml:"policy,omitempty" json:"policy"`
	// Checks are the checks of the preflight that the newsletter sets otherwise
	// than usual, by name.
	Checks   map[string]Setting `toml:"checks,omitempty" json:"checks,omitempty"`
	Public   Public             `toml:"public,omitempty" json:"public"`
	Bounces  Bounces            `toml:"bounces,omitempty" json:"bounces"`
	Sections []Section          `toml:"sections,omitempty" json:"sections"`
	Staff    []Person           `toml:"staff,omitempty" json:"staff"`
}

// Design is how the bulletin looks beyond what all bulletins share.
type Design struct {
	// Accent is a six-digit hex colour, such as "#8a3b12"; it is adjusted for
	// contrast in light and dark. Empty means the default accent.
	Accent string `toml:"accent,omitempty" json:"accent,omitempty"`
	// Logo is the https URL of an image, LogoWidth its shown width in CSS
	// pixels. The name always stands beside it as text.
	Logo      string `toml:"logo,omitempty" json:"logo,omitempty"`
	LogoWidth int    `toml:"logo_width,omitempty" json:"logo_width,omitempty"`
	// SetApart are opening words of items that are set in small capitals
	// ("Praise", "Pray", "Give thanks").
	SetApart []string `toml:"set_apart,omitempty" json:"set_apart,omitempty"`
}

// Schedule says when the week's work is done, each as a five-field cron spec on
// the newsletter's own clock. An empty spec means "by hand".
type Schedule struct {
	Assemble string `toml:"assemble,omitempty" json:"assemble,omitempty"`
	Proof    string `toml:"proof,omitempty" json:"proof,omitempty"`
	Send     string `toml:"send,omitempty" json:"send,omitempty"`
	// Late is how long after its time a run may still be done; 0 means
	// DefaultLate.
	Late Duration `toml:"late,omitempty" json:"late,omitempty"`
	// LateThen says what becomes of a send that is found later than that:
	// LateHold (empty means it), LateAsk or LateSend.
	LateThen string `toml:"late_then,omitempty" json:"late_then,omitempty"`
	// PullBack is how long a send waits after its time, to be stopped.
	PullBack Duration `toml:"pull_back,omitempty" json:"pull_back,omitempty"`
	// DeliverAt is DeliverLocal when each reader gets the bulletin when the
	// reader's own clock shows the time of the send; empty means all at once.
	DeliverAt string `toml:"deliver_at,omitempty" json:"deliver_at,omitempty"`
}

// What becomes of a send that is found too late.
const (
	LateHold = "hold" // it is kept back, and the editors are told
	LateAsk  = "ask"  // likewise, and their letter holds a link to send it all the same
	LateSend = "send" // it is sent all the same, unless the next one is due already
)

// DeliverLocal is each reader's own hour.
const DeliverLocal = "local"

// SameTimes says whether two schedules have the same runs.
func (s Schedule) SameTimes(o Schedule) bool {
	return s.Assemble == o.Assemble && s.Proof == o.Proof && s.Send == o.Send
}

// LateLimit is how long after its time a run may still be done.
func (s Schedule) LateLimit() time.Duration {
	if s.Late <= 0 {
		return DefaultLate
	}
	return time.Duration(s.Late)
}

// DefaultLate is how late a run may start when the newsletter does not say.
const DefaultLate = 6 * time.Hour

// Policy is what the newsletter has decided once and for all.
type Policy struct {
	// Approvals is how many people must approve a bulletin. The file's default
	// is 1.
	Approvals int `toml:"approvals" json:"approvals"`
	// AuthorMayApprove lets whoever made the bulletin approve it too.
	AuthorMayApprove bool `toml:"author_may_approve" json:"author_may_approve"`
	// Uncertain says what becomes of deliveries whose last reply was lost:
	// UncertainHold (a person decides) or UncertainResend.
	Uncertain string `toml:"uncertain" json:"uncertain"`
	// ImportState is the state of subscriptions that a list import makes:
	// SubscriptionActive or SubscriptionPending.
	ImportState SubscriptionState `toml:"import_state" json:"import_state"`
	// AudienceChange is the change of the audience against the last bulletin, in
	// percent, from which preflight speaks; 0 means DefaultAudienceChange.
	AudienceChange int `toml:"audience_change,omitempty" json:"audience_change,omitempty"`
}

// Public is what the newsletter offers to everybody on its pages.
type Public struct {
	// Subscribe lets people subscribe themselves. The default is false: a list of
	// members does not become open to all by an upgrade.
	Subscribe bool `toml:"subscribe,omitempty" json:"subscribe"`
	// Archive makes every bulletin that was sent a page that anybody can read and
	// search engines can find. It is false unless the newsletter says so: a
	// bulletin may name people whom being found would endanger.
	Archive bool `toml:"archive,omitempty" json:"archive"`
}

const (
	UncertainHold   = "hold"
	UncertainResend = "resend"
)

// DefaultPolicy is the policy of a newsletter whose file does not say otherwise.
func DefaultPolicy() Policy {
	return Policy{Approvals: 1, AuthorMayApprove: true, Uncertain: UncertainHold, ImportState: SubscriptionActive, AudienceChange: DefaultAudienceChange}
}

// Section is one named part of every bulletin, in the newsletter's order. The
// lead needs no entry: it always exists and comes first.
type Section struct {
	Name string `toml:"name" json:"name"`
	// Introduction opens the section in every bulletin that has items for it;
	// Markdown, may be empty.
	Introduction string `toml:"introduction,omitempty" json:"introduction,omitempty"`
}

// Key is the section's key: SectionKey(Name).
func (s Section) Key() string { return SectionKey(s.Name) }

// Role is what a member of the staff may do.
type Role string

const (
	RoleContributor   Role = "contributor"
	RoleEditor        Role = "editor"
	RoleAdministrator Role = "administrator"
)

// Person is a member of the newsletter's staff.
type Person struct {
	Name     string   `toml:"name" json:"name"`
	Email    string   `toml:"email" json:"email"`
	Role     Role     `toml:"role" json:"role"`
	Sections []string `toml:"sections,omitempty" json:"sections,omitempty"`
}

// SectionKey turns a heading into the key by which headings are compared:
// lower case, "&" as "and", letters and digits only, words joined by "-".
// "IJM HQ & Global Partners:" and "ijm hq and global  partners" share a key.
func SectionKey(heading string) string {
	heading = strings.ReplaceAll(heading, "&", " and ")
	words := strings.FieldsFunc(strings.ToLower(heading), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return strings.Join(words, "-")
}

// SectionByKey finds a section; ok is false when the newsletter has none.
func (n *Newsletter) SectionByKey(key string) (s Section, ok bool) {
	for _, s := range n.Sections {
		if s.Key() == key {
			return s, true
		}
	}
	return Section{}, false
}

// BulletinTitle is the masthead of a bulletin that brings none of its own.
func (n *Newsletter) BulletinTitle() string {
	if n.Title != "" {
		return n.Title
	}
	return n.Name
}

// BounceDomain is the domain of envelope senders.
func (n *Newsletter) BounceDomain() string {
	if n.EnvelopeDomain != "" {
		return n.EnvelopeDomain
	}
	return n.From.Domain()
}

// Location loads the newsletter's time zone. Validate has made sure that it
// exists when the newsletter was defined.
func (n *Newsletter) Location() (*time.Location, error) {
	loc, err := time.LoadLocation(n.TimeZone)
	if err != nil {
		return nil, Errorf(Invalid, "the time zone %q is not known on this machine: %w", n.TimeZone, err)
	}
	return loc, nil
}

// Identity is the copy of what a reader sees, to be frozen into a bulletin.
func (n *Newsletter) Identity() Identity {
	return Identity{
		Slug: n.Slug, Name: n.Name, From: n.From, ReplyTo: n.ReplyTo, ListID: n.ListID,
		PostalAddress: n.PostalAddress, Language: n.Language, Reason: n.Reason,
		PseudonymNote: n.PseudonymNote, Design: n.Design, Help: n.Help,
	}
}

// Duration is a time.Duration that reads and writes as text ("6h", "90m").
type Duration time.Duration

// String is short: "6h", "90m", not "6h0m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes the form that time.ParseDuration reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return Errorf(Usage, "%q is not a duration", b).With(`Write it like "90s", "30m" or "6h".`)
	}
	*d = Duration(v)
	return nil
}
