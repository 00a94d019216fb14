package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/config"
	"epistle/internal/newsletter"
	"epistle/internal/smtp"
	"epistle/internal/terminal"
)

// doctorChecks are what doctor looks at, in order.
var doctorChecks = []string{"configuration", "database", "keys", "smtp", "dkim", "inbound", "web"}

func (c *command) doctorCommand() *cobra.Command {
	var only []string
	cmd := &cobra.Command{
		Use:   "doctor [--only CHECK,…]",
		Short: "Check that all that sending needs is in place",
		Long: "Check that everything that sending needs is in place: each line is ok or says what\n" +
			"to mend. The mail server is logged in to and sent nothing. Exit code 1 when\n" +
			"something has to be mended, 2 when it is the configuration.",
		Example: "  epistle doctor\n  epistle doctor --only database,smtp",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range only {
				if !slices.Contains(doctorChecks, name) {
					return usage(cmd, "%q is not a check; they are %s", name, listing(doctorChecks))
				}
			}
			if len(only) == 0 {
				only = doctorChecks[:len(doctorChecks)-1] // web asks `serve`, which need not run yet
			}
			return c.doctor(cmd.Context(), only)
		},
	}
	cmd.Flags().StringSliceVar(&only, "only", nil, "only these `CHECKS`: "+strings.Join(doctorChecks, ",")+" (default all but web)")
	return cmd
}

// doctor runs the chosen checks. Without a configuration nothing else can be
// looked at, and the exit code is that of a wrong configuration.
func (c *command) doctor(ctx context.Context, only []string) error {
	d, kind := &doctor{command: c}, newsletter.Failed
	var err error
	if d.config, err = c.config(); err != nil {
		d.fail("configuration", err)
		kind = newsletter.KindOf(err)
	} else {
		for _, name := range doctorChecks {
			if slices.Contains(only, name) {
				d.check(ctx, name)
			}
		}
	}
	if err := d.say(); err != nil {
		return err
	}
	if d.failed > 0 {
		return newsletter.Errorf(kind, "%s to be mended", terminal.Plural(d.failed, "thing has", "things have"))
	}
	return nil
}

// doctor gathers findings.
type doctor struct {
	*command
	config *config.Config
	list   []terminal.Check
	failed int
}

// doctorLimit bounds every look at the network.
const doctorLimit = 20 * time.Second

func (d *doctor) check(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	switch name {
	case "configuration":
		file := d.config.File
		if file == "" {
			file = "no file; defaults and environment"
		}
		d.ok(name, "%s", file)
		if !d.config.Web.Secure() {
			d.warn(name, "web.public_url", "mail programs offer no one-click button without https", "Serve the pages over https and set web.public_url to that address.")
		} else if len(d.config.Web.TrustedProxies) == 0 {
			// Epistle itself does not speak https: something stands in front.
			d.warn(name, "web.trusted_proxies", "all visitors count as one network", "Name the web server that serves https in front, for example 127.0.0.1.")
		}
	case "database":
		d.database(ctx)
	case "keys":
		d.keys(ctx)
	case "smtp":
		d.smtp(ctx)
	case "dkim":
		d.dkim(ctx)
	case "inbound":
		d.inbound(ctx)
	case "web":
		d.web(ctx)
	}
}

func (d *doctor) ok(name, format string, args ...any) {
	d.list = append(d.list, terminal.Check{Verdict: "ok", Name: name, Problem: terminal.Problem{Message: fmt.Sprintf(format, args...)}})
}

func (d *doctor) warn(name, place, message, remedy string) {
	d.list = append(d.list, terminal.Check{Verdict: "warning", Name: name, Problem: terminal.Problem{Place: place, Message: message, Remedy: remedy}})
}

func (d *doctor) fail(name string, err error) {
	for _, p := range problems(err) {
		d.failed++
		d.list = append(d.list, terminal.Check{Verdict: "error", Name: name, Problem: p})
	}
}

