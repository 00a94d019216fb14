package definition

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/tomlfile"
)

// Write writes the definition of n so that Read gives the same newsletter again,
// but for the slug and the ID, which are not part of the file. Keys stand in the
// order of the example, with a line above each group that says what it is for.
func Write(w io.Writer, n *newsletter.Newsletter) error {
	var b bytes.Buffer
	out := writer{&b}
	out.comment("The definition of the newsletter " + strings.TrimSpace(n.Slug) + ".")
	out.identity(n)
	out.design(n.Design)
	out.schedule(n.Schedule)
	out.policy(n.Policy)
	out.checks(n.Checks)
	out.public(n.Public)
	out.bounces(n.Bounces)
	out.sections(n.Sections)
	out.staff(n.Staff)
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the definition of %s: %w", n.Slug, err)
	}
	return nil
}

// writer writes one file; one method for each group of keys.
type writer struct{ *bytes.Buffer }

func (w writer) comment(text string) { w.WriteString("# " + text + "\n") }

func (w writer) header(comment, header string) {
	w.WriteString("\n")
	if comment != "" {
		w.comment(comment)
	}
	w.WriteString(header + "\n")
}

// text writes a key, unless it is empty, which Read takes for missing.
func (w writer) text(key, value string) {
	if value != "" {
		w.WriteString(key + " = " + tomlfile.Quote(value) + "\n")
	}
}

func (w writer) number(key string, value int) {
	if value != 0 {
		w.WriteString(key + " = " + strconv.Itoa(value) + "\n")
	}
}

func (w writer) list(key string, values []string) {
	if len(values) == 0 {
		return
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = tomlfile.Quote(v)
	}
	w.WriteString(key + " = [" + strings.Join(quoted, ", ") + "]\n")
}

func (w writer) identity(n *newsletter.Newsletter) {
	w.WriteString("\n")
	w.comment("Who writes, and what readers see of it.")
	w.text("name", n.Name)
	w.text("title", n.Title)
	w.text("from", n.From.String())
	w.text("reply_to", n.ReplyTo.String())
	w.text("envelope_domain", n.EnvelopeDomain)
	w.text("list_id", n.ListID)
	w.text("help", n.Help)
	w.text("language", n.Language)
	w.text("time_zone", n.TimeZone)
	w.number("first_number", n.FirstNumber)
	w.text("postal_address", n.PostalAddress)
	w.text("reason", n.Reason)
	w.text("pseudonym_note", n.PseudonymNote)
	w.list("pseudonyms", n.Pseudonyms)
}

func (w writer) design(d newsletter.Design) {
	if d.Accent == "" && d.Logo == "" && d.LogoWidth == 0 && len(d.SetApart) == 0 {
		return
	}
	w.header("How it looks.", "[design]")
	w.text("accent", d.Accent)
	w.text("logo", d.Logo)
	w.number("logo_width", d.LogoWidth)
	w.list("set_apart", d.SetApart)
}

func (w writer) schedule(s newsletter.Schedule) {
	if s == (newsletter.Schedule{}) {
		return
	}
	w.header("When the week's work is done: minute, hour, day, month, weekday.", "[schedule]")
	w.text("assemble", s.Assemble)
	w.text("proof", s.Proof)
	w.text("send", s.Send)
	if s.Late != 0 {
		w.text("late", s.Late.String())
	}
	w.text("late_then", s.LateThen)
	if s.PullBack != 0 {
		w.text("pull_back", s.PullBack.String())
	}
	w.text("deliver_at", s.DeliverAt)
}

// policy is written whole: it is short, and its defaults are worth seeing.
func (w writer) policy(p newsletter.Policy) {
	w.header("What has been decided once and for all.", "[policy]")
	w.WriteString("approvals = " + strconv.Itoa(p.Approvals) + "\n")
	w.WriteString("author_may_approve = " + strconv.FormatBool(p.AuthorMayApprove) + "\n")
	w.text("uncertain", p.Uncertain)
	w.text("import_state", string(p.ImportState))
	w.number("audience_change", p.AudienceChange)
}

func (w writer) checks(settings map[string]newsletter.Setting) {
	if len(settings) == 0 {
		return
	}
	w.header("Checks of the preflight that are not as usual.", "[checks]")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		w.text(name, string(settings[name]))
	}
}

// public is written whole, like the policy.
func (w writer) public(p newsletter.Public) {
	w.header("What everybody may do on its pages.", "[public]")
	w.WriteString("subscribe = " + strconv.FormatBool(p.Subscribe) + "\n")
	w.WriteString("archive = " + strconv.FormatBool(p.Archive) + "\n")
}

// bounces is written whole too, but for the rates, which pause nothing by default.
func (w writer) bounces(b newsletter.Bounces) {
	w.header("What follows when mail comes back.", "[bounces]")
	w.text("hard", b.Hard)
	w.WriteString("soft = " + strconv.Itoa(b.Soft) + "\n")
	w.WriteString("weeks = " + strconv.Itoa(b.Weeks) + "\n")
	w.rate("pause_bounces", b.PauseBounces)
	w.rate("pause_complaints", b.PauseComplaints)
}

func (w writer) rate(key string, value float64) {
	if value != 0 {
		w.WriteString(key + " = " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
	}
}

func (w writer) sections(sections []newsletter.Section) {
	for i, s := range sections {
		comment := ""
		if i == 0 {
			comment = "The sections in their order. The lead comes first and needs no entry."
		}
		w.header(comment, "[[sections]]")
		w.text("name", s.Name)
		w.text("introduction", s.Introduction)
	}
}

func (w writer) staff(staff []newsletter.Person) {
	for i, p := range staff {
		comment := ""
		if i == 0 {
			comment = "The people who make it."
		}
		w.header(comment, "[[staff]]")
		w.text("name", p.Name)
		w.text("email", p.Email)
		w.text("role", string(p.Role))
		w.list("sections", p.Sections)
	}
}
