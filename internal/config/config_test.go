package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

// load writes text as a configuration file and loads it.
func load(t *testing.T, text string, env ...string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "epistle.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, env)
}

// messages gives one line for each fault, without the folder of the test.
func messages(t *testing.T, err error) string {
	t.Helper()
	var faults newsletter.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("not a list of faults: %v", err)
	}
	var lines []string
	for _, f := range faults {
		if f.Kind != newsletter.Usage || f.Remedy == "" {
			t.Errorf("a fault without its kind or a way on: %#v", f)
		}
		line := f.Error()
		if i := strings.Index(line, "epistle.toml:"); i >= 0 {
			line = line[i:]
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	t.Parallel()
	c, err := load(t, `
[smtp]
host = "Relay.Example.org"
tls = "starttls"
username = "ana"
password = "from the file"
connections = 8
[delivery]
retry_first = "45m"
[web]
public_url = "https://Bücher.example/"
`, "EPISTLE_SMTP_CONNECTIONS=2", "EPISTLE_SMTP_PASSWORD=from the environment", "EPISTLE_SMTP_RATE=12.5",
		"EPISTLE_DELIVERY_GIVE_UP_AFTER=1h", "EPISTLE_SMTP_USERNAME=", "HOME=/root", "EPISTLE_PORT_8080_TCP=tcp://10.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]any{
		"host in lower case":        {c.SMTP.Host, "relay.example.org"},
		"usual port":                {c.SMTP.Port, 587},
		"number of the environment": {c.SMTP.Connections, 2},
		"fraction":                  {c.SMTP.Rate, 12.5},
		"secret of the environment": {c.SMTP.Password.Reveal(), "from the environment"},
		"empty variable is none":    {c.SMTP.Username, "ana"},
		"duration of the file":      {time.Duration(c.Delivery.RetryFirst), 45 * time.Minute},
		"duration of environment":   {time.Duration(c.Delivery.GiveUpAfter), time.Hour},
		"default":                   {c.Database.URL, "epistle.db"},
		"address in one form":       {c.Web.PublicURL, "https://xn--bcher-kva.example"},
		"host of the address":       {c.Web.Host(), "xn--bcher-kva.example"},
		"secure":                    {c.Web.Secure(), true},
		"level":                     {c.Log.Slog(), slog.LevelInfo},
		"unsigned":                  {c.DKIM.Signs(), false},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %v, want %v", name, pair[0], pair[1])
		}
	}
}

