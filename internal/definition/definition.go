// Package definition reads and writes the file in which a newsletter is defined:
// its name and sender, its sections and their introductions, its schedule, its
// policies, its looks and its staff.
//
// Read works in this order: the defaults; the file, strictly; white space around
// longer texts removed; then newsletter.Validate. All faults are reported at once,
// each with file, line, column and key.
//
// The newsletter's slug stands in commands and not in the file. Cron specs are
// checked by package schedule, addresses in commands by package address.
package definition

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/tomlfile"
)

// Defaults of keys that the file does not mention, beside newsletter.DefaultPolicy and
// newsletter.DefaultBounces.
const (
	DefaultLanguage = "en"
	DefaultTimeZone = "UTC"
)

// Read reads a definition. The name of the file is for messages only. Faults come
// as newsletter.Faults of kind Usage.
func Read(name string, data []byte) (*newsletter.Newsletter, error) {
	n := &newsletter.Newsletter{
		Language: DefaultLanguage,
		TimeZone: DefaultTimeZone,
		Policy:   newsletter.DefaultPolicy(),
		Bounces:  newsletter.DefaultBounces(),
	}
	file, unread := tomlfile.Decode(name, data, n)
	faults := make(newsletter.Faults, 0, len(unread))
	refused := map[string]bool{}
	for _, f := range unread {
		e := newsletter.Errorf(newsletter.Usage, "%s", f.Message).At(f.Place()).With(f.Remedy)
		if e.Err = f.Err; f.Remedy == "" {
			e.Remedy = newsletter.RemedyOf(f.Err)
		}
		faults = append(faults, e)
		refused[f.Key] = true
		if f.Key == "" {
			// Nothing of the file was read: what would be missing is not.
			return nil, faults
		}
	}
	tidy(n)
	for _, e := range invalid(n) {
		// A value that could not be read is not missing as well.
		if !refused[e.Place] {
			nearestCheck(e)
			e.Place = file.Place(e.Place)
			faults = append(faults, e)
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return n, nil
}

// invalid gives what newsletter.Validate objects to.
func invalid(n *newsletter.Newsletter) newsletter.Faults {
	err := n.Validate()
	var faults newsletter.Faults
	if err != nil && !errors.As(err, &faults) {
		return newsletter.Faults{newsletter.Errorf(newsletter.Usage, "the newsletter is not valid: %w", err)}
	}
	return faults
}

// nearestCheck names the check that was probably meant by one that does not exist.
func nearestCheck(e *newsletter.Error) {
	name, ok := strings.CutPrefix(e.Place, "checks.")
	if known := newsletter.CheckNames(); ok && !slices.Contains(known, name) {
		e.Remedy = fmt.Sprintf("The nearest check is %q.", tomlfile.Nearest(name, known))
	}
}

// tidy removes the line breaks that a text between triple quotation marks begins
// and ends with, and makes an empty list the same as a missing one.
func tidy(n *newsletter.Newsletter) {
	for _, text := range []*string{&n.Name, &n.Title, &n.PostalAddress, &n.Reason, &n.PseudonymNote} {
		*text = trim(*text)
	}
	for i := range n.Sections {
		n.Sections[i].Name = trim(n.Sections[i].Name)
		n.Sections[i].Introduction = trim(n.Sections[i].Introduction)
	}
	for i := range n.Staff {
		n.Staff[i].Name = trim(n.Staff[i].Name)
		n.Staff[i].Sections = missing(n.Staff[i].Sections)
	}
	for i := range n.Pseudonyms {
		n.Pseudonyms[i] = trim(n.Pseudonyms[i])
	}
	n.Pseudonyms = missing(n.Pseudonyms)
	if len(n.Checks) == 0 {
		n.Checks = nil
	}
	if n.Bounces.Hard == "" {
		n.Bounces.Hard = newsletter.HardSuspend
	}
	n.Design.SetApart = missing(n.Design.SetApart)
	n.Sections = missing(n.Sections)
	n.Staff = missing(n.Staff)
}

func trim(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

func missing[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