// doctorLine is a finding in JSON, like a line of the preflight.
type doctorLine struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
	Place   string `json:"place,omitempty"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

func (d *doctor) say() error {
	if !d.terminal().WantsJSON() {
		d.terminal().Checks(d.list)
		return nil
	}
	lines := make([]doctorLine, len(d.list))
	for i, c := range d.list {
		lines[i] = doctorLine{c.Name, c.Verdict, c.Place, c.Message, c.Remedy}
	}
	return d.terminal().JSON(lines)
}

func (d *doctor) database(ctx context.Context) {
	a, err := app.Open(ctx, d.config, quietLog(), d.now)
	if err != nil {
		d.fail("database", err)
		return
	}
	version, err := a.DB.Version(ctx)
	if err == nil {
		err = a.DB.CheckIntegrity(ctx)
	}
	all, listErr := a.Store.Newsletters(ctx)
	if err = errors.Join(err, listErr, a.Close()); err != nil {
		d.fail("database", err)
		return
	}
	d.ok("database", "%s, schema %d, sound, %s", a.DB.Path(), version, terminal.Plural(len(all), "newsletter", "newsletters"))
}

func (d *doctor) smtp(ctx context.Context) {
	o, err := app.SMTPOptions(d.config)
	if err != nil {
		d.fail("smtp", err)
		return
	}
	session, err := smtp.Dial(ctx, o)
	if err != nil {
		d.fail("smtp", newsletter.Errorf(newsletter.Unavailable, "%s:%d cannot be used: %w", o.Host, o.Port, err).
			With("Check smtp.host, smtp.port, smtp.tls and the login in the configuration."))
		return
	}
	var offers []string
	for _, e := range []string{"PIPELINING", "SMTPUTF8", "8BITMIME", "SIZE"} {
		if session.Supports(e) {
			offers = append(offers, e)
		}
	}
	login := "without login"
	if o.Username != "" {
		login = "logged in"
	}
	if err := session.Close(); err != nil {
		d.warn("smtp", "", "the server did not say goodbye: "+err.Error(), "")
	}
	d.ok("smtp", "%s:%d, %s, %s; offers %s", o.Host, o.Port, d.config.SMTP.TLS, login, orDash(strings.Join(offers, " ")))
}

func (d *doctor) dkim(ctx context.Context) {
	signers, err := app.Signers(d.config)
	if err != nil {
		d.fail("dkim", err)
		return
	}
	if len(signers) == 0 {
		d.warn("dkim", "dkim.domain", "no signing key is configured; messages leave unsigned", "Make one with: epistle dkim new --domain DOMAIN --selector NAME --out FILE")
		return
	}
	resolver := app.Resolver(d.config)
	for _, s := range signers {
		name, _ := s.Record()
		for _, w := range s.Warnings() {
			d.warn("dkim", name, w, "")
		}
		if err := s.Published(ctx, resolver); err != nil {
			d.fail("dkim", err)
			continue
		}
		d.ok("dkim", "%s is published and matches the key", name)
	}
}

// web asks the running server on this machine.
func (d *doctor) web(ctx context.Context) {
	host, port, err := net.SplitHostPort(d.config.Web.Listen)
	if err != nil {
		d.fail("web", newsletter.Errorf(newsletter.Usage, "%q is not an address to listen on", d.config.Web.Listen).At("web.listen"))
		return
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	address := "http://" + net.JoinHostPort(host, port) + "/healthz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		d.fail("web", err)
		return
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		d.fail("web", newsletter.Errorf(newsletter.Unavailable, "no answer: %w", err).At(address).With("Start it with: epistle serve"))
		return
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		d.fail("web", newsletter.Errorf(newsletter.Unavailable, "the server answers %s", response.Status).At(address).With("Look at the log of `epistle serve`."))
		return
	}
	d.ok("web", "%s answers", address)
}
