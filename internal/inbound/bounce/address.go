package bounce

import (
	"strings"
	"unicode/utf8"
)

// found is an address in a line and where it stands.
type found struct {
	text       string
	start, end int  // in bytes, angle brackets and quotes included
	angled     bool // it stands in angle brackets
}

// addressesIn finds every address in a line, in one pass, at most 50. It is no
// parser of RFC 5322 §3.4: reports write addresses in every way, some of which
// that grammar forbids, such as two dots in a row.
func addressesIn(line string) []found {
	var all []found
	from := 0
	for len(all) < 50 {
		i := strings.IndexByte(line[from:], '@')
		if i < 0 {
			return all
		}
		at := from + i
		from = at + 1
		end := domainEnd(line, at+1)
		domain := strings.TrimRight(line[at+1:end], ".-")
		end = at + 1 + len(domain)
		start := localStart(line, at)
		if len(all) > 0 && start < all[len(all)-1].end || !isDomain(domain) || start == at || at-start > 200 {
			continue
		}
		f := found{text: line[start:end], start: start, end: end}
		if start > 0 && line[start-1] == '<' && end < len(line) && line[end] == '>' {
			f.start, f.end, f.angled = start-1, end+1, true
		}
		all = append(all, f)
		from = end
	}
	return all
}

// localStart goes left from the "@". Letters beyond ASCII belong to a local part
// only behind an angle bracket, because words of some languages are not parted
// from an address by anything.
func localStart(line string, at int) int {
	if at > 0 && line[at-1] == '"' {
		if open := strings.LastIndexByte(line[max(0, at-70):at-1], '"'); open >= 0 {
			return max(0, at-70) + open
		}
		return at
	}
	low := max(0, at-201)
	if open := strings.LastIndexByte(line[low:at], '<'); open >= 0 && internationalLocal(line[low+open+1:at]) {
		return low + open + 1
	}
	start := at
	for start > low && isLocalByte(line[start-1]) {
		start--
	}
	for start < at && !isAlphanumeric(line[start]) && line[start] != '_' {
		start++
	}
	for _, prefix := range []string{"to=", "from=", "mailto=", "smtp="} { // log lines, and the X.400 addresses of old gateways
		if len(line[start:at]) > len(prefix) && strings.EqualFold(line[start:start+len(prefix)], prefix) {
			start += len(prefix)
		}
	}
	return start
}

func internationalLocal(s string) bool {
	beyond := false
	for i := range len(s) {
		beyond = beyond || s[i] >= 0x80
		if s[i] < 0x80 && !isLocalByte(s[i]) {
			return false
		}
	}
	return beyond && utf8.ValidString(s)
}

func isLocalByte(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0 // RFC 5322 §3.2.3
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func domainEnd(line string, start int) int {
	end := start
	for end < len(line) && end-start < 255 && (isAlphanumeric(line[end]) || line[end] == '.' || line[end] == '-' || line[end] == '_' || line[end] >= 0x80) {
		if r, size := utf8.DecodeRuneInString(line[end:]); line[end] >= 0x80 {
			if !isDomainRune(r) {
				break
			}
			end += size - 1
		}
		end++
	}
	return end
}

// isDomainRune leaves out the scripts whose sentences run into an address
// without a space, and all punctuation.
func isDomainRune(r rune) bool {
	return r >= 0xc0 && r < 0x530 && r != 0xd7 && r != 0xf7 // Latin, Greek, Cyrillic
}

// isDomain wants a dot and a last label that is no number.
func isDomain(d string) bool {
	i := strings.LastIndexByte(d, '.')
	if i < 1 || i+1 >= len(d) || strings.Contains(d, "..") {
		return false
	}
	last := d[i+1:]
	return strings.HasPrefix(last, "xn--") || strings.Trim(last, "0123456789-_") == last && !strings.ContainsAny(last, "0123456789_")
}

// splitAddress parts an address at its last "@".
func splitAddress(a string) (local, domain string) {
	i := strings.LastIndexByte(a, '@')
	if i < 0 {
		return a, ""
	}
	return a[:i], strings.ToLower(a[i+1:])
}

// isDaemon says that an address is one under which servers write their reports.
func isDaemon(a string) bool {
	local, _ := splitAddress(strings.ToLower(a))
	switch local {
	case "mailerdaemon", "mail-daemon", "mail_daemon", "post_master", "daemon", "double-bounce", "mail.delivery.system",
		"maildaemon", "mdaemon", "mail-delivery-subsystem", "mailsystem":
		return true
	}
	return strings.HasPrefix(local, "microsoftexchange") || strings.HasPrefix(local, "mailer-daemon") || strings.HasPrefix(local, "postmaster")
}

// isRole says that an address belongs to a server or an office rather than to a
// reader.
func isRole(a string) bool {
	local, _ := splitAddress(strings.ToLower(a))
	switch local {
	case "abuse", "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mailer", "system", "administrator",
		"delivery", "bounce", "bounces", "complaints":
		return true
	}
	return isDaemon(a)
}
