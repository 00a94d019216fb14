package config

import (
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

var (
	// A host name or domain in ASCII: labels of letters, digits and hyphens
	// (RFC 1123 §2.1).
	hostForm     = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	mailboxForm  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?$`)
	selectorForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$`)
)

// check looks at every value, alone and together, and puts the ones with several
// spellings into one form.
func (r *reader) check() {
	for _, s := range r.config.settings() {
		if len(s.one) > 0 && !slices.Contains(s.one, s.field.String()) {
			r.fault(s.name, "Write "+s.is+".", "%q is not a value of %s", s.field.String(), s.name)
		}
	}
	r.checkDatabase()
	r.checkServer()
	r.checkLogin()
	r.checkPace()
	r.checkDKIM()
	r.checkWeb()
	r.checkInbound()
	r.checkIMAP()
	r.checkResolver()
}

func (r *reader) checkDatabase() {
	location := r.config.Database.URL
	if location == "" {
		r.fault("database.url", "Write the path of a file, for example epistle.db.", "the path of the database is empty")
	}
	if strings.ContainsAny(location, "?#\x00") || strings.Contains(location, ":/") ||
		strings.HasPrefix(location, "file:") || location == ":memory:" {
		r.fault("database.url", "Write the path of a file, for example /var/lib/epistle/epistle.db.",
			"%q is not the path of a database file", location)
	}
}

func (r *reader) checkServer() {
	c := &r.config.SMTP
	if c.Host != "" {
		host, ok := hostName(c.Host)
		if c.Host = host; !ok {
			r.fault("smtp.host", "Write the name alone, for example smtp.example.org; the port has its own key, smtp.port.",
				"%q is not a host name", host)
		}
	}
	if c.Port < 0 || c.Port > math.MaxUint16 {
		r.fault("smtp.port", "Write a port from 1 to 65535, or leave it out for the usual one.", "%d is not a port", c.Port)
	}
	if c.Port == 0 {
		c.Port = map[string]int{TLSImplicit: 465, TLSStartTLS: 587, TLSNone: 25}[c.TLS]
	}
	if c.LocalName != "" {
		name, ok := hostName(c.LocalName)
		if c.LocalName = name; !ok {
			r.fault("smtp.local_name", "Write a full host name, for example news.example.org.", "%q is not a host name", name)
		}
	}
}

// checkLogin keeps a password from travelling in the clear (RFC 4954 §14).
func (r *reader) checkLogin() {
	c := r.config.SMTP
	hasPassword := c.Password != "" || c.PasswordFile != ""
	switch {
	case c.Username != "" && !hasPassword:
		r.fault("smtp.username", "Set smtp.password_file or EPISTLE_SMTP_PASSWORD, or leave the name out for no login.",
			"a name to log in with is given, but no password")
	case c.Username == "" && c.Password != "":
		r.fault("smtp.password", "Set smtp.username too.", "a password is given, but no name to log in with")
	case c.Username == "" && c.PasswordFile != "":
		r.fault("smtp.password_file", "Set smtp.username too.", "a password is given, but no name to log in with")
	case c.Username != "" && c.TLS == TLSNone && !loopback(c.Host):
		r.fault("smtp.tls", "Write implicit or starttls, or log in nowhere but on this machine.",
			"the password would travel to %s in the clear", c.Host)
	}
}

func (r *reader) checkPace() {
	c := r.config
	if c.SMTP.Connections < 1 || c.SMTP.Connections > 100 {
		r.fault("smtp.connections", "Write a number from 1 to 100.", "%d connections are not possible", c.SMTP.Connections)
	}
	if c.SMTP.Rate < 0 || math.IsNaN(c.SMTP.Rate) || math.IsInf(c.SMTP.Rate, 0) {
		r.fault("smtp.rate", "Write messages a second, or 0 for no limit.", "%v is not a rate", c.SMTP.Rate)
	}
	if c.SMTP.Timeout <= 0 {
		r.fault("smtp.timeout", `Write a duration like "10m".`, "the time to wait for an answer is not positive")
	}
	if c.Delivery.RetryFirst <= 0 {
		r.fault("delivery.retry_first", `Write a duration like "30m".`, "the wait before the first retry is not positive")
	}
	if c.Delivery.GiveUpAfter <= 0 {
		r.fault("delivery.give_up_after", `Write a duration like "72h".`, "the time after which to give up is not positive")
	}
}

