package imap

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"epistle/internal/newsletter"
)

// post is a real IMAP server with one user.
type post struct {
	t       *testing.T
	options Options
	user    *imapmemserver.User
	caps    imap.CapSet
	server  *imapserver.Server
}

// modern is what servers of today offer.
func modern() imap.CapSet {
	return imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIdle: {}, imap.CapUIDPlus: {}, imap.CapMove: {}}
}

func open(t *testing.T, mode string, caps imap.CapSet, around ...func(*post, imapserver.Session) imapserver.Session) *post {
	t.Helper()
	settings, roots := certificate(t)
	p := &post{t: t, user: imapmemserver.NewUser("lantern", "oil"), caps: caps}
	memory := imapmemserver.New()
	memory.AddUser(p.user)
	if err := p.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	p.server = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			session := memory.NewSession()
			for _, a := range around {
				session = a(p, session)
			}
			return session, nil, nil
		},
		Caps: caps, TLSConfig: settings, InsecureAuth: mode == TLSNone, Logger: quiet{},
	})
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	if mode == TLSImplicit {
		l = tls.NewListener(l, settings)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.server.Serve(l) // it ends when the test closes it
	}()
	t.Cleanup(func() {
		_ = p.server.Close()
		<-done
	})
	p.options = Options{
		Host: "127.0.0.1", Port: address.Port, TLS: mode, RootCAs: roots, Username: "lantern", Password: "oil", Folder: "INBOX",
		Every: 10 * time.Millisecond, Patience: 20 * time.Second,
	}
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}

