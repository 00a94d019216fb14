package audience

import "strings"

// Guard makes a cell of an export safe: a spreadsheet takes a cell that begins
// with one of these for a formula and computes it, so an apostrophe goes before it.
func Guard(cell string) string {
	if computes(cell) {
		return "'" + cell
	}
	return cell
}

// unguard is the inverse, for a list that was exported and comes back.
func unguard(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && computes(rest) {
		return rest
	}
	return cell
}

func computes(cell string) bool {
	return cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0
}

// ExportColumns are the columns with which an export tells of the subscription.
// An import passes over them: a list does not decide about states.
func ExportColumns() []string {
	return []string{"newsletter", "state", "since", "consent_source", "consent_text"}
}

// CheckField refuses a value that a list could not bring either.
func CheckField(name, value string) error {
	if value == "" {
		return nil
	}
	e := Entry{}
	e.Person.Fields = map[string]string{}
	return e.set(name, value)
}
