package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/mail"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"epistle/data"
	"epistle/internal/address"
	"epistle/internal/assembly"
	"epistle/internal/audience"
	"epistle/internal/config"
	"epistle/internal/definition"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
	"epistle/internal/store"
)

// settings are those of one installation in a folder of its own.
func settings(t *testing.T, server *smtptest.Server) *config.Config {
	t.Helper()
	c := config.Default()
	c.Database.URL = filepath.Join(t.TempDir(), "epistle.db")
	c.Web.PublicURL = "https://lantern.example.org"
	if server != nil {
		c.SMTP.Host, c.SMTP.Port, c.SMTP.TLS = server.Host(), server.Port(), config.TLSNone
	}
	return c
}

func openApp(t *testing.T, c *config.Config) *App {
	t.Helper()
	a, err := Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil { // closing again does nothing
			t.Error(err)
		}
	})
	return a
}

// leaving stores the sample newsletter with readers, and a bulletin that leaves.
func leaving(t *testing.T, a *App, readers ...string) *store.Bulletin {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	n, err := definition.Read("newsletter.toml", data.Newsletter())
	must(err)
	n.Slug = data.Slug
	must(a.Store.AddNewsletter(ctx, n, "ana"))
	var entries []audience.Entry
	for _, r := range readers {
		parsed, err := address.Parse(r)
		must(err)
		entries = append(entries, audience.Entry{Address: parsed})
	}
	_, err = a.Audience.Add(ctx, n, entries, audience.Consent{Source: "test"}, "ana")
	must(err)
	item := &store.Item{NewsletterID: n.ID, Section: newsletter.LeadKey, Body: "The lamp is lit.", Author: "ana"}
	must(a.Store.AddItem(ctx, item))
	must(a.Store.ApproveItem(ctx, item.ID, "ana"))
	out, err := a.Assembly.Assemble(ctx, assembly.Request{Newsletter: n, Date: newsletter.DateOf(time.Now()), By: "ana"})
	must(err)
	_, _, err = a.Store.ApproveBulletin(ctx, out.Bulletin.ID, "", "ana")
	must(err)
	desk, err := a.Desk()
	must(err)
	b, err := a.Store.BulletinByID(ctx, out.Bulletin.ID)
	must(err)
	b, err = desk.Send(ctx, b, "ana")
	must(err)
	return b
}

// TestServeSendsAnswersAndStops is the whole program on loopback: a bulletin
// leaves, a reader leaves with one click while it does, and a stop ends
// everything that was begun. It runs alone, because it looks at all goroutines.
func TestServeSendsAnswersAndStops(t *testing.T) {
	var a *App
	var b *store.Bulletin
	first := make(chan smtptest.Message)
	var server *smtptest.Server
	server = smtptest.Start(t, smtptest.Options{Script: func(c smtptest.Command) *smtptest.Action {
		if c.Verb == "RCPT" && strings.HasPrefix(c.To[0], "second@") {
			for _, m := range server.Accepted() {
				first <- m
			}
			return &smtptest.Action{Stall: true}
		}
		return nil
	}})
	cfg := settings(t, server)
	cfg.SMTP.Connections = 1
	a = openApp(t, cfg)
	b = leaving(t, a, "first@harbour.example", "second@harbour.example", "third@harbour.example")

	listener, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.ServeOn(ctx, listener) }()

	message := <-first
	site := "http://" + listener.Addr().String()
	client := &http.Client{}
	if body := ask(t, client, http.MethodGet, site+"/healthz", ""); !strings.Contains(body, "ok") {
		t.Errorf("healthz says %q", body)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(message.Data))
	if err != nil {
		t.Fatal(err)
	}
	read := strings.Trim(parsed.Header.Get("List-Archive"), "<>")
	if page := ask(t, client, http.MethodGet, local(t, read, site), ""); !strings.Contains(page, "The lamp is lit.") {
		t.Error("the bulletin cannot be read in the browser")
	}
	// The third reader leaves while the second's conversation is open.
	composer, err := a.Composer()
	if err != nil {
		t.Fatal(err)
	}
	edition, err := composer.Edition(t.Context(), b, 0)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, client, http.MethodPost, local(t, edition.UnsubscribeURL(3), site), "List-Unsubscribe=One-Click")
	<-server.Stalled()
	server.Release()
	awaitSent(t, a, b, server)
	if n := len(server.Accepted()); n != 2 {
		t.Errorf("%d messages were accepted, want 2: the third reader had left", n)
	}

	client.CloseIdleConnections()
	stop() // as SIGTERM does
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	server.WaitClosed()
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("the address still answers")
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	noneLeft(t)
}