type literal struct {
	io.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

func (p *post) deliver(text string, flags ...imap.Flag) {
	p.t.Helper()
	if _, err := p.user.Append("INBOX", literal{strings.NewReader(text), int64(len(text))}, &imap.AppendOptions{Flags: flags}); err != nil {
		p.t.Fatal(err)
	}
}

// list gives a folder's messages as "subject[flags]".
func (p *post) list(folder string) string {
	p.t.Helper()
	o := p.options
	o.Folder = folder
	s, err := New(o).open(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer s.close()
	if s.messages == 0 {
		return ""
	}
	all, err := s.client.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{Flags: true, Envelope: true}).Collect()
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, m := range all {
		var flags []string
		for _, f := range m.Flags {
			if f == imap.FlagSeen || f == imap.FlagDeleted {
				flags = append(flags, strings.TrimPrefix(string(f), `\`))
			}
		}
		slices.Sort(flags)
		out = append(out, m.Envelope.Subject+"["+strings.Join(flags, ",")+"]")
	}
	return strings.Join(out, " ")
}

// office is an Accept that remembers.
type office struct {
	mu   sync.Mutex
	got  []string
	fail map[string]error // subject → why it is not kept
}

func (o *office) accept(_ context.Context, r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	first, _, _ := bytes.Cut(b, []byte("\r\n"))
	subject := strings.TrimPrefix(string(first), "Subject: ")
	if err := o.fail[subject]; err != nil {
		return err
	}
	o.got = append(o.got, subject)
	return nil
}

func (o *office) all() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.got, " ")
}

// until runs the mailbox until n messages were taken, then stops it.
func until(t *testing.T, o Options, behind *office, n int, meanwhile func(taken int)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	total := 0
	err := New(o).Run(ctx, behind.accept, func(taken int) {
		if total += taken; total >= n {
			cancel()
		} else if meanwhile != nil {
			meanwhile(total)
		}
	})
	if err != nil || total < n {
		t.Fatalf("%d of %d, %v", total, n, err)
	}
}

func TestTakesWhatNobodyHasSeen(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{TLSImplicit, TLSStartTLS, TLSNone} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := open(t, mode, modern())
			p.deliver("Subject: one\r\n\r\n1\r\n")
			p.deliver("Subject: seen\r\n\r\n2\r\n", imap.FlagSeen)
			p.deliver("Subject: two\r\n\r\n3\r\n")
			behind := &office{}
			until(t, p.options, behind, 2, nil)
			if behind.all() != "one two" {
				t.Error(behind.all())
			}
			if got := p.list("INBOX"); got != "one[Seen] seen[Seen] two[Seen]" {
				t.Error(got)
			}
		})
	}
}

func TestWhatBecomesOfTheMessages(t *testing.T) {
	t.Parallel()
	old := imap.CapSet{imap.CapIMAP4rev1: {}}
	plus := imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}}
	for _, test := range []struct {
		name        string
		caps        imap.CapSet
		delete      bool
		moveTo      string
		inbox, done string
	}{
		{"deleted", modern(), true, "", "gone[Deleted]", ""},
		{"deleted, where only all can be", old, true, "", "gone[Deleted] one[Deleted,Seen]", ""},
		{"moved", modern(), false, "Done", "gone[Deleted]", "one[]"},
		{"moved by copying", plus, false, "Done", "gone[Deleted]", "one[]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := open(t, TLSImplicit, test.caps)
			p.deliver("Subject: gone\r\n\r\n", imap.FlagDeleted) // by somebody else
			p.deliver("Subject: one\r\n\r\n")
			o := p.options
			o.Delete, o.MoveTo = test.delete, test.moveTo
			until(t, o, &office{}, 1, nil)
			if got := p.list("INBOX"); got != test.inbox {
				t.Errorf("in the folder %s, want %s", got, test.inbox)
			}
			if test.done != "" && p.list(test.moveTo) != test.done {
				t.Errorf("in the other %s, want %s", p.list(test.moveTo), test.done)
			}
		})
	}
}

// watched is a session that tells when its client begins to wait.
type watched struct {
	imapserver.Session
	idling func()
}

func (w watched) Idle(u *imapserver.UpdateWriter, stop <-chan struct{}) error {
	w.idling()
	return w.Session.Idle(u, stop)
}

func TestNewsComeByThemselves(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	once := sync.Once{}
	// The server loses what comes while it begins to wait, so that there is more to come.
	deliver := func(p *post) {
		for tick := time.Tick(5 * time.Millisecond); ; {
			select {
			case <-ended:
				return
			case <-tick:
				p.deliver("Subject: late\r\n\r\n")
			}
		}
	}
	p := open(t, TLSImplicit, imap.CapSet{imap.CapIMAP4rev1: {}}, func(p *post, s imapserver.Session) imapserver.Session {
		return watched{s, func() { once.Do(func() { go deliver(p) }) }}
	})
	p.options.Every = time.Hour
	behind := &office{}
	until(t, p.options, behind, 1, nil)
	close(ended)
	if !strings.HasPrefix(behind.all(), "late") {
		t.Error(behind.all())
	}
}

func TestNewsAreLookedFor(t *testing.T) {
	t.Parallel()
	p, behind := open(t, TLSImplicit, modern()), &office{}
	once := sync.Once{}
	until(t, p.options, behind, 1, func(int) {
		once.Do(func() { p.deliver("Subject: late\r\n\r\n") }) // before the wait begins: nobody tells
	})
	if behind.all() != "late" {
		t.Error(behind.all())
	}
}

func TestWhatWasNotKeptStays(t *testing.T) {
	t.Parallel()
	p := open(t, TLSImplicit, modern())
	for _, subject := range []string{"one", "two", "three"} {
		p.deliver("Subject: " + subject + "\r\n\r\n")
	}
	full := errors.New("the disk is full")
	behind := &office{fail: map[string]error{"two": full}}
	err := New(p.options).Run(t.Context(), behind.accept, func(int) {})
	if !errors.Is(err, full) || behind.all() != "one" {
		t.Fatalf("%v, %s", err, behind.all())
	}
	if got := p.list("INBOX"); got != "one[Seen] two[] three[]" {
		t.Error(got)
	}
	behind.fail = nil
	until(t, p.options, behind, 2, nil)
	if behind.all() != "one two three" {
		t.Error(behind.all())
	}
}

func TestManyMessages(t *testing.T) {
	t.Parallel()
	p := open(t, TLSImplicit, modern())
	const n = 2*batch + 7
	for i := range n {
		p.deliver(fmt.Sprintf("Subject: %d\r\n\r\n%s\r\n", i, strings.Repeat("lamp ", 1000)))
	}
	behind := &office{}
	until(t, p.options, behind, n, nil)
	if len(behind.got) != n || strings.Contains(p.list("INBOX"), "[]") {
		t.Errorf("%d, %s", len(behind.got), p.list("INBOX"))
	}
}

func TestConnectionsThatFail(t *testing.T) {
	t.Parallel()
	p := open(t, TLSImplicit, modern())
	for name, test := range map[string]struct {
		change func(*Options)
		remedy string
	}{
		"a wrong password":     {func(o *Options) { o.Password = "water" }, "password"},
		"a folder that is not": {func(o *Options) { o.Folder = "Harbour" }, "imap.folder"},
		"another certificate":  {func(o *Options) { o.RootCAs = x509.NewCertPool() }, "imap.ca_file"},
		"nobody there":         {func(o *Options) { o.Port = 1 }, "imap.port"},
		"the wrong way of TLS": {func(o *Options) { o.TLS, o.Patience = TLSNone, time.Second }, "imap.tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := p.options
			test.change(&o)
			err := New(o).Run(t.Context(), (&office{}).accept, func(int) {})
			if newsletter.KindOf(err) != newsletter.Unavailable || !strings.Contains(newsletter.RemedyOf(err), test.remedy) {
				t.Errorf("%v, %s", err, newsletter.RemedyOf(err))
			}
			if strings.Contains(fmt.Sprint(err), "water") {
				t.Error("the password is told")
			}
		})
	}
}

func TestASilentServerIsLeft(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.WriteString(conn, "* OK ready\r\n")
				_, _ = io.Copy(io.Discard, conn) // and never a word again
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	o := Options{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: TLSNone, Username: "lantern", Folder: "INBOX", Patience: 50 * time.Millisecond}
	if _, err := New(o).Check(t.Context()); newsletter.KindOf(err) != newsletter.Unavailable {
		t.Error(err)
	}
}

func TestABrokenConnectionIsAnError(t *testing.T) {
	t.Parallel()
	p := open(t, TLSImplicit, modern())
	err := New(p.options).Run(t.Context(), (&office{}).accept, func(int) { go func() { _ = p.server.Close() }() })
	if newsletter.KindOf(err) != newsletter.Unavailable {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p := open(t, TLSStartTLS, modern())
	p.deliver("Subject: one\r\n\r\n")
	p.deliver("Subject: two\r\n\r\n", imap.FlagSeen)
	for range 2 {
		found, err := New(p.options).Check(t.Context())
		if err != nil || found != (Found{Messages: 2, Waiting: 1, Idle: true}) {
			t.Errorf("%+v, %v", found, err)
		}
	}
}
