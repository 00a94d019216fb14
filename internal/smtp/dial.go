package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"time"

	mail "github.com/wneessen/go-mail"
	gomail "github.com/wneessen/go-mail/smtp"
)

// The values of Options.TLS. RFC 8314 §3 prefers implicit TLS. StartTLS is
// mandatory once chosen: a server that does not offer it gets no message
// (RFC 3207 §6).
const (
	TLSImplicit = "implicit"
	TLSStart    = "starttls"
	TLSNone     = "none"
)

// Options say which server to submit to, and how.
type Options struct {
	Host string
	Port int // 1 to 65535
	// TLS is "implicit" (usually port 465), "starttls" (587) or "none". The
	// certificate is always verified for Host.
	TLS string
	// Username and Password are for AUTH; without a username there is none. With
	// TLS "none" they are refused unless Host is this machine (RFC 4954 §14).
	Username, Password string
	// Timeout bounds each step but the wait for the reply to the final dot,
	// which is always ten minutes (RFC 5321 §4.5.3.2.6). Zero, and anything
	// longer, means that RFC's own limits: 5 minutes for the greeting, MAIL and
	// RCPT, 2 for DATA, 3 for each block of content.
	Timeout time.Duration
	// LocalName is what EHLO says: this machine's full name or an address
	// literal, in ASCII (RFC 5321 §4.1.1.1). Empty: the system's host name if it
	// has a dot, otherwise [127.0.0.1].
	LocalName string
	// RootCAs are whom to trust; nil means the system's.
	RootCAs *x509.CertPool
	// Groups is shared by all connections to this server; nil lets each find out
	// for itself whether the server takes groups of commands.
	Groups *Groups
}

// limits are the longest waits of each phase, RFC 5321 §4.5.3.2.
type limits struct {
	greeting, mail, rcpt, data, block, dot, quit time.Duration
}

func newLimits(timeout time.Duration) limits {
	if timeout <= 0 {
		timeout = 5 * time.Minute
	}
	return limits{
		greeting: min(timeout, 5*time.Minute),
		mail:     min(timeout, 5*time.Minute),
		rcpt:     min(timeout, 5*time.Minute),
		data:     min(timeout, 2*time.Minute),
		block:    min(timeout, 3*time.Minute),
		dot:      10 * time.Minute,
		quit:     min(timeout, 5*time.Second), // nothing depends on its answer
	}
}

// Dial connects, sets up TLS, greets and logs in. When ctx ends first, the
// connection is closed and the outcome is Stopped. Errors are *Error with a stage
// up to Auth; the outcome is SenderFault where trying again cannot help before a
// person changed something.
func Dial(ctx context.Context, o Options) (*Session, error) {
	return dial(ctx, o, newLimits(o.Timeout))
}

func dial(ctx context.Context, o Options, lim limits) (*Session, error) {
	if e := o.check(); e != nil {
		return nil, e
	}
	d := &dialing{o: o}
	client, err := mail.NewClient(o.Host, d.options(lim)...)
	if err != nil {
		return nil, &Error{Stage: Connect, Outcome: SenderFault, Err: err}
	}
	client.ErrorHandlerRegistry.SetDefaultHandler(d)

	stop := context.AfterFunc(ctx, d.abort)
	connected, err := client.DialToSMTPClientWithContext(ctx)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		d.abort() // go-mail leaves the connection open when greeting or login fail
		return nil, d.explain(ctx, err)
	}
	return newSession(connected, d.conn, &o, lim), nil
}