func (r *reader) checkDKIM() {
	c := &r.config.DKIM
	if c.Domain != "" {
		domain, ok := hostName(c.Domain)
		if c.Domain = domain; !ok {
			r.fault("dkim.domain", "Write a domain, for example example.org.", "%q is not a domain", domain)
		}
	}
	for _, p := range []part{{"dkim.selector", c.Selector}, {"dkim.ed25519_selector", c.Ed25519Selector}} {
		if p.value != "" && !selectorForm.MatchString(p.value) {
			r.fault(p.key, "Write letters, digits and hyphens, for example epistle.", "%q is not a selector", p.value)
		}
	}
	// Half a key would mean mail that leaves unsigned while everyone believes
	// it is signed.
	rsa := []part{{"dkim.domain", c.Domain}, {"dkim.selector", c.Selector}, {"dkim.key_file", c.KeyFile}}
	second := []part{{"dkim.ed25519_selector", c.Ed25519Selector}, {"dkim.ed25519_key_file", c.Ed25519KeyFile}}
	if anyGiven(second) {
		r.together(append(rsa, second...))
	} else if anyGiven(rsa) {
		r.together(rsa)
	}
	if c.Selector != "" && c.Selector == c.Ed25519Selector {
		r.fault("dkim.ed25519_selector", "Give each key its own selector.", "both keys have the selector %q", c.Selector)
	}
}

// part is one of several keys that only make sense together.
type part struct{ key, value string }

func anyGiven(parts []part) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.value != "" })
}

// together demands every one of the keys.
func (r *reader) together(parts []part) {
	for _, p := range parts {
		if p.value == "" {
			r.fault(p.key, "Set it as well, or leave out all keys of the section dkim.", "%s is missing, so that nothing can be signed", p.key)
		}
	}
}

func (r *reader) checkWeb() {
	c := &r.config.Web
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port != "0" && !isPort(port) {
		r.fault("web.listen", "Write host and port, for example 127.0.0.1:8080, or :8080 for all addresses.",
			"%q is not an address to listen on", c.Listen)
	}
	public, problem := publicURL(c.PublicURL)
	if problem != "" {
		r.fault("web.public_url", "Write scheme and host only, for example https://news.example.org.", "%q %s", c.PublicURL, problem)
		return
	}
	c.PublicURL = public
}

// publicURL gives the address in its one form: lower-case host in ASCII, no slash
// at its end. Or it says what is wrong with it.
func publicURL(text string) (public, problem string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http":
		return "", "is not an https: or http: address"
	case u.User != nil:
		return "", "holds a name to log in with"
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", "has a path; the pages need a host of their own"
	}
	host, ok := hostName(u.Hostname())
	if !ok || strings.HasSuffix(u.Host, ":") || u.Port() != "" && !isPort(u.Port()) {
		return "", "has no host that a reader could reach"
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // RFC 3986 §3.2.2
	}
	if u.Port() != "" {
		host += ":" + u.Port()
	}
	return u.Scheme + "://" + host, ""
}

func (r *reader) checkResolver() {
	c := &r.config.DNS
	if c.Resolver == "" {
		return
	}
	host, port, err := net.SplitHostPort(c.Resolver)
	if err != nil {
		host, port = c.Resolver, "53"
	}
	name, ok := hostName(strings.Trim(host, "[]"))
	if !ok || !isPort(port) {
		r.fault("dns.resolver", "Write an address, for example 192.0.2.53 or 192.0.2.53:5353.", "%q is not a name server", c.Resolver)
		return
	}
	c.Resolver = net.JoinHostPort(name, port)
}

// hostName gives a host name in lower-case ASCII (A-labels), or an IP address as
// it is; ok is false when it is neither.
func hostName(name string) (ascii string, ok bool) {
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.String(), addr.Zone() == ""
	}
	converted, err := idna.Lookup.ToASCII(strings.TrimSuffix(name, "."))
	if err != nil || len(converted) > 253 || !hostForm.MatchString(converted) {
		return name, false
	}
	return strings.ToLower(converted), true
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}
