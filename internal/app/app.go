// Package app puts the parts together: it opens the database that the
// configuration names, makes every service with what it needs, and runs them.
//
// Open is enough for a command that reads or changes something; Serve is the
// whole program: schedule, delivery and web side by side, stopped in stages. What
// a command says and asks is left to package cli.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"epistle/internal/assembly"
	"epistle/internal/audience"
	"epistle/internal/config"
	"epistle/internal/database"
	"epistle/internal/delivery"
	"epistle/internal/ledger"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/release"
	"epistle/internal/smtp"
	"epistle/internal/store"
)

// App is one database with its services.
type App struct {
	Config   *config.Config
	Log      *slog.Logger
	DB       *database.DB
	Store    *store.Store
	Ledger   *ledger.Ledger
	Secrets  *store.Secrets
	Audience *audience.Audience
	Assembly *assembly.Assembly

	composer func() (*delivery.Composer, error)
}

// Open opens the database and makes the services on it. now is the clock.
func Open(ctx context.Context, c *config.Config, log *slog.Logger, now func() time.Time) (*App, error) {
	db, err := database.Open(ctx, c.Database.URL)
	if err != nil {
		return nil, err
	}
	s := store.New(db, now)
	secrets, err := s.Secrets(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	l := ledger.New(db, now, log)
	a := &App{
		Config: c, Log: log, DB: db, Store: s, Ledger: l, Secrets: secrets,
		Audience: audience.New(s, l, secrets.Address), Assembly: assembly.New(s),
	}
	a.composer = sync.OnceValues(a.newComposer)
	return a, nil
}

// Close closes the database.
func (a *App) Close() error { return a.DB.Close() }

// Composer gives what writes messages, with the configured keys: one for all, because
// it keeps what it rendered. A key that cannot be loaded is an error: nothing leaves
// unsigned when a key is configured.
func (a *App) Composer() (*delivery.Composer, error) { return a.composer() }

func (a *App) newComposer() (*delivery.Composer, error) {
	signers, err := Signers(a.Config)
	if err != nil {
		return nil, err
	}
	links := delivery.Links{
		PublicURL: a.Config.Web.PublicURL, FixedEnvelope: a.Config.SMTP.Envelope == config.EnvelopeFixed,
		UnsubscribeMailbox: a.Config.Inbound.LeaveMailbox,
	}
	return delivery.NewComposer(a.Store, a.Secrets, links, signers), nil
}

// Signers loads the configured DKIM keys; none when none is configured.
func Signers(c *config.Config) ([]*message.Signer, error) {
	if !c.DKIM.Signs() {
		return nil, nil
	}
	rsa, err := message.LoadSigner(c.DKIM.Domain, c.DKIM.Selector, c.DKIM.KeyFile)
	if err != nil {
		return nil, err
	}
	signers := []*message.Signer{rsa}
	if c.DKIM.Ed25519KeyFile != "" {
		ed, err := message.LoadSigner(c.DKIM.Domain, c.DKIM.Ed25519Selector, c.DKIM.Ed25519KeyFile)
		if err != nil {
			return nil, err
		}
		signers = append(signers, ed)
	}
	return signers, nil
}

// Desk makes what lets bulletins go.
func (a *App) Desk() (*release.Desk, error) {
	composer, err := a.Composer()
	if err != nil {
		return nil, err
	}
	return release.New(a.Store, a.Ledger, composer, a.Config.Web.PublicURL), nil
}

// Sender makes what sends. Without a mail server it is refused.
func (a *App) Sender() (*delivery.Sender, error) {
	options, err := SMTPOptions(a.Config)
	if err != nil {
		return nil, err
	}
	composer, err := a.Composer()
	if err != nil {
		return nil, err
	}
	return delivery.NewSender(delivery.Options{
		SMTP: options, Connections: a.Config.SMTP.Connections, Rate: a.Config.SMTP.Rate, Domains: domainRates(a.Config),
		Retry: delivery.Retry{First: time.Duration(a.Config.Delivery.RetryFirst), GiveUp: time.Duration(a.Config.Delivery.GiveUpAfter)},
	}, a.Store, a.Ledger, composer, a.Log), nil
}

func domainRates(c *config.Config) []delivery.DomainRate {
	var list []delivery.DomainRate
	for _, r := range c.SMTP.DomainRates {
		list = append(list, delivery.DomainRate(r))
	}
	return list
}

// SMTPOptions turns the configuration into what package smtp wants.
func SMTPOptions(c *config.Config) (smtp.Options, error) {
	if c.SMTP.Host == "" {
		return smtp.Options{}, newsletter.Errorf(newsletter.Usage, "no mail server is configured").At("smtp.host").
			With("Set smtp.host in " + fileName(c) + " or EPISTLE_SMTP_HOST in the environment.")
	}
	o := smtp.Options{
		Host: c.SMTP.Host, Port: c.SMTP.Port, TLS: c.SMTP.TLS, Username: c.SMTP.Username, Password: c.SMTP.Password.Reveal(),
		Timeout: time.Duration(c.SMTP.Timeout), LocalName: c.SMTP.LocalName,
	}
	var err error
	o.RootCAs, err = authorities("smtp.ca_file", c.SMTP.CAFile)
	return o, err
}

func fileName(c *config.Config) string {
	if c.File == "" {
		return "epistle.toml"
	}
	return c.File
}

// Logger makes the program's logger as the configuration wants it: lines to read,
// or one JSON object a line.
func Logger(c *config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Log.Slog()}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
