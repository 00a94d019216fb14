// Package config reads what one installation of Epistle needs to know: where its
// database, its mail server and its address in the web are.
//
// Load works in this order: the defaults; the TOML file, strictly; the
// environment, which beats the file; the files that hold secrets; then the check
// of every value. All faults are reported at once, each with the key and its line,
// or the variable, and with the way on.
//
// The struct below is the one place where a key, its meaning and its default are
// written down: Example and Reference are made from it.
//
// What the values are used for is left to the packages that get them; no key or
// certificate is opened here, because `epistle dkim new` must run before there is
// one. A newsletter's own settings are the work of package definition.
package config

import "epistle/internal/newsletter"

// Config is the configuration of one installation. Tags:
//
//	toml   the key, in the file and (as EPISTLE_SECTION_KEY) in the environment
//	doc    what it means, in sentences
//	is     what may be written, where the type does not say it
//	one    the words of which it is one
//	show   the example's value where the default is empty
//
// Relative paths are relative to the working folder, wherever the file lies.
type Config struct {
	Database Database `toml:"database" doc:"Where everything is kept."`
	SMTP     SMTP     `toml:"smtp" doc:"The mail server that takes the bulletins and passes them on. Each message goes to one recipient; connections are used for many messages."`
	DKIM     DKIM     `toml:"dkim" doc:"The signature under each message. Without dkim.domain messages leave unsigned, and mail programs then show no button to unsubscribe. As soon as a key is configured nothing leaves without its signature."`
	Delivery Delivery `toml:"delivery" doc:"When a message that could not be handed over is tried again."`
	Web      Web      `toml:"web" doc:"The pages for readers: leaving, and reading in the browser."`
	Inbound  Inbound  `toml:"inbound" doc:"Mail that comes back: bounces, complaints, wishes to leave. The envelope domain of each newsletter must bring it here."`
	IMAP     IMAP     `toml:"imap" doc:"A folder of an IMAP server to take mail that comes back from. See also inbound.every and inbound.afterwards."`
	DNS      DNS      `toml:"dns" doc:"Look-ups in the domain name system: by epistle doctor, and for the signatures of complaints that come in."`
	Log      Log      `toml:"log" doc:"What is written to standard error while Epistle runs."`

	// File is the configuration file that was read; empty when there was none.
	File string `toml:"-"`
}

// Database says where the database is.
type Database struct {
	URL string `toml:"url" is:"the path of a file" doc:"The SQLite database. It is made when it does not exist; beside it lie its journal and lock files. Write an absolute path when commands run in several folders."`
}

// SMTP is the submission server (RFC 6409) and how it is used.
type SMTP struct {
	Host         string              `toml:"host" is:"a host name or an IP address" show:"smtp.example.org" doc:"The server. Nothing can be sent before it is set."`
	Port         int                 `toml:"port" is:"a port; 0 for the usual one" doc:"The server's port. The usual one is 465 with implicit, 587 with starttls and 25 with none."`
	TLS          string              `toml:"tls" one:"implicit starttls none" doc:"How the connection is encrypted: from its beginning (RFC 8314 §3.3), by the command STARTTLS, which is then demanded, or not at all."`
	CAFile       string              `toml:"ca_file" is:"the path of a PEM file" show:"/etc/epistle/relay-ca.pem" doc:"Certificates that are trusted for this server in addition to the system's."`
	Username     string              `toml:"username" is:"text" show:"epistle" doc:"The name to log in with; empty for no login. A login needs encryption, except to this machine itself (RFC 4954 §14)."`
	Password     Secret              `toml:"password" is:"text" show:"…" doc:"The password to log in with. Better kept in smtp.password_file."`
	PasswordFile string              `toml:"password_file" is:"the path of a file" show:"/run/secrets/smtp-password" doc:"A file that holds nothing but the password."`
	Connections  int                 `toml:"connections" is:"a number from 1 to 100" doc:"How many connections are used side by side."`
	Rate         float64             `toml:"rate" is:"messages a second; 0 for no limit" doc:"How many messages leave in a second at most, over all connections together."`
	DomainRates  DomainRates         `toml:"domain_rates" is:"limits as DOMAIN=RATE, separated by commas; several domains before the sign share one rate" show:"gmail.com=20, outlook.com hotmail.com=10, *=5" doc:"How many messages leave in a second at most to the readers of a domain, in addition to smtp.rate. A slow domain holds up no other. The domain * is each one that is not named, by itself; a rate of 0 is no limit."`
	Timeout      newsletter.Duration `toml:"timeout" is:"a duration" doc:"How long to wait for one answer of the server. The last answer to a message is always waited for ten minutes (RFC 5321 §4.5.3.2.6), because giving up on it makes a delivery uncertain."`
	Envelope     string              `toml:"envelope" one:"verp fixed" doc:"The envelope sender, to which bounces go. With verp each message has its own, so that a bounce names its reader. With fixed it is the newsletter's own address, for servers that refuse other senders."`
	LocalName    string              `toml:"local_name" is:"a host name" show:"news.example.org" doc:"The name by which Epistle greets the server. When it is empty, the name of this machine."`
}

