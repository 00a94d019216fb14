package app

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"epistle/internal/config"
	"epistle/internal/inbound"
	"epistle/internal/inbound/imap"
	"epistle/internal/inbound/lmtp"
	"epistle/internal/inbound/mailbox"
	"epistle/internal/newsletter"
)

// way is one way in for mail that comes back.
type way struct {
	name string
	// run takes messages in until ctx ends, and is nil then, or until something
	// fails. It calls well whenever it works, from any goroutine.
	run func(ctx context.Context, well func()) error
}

// maildirHands is how many messages of a Maildir are taken in at a time: those that
// are kept together cost the disk one wait.
const maildirHands = 32

// ways makes the configured ways in; a way that cannot be used is told when it is
// used, and again and again, so that it never keeps the program from running.
func (a *App) ways(intake *inbound.Intake) (list []way, err error) {
	c := a.Config
	remove, every := c.Inbound.Afterwards == config.AfterwardsDelete, time.Duration(c.Inbound.Every)
	if dir := c.Inbound.Maildir; dir != "" {
		folder := &mailbox.Maildir{Dir: dir, Delete: remove, Hands: maildirHands}
		list = append(list, way{"maildir", looking(every, folder.Take, keeping(intake, "maildir"))})
	}
	if path := c.Inbound.Mbox; path != "" {
		file := &mailbox.Mbox{Path: path, Delete: remove}
		list = append(list, way{"mbox", looking(every, file.Take, keeping(intake, "mbox"))})
	}
	if c.IMAP.Host != "" {
		options, err := IMAPOptions(c)
		if err != nil {
			return nil, err
		}
		server := imap.New(options)
		list = append(list, way{"imap", func(ctx context.Context, well func()) error {
			return server.Run(ctx, imap.Accept(keeping(intake, "imap")), func(int) { well() })
		}})
	}
	if c.Inbound.Listen != "" {
		list = append(list, way{c.Inbound.Protocol, a.listening(intake)})
	}
	return list, nil
}

// IMAPOptions turns the configuration into what package imap wants.
func IMAPOptions(c *config.Config) (imap.Options, error) {
	o := imap.Options{
		Host: c.IMAP.Host, Port: c.IMAP.Port, TLS: c.IMAP.TLS, Username: c.IMAP.Username, Password: c.IMAP.Password.Reveal(),
		Folder: c.IMAP.Folder, MoveTo: c.IMAP.MoveTo, Delete: c.Inbound.Afterwards == config.AfterwardsDelete,
		Every: time.Duration(c.Inbound.Every),
	}
	var err error
	o.RootCAs, err = authorities("imap.ca_file", c.IMAP.CAFile)
	return o, err
}

// keeping hands messages of one way to the intake.
func keeping(intake *inbound.Intake, name string) mailbox.Accept {
	return func(ctx context.Context, message io.Reader) error {
		_, err := intake.Accept(ctx, name, inbound.Envelope{}, message)
		return err
	}
}

// looking is a way that looks into a folder now and then.
func looking(every time.Duration, take func(context.Context, mailbox.Accept) (int, error), accept mailbox.Accept) func(context.Context, func()) error {
	return func(ctx context.Context, well func()) error {
		for {
			n, err := take(ctx, accept)
			if n > 0 || err == nil {
				well()
			}
			if err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(every):
			}
		}
	}
}

// listening is the way for a mail server that hands messages over.
func (a *App) listening(intake *inbound.Intake) func(context.Context, func()) error {
	c := a.Config
	name := c.SMTP.LocalName
	if host, err := os.Hostname(); name == "" && err == nil {
		name = host
	}
	return func(ctx context.Context, well func()) error {
		listener, err := Listen(ctx, c.Inbound.Listen)
		if err != nil {
			return err
		}
		door := intake.Door()
		a.Log.Info("taking in mail that comes back", "address", listener.Addr().String(), "protocol", c.Inbound.Protocol)
		well()
		return lmtp.New(lmtp.Options{
			Name: name, SMTP: c.Inbound.Protocol == config.ProtocolSMTP, Known: door.Known, Room: door.Room, Log: a.Log,
			Accept: func(ctx context.Context, from string, to []string, message io.Reader) error {
				_, err := intake.Accept(ctx, c.Inbound.Protocol, inbound.Envelope{From: from, To: to}, message)
				return err
			},
		}).Serve(ctx, listener)
	}
}

// authorities are the certificates to trust: the system's and those of a file; nil
// for the system's alone.
func authorities(key, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Usage, "the certificates cannot be read: %w", err).At(key).
			With("Name a file that this user may read, or leave " + key + " empty to trust the system's certificates alone.")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, newsletter.Errorf(newsletter.Usage, "%s holds no certificate in PEM form", file).At(key).
			With("Give the certificate of the authority that signed the mail server's, beginning with -----BEGIN CERTIFICATE-----.")
	}
	return pool, nil
}

// keepOpen runs a way until ctx ends, and again when it fails, after waits that grow
// until it works. Nothing that fails here ends the program: it is told.
func (w way) keepOpen(ctx context.Context, log *slog.Logger) error {
	wait := patience{}
	for {
		err := w.run(ctx, func() {
			if wait.reset() {
				log.Info("mail that comes back is taken in again", "way", w.name)
			}
		})
		if ctx.Err() != nil {
			return nil
		}
		again := wait.next()
		log.Warn("mail that comes back is not taken in", "way", w.name, "error", err, "remedy", newsletter.RemedyOf(err), "again_in", again)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// patience is how long to wait before trying again; several connections of one way
// may tell at once that it works.
type patience struct {
	mu   sync.Mutex
	last time.Duration
}

const (
	firstPatience = 5 * time.Second
	lastPatience  = 5 * time.Minute
)

// next doubles the wait.
func (p *patience) next() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = min(max(2*p.last, firstPatience), lastPatience)
	return p.last
}

// reset begins anew, and says whether there was a wait.
func (p *patience) reset() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	waited := p.last > 0
	p.last = 0
	return waited
}
