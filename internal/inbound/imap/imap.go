// Package imap takes messages out of a folder of an IMAP server (RFC 9051, and RFC
// 3501 before it).
//
// Run is one connection's life:
//
//  1. connect.go: connect, encrypt, log in, select the folder.
//  2. take.go: the messages that nobody has seen are fetched without marking them,
//     as a stream, and each is handed to an Accept; only those for which it has
//     returned nil are then marked as seen, moved or deleted.
//  3. Wait until the server tells of news (IDLE, RFC 2177), or for Options.Every,
//     and go on with the second step.
//
// A connection that breaks between taking and marking brings the same messages
// again; the Accept knows them. Every wait for the server is bounded. To begin anew
// after an error, and when, is left to the caller.
package imap

import (
	"context"
	"crypto/x509"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// How a connection is encrypted.
const (
	TLSImplicit = "implicit" // from its beginning (RFC 8314 §3.3)
	TLSStartTLS = "starttls" // by STARTTLS, which is demanded
	TLSNone     = "none"
)

// Options say where the folder is and what becomes of a message that was taken.
type Options struct {
	Host     string
	Port     int
	TLS      string
	RootCAs  *x509.CertPool // nil: the system's
	Username string
	Password string
	Folder   string // such as INBOX
	// MoveTo is the folder to move taken messages to; it is made when it does not
	// exist. Empty: they stay, marked as seen, or are deleted.
	MoveTo string
	Delete bool
	// Every is how long to wait before looking again when the server tells nothing:
	// it may not know IDLE, it may have told between the look and the wait, or the
	// connection may be dead. Below half an hour, at which servers give up an idle
	// client (RFC 2177 §3).
	Every time.Duration
	// Patience bounds each wait for an answer; 0 means a minute.
	Patience time.Duration
}

// Accept keeps one message; when it returns nil the message is durable.
type Accept func(ctx context.Context, message io.Reader) error

// Mailbox is a folder of a server.
type Mailbox struct{ o Options }

// New makes a Mailbox.
func New(o Options) *Mailbox {
	if o.Patience <= 0 {
		o.Patience = time.Minute
	}
	return &Mailbox{o}
}

// Run takes what is there, then what comes, until ctx ends or the connection
// breaks. taken is told after each turn how many messages it brought, but not
// when it brought none because it failed. The error is
// nil only when ctx has ended.
func (m *Mailbox) Run(ctx context.Context, accept Accept, taken func(n int)) error {
	s, err := m.open(ctx)
	if err != nil {
		return ending(ctx, err)
	}
	defer s.close()
	for {
		s.forget()
		n, err := s.take(ctx, accept)
		if n > 0 || err == nil {
			taken(n)
		}
		if err != nil {
			return ending(ctx, err)
		}
		if err := s.wait(ctx); err != nil || ctx.Err() != nil {
			return ending(ctx, err)
		}
	}
}

// ending is nil when ctx has ended: what breaks then was broken on purpose.
func ending(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Found is what a look at the folder finds.
type Found struct {
	Messages int  // in the folder
	Waiting  int  // of them not taken yet
	Idle     bool // the server tells of news by itself
}

// Check connects, logs in and looks, and changes nothing.
func (m *Mailbox) Check(ctx context.Context) (Found, error) {
	s, err := m.open(ctx)
	if err != nil {
		return Found{}, err
	}
	defer s.close()
	uids, err := s.unseen()
	if err != nil {
		return Found{}, err
	}
	return Found{Messages: s.messages, Waiting: len(uids), Idle: s.idles()}, nil
}

// session is one connection with the folder selected.
type session struct {
	*Mailbox
	client   *imapclient.Client
	news     chan struct{} // the server has told of a message
	messages int
	end      func() bool // no longer closes the connection when the context ends
}

// forget drops what the server has told up to now.
func (s *session) forget() {
	select {
	case <-s.news:
	default:
	}
}

func (s *session) idles() bool { return s.client.Caps().Has(imap.CapIdle) }

// wait returns when there may be something to take.
func (s *session) wait(ctx context.Context) error {
	if !s.idles() {
		select {
		case <-ctx.Done():
		case <-s.client.Closed():
		case <-time.After(s.o.Every):
		}
		return nil
	}
	var idle *imapclient.IdleCommand
	err := s.within(func() (err error) {
		idle, err = s.client.Idle()
		return err
	})
	if err != nil {
		return s.fault("wait for news", err)
	}
	select {
	case <-ctx.Done():
	case <-s.client.Closed():
	case <-s.news:
	case <-time.After(s.o.Every):
	}
	err = s.within(func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
	if err != nil {
		return s.fault("wait for news", err)
	}
	return nil
}