// DKIM names the signing keys (RFC 6376).
type DKIM struct {
	Domain          string `toml:"domain" is:"a domain" show:"example.org" doc:"The signing domain. It should be the domain of the newsletter's sender, or one above it (RFC 9989)."`
	Selector        string `toml:"selector" is:"a domain label" show:"epistle" doc:"The name under which the RSA key is published: SELECTOR._domainkey.DOMAIN."`
	KeyFile         string `toml:"key_file" is:"the path of a PEM file, PKCS #1 or PKCS #8" show:"/var/lib/epistle/dkim.pem" doc:"The private RSA key. epistle dkim new makes one and prints what to publish."`
	Ed25519Selector string `toml:"ed25519_selector" is:"a domain label" show:"epistle-ed" doc:"The name under which an Ed25519 key is published, for a second signature beside the first (RFC 8463)."`
	Ed25519KeyFile  string `toml:"ed25519_key_file" is:"the path of a PEM file, PKCS #8" show:"/var/lib/epistle/dkim-ed25519.pem" doc:"The private Ed25519 key. It cannot stand alone: many receivers only know RSA."`
}

// Delivery says how often and how long a message is tried.
type Delivery struct {
	RetryFirst  newsletter.Duration `toml:"retry_first" is:"a duration" doc:"How long to wait after the first temporary refusal. The waits grow with each further one."`
	GiveUpAfter newsletter.Duration `toml:"give_up_after" is:"a duration" doc:"How long after the first attempt a message is given up and counted as failed."`
}

// Web says where the pages are served and what readers call them.
type Web struct {
	Listen         string   `toml:"listen" is:"HOST:PORT" doc:"Where the pages are served, without encryption; a web server in front of it adds that. Write :8080 to listen on all addresses."`
	PublicURL      string   `toml:"public_url" is:"an https: or http: address without a path" doc:"Where readers reach these pages. It stands in every message, and must stay valid as long as old messages are read. Only with https can mail programs offer to unsubscribe with one click (RFC 8058 §3.1)."`
	TrustedProxies Networks `toml:"trusted_proxies" is:"IP addresses and networks with spaces between them" show:"127.0.0.1 ::1" doc:"The web servers in front of these pages whose header X-Forwarded-For is believed. From nobody else is it believed, because visitors can write it too. Requests are limited by the visitor's network; without this key all that come through a web server in front count as one."`
}

// Inbound says how mail comes back.
type Inbound struct {
	LeaveMailbox string              `toml:"leave_mailbox" is:"the local part of an address" show:"leave" doc:"Readers may also leave by mail: each message then names LEAVE_MAILBOX+TOKEN@DOMAIN in List-Unsubscribe (RFC 2369 §3.2), DOMAIN being the envelope domain. Set it when such addresses reach this installation, with all that follows the plus sign. When it is empty, messages offer no address to leave by; mail to leave+TOKEN is understood all the same."`
	Maildir      string              `toml:"maildir" is:"the path of a folder" show:"/var/mail/epistle" doc:"A Maildir, the folder with new, cur and tmp, into which a mail server on this machine delivers. What nobody has seen is taken."`
	Mbox         string              `toml:"mbox" is:"the path of a file" show:"/var/mail/epistle" doc:"An mbox file to which a mail server on this machine appends. It need not exist yet."`
	Every        newsletter.Duration `toml:"every" is:"a duration from 1s to 25m" doc:"How often the folders are looked at. An IMAP server tells of most messages by itself."`
	Afterwards   string              `toml:"afterwards" one:"keep delete" doc:"What becomes of a message in a folder when it has been stored: it is kept, marked as seen where the folder knows marks, or deleted. Keep it while people read the folder too."`
	Listen       string              `toml:"listen" is:"HOST:PORT" show:"127.0.0.1:2424" doc:"Where a mail server may hand over what comes back. Only bounce addresses, addresses to leave by, the newsletters' senders and postmaster are taken, so that it is no relay. There is neither encryption nor a login: let only your mail server reach it."`
	Protocol     string              `toml:"protocol" one:"lmtp smtp" doc:"What is spoken at inbound.listen: LMTP (RFC 2033), as mail servers speak it to their stores, or SMTP."`
}