// local turns an address of the public site into one of the test's.
func local(t *testing.T, url, site string) string {
	t.Helper()
	path, ok := strings.CutPrefix(url, "https://lantern.example.org/")
	if !ok {
		t.Fatalf("%q is not of the public site", url)
	}
	return site + "/" + path
}

func ask(t *testing.T, client *http.Client, method, url, form string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v\n%s", method, url, answer.Status, err, body)
	}
	return string(body)
}

// awaitSent reads the bulletin until the sender has ended it.
func awaitSent(t *testing.T, a *App, b *store.Bulletin, server *smtptest.Server) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	limit := time.After(time.Minute)
	for {
		now, err := a.Store.BulletinByID(t.Context(), b.ID)
		if err != nil {
			t.Fatal(err)
		}
		if now.State == newsletter.BulletinSent {
			return
		}
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatalf("the bulletin is still %s; the server heard %v", now.State, server.Commands())
		}
	}
}

// noneLeft wants no goroutine of the program's packages; one that is just ending
// gets the time for it.
func noneLeft(t *testing.T) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		left := ours()
		if len(left) == 0 {
			return
		}
		select {
		case <-limit:
			t.Fatalf("%d goroutines are left:\n%s", len(left), strings.Join(left, "\n\n"))
		default:
			runtime.Gosched()
		}
	}
}

// ours lists the goroutines in the program's code, but for the scripted server's
// and the tests'.
func ours() (list []string) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, g := range strings.Split(string(stacks), "\n\n") {
		if strings.Contains(g, "epistle/internal/") && !strings.Contains(g, "smtptest") && !strings.Contains(g, "testing.tRunner") {
			list = append(list, g)
		}
	}
	return list
}

func TestServeRefusesBeforeAnythingBegins(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*config.Config)
		kind  newsletter.Kind
		place string
	}{
		"without a mail server":       {func(c *config.Config) { c.SMTP.Host = "" }, newsletter.Usage, "smtp.host"},
		"without the certificates":    {func(c *config.Config) { c.SMTP.CAFile = "missing.pem" }, newsletter.Usage, "smtp.ca_file"},
		"with a file that holds none": {func(c *config.Config) { c.SMTP.CAFile = "serve_test.go" }, newsletter.Usage, "smtp.ca_file"},
		"without its signing key": {func(c *config.Config) {
			c.DKIM.Domain, c.DKIM.Selector, c.DKIM.KeyFile = "lantern.example.org", "lamp", "missing.pem"
		}, newsletter.Usage, "missing.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t, nil)
			cfg.SMTP.Host, cfg.SMTP.Port = "127.0.0.1", 1
			c.spoil(cfg)
			a := openApp(t, cfg)
			listener, err := Listen(t.Context(), "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			err = a.ServeOn(t.Context(), listener)
			if newsletter.KindOf(err) != c.kind || err == nil || newsletter.RemedyOf(err) == "" || !strings.Contains(err.Error(), c.place) {
				t.Errorf("the answer is %v (kind %d, remedy %q)", err, newsletter.KindOf(err), newsletter.RemedyOf(err))
			}
			if _, err := listener.Accept(); err == nil {
				t.Error("the listener was left open")
			}
		})
	}
}

func TestAnAddressInUseIsExplained(t *testing.T) {
	taken, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	cfg := settings(t, nil)
	cfg.SMTP.Host, cfg.SMTP.Port, cfg.Web.Listen = "127.0.0.1", 1, taken.Addr().String()
	a := openApp(t, cfg)
	err = a.Serve(t.Context())
	if newsletter.KindOf(err) != newsletter.Unavailable || newsletter.RemedyOf(err) == "" || !strings.Contains(err.Error(), cfg.Web.Listen) {
		t.Errorf("the answer is %v", err)
	}
}

func TestTheLogIsAsTheConfigurationSays(t *testing.T) {
	for format, want := range map[string]string{"json": `"msg":"lit"`, "text": "msg=lit"} {
		var out bytes.Buffer
		log := Logger(&config.Config{Log: config.Log{Level: "info", Format: format}}, &out)
		log.Debug("dark")
		log.Info("lit")
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "dark") {
			t.Errorf("%s: %q", format, out.String())
		}
	}
}