// check refuses options that no server could answer for.
func (o *Options) check() *Error {
	fault := func(stage Stage, format string, args ...any) *Error {
		return &Error{Stage: stage, Outcome: SenderFault, Err: fmt.Errorf(format, args...)}
	}
	switch {
	case o.Host == "":
		return fault(Connect, "no host is given")
	case o.TLS != TLSImplicit && o.TLS != TLSStart && o.TLS != TLSNone:
		return fault(TLS, "TLS mode %q is not one of %s, %s and %s", o.TLS, TLSImplicit, TLSStart, TLSNone)
	case o.TLS == TLSNone && o.Username != "" && !isLoopback(o.Host):
		// RFC 4954 §14: a password never crosses a network in clear.
		return fault(Auth, "a password is not sent to %s without TLS", o.Host)
	case strings.ContainsFunc(o.LocalName, func(c rune) bool { return c <= ' ' || c > '~' }):
		return fault(Hello, "the local name %q is not ASCII without spaces", o.LocalName) // RFC 6531 §3.7.1
	}
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// dialing is one attempt to connect. It watches go-mail from three sides, as the
// dial function, as the TLS verification callback and as the handler of failed
// commands, because go-mail's own error does not say where it arose.
type dialing struct {
	o Options

	mu     sync.Mutex // conn and closed: abort comes from any goroutine
	conn   *guard
	closed bool

	failedAt *Stage // set by the dial function when it fails itself
	verified bool   // the TLS handshake succeeded
	verb     string // first command that failed, in lower case
	verbErr  error
}

// options states everything go-mail is asked to do.
func (d *dialing) options(lim limits) []mail.Option {
	config := &tls.Config{
		ServerName: d.o.Host,
		RootCAs:    d.o.RootCAs,
		MinVersion: tls.VersionTLS12,
		VerifyConnection: func(tls.ConnectionState) error {
			d.verified = true
			return nil
		},
	}
	options := []mail.Option{
		mail.WithPort(d.o.Port),
		mail.WithTimeout(lim.greeting),
		mail.WithHELO(d.o.localName()),
		mail.WithTLSConfig(config),
		mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			return d.dial(ctx, network, address, config)
		}),
	}
	switch d.o.TLS {
	case TLSImplicit:
		options = append(options, mail.WithSSL())
	case TLSStart:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if d.o.Username == "" {
		return options
	}
	// With a dial function of our own go-mail's SMTPAuthAutoDiscover takes
	// implicit TLS for plain text and finds no mechanism; a list of preferences
	// makes it choose without asking for that.
	mechanisms := []mail.SMTPAuthType{
		mail.SMTPAuthSCRAMSHA256PLUS, mail.SMTPAuthSCRAMSHA256,
		mail.SMTPAuthSCRAMSHA1PLUS, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5,
		mail.SMTPAuthPlain, mail.SMTPAuthLogin,
	}
	if d.o.TLS == TLSNone { // check allowed that for this machine only
		mechanisms = []mail.SMTPAuthType{
			mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5,
			mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc,
		}
	}
	return append(options, mail.WithUsername(d.o.Username), mail.WithPassword(d.o.Password),
		mail.WithOpportunisticSMTPAuth(mechanisms...))
}

func (o *Options) localName() string {
	if o.LocalName != "" {
		return o.LocalName
	}
	if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") {
		return name
	}
	return "[127.0.0.1]"
}

// dial opens the connection for go-mail. It must hand over a *tls.Conn itself for
// implicit TLS, or go-mail would not know that the connection is encrypted.
func (d *dialing) dial(ctx context.Context, network, address string, config *tls.Config) (net.Conn, error) {
	at := Connect
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		d.failedAt = &at
		return nil, err // explain wraps it
	}
	g := &guard{Conn: conn}
	if !d.adopt(g) {
		d.failedAt = &at
		return nil, net.ErrClosed
	}
	if d.o.TLS != TLSImplicit {
		return g, nil
	}
	secure := tls.Client(g, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		at = TLS
		d.failedAt = &at
		return nil, err // explain wraps it
	}
	g.arm()
	return secure, nil
}

// adopt keeps the connection for abort, unless abort came first.
func (d *dialing) adopt(g *guard) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		g.abort()
		return false
	}
	d.conn = g
	return true
}

func (d *dialing) abort() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.conn != nil {
		d.conn.abort()
	}
}