// IMAP is a folder of an IMAP server (RFC 9051).
type IMAP struct {
	Host         string `toml:"host" is:"a host name or an IP address" show:"imap.example.org" doc:"The server. Nothing is taken from one before it is set."`
	Port         int    `toml:"port" is:"a port; 0 for the usual one" doc:"The server's port. The usual one is 993 with implicit, else 143."`
	TLS          string `toml:"tls" one:"implicit starttls none" doc:"How the connection is encrypted: from its beginning (RFC 8314 §3.3), by the command STARTTLS, which is then demanded, or not at all, which is possible on this machine only."`
	CAFile       string `toml:"ca_file" is:"the path of a PEM file" show:"/etc/epistle/imap-ca.pem" doc:"Certificates that are trusted for this server in addition to the system's."`
	Username     string `toml:"username" is:"text" show:"bounces@example.org" doc:"The name to log in with."`
	Password     Secret `toml:"password" is:"text" show:"…" doc:"The password to log in with. Better kept in imap.password_file."`
	PasswordFile string `toml:"password_file" is:"the path of a file" show:"/run/secrets/imap-password" doc:"A file that holds nothing but the password."`
	Folder       string `toml:"folder" is:"the name of a folder" doc:"The folder whose messages are taken, if nobody has seen them."`
	MoveTo       string `toml:"move_to" is:"the name of a folder" show:"Done" doc:"A folder to move messages to when they have been stored; it is made when it does not exist. When it is empty, inbound.afterwards says what becomes of them."`
}

// DNS says who is asked for records.
type DNS struct {
	Resolver string `toml:"resolver" is:"HOST or HOST:PORT" show:"192.0.2.53" doc:"The name server to ask. When it is empty, the system's."`
}

// Log says what is logged, and how.
type Log struct {
	Level  string `toml:"level" one:"debug info warn error" doc:"The least important messages to write. Only debug shows addresses and the conversation with the mail server, without passwords."`
	Format string `toml:"format" one:"text json" doc:"Lines to read, or one JSON object a line."`
}

// Default is the configuration of a machine that says nothing.
func Default() *Config {
	return &Config{
		Database: Database{URL: "epistle.db"},
		SMTP: SMTP{
			TLS: TLSImplicit, Connections: 4, Timeout: minutes(10), Envelope: EnvelopeVERP,
		},
		// RFC 5321 §4.5.4.1: the first retry after half an hour or so, the end
		// after four to five days at the earliest. A weekly letter is stale
		// before that, so it gives up after three.
		Delivery: Delivery{RetryFirst: minutes(30), GiveUpAfter: minutes(3 * 24 * 60)},
		Web:      Web{Listen: "127.0.0.1:8080", PublicURL: "http://localhost:8080"},
		Inbound:  Inbound{Every: minutes(1), Afterwards: AfterwardsKeep, Protocol: ProtocolLMTP},
		IMAP:     IMAP{TLS: TLSImplicit, Folder: "INBOX"},
		Log:      Log{Level: "info", Format: "text"},
	}
}

// The values of SMTP.TLS, IMAP.TLS, SMTP.Envelope, Inbound.Afterwards and
// Inbound.Protocol.
const (
	TLSImplicit   = "implicit"
	TLSStartTLS   = "starttls"
	TLSNone       = "none"
	EnvelopeVERP  = "verp"
	EnvelopeFixed = "fixed"

	AfterwardsKeep   = "keep"
	AfterwardsDelete = "delete"
	ProtocolLMTP     = "lmtp"
	ProtocolSMTP     = "smtp"
)
