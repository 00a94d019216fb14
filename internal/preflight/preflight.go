// Package preflight says what must hold before a bulletin may leave, and what a
// good editor would still mend.
//
// Its steps: gather once what the checks look at (the links of every text, the
// page and the plain text as one reader would get them); run every check of the
// table in checks.go, each a small function that answers with what it found; give
// each answer its verdict, as the newsletter has set it and people have overridden
// it. Check is pure: it reads no database, no network and no clock, so that the same
// bulletin always gets the same answer.
//
// It leaves to others: gathering the input, asking the network and refusing to go on
// (package release), and how results look (package terminal).
package preflight

import (
	"fmt"
	"slices"
	"time"

	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/protect"
	"epistle/internal/render"
)

// Verdict is what a check says of a bulletin.
type Verdict string

const (
	OK      Verdict = "ok"
	Warning Verdict = "warning" // worth a look; stops nothing
	Error   Verdict = "error"   // the bulletin may not leave like this
	Off     Verdict = "off"     // the newsletter does not ask
)

// Input is everything that the checks look at.
type Input struct {
	// Newsletter is the newsletter as it stands now; the bulletin carries its
	// own frozen copy of what readers see.
	Newsletter *newsletter.Newsletter
	// Document is the frozen bulletin; required.
	Document *newsletter.Document
	// Rendered is the same bulletin rendered. Nil leaves out the checks of
	// HTML and plain text; a bulletin that cannot be rendered cannot be sent.
	Rendered *render.Bulletin
	// Items are the bulletin's items as they stand in the database.
	Items []ItemState
	// Message is the bulletin composed for a sample reader; nil lets the checks
	// of the header judge by the settings alone.
	Message *message.Message
	// PublicURL is web.public_url: the base of every reader's links.
	PublicURL string
	// UnsubscribeMailto says that an intake reads mail that asks to leave.
	UnsubscribeMailto bool
	// SignerDomains are the d= domains of the configured DKIM keys.
	SignerDomains []string
	// Audience is how many readers would get the bulletin.
	Audience int
	// Previous are the bulletins sent before, the newest first; one is enough,
	// more let a repetition be found further back.
	Previous []Previous
	// Gate knows what is protected; nil: nothing is.
	Gate *protect.Gate
	// Overrides are those for exactly this document.
	Overrides []Override
	// Online is what the network said; nil: it was not asked, and the checks that
	// need it are left out.
	Online *Online
}

// Override is a person's word that what a check finds may stay.
type Override struct {
	Name   string    `json:"name"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Online is what the network said of what the bulletin needs.
type Online struct {
	// Keys are the published records of the signing keys, by the name of the record;
	// nil where a record equals its key.
	Keys map[string]error
	// Images are the images, by address.
	Images map[string]Picture
}

// Picture is an image as a reader's program would load it.
type Picture struct {
	Bytes int64
	Width int // in pixels; 0: not known
	Err   error
}

// ItemState is where an item of the bulletin stands.
type ItemState struct {
	ID      int64
	State   newsletter.ItemState
	Section string
	// Expired says that the item is no longer valid on the bulletin's date.
	Expired bool
}

// Previous is a bulletin that was sent, and to how many.
type Previous struct {
	Document *newsletter.Document
	Audience int // asked of the newest alone
}

// Result is what one check found, in a person's words.
type Result struct {
	// Name is the check's own and never changes: "html-size".
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	// Place is where: a section and item, "subject", "newsletter.toml".
	Place   string `json:"place,omitempty"`
	Message string `json:"message"`
	// Remedy is the way on; empty beside ok.
	Remedy string `json:"remedy,omitempty"`
	// Override is why an error became a warning.
	Override *Override `json:"override,omitempty"`
}

// Check runs every check. There is at least one result for each, in the order of
// the table; a check that found several things has a result for each of them.
// What is protected is in none of them: once the gate has found something, the
// checks that repeat words of the bulletin no longer do.
func Check(in Input) []Result {
	b := newBulletin(in)
	var results []Result
	for _, c := range checks() {
		if c.page && !b.rendered() || c.online && in.Online == nil {
			continue
		}
		if b.isOff(c) {
			results = append(results, Result{Name: c.name, Verdict: Off, Message: "turned off by the newsletter"})
			continue
		}
		findings := c.run(b)
		if len(findings) == 0 {
			results = append(results, Result{Name: c.name, Verdict: OK, Message: c.fine})
		}
		for _, f := range findings {
			if c.cites && len(b.protected) > 0 {
				f = f.withheld()
			}
			results = append(results, b.overridden(b.settled(f.result(c))))
		}
	}
	return results
}

// setting is what the newsletter makes of a check; empty: the usual.
func (b *bulletin) setting(name string) newsletter.Setting {
	if b.Newsletter == nil || name == ProtectionGate {
		return ""
	}
	return b.Newsletter.Checks[name]
}

func (b *bulletin) isOff(c check) bool { return b.setting(c.name) == newsletter.SettingOff }

// settled gives a result the verdict that the newsletter wants. A warning of a check
// that usually stops the bulletin, as of HTML that is nearly too large, stays one.
func (b *bulletin) settled(r Result) Result {
	switch b.setting(r.Name) {
	case newsletter.SettingWarning:
		r.Verdict = Warning
	case newsletter.SettingError:
		if i := slices.IndexFunc(checks(), func(c check) bool { return c.name == r.Name }); checks()[i].verdict == Warning {
			r.Verdict = Error
		}
	}
	return r
}

// overridden makes a warning of an error that somebody let pass. The gate's never is.
func (b *bulletin) overridden(r Result) Result {
	i := slices.IndexFunc(b.Overrides, func(o Override) bool { return o.Name == r.Name })
	if i < 0 || r.Verdict != Error || r.Name == ProtectionGate {
		return r
	}
	o := b.Overrides[i]
	r.Verdict, r.Override = Warning, &o
	r.Message += fmt.Sprintf(" (overridden by %s: %s)", o.By, o.Reason)
	return r
}

// Worst is the gravest verdict: OK, Warning or Error.
func Worst(results []Result) Verdict {
	worst := OK
	for _, r := range results {
		switch {
		case r.Verdict == Error:
			return Error
		case r.Verdict == Warning:
			worst = Warning
		}
	}
	return worst
}

// finding is something to mend; a verdict of its own replaces the check's.
type finding struct {
	place, message, remedy string
	verdict                Verdict
}

func (f finding) result(c check) Result {
	verdict := c.verdict
	if f.verdict != "" {
		verdict = f.verdict
	}
	return Result{Name: c.name, Verdict: verdict, Place: f.place, Message: f.message, Remedy: f.remedy}
}