func TestEachFaultNamesItsPlace(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file string
		env  []string
		want string
	}{
		"unknown key":            {"[smtp]\nhsot = \"x\"", nil, `epistle.toml:2:1: smtp.hsot: "smtp.hsot" is not a known key`},
		"unknown variable":       {"", []string{"EPISTLE_SMTP_PASWORD=x"}, `EPISTLE_SMTP_PASWORD: there is no such setting`},
		"number of a variable":   {"", []string{"EPISTLE_SMTP_PORT=x"}, `EPISTLE_SMTP_PORT: "x" is not a whole number`},
		"duration of a variable": {"", []string{"EPISTLE_SMTP_TIMEOUT=5"}, `EPISTLE_SMTP_TIMEOUT: "5" is not a duration`},
		"duration":               {"[smtp]\ntimeout = \"x\"", nil, `epistle.toml:2:1: smtp.timeout: "x" is not a duration`},
		"two looks too close":    {"[inbound]\nevery = \"10ms\"", nil, `epistle.toml:2:1: inbound.every: 10ms is no time to wait between two looks`},
		"no place to listen":     {"[inbound]\nlisten = \"2424\"", nil, `epistle.toml:2:1: inbound.listen: "2424" is not an address to listen on`},
		"a word for afterwards":  {"[inbound]\nafterwards = \"burn\"", nil, `epistle.toml:2:1: inbound.afterwards: "burn" is not a value of inbound.afterwards`},
		"IMAP without a name":    {"[imap]\nhost = \"imap.example.org\"", nil, `epistle.toml:1:2: imap.username: there is no name to log in with`},
		"IMAP without password":  {"[imap]\nhost = \"imap.example.org\"\nusername = \"a\"", nil, `epistle.toml:1:2: imap.password_file: there is no password to log in with`},
		"IMAP in the clear":      {"[imap]\nhost = \"imap.example.org\"\nusername = \"a\"\ntls = \"none\"", []string{"EPISTLE_IMAP_PASSWORD=x"}, `epistle.toml:4:1: imap.tls: the password would travel to imap.example.org in the clear`},
		"IMAP without a server":  {"[imap]\nusername = \"a\"", nil, `epistle.toml:1:2: imap.host: a name to log in with is given, but no server`},
		"IMAP to itself":         {"[imap]\nhost = \"imap.example.org\"\nusername = \"a\"\nmove_to = \"INBOX\"", []string{"EPISTLE_IMAP_PASSWORD=x"}, `epistle.toml:4:1: imap.move_to: messages cannot be moved to the folder they are in`},
		"mailbox without room":   {"[inbound]\nleave_mailbox = \"unsubscribe-me\"", nil, `epistle.toml:2:1: inbound.leave_mailbox: "unsubscribe-me" cannot stand before the plus sign of an address`},
		"port":                   {"[smtp]\nport = 70000", nil, `epistle.toml:2:1: smtp.port: 70000 is not a port`},
		"host with port":         {"[smtp]\nhost = \"a:25\"", nil, `epistle.toml:2:1: smtp.host: "a:25" is not a host name`},
		"word":                   {"[smtp]\ntls = \"ssl\"", nil, `epistle.toml:2:1: smtp.tls: "ssl" is not a value of smtp.tls`},
		"password in the clear":  {"[smtp]\nhost=\"mail.example.org\"\ntls=\"none\"\nusername=\"a\"\npassword=\"b\"", nil, `epistle.toml:3:1: smtp.tls: the password would travel to mail.example.org in the clear`},
		"name without password":  {"", []string{"EPISTLE_SMTP_USERNAME=a"}, `EPISTLE_SMTP_USERNAME: a name to log in with is given, but no password`},
		"password without name":  {"[smtp]\npassword=\"b\"", nil, `epistle.toml:2:1: smtp.password: a password is given, but no name to log in with`},
		"two passwords":          {"[smtp]\nusername=\"a\"\npassword=\"b\"\npassword_file=\"c\"", nil, `epistle.toml:4:1: smtp.password_file: both smtp.password and smtp.password_file are given`},
		"connections":            {"[smtp]\nconnections=0", nil, `epistle.toml:2:1: smtp.connections: 0 connections are not possible`},
		"rate":                   {"", []string{"EPISTLE_SMTP_RATE=NaN"}, `EPISTLE_SMTP_RATE: NaN is not a rate`},
		"duration not positive":  {"[delivery]\nretry_first=\"0s\"", nil, `epistle.toml:2:1: delivery.retry_first: the wait before the first retry is not positive`},
		"half a key":             {"[dkim]\ndomain=\"example.org\"\nselector=\"a\"", nil, `epistle.toml:1:2: dkim.key_file: dkim.key_file is missing, so that nothing can be signed`},
		"second key with selector": {
			"[dkim]\ndomain=\"example.org\"\nselector=\"a\"\nkey_file=\"b\"\ned25519_selector=\"a\"\ned25519_key_file=\"c\"", nil,
			`epistle.toml:5:1: dkim.ed25519_selector: both keys have the selector "a"`,
		},
		"listen":                {"[web]\nlisten=\"8080\"", nil, `epistle.toml:2:1: web.listen: "8080" is not an address to listen on`},
		"address with a path":   {"[web]\npublic_url=\"https://a.example/news\"", nil, `epistle.toml:2:1: web.public_url: "https://a.example/news" has a path; the pages need a host of their own`},
		"address without host":  {"[web]\npublic_url=\"https:///\"", nil, `epistle.toml:2:1: web.public_url: "https:///" has no host that a reader could reach`},
		"address of a bad kind": {"", []string{"EPISTLE_WEB_PUBLIC_URL=news.example.org"}, `EPISTLE_WEB_PUBLIC_URL: "news.example.org" is not an https: or http: address`},
		"resolver":              {"[dns]\nresolver=\"a b\"", nil, `epistle.toml:2:1: dns.resolver: "a b" is not a name server`},
		"level":                 {"[log]\nlevel=\"loud\"", nil, `epistle.toml:2:1: log.level: "loud" is not a value of log.level`},
		"database":              {"[database]\nurl=\"postgres://db/epistle\"", nil, `epistle.toml:2:1: database.url: "postgres://db/epistle" is not the path of a database file`},
		"no database":           {"[database]\nurl=\"\"", nil, `epistle.toml:2:1: database.url: the path of the database is empty`},
		"type":                  {"[smtp]\nport=\"25\"", nil, `epistle.toml:2:1: smtp.port: the value is text, but a whole number is wanted`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tc.file, tc.env...)
			if got := messages(t, err); got != tc.want || strings.Contains(got, "\n") {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestAllFaultsComeAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load(t, "[smtp]\nport = -1\nunknown = 1\n[web]\nlisten = 3\n[dkim]\nselector = \"-\"\n", "EPISTLE_LOG_LEVL=info", "EPISTLE_SMTP_RATE=x")
	want := `epistle.toml:3:1: smtp.unknown: "smtp.unknown" is not a known key
epistle.toml:5:1: web.listen: the value is a whole number, but text is wanted
EPISTLE_LOG_LEVL: there is no such setting
EPISTLE_SMTP_RATE: "x" is not a number
epistle.toml:2:1: smtp.port: -1 is not a port
epistle.toml:7:1: dkim.selector: "-" is not a selector
epistle.toml:6:2: dkim.domain: dkim.domain is missing, so that nothing can be signed
epistle.toml:6:2: dkim.key_file: dkim.key_file is missing, so that nothing can be signed`
	if got := messages(t, err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !strings.Contains(newsletter.RemedyOf(err), "nearest known key") {
		t.Errorf("the remedy is %q", newsletter.RemedyOf(err))
	}
}

func TestSecretComesFromItsFile(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("p a s s\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := fmt.Sprintf("[smtp]\nusername = \"a\"\npassword_file = %q\n", secret)
	for name, tc := range map[string]struct {
		file string
		env  []string
		want string
	}{
		"named in the file":                     {file, nil, "p a s s"},
		"named in the environment":              {"[smtp]\nusername=\"a\"\npassword=\"old\"", []string{"EPISTLE_SMTP_PASSWORD_FILE=" + secret}, "p a s s"},
		"beaten by the secret in a variable":    {file, []string{"EPISTLE_SMTP_PASSWORD=direct"}, "direct"},
		"not read when a variable names itself": {"[smtp]\nusername=\"a\"\npassword_file=\"/nowhere\"", []string{"EPISTLE_SMTP_PASSWORD=direct"}, "direct"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := load(t, tc.file, tc.env...)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.SMTP.Password.Reveal(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestFileOfASecretHoldsNothingElse(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "password")
	file := fmt.Sprintf("[smtp]\nusername = \"a\"\npassword_file = %q\n", secret)
	if _, err := load(t, file); err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	for content, want := range map[string]string{"\n": "is empty", "a\nb": "does not hold one secret", strings.Repeat("a", 5000): "does not hold one secret"} {
		if err := os.WriteFile(secret, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(t, file); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "a\nb") {
			t.Errorf("%.10q: got %v, want a fault that it %s", content, err, want)
		}
	}
}

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	const word = "hunter-two"
	c, err := load(t, "[smtp]\nusername = \"a\"\npassword = \""+word+"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("loaded", "password", c.SMTP.Password, "config", c, "smtp", c.SMTP)
	slog.New(slog.NewTextHandler(&log, nil)).Info("loaded", "password", c.SMTP.Password, "config", c, "smtp", c.SMTP)
	printed := fmt.Sprintf("%v %+v %#v %s %q %v %s %s", c, *c, *c, c.SMTP.Password, c.SMTP.Password, c.SMTP, encoded, log.String())
	if strings.Contains(printed, word) {
		t.Errorf("the password was printed: %s", printed)
	}
	if !strings.Contains(printed, hidden) {
		t.Error("nothing says that there is a password")
	}
	for _, bad := range []string{"[smtp]\npassword = \"" + word + "\nx", "[smtp]\npassword = " + word} {
		if _, err := load(t, bad); err == nil || strings.Contains(err.Error(), word) {
			t.Errorf("a fault of syntax prints the password: %v", err)
		}
	}
}

func TestFileIsFoundInItsOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := Load("", nil)
	if err != nil || c.File != "" && !strings.HasPrefix(c.File, "/etc/") {
		t.Fatalf("without a file: %v, %v", c, err)
	}
	if err := os.WriteFile("epistle.toml", []byte("[smtp]\nhost = \"::1\"\ntls = \"none\""), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.File != "epistle.toml" || c.SMTP.Host != "::1" || c.SMTP.Port != 25 {
		t.Errorf("got %q with %s:%d", c.File, c.SMTP.Host, c.SMTP.Port)
	}
	_, err = Load("missing.toml", nil)
	if newsletter.KindOf(err) != newsletter.Usage || !errors.Is(err, os.ErrNotExist) || newsletter.RemedyOf(err) == "" {
		t.Errorf("a file that is named must exist: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(Example(), "EPISTLE_SMTP_PORT=25")
	f.Add([]byte("[web]\npublic_url = \"https://[::1]:443\"\n[smtp]\nport = 1e3"), "EPISTLE_WEB_LISTEN=:0")
	f.Add([]byte("[dns]\nresolver = \"[::1]:53\"\n[dkim]\ndomain = \"ß.example\""), "EPISTLE_DKIM=")
	f.Fuzz(func(t *testing.T, data []byte, variable string) {
		r := read("epistle.toml", data, []string{variable})
		r.check()
		for _, fault := range r.faults {
			if fault.Message == "" || fault.Place == "" || fault.Kind != newsletter.Usage {
				t.Errorf("an empty fault: %#v", fault)
			}
		}
		if len(r.faults) > 0 {
			return
		}
		// What was accepted is in its final form: it is accepted again.
		if _, problem := publicURL(r.config.Web.PublicURL); problem != "" || r.config.Web.Host() == "" {
			t.Errorf("%q was accepted, but it %s", r.config.Web.PublicURL, problem)
		}
	})
}
