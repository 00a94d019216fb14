package config

import (
	"math"
	"net"
	"time"
)

// checkInbound keeps room for the token: a local part has at most 64 octets (RFC
// 5321 §4.5.3.1.1), a token up to 52, and the plus sign one.
func (r *reader) checkInbound() {
	if box := r.config.Inbound.LeaveMailbox; box != "" && !mailboxForm.MatchString(box) {
		r.fault("inbound.leave_mailbox", "Write one word of at most 11 letters, digits and hyphens, for example leave.",
			"%q cannot stand before the plus sign of an address", box)
	}
	c := r.config.Inbound
	if every := time.Duration(c.Every); every < time.Second || every > 25*time.Minute {
		r.fault("inbound.every", `Write a duration from "1s" to "25m".`, "%s is no time to wait between two looks", every)
	}
	if c.Listen == "" {
		return
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port != "0" && !isPort(port) {
		r.fault("inbound.listen", "Write host and port, for example 127.0.0.1:2424.", "%q is not an address to listen on", c.Listen)
	}
}

// checkIMAP looks at the server only when there is one. A password never travels in
// the clear (RFC 8314 §3).
func (r *reader) checkIMAP() {
	c := &r.config.IMAP
	if c.Port < 0 || c.Port > math.MaxUint16 {
		r.fault("imap.port", "Write a port from 1 to 65535, or leave it out for the usual one.", "%d is not a port", c.Port)
	}
	if c.Port == 0 {
		c.Port = map[string]int{TLSImplicit: 993, TLSStartTLS: 143, TLSNone: 143}[c.TLS]
	}
	if c.Host == "" {
		if c.Username != "" {
			r.fault("imap.host", "Set it as well, or leave the section imap out.", "a name to log in with is given, but no server")
		}
		return
	}
	host, ok := hostName(c.Host)
	if c.Host = host; !ok {
		r.fault("imap.host", "Write the name alone, for example imap.example.org; the port has its own key, imap.port.", "%q is not a host name", host)
	}
	switch {
	case c.Username == "":
		r.fault("imap.username", "Set it to the name of the mailbox.", "there is no name to log in with")
	case c.Password == "" && c.PasswordFile == "":
		r.fault("imap.password_file", "Set it, or EPISTLE_IMAP_PASSWORD.", "there is no password to log in with")
	case c.TLS == TLSNone && !loopback(c.Host):
		r.fault("imap.tls", "Write implicit or starttls, or read nowhere but on this machine.", "the password would travel to %s in the clear", c.Host)
	}
	if c.Folder == "" {
		r.fault("imap.folder", "Write the name of a folder, for example INBOX.", "no folder is named")
	}
	if c.MoveTo != "" && c.MoveTo == c.Folder {
		r.fault("imap.move_to", "Name another folder.", "messages cannot be moved to the folder they are in")
	}
}
