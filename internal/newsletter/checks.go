package newsletter

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Setting is what a newsletter makes of one check of the preflight.
type Setting string

const (
	SettingError   Setting = "error"   // what it finds keeps a bulletin back
	SettingWarning Setting = "warning" // what it finds is told
	SettingOff     Setting = "off"     // it is not asked
)

// ProtectionGate is the check that no newsletter can turn off or down, and that
// nobody can override.
const ProtectionGate = "protection-gate"

// CheckNames lists the checks of the preflight in the order of their results. The
// checks themselves are in package preflight.
func CheckNames() []string {
	return []string{
		"unapproved-items", "malformed-link", ProtectionGate, "html-size", "unsubscribe-link",
		"subject-length", "deceptive-subject", "preheader", "epigraph", "repeated-epigraph", "same-content",
		"lost-link-targets", "http-link", "image-alt", "image-size", "pseudonyms", "pseudonym-footnote",
		"text-html-same", "postal-address", "colour-contrast",
		"list-headers", "signing-key", "published-key", "audience",
	}
}

// DefaultAudienceChange is the change of the audience against the last bulletin,
// in percent, above which the preflight speaks.
const DefaultAudienceChange = 20

// checks refuses settings of checks that do not exist, and of the gate.
func (v *validation) checks(settings map[string]Setting) {
	known := CheckNames()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		key, s := "checks."+name, settings[name]
		switch {
		case !slices.Contains(known, name):
			v.check(false, key, fmt.Sprintf("%q is not a check", name), "The checks are "+strings.Join(known, ", ")+".")
		case s != SettingError && s != SettingWarning && s != SettingOff:
			v.check(false, key, fmt.Sprintf("%q is not a setting of a check", s), `Write "error", "warning" or "off".`)
		case name == ProtectionGate && s != SettingError:
			v.check(false, key, "the protection gate cannot be turned off or down", "Remove this line.")
		}
	}
}

// pseudonyms refuses names that no text could be compared with.
func (v *validation) pseudonyms(names []string) {
	seen := map[string]bool{}
	for i, name := range names {
		key := fmt.Sprintf("pseudonyms[%d]", i+1)
		v.singleLine(key, name)
		v.check(strings.TrimSpace(name) != "", key, "a pseudonym is empty", "Remove the empty entry.")
		v.check(!strings.Contains(name, "*"), key, "a pseudonym holds an asterisk", "Write the name alone; the asterisk belongs into the bulletin.")
		v.check(!seen[name] || name == "", key, fmt.Sprintf("%q stands there twice", name), "Remove one of them.")
		seen[name] = true
	}
}
