package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"epistle/internal/newsletter"
)

// open connects, logs in and selects the folder.
func (m *Mailbox) open(ctx context.Context) (*session, error) {
	s := &session{Mailbox: m, news: make(chan struct{}, 1)}
	dialing, cancel := context.WithTimeout(ctx, m.o.Patience)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(dialing, "tcp", m.address())
	if err != nil {
		return nil, m.cannot("be reached", err).With("Check imap.host and imap.port.")
	}
	s.end = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := s.begin(dialing, conn); err != nil {
		s.end()
		return nil, errors.Join(err, dropped(conn.Close()))
	}
	return s, nil
}

// dropped passes over what says only that a connection is closed already.
func dropped(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (m *Mailbox) address() string { return net.JoinHostPort(m.o.Host, strconv.Itoa(m.o.Port)) }

func (s *session) begin(ctx context.Context, conn net.Conn) error {
	if err := s.encrypt(ctx, conn); err != nil {
		return s.cannot("be trusted", err).With("Check imap.tls, imap.port and imap.ca_file.")
	}
	if err := s.within(s.client.WaitGreeting); err != nil {
		return s.cannot("be understood", err).With("Check imap.port and imap.tls.")
	}
	if err := s.within(s.client.Login(s.o.Username, s.o.Password).Wait); err != nil {
		return s.cannot("be logged in to", err).With("Check imap.username and the password.")
	}
	return s.choose()
}

// encrypt makes the client on an encrypted connection.
func (s *session) encrypt(ctx context.Context, conn net.Conn) (err error) {
	settings := &tls.Config{ServerName: s.o.Host, RootCAs: s.o.RootCAs, MinVersion: tls.VersionTLS12}
	options := &imapclient.Options{TLSConfig: settings, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages == nil {
				return
			}
			select {
			case s.news <- struct{}{}:
			default:
			}
		},
	}}
	switch s.o.TLS {
	case TLSStartTLS:
		s.client, err = imapclient.NewStartTLS(conn, options)
		return err
	case TLSImplicit:
		settings.NextProtos = []string{"imap"}
		wrapped := tls.Client(conn, settings)
		if err := wrapped.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = wrapped
	}
	s.client = imapclient.New(conn, options)
	return nil
}

// choose selects the folder to read, and makes the one to move to.
func (s *session) choose() error {
	var selected *imap.SelectData
	err := s.within(func() (err error) {
		selected, err = s.client.Select(s.o.Folder, nil).Wait()
		return err
	})
	if err != nil {
		return newsletter.Errorf(newsletter.Unavailable, "the folder %s cannot be opened: %w", s.o.Folder, err).At(s.address()).
			With("Check imap.folder.")
	}
	s.messages = int(selected.NumMessages)
	// A folder without a word on flags lets all of them be changed (RFC 3501 §7.1), and
	// some servers write \* when they mean all.
	if flags := selected.PermanentFlags; len(flags) > 0 && !slices.Contains(flags, s.mark()) && !slices.Contains(flags, imap.FlagWildcard) {
		return newsletter.Errorf(newsletter.Unavailable, "messages in the folder %s cannot be marked", s.o.Folder).At(s.address()).
			With("Let the user " + s.o.Username + " change the folder's flags.")
	}
	return nil
}

// mark is the flag that a taken message gets.
func (s *session) mark() imap.Flag {
	if s.o.Delete || s.o.MoveTo != "" {
		return imap.FlagDeleted
	}
	return imap.FlagSeen
}

// close says goodbye, but does not wait long for the answer.
func (s *session) close() {
	s.end()
	_ = s.within(s.client.Logout().Wait) // the connection is closed next, whatever it says
	_ = s.client.Close()
}

// within bounds one conversation: when it takes too long the connection is closed,
// which ends it.
func (s *session) within(talk func() error) error {
	late := time.AfterFunc(s.o.Patience, func() { _ = s.client.Close() })
	err := talk()
	if !late.Stop() {
		return errors.Join(fmt.Errorf("no answer in %s", s.o.Patience), err)
	}
	return err
}

func (m *Mailbox) cannot(what string, err error) *newsletter.Error {
	return newsletter.Errorf(newsletter.Unavailable, "the IMAP server cannot %s: %w", what, err).At(m.address())
}

func (m *Mailbox) fault(what string, err error) error {
	return newsletter.Errorf(newsletter.Unavailable, "cannot %s: %w", what, err).At(m.address())
}