// HandleError is called by go-mail for each command that was not answered as it
// should be. go-mail tries HELO after any failed EHLO and then forgets the first
// answer, so that a 421 would come out as "no STARTTLS"; here it may only do so
// where the server does not know EHLO (RFC 5321 §3.2).
func (d *dialing) HandleError(_, command string, _ *textproto.Conn, err error) error {
	var refused *textproto.Error
	if command == "ehlo" && errors.As(err, &refused) && (refused.Code == 500 || refused.Code == 502 || refused.Code == 504) {
		return err
	}
	if d.verbErr == nil {
		d.verb, d.verbErr = command, err
	}
	if command == "ehlo" {
		d.conn.abort()
	}
	return err
}

// explain turns go-mail's error into ours.
func (d *dialing) explain(ctx context.Context, err error) *Error {
	e := &Error{Stage: d.stage(err), Err: err}
	if d.verbErr != nil && e.Stage != Auth {
		e.Err = d.verbErr
	}
	var refused *textproto.Error
	switch {
	case ctx.Err() != nil:
		e.Outcome, e.Err = Stopped, fmt.Errorf("%w: %w", context.Cause(ctx), e.Err)
	case errors.As(e.Err, &refused) && refused.Code >= 400 && refused.Code < 600:
		e.Reply = newReply(refused.Code, strings.Split(refused.Msg, "\n"))
		e.Outcome = outcomeOf(e.Stage, e.Reply)
	case refused != nil: // a positive code where it makes no sense
		e.Outcome, e.Err = ConnectionLost, fmt.Errorf("%w: it answered %d", errNotSMTP, refused.Code)
	default:
		e.Outcome, e.Err = d.withoutReply(e.Stage, e.Err)
	}
	return e
}

// stage finds out how far go-mail came.
func (d *dialing) stage(err error) Stage {
	switch {
	case d.failedAt != nil:
		return *d.failedAt
	case d.verb == "ehlo" || d.verb == "helo":
		return Hello
	case d.verb == "starttls":
		return TLS
	case !d.conn.spoke:
		return Connect
	case d.o.TLS == TLSStart && !d.verified:
		return TLS
	case d.o.TLS == TLSImplicit && isFromServer(err) && !strings.HasPrefix(err.Error(), "SMTP AUTH failed"):
		return Connect // spoke is TLS's close-notify: go-mail closed after a bad greeting
	default:
		return Auth
	}
}

// isFromServer says whether the server, or the network, brought an error about.
func isFromServer(err error) bool {
	var refused *textproto.Error
	var garbage textproto.ProtocolError
	return errors.As(err, &refused) || errors.As(err, &garbage) || isNetwork(err)
}

// isNetwork says whether an error is one of a connection that broke.
func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, errNotSMTP) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// withoutReply classifies a failure that no reply explains. A broken network may
// mend itself; a wrong certificate, a server without STARTTLS or without a login
// we can use stays so until a person acts.
func (d *dialing) withoutReply(stage Stage, err error) (Outcome, error) {
	var certificate *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	var garbage textproto.ProtocolError
	switch {
	case errors.As(err, &certificate):
		return SenderFault, fmt.Errorf("the server's certificate is not valid for %s: %w", d.o.Host, err)
	case errors.As(err, &notTLS):
		return SenderFault, fmt.Errorf("the server does not speak TLS on this port: %w", err)
	case errors.As(err, &garbage):
		return ConnectionLost, fmt.Errorf("%w: %s", errNotSMTP, clean(string(garbage), 120))
	case isNetwork(err):
		return ConnectionLost, err
	case stage == TLS && strings.Contains(err.Error(), "does not support STARTTLS"):
		return SenderFault, errors.New("the server does not offer STARTTLS")
	case stage == Auth:
		return SenderFault, fmt.Errorf("the server offers no login that can be used: %w", err)
	default:
		return ConnectionLost, err
	}
}

var _ gomail.ResponseErrorHandler = (*dialing)(nil)
