package newsletter

import "strings"

// PrimaryLanguage is the language subtag of a BCP 47 tag in lower case: "de" of
// "de-AT" (RFC 5646 §2.2.1).
func PrimaryLanguage(tag string) string {
	first, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(first)
}
